"""Every assessment of a toxicity: by its signs, else as the clinic recorded it (decision 0023)."""

from __future__ import annotations

from fractions import Fraction

from tests.twin import crs, icans
from tests.twin.records import Placed, Row

LISTS = {"driver": "", "missing": "", "excluded": ""}


def grades(records: Placed, protocol: Row) -> list[Row]:
    found = []
    grading = protocol["grading"]
    instrument = grading["instrument"]
    scale = "astct-2019-icans" if instrument == "by_age" else f"astct-2019-icans-by-{instrument}"
    for row in records.tables["neuro"]:
        graded = recorded_only(row["icans_grade"])
        if any(row[sign] is not None for sign in icans.SIGNS):
            graded = icans.icans(row, records.patients[row["patient_id"]], **grading) | {"scale": scale}
        if graded:
            found.append(place(row, "icans") | graded | {"recorded_grade": row["icans_grade"]})
    for row in records.tables["crs"]:
        graded = recorded_only(row["crs_grade"])
        if any(row[sign] is not None for sign in crs.SIGNS):
            graded = crs.crs(row, unrecorded=grading["unrecorded"]) | {"scale": "astct-2019-crs"}
        if graded:
            found.append(place(row, "crs") | graded | {"recorded_grade": row["crs_grade"]})
    for row in records.tables["events"]:
        if row["event"] == "death_due_to_icans":
            fatal = {"scale": scale, "grade": 5, "grade_low": 5, "grade_high": 5, "recorded_grade": None}
            found.append(place(row, "icans") | LISTS | fatal | {"driver": "death"})
    return found


def place(row: Row, toxicity: str) -> Row:
    return {name: row[name] for name in ("patient_id", "infusion", "hour")} | {"toxicity": toxicity}


def recorded_only(grade: int | None) -> Row:
    if grade is None:
        return {}
    return LISTS | {"scale": "recorded", "grade": grade, "grade_low": grade, "grade_high": grade}


def settled(graded: list[Row]) -> list[Row]:
    """Keep, in the order of time, the worst settled grade of each hour of one patient, infusion and toxicity."""
    worst: dict[Fraction, int] = {}
    for row in graded:
        if row["grade"] is not None:
            worst[row["hour"]] = max(row["grade"], worst.get(row["hour"], 0))
    return [{"hour": hour, "grade": worst[hour]} for hour in sorted(worst)]
