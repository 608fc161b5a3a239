"""Immortal time: how long patients had to live before their group was known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from icans.stats.arrays import Floats, times
from icans.stats.risk_sets import group_codes
from icans.stats.stretches import changes


@dataclass(frozen=True)
class GroupImmortality:
    """The immortal time of one group.

    Parameters
    ----------
    group
        Code of the group.
    n
        Patients in it.
    carrying
        Patients among them with immortal time.
    immortal
        Immortal time of all of them together, in the unit of the times.
    observed
        Time all of them were observed together.
    percent
        The first in percent of the second; None where nobody was observed for any time.
    longest
        The longest immortal time of a patient.
    """

    group: int
    n: int
    carrying: int
    immortal: float
    observed: float
    percent: float | None
    longest: float


@dataclass(frozen=True)
class ImmortalTime:
    """Immortal time of each patient and of each group.

    Parameters
    ----------
    patient
        Immortal time of each patient, in the order of the input.
    groups
        Of each group, by code.
    """

    patient: Floats
    groups: tuple[GroupImmortality, ...]

    @property
    def known_at_zero(self) -> bool:
        """Whether every patient's group was known at time zero, so that groups may be compared from there."""
        return not self.patient.any()


def immortal_time(time: ArrayLike, group: ArrayLike, known: ArrayLike) -> ImmortalTime:
    """Measure the time between time zero and the moment each patient's group became known.

    A patient who is in a group for something that happened later, a treatment or a response, cannot have had the event
    before it: had the event come first, the patient would be in the other group. Counted for the group, that time
    makes it look better than it is, and the other worse (Suissa 2008, doi:10.1093/aje/kwm324). Groups with immortal
    time are not compared from time zero; see `icans.stats.stretches` and `icans.stats.simon_makuch`.

    Parameters
    ----------
    time
        From time zero to the event or the end of observation, one per patient, any unit.
    group
        Code of the group, a whole number.
    known
        When the group became known: 0 for what was known at time zero, NaN for a patient who is in the group for what
        never happened, such as the untreated, and carries no immortal time.

    Returns
    -------
    ImmortalTime
        Nobody's immortal time is longer than the observation.

    Raises
    ------
    StudyError
        A time is missing or negative, or a group became known before time zero.

    Examples
    --------
    >>> found = immortal_time([10, 8, 4], [1, 1, 0], [3, 6, float("nan")])
    >>> found.patient.tolist(), found.groups[1].percent, found.known_at_zero
    ([3.0, 6.0, 0.0], 50.0, False)
    """
    observed = times(time)
    codes = group_codes(group, observed.size)
    moment = changes(known, observed.size)
    waited = np.where(np.isnan(moment), 0.0, np.minimum(moment, observed))
    return ImmortalTime(waited, tuple(_of(int(code), codes, waited, observed) for code in np.unique(codes)))


def _of(group: int, codes: np.ndarray, waited: Floats, observed: Floats) -> GroupImmortality:
    inside = codes == group
    immortal, seen = float(np.sort(waited[inside]).sum()), float(np.sort(observed[inside]).sum())
    return GroupImmortality(
        group=group,
        n=int(inside.sum()),
        carrying=int(np.count_nonzero(waited[inside])),
        immortal=immortal,
        observed=seen,
        percent=100 * immortal / seen if seen > 0 else None,
        longest=float(waited[inside].max()),
    )
