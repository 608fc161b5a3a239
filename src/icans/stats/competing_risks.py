"""Time to an event that other events can prevent: cumulative incidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from icans.errors import StudyError, nearest
from icans.stats.arrays import Counts, Floats
from icans.stats.estimate import Estimate, percent
from icans.stats.risk_sets import RiskSets, risk_sets
from icans.stats.steps import (
    Steps,
    Transform,
    first_reaching,
    median_estimate,
    pointwise_limits,
    read_off,
)

Variance = Literal["greenwood", "aalen"]
"""Variance of a cumulative incidence: the Greenwood-type one of R's survival and prodlim, or Aalen's of cmprsk."""

VARIANCES: dict[Variance, str] = {"greenwood": "Greenwood-type variance", "aalen": "Aalen's variance"}
"""The variances in words a journal prints."""

ROUNDING = 1e-12
"""An incidence this close to 1 is 1 but for the rounding of its running sum."""


@dataclass(frozen=True)
class IncidenceCurve:
    """Cumulative incidence of one event; every array has one entry per distinct observed time.

    Parameters
    ----------
    time
        Distinct observed times, ascending, censoring times included.
    at_risk, events, competing, censored
        Patients observed until that time or longer, and what happened to them at it.
    incidence
        Probability of having had the event by that time.
    event_free
        Probability of having had no event of any cause.
    variance
        Variance of the incidence, of the kind that `variance_kind` names.
    low, high
        Pointwise limits of the incidence; NaN where it is 0 or 1.
    n, total
        Patients, and events of interest, in all.
    level, transform
        Confidence level of the limits, and the scale on which they are symmetric.
    variance_kind
        `greenwood` or `aalen`.
    """

    time: Floats
    at_risk: Counts
    events: Counts
    competing: Counts
    censored: Counts
    incidence: Floats
    event_free: Floats
    variance: Floats
    low: Floats
    high: Floats
    n: int
    total: int
    level: float
    transform: Transform
    variance_kind: Variance = "greenwood"

    @property
    def method(self) -> str:
        """Estimate and interval in words a journal prints."""
        return (
            f"Aalen-Johansen cumulative incidence with pointwise {percent(self.level)} interval"
            f" ({self.transform}, {VARIANCES[self.variance_kind]})"
        )


def aalen_johansen(
    time: ArrayLike,
    event: ArrayLike,
    *,
    cause: int = 1,
    transform: Transform = "log-log",
    level: float = 0.95,
    variance: Variance = "greenwood",
) -> IncidenceCurve:
    """Estimate the cumulative incidence of an event where other events compete with it.

    At each time the share of those at risk who had the event is weighted with the probability of having come so far
    without any event. A patient with a competing event can no longer have the event; one who is censored could.

    Parameters
    ----------
    time
        From time zero to the first event or the end of observation, one per patient, any unit.
    event
        0 censored, 1 event, 2 and above competing events; one per patient.
    cause
        The event of interest.
    transform
        Scale of the pointwise intervals: log(-log F), log F or F, F being the incidence.
    level
        Confidence level.
    variance
        `greenwood` or `aalen`.

    Returns
    -------
    IncidenceCurve
        The same whatever the order of the patients and the ties; empty arrays where there is no patient.

    Raises
    ------
    StudyError
        A time is missing or negative, a code cannot be meant, or the transform or variance is not known.

    Notes
    -----
    Aalen and Johansen 1978. The Greenwood-type variance is the one that Allignol, Schumacher and Beyersmann 2010,
    doi:10.1002/bimj.200900039, recommend for small samples; without competing events it is Greenwood's. R's survival
    and prodlim give it. Aalen's (1978, doi:10.1214/aos/1176344247) comes from the counting process, and is that of
    R's cmprsk::cuminc and of Gray's test; the two agree in large samples.

    Examples
    --------
    >>> curve = aalen_johansen([1, 2, 3, 4], [1, 2, 1, 0])
    >>> curve.incidence.tolist()
    [0.25, 0.25, 0.5, 0.5]
    """
    if variance not in get_args(Variance):
        raise StudyError(f"There is no variance {variance}.", nearest(variance, get_args(Variance)))
    sets = risk_sets(time, event, cause=cause)
    at_risk = sets.at_risk.astype(np.float64)
    event_free = np.cumprod((at_risk - sets.events - sets.competing) / at_risk, dtype=np.float64)
    before = np.concatenate(([1.0], event_free))[:-1]
    summed = np.cumsum(before * sets.events / at_risk)
    incidence = np.where(summed > 1 - ROUNDING, 1.0, summed)
    if variance == "greenwood":
        squared_error = _greenwood_variance(sets, before, incidence)
    else:
        squared_error = _aalen_variance(sets, before, event_free, incidence)
    low, high = pointwise_limits(incidence, squared_error, transform, level)
    return IncidenceCurve(
        time=sets.time,
        at_risk=sets.at_risk,
        events=sets.events,
        competing=sets.competing,
        censored=sets.censored,
        incidence=incidence,
        event_free=event_free,
        variance=squared_error,
        low=low,
        high=high,
        n=sets.n,
        total=int(sets.events.sum()),
        level=level,
        transform=transform,
        variance_kind=variance,
    )


def _greenwood_variance(sets: RiskSets, before: Floats, incidence: Floats) -> Floats:
    """Give the Greenwood-type variance of the incidence F at each time t.

    Sum over the times u up to t of
    (F(t) - F(u))² d / (n (n - d)) + S(u-)² e (n - e) / n³ - 2 (F(t) - F(u)) S(u-) e / n²,
    with n at risk, d events of any cause, e of interest and S the probability of no event. The squares are multiplied
    out, so that running sums do; counted from the last F, every product stays small and none cancels.
    """
    n = sets.at_risk.astype(np.float64)
    e = sets.events.astype(np.float64)
    d = e + sets.competing
    # nobody left: F does not change any more and the first term is 0
    first = np.divide(d, n * (n - d), out=np.zeros_like(d), where=n > d)
    third = before * e / n**2
    rest = (incidence[-1] if incidence.size else 0.0) - incidence
    squares = np.cumsum(first * rest**2) - 2 * rest * np.cumsum(first * rest) + rest**2 * np.cumsum(first)
    products = np.cumsum(third * rest) - rest * np.cumsum(third)
    variance: Floats = squares + np.cumsum(before**2 * e * (n - e) / n**3) - 2 * products
    return np.where((incidence > 0) & (incidence < 1), variance, 0.0)


def _aalen_variance(sets: RiskSets, before: Floats, event_free: Floats, incidence: Floats) -> Floats:
    """Give Aalen's variance of the incidence F at each time t.

    Sum over the times u up to t of S(u-)² / n² times (1 - r)² e (n - e) / (n - 1) + r² c (n - c) / (n - 1), with
    r = (F(t) - F(u)) / S(u), n at risk, e events of interest, c competing ones and S the probability of no event; the
    factors (n - e) / (n - 1) and (n - c) / (n - 1) are for ties. Multiplied out as in `_greenwood_variance`.
    """
    n = sets.at_risk.astype(np.float64)
    one, other = (
        np.divide(d * (n - d), n - 1, out=d.copy(), where=n > 1) * (before / n) ** 2
        for d in (sets.events.astype(np.float64), sets.competing.astype(np.float64))
    )
    inverse = np.divide(1.0, event_free, out=np.zeros_like(n), where=event_free > 0)
    rest = (incidence[-1] if incidence.size else 0.0) - incidence
    own = 1 - inverse * rest
    squares = (
        np.cumsum(one * own**2) + 2 * rest * np.cumsum(one * own * inverse) + rest**2 * np.cumsum(one * inverse**2)
    )
    weight = other * inverse**2
    competing = np.cumsum(weight * rest**2) - 2 * rest * np.cumsum(weight * rest) + rest**2 * np.cumsum(weight)
    variance: Floats = np.maximum(squares + competing, 0.0)
    return np.where(incidence > 0, variance, 0.0)


def median_incidence(curve: IncidenceCurve) -> Estimate:
    """Give the time by which half of all patients have had the event, with its interval.

    The first time the cumulative incidence is at or above 0.5; the limits are the first times at which its upper and
    its lower pointwise limit are. Patients with a competing event count among the half who have not.

    Returns
    -------
    Estimate
        In the unit of the curve's times; None with a reason where a curve never rises to 0.5.
    """
    method = (
        f"first time the Aalen-Johansen cumulative incidence reaches 0.5 with {percent(curve.level)} interval"
        f" where the pointwise limits ({curve.transform}, {VARIANCES[curve.variance_kind]}) do"
    )
    found = [first_reaching(curve.time, values, 0.5) for values in (curve.incidence, curve.high, curve.low)]
    return median_estimate(
        (found[0], found[1], found[2]),
        never="stays below 0.5",
        method=method,
        n=curve.n,
        events=curve.total,
        level=curve.level,
    )


def incidence_at(curve: IncidenceCurve, at: ArrayLike) -> list[Estimate]:
    """Give the cumulative incidence at given times with pointwise intervals.

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
    closed = bool(curve.n) and int(curve.censored[-1]) == 0
    steps = Steps(curve.time, curve.incidence, curve.low, curve.high, start=0.0, closed=closed)
    return read_off(steps, at, method=curve.method, n=curve.n, level=curve.level)
