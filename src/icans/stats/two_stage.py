"""The search for Simon's two-stage designs, complete up to a size."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from icans.stats.arrays import Counts, Floats

Criterion = Literal["optimal", "minimax"]
"""Simon's two: fewest patients expected at the null rate, or fewest patients at most."""

AT_MOST = 300
"""Largest trial that is searched for."""

Rates = tuple[float, float]
"""The null rate and the target rate."""

Sizes = tuple[int, int, int, int]
"""Patients, fewest events at the end for success, patients of the first stage, most events that end the trial there."""


def two_stage_search(rates: Rates, criterion: Criterion, alpha: float, power: float) -> Sizes | None:
    """Search every two-stage design for the best one.

    A first stage is left out once the patients it would expect at the least, ending as often as power allows, are no
    fewer than those of the best design so far. With all left out no larger trial can do better, and the search ends.

    Parameters
    ----------
    rates
        The null rate and the target rate.
    criterion
        What is best.
    alpha, power
        Most chance of success at the null rate, least chance of it at the target rate.

    Returns
    -------
    tuple
        The sizes and limits of the design; None where there is none of up to `AT_MOST` patients.
    """
    best: Sizes | None = None
    expected = np.inf
    early: list[float] = []
    for n in range(2, AT_MOST + 2):
        early.append(_most_early_stop(n - 1, rates, power))
        first = np.arange(1, n)
        hopeful = first[first + (1 - np.array(early)) * (n - first) < expected]
        if best is not None and (criterion == "minimax" or not hopeful.size):
            return best
        successes = _possible_successes(n, rates, alpha, power)
        for first_n in hopeful.tolist() if successes.size else []:
            found = _best_stop(n, first_n, successes, rates, (alpha, power))
            if found is not None and (patients := _expected(found, rates[0])) < expected:
                best, expected = found, patients
    return None


def binomial(events: Counts, n: int, rate: float) -> Floats:
    """Give the chance of each number of events among n patients."""
    ways = gammaln(n + 1) - gammaln(events + 1) - gammaln(n - events + 1)
    chance: Floats = np.exp(ways + xlogy(events, rate) + xlog1py(n - events, -rate))
    return chance


@lru_cache(maxsize=1024)
def _chances(n: int, rate: float) -> tuple[Floats, Floats]:
    """Give the chance of each number of events, and of each number or more, up to one more than there can be."""
    each = binomial(np.arange(n + 1), n, rate)
    or_more = np.append(np.cumsum(each[::-1])[::-1], 0.0)
    return each, or_more


def _most_stop(first_n: int, target_rate: float, power: float) -> int:
    """Give the most events on which a first stage can end without costing more power than there is to lose."""
    return int(np.count_nonzero(_chances(first_n, target_rate)[1][1:-1] >= power)) - 1


def _most_early_stop(first_n: int, rates: Rates, power: float) -> float:
    """Give the greatest chance of ending after the first stage at the null rate that power allows."""
    stop = _most_stop(first_n, rates[1], power)
    return 1 - float(_chances(first_n, rates[0])[1][stop + 1]) if stop >= 0 else -np.inf


def _possible_successes(n: int, rates: Rates, alpha: float, power: float) -> Counts:
    """Give the numbers of events that any two-stage design of this size could need at the end.

    Without the first stage power would be no less; and alpha no more than what stopping there can take away, which at
    the target rate is at most 1 - power and at the null rate that times the ratio of the likelihoods.
    """
    null_rate, target_rate = rates
    successes = np.arange(1, n + 1)
    ratio = np.exp(
        successes * np.log(null_rate / target_rate) + (n - successes) * np.log((1 - null_rate) / (1 - target_rate))
    )
    at_null, at_target = (_chances(n, rate)[1][1:-1] for rate in rates)
    possible: Counts = successes[(at_target >= power) & (at_null <= alpha + (1 - power) * ratio)]
    return possible


def _best_stop(n: int, first_n: int, successes: Counts, rates: Rates, errors: tuple[float, float]) -> Sizes | None:
    """Give the design of these sizes that ends earliest, if one keeps alpha and power."""
    alpha, power = errors
    stop = np.arange(_most_stop(first_n, rates[1], power) + 1)
    needed = np.clip(successes[None, :] - np.arange(first_n + 1)[:, None], 0, n - first_n + 1)
    null, target = (_success(n, first_n, rate, needed)[stop + 1] for rate in rates)
    kept = (null <= alpha) & (target >= power)
    stops = np.flatnonzero(kept.any(axis=1))
    if not stops.size:
        return None
    return n, int(successes[np.argmax(kept[stops[-1]])]), first_n, int(stops[-1])


def _expected(sizes: Sizes, rate: float) -> float:
    n, _, first_n, first_stop = sizes
    return first_n + float(_chances(first_n, rate)[1][first_stop + 1]) * (n - first_n)


def _success(n: int, first_n: int, rate: float, needed: Counts) -> Floats:
    """Give the chance of success by the fewest events with which the first stage goes on, and the fewest at the end."""
    each, or_more = _chances(first_n, rate)[0], _chances(n - first_n, rate)[1]
    chance: Floats = np.cumsum((each[:, None] * or_more[needed])[::-1], axis=0)[::-1]
    return chance
