"""Rows of results from what an estimator gives back: a summary, a rate, an estimate with its interval."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from icans.results.cohort import Cohort, Positions
from icans.results.display import NOT_REACHED
from icans.results.rows import Result, Subject
from icans.stats.description import QUARTILES, describe
from icans.stats.estimate import Estimate
from icans.stats.proportions import clopper_pearson, wilson

RECORDED = "of the recorded values"
METHODS = {
    "median": f"median {RECORDED}",
    "min": f"smallest {RECORDED}",
    "max": f"largest {RECORDED}",
    "q1": f"first quartile {RECORDED}, {QUARTILES}",
    "q3": f"third quartile {RECORDED}, {QUARTILES}",
    "mean": f"mean {RECORDED}",
    "sd": f"standard deviation {RECORDED}, divisor n - 1",
}


def described(subject: Subject, cohort: Cohort, who: Positions, values: NDArray[Any]) -> list[Result]:
    """Summarise a numeric variable: n, missing, median, min, max, q1, q3, mean, sd.

    Parameters
    ----------
    subject
        What the rows are about; its method says what a value is.
    cohort
        The patients.
    who
        Where each value's patient stands in `cohort`; a patient may come twice (two infusions).
    values
        One value each, NaN where missing.
    """
    recorded = ~np.isnan(values)
    summary = describe(values)
    known = subject.about(cohort.names(who[recorded]), summary.n)
    missing = subject.about(cohort.names(who[~recorded]), values.size)
    reason = summary.reason
    numbers = {
        "median": (summary.median, reason),
        "min": (summary.minimum, reason),
        "max": (summary.maximum, reason),
        "q1": (summary.q1, reason),
        "q3": (summary.q3, reason),
        "mean": (summary.mean, reason),
        "sd": (summary.sd, summary.sd_reason),
    }
    return [
        known.row("n", summary.n, unit="", method=_joined(subject, "values recorded")),
        missing.row("missing", summary.missing, unit="", method=_joined(subject, "values not recorded")),
        *(known.row(name, *number, method=_joined(subject, METHODS[name])) for name, number in numbers.items()),
    ]


def rate(subject: Subject, events: int, with_event: tuple[str, ...]) -> list[Result]:
    """Give a rate of the subject's n: n, events, percent with its exact interval, and Wilson's interval.

    Parameters
    ----------
    subject
        What the rows are about, with its n and patients.
    events
        How many of its n had the event.
    with_event
        Ids of the patients who had it.
    """
    exact, score = clopper_pearson(events, subject.n), wilson(events, subject.n)
    counts = replace(subject, unit="")
    share = replace(subject, unit="%")
    return [
        counts.row("n", subject.n),
        replace(counts, patients=with_event).row("events", events),
        *estimated(share, exact, ("percent", "ci_low", "ci_high"), 100),
        *estimated(share, score, ("percent", "wilson_low", "wilson_high"), 100)[1:],
    ]


def estimated(
    subject: Subject,
    estimate: Estimate,
    statistics: tuple[str, str, str] = ("median", "ci_low", "ci_high"),
    scale: float = 1.0,
) -> list[Result]:
    """Give an estimate and the limits of its interval, each with the reason where it could not be had."""
    parts = (
        (estimate.value, estimate.reason),
        (estimate.low, estimate.low_reason),
        (estimate.high, estimate.high_reason),
    )
    about = replace(subject, method=_joined(subject, estimate.method), n=estimate.n)
    return [
        about.row(statistic, None if value is None else value * scale, reason)
        for statistic, (value, reason) in zip(statistics, parts, strict=True)
    ]


def median_time(subject: Subject, estimate: Estimate, *, statistic: str = "median") -> list[Result]:
    """Give a median time with its interval; a median that the data are too few or too short to have is not reached."""
    reason = estimate.reason
    if reason is not None and estimate.n and not reason.startswith(NOT_REACHED):
        estimate = replace(estimate, reason=f"{NOT_REACHED}: {reason}")
    return estimated(subject, estimate, (statistic, "ci_low", "ci_high"))


def _joined(subject: Subject, method: str) -> str:
    return f"{subject.method}; {method}" if subject.method else method
