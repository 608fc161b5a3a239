"""Toxicity that was graded before the infusion, and so is not counted as toxicity of the product."""

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

TABLES = {"icans": "neuro", "crs": "crs"}
"""Table of the records in which each toxicity is charted."""


def before_infusion(grades: ibis.Table, *, onset_grade: int) -> ibis.Table:
    """Find who reached a toxic grade before the infusion.

    Parameters
    ----------
    grades
        One row per assessment and toxicity: ``patient_id`` (string), ``infusion`` (int64), ``hour`` (float64, hours
        from infusion), ``toxicity`` (string), ``grade``, ``grade_low`` (int8, 0-5).
    onset_grade
        Lowest grade that counts as toxicity.

    Returns
    -------
    ibis.Table
        One row a patient, infusion and toxicity: ``hour`` of the first such assessment, ``highest`` (the highest grade
        known to be reached, int8). Unordered.
    """
    least = ibis.coalesce(grades.grade, grades.grade_low)
    early = grades.mutate(least=least).filter(grades.hour < 0, least >= onset_grade)
    return early.group_by("patient_id", "infusion", "toxicity").agg(hour=early.hour.min(), highest=early.least.max())


def early_findings(
    grades: ibis.Table, engine: Engine, files: Mapping[str, str] = MappingProxyType({}), *, onset_grade: int
) -> list[Finding]:
    """Warn of ICANS before the infusion and note CRS before it, a finding for each patient, at most 1,000 of a kind.

    Parameters
    ----------
    grades, onset_grade
        As for `before_infusion`.
    engine
        Where the table lives; only the patients concerned leave it.
    files
        Names under which the user knows the tables of records.
    """
    found = before_infusion(grades, onset_grade=onset_grade)
    said = found.mutate(table=found.toxicity.cases(*TABLES.items()), name=found.toxicity.upper())
    doubtful = doubtful_rows(said, CHECKS, file="", engine=engine)
    return [replace(finding, file=files.get(finding.file, finding.file)) for finding in doubtful]


def icans_before_infusion(found: ibis.Table) -> ir.BooleanValue:
    """Expect no ICANS before the product was given."""
    return found.toxicity == "icans"


def crs_before_infusion(found: ibis.Table) -> ir.BooleanValue:
    """Expect no sign of CRS before it either, though fever and low pressure have other causes."""
    return found.toxicity == "crs"


VALUE = "{name} grade {highest}"
PROBLEM = "was reached before the infusion"
ADVICE = "Correct the time or that of the infusion; what is graded before the infusion is not toxicity of the product."
CHECKS = (
    Check(icans_before_infusion, file="{table}", value=VALUE, problem=PROBLEM, advice=ADVICE),
    Check(crs_before_infusion, file="{table}", value=VALUE, problem=PROBLEM, advice=ADVICE, severity="note"),
)
