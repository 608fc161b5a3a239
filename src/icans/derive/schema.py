"""The columns of every derived table, with type and meaning: what `derived/NAME.parquet` holds."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from icans.numbered import NUMBER

if TYPE_CHECKING:
    import ibis

DERIVED: dict[str, dict[str, tuple[str, str]]] = {
    "grades": {
        "patient_id": ("string", "patient"),
        "infusion": ("int64", "number of the infusion, from 1"),
        "hour": ("float64", "hours from that infusion"),
        "toxicity": ("string", "icans or crs"),
        "scale": ("string", "scale that gave the grade; recorded where only the clinic's grade is there"),
        "grade": ("int8", "grade 0-5; null where the signs leave it open"),
        "grade_low": ("int8", "lowest grade the recorded signs allow"),
        "grade_high": ("int8", "highest grade the recorded signs allow"),
        "driver": ("string", "domains that earned the grade, ; between"),
        "missing": ("string", "domains not recorded, ; between"),
        "excluded": ("string", "domains explained by another cause, ; between"),
        "recorded_grade": ("int8", "grade as the clinic recorded it"),
    },
    "episodes": {
        "patient_id": ("string", "patient"),
        "infusion": ("int64", "number of the infusion, from 1"),
        "toxicity": ("string", "icans or crs"),
        "episode": ("int64", "number of the episode, from 1"),
        "onset_hour": ("float64", "first toxic assessment, hours from infusion"),
        "peak_grade": ("int8", "highest grade"),
        "peak_hour": ("float64", "first assessment with the highest grade, hours from infusion"),
        "end_hour": (
            "float64",
            "first assessment free of toxicity after the last toxic one; the last graded one if none",
        ),
        "resolved": ("boolean", "an assessment free of toxicity ended the episode"),
        "duration_hours": ("float64", "from onset to end, hours; a lower bound where not resolved"),
        "grade_days": (
            "float64",
            "area under the grade, each grade held until the next assessment, grade x days",
        ),
        "assessments": ("int64", "graded assessments from onset to the last toxic one"),
    },
    "courses": {
        "patient_id": ("string", "patient"),
        "infusion": ("int64", "number of the infusion, from 1"),
        "episode": ("int64", "ICANS episode during which the course began; null if none"),
        "course": ("int64", "number of the course after that infusion, from 1"),
        "hour": ("float64", "first dose, hours from infusion"),
        "drugs": ("string", "drugs given, in alphabetical order, ; between"),
        "doses": ("int64", "doses given"),
    },
    "steroids": {
        "patient_id": ("string", "patient"),
        "infusion": ("int64", "number of the infusion, from 1"),
        "day": ("int64", "day from infusion, the day of infusion is 0"),
        "dexamethasone_equivalent_mg": (
            "float64",
            "systemic corticosteroid as dexamethasone, mg; null if the amount of any dose of the day is not known",
        ),
    },
    "endpoints": {
        "patient_id": ("string", "patient"),
        "infusion": ("int64", "number of the infusion, from 1"),
        "episode": ("int64", "number of the treated ICANS episode"),
        "indication": ("string", "severe or steroid_refractory; null if neither"),
        "baseline_grade": ("int8", "ICANS grade before the first course, as the protocol takes it"),
        "baseline_ice": ("int64", "last ICE score of the episode up to the first course"),
        "first_course_hour": ("float64", "first course of the episode, hours from infusion"),
        "hours_from_onset": ("float64", "from onset to the first course, hours"),
        "courses": ("int64", "courses given during the episode"),
        "remission": ("boolean", "the finish line was reached; null where it does not apply"),
        "remission_hour": ("float64", "when it was reached, hours from infusion"),
        "hours_to_remission": ("float64", "from the first course to remission, hours"),
        "last_hour": ("float64", "last graded ICANS assessment, hours from infusion"),
        "recurrence": (
            "boolean",
            "after remission a grade above the finish line came back; null without remission",
        ),
    },
    "survival": {
        "patient_id": ("string", "patient"),
        "infusion": ("int64", "number of the infusion, from 1"),
        "endpoint": ("string", "os, pfs or remission"),
        "time_days": ("float64", "from the origin to the event or the end of observation, days"),
        "event": ("int64", "0 censored, 1 event, 2 competing event"),
        "cause": ("string", "what ended the time"),
    },
    "biomarkers": {
        "patient_id": ("string", "patient"),
        "infusion": ("int64", "number of the infusion, from 1"),
        "specimen": ("string", "what was measured in"),
        "analyte": ("string", "what was measured"),
        "unit": ("string", "unit of both values"),
        "before": ("float64", "value before the first course; null where there is none"),
        "before_hour": ("float64", "when, hours from infusion"),
        "before_limit": ("string", "< or > where the value is a detection limit"),
        "after": ("float64", "value after the first course; null where there is none to compare"),
        "after_hour": ("float64", "when, hours from infusion"),
        "after_limit": ("string", "< or > where the value is a detection limit"),
    },
}
"""Derived tables: name -> column -> (type, meaning)."""

ASKED_FOR: dict[str, dict[str, tuple[str, str]]] = {
    "panel": {
        "patient_id": ("string", "patient"),
        "infusion": ("int64", "number of the infusion, from 1"),
        "day": ("int64", "day from infusion, the day of infusion is 0"),
        "grade": ("int8", "worst settled ICANS grade of the day; null where there is none"),
        "carried": ("int8", "grade of the day, or the last one where it is not too old; null where not observed"),
        "observed": ("boolean", "there is a grade of the day or one carried to it"),
        "ice": ("int64", "lowest ICE score of the day; null where there is none"),
        "carried_ice": ("int64", "ICE score of the day, or the last one where it is not too old"),
        "courses": ("int64", "courses of the intervention begun by the end of the day"),
        "treated": ("boolean", "a course was begun on that day or before"),
        "on_steroid": ("boolean", "a systemic corticosteroid was given on that day"),
        "steroid_mg": ("float64", "of it as dexamethasone, mg; 0 without a dose, null where the amount is not known"),
        "on_steroid_before": ("boolean", "a systemic corticosteroid was given on the day before"),
        "steroid_mg_before": ("float64", "of it as dexamethasone, mg; 0 without a dose, null where not known"),
        "died": ("boolean", "the patient died on that day, the last of the panel"),
    },
    "eligible": {
        "patient_id": ("string", "patient"),
        "infusion": ("int64", "number of the infusion, from 1"),
        "episode": ("int64", "number of the ICANS episode"),
        "onset_hour": ("float64", "onset of the episode, hours from infusion"),
        "eligible_hour": ("float64", "assessment that made the patient eligible, hours from infusion"),
        "eligible_grade": ("int8", "its ICANS grade"),
        "course_hour": ("float64", "first course at that hour or later, hours from infusion; null if none"),
        "outcome_hour": ("float64", "when the outcome was reached, hours from infusion; null if it was not"),
        "death_hour": ("float64", "death, hours from infusion; null if none is known"),
        "has_line": ("boolean", "a rule says what remission is from that grade"),
    },
}
"""Derived tables that are made only where a section of the protocol needs them."""


def conformed(table: ibis.Table, name: str, numbered: Collection[str] = ()) -> ibis.Table:
    """Give a derived table its declared columns, in their order and types; some stand for texts by number.

    Every cast is written out, also where Ibis takes the type for granted: an engine's own can differ (in DuckDB a
    literal 1 is a 32-bit integer and a sum of integers is 128-bit, which Parquet would hold as a float).
    """
    from ibis.expr.operations import Cast  # noqa: PLC0415  # the declaration above is read without Ibis

    columns = {column: kind for column, (kind, _) in (DERIVED | ASKED_FOR)[name].items()}
    columns |= dict.fromkeys(numbered, NUMBER)
    return table.select(**{column: Cast(table[column], kind).to_expr() for column, kind in columns.items()})
