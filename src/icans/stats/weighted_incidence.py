"""Cumulative incidence with weights that change with time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from icans.stats.arrays import Counts, Floats
from icans.stats.cloning import DAY, Clones, Weights

OUTCOME, COMPETING = 1, 2
KINDS = 3
"""Numbers of a curve that estimates are read off."""
FEW = 4_000_000
"""Clones times hours weighed at once, which bounds the memory."""


@dataclass(frozen=True)
class WeightedCurve:
    """Weighted cumulative incidence by each day from eligibility, day 0 being eligibility itself.

    Parameters
    ----------
    outcome, competing
        Probability of having had each event by then; NaN after the last hour at which anybody was at risk, unless an
        event had ended every clone's time.
    area
        Area under the outcome's curve until then, days.
    at_risk
        Sum of the weights of the clones at risk at that hour.
    """

    outcome: Floats
    competing: Floats
    area: Floats
    at_risk: Floats

    @property
    def numbers(self) -> tuple[Floats, Floats, Floats]:
        """Outcome, competing event and area, the numbers that estimates are read off."""
        return self.outcome, self.competing, self.area


def weighted_incidence(
    clones: Clones, weights: Weights, count: Floats, *, follow_up_days: int, bound: float = np.inf
) -> WeightedCurve:
    """Estimate cumulative incidence by Aalen and Johansen's product with weights.

    At each hour the share of the weight at risk that had the event counts with the probability of having come so far
    without any; who is censored at an hour is still at risk at it. Without weights and competing events it is one minus
    Kaplan and Meier's product.

    Parameters
    ----------
    clones
        Clones under one strategy.
    weights
        Their weights.
    count
        How many times each clone counts.
    follow_up_days
        Last day.
    bound
        Weights above it count as it.
    """
    days = DAY * np.arange(follow_up_days + 1)
    hours = np.unique(np.concatenate([days, clones.last[clones.event > 0]]))
    grace = DAY * weights.rate.shape[1]
    within, after = hours[hours < grace], hours[hours >= grace]
    held = count * np.minimum(weights.last, bound)
    later = np.bincount(clones.last, weights=held, minlength=DAY * follow_up_days + 2)[::-1].cumsum()[::-1]
    at_risk = np.concatenate([_within(clones, weights, count, within, bound), later[after]])
    events = _events(clones, weights, count, hours, bound)
    someone = at_risk > 0
    risks = [np.divide(event, at_risk, out=np.zeros_like(at_risk), where=someone) for event in events]
    free = np.cumprod(np.maximum(1.0 - risks[0] - risks[1], 0.0))
    before = np.concatenate(([1.0], free))[:-1]
    unknown = ~someone & (before > 1e-12)
    place = np.searchsorted(hours, days)
    outcome, competing = (np.where(unknown, np.nan, np.cumsum(before * risk)) for risk in risks)
    area = np.concatenate(([0.0], np.cumsum(outcome[:-1] * np.diff(hours)) / DAY))
    return WeightedCurve(outcome[place], competing[place], area[place], at_risk[place])


def _within(clones: Clones, weights: Weights, count: Floats, hours: Counts, bound: float) -> Floats:
    """Sum the weights at risk at each hour of the grace period."""
    at_once = max(1, FEW // max(1, count.size))
    parts = []
    for first in range(0, hours.size, at_once):
        some = hours[first : first + at_once]
        weight = np.minimum(weights.at(some), bound) * (clones.last[:, None] >= some[None, :])
        parts.append(count @ weight)
    return np.concatenate(parts) if parts else np.zeros(0)


def _events(clones: Clones, weights: Weights, count: Floats, hours: Counts, bound: float) -> list[Floats]:
    """Sum the weights of the clones with the outcome, and with a competing event, at each hour."""
    days = weights.rate.shape[1]
    summed = []
    for kind in (OUTCOME, COMPETING):
        who = np.flatnonzero(clones.event == kind)
        last = clones.last[who]
        day = np.minimum(last // DAY, days)
        passed = np.where(last < DAY * days, (last % DAY) / DAY, 0.0)
        weight = weights.start[who, day] * np.exp(weights.rate[who, np.minimum(day, days - 1)] * passed)
        weight = count[who] * np.minimum(weight, bound)
        place = np.searchsorted(hours, last)
        summed.append(np.bincount(place, weights=weight, minlength=hours.size).astype(np.float64))
    return summed
