"""Measurements before and after the first course: docs/decisions/0027-biomarkers.md."""

from __future__ import annotations

from tests.twin.exposure import plain
from tests.twin.records import Placed, Row

DEFAULT = {"before_hours": (-168, 0), "after_hours": (0, 336)}
LIMITS = ("<", None, ">")
"""Of the same number, in the order of what it may be."""


def biomarkers(records: Placed, studied: dict[str, Row], protocol: Row) -> list[Row]:
    labs = records.tables["labs"]
    named = sorted({(row["specimen"], row["analyte"].strip()) for row in labs})
    markers = protocol["biomarkers"] or [{"specimen": specimen, "analyte": analyte} for specimen, analyte in named]
    spelled = plain if protocol["biomarkers"] else str.strip
    found = []
    for patient, treated in studied.items():
        own = records.of("labs", patient, treated["infusion"])
        for marker in (DEFAULT | marker for marker in markers):
            name = (spelled(marker["specimen"]), spelled(marker["analyte"]))
            mine = [row for row in own if (row["specimen"], spelled(row["analyte"])) == name]
            pair = paired(mine, treated["first_course_hour"], marker)
            if pair:
                key = {"patient_id": patient, "infusion": treated["infusion"]}
                found.append(key | {name: marker[name] for name in ("specimen", "analyte")} | pair)
    return found


def paired(labs: list[Row], first: object, marker: Row) -> Row | None:
    (from_before, to_before), (from_after, to_after) = marker["before_hours"], marker["after_hours"]
    early = [row for row in labs if from_before <= row["hour"] - first <= to_before]
    late = [row for row in labs if from_after <= row["hour"] - first <= to_after]
    if to_before == from_after:
        late = [row for row in late if row["hour"] - first > from_after]
    before, after = last(early), last(late)
    if before is None and after is None:
        return None
    unit = (before or after or {})["unit"]
    if after is not None and after["unit"] != unit:
        after = None
    return {"unit": unit} | values("before", before) | values("after", after)


def last(labs: list[Row]) -> Row | None:
    by_unit = sorted(labs, key=lambda row: (row["unit"] is None, row["unit"]))
    return max(by_unit, key=lambda row: (row["hour"], row["value"], LIMITS.index(row["limit"])), default=None)


def values(name: str, row: Row | None) -> Row:
    row = row or {"value": None, "hour": None, "limit": None}
    return {name: row["value"], f"{name}_hour": row["hour"], f"{name}_limit": row["limit"]}
