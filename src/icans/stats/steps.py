"""Step functions of time with pointwise limits: reading them off at a time, and finding where they cross a level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from icans.errors import StudyError, nearest
from icans.stats.arrays import Floats, times
from icans.stats.estimate import Estimate, no_estimate, normal_quantile, without_interval

Transform = Literal["log-log", "log", "plain"]
"""Scale on which a pointwise interval is symmetric: log(-log p), log p, or p itself."""

EXACTLY = float(np.sqrt(np.finfo(np.float64).eps))
"""A probability this close to a level is on it, as in R's survival: 0.5 by successive products seldom is 0.5."""

NO_WIDTH = "the estimate is 0 or 1, where the interval has no width"
"""Why a probability of 0 or 1 has no pointwise interval."""


@dataclass(frozen=True)
class Steps:
    """A step function of time with pointwise limits.

    Parameters
    ----------
    time, value, low, high
        Times, ascending, and what holds from each on; a limit is NaN where there is none.
    start
        Value before the first time.
    closed
        No patient remains after the last time, so the last value holds for ever.
    """

    time: Floats
    value: Floats
    low: Floats
    high: Floats
    start: float
    closed: bool


def pointwise_limits(
    probability: Floats, variance: Floats, transform: Transform, level: float
) -> tuple[Floats, Floats]:
    """Give the limits of the pointwise confidence interval of a probability at each time.

    Symmetric on the transformed scale, with the variance carried over by the delta method, and never outside 0 to 1.
    NaN where the probability is 0 or 1: there the interval would have no width.

    Raises
    ------
    StudyError
        The transform is not known.
    """
    if transform not in get_args(Transform):
        raise StudyError(f"There is no interval {transform}.", nearest(transform, get_args(Transform)))
    z = normal_quantile(level)
    estimable = (probability > 0) & (probability < 1)
    p = np.where(estimable, probability, np.nan)
    error = z * np.sqrt(np.where(estimable, variance, np.nan))
    if transform == "log-log":
        # log p is negative, so the larger power is the lower limit
        width = error / (p * -np.log(p))
        return p ** np.exp(width), p ** np.exp(-width)
    if transform == "log":
        return p * np.exp(-error / p), np.minimum(p * np.exp(error / p), 1.0)
    return np.maximum(p - error, 0.0), np.minimum(p + error, 1.0)


def first_reaching(time: Floats, values: Floats, target: float) -> float | None:
    """Find the first time at which a rising step function is at or above the target; None if it never is."""
    reached = np.flatnonzero(values >= target - EXACTLY)  # NaN compares false
    return float(time[reached[0]]) if reached.size else None


def first_falling(time: Floats, values: Floats, target: float) -> float | None:
    """Find where a falling step function crosses the target; None if it never does.

    The first time it is at or below the target. Where it lies on the target until it falls further, the midpoint of
    that stretch, as R's survfit prints and SAS PROC LIFETEST does; where it stays there to the end, the first time.
    """
    reached = np.flatnonzero(values <= target + EXACTLY)
    if reached.size == 0:
        return None
    first = reached[0]
    below = np.flatnonzero(values < target - EXACTLY)
    if values[first] >= target - EXACTLY and below.size:
        return float((time[first] + time[below[0]]) / 2)
    return float(time[first])


def read_off(steps: Steps, at: ArrayLike, *, method: str, n: int, level: float) -> list[Estimate]:
    """Read a step function and its limits off at given times, one estimate each."""
    last = float(steps.time[-1]) if steps.time.size else None
    estimates = []
    for moment in times(at, "at").tolist():
        index = int(np.searchsorted(steps.time, moment, side="right")) - 1
        if last is None:
            estimates.append(no_estimate("there is no patient", method=method, n=n, level=level))
        elif moment > last and not steps.closed:
            estimates.append(no_estimate("no patient was observed for so long", method=method, n=n, level=level))
        elif index < 0:
            estimates.append(without_interval(steps.start, NO_WIDTH, method=method, n=n, level=level))
        elif np.isnan(steps.low[index]):
            value = float(steps.value[index])
            estimates.append(without_interval(value, NO_WIDTH, method=method, n=n, level=level))
        else:
            value, low, high = (float(array[index]) for array in (steps.value, steps.low, steps.high))
            estimates.append(Estimate(value, low, high, method, n, level))
    return estimates


def median_estimate(
    crossings: tuple[float | None, float | None, float | None],
    *,
    never: str,
    method: str,
    n: int,
    events: int,
    level: float,
) -> Estimate:
    """Put where a curve and its two limits cross 0.5 into an estimate with reasons.

    Parameters
    ----------
    crossings
        Where the curve crosses 0.5, and the limits that bound the median from below and from above.
    never
        What a curve does that never crosses: "stays above 0.5".
    method, n, level
        As in `Estimate`.
    events
        Events of interest.
    """
    if n == 0:
        return no_estimate("there is no patient", method=method, n=n, level=level)
    if events == 0:
        return no_estimate("no event was observed", method=method, n=n, level=level)
    value, low, high = crossings
    limit = f"not reached: the limit of the curve, where it has one, {never}"
    return Estimate(
        value,
        low,
        high,
        method,
        n,
        level,
        reason=f"not reached: the curve {never}" if value is None else None,
        low_reason=limit if low is None else None,
        high_reason=limit if high is None else None,
    )
