"""Write the raw records of the packaged synthetic study from the course of each patient in packaged_cohort.toml.

    python tools/make_packaged_study.py [FOLDER]

What a published figure depends on stands in packaged_cohort.toml; what it does not (routine rounds, temperatures,
serum values, signs nobody wrote down) is drawn here from its seed. The same file gives the same records.
"""

from __future__ import annotations

import csv
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
STUDY = HERE.parent / "src" / "icans" / "packaged" / "idm13"

Row = dict[str, Any]
Patient = Mapping[str, Any]

ICE_ITEMS = {"orientation": 4, "naming": 3, "commands": 1, "writing": 1, "attention": 1}
LOST_FIRST = (
    "attention",
    "writing",
    "orientation",
    "naming",
    "orientation",
    "orientation",
    "naming",
    "orientation",
    "naming",
    "commands",
)
FREQUENCIES = ("never", "rarely", "sometimes", "often", "always")
CAPD_RISES_FIRST = (8, 7, 5, 3, 4, 6, 2, 1)
ROUNDS = {6: "night", 14: "day", 22: "evening"}

COLUMNS = {
    "patients": (
        "patient_id",
        "age_years",
        "sex",
        "diagnosis",
        "prior_lines",
        "marrow_blast_pct",
        "cns_involvement",
        "developmental_delay",
    ),
    "infusions": ("patient_id", "infused_at", "product", "target", "dose_cells_per_kg"),
    "neuro": (
        "patient_id",
        "time",
        "ice",
        *(f"ice_{item}" for item in ICE_ITEMS),
        "capd",
        *(f"capd_{number}" for number in range(1, 9)),
        "consciousness",
        "seizure",
        "motor",
        "icp_edema",
        "other_cause",
        "icans_grade",
    ),
    "crs": (
        "patient_id",
        "time",
        "temperature_c",
        "fever_other_cause",
        "antipyretic_or_anticytokine",
        "hypotension",
        "vasopressors",
        "vasopressin",
        "oxygen",
        "oxygen_flow_l_min",
        "crs_grade",
    ),
    "treatments": ("patient_id", "time", "drug", "dose", "dose_unit", "route"),
    "labs": ("patient_id", "time", "specimen", "analyte", "value", "unit", "limit"),
    "events": ("patient_id", "time", "event"),
}


def main(folder: Path) -> None:
    """Write every table of the study into `folder`."""
    cohort = tomllib.loads((HERE / "packaged_cohort.toml").read_text(encoding="utf-8"))
    chance = Random(cohort["seed"])
    makers = {
        "patients": patients,
        "infusions": infusions,
        "neuro": neuro,
        "crs": crs,
        "treatments": treatments,
        "labs": labs,
        "events": events,
    }
    for name, maker in makers.items():
        rows = [row for patient in cohort["patient"] for row in sorted_by_time(maker(patient, chance))]
        write(folder / f"{name}.csv", COLUMNS[name], rows)


