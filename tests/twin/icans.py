"""ASTCT 2019 ICANS, from the published table: docs/scales/astct-2019-icans.md."""

from __future__ import annotations

from collections.abc import Mapping

from tests.twin.grading import Domain, Row, cells, grade

ICE_ITEMS = {"ice_orientation": 4, "ice_naming": 3, "ice_commands": 1, "ice_writing": 1, "ice_attention": 1}
CAPD_ITEMS = [f"capd_{number}" for number in range(1, 9)]
ANSWERS = ["never", "rarely", "sometimes", "often", "always"]
CONSCIOUSNESS = {"awake": 0, "voice": 2, "touch": 3, "unarousable": 4}
SEIZURE = {"none": 0, "resolves_rapidly": 3, "nonconvulsive_resolves": 3, "prolonged": 4, "repetitive": 4}
MOTOR = {"none": 0, "mild_weakness": 0, "deep_focal_weakness": 4}
ICP = {
    "none": 0,
    "focal_edema": 3,
    "diffuse_edema": 4,
    "posturing": 4,
    "sixth_nerve_palsy": 4,
    "papilledema": 4,
    "cushing_triad": 4,
}
SIGNS = ["ice", *ICE_ITEMS, "capd", *CAPD_ITEMS, "consciousness", "seizure", "motor", "icp_edema"]
Span = tuple[int, int]


def ice_points(row: Row) -> Span | None:
    """Give the least and the most points; None where nothing of the score was recorded."""
    if row["ice"] is not None:
        return row["ice"], row["ice"]
    asked = [item for item in ICE_ITEMS if row[item] is not None]
    if not asked:
        return None
    least = sum(row[item] for item in asked)
    return least, least + sum(most for item, most in ICE_ITEMS.items() if item not in asked)


def capd_points(row: Row) -> Span | None:
    if row["capd"] is not None:
        return row["capd"], row["capd"]
    least = most = answered = 0
    for number, item in enumerate(CAPD_ITEMS):
        if row[item] is None:
            most += 4
            continue
        often = ANSWERS.index(row[item])
        points = 4 - often if number < 4 else often
        least, most, answered = least + points, most + points, answered + 1
    return (least, most) if answered else None


def ice_grade(points: int) -> int:
    return 0 if points == 10 else 1 if points >= 7 else 2 if points >= 3 else 3


def capd_grade(points: int) -> int:
    return 0 if points == 0 else 1 if points <= 8 else 3


def by_capd(patient: Row, instrument: str) -> bool:
    if instrument != "by_age":
        return instrument == "capd"
    young = patient["age_years"] is not None and patient["age_years"] < 12
    return young or patient["developmental_delay"] is True


def icans(row: Row, patient: Row, *, unrecorded: str, instrument: str) -> Row:
    """Grade an assessment with at least one sign."""
    child = by_capd(patient, instrument)
    ice, capd = ice_points(row), capd_points(row)
    ice_grades = {ice_grade(points) for points in within(ice, 10)}
    capd_grades = {capd_grade(points) for points in within(capd, 32)}
    tested = (ice is not None and ice[0] > 0) or capd is not None
    elsewhere = (row["other_cause"] or "").split(";")

    def sign(name: str, grades: Mapping[str, int], normal: str, *, absent: bool = True) -> Domain:
        recorded = cells(row[name], grades)
        assumed = row[name] is None and unrecorded == "absent" and absent
        return Domain(name, recorded, {grades[normal]} if assumed else recorded, other_cause=name in elsewhere)

    domains = [
        Domain("ice", ice_grades, ice_grades, not child, "ice" in elsewhere),
        Domain("capd", capd_grades, capd_grades, child, "capd" in elsewhere),
        sign("consciousness", CONSCIOUSNESS, "awake", absent=tested),
        sign("seizure", SEIZURE, "none"),
        sign("motor", MOTOR, "none"),
        sign("icp_edema", ICP, "none"),
    ]
    return grade(domains, conditions=[])


def within(points: Span | None, most: int) -> range:
    return range(most + 1) if points is None else range(points[0], points[1] + 1)
