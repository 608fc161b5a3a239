"""Missing yes-or-no outcomes: how they would have to have fallen to change the conclusion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from icans.errors import StudyError
from icans.stats.arrays import Counts, Floats
from icans.stats.estimate import Estimate, checked_level, percent
from icans.stats.proportions import clopper_pearson, clopper_pearson_limits
from icans.stats.two_proportions import Group, newcombe, newcombe_limits

EVERY_UP_TO = 200
"""Missing outcomes of a group up to which every number of events is tried; above, so many evenly spaced steps."""

Verdicts = NDArray[np.int8]
"""1 where the interval lies above no effect (or the stated rate), -1 where below, 0 where it holds it."""


@dataclass(frozen=True)
class TippingPoints:
    """The result for every way the missing outcomes can have fallen.

    Parameters
    ----------
    events
        How many of the group's missing patients are counted as events, ascending from none to all: one per row.
    reference_events
        Likewise in the reference, one per column; None where one group is held against a stated rate, and the arrays
        below have one dimension.
    value, low, high
        Risk difference, or rate, with its interval.
    verdict
        What each interval says.
    observed
        The result without the patients whose outcome is missing.
    observed_verdict
        What its interval says; None where there is none.
    points
        Tipping points: the numbers of events (of the group, and of the reference) where the interval says something
        else than without the missing patients, while one event more or fewer somewhere says the same.
    method
        What was computed, in words a journal prints.
    reason
        Why there is no tipping point.
    """

    events: Counts
    reference_events: Counts | None
    value: Floats
    low: Floats
    high: Floats
    verdict: Verdicts
    observed: Estimate
    observed_verdict: int | None
    points: tuple[tuple[int, ...], ...]
    method: str
    reason: str | None


def tipping_points(
    group: Group, missing: int, reference: Group, reference_missing: int, *, level: float = 0.95
) -> TippingPoints:
    """Find how missing outcomes of two groups would have to have fallen to change what the difference says.

    Every number of the group's missing patients is counted as having the event, with every such number in the
    reference, and the risk difference with Newcombe's interval computed anew. No assumption is made on why outcomes
    are missing; whether a tipping point is plausible is for the reader to judge.

    Parameters
    ----------
    group, reference
        Patients whose outcome is known.
    missing, reference_missing
        Patients whose outcome is not.
    level
        Confidence level.

    Returns
    -------
    TippingPoints
        Without points, with the reason, where nothing is missing, where without the missing patients there is no
        result, or where no way, or every way, changes what the interval says.

    Raises
    ------
    StudyError
        Fewer than no patient is missing, or a group has no patient at all.

    Notes
    -----
    Yan, Lee and Li 2009, doi:10.1080/10543400903242779; Liublinska and Rubin 2014, doi:10.1002/sim.6197.

    Examples
    --------
    >>> result = tipping_points(Group(11, 12), 1, Group(20, 40), 4)
    >>> result.points
    ((0, 4),)
    """
    events, reference_events = _steps(group, missing), _steps(reference, reference_missing)
    n, reference_n = group.n + missing, reference.n + reference_missing
    counted, reference_counted = group.events + events[:, None], reference.events + reference_events[None, :]
    low, high = newcombe_limits(counted, n, reference_counted, reference_n, level=level)
    observed = newcombe(group, reference, level=level)
    return _result(
        events, reference_events, (counted / n - reference_counted / reference_n, low, high), observed, null=0.0
    )


def tipping_points_against(group: Group, missing: int, rate: float, *, level: float = 0.95) -> TippingPoints:
    """Find how missing outcomes of one group would have to have fallen to change how it compares with a stated rate.

    Every number of the missing patients is counted as having the event, and the rate with its Clopper-Pearson interval
    computed anew.

    Parameters
    ----------
    group
        Patients whose outcome is known.
    missing
        Patients whose outcome is not.
    rate
        The stated rate, between 0 and 1.
    level
        Confidence level.

    Returns
    -------
    TippingPoints
        As of `tipping_points`, in one dimension.

    Raises
    ------
    StudyError
        Fewer than no patient is missing, the group has no patient at all, or the rate is not between 0 and 1.

    Examples
    --------
    >>> tipping_points_against(Group(10, 11), 2, 0.6).points
    ((2,),)
    """
    if not 0 <= rate <= 1:
        raise StudyError(f"A rate of {rate:g} was stated; it lies between 0 and 1.")
    events = _steps(group, missing)
    counted, n = group.events + events, group.n + missing
    limits = clopper_pearson_limits(counted, n, level=level)
    observed = clopper_pearson(group.events, group.n, level=level)
    return _result(events, None, (counted / n, *limits), observed, null=rate)


def _steps(group: Group, missing: int) -> Counts:
    if missing < 0:
        raise StudyError(f"{missing} missing outcomes were given; a count is not negative.")
    if group.n + missing == 0:
        raise StudyError("A group has no patient, so no missing outcome can tip it.", "Give both groups patients.")
    steps: Counts = np.unique(np.linspace(0, missing, min(missing, EVERY_UP_TO) + 1).round().astype(np.int64))
    return steps


def _result(
    events: Counts,
    reference_events: Counts | None,
    computed: tuple[Floats, Floats, Floats],
    observed: Estimate,
    *,
    null: float,
) -> TippingPoints:
    value, low, high = computed
    verdict = _verdicts(low, high, null)
    before = (
        None if observed.low is None or observed.high is None else int(_verdicts(observed.low, observed.high, null))
    )
    points, reason = _points(events, reference_events, verdict, before)
    return TippingPoints(
        events=events,
        reference_events=reference_events,
        value=value,
        low=low,
        high=high,
        verdict=verdict,
        observed=observed,
        observed_verdict=before,
        points=points,
        method=_method(events, reference_events, observed.level),
        reason=observed.reason or reason,
    )


def _verdicts(low: Floats | float, high: Floats | float, null: float) -> Verdicts:
    above, below = np.asarray(low) > null, np.asarray(high) < null
    return above.astype(np.int8) - below.astype(np.int8)


def _points(
    events: Counts, reference_events: Counts | None, verdict: Verdicts, before: int | None
) -> tuple[tuple[tuple[int, ...], ...], str | None]:
    """List the changed results next to an unchanged one, or say why there is none."""
    if verdict.size == 1:
        return (), "no outcome is missing"
    changed = verdict != before
    if before is None or not changed.any():
        return (), "however the missing outcomes fell, the interval says the same"
    if changed.all():
        return (), "however the missing outcomes fell, the interval says something else than without those patients"
    beside = np.zeros_like(changed)
    for axis in range(changed.ndim):
        kept = np.moveaxis(~changed, axis, 0)
        near = np.moveaxis(beside, axis, 0)
        near[1:] |= kept[:-1]
        near[:-1] |= kept[1:]
    counts = (events,) if reference_events is None else (events, reference_events)
    places = np.nonzero(changed & beside)
    columns = (count[place].tolist() for count, place in zip(counts, places, strict=True))
    return tuple(zip(*columns, strict=True)), None


def _method(events: Counts, reference_events: Counts | None, level: float) -> str:
    what = (
        "rate with Clopper-Pearson exact" if reference_events is None else "risk difference with Newcombe hybrid-score"
    )
    most = max(int(events[-1]), 0 if reference_events is None else int(reference_events[-1]))
    tried = "every number" if most <= EVERY_UP_TO else f"{EVERY_UP_TO + 1} evenly spaced numbers"
    return f"{what} {percent(checked_level(level))} interval for {tried} of missing outcomes counted as events"
