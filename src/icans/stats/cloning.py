"""Clones: every eligible patient under two strategies, censored where the records depart from one.

Time counts in whole hours from eligibility. Within an hour an assessment, with the outcome it may show, comes before a
treatment. The grace period is cut into days of 24 hours, over which the chance of being treated is modelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from icans.stats.arrays import Counts, Floats

Mask = NDArray[np.bool_]
NEVER = np.iinfo(np.int64).max
"""Hour of treatment of who was never treated."""
TREAT, NONE = 0, 1
"""The strategies: begin within the grace period; do not begin within it."""
DAY = 24


@dataclass(frozen=True)
class Eligible:
    """Eligible episodes as arrays, one entry each; hours count from eligibility.

    Parameters
    ----------
    patient
        Number of the patient, from 0; several episodes may be of one.
    end_hour
        Hour of the event; without one the first hour that is not observed any more, at most the one after follow-up.
    event
        What ended it: 0 nothing (censored), 1 the outcome, 2 a competing event.
    treated_hour
        Hour in which the intervention began; `NEVER` if it did not.
    covariates
        What may decide the treatment: episode, day of the grace period, covariate. Days that the episode did not see
        hold any finite value.
    names
        Names of the covariates.
    grace_days
        Days within which the strategy can be begun, the first from eligibility on.
    follow_up_days
        Days of follow-up, longer than the grace period.
    """

    patient: Counts
    end_hour: Counts
    event: Counts
    treated_hour: Counts
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

    @property
    def deadline(self) -> int:
        """First hour after the grace period."""
        return DAY * self.grace_days

    @cached_property
    def begun(self) -> Mask:
        """Who was treated on which day of the grace period, before the event: episode by day."""
        hour = self.treated_hour[:, None]
        start = self._starts
        return np.asarray((hour >= start) & (hour < start + DAY) & (hour < self.end_hour[:, None]))

    @cached_property
    def exposure(self) -> Floats:
        """Share of each day of the grace period on which an untreated episode could be treated: episode by day.

        1 for who was treated on the day or saw its end untreated, as in a life table less for who left before that.
        """
        seen = np.clip((self.end_hour[:, None] - self._starts) / DAY, 0.0, 1.0)
        return np.where(self.begun, 1.0, np.where(self.treated_hour[:, None] >= self._starts, seen, 0.0))

    @cached_property
    def deciding(self) -> Mask:
        """Who could be treated on which day: episode by day."""
        return np.asarray(self.exposure > 0)

    @cached_property
    def last(self) -> Counts:
        """Last hour at which each episode was at risk of an event, whatever the strategy."""
        return np.where(self.event > 0, self.end_hour, self.end_hour - 1)

    @cached_property
    def _starts(self) -> Counts:
        return DAY * np.arange(self.grace_days)[None, :]

    def clones(self, strategy: int) -> Clones:
        """Give every episode under a strategy."""
        if strategy == NONE:
            left = np.asarray(self.begun.any(axis=1))
            until = np.where(left, self.treated_hour, 0)
        else:
            left = (self.last >= self.deadline) & (self.treated_hour >= self.deadline)
            until = np.full(self.size, self.deadline - 1)
        return Clones(strategy, np.where(left, until, self.last), np.where(left, 0, self.event), left)


@dataclass(frozen=True)
class Clones:
    """Every eligible episode under one strategy.

    Parameters
    ----------
    strategy
        `TREAT` or `NONE`.
    last
        Last hour at which the clone is at risk.
    event
        What happens then: 0 censored, 1 the outcome, 2 a competing event.
    departed
        It is censored because the records depart from the strategy.
    """

    strategy: int
    last: Counts
    event: Counts
    departed: Mask


@dataclass(frozen=True)
class Weights:
    """Inverse-probability-of-censoring weights of clones as they change with time.

    Parameters
    ----------
    start
        Weight at the start of each day of the grace period and after it: episode by day, one day more than the period.
    rate
        How the logarithm of the weight grows over each day: episode by day.
    """

    start: Floats
    rate: Floats

    @property
    def last(self) -> Floats:
        """Weights after the grace period."""
        return np.asarray(self.start[:, -1])

    def at(self, hours: Counts) -> Floats:
        """Give the weight at some hours: episode by hour."""
        days = self.rate.shape[1]
        day = np.minimum(hours // DAY, days)
        passed = np.where(hours < DAY * days, (hours % DAY) / DAY, 0.0)
        growth = np.exp(self.rate[:, np.minimum(day, days - 1)] * passed[None, :])
        return np.asarray(self.start[:, day] * growth)


def unweighted(eligible: Eligible) -> Weights:
    """Give every clone the weight 1."""
    return Weights(np.ones((eligible.size, eligible.grace_days + 1)), np.zeros((eligible.size, eligible.grace_days)))


def weights(eligible: Eligible, strategy: int, probability: Floats, share: Floats | None = None) -> Weights:
    """Give the inverse-probability-of-censoring weight of each clone.

    A clone under "none" is censored when it is treated, so that those left untreated stand for those who were treated:
    1 / (1 - p) by the end of each day, growing evenly over the day. A clone under "treat" can only be censored at the
    end of the grace period; there those treated on its last day stand for those left untreated, 1 / p, and those
    treated before it for themselves.

    Parameters
    ----------
    eligible
        The eligible episodes.
    strategy
        `TREAT` or `NONE`.
    probability
        Probability of being treated on each day, episode by day; where nobody could be any value.
    share
        As `share_left` gives it, to stabilise the weights; None: they are not stabilised.
    """
    chance = np.where(eligible.deciding, probability, 0.0)
    if strategy == NONE:
        rate = -np.log1p(-chance)
        product = np.exp(np.cumsum(rate, axis=1))
    else:
        rate = np.zeros_like(chance)
        product = np.ones_like(chance)
        on_last = eligible.begun[:, -1]
        product[:, -1] = 1.0 / np.where(on_last, chance[:, -1], 1.0)
    if share is not None:
        product = product * share[None, :]
    return Weights(np.column_stack([np.ones(eligible.size), product]), rate)


def share_left(eligible: Eligible, strategy: int, count: Floats) -> Floats:
    """Give the share of all clones of a strategy that its censoring has left, by day of the grace period.

    Weights multiplied by it average about 1 among those left. It is one number for everyone and changes no curve. On a
    day that leaves nobody it stays as it was.
    """
    if strategy == NONE:
        there = count @ eligible.exposure
        stay = there - count @ eligible.begun
    else:
        there, stay = np.ones(eligible.grace_days), np.ones(eligible.grace_days)
        reached = eligible.last >= eligible.deadline
        there[-1] = count @ reached
        stay[-1] = count @ (reached & (eligible.treated_hour < eligible.deadline))
    return np.asarray(np.cumprod(np.divide(stay, there, out=np.ones_like(there), where=stay > 0)))
