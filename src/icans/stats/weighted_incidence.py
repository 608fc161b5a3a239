"""Cumulative incidence with weights that change with time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from icans.stats.arrays import Counts, Floats
from icans.stats.cloning import Clones

OUTCOME, COMPETING = 1, 2


@dataclass(frozen=True)
class WeightedCurve:
    """Weighted cumulative incidence by the end of each day; one entry a day, from day 0.

    Parameters
    ----------
    outcome, competing
        Probability of having had each event by the end of the day; NaN after the last moment at which anybody was at
        risk, unless an event had ended every clone's time.
    at_risk
        Sum of the weights of the clones at risk when the day begins.
    """

    outcome: Floats
    competing: Floats
    at_risk: Floats


def weighted_incidence(clones: Clones, weight: Floats, count: Floats, *, follow_up_days: int) -> WeightedCurve:
    """Estimate cumulative incidence by Aalen and Johansen's product with weights.

    At each moment the share of the weight at risk that had the event counts with the probability of having come so far
    without any; who is censored at a moment is still at risk at it. Without weights and competing events it is one
    minus Kaplan and Meier's product.

    Parameters
    ----------
    clones
        Clones under one strategy.
    weight
        Weight of each clone after the decision of each day; it is 1 before the first and stays after the last.
    count
        How many times each clone counts.
    follow_up_days
        Last day.
    """
    moments = 2 * (follow_up_days + 1)
    decisions = weight.shape[1]
    held = count * weight[np.arange(count.size), np.minimum((clones.last - 1) // 2, decisions - 1).clip(0)]
    held = np.where(clones.last == 0, count, held)
    at_risk = np.zeros(moments)
    final = count * weight[:, -1]
    for moment in range(min(2 * decisions - 1, moments)):
        there = clones.last >= moment
        now = count if moment == 0 else count * weight[:, (moment - 1) // 2]
        at_risk[moment] = float(now @ there)
    later = np.bincount(clones.last, weights=final, minlength=moments)[::-1].cumsum()[::-1]
    at_risk[2 * decisions - 1 :] = later[2 * decisions - 1 : moments]
    events = [_at(clones.last, held * (clones.event == kind), moments) for kind in (OUTCOME, COMPETING)]
    return _product(at_risk, events)


def _at(last: Counts, weight: Floats, moments: int) -> Floats:
    return np.bincount(last, weights=weight, minlength=moments)[:moments].astype(np.float64)


def _product(at_risk: Floats, events: list[Floats]) -> WeightedCurve:
    someone = at_risk > 0
    risks = [np.divide(event, at_risk, out=np.zeros_like(at_risk), where=someone) for event in events]
    free = np.cumprod(np.maximum(1.0 - risks[0] - risks[1], 0.0))
    before = np.concatenate(([1.0], free))[:-1]
    unknown = ~someone & (before > 1e-12)
    curves = [np.where(unknown, np.nan, np.cumsum(before * risk)) for risk in risks]
    return WeightedCurve(curves[0][1::2], curves[1][1::2], at_risk[0::2])