def write(file: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write rows as CSV; a value that is not there is an empty cell."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def sorted_by_time(rows: Iterable[Row]) -> list[Row]:
    """Give the rows of a patient in the order of the chart."""
    return sorted(rows, key=lambda row: str(row.get("time", "")))


def moment(patient: Patient, hours: float) -> str:
    """Give the date-time that lies `hours` after the infusion, to the minute."""
    infused = datetime.fromisoformat(patient["infusion"]["at"])
    return (infused + timedelta(minutes=round(hours * 60))).isoformat(timespec="minutes")


def rounds(patient: Patient, first: float, last: float, clock: Iterable[int], chance: Random) -> Iterator[float]:
    """Give the hours from infusion of ward rounds at the given times of day, each up to 20 minutes early or late."""
    infused = datetime.fromisoformat(patient["infusion"]["at"])
    for day in range(int(first // 24) - 1, int(last // 24) + 2):
        for hour in clock:
            planned = infused.replace(hour=hour, minute=0) + timedelta(days=day)
            at = (planned - infused).total_seconds() / 3600 + round(40 * chance.random() - 20) / 60
            if first <= at <= last:
                yield at


def discharge(patient: Patient) -> float:
    """Give the hours from infusion at which the patient goes home."""
    onset: float = patient["onset_hour"]
    return 24.0 * max(21, round(onset / 24) + 8)


def patients(patient: Patient, _: Random) -> Iterator[Row]:
    """Give the patient's row."""
    yield {"patient_id": patient["id"], **patient["about"], "developmental_delay": "no"}


def infusions(patient: Patient, _: Random) -> Iterator[Row]:
    """Give the patient's infusion."""
    infusion = patient["infusion"]
    yield {
        "patient_id": patient["id"],
        "infused_at": infusion["at"],
        "product": infusion["product"],
        "target": infusion["target"],
        "dose_cells_per_kg": f"{infusion['dose']:.1e}".replace("e+0", "e"),
    }


def neuro(patient: Patient, chance: Random) -> Iterator[Row]:
    """Give the bedside assessments: rounds three times a day, closer ones while ICANS lasts."""
    child = patient["about"]["age_years"] < 12
    onset, path = patient["onset_hour"], patient["path"]
    ill = (onset - 3, onset + path[-1][0] + 3)
    home = discharge(patient)
    if path[-1][1] not in (0, 10):
        home = ill[0]  # never well again: only the assessments of the path
    for at in rounds(patient, -22, home, ROUNDS, chance):
        if not ill[0] <= at <= ill[1]:
            well = scored(0 if child else 10, child, chance, items=at % 24 < 12)
            yield assessment(patient, at, {**well, **normal_signs(chance)}, chance, charted=chance.random() < 0.3)
    shown = {
        entry["at"]: {key: sign for key, sign in entry.items() if key != "at"} for entry in patient.get("signs", [])
    }
    for number, (offset, score) in enumerate(path):
        signs = {"consciousness": usual_consciousness(score, child), **normal_signs(chance), **shown.get(offset, {})}
        row = {**scored(score, child, chance, items=number % 3 != 2), **signs}
        yield assessment(patient, onset + offset, row, chance, charted=number % 2 == 1, score=score)
    for entry in patient.get("untested", []):
        yield assessment(
            patient,
            onset + entry["at"],
            {key: sign for key, sign in entry.items() if key != "at"},
            chance,
            charted=False,
        )


def assessment(
    patient: Patient, at: float, row: Row, chance: Random, *, charted: bool, score: int | None = None
) -> Row:
    """Give one assessment, with the grade the clinic wrote down where it did."""
    child = patient["about"]["age_years"] < 12
    if score is None:
        score = 0 if child else 10
    if score == (0 if child else 10) and chance.random() < 0.06:
        row = {**row, "consciousness": ""}
    grade = charted_grade(score, str(row.get("consciousness", "")), child=child) if charted else ""
    return {"patient_id": patient["id"], "time": moment(patient, at), **row, "icans_grade": grade}


def charted_grade(score: int, consciousness: str, *, child: bool) -> int:
    """Grade as a busy ward does, from the score and wakefulness; a seizure is overlooked."""
    wakefulness = {"voice": 2, "touch": 3, "unarousable": 4}.get(consciousness, 0)
    if child:
        from_score = 3 if score >= 9 else int(score > 0)
    else:
        from_score = next(grade for grade, least in enumerate((10, 7, 3, 0)) if score >= least)
    return max(from_score, wakefulness)


def usual_consciousness(score: int, child: bool) -> str:
    """Give the wakefulness that usually goes with a score."""
    if child:
        return "awake"
    return "awake" if score >= 5 else "voice"


def normal_signs(chance: Random) -> Row:
    """Give the signs that were looked for and not there; not each of them is written down each time."""
    written = {"seizure": 0.75, "motor": 0.7, "icp_edema": 0.25}
    return {"consciousness": "awake", **{sign: "none" for sign, often in written.items() if chance.random() < often}}


def scored(score: int, child: bool, chance: Random, *, items: bool) -> Row:
    """Give a score by its items, or as a total only."""
    if not items:
        return {"capd" if child else "ice": score}
    return capd_items(score) if child else ice_items(score, chance)


def ice_items(score: int, chance: Random) -> Row:
    """Spread the points of an ICE score over its items; what is hard is lost first."""
    lost = list(LOST_FIRST)
    if chance.random() < 0.5:
        lost[0], lost[1] = lost[1], lost[0]
    return {f"ice_{item}": most - lost[: 10 - score].count(item) for item, most in ICE_ITEMS.items()}


def capd_items(score: int) -> Row:
    """Spread a CAPD score over the form's ticks; items 1 to 4 are good when frequent."""
    points = dict.fromkeys(range(1, 9), 0)
    for step in range(score):
        points[CAPD_RISES_FIRST[step % 4]] += 1
    return {f"capd_{item}": FREQUENCIES[4 - point if item <= 4 else point] for item, point in points.items()}


def crs(patient: Patient, chance: Random) -> Iterator[Row]:
    """Give the observations of signs of CRS: every six hours, from infusion to discharge."""
    course = patient["crs"]
    worse = course.get("worse", [0, 0])
    cooled = [24 * day for day in patient.get("tocilizumab", [])] + [at for at, _ in steroid_doses(patient)]
    infection = patient.get("infection", {"from": 0, "to": 0})
    for number, at in enumerate(rounds(patient, 0, 24 * 21, (0, 6, 12, 18), chance)):
        day = at / 24
        fever, infected = course["from"] <= day <= course["to"], infection["from"] <= day <= infection["to"]
        masked = any(0 < at - given <= 24 for given in cooled)
        if not (fever or infected) and number % 2:
            continue
        bad = worse[0] <= day <= worse[1]
        hot = infected or (fever and not (masked and chance.random() < 0.4))
        fluids, oxygen = bad and course["needed"] == "fluids", bad and course["needed"] == "oxygen"
        noted = number % 4 == 0
        yield {
            "patient_id": patient["id"],
            "time": moment(patient, at),
            "temperature_c": f"{38.2 + 1.6 * chance.random() if hot else 36.4 + 1.0 * chance.random():.1f}",
            "fever_other_cause": "yes" if infected else "no" if fever else "",
            "antipyretic_or_anticytokine": "yes" if masked else "no",
            "hypotension": "fluids_only" if fluids else "none",
            "vasopressors": 0 if fever else "",
            "vasopressin": "no" if fever else "",
            "oxygen": "nasal_cannula" if oxygen else "none",
            "oxygen_flow_l_min": 1 + round(3 * chance.random()) if oxygen else "",
            "crs_grade": (2 if bad else int(hot and not infected)) if noted else "",
        }


def treatments(patient: Patient, _: Random) -> Iterator[Row]:
    """Give the doses: tocilizumab, systemic corticosteroid, sedation, and the intrathecal courses."""
    child, onset = patient["about"]["age_years"] < 12, patient["onset_hour"]

    def dose(at: float, drug: str, amount: float, route: str) -> Row:
        return {
            "patient_id": patient["id"],
            "time": moment(patient, at),
            "drug": drug,
            "dose": amount,
            "dose_unit": "mg",
            "route": route,
        }

    for day in patient.get("tocilizumab", []):
        yield dose(24 * day, "tocilizumab", 280 if child else 480, "intravenous")
    for at, amount in steroid_doses(patient):
        yield dose(at, patient["steroids"]["drug"], amount, "intravenous")
    for offset in patient.get("sedation", []):
        yield dose(onset + offset, "midazolam", 2, "intravenous")
    for offset in patient["courses"]:
        yield dose(onset + offset, "dexamethasone", 5 if child else 10, "intrathecal")
        yield dose(onset + offset + 1 / 12, "methotrexate", 10 if child else 12, "intrathecal")


def steroid_doses(patient: Patient) -> list[tuple[float, float]]:
    """Give each dose of systemic corticosteroid: hours from infusion and mg."""
    steroids = patient["steroids"]
    start = patient["onset_hour"] + steroids["start"]
    return [(start + number * steroids["every"], amount) for number, amount in enumerate(steroids["doses"])]


def labs(patient: Patient, chance: Random) -> Iterator[Row]:
    """Give the measurements in cerebrospinal fluid around the courses and in serum every other day."""

    def measurement(at: float, analyte: str, value: float | str, unit: str, **more: str) -> Row:
        row = {"patient_id": patient["id"], "time": moment(patient, at), "specimen": "serum"}
        return {**row, "analyte": analyte, "value": value, "unit": unit, **more}

    first = patient["onset_hour"] + patient["courses"][0]
    for offset, cells, protein, il6 in patient["csf"]:
        at = first + offset
        below = {"limit": "<"} if cells < 0 else {}
        yield measurement(at, "CAR-T cells", abs(cells), "cells/µL", specimen="csf", **below)
        yield measurement(at, "protein", f"{protein:.2f}", "g/L", specimen="csf")
        yield measurement(at, "IL-6", il6, "pg/mL", specimen="csf")
    peak = 24 * (patient["crs"]["from"] + patient["crs"]["to"]) / 2
    severity = 4.0 if "worse" in patient["crs"] else 2.0
    for at in rounds(patient, -24, discharge(patient), (7,), chance):
        if int((at + 48) // 24) % 2:
            continue
        inflamed = severity / (1 + ((at - peak) / 60) ** 2)
        yield measurement(at, "IL-6", f"{8 * 10 ** (0.6 * inflamed) * spread(chance):.1f}", "pg/mL")
        yield measurement(at, "ferritin", f"{900 * 10 ** (0.25 * inflamed) * spread(chance):.0f}", "ng/mL")
        yield measurement(at, "CRP", f"{6 * 10 ** (0.35 * inflamed) * spread(chance):.1f}", "mg/L")


def spread(chance: Random) -> float:
    """Give a factor about 1 for what a measurement varies by."""
    return 0.7 + 0.6 * chance.random()


def events(patient: Patient, _: Random) -> Iterator[Row]:
    """Give what was dated after discharge."""
    infused = datetime.fromisoformat(patient["infusion"]["at"]).date()
    for event, days in patient["events"]:
        yield {"patient_id": patient["id"], "time": (infused + timedelta(days=days)).isoformat(), "event": event}


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else STUDY)
