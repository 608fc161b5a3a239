"""Who was at risk when, and what happened: the counts behind every estimator of time to event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from icans.stats.arrays import Counts, Floats, codes, times

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
