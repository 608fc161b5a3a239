"""Recorded against derived grades (docs/decisions/0061-agreement.md), and what the records were like."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import sqrt

from tests.twin.records import Row
from tests.twin.results_rows import Block, Rows, Z, exact_interval
from tests.twin.results_study import Made, by_patient

Pair = tuple[str, int, int]
"""Patient, recorded grade, derived grade."""
GROUPS = ("none", "mild", "severe")


def agreement(study: Made) -> Rows:
    rows: Rows = {}
    for toxicity in ("icans", "crs"):
        both = [
            row for row in study.grades(toxicity) if row["recorded_grade"] is not None and row["scale"] != "recorded"
        ]
        settled = [row for row in both if row["grade"] is not None]
        if not settled:
            continue
        is_open = [row for row in both if row["grade"] is None]
        outside = [row for row in is_open if not row["grade_low"] <= row["recorded_grade"] <= row["grade_high"]]
        block = Block("agreement", None, f"{toxicity}_grade", rows)
        compare(block, [(row["patient_id"], row["recorded_grade"], row["grade"]) for row in settled])
        block.put("open", len(is_open), patients(is_open), n=len(both), unit="")
        block.put("outside", len(outside), patients(outside), n=len(is_open), unit="")
        highest = [
            (patient, max(row["recorded_grade"] for row in own), max(row["grade"] for row in own))
            for patient, own in by_patient(row for row in settled if row["hour"] >= 0).items()
        ]
        block = Block("agreement", None, f"{toxicity}_max_grade", rows)
        compare(block, highest)
        block.put("open", 0, [], n=len(highest), unit="")
        severe = study.protocol["population"]["severe_grade"]
        block = Block("agreement", None, f"{toxicity}_severity", rows)
        compare(block, [(p, group(one, severe), group(other, severe)) for p, one, other in highest], GROUPS)
        block.put("open", 0, [], n=len(highest), unit="")
    return rows


def group(grade: int, severe: int) -> int:
    return 0 if grade == 0 else 1 if grade < severe else 2


def patients(rows: list[Row]) -> list[str]:
    return [row["patient_id"] for row in rows]


def compare(block: Block, pairs: list[Pair], words: tuple[str, ...] = ()) -> None:
    n = len(pairs)
    everyone = [patient for patient, _, _ in pairs]
    same = [patient for patient, one, other in pairs if one == other]
    different = [patient for patient, one, other in pairs if one != other]
    block.put("n", n, everyone, n=n, unit="")
    block.put("agree", len(same), same, n=n, unit="")
    block.put("disagree", len(different), different, n=n, unit="")
    block.put("percent", 100 * len(same) / n if n else None, everyone, n=n, unit="%")
    low, high = exact_interval(len(same), n) if n else (None, None)
    block.put("ci_low", low, everyone, n=n, unit="%")
    block.put("ci_high", high, everyone, n=n, unit="%")
    grades = sorted({one for _, one, _ in pairs} | {other for _, _, other in pairs})
    for one in grades:
        for other in grades:
            cell = [patient for patient, *both in pairs if both == [one, other]]
            names = (words[one], words[other]) if words else (one, other)
            block.put("n", len(cell), cell, n=n, level=f"{names[0]} x {names[1]}", unit="")
    if words:
        return
    for name, power in (("kappa", 0), ("linear_kappa", 1), ("weighted_kappa", 2)):
        value, error = kappa(Counter((one, other) for _, one, other in pairs), power)
        block.put(name, value, everyone, n=n)
        low, high = (None, None) if value is None or error is None else (value - Z * error, min(1.0, value + Z * error))
        block.put(f"{name}_low", low, everyone, n=n)
        block.put(f"{name}_high", high, everyone, n=n)


def kappa(cells: Counter[tuple[int, int]], power: int) -> tuple[float | None, float | None]:
    """Give Cohen's kappa and its standard error (Fleiss, Cohen and Everitt 1969), where the two are not all the same.

    A grade counts as its distance from the others, equal or not where `power` is 0.
    """
    n = cells.total()
    grades = sorted({grade for cell in cells for grade in cell})
    if len(grades) < 2:
        return None, None
    rows = {i: Fraction(sum(count for (one, _), count in cells.items() if one == i), n) for i in grades}
    columns = {j: Fraction(sum(count for (_, other), count in cells.items() if other == j), n) for j in grades}
    widest = grades[-1] - grades[0]

    def weight(one: int, other: int) -> Fraction:
        return Fraction(one == other) if power == 0 else 1 - Fraction(abs(one - other), widest) ** power

    observed = sum(weight(*cell) * count for cell, count in cells.items()) / n
    chance = sum(weight(i, j) * rows[i] * columns[j] for i in grades for j in grades)
    of_row = {i: sum(weight(i, j) * columns[j] for j in grades) for i in grades}
    of_column = {j: sum(weight(i, j) * rows[i] for i in grades) for j in grades}
    value = (observed - chance) / (1 - chance)
    spread = sum(
        (weight(i, j) - (of_row[i] + of_column[j]) * (1 - value)) ** 2 * count for (i, j), count in cells.items()
    )
    variance = (spread / n - (value - chance * (1 - value)) ** 2) / (n * (1 - chance) ** 2)
    return float(value), sqrt(variance) if variance else None


def records(study: Made) -> Rows:
    """Give what is said of findings and of assessments, and how many rest on a scale."""
    rows: Rows = {}
    block = Block("data", None, "findings", rows)
    for severity in ("error", "warning", "note"):
        found = [patient for one, patient in study.findings if one == severity]
        block.put(severity, len(found), [patient for patient in found if patient], n=len(found), unit="")
    for toxicity in ("icans", "crs"):
        graded = study.grades(toxicity)
        kinds = {
            "n": graded,
            "open": [row for row in graded if row["grade"] is None],
            "settled_by_convention": [
                row for row in graded if row["grade"] is not None and row["grade_low"] < row["grade_high"]
            ],
            "recorded_only": [row for row in graded if row["scale"] == "recorded"],
            "with_missing": [row for row in graded if row["missing"]],
        }
        block = Block("data", None, f"{toxicity}_assessments", rows)
        for name, kind in kinds.items():
            block.put(name, len(kind), patients(kind), n=len(graded), unit="")
        scale = [row for row in graded if row["scale"] != "recorded"]
        instrument = study.protocol["grading"]["instrument"]
        named = "astct-2019-crs" if toxicity == "crs" else "astct-2019-icans"
        if toxicity == "icans" and instrument != "by_age":
            named += f"-by-{instrument}"
        block = Block("scales", None, toxicity, rows)
        block.put("n", len(scale), [], n=len(scale), level=named, unit="")
    unseen = set(study.infused) - study.after_infusion("icans").keys()
    block = Block("data", None, "patients_without_icans_assessment", rows)
    block.put("n", len(unseen), unseen, n=len(study.infused), unit="")
    treated = study.derived["endpoints"]
    lost = [row for row in treated if row["last_hour"] <= row["first_course_hour"]]
    block = Block("data", None, "treated_episodes_without_follow_up", rows)
    block.put("n", len(lost), patients(lost), n=len(treated), unit="")
    return rows
