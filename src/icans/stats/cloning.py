"""Clones: every eligible patient under two strategies, censored where the records depart from one.

A day has two moments: first the assessment, with the outcome it may show, then the decision to treat. What happened on
day k before the decision has the moment 2k; what came after a treatment of the same day, 2k + 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from icans.stats.arrays import Counts, Floats

Mask = NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
"""Day of treatment of who was never treated."""
TREAT, NONE = 0, 1
"""The strategies: begin within the grace period; do not begin within it."""


@dataclass(frozen=True)
class Eligible:
    """Eligible episodes as arrays, one entry each; days count from the day of eligibility, which is 0.

    Parameters
    ----------
    patient
        Number of the patient, from 0; several episodes may be of one.
    end_day
        Day of the event, or the last day observed.
    event
        What ended it: 0 nothing (censored), 1 the outcome, 2 a competing event.
    treated_day
        Day on which the intervention began; `NEVER` if it did not.
    treated_first
        The treatment came before the event where both were on one day.
    covariates
        What may decide the treatment: episode, day of the grace period, covariate. Days that the episode did not see
        hold any finite value.
    names
        Names of the covariates.
    grace_days
        Last day on which the strategy can be begun.
    follow_up_days
        Last day of follow-up.
    """

    patient: Counts
    end_day: Counts
    event: Counts
    treated_day: Counts
    treated_first: Mask
    covariates: Floats
    names: tuple[str, ...]
    grace_days: int
    follow_up_days: int

    @property
    def size(self) -> int:
        """Eligible episodes."""
        return int(self.patient.size)

    @property
    def patients(self) -> int:
        """Patients they are of."""
        return int(self.patient.max()) + 1 if self.size else 0

    @cached_property
    def present(self) -> Mask:
        """Who was there for the decision of each day of the grace period: episode by day."""
        day = np.arange(self.grace_days + 1)[None, :]
        end, treated = self.end_day[:, None], self.treated_day[:, None]
        outlived = (self.event[:, None] == 0) | ((treated == day) & self.treated_first[:, None])
        return np.asarray((end > day) | ((end == day) & outlived))

    @cached_property
    def deciding(self) -> Mask:
        """Who was there and untreated when the day's decision came: episode by day."""
        return np.asarray(self.present & (self.treated_day[:, None] >= np.arange(self.grace_days + 1)[None, :]))

    @cached_property
    def begun(self) -> Mask:
        """For whom it was decided to treat on the day: episode by day."""
        return np.asarray(self.deciding & (self.treated_day[:, None] == np.arange(self.grace_days + 1)[None, :]))

    @cached_property
    def exits(self) -> tuple[Counts, Counts]:
        """Last moment at which each episode was at risk, and what happened at it, whatever the strategy."""
        after = (self.event == 0) | ((self.treated_day == self.end_day) & self.treated_first)
        return 2 * self.end_day + after, self.event

    def clones(self, strategy: int) -> Clones:
        """Give every episode under a strategy."""
        moment, event = self.exits
        if strategy == NONE:
            left = np.asarray(self.begun.any(axis=1))
            last = 2 * np.where(left, self.treated_day, 0)
        else:
            left = self.present[:, -1] & (self.treated_day > self.grace_days)
            last = np.full(self.size, 2 * self.grace_days)
        return Clones(strategy, np.where(left, last, moment), np.where(left, 0, event), left)


@dataclass(frozen=True)
class Clones:
    """Every eligible episode under one strategy.

    Parameters
    ----------
    strategy
        `TREAT` or `NONE`.
    last
        Last moment at which the clone is at risk.
    event
        What happens at it: 0 censored, 1 the outcome, 2 a competing event.
    departed
        It is censored because the records depart from the strategy.
    """

    strategy: int
    last: Counts
    event: Counts
    departed: Mask


def weights(eligible: Eligible, strategy: int, probability: Floats) -> Floats:
    """Give the inverse-probability-of-censoring weight of each clone after each day's decision.

    A clone under "none" is censored when it is treated, so that on each day those left untreated stand for those who
    were treated: 1 / (1 - p). A clone under "treat" can only be censored at the last decision of the grace period;
    there those treated on that day stand for those left untreated, 1 / p, and those already treated for themselves.

    Parameters
    ----------
    eligible
        The eligible episodes.
    strategy
        `TREAT` or `NONE`.
    probability
        Probability that the intervention begins, episode by day of the grace period; where nobody decided any value.

    Returns
    -------
    ndarray
        Episode by day of the grace period, the product so far. What holds of a departed clone after it left means
        nothing.
    """
    deciding, begun = eligible.deciding, eligible.begun
    chance = np.where(deciding, probability, 0.0)
    if strategy == NONE:
        left = 1.0 / (1.0 - np.where(begun, 0.0, chance))
    else:
        at_last = begun & (np.arange(eligible.grace_days + 1) == eligible.grace_days)
        left = 1.0 / np.where(at_last, chance, 1.0)
    return np.asarray(np.cumprod(left, axis=1))


def share_left(eligible: Eligible, strategy: int, count: Floats) -> Floats:
    """Give the share of all clones of a strategy that its decisions have left, by day of the grace period.

    Weights multiplied by it average 1 among those left. It is one number for everyone and changes no curve.
    """
    deciding, begun, present = eligible.deciding, eligible.begun, eligible.present
    if strategy == NONE:
        there, stay = count @ deciding, count @ (deciding & ~begun)
    else:
        last = np.arange(eligible.grace_days + 1) == eligible.grace_days
        kept = present & (eligible.treated_day[:, None] <= eligible.grace_days)
        there = count @ present
        stay = np.where(last, count @ kept, there)
    return np.asarray(np.cumprod(np.divide(stay, there, out=np.ones_like(there), where=there > 0)))
