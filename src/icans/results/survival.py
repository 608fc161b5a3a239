"""Overall and progression-free survival, and how long patients were followed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from icans.protocol import Protocol
from icans.results.cohort import Mask
from icans.results.columns import Columns
from icans.results.curves import ENDPOINTS, at_risk, still_at_risk, survival_curve, ticks
from icans.results.display import time_point
from icans.results.gathered import Gathered
from icans.results.rows import Result, Subject
from icans.results.summaries import estimated, median_time
from icans.stats.time_to_event import SurvivalCurve, median_follow_up, median_survival, survival_at
from icans.units import DAYS_PER_MONTH

ANALYSIS = "survival"
ORIGINS = {"infusion": "infusion", "onset": "onset of ICANS", "first_course": "the first course"}


def survival(study: Gathered, protocol: Protocol) -> list[Result]:
    """Give the survival of everyone the protocol follows, and of the evaluable patients.

    Parameters
    ----------
    study
        The study as arrays.
    protocol
        Its definitions.

    Returns
    -------
    list of Result
        Variables ``os`` and ``pfs``: n, events, missing, median with ``ci_low`` and ``ci_high`` in months of 30.4375
        days; at each landmark (level such as ``6 months``) ``survival`` with ``ci_low`` and ``ci_high`` in percent;
        numbers ``at_risk`` at the landmarks and at regular times. Variable ``follow_up``: n and median with
        ``ci_low`` and ``ci_high``, by reverse Kaplan-Meier on overall survival.
    """
    rows: list[Result] = []
    for endpoint in ENDPOINTS:
        for group, who in study.cohort.groups():
            rows += _endpoint(study, protocol, endpoint, (group, who))
    for group, who in study.cohort.groups():
        rows += _follow_up(study, protocol, (group, who))
    return rows


def _endpoint(study: Gathered, protocol: Protocol, endpoint: str, group: tuple[str | None, Mask]) -> list[Result]:
    observed, curve = survival_curve(study, protocol, endpoint, group[1])
    subject = _subject(study, protocol, observed, endpoint, group[0])
    with_event = replace(subject, patients=study.cohort.names(observed["patient"][observed["event"] == 1]))
    landmarks = protocol.survival.landmarks_months
    result = [
        subject.row("n", curve.n, unit=""),
        with_event.row("events", curve.total, unit=""),
        _missing(study, subject, observed, group[1]),
        *median_time(subject, median_survival(curve)),
    ]
    for months, estimate in zip(landmarks, survival_at(curve, landmarks), strict=True):
        here = replace(subject, level=time_point(months, "months"), unit="%")
        result += estimated(here, estimate, ("survival", "ci_low", "ci_high"), 100)
    at_risk_rows = (_at_risk(study, subject, observed, curve, months) for months in sorted({*landmarks, *ticks(curve)}))
    return [*result, *at_risk_rows]


def _at_risk(study: Gathered, subject: Subject, observed: Columns, curve: SurvivalCurve, months: float) -> Result:
    still = study.cohort.names(still_at_risk(observed, months * DAYS_PER_MONTH))
    here = replace(subject, level=time_point(months, "months"), patients=still)
    return here.row("at_risk", at_risk(curve, months), unit="", method="patients at risk just before")


def _missing(study: Gathered, subject: Subject, observed: Columns, who: Mask) -> Result:
    without = who & ~study.cohort.mask(observed["patient"])
    about = subject.about(study.cohort.names(without), int(np.count_nonzero(who)))
    method = f"{subject.method}; patients without such a time: nothing to count from, or nobody saw them after it"
    return about.row("missing", int(np.count_nonzero(without)), unit="", method=method)


def _follow_up(study: Gathered, protocol: Protocol, group: tuple[str | None, Mask]) -> list[Result]:
    observed, curve = survival_curve(study, protocol, "os", group[1])
    subject = _subject(study, protocol, observed, "follow_up", group[0])
    months = observed["time_days"] / DAYS_PER_MONTH
    estimate = median_follow_up(months, observed["event"] == 1, transform=protocol.survival.interval)
    return [subject.row("n", curve.n, unit=""), *median_time(subject, estimate)]


def _subject(study: Gathered, protocol: Protocol, observed: Columns, variable: str, group: str | None) -> Subject:
    return Subject(
        ANALYSIS,
        variable,
        group,
        unit="months",
        method=f"months of {DAYS_PER_MONTH} days from {ORIGINS[protocol.survival.origin]}",
        n=observed["time_days"].size,
        patients=study.cohort.names(observed["patient"]),
    )
