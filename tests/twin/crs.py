"""ASTCT 2019 CRS, from its page (docs/scales/astct-2019-crs.md) and docs/decisions/0011-crs-without-fever.md."""

from __future__ import annotations

from tests.twin.grading import Domain, Row, cells, grade

HYPOTENSION = {"none": 0, "fluids_only": 2, "vasopressor": 3}
OXYGEN = {
    "none": 0,
    "comfort_only": 0,
    "nasal_cannula": 2,
    "blow_by": 2,
    "high_flow": 3,
    "face_mask": 3,
    "venturi": 3,
    "nonrebreather": 3,
    "cpap": 4,
    "bipap": 4,
    "invasive_ventilation": 4,
}
SIGNS = ["temperature_c", "hypotension", "vasopressors", "vasopressin", "oxygen", "oxygen_flow_l_min"]
THERAPY = "antipyretic_or_anticytokine"


def crs(row: Row, *, unrecorded: str) -> Row:
    """Grade an observation with at least one sign."""
    absent = unrecorded == "absent"
    other_cause = row["fever_other_cause"] is True
    fever = {0, 1} if row["temperature_c"] is None else {int(row["temperature_c"] >= 38)}
    present = crs_present(fever, row[THERAPY], other_cause=other_cause)
    hypotension = cells(row["hypotension"], HYPOTENSION)
    no_vasopressor = row["hypotension"] in {"none", "fluids_only"}
    one_said = row["hypotension"] == "vasopressor" or row["vasopressin"] is True
    agents = agent_grades(row["vasopressors"], none_given=no_vasopressor)
    vasopressin = vasopressin_grades(row["vasopressin"], none_given=no_vasopressor)
    oxygen, flow = cells(row["oxygen"], OXYGEN), flow_grades(row["oxygen_flow_l_min"])

    def read(name: str, recorded: set[int], *, when: bool = True) -> set[int]:
        return {0} if absent and row[name] is None and when else recorded

    domains = [
        Domain("fever", fever, fever, other_cause=other_cause),
        Domain("hypotension", hypotension, read("hypotension", hypotension), present),
        Domain("vasopressors", agents, read("vasopressors", agents, when=not one_said), present),
        Domain("vasopressin", vasopressin, read("vasopressin", vasopressin), present),
        Domain("oxygen", oxygen, read("oxygen", oxygen, when=not row["oxygen_flow_l_min"]), present),
        Domain("oxygen_flow", flow, flow, present if row["oxygen"] == "nasal_cannula" else False),
    ]
    matters = any(domain.counts is None and max(domain.recorded) > 0 for domain in domains)
    return grade(domains, [THERAPY] if matters and row[THERAPY] is None else [])


def crs_present(fever: set[int], therapy: bool | None, *, other_cause: bool) -> bool | None:
    """Tell whether hypotension and hypoxia count: a fever, or therapy that hides one, without another cause."""
    if other_cause:
        return False
    if fever == {1} or therapy is True:
        return True
    return False if fever == {0} and therapy is False else None


def agent_grades(agents: int | None, *, none_given: bool) -> set[int]:
    if agents is None:
        return {0} if none_given else {0, 3, 4}
    return {0 if agents == 0 else 3 if agents == 1 else 4}


def vasopressin_grades(given: bool | None, *, none_given: bool) -> set[int]:
    if given is None:
        return {0} if none_given else {0, 3}
    return {3 if given else 0}


def flow_grades(flow: float | None) -> set[int]:
    return {2, 3} if flow is None else {2 if flow <= 6 else 3}
