"""Intervals for one proportion."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from icans.errors import StudyError
from icans.stats.arrays import Floats
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
    checked_level(level)
    method = f"proportion with Clopper-Pearson exact {percent(level)} interval"
    refuse_impossible(events, n)
    if n == 0:
        return no_estimate("there is no patient", method=method, n=0, level=level)
    low, high = clopper_pearson_limits(events, n, level=level)
    return Estimate(events / n, float(low), float(high), method, n, level)


def clopper_pearson_limits(events: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Give the limits of many exact intervals at once; see `clopper_pearson`.

    Parameters
    ----------
    events
        Patients with the event, as one number or an array of any shape.
    n
        Patients in all, at least 1.
    level
        Confidence level.

    Returns
    -------
    tuple
        Lower and upper limits, between 0 and 1.
    """
    tail = (1 - checked_level(level)) / 2
    count = np.asarray(events, dtype=np.float64)
    others = np.asarray(n, dtype=np.float64) - count
    low = np.where(count > 0, betaincinv(np.maximum(count, 1), others + 1, tail), 0.0)
    high = np.where(others > 0, betaincinv(count + 1, np.maximum(others, 1), 1 - tail), 1.0)
    return low, high


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
    checked_level(level)
    method = f"proportion with Wilson score {percent(level)} interval"
    refuse_impossible(events, n)
    if n == 0:
        return no_estimate("there is no patient", method=method, n=0, level=level)
    low, high = wilson_limits(events, n, level=level)
    return Estimate(events / n, float(low), float(high), method, n, level)


def wilson_limits(events: ArrayLike, n: ArrayLike, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Give the limits of many Wilson intervals at once; see `wilson`.

    Parameters
    ----------
    events
        Patients with the event, as one number or an array of any shape.
    n
        Patients in all, at least 1.
    level
        Confidence level.

    Returns
    -------
    tuple
        Lower and upper limits, between 0 and 1.
    """
    z = normal_quantile(level)
    count, size = np.asarray(events, dtype=np.float64), np.asarray(n, dtype=np.float64)
    middle = (count + z**2 / 2) / (size + z**2)
    half = z / (size + z**2) * np.sqrt(count * (size - count) / size + z**2 / 4)
    low = np.where(count > 0, middle - half, 0.0)
    high = np.where(count < size, middle + half, 1.0)
    return low, high


def refuse_impossible(events: int, n: int) -> None:
    """Refuse more events than patients, or fewer than none."""
    if not 0 <= events <= n:
        raise StudyError(f"{events} of {n} patients cannot have the event.", "Count each patient once.")
