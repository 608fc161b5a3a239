"""Time to one event: survival, its median, and how long patients were followed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from icans.stats.arrays import Counts, Floats, codes, times
from icans.stats.estimate import Estimate, no_estimate, percent
from icans.stats.risk_sets import risk_sets
from icans.stats.steps import (
    Steps,
    Transform,
    first_falling,
    median_estimate,
    pointwise_limits,
    read_off,
)


@dataclass(frozen=True)
class SurvivalCurve:
    """A Kaplan-Meier curve; every array has one entry per distinct observed time, censoring times included.

    Parameters
    ----------
    time
        Distinct observed times, ascending; survival is 1 before the first event.
    at_risk, events, censored
        Patients observed until that time or longer, and what happened to them at it.
    survival
        Probability of being free of the event after that time.
    variance
        Greenwood's variance of it; NaN from where survival is 0.
    low, high
        Pointwise limits; NaN where survival is 0 or 1.
    n, total
        Patients, and events, in all.
    level, transform
        Confidence level of the limits, and the scale on which they are symmetric.
    """

    time: Floats
    at_risk: Counts
    events: Counts
    censored: Counts
    survival: Floats
    variance: Floats
    low: Floats
    high: Floats
    n: int
    total: int
    level: float
    transform: Transform

    @property
    def method(self) -> str:
        """Estimate and interval in words a journal prints."""
        return f"Kaplan-Meier with pointwise {percent(self.level)} interval ({self.transform}, Greenwood variance)"


def kaplan_meier(
    time: ArrayLike, event: ArrayLike, *, transform: Transform = "log-log", level: float = 0.95
) -> SurvivalCurve:
    """Estimate survival by Kaplan and Meier's product.

    At each time the survivors are multiplied by the share of those at risk who had no event; who is censored at a time
    is still at risk at it.

    Parameters
    ----------
    time
        From time zero to the event or the end of observation, one per patient, any unit.
    event
        0 censored, 1 or above an event; one per patient.
    transform
        Scale of the pointwise intervals. R's survfit defaults to log, SAS PROC LIFETEST to log-log.
    level
        Confidence level.

    Returns
    -------
    SurvivalCurve
        The same whatever the order of the patients; empty arrays where there is no patient.

    Raises
    ------
    StudyError
        A time is missing or negative, a code cannot be meant, or the transform is not known.

    Notes
    -----
    Kaplan and Meier 1958, doi:10.1080/01621459.1958.10501452; Greenwood 1926.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2, 2, 3], [1, 1, 0, 0])
    >>> curve.survival.tolist()
    [0.75, 0.5, 0.5]
    """
    observed = times(time)
    sets = risk_sets(observed, codes(event, "event", observed.size) > 0)
    survival, variance = product_limit(sets.at_risk, sets.events)
    low, high = pointwise_limits(survival, variance, transform, level)
    return SurvivalCurve(
        time=sets.time,
        at_risk=sets.at_risk,
        events=sets.events,
        censored=sets.censored,
        survival=survival,
        variance=variance,
        low=low,
        high=high,
        n=sets.n,
        total=int(sets.events.sum()),
        level=level,
        transform=transform,
    )


def product_limit(at_risk: Counts, events: Counts) -> tuple[Floats, Floats]:
    """Give Kaplan and Meier's product and Greenwood's variance of it, NaN from where the product is 0.

    Parameters
    ----------
    at_risk
        At risk at each time, at least 1.
    events
        Events at it.
    """
    n, d = at_risk.astype(np.float64), events.astype(np.float64)
    survivors = n - d
    survival = np.cumprod(survivors / n, dtype=np.float64)
    share = np.divide(d, n * survivors, out=np.full_like(d, np.nan), where=survivors > 0)
    return survival, survival**2 * np.cumsum(share)


def median_survival(curve: SurvivalCurve) -> Estimate:
    """Give the median time to the event with its interval.

    The first time survival is at or below 0.5, or the midpoint of the stretch where it lies exactly on 0.5 before it
    falls further. The limits are where the curve's pointwise limits cross 0.5 in the same way, after Brookmeyer and
    Crowley 1982, doi:10.2307/2530286.

    Returns
    -------
    Estimate
        In the unit of the curve's times; None with a reason where a curve never falls to 0.5.
    """
    found = [first_falling(curve.time, values, 0.5) for values in (curve.survival, curve.low, curve.high)]
    method = (
        f"Kaplan-Meier median (midpoint where flat at 0.5) with {percent(curve.level)} interval"
        f" where the pointwise limits ({curve.transform}, Greenwood variance) cross 0.5"
    )
    return median_estimate(
        (found[0], found[1], found[2]),
        never="stays above 0.5",
        method=method,
        n=curve.n,
        events=curve.total,
        level=curve.level,
    )


def survival_at(curve: SurvivalCurve, at: ArrayLike) -> list[Estimate]:
    """Give survival at given times with pointwise intervals.

    An event at the very time counts as having happened.

    Parameters
    ----------
    curve
        The curve.
    at
        Times in the curve's unit.

    Returns
    -------
    list of Estimate
        One per time, probabilities between 0 and 1; None with a reason beyond the longest observation, unless nobody
        was left by then.
    """
    closed = bool(curve.n) and float(curve.survival[-1]) == 0
    steps = Steps(curve.time, curve.survival, curve.low, curve.high, start=1.0, closed=closed)
    return read_off(steps, at, method=curve.method, n=curve.n, level=curve.level)


def median_follow_up(
    time: ArrayLike, event: ArrayLike, *, transform: Transform = "log-log", level: float = 0.95
) -> Estimate:
    """Give the median time patients were, or would have been, followed.

    The reverse Kaplan-Meier estimate: the end of observation is the event, and an event censors it. Schemper and
    Smith 1996, doi:10.1016/0197-2456(96)00075-X. At a tie a patient with the event is still at risk of the end of
    observation, as when R's survfit is given the reversed status.

    Parameters
    ----------
    time, event, transform, level
        As in `kaplan_meier`.

    Returns
    -------
    Estimate
        In the unit of the times; None with a reason where nobody's observation ended without an event.
    """
    observed = times(time)
    followed = codes(event, "event", observed.size) == 0
    estimate = median_survival(kaplan_meier(observed, followed, transform=transform, level=level))
    method = f"reverse {estimate.method}"
    if observed.size and not followed.any():
        return no_estimate(
            "every patient had the event: nobody's observation ended first", method=method, n=observed.size, level=level
        )
    return replace(estimate, method=method)
