"""Groups that patients enter in the course of time: each patient's time cut where the group changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from icans.errors import StudyError
from icans.stats.arrays import Counts, Floats, codes, floats, times
from icans.stats.risk_sets import TIED, on_one_timeline


@dataclass(frozen=True)
class Stretches:
    """Patients' time cut where they change group: one row for each stretch; every array has one entry per row.

    Parameters
    ----------
    patient
        Number of the patient, from 0 in the order of the input.
    start, stop
        When the stretch begins and ends: at risk after the one, until and including the other; a start of 0 is time
        zero itself.
    event
        What happened at its end; 0 where the patient changed group or observation ended.
    changed
        1 after the change of group, 0 before it.
    """

    patient: Counts
    start: Floats
    stop: Floats
    event: Counts
    changed: Counts


def stretches(time: ArrayLike, event: ArrayLike, change: ArrayLike) -> Stretches:
    """Cut each patient's time where the patient changes group, for example at the first treatment.

    Until the change the time belongs to the group before it, after it to the group after it, so that nobody is counted
    in a group at a time when it was not yet known. A change at the very time of the event comes after it: the event
    belongs to the group before. A change at time zero leaves no time before it.

    Parameters
    ----------
    time
        From time zero to the event or the end of observation, one per patient, any unit.
    event
        0 censored, 1 event, 2 and above competing events.
    change
        When the patient changed group, NaN for one who never did.

    Returns
    -------
    Stretches
        One row for each patient who did not change while observed, two for one who did. For `icans.stats.cox.cox` with
        `start` and `patient`, and for `icans.stats.simon_makuch`.

    Raises
    ------
    StudyError
        A time is missing or negative, a change is before time zero, or a code cannot be meant.

    Examples
    --------
    >>> rows = stretches([10, 8], [1, 0], [3, float("nan")])
    >>> rows.start.tolist(), rows.stop.tolist(), rows.event.tolist(), rows.changed.tolist()
    ([0.0, 0.0, 3.0], [3.0, 8.0, 10.0], [0, 0, 1], [0, 0, 1])
    """
    stop = times(time)
    what = codes(event, "event", stop.size)
    moment = changes(change, stop.size)
    at_once = moment == 0
    _, (end, begin) = on_one_timeline(stop, np.where(np.isnan(moment), -1.0, moment))
    later = (begin >= 0) & (begin < end) & ~at_once
    number = np.arange(stop.size)
    return Stretches(
        patient=np.concatenate((number, number[later])),
        start=np.concatenate((np.zeros(stop.size), moment[later])),
        stop=np.concatenate((np.where(later, moment, stop), stop[later])),
        event=np.concatenate((np.where(later, 0, what), what[later])),
        changed=np.concatenate((at_once.astype(np.int64), np.ones(int(later.sum()), dtype=np.int64))),
    )


def changes(change: ArrayLike, size: int) -> Floats:
    """Give the times of changes of group, NaN for who never changed.

    Raises
    ------
    StudyError
        A change is before time zero, or there are not as many as times.
    """
    moment = floats(change, "change")
    if moment.size != size:
        raise StudyError(f"change: {moment.size} values were given for {size} times.")
    if (moment < 0).any():
        raise StudyError(
            "change: a change of group is before time zero.", "Give 0 for a group known from time zero on."
        )
    return moment


def since(rows: Stretches, origin: float) -> Stretches:
    """Keep what came after a time: patients still under observation and free of the event then, in the group of then.

    Parameters
    ----------
    rows
        Stretches of time.
    origin
        The time; at 0 everything is kept.
    """
    kept = (rows.stop - origin > TIED * max(1.0, origin)) | (origin == 0)
    return Stretches(
        patient=rows.patient[kept],
        start=np.maximum(rows.start[kept], origin),
        stop=rows.stop[kept],
        event=rows.event[kept],
        changed=rows.changed[kept],
    )


def number_in_groups(rows: Stretches, at: ArrayLike) -> tuple[Counts, Counts]:
    """Count who was under observation in the group before and in the group after the change at given times.

    Parameters
    ----------
    rows
        Stretches of time, or what `since` kept of them.
    at
        Times; who changes group at a time is still in the first group at it, as for an event then.

    Returns
    -------
    tuple
        The number at risk in each group at each time. For `icans.stats.risk_sets.number_at_risk` the times of a curve
        are enough only where nobody enters late.

    Examples
    --------
    >>> before, after = number_in_groups(stretches([10, 8], [1, 0], [3, float("nan")]), [0, 3, 5, 9])
    >>> before.tolist(), after.tolist()
    ([2, 2, 1, 0], [0, 0, 1, 1])
    """
    moments = times(at, "at")
    _, (moment, start, stop) = on_one_timeline(moments, np.where(rows.start == 0, -1.0, rows.start), rows.stop)
    counts = []
    for group in (0, 1):
        begun = np.searchsorted(np.sort(start[rows.changed == group]), moment, side="left")
        over = np.searchsorted(np.sort(stop[rows.changed == group]), moment, side="left")
        counts.append((begun - over).astype(np.int64))
    return counts[0], counts[1]


@dataclass(frozen=True)
class Landmark:
    """Patients who were free of the event and under observation at a landmark, grouped by what was known then.

    Parameters
    ----------
    at
        The landmark.
    patient
        Number of each patient kept, from 0 in the order of the input; the other arrays have one entry for each.
    time
        From the landmark to the event or the end of observation.
    event
        As in the input.
    group
        1 for a patient who had changed group by the landmark, its time included, 0 for one who had not, though the
        patient may have done so later.
    had_event, lost
        Numbers of the patients left out: with an event by the landmark, and observed no longer than until it.
    """

    at: float
    patient: Counts
    time: Floats
    event: Counts
    group: Counts
    had_event: Counts
    lost: Counts


def landmark(time: ArrayLike, event: ArrayLike, change: ArrayLike, at: float) -> Landmark:
    """Keep the patients whom a landmark analysis compares.

    Groups are fixed by what was known at the landmark, and time counts from it, so that nobody has to survive to enter
    a group. What happened before, and every later change of group, is left out (Anderson, Cain and Gelber 1983,
    doi:10.1200/JCO.1983.1.11.710).

    Parameters
    ----------
    time, event, change
        As in `stretches`.
    at
        The landmark, not before time zero, best stated beforehand.

    Raises
    ------
    StudyError
        A time is missing or negative, a change or the landmark is before time zero, or a code cannot be meant.

    Examples
    --------
    >>> kept = landmark([10, 8, 2, 9], [1, 0, 1, 1], [3, float("nan"), float("nan"), 6], 4)
    >>> kept.patient.tolist(), kept.time.tolist(), kept.group.tolist(), kept.had_event.tolist()
    ([0, 1, 3], [6.0, 4.0, 5.0], [1, 0, 0], [2])
    """
    if not at >= 0:
        raise StudyError(f"A landmark at {at:g} was asked for; it is not before time zero.")
    stop = times(time)
    what = codes(event, "event", stop.size)
    moment = changes(change, stop.size)
    gone = stop - at <= TIED * max(1.0, at)
    kept = np.flatnonzero(~gone)
    return Landmark(
        at=at,
        patient=kept,
        time=stop[kept] - at,
        event=what[kept],
        group=(moment[kept] - at <= TIED * max(1.0, at)).astype(np.int64),
        had_event=np.flatnonzero(gone & (what > 0)),
        lost=np.flatnonzero(gone & (what == 0)),
    )
