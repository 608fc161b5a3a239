"""Groups that patients enter in the course of time: curves after Simon and Makuch, and the test of Mantel and Byar."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from icans.errors import StudyError
from icans.stats.arrays import Counts, Floats, times
from icans.stats.estimate import Estimate, no_estimate, percent
from icans.stats.log_rank import LogRank, log_rank
from icans.stats.risk_sets import grouped_risk_sets
from icans.stats.steps import Steps, Transform, pointwise_limits, read_off
from icans.stats.stretches import Stretches, since
from icans.stats.time_to_event import product_limit


@dataclass(frozen=True)
class SimonMakuchCurve:
    """A curve over those who are in a group at each time; every array has one entry per time.

    Parameters
    ----------
    group
        Code of the group.
    time
        Times, ascending, at which anyone of the group entered it, left it or had the event.
    at_risk
        In the group and under observation just before that time.
    entered
        Came into the group since the time before, or were in it at the origin, and are at risk at this one.
    events, left
        Had the event at that time; left the group or observation at it.
    survival
        Probability of being free of the event after that time for one who is free of it at the origin and stays in the
        group.
    variance
        Greenwood's variance of it; NaN from where survival is 0.
    low, high
        Pointwise limits; NaN where survival is 0 or 1.
    n, total
        Patients ever at risk in the group, and events in all.
    origin
        Time from which the curve counts.
    first
        When the first patient entered the group; None where nobody did.
    level, transform
        Confidence level of the limits, and the scale on which they are symmetric.
    """

    group: int
    time: Floats
    at_risk: Counts
    entered: Counts
    events: Counts
    left: Counts
    survival: Floats
    variance: Floats
    low: Floats
    high: Floats
    n: int
    total: int
    origin: float
    first: float | None
    level: float
    transform: Transform

    @property
    def method(self) -> str:
        """Estimate and interval in words a journal prints."""
        return (
            f"Simon-Makuch curve from {self.origin:g} on with pointwise {percent(self.level)} interval"
            f" ({self.transform}, Greenwood variance)"
        )

    @property
    def ended(self) -> float | None:
        """When everyone then in the group had the event though others entered later: the curve says nothing of them."""
        zero = np.flatnonzero(self.survival == 0)
        return float(self.time[zero[0]]) if zero.size and zero[0] + 1 < self.time.size else None


def simon_makuch(
    rows: Stretches, *, origin: float = 0.0, transform: Transform = "log-log", level: float = 0.95
) -> tuple[SimonMakuchCurve, SimonMakuchCurve]:
    """Estimate survival in the group before and the group after a change that patients make in the course of time.

    Kaplan and Meier's product over those who are in the group at each time: a patient counts in the first group until
    the change and in the second from it on. Where few are at risk early, an early event lets the curve fall far, or to
    0; a later `origin` avoids it.

    Parameters
    ----------
    rows
        Patients' time by group.
    origin
        Count only from this time on, among those free of the event then.
    transform, level
        As in `icans.stats.time_to_event.kaplan_meier`.

    Returns
    -------
    tuple of SimonMakuchCurve
        The curve before the change and the one after it; arrays without entries where nobody is in a group. They are
        no forecast for a patient who may still change group.

    Raises
    ------
    StudyError
        The origin is before time zero, or the transform is not known.

    Notes
    -----
    Simon and Makuch 1984, doi:10.1002/sim.4780030106; Snapinn, Jiang and Iglewicz 2005, doi:10.1198/000313005X70371.
    As R's survfit(Surv(start, stop, event) ~ group).

    Examples
    --------
    >>> from icans.stats.stretches import stretches
    >>> before, after = simon_makuch(stretches([4, 6, 7, 8], [1, 1, 1, 0], [float("nan"), 1, 5, 2]))
    >>> before.at_risk.tolist(), after.at_risk.tolist()
    ([4, 3, 2, 1], [3, 2, 1])
    """
    if not origin >= 0:
        raise StudyError(f"Curves from {origin:g} on were asked for; the origin is not before time zero.")
    kept = since(rows, origin)
    before, after = (_curve(kept, group, origin, transform, level) for group in (0, 1))
    return before, after


def simon_makuch_at(curve: SimonMakuchCurve, at: ArrayLike) -> list[Estimate]:
    """Give the curve at given times with pointwise intervals.

    Returns
    -------
    list of Estimate
        One per time. No value before anyone entered the group, beyond the longest observation, or once everyone in the
        group had the event though others entered later.
    """
    closed = bool(curve.time.size) and float(curve.survival[-1]) == 0
    steps = Steps(curve.time, curve.survival, curve.low, curve.high, start=1.0, closed=closed)
    found = read_off(steps, at, method=curve.method, n=curve.n, level=curve.level)
    reasons = [_unknown(curve, moment) for moment in times(at, "at").tolist()]
    return [
        one if reason is None else no_estimate(reason, method=curve.method, n=curve.n, level=curve.level)
        for one, reason in zip(found, reasons, strict=True)
    ]


def mantel_byar(rows: Stretches) -> LogRank:
    """Test whether the hazard differs between the group before and the group after the change.

    The log-rank test in which every event is compared with those in either group at its time, wherever they were
    before (Mantel and Byar 1974, doi:10.1080/01621459.1974.10480133).

    Parameters
    ----------
    rows
        Patients' time by group.

    Returns
    -------
    LogRank
        Group 0 before the change and group 1 after it; its `n` are rows, that of its test patients.

    Examples
    --------
    >>> from icans.stats.stretches import stretches
    >>> result = mantel_byar(stretches([4, 6, 7, 8], [1, 1, 1, 0], [float("nan"), 1, 5, 2]))
    >>> result.observed.tolist(), result.test.n
    ([1, 2], 4)
    """
    result = log_rank(rows.stop, rows.event, rows.changed, start=rows.start)
    patients = int(np.unique(rows.patient).size)
    return replace(result, test=replace(result.test, n=patients))


def _curve(rows: Stretches, group: int, origin: float, transform: Transform, level: float) -> SimonMakuchCurve:
    """Give the curve of one group."""
    inside = rows.changed == group
    codes = np.zeros(int(inside.sum()), dtype=np.int64)
    sets = grouped_risk_sets(rows.stop[inside], rows.event[inside] > 0, codes, start=rows.start[inside])
    at_risk, events, ended = (counts.sum(axis=0) for counts in (sets.at_risk, sets.events, sets.ended))
    survival, variance = product_limit(at_risk, events)
    low, high = pointwise_limits(survival, variance, transform, level)
    return SimonMakuchCurve(
        group=group,
        time=sets.time,
        at_risk=at_risk,
        entered=np.diff(at_risk, prepend=0) + np.concatenate(([0], ended[:-1])) if at_risk.size else at_risk,
        events=events,
        left=ended - events,
        survival=survival,
        variance=variance,
        low=low,
        high=high,
        n=int(np.unique(rows.patient[inside]).size),
        total=int(events.sum()),
        origin=origin,
        first=float(rows.start[inside].min()) if inside.any() else None,
        level=level,
        transform=transform,
    )


def _unknown(curve: SimonMakuchCurve, moment: float) -> str | None:
    """Say why a curve is not known at a time, or None."""
    if moment < curve.origin:
        return f"the curve counts from {curve.origin:g} on"
    if curve.first is not None and moment < curve.first:
        return "nobody was in the group yet"
    if curve.ended is not None and moment >= curve.ended:
        return f"everyone in the group had the event by {curve.ended:g}, before others entered it"
    return None
