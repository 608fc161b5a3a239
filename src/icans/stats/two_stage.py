"""Simon's two-stage trial: the complete search for the optimal and the minimax design."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np

from icans.stats.arrays import Counts, Floats
from icans.stats.designs import Design, Plan, binomial, none_found, operating, planned, refuse_no_plan

Criterion = Literal["optimal", "minimax"]
"""Simon's two: fewest patients expected at the null rate, or fewest patients at most."""

AT_MOST = 300
"""Largest trial that is searched for."""

Rates = tuple[float, float]
"""The null rate and the target rate."""


def simon(
    null_rate: float,
    target_rate: float,
    *,
    criterion: Criterion = "optimal",
    alpha: float = 0.05,
    power: float = 0.8,
) -> Plan:
    """Plan Simon's two-stage trial, which can end for futility after the first stage.

    Among all two-stage designs with the stated one-sided alpha and power the optimal one expects the fewest patients at
    the null rate; the minimax one has the fewest patients at most and, among these, expects the fewest. The search is
    complete: it ends only when no larger trial can do better.

    Parameters
    ----------
    null_rate
        Rate of no interest, such as the natural rate.
    target_rate
        Rate hoped for, above it.
    criterion
        Which of the two.
    alpha
        Most one-sided chance of calling a treatment at the null rate worth more study.
    power
        Least chance of it at the target rate.

    Returns
    -------
    Plan
        The design with its attained alpha and power.

    Raises
    ------
    StudyError
        The rates or chances make no plan, or no trial of up to 300 patients does.

    Notes
    -----
    Simon 1989, doi:10.1016/0197-2456(89)90015-9.

    Examples
    --------
    >>> plan = simon(0.1, 0.3)
    >>> str(plan.design), round(plan.null.expected_n, 1)
    ('more than 1 of the first 10, then 6 or more events of 29', 15.0)
    """
    refuse_no_plan(null_rate, target_rate, alpha, power)
    rates, expected = (null_rate, target_rate), np.inf
    best: Design | None = None
    early: list[float] = []
    for n in range(2, AT_MOST + 2):
        early.append(_most_early_stop(n - 1, rates, power))
        first = np.arange(1, n)
        hopeful = first[first + (1 - np.array(early)) * (n - first) < expected]
        if best is not None and (criterion == "minimax" or not hopeful.size):
            method = f"Simon's {criterion} two-stage design for alpha {alpha:g} and power {power:g}"
            return planned(best, null_rate, target_rate, method)
        successes = _possible_successes(n, rates, alpha, power)
        for first_n in hopeful.tolist() if successes.size else []:
            found = _best_stop(n, first_n, successes, rates, (alpha, power))
            if found is not None and (stage := operating(found, null_rate)).expected_n < expected:
                best, expected = found, stage.expected_n
    raise none_found(null_rate, target_rate, AT_MOST)


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


def _best_stop(n: int, first_n: int, successes: Counts, rates: Rates, errors: tuple[float, float]) -> Design | None:
    """Give the design of these sizes that ends earliest, if one keeps alpha and power."""
    alpha, power = errors
    stop = np.arange(_most_stop(first_n, rates[1], power) + 1)
    needed = np.clip(successes[None, :] - np.arange(first_n + 1)[:, None], 0, n - first_n + 1)
    null, target = (_success(n, first_n, rate, needed)[stop + 1] for rate in rates)
    kept = (null <= alpha) & (target >= power)
    stops = np.flatnonzero(kept.any(axis=1))
    if not stops.size:
        return None
    return Design(n, int(successes[np.argmax(kept[stops[-1]])]), first_n, int(stops[-1]))


def _success(n: int, first_n: int, rate: float, needed: Counts) -> Floats:
    """Give the chance of success by the fewest events with which the first stage goes on, and the fewest at the end."""
    each, or_more = _chances(first_n, rate)[0], _chances(n - first_n, rate)[1]
    chance: Floats = np.cumsum((each[:, None] * or_more[needed])[::-1], axis=0)[::-1]
    return chance
