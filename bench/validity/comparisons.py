"""Every test of a comparison, computed of one sample: randomised groups, and treatment given late and to the sicker."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.validity.populations import GRACE_DAYS, Treated, chosen
from icans.errors import StudyError
from icans.stats.cloning import NEVER, Eligible
from icans.stats.competing_risks import aalen_johansen
from icans.stats.cox import cox
from icans.stats.estimate import SignificanceTest
from icans.stats.firth import firth_cox
from icans.stats.gray import gray_test
from icans.stats.incidence_difference import incidence_difference
from icans.stats.log_rank import log_rank, log_rank_permutation
from icans.stats.rank_sum import rank_sum
from icans.stats.restricted_mean import compare_restricted_means
from icans.stats.simon_makuch import mantel_byar
from icans.stats.stretches import stretches
from icans.stats.target_trial import Truncation, emulate
from icans.stats.time_to_event import kaplan_meier
from icans.stats.trial_effects import risk_difference
from icans.stats.two_proportions import Group, fisher, miettinen_nurminen

Rows = NDArray[np.int64]
DRAWS = 2000
"""Permutations drawn where there are too many to count."""
DAY = 7
HOURS = 24
LANDMARKS = (1, 2)
"""Days from eligibility."""
SAMPLES = 200
"""Bootstrap samples of the target trial."""


@dataclass(frozen=True)
class Verdict:
    """What a method says of one sample.

    Parameters
    ----------
    rejects
        It calls the groups different at 5%; None: it gives no answer.
    better
        It says so in favour of treatment.
    estimate
        Difference of the risks of remission by day 7, where the method gives one.
    """

    rejects: bool | None
    better: bool = False
    estimate: float | None = None


def randomised(whole: Treated, rows: Rows, *, seed: int, permutations: bool) -> dict[str, Verdict]:
    """Compare the two halves of a sample of one population, between which there is no difference."""
    which = (np.arange(rows.size) < (rows.size + 1) // 2).astype(np.int64)
    days, event = whole.days[rows], whole.event[rows]
    remitted = event == 1
    group, reference = (
        Group(int(whole.remission[rows][which == own].sum()), int((which == own).sum())) for own in (1, 0)
    )
    interval = miettinen_nurminen(group, reference)
    curves = [kaplan_meier(days[which == own], remitted[which == own]) for own in (1, 0)]
    incidences = [aalen_johansen(days[which == own], event[which == own]) for own in (1, 0)]
    difference = incidence_difference(*incidences, [3.0])[0]
    hours = np.where(remitted, days, np.nan)
    tests = {
        "Fisher's exact test": fisher(group, reference),
        "rank-sum test": rank_sum(hours[which == 1], hours[which == 0]),
        "log-rank test": log_rank(days, remitted, which).test,
        "Gray's test": gray_test(days, event, which).test,
        "restricted mean difference": compare_restricted_means(*curves, tau=7.0).difference_test,
        "hazard ratio, Cox": cox(days, remitted, which).tests[0],
        "hazard ratio, Firth": firth_cox(days, remitted, which).tests[0],
    }
    if permutations:
        tests["permutation log-rank test"] = log_rank_permutation(days, remitted, which, seed=seed, draws=DRAWS)
    found = {name: _verdict(test) for name, test in tests.items()}
    found["risk difference, Miettinen-Nurminen"] = _excludes(interval.low, interval.high, interval.value)
    found["incidence difference"] = _excludes(difference.low, difference.high, difference.value)
    return found


def observational(every: Eligible, rows: Rows) -> dict[str, Verdict]:
    """Compare treated and untreated patients of one sample by each method but the target trial."""
    hours, event = every.end_hour[rows].astype(np.float64), every.event[rows]
    given = every.treated_hour[rows].astype(np.float64)
    ever = given < hours
    remitted = event == 1
    change = np.where(ever, given, np.nan)
    found = {"naive: ever against never treated, log-rank": _two(hours, event, ever)}
    found["naive: ever against never treated, remission by day 7"] = _by_day(hours, event, ever)
    since = np.where(ever, hours - given, hours)
    found["naive: treated from the first course, untreated from eligibility"] = _two(since, event, ever)
    for landmark in LANDMARKS:
        still = hours > HOURS * landmark
        found[f"landmark {landmark} day{'s' if landmark > 1 else ''}: log-rank"] = _two(
            hours[still] - HOURS * landmark, event[still], given[still] <= HOURS * landmark
        )
    rows_of_time = stretches(hours, remitted, change)
    test = mantel_byar(rows_of_time)
    found["Mantel-Byar test"] = _signed(test.test, float(test.observed[-1] - test.expected[-1]))
    changed = rows_of_time.changed.astype(np.float64)
    grade = every.covariates[rows, 0, every.names.index("grade")][rows_of_time.patient]
    time = {"start": rows_of_time.start, "patient": rows_of_time.patient}
    for name, covariates in (
        ("time-dependent Cox", changed[:, None]),
        ("time-dependent Cox with the grade at eligibility", np.column_stack((changed, grade))),
    ):
        model = cox(rows_of_time.stop, rows_of_time.event, covariates, **time)
        found[name] = _signed(model.tests[0], model.coefficients[0].value or 0.0)
    return found


def target_trial(every: Eligible, rows: Rows, seed: int, *, samples: int = SAMPLES) -> dict[str, Verdict]:
    """Emulate the target trial with one sample."""
    try:
        emulation = emulate(chosen(every, rows), truncation=Truncation(), samples=samples, seed=seed)
        estimate = risk_difference(emulation, DAY)
    except StudyError:
        return {f"target trial, {GRACE_DAYS} days of grace": Verdict(None)}
    return {
        f"target trial, {GRACE_DAYS} days of grace": _excludes(estimate.low, estimate.high, estimate.value),
    }


def emulated(every: Eligible) -> float:
    """Give the risk difference by day 7 that the emulation finds in a whole population."""
    return risk_difference(emulate(every, truncation=Truncation(), samples=2, seed=1), DAY).value or math.nan


def true_risks(every: Eligible) -> float:
    """Give the share in remission by day 7 of a world in which everyone follows one strategy."""
    event = every.event
    curve = aalen_johansen(every.end_hour.astype(np.float64), event)
    return float(curve.incidence[np.searchsorted(curve.time, HOURS * DAY, side="right") - 1])


def _two(hours: NDArray[np.float64], event: NDArray[np.int64], treated: NDArray[np.bool_]) -> Verdict:
    result = log_rank(hours, event == 1, treated.astype(np.int64))
    return _signed(result.test, float(result.observed[-1] - result.expected[-1]) if hours.size else 0.0)


def _by_day(hours: NDArray[np.float64], event: NDArray[np.int64], treated: NDArray[np.bool_]) -> Verdict:
    by_then = (event == 1) & (hours <= HOURS * DAY)
    group, reference = (Group(int(by_then[own].sum()), int(own.sum())) for own in (treated, ~treated))
    test = fisher(group, reference)
    if test.p_value is None:
        return Verdict(None)
    difference = group.risk - reference.risk
    return Verdict(test.p_value <= 0.05, difference > 0, difference)


def _verdict(test: SignificanceTest) -> Verdict:
    return Verdict(None if test.p_value is None else test.p_value <= 0.05)


def _signed(test: SignificanceTest, direction: float) -> Verdict:
    return Verdict(None if test.p_value is None else test.p_value <= 0.05, direction > 0)


def _excludes(low: float | None, high: float | None, value: float | None) -> Verdict:
    if low is None or high is None:
        return Verdict(None, estimate=value)
    return Verdict(not low <= 0 <= high, low > 0, value)


def ever_treated(every: Eligible) -> float:
    """Give the share of patients treated before their time ended."""
    return float(((every.treated_hour != NEVER) & (every.treated_hour < every.end_hour)).mean())
