"""Remission: how many reached it, how many lost it again, and how long it took."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from icans.protocol import Protocol
from icans.results.cohort import Cohort
from icans.results.columns import Columns, kept
from icans.results.curves import at_risk, remission_curve, still_at_risk
from icans.results.display import time_point
from icans.results.gathered import Gathered
from icans.results.rows import Result, Subject
from icans.results.summaries import described, estimated, median_time, rate
from icans.stats.competing_risks import incidence_at, median_incidence
from icans.units import HOURS_PER_DAY


def remission(study: Gathered, protocol: Protocol) -> list[Result]:
    """Give the remission rate of the evaluable patients, of each indication, and recurrence among responders.

    Parameters
    ----------
    study
        The study as arrays.
    protocol
        Its definitions.

    Returns
    -------
    list of Result
        Analysis ``remission`` for all evaluable (group None) and by indication (group), analysis ``recurrence`` for
        responders: n, events, percent with the Clopper-Pearson interval (``ci_low``, ``ci_high``), ``wilson_low``,
        ``wilson_high``, and ``missing``, those to whom no finish line applies.
    """
    return rates(study.cohort, study.evaluated, protocol)


def rates(cohort: Cohort, rows: Columns, protocol: Protocol) -> list[Result]:
    """Give the rows of `remission` from the evaluable patients' endpoints, one row a patient."""
    method = f"evaluable patients who reached the finish line after the first course of {protocol.intervention.short}"
    result = _rate(cohort, rows, "remission", Subject("remission", "remission", method=method))
    for indication in protocol.population.indications:
        own = kept(rows, rows["indication"] == indication)
        subject = Subject("remission", "remission", indication, method=method)
        result += _rate(cohort, own, "remission", subject)
    responders = kept(rows, rows["remission"] == 1)
    recurrence = Subject("recurrence", "recurrence", method="responders whose grade rose above the finish line again")
    return result + _rate(cohort, responders, "recurrence", recurrence)


def days_of_responders(cohort: Cohort, rows: Columns) -> list[Result]:
    """Give the summary of days to remission among responders from the evaluable patients' endpoints."""
    own = kept(rows, rows["remission"] == 1)
    subject = Subject(
        "time_to_remission", "days_to_remission", unit="days", method="from first course to remission, responders"
    )
    return described(subject, cohort, own["patient"], own["hours_to_remission"] / HOURS_PER_DAY)


def time_to_remission(study: Gathered, protocol: Protocol) -> list[Result]:
    """Give the time from first course to remission, among responders and among all evaluable patients.

    Among responders alone the time looks shorter than it is: who did not respond is left out. Among all, those without
    remission are censored when last assessed and death competes.

    Parameters
    ----------
    study
        The study as arrays.
    protocol
        Its definitions.

    Returns
    -------
    list of Result
        Variable ``days_to_remission``: numeric summary among responders; ``median_all`` with ``ci_low``, ``ci_high``;
        at each landmark (level such as ``3 days``) ``incidence``, ``ci_low``, ``ci_high``, ``at_risk``.
    """
    result = days_of_responders(study.cohort, study.evaluated)
    followed, curve = remission_curve(study, protocol)
    all_treated = Subject(
        "time_to_remission",
        "days_to_remission",
        unit="days",
        method="from first course to remission, all evaluable patients, death competing",
        n=curve.n,
        patients=study.cohort.names(followed["patient"]),
    )
    result += median_time(all_treated, median_incidence(curve), statistic="median_all")
    landmarks = protocol.remission.landmarks_days
    for days, estimate in zip(landmarks, incidence_at(curve, landmarks), strict=True):
        here = replace(all_treated, level=time_point(days, "days"))
        result += estimated(replace(here, unit="%"), estimate, ("incidence", "ci_low", "ci_high"), 100)
        there = replace(here, patients=study.cohort.names(still_at_risk(followed, days)))
        result.append(there.row("at_risk", at_risk(curve, days), unit="", method="patients at risk just before"))
    return result


def _rate(cohort: Cohort, rows: Columns, column: str, subject: Subject) -> list[Result]:
    applies = ~np.isnan(rows[column])
    who = rows["patient"]
    missing = replace(subject, n=applies.size, patients=cohort.names(who[~applies]))
    known = replace(subject, n=int(np.count_nonzero(applies)), patients=cohort.names(who[applies]))
    had = rows[column] == 1
    return [
        *rate(known, int(np.count_nonzero(had)), cohort.names(who[had])),
        missing.row("missing", applies.size - known.n, method="no finish line applies, or nothing was assessed"),
    ]
