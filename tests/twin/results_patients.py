"""Who is counted, and what they were like: population and baseline."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from tests.twin.records import Row, clock
from tests.twin.results_rows import Block, Rows, numeric
from tests.twin.results_study import Made, by_patient, known

UNITS = {"age_years": "years", "prior_lines": "lines", "marrow_blast_pct": "%", "dose_cells_per_kg": "cells/kg"}
MOST_LEVELS = 20
INDICATIONS = {"severe": "severe ICANS", "steroid_refractory": "steroid-refractory ICANS"}


def population(study: Made) -> Rows:
    definitions = study.protocol["population"]
    assessed = study.after_infusion("icans")
    treated_in = by_patient(study.derived["endpoints"])
    infused = set(study.infused)
    onset, severe = study.protocol["episodes"]["onset_grade"], definitions["severe_grade"]
    ill = {p for p in infused if p in treated_in or known(assessed.get(p, [])) >= onset}
    treated = infused & set(treated_in)
    steps: dict[str, Collection[str]] = {
        "screened": study.screened,
        "infused": infused,
        "with_icans": ill,
        "severe": {patient for patient in ill if known(assessed.get(patient, [])) >= severe},
        "treated": treated,
        "steroid_refractory": {
            p for p in treated if any(row["indication"] == "steroid_refractory" for row in treated_in[p])
        },
        "evaluable": study.evaluated,
    }
    rows: Rows = {}
    for variable, patients in steps.items():
        block = Block("population", None, variable, rows)
        block.put("n", len(patients), patients, unit="")
    short = study.protocol["intervention"].get("short", "IDM")
    given = {row["patient_id"] for row in study.derived["courses"]}

    def unseen(patient: str) -> str:
        if patient not in assessed:
            return "no ICANS assessment"
        is_open = all(row["grade"] is None for row in assessed[patient])
        return "every ICANS grade open" if is_open else "no ICANS observed"

    def untreated(patient: str) -> str:
        return f"{short} given outside an episode of ICANS" if patient in given else f"{short} not given"

    def unasked(patient: str) -> str:
        found = {row["indication"] for row in treated_in[patient]} - {None}
        if not found:
            return "ICANS neither severe nor steroid-refractory"
        return " or ".join(INDICATIONS[one] for one in sorted(found)) + ", which the study does not ask about"

    left_out(rows, "not_infused", set(study.screened) - infused, lambda _: "no infusion recorded")
    left_out(rows, "without_icans", infused - ill, unseen)
    left_out(rows, "not_treated", ill - treated, untreated)
    left_out(rows, "not_evaluable", treated - set(study.evaluated), unasked)
    return rows


def left_out(rows: Rows, variable: str, patients: Collection[str], why: Callable[[str], str]) -> None:
    block = Block("population", None, variable, rows)
    for reason in {why(patient) for patient in patients}:
        those = [patient for patient in patients if why(patient) == reason]
        block.put("n", len(those), those, level=reason, unit="")


def baseline(study: Made) -> Rows:
    first: dict[str, Row] = {}
    for row in sorted(study.infusions, key=lambda row: clock(row["infused_at"])):
        first.setdefault(row["patient_id"], row)
    own = {row["patient_id"]: row for row in study.patients}
    rows: Rows = {}
    for table, records in ((study.patients, own), (study.infusions, first)):
        for column in described(table):
            values = {patient: records[patient][column] for patient in study.infused if patient in records}
            everyone = [row[column] for row in table if row[column] is not None]
            is_numeric = all(number(value) is not None for value in everyone)
            for group, patients in study.groups():
                block = Block("baseline", group, column, rows)
                characteristic(
                    block, {patient: values.get(patient) for patient in patients}, values, is_numeric=is_numeric
                )
    return rows


def described(rows: list[Row]) -> list[str]:
    """Give the columns that say something of anybody."""
    said = dict.fromkeys(column for row in rows for column, value in row.items() if value is not None)
    return [column for column in said if column not in {"patient_id", "infused_at"}]


def characteristic(block: Block, values: dict[str, Any], infused: dict[str, Any], *, is_numeric: bool) -> None:
    if is_numeric:
        numeric(block, {patient: number(value) for patient, value in values.items()}, UNITS.get(block.variable))
        return
    recorded = {patient: word(value) for patient, value in values.items() if value is not None}
    block.put("n", len(recorded), recorded, unit="")
    block.put("missing", len(values) - len(recorded), values.keys() - recorded.keys(), n=len(values), unit="")
    block.put("levels", len(set(recorded.values())), recorded, unit="")
    listed = {word(value) for value in infused.values() if value is not None}
    if len(listed) > MOST_LEVELS:
        return
    for level in listed:
        those = [patient for patient, value in recorded.items() if value == level]
        block.put("n", len(those), those, n=len(recorded), level=level, unit="")
        share = 100 * len(those) / len(recorded) if recorded else None
        block.put("percent", share, those, n=len(recorded), level=level, unit="%")


def number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def word(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
