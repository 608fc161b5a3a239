"""Who was at risk when, and what happened: the counts behind every estimator of time to event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from icans.errors import StudyError
from icans.stats.arrays import Counts, Floats, codes, floats, times

TIED = float(np.sqrt(np.finfo(np.float64).eps))
"""Times closer than this, in absolute terms or relative to their mean, are one time, as in R's survival: hours turned
into days must not break a tie."""


@dataclass(frozen=True)
class RiskSets:
    """Counts at each distinct observed time; every array has one entry per time.

    Parameters
    ----------
    time
        Distinct observed times, ascending.
    at_risk
        Patients observed until that time or longer; who is censored at a time is at risk at it.
    events
        Events of interest.
    competing
        Events of any other cause.
    censored
        Patients whose observation ended without an event.
    n
        Patients in all.
    """

    time: Floats
    at_risk: Counts
    events: Counts
    competing: Counts
    censored: Counts
    n: int


def risk_sets(time: ArrayLike, event: ArrayLike, *, cause: int = 1) -> RiskSets:
    """Count who was at risk and what happened at each distinct time.

    Parameters
    ----------
    time
        From time zero to the event or the end of observation, one per patient, any unit.
    event
        0 censored, 1 event, 2 and above competing events; one per patient.
    cause
        The event of interest.

    Returns
    -------
    RiskSets
        The same whatever the order of the patients; empty arrays where there is no patient.

    Raises
    ------
    StudyError
        A time is missing or negative, or a code cannot be meant.
    """
    observed = times(time)
    what = codes(event, "event", observed.size)
    order = np.argsort(observed)
    observed, what = observed[order], what[order]
    starts = _starts(observed)

    def count(which: np.ndarray) -> Counts:
        return np.add.reduceat(which.astype(np.int64), starts) if starts.size else np.zeros(0, dtype=np.int64)

    return RiskSets(
        time=observed[starts],
        at_risk=observed.size - starts.astype(np.int64),
        events=count(what == cause),
        competing=count((what != cause) & (what != 0)),
        censored=count(what == 0),
        n=observed.size,
    )


@dataclass(frozen=True)
class GroupedRiskSets:
    """Counts by group at each distinct time anyone's observation ended; the arrays of counts are groups by times.

    Parameters
    ----------
    time
        Distinct times, ascending.
    groups
        Codes of the groups that anyone is in, ascending: the rows of the arrays of counts.
    at_risk
        Patients under observation just before that time.
    events, competing
        Events of interest, and events of any other cause.
    ended
        Rows that ended at that time, with an event or without.
    n
        Rows of input in each group.
    """

    time: Floats
    groups: Counts
    at_risk: Counts
    events: Counts
    competing: Counts
    ended: Counts
    n: Counts

    @property
    def total_at_risk(self) -> Counts:
        """Patients at risk in all groups together."""
        total: Counts = self.at_risk.sum(axis=0)
        return total


def grouped_risk_sets(
    time: ArrayLike, event: ArrayLike, group: ArrayLike, *, start: ArrayLike | None = None, cause: int = 1
) -> GroupedRiskSets:
    """Count by group who was at risk and what happened at each distinct time.

    Parameters
    ----------
    time, event, cause
        As in `risk_sets`.
    group
        Code of the group, a whole number.
    start
        When observation began in that group, where a patient has a row for each stretch of time: under observation
        after it, until and including `time`. A start of 0 is time zero itself, and includes it.

    Raises
    ------
    StudyError
        A time is missing or negative, a row ends before it starts, or a code cannot be meant.
    """
    stop = times(time)
    what = codes(event, "event", stop.size)
    names, row = np.unique(group_codes(group, stop.size), return_inverse=True)
    distinct, last, first = spans(stop, start)
    shape = (names.size, distinct.size)

    def count(which: np.ndarray, place: Counts) -> Counts:
        cells = row[which] * distinct.size + place[which]
        return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(np.int64)

    ended = count(np.ones(stop.size, dtype=np.bool_), last)
    at_risk = np.cumsum(ended[:, ::-1], axis=1)[:, ::-1]
    if start is not None:
        # who starts at a time is at risk after it; who starts at time zero is from the first time on
        late = count(first >= 0, first)
        at_risk = at_risk - np.cumsum(late[:, ::-1], axis=1)[:, ::-1]
    kept = ended.any(axis=0)
    return GroupedRiskSets(
        time=distinct[kept],
        groups=names,
        at_risk=at_risk[:, kept],
        events=count(what == cause, last)[:, kept],
        competing=count((what != cause) & (what != 0), last)[:, kept],
        ended=ended[:, kept],
        n=np.bincount(row, minlength=names.size).astype(np.int64),
    )


def group_codes(group: ArrayLike, size: int) -> Counts:
    """Give the codes of groups as a one-dimensional array.

    Raises
    ------
    StudyError
        A code is missing or no whole number, or there are not as many codes as times.
    """
    array = floats(group, "group")
    if array.size != size:
        raise StudyError(f"group: {array.size} values were given for {size} times.")
    if (np.isnan(array) | (array != np.floor(array))).any():
        raise StudyError("group: a code is missing or no whole number.", "Leave out patients whose group is unknown.")
    return array.astype(np.int64)


def spans(stop: Floats, start: ArrayLike | None) -> tuple[Floats, Counts, Counts]:
    """Give the distinct times, and the places among them of the end and of the start of each stretch of time.

    A stretch that starts at time zero includes it: its start has place -1, as have all where none is given.

    Raises
    ------
    StudyError
        A start is missing or negative, or a stretch of time has no length.
    """
    if start is None:
        distinct, (last,) = on_one_timeline(stop)
        return distinct, last, np.full(stop.size, -1, dtype=np.int64)
    begin = times(start, "start")
    if begin.size != stop.size:
        raise StudyError(f"start: {begin.size} values were given for {stop.size} times.")
    distinct, (last, first) = on_one_timeline(stop, np.where(begin == 0, -1.0, begin))
    empty = np.flatnonzero(first >= last)
    if empty.size:
        row = int(empty[0])
        raise StudyError(
            f"start: {empty.size} rows do not end after they start, the first is row {row + 1} "
            f"({begin[row]:g} to {stop[row]:g}).",
            "Leave out stretches of time without length.",
        )
    return distinct, last, first


def on_one_timeline(*moments: Floats) -> tuple[Floats, list[Counts]]:
    """Give the distinct times of several arrays, and the place of each time among them; a negative time has place -1.

    Times closer than `TIED` are one time.
    """
    values = np.concatenate(moments)
    order = np.argsort(values)
    ascending = values[order]
    known = ascending[np.searchsorted(ascending, 0.0) :]
    starts = _starts(known)
    steps = np.zeros(known.size, dtype=np.int64)
    steps[starts] = 1
    place = np.full(values.size, -1, dtype=np.int64)
    place[order[values.size - known.size :]] = np.cumsum(steps) - 1
    ends = np.cumsum([moment.size for moment in moments])[:-1]
    return known[starts], [part.astype(np.int64) for part in np.split(place, ends)]


class Curve(Protocol):
    """A curve that knows how many were at risk at each of its times."""

    @property
    def time(self) -> Floats:
        """Distinct observed times, ascending."""

    @property
    def at_risk(self) -> Counts:
        """Patients observed until that time or longer."""


def number_at_risk(curve: Curve, at: ArrayLike) -> Counts:
    """Count the patients at risk at given times: those observed until then or longer.

    Parameters
    ----------
    curve
        Risk sets, a survival curve or an incidence curve.
    at
        Times in the curve's unit.
    """
    later = np.searchsorted(curve.time, times(at, "at"), side="left")
    return np.append(curve.at_risk, 0)[later].astype(np.int64)


def _starts(observed: Floats) -> np.ndarray:
    """Find where each distinct time begins in the sorted times, times closer than `TIED` being one."""
    if observed.size == 0:
        return np.zeros(0, dtype=np.int64)
    starts = np.flatnonzero(np.diff(observed, prepend=-np.inf) > 0)
    distinct = observed[starts]
    apart = np.diff(distinct) > TIED * max(1.0, float(distinct.mean()))
    return starts[np.concatenate(([True], apart))]
