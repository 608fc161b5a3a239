"""What `icans power` computes: the rows of results of a planned trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.special import ndtri

from icans.errors import CallError
from icans.power import simulated
from icans.power.asked import Asked
from icans.power.cohorts import Calibration, Outcomes, Step, outcomes, trial_parameters
from icans.power.exact import (
    Chance,
    fewest_an_arm,
    fisher_positive,
    score_positive,
    single_arm_chance,
    threshold,
    two_arm_chance,
)
from icans.power.simulated import Share
from icans.results.rows import Result, Subject
from icans.simulate.parameters import Parameters
from icans.stats.designs import Design, operating, simon, single_stage

ANALYSIS = "power"
POINTS = 5
"""Sizes at which trials are simulated."""
RATES = tuple(round(0.05 * step, 2) for step in range(21))
"""True rates at which the chances of a chosen design are given."""
MOST_SIMULATED = 600_000
"""Most patients of a simulated cohort."""

EXACT = "exact"
SINGLE = "exact binomial test, one-sided"
TESTS = {
    "fisher": "Fisher's exact test, two-sided",
    "miettinen_nurminen": "Miettinen-Nurminen interval of the risk difference leaves out 0",
    "log_rank": "log-rank test of time to remission, two-sided; death and the end of observation censor",
}


@dataclass(frozen=True)
class Answer:
    """The rows of results of a planned trial, with what was asked."""

    asked: Asked
    rows: list[Result]


def answer(asked: Asked, step: Step) -> Answer:
    """Give the characteristics of a trial.

    Parameters
    ----------
    asked
        The trial.
    step
        Told what is being done.

    Raises
    ------
    CallError
        The rates cannot be simulated with the parameters, or the trial would need too many simulated patients.
    StudyError
        No trial of a possible size has the power.
    """
    if asked.design == "simon":
        return Answer(asked, _simon(asked, step))
    if asked.design == "single-arm":
        return Answer(asked, _single_arm(asked, step))
    return Answer(asked, _two_arm_times(asked, step) if asked.by_time else _two_arm_rates(asked, step))


def _single_arm(asked: Asked, step: Step) -> list[Result]:
    if asked.patients is None:
        design = single_stage(asked.lower, asked.upper, alpha=asked.alpha, power=asked.power).design
    else:
        found = threshold(asked.patients, asked.lower, asked.alpha)
        if found is None:
            raise CallError(
                f"With {asked.patients} patients even remission of all is no surprise at a rate of {asked.lower:g}: "
                f"its chance is {asked.lower**asked.patients:.3g}, above alpha ({asked.alpha:g}).",
                "Give more patients.",
            )
        design = found
    sizes = _around(design.n)
    exact = [single_arm_chance(n, asked.lower, asked.upper, asked.alpha) for n in range(sizes[0], sizes[-1] + 1)]
    rows = _design_rows("single_arm", design, asked, SINGLE)
    rows += _curve("single_arm", exact, f"{SINGLE}; {EXACT}")
    if asked.replicates:
        cohorts = _cohorts(asked, asked.replicates * sizes[-1], asked.replicates * sizes[-1], step)
        shares = [
            simulated.single_arm(one, sizes, replicates=asked.replicates, null=asked.lower, alpha=asked.alpha)
            for one in cohorts
        ]
        rows += _cohort_rows(asked, cohorts) + _simulated_curve("single_arm", sizes, shares[0], shares[1], SINGLE)
    return rows


def _simon(asked: Asked, step: Step) -> list[Result]:
    rows: list[Result] = []
    plans = {}
    for criterion in ("optimal", "minimax"):
        step(f"searching the {criterion} design")
        plan = simon(asked.lower, asked.upper, criterion=criterion, alpha=asked.alpha, power=asked.power)
        plans[f"simon_{criterion}"] = plan.design
        rows += _design_rows(f"simon_{criterion}", plan.design, asked, plan.method)
    if asked.replicates:
        needed = asked.replicates * max(design.n for design in plans.values())
        cohorts = _cohorts(asked, needed, needed, step)
        rows += _cohort_rows(asked, cohorts)
        for name, design in plans.items():
            null, target = (simulated.two_stage(one, design, replicates=asked.replicates) for one in cohorts)
            rows += _simulated_rows(Subject(ANALYSIS, name, method=_by_simulation(name)), null[0], target[0])
            rows += _error_rows(Subject(ANALYSIS, name, method=_by_simulation(name)), "early_stop", null[1])
    return rows


def _two_arm_rates(asked: Asked, step: Step) -> list[Result]:
    step("counting every table")
    n = asked.patients or fewest_an_arm(asked.lower, asked.upper, alpha=asked.alpha, power=asked.power)
    sizes = _around(n)
    rows: list[Result] = []
    positive = {"fisher": fisher_positive, "miettinen_nurminen": score_positive}
    for name, tables in positive.items():
        exact = [
            two_arm_chance(tables(size, asked.alpha), asked.lower, asked.upper)
            for size in range(sizes[0], sizes[-1] + 1, max(1, (sizes[-1] - sizes[0]) // 40))
        ]
        own = two_arm_chance(tables(n, asked.alpha), asked.lower, asked.upper)
        rows += _chosen(name, own, TESTS[name]) + _curve(name, exact, f"{TESTS[name]}; {EXACT}")
        for rate in RATES:
            chance = two_arm_chance(tables(n, asked.alpha), asked.lower, rate)
            rows.append(_at_rate(name, rate, "success", 100 * chance.power, TESTS[name]))
    if asked.replicates:
        needed = asked.replicates * sizes[-1]
        control, treated = _cohorts(asked, 2 * needed, needed, step)
        other = replace(
            control, remission=control.remission[needed:], days=control.days[needed:], event=control.event[needed:]
        )
        rows += _cohort_rows(asked, (control, treated))
        judge = partial(simulated.two_arms_of_rates, replicates=asked.replicates, alpha=asked.alpha)
        null, target = judge(other, control, sizes), judge(treated, control, sizes)
        for name in positive:
            rows += _simulated_curve(name, sizes, null[name], target[name], TESTS[name])
    return rows


def _two_arm_times(asked: Asked, step: Step) -> list[Result]:
    sizes = _around(asked.patients) if asked.patients else _to_try(asked)
    needed = asked.replicates * sizes[-1]
    control, treated = _cohorts(asked, 2 * needed, needed, step)
    other = replace(
        control, remission=control.remission[needed:], days=control.days[needed:], event=control.event[needed:]
    )
    judge = partial(simulated.two_arms_of_times, replicates=asked.replicates, alpha=asked.alpha, step=step)
    null, target = judge(other, control, sizes), judge(treated, control, sizes)
    rows = _simulated_curve("log_rank", sizes, null, target, TESTS["log_rank"])
    rows += _cohort_rows(asked, (control, treated))
    chosen = asked.patients or next(
        (n for n, share in zip(sizes, target, strict=True) if share.value >= asked.power), None
    )
    subject = Subject(ANALYSIS, "log_rank", method=_by_simulation("log_rank"))
    if chosen is None:
        reason = f"none of the simulated sizes ({', '.join(map(str, sizes))} patients an arm) has the power"
        return [*rows, subject.row("n", None, reason)]
    place = sizes.index(chosen)
    return [*rows, subject.row("n", chosen), *_simulated_rows(subject, null[place], target[place])]


def _by_events(asked: Asked) -> int:
    """Guess the patients an arm by Schoenfeld's formula, as if hazards were in the ratio of the medians."""
    ratio = np.log(asked.lower / asked.upper)
    events = 4 * (ndtri(1 - asked.alpha / 2) + ndtri(asked.power)) ** 2 / ratio**2
    return int(np.clip(np.ceil(events / 2 / 0.9), 5, 500))


