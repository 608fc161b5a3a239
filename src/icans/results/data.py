"""What the records were like: rows used, findings, grades left open or settled by the convention, gaps in follow-up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from icans.protocol import Protocol
from icans.records.findings import SEVERITIES, Finding
from icans.records.tables import Records
from icans.results.gathered import TOXICITIES, Gathered
from icans.results.rows import Result, Subject

ANALYSIS = "data"
COUNTED = {
    "n": ("assessments", "assessments with a sign or a recorded grade, and deaths due to ICANS"),
    "open": ("open", "assessments whose signs leave the grade open"),
    "settled_by_convention": (
        "settled_by_convention",
        "assessments whose grade rests on reading unrecorded signs as absent",
    ),
    "recorded_only": ("recorded_only", "assessments with the clinic's grade alone, without signs"),
    "with_missing": ("with_missing", "assessments with a sign not recorded"),
}
"""Statistic of the assessments of a toxicity: what is counted of each patient, and in words."""


def data(study: Gathered, records: Records, protocol: Protocol, findings: Sequence[Finding]) -> list[Result]:
    """Count what a reader must know of the records.

    Parameters
    ----------
    study
        The study as arrays.
    records
        Its records.
    protocol
        Its definitions.
    findings
        Everything found in the records.

    Returns
    -------
    list of Result
        Variable a table: ``rows_read``, ``rows_used``, ``rows_unusable``. Variable ``findings``: ``error``,
        ``warning``, ``note``. Variables ``icans_assessments`` and ``crs_assessments``: see `COUNTED`. Variables
        ``patients_without_icans_assessment`` and ``treated_episodes_without_follow_up``: ``n``.
    """
    return [
        *_rows_of_tables(records),
        *_findings(findings),
        *(row for toxicity in TOXICITIES for row in _assessments(study, toxicity)),
        *_gaps(study, protocol),
    ]


def _rows_of_tables(records: Records) -> list[Result]:
    rows = []
    for table, count in records.rows.items():
        subject = Subject(ANALYSIS, table, unit="rows", n=count.read)
        rows += [
            subject.row("rows_read", count.read, method="rows of the table"),
            subject.row("rows_used", count.used, method="rows the study rests on"),
            subject.row("rows_unusable", count.read - count.used, method="rows left out, each with a finding"),
        ]
    return rows


def _findings(findings: Sequence[Finding]) -> list[Result]:
    meanings = {"error": "the row cannot be used", "warning": "implausible", "note": "worth knowing"}
    rows = []
    for severity in SEVERITIES:
        found = [finding for finding in findings if finding.severity == severity]
        patients = tuple(sorted({finding.patient_id for finding in found if finding.patient_id}))
        subject = Subject(ANALYSIS, "findings", method=meanings[severity], n=len(found), patients=patients)
        rows.append(subject.row(severity, len(found)))
    return rows


def _assessments(study: Gathered, toxicity: str) -> list[Result]:
    counts = study.assessments[toxicity]
    total = int(counts["assessments"].sum())
    rows = []
    for statistic, (column, method) in COUNTED.items():
        patients = study.cohort.names(counts[column] > 0)
        subject = Subject(ANALYSIS, f"{toxicity}_assessments", method=method, n=total, patients=patients)
        rows.append(subject.row(statistic, counts[column].sum()))
    return rows


def _gaps(study: Gathered, protocol: Protocol) -> list[Result]:
    cohort, endpoints = study.cohort, study.endpoints
    unassessed = cohort.infused & (study.assessments["icans"]["since_infusion"] == 0)
    followed = endpoints["last_hour"] > endpoints["first_course_hour"]  # NaN compares false
    lost = endpoints["patient"][~followed]
    patients = Subject(
        ANALYSIS,
        "patients_without_icans_assessment",
        method="infused patients without an ICANS assessment after infusion",
        n=int(np.count_nonzero(cohort.infused)),
        patients=cohort.names(unassessed),
    )
    episodes = Subject(
        ANALYSIS,
        "treated_episodes_without_follow_up",
        method=f"treated episodes without a graded ICANS assessment after the first course of "
        f"{protocol.intervention.short}",
        n=followed.size,
        patients=cohort.names(lost),
    )
    return [patients.row("n", int(np.count_nonzero(unassessed))), episodes.row("n", lost.size)]
