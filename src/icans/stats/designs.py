"""Single-arm trials of a yes-or-no outcome, in one stage or two, planned and judged by exact binomial chances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import bdtrc

from icans.errors import StudyError
from icans.stats.arrays import Counts, Floats
from icans.stats.two_stage import AT_MOST as TWO_STAGES_AT_MOST
from icans.stats.two_stage import Criterion, binomial, two_stage_search

AT_MOST = 1000
"""Largest trial of one stage that is searched for."""


@dataclass(frozen=True)
class Design:
    """A single-arm trial.

    Parameters
    ----------
    n
        Patients in all.
    successes
        Fewest events at the end with which the treatment is called worth more study (Simon's r + 1).
    first_n
        Patients of the first stage; 0 in a trial of one stage.
    first_stop
        Most events of the first stage with which the trial ends there, for futility (Simon's r1); -1 in one stage.

    Raises
    ------
    StudyError
        The numbers make no trial.
    """

    n: int
    successes: int
    first_n: int = 0
    first_stop: int = -1

    def __post_init__(self) -> None:
        if not (0 <= self.first_n < self.n and -1 <= self.first_stop <= self.first_n and 0 < self.successes <= self.n):
            raise StudyError(
                f"{self} is no trial.",
                "The first stage is smaller than the trial, and neither limit exceeds the patients of its stage.",
            )

    def __str__(self) -> str:
        end = f"{self.successes} or more events of {self.n}"
        if not self.first_n:
            return end
        return f"more than {self.first_stop} of the first {self.first_n}, then {end}"


@dataclass(frozen=True)
class Operating:
    """What a design does at one true rate.

    Parameters
    ----------
    rate
        The true rate.
    success
        Chance of calling the treatment worth more study.
    early_stop
        Chance of ending after the first stage.
    expected_n
        Patients expected.
    """

    rate: float
    success: float
    early_stop: float
    expected_n: float


@dataclass(frozen=True)
class Plan:
    """A design that was searched for, with what it does at the two rates it was planned for.

    Parameters
    ----------
    design
        The design.
    null
        At the rate of no interest: `success` is the attained one-sided alpha.
    target
        At the rate hoped for: `success` is the attained power.
    method
        The search in words a journal prints.
    """

    design: Design
    null: Operating
    target: Operating
    method: str


def operating(design: Design, rate: float) -> Operating:
    """Give the exact operating characteristics of a design at a true rate.

    Parameters
    ----------
    design
        A trial of one or two stages.
    rate
        The true rate, between 0 and 1.

    Returns
    -------
    Operating
        Chances from the binomial distribution.

    Raises
    ------
    StudyError
        The rate is not between 0 and 1.

    Examples
    --------
    >>> result = operating(Design(n=29, successes=6, first_n=10, first_stop=1), 0.1)
    >>> round(result.success, 3), round(result.early_stop, 3), round(result.expected_n, 1)
    (0.047, 0.736, 15.0)
    """
    if not 0 <= rate <= 1:
        raise StudyError(f"A rate of {rate:g} was given; it lies between 0 and 1.")
    first = np.arange(design.first_stop + 1, design.first_n + 1)
    chance = binomial(first, design.first_n, rate)
    success = float((chance * _reach(design.successes - first, design.n - design.first_n, rate)).sum())
    early_stop = max(1 - float(chance.sum()), 0.0) if design.first_n else 0.0
    expected = design.first_n + (1 - early_stop) * (design.n - design.first_n)
    return Operating(rate, success, early_stop, expected)


def single_stage(null_rate: float, target_rate: float, *, alpha: float = 0.05, power: float = 0.8) -> Plan:
    """Plan the smallest single-arm trial of one stage, by exact binomial chances.

    The smallest n with a number of events that is reached with a chance of at most `alpha` at the null rate and of at
    least `power` at the target. A slightly larger trial can have less power, as chances move in steps.

    Parameters
    ----------
    null_rate
        Rate of no interest, such as the natural rate.
    target_rate
        Rate hoped for, above it.
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
        The rates or chances make no plan, or no trial of up to 1,000 patients does.

    Notes
    -----
    A'Hern 2001, doi:10.1002/sim.721.

    Examples
    --------
    >>> plan = single_stage(0.4, 0.7)
    >>> str(plan.design), round(plan.null.success, 3), round(plan.target.success, 3)
    ('12 or more events of 19', 0.035, 0.818)
    """
    _refuse_no_plan(null_rate, target_rate, alpha, power)
    for n in range(1, AT_MOST + 1):
        counts = np.arange(1, n + 1)
        allowed = np.flatnonzero(_reach(counts, n, null_rate) <= alpha)
        if allowed.size and _reach(counts[allowed[:1]], n, target_rate)[0] >= power:
            method = f"smallest exact binomial single-stage design for alpha {alpha:g} and power {power:g}"
            return _planned(Design(n, int(counts[allowed[0]])), null_rate, target_rate, method)
    raise _none_found(null_rate, target_rate, AT_MOST)


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
    _refuse_no_plan(null_rate, target_rate, alpha, power)
    sizes = two_stage_search((null_rate, target_rate), criterion, alpha, power)
    if sizes is None:
        raise _none_found(null_rate, target_rate, TWO_STAGES_AT_MOST)
    method = f"Simon's {criterion} two-stage design for alpha {alpha:g} and power {power:g}"
    return _planned(Design(*sizes), null_rate, target_rate, method)


def _refuse_no_plan(null_rate: float, target_rate: float, alpha: float, power: float) -> None:
    """Refuse rates, alpha or power that no trial can be planned for."""
    if not 0 < null_rate < target_rate < 1:
        raise StudyError(
            f"A null rate of {null_rate:g} and a target rate of {target_rate:g} make no plan.",
            "Both lie between 0 and 1, and the target above the null rate.",
        )
    if not 0 < alpha < power < 1:
        raise StudyError(
            f"An alpha of {alpha:g} and a power of {power:g} make no plan.",
            "Both lie between 0 and 1, and the power above alpha; usual are 0.05 and 0.8.",
        )


def _none_found(null_rate: float, target_rate: float, most: int) -> StudyError:
    """Say that no trial is large enough."""
    return StudyError(
        f"No trial of up to {most:,} patients tells a rate of {target_rate:g} from {null_rate:g}.",
        "Plan for rates further apart, or accept a larger alpha or less power.",
    )


def _planned(design: Design, null_rate: float, target_rate: float, method: str) -> Plan:
    """Give a design with what it does at the two rates it was planned for."""
    return Plan(design, operating(design, null_rate), operating(design, target_rate), method)


def _reach(events: Counts, n: int, rate: float) -> Floats:
    """Give the chance of so many events or more, 1 where none are needed and 0 where there are not so many patients."""
    within = np.clip(events, 1, max(n, 1))
    chance = bdtrc(within - 1, n, rate)
    reached: Floats = np.where(events <= 0, 1.0, np.where(events > n, 0.0, chance))
    return reached