def _around(n: int) -> list[int]:
    """Give sizes from half as many patients to half as many again, the asked one among them."""
    low, high = max(2, n // 2), max(n + 4, n + n // 2)
    half = POINTS // 2 + 1
    spread = [*np.linspace(low, n, half), *np.linspace(n, high, half)]
    return sorted({round(float(size)) for size in spread})


def _to_try(asked: Asked) -> list[int]:
    """Give sizes to search, from well below what the ratio of the medians asks for."""
    guess = _by_events(asked)
    return sorted({max(3, round(float(size))) for size in np.linspace(0.25 * guess, 1.15 * guess, POINTS + 2)})


def _cohorts(asked: Asked, lower: int, upper: int, step: Step) -> tuple[Outcomes, Outcomes]:
    """Simulate the patients at the two rates, or medians, and derive each cohort once."""
    if max(lower, upper) > MOST_SIMULATED:
        raise CallError(
            f"{asked.replicates:,} trials of this size would need {max(lower, upper):,} simulated patients; "
            f"at most {MOST_SIMULATED:,} are simulated.",
            "Give fewer --replicates, or none (0) for the exact chances alone.",
        )
    base = trial_parameters(asked.parameters)
    calibration = Calibration(base, 10 * asked.seed, step)
    truths: tuple[Parameters, Parameters]
    if asked.by_time:
        truths = calibration.for_medians(asked.lower, asked.upper)
    else:
        truths = calibration.for_rate(asked.lower), calibration.for_rate(asked.upper)

    def drawn(truth: Parameters, needed: int, place: int) -> Outcomes:
        name = ("first", "second")[place]

        def told(what: str) -> None:
            step(f"{name} cohort: {what}")

        return simulated.enough(lambda many: outcomes(truth, many, 10 * asked.seed + 1 + place, told), needed)

    return drawn(truths[0], lower, 0), drawn(truths[1], upper, 1)


def _design_rows(name: str, design: Design, asked: Asked, method: str) -> list[Result]:
    """Give the numbers of a single-arm design and what it does at the two rates and over all rates."""
    subject = Subject(ANALYSIS, name, method=method)
    null, target = operating(design, asked.lower), operating(design, asked.upper)
    rows = [subject.row("n", design.n), subject.row("successes", design.successes)]
    if design.first_n:
        rows += [subject.row("first_n", design.first_n), subject.row("first_stop", design.first_stop)]
    rows += [
        subject.row("alpha", 100 * null.success, unit="%"),
        subject.row("power", 100 * target.success, unit="%"),
    ]
    if design.first_n:
        rows += [
            subject.row("early_stop", 100 * null.early_stop, unit="%"),
            subject.row("expected_n_null", null.expected_n, unit="patients"),
            subject.row("expected_n_alternative", target.expected_n, unit="patients"),
        ]
    for rate in RATES:
        there = operating(design, rate)
        rows.append(_at_rate(name, rate, "success", 100 * there.success, method))
        if design.first_n:
            rows.append(_at_rate(name, rate, "expected_n", there.expected_n, method))
    return rows


def _chosen(name: str, chance: Chance, method: str) -> list[Result]:
    subject = Subject(ANALYSIS, name, method=f"{method}; {EXACT}")
    return [
        subject.row("n", chance.n),
        subject.row("alpha", 100 * chance.alpha, unit="%"),
        subject.row("power", 100 * chance.power, unit="%"),
    ]


def _at_rate(name: str, rate: float, statistic: str, value: float, method: str) -> Result:
    subject = Subject(ANALYSIS, name, level=f"rate {100 * rate:g}%", method=f"{method}; {EXACT}")
    return subject.row(statistic, value, unit="%" if statistic == "success" else "patients")


def _curve(name: str, chances: Sequence[Chance], method: str) -> list[Result]:
    rows = []
    for chance in chances:
        subject = Subject(ANALYSIS, name, level=f"{chance.n} patients", unit="%", method=method)
        rows += [subject.row("alpha", 100 * chance.alpha), subject.row("power", 100 * chance.power)]
    return rows


def _simulated_curve(
    name: str, sizes: Sequence[int], null: Sequence[Share], target: Sequence[Share], method: str
) -> list[Result]:
    rows = []
    for n, false, true in zip(sizes, null, target, strict=True):
        subject = Subject(ANALYSIS, name, level=f"{n} patients", method=f"{method}; simulated trials")
        rows += _simulated_rows(subject, false, true)
    return rows


def _simulated_rows(subject: Subject, null: Share, target: Share) -> list[Result]:
    return [*_error_rows(subject, "alpha", null), *_error_rows(subject, "power", target)]


def _error_rows(subject: Subject, statistic: str, found: Share) -> list[Result]:
    own = replace(subject, n=found.replicates, unit="%")
    return [
        own.row(f"simulated_{statistic}", 100 * found.value),
        own.row(f"simulated_{statistic}_error", 100 * found.error, method=f"{own.method}; Monte Carlo standard error"),
    ]


def _by_simulation(name: str) -> str:
    return f"{TESTS[name]}; simulated trials" if name in TESTS else "simulated trials"


def _cohort_rows(asked: Asked, cohorts: tuple[Outcomes, Outcomes]) -> list[Result]:
    names = ("control", "treated") if asked.two_arms else ("null", "alternative")
    rows = []
    for name, cohort in zip(names, cohorts, strict=True):
        subject = Subject(
            ANALYSIS, "cohort", name, n=cohort.size, method="simulated patients, by the definitions of a study"
        )
        rows += [
            subject.row("simulated", cohort.simulated),
            subject.row("evaluable", cohort.size),
            subject.row("percent", 100 * cohort.rate, unit="%"),
            subject.row("median_days", cohort.median_days, "fewer than half reach remission", unit="days"),
        ]
    return rows
