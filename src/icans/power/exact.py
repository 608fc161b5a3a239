"""Exact chances of trials: one arm by the binomial distribution, two arms by every table there can be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtri, xlog1py, xlogy

from icans.errors import CallError
from icans.power.asked import MOST_AN_ARM
from icans.stats.arrays import Floats
from icans.stats.designs import Design, operating
from icans.stats.two_proportions import fisher_p_values

Tables = NDArray[np.bool_]
"""Which tables are a positive result: events of the treated arm by events of the control arm."""


@dataclass(frozen=True)
class Chance:
    """What a trial of some size does at the two rates it is planned for.

    Parameters
    ----------
    n
        Patients in all with one arm, an arm with two.
    alpha, power
        Chance of a positive result without and with the difference.
    """

    n: int
    alpha: float
    power: float


def threshold(n: int, null: float, alpha: float) -> Design | None:
    """Give the fewest remissions of n that a rate of no interest reaches with a chance of at most alpha; None: none."""
    likely = int(n * null)  # so many, or more, have a chance of at least a half
    for successes in range(max(likely, 1) if alpha < 0.5 else 1, n + 1):
        if operating(Design(n, successes), null).success <= alpha:
            return Design(n, successes)
    return None


def single_arm_chance(n: int, null: float, alternative: float, alpha: float) -> Chance:
    """Give the exact chances of a single-arm trial of n patients; without a threshold it can show nothing."""
    design = threshold(n, null, alpha)
    if design is None:
        return Chance(n, 0.0, 0.0)
    return Chance(n, operating(design, null).success, operating(design, alternative).success)


@lru_cache(maxsize=64)
def fisher_positive(n: int, alpha: float) -> Tables:
    """Mark the tables of two arms of n patients that Fisher's exact test calls different at two-sided alpha."""
    positive = np.zeros((n + 1, n + 1), dtype=np.bool_)
    for events in range(2 * n + 1):
        p_values, fewest = fisher_p_values(n, n, events)
        treated = np.arange(fewest, fewest + p_values.size)
        positive[treated, events - treated] = p_values <= alpha
    return positive


@lru_cache(maxsize=64)
def score_positive(n: int, alpha: float) -> Tables:
    """Mark the tables whose Miettinen-Nurminen interval of the risk difference leaves out 0.

    At a difference of 0 the likeliest risks are both the share of events among all patients, so that the score is the
    difference over its pooled standard error, times the root of (N - 1) / N.
    """
    treated, control = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    pooled = (treated + control) / (2 * n)
    variance = pooled * (1 - pooled) * (2 / n) * (2 * n / (2 * n - 1))
    difference = np.abs(treated - control) / n
    score = np.divide(difference, np.sqrt(variance), out=np.zeros_like(variance), where=variance > 0)
    positive: Tables = score > ndtri(1 - alpha / 2)
    return positive


def two_arm_chance(positive: Tables, control: float, treated: float) -> Chance:
    """Give the exact chance of a positive table without and with the difference, in either direction."""
    n = positive.shape[0] - 1
    usual, better = _binomial(n, control), _binomial(n, treated)
    return Chance(n, float(usual @ positive @ usual), float(better @ positive @ usual))


def fewest_an_arm(control: float, treated: float, *, alpha: float, power: float) -> int:
    """Give the fewest patients an arm with which Fisher's exact test has the power.

    Raises
    ------
    CallError
        No trial of up to 400 patients an arm has it.
    """
    for n in range(_start(control, treated, alpha, power), MOST_AN_ARM + 1):
        if two_arm_chance(fisher_positive(n, alpha), control, treated).power >= power:
            return n
    raise CallError(
        f"No trial of up to {MOST_AN_ARM} patients an arm tells a rate of {treated:g} from {control:g}.",
        "Plan for rates further apart, or accept a larger alpha or less power.",
    )


def _start(control: float, treated: float, alpha: float, power: float) -> int:
    """Give a number of patients that is surely too small: three quarters of what the normal approximation asks for."""
    spread = control * (1 - control) + treated * (1 - treated)
    needed = (ndtri(1 - alpha / 2) + ndtri(power)) ** 2 * spread / (treated - control) ** 2
    return int(min(max(2, 0.75 * needed), MOST_AN_ARM))


def _binomial(n: int, rate: float) -> Floats:
    events = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(events + 1) - gammaln(n - events + 1)
    chance: Floats = np.exp(ways + xlogy(events, rate) + xlog1py(n - events, -rate))
    return chance
