"""Grades that the clinic recorded and that the signs of the same assessment contradict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import ibis

from icans.records.checks.rows import Check, doubtful_rows
from icans.records.findings import Finding

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from icans.engines import Engine

COLUMNS = (
    "patient_id",
    "infusion",
    "hour",
    "toxicity",
    "recorded_grade",
    "grade_low",
    "grade_high",
    "driver",
)
DEATH = 5
RECORDED_IN = {"icans": ("neuro", "icans_grade"), "crs": ("crs", "crs_grade")}


def contradictions(grades: ibis.Table) -> ibis.Table:
    """Find the assessments whose recorded grade no reading of their signs gives.

    A recorded grade is contradicted where it lies below the lowest or above the highest grade that the recorded signs
    allow, whatever those that were not recorded would have shown. Grade 5 is left out: death has no sign of its own.

    Parameters
    ----------
    grades
        One row per assessment and toxicity: ``patient_id`` (string), ``infusion`` (int64), ``hour`` (float64, hours
        from infusion), ``toxicity`` (string), ``recorded_grade``, ``grade_low``, ``grade_high`` (int8, 0-5),
        ``driver`` (string, domains that earned the grade, ``;`` between).

    Returns
    -------
    ibis.Table
        Those columns of the contradicted assessments. Unordered.
    """
    recorded = grades.recorded_grade
    outside = (recorded < grades.grade_low) | (recorded > grades.grade_high)
    return grades.filter(outside & (recorded < DEATH)).select(*COLUMNS)


def contradiction_findings(
    grades: ibis.Table, engine: Engine, files: Mapping[str, str] = MappingProxyType({})
) -> list[Finding]:
    """Give a warning for each recorded grade that its own signs contradict, at most 1,000 of a kind.

    Parameters
    ----------
    grades
        As for `contradictions`.
    engine
        Where the table lives; only contradicted assessments leave it.
    files
        Names under which the user knows the tables of records.
    """
    found = contradictions(grades)
    places = {
        name: found.toxicity.cases(*((toxicity, place[number]) for toxicity, place in RECORDED_IN.items()))
        for number, name in enumerate(("table", "column"))
    }
    driver = found.driver.fill_null("")
    because = ibis.ifelse(driver == "", "", " (" + driver.replace(";", ", ") + ")")
    doubtful = doubtful_rows(found.mutate(**places, because=because), CHECKS, file="", engine=engine)
    return [replace(finding, file=files.get(finding.file, finding.file)) for finding in doubtful]


def signs_give_another(found: ibis.Table) -> ir.BooleanValue:
    """Expect the recorded grade where the signs leave only one."""
    return found.grade_low == found.grade_high


def signs_give_more(found: ibis.Table) -> ir.BooleanValue:
    """Expect no less than the signs give."""
    return (found.grade_low < found.grade_high) & (found.recorded_grade < found.grade_low)


def signs_give_less(found: ibis.Table) -> ir.BooleanValue:
    """Expect no more than the signs allow."""
    return (found.grade_low < found.grade_high) & (found.recorded_grade > found.grade_high)


ADVICE = (
    "Correct the grade or the sign; the study is graded by the signs. discordant.csv of icans report has the times."
)
CHECKS = tuple(
    Check(asks, file="{table}", column="{column}", value="{recorded_grade}", problem=problem, advice=ADVICE)
    for asks, problem in (
        (signs_give_another, "is recorded, but its own signs give {grade_low}{because}"),
        (signs_give_more, "is recorded, but its own signs give at least {grade_low}{because}"),
        (signs_give_less, "is recorded, but its own signs give at most {grade_high}{because}"),
    )
)
