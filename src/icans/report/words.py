"""The words of a page: what a variable and a level are called."""

from __future__ import annotations

LABELS = {
    "age_years": "Age",
    "prior_lines": "Prior lines of therapy",
    "marrow_blast_pct": "Blasts in marrow",
    "cns_involvement": "CNS involvement",
    "dose_cells_per_kg": "CAR-T cell dose",
    "target": "CAR target",
    "product": "CAR-T product",
    "icans_max_grade": "Highest ICANS grade",
    "crs_max_grade": "Highest CRS grade",
    "icans_onset_days": "ICANS onset after infusion",
    "icans_peak_days": "ICANS peak after infusion",
    "icans_duration_days": "ICANS duration, where seen to end",
    "crs_onset_days": "CRS onset after infusion",
    "crs_duration_days": "CRS duration, where seen to end",
    "hours_onset_to_first_course": "Onset to first course",
    "courses": "Courses per patient",
    "doses": "Doses per patient",
    "dexamethasone_equivalent_mg": "Systemic corticosteroid, dexamethasone equivalent",
    "steroid_days": "Days with systemic corticosteroid",
    "days_to_remission": "First course to remission",
    "os": "Overall survival",
    "pfs": "Progression-free survival",
    "crs_peak_days": "CRS peak after infusion",
    "icans_episodes": "ICANS episodes per patient",
    "crs_episodes": "CRS episodes per patient",
    "icans_grade": "ICANS",
    "crs_grade": "CRS",
}
SHORT = {"cns": "CNS", "icans": "ICANS", "crs": "CRS", "ice": "ICE", "capd": "CAPD", "csf": "CSF", "pct": "%"}


def label(name: str) -> str:
    """Write a name of the tables as a reader says it: ``cns_involvement`` is CNS involvement."""
    if name in LABELS:
        return LABELS[name]
    if "_" not in name and not name.islower():
        return name
    words = " ".join(SHORT.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]


def level(name: str) -> str:
    """Write a level as a reader says it: ``>=3 (open)`` is 3 or more (open)."""
    if name.startswith(">="):
        least, _, aside = name[2:].partition(" ")
        return f"{least} or more {aside}".rstrip()
    return LABELS.get(name, name.replace("_", " ") if name.islower() else name)
