"""Intervals for one proportion."""

from __future__ import annotations

import math

from scipy.special import betaincinv

from icans.errors import StudyError
from icans.stats.estimate import Estimate, checked_level, no_estimate, normal_quantile, percent


def clopper_pearson(events: int, n: int, *, level: float = 0.95) -> Estimate:
    """Give a proportion with its exact interval.

    Every proportion that a one-sided exact binomial test at (1 - level) / 2 on either side would not reject. Covers at
    least `level` whatever the true proportion, and is therefore wide when n is small.

    Parameters
    ----------
    events
        Patients with the event.
    n
        Patients in all.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Value and limits between 0 and 1; None with a reason where n is 0.

    Raises
    ------
    StudyError
        The counts cannot be meant.

    Notes
    -----
    Clopper and Pearson 1934, doi:10.1093/biomet/26.4.404.

    Examples
    --------
    >>> estimate = clopper_pearson(12, 13)
    >>> round(100 * estimate.low, 1), round(100 * estimate.high, 1)
    (64.0, 99.8)
    """
    tail = (1 - checked_level(level)) / 2
    method = f"proportion with Clopper-Pearson exact {percent(level)} interval"
    _refuse_impossible(events, n)
    if n == 0:
        return no_estimate("there is no patient", method=method, n=0, level=level)
    low = float(betaincinv(events, n - events + 1, tail)) if events > 0 else 0.0
    high = float(betaincinv(events + 1, n - events, 1 - tail)) if events < n else 1.0
    return Estimate(events / n, low, high, method, n, level)


def wilson(events: int, n: int, *, level: float = 0.95) -> Estimate:
    """Give a proportion with its Wilson interval.

    Every proportion that the score test would not reject, without continuity correction. Covers `level` on average over
    the true proportion, a little less for some.

    Parameters
    ----------
    events
        Patients with the event.
    n
        Patients in all.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Value and limits between 0 and 1; None with a reason where n is 0.

    Raises
    ------
    StudyError
        The counts cannot be meant.

    Notes
    -----
    Wilson 1927, doi:10.1080/01621459.1927.10502953.
    """
    z = normal_quantile(level)
    method = f"proportion with Wilson score {percent(level)} interval"
    _refuse_impossible(events, n)
    if n == 0:
        return no_estimate("there is no patient", method=method, n=0, level=level)
    middle = (events + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * math.sqrt(events * (n - events) / n + z**2 / 4)
    low = middle - half if events > 0 else 0.0
    high = middle + half if events < n else 1.0
    return Estimate(events / n, low, high, method, n, level)


def _refuse_impossible(events: int, n: int) -> None:
    if not 0 <= events <= n:
        raise StudyError(f"{events} of {n} patients cannot have the event.", "Count each patient once.")
