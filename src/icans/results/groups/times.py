"""Two groups by a time to an event: curves, effects with their intervals, then tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from icans.results.cohort import Cohort, Mask
from icans.results.display import number, time_point
from icans.results.groups.effects import confounding
from icans.results.groups.outcomes import Outcome
from icans.results.groups.pairs import Pair, effect, tested
from icans.results.rows import Result, Subject
from icans.results.summaries import estimated, median_time
from icans.stats.competing_risks import IncidenceCurve, aalen_johansen, incidence_at, median_incidence
from icans.stats.e_value import RARE_UP_TO
from icans.stats.estimate import Estimate, SignificanceTest
from icans.stats.firth import cox_by_rule
from icans.stats.gray import gray_test
from icans.stats.incidence_difference import incidence_difference
from icans.stats.log_rank import log_rank, log_rank_permutation
from icans.stats.restricted_mean import compare_restricted_means
from icans.stats.time_to_event import SurvivalCurve, kaplan_meier, median_survival, survival_at

if TYPE_CHECKING:
    from icans.protocol import Protocol
    from icans.stats.arrays import Counts, Floats

HAZARD_RATIO, MEAN_DIFFERENCE, INCIDENCE_DIFFERENCE = (
    "hazard ratio",
    "restricted mean difference",
    "incidence difference",
)
LOG_RANK, PERMUTATION, GRAY = "log-rank test", "permutation log-rank test", "Gray's test"
PERMUTED_UP_TO = 200
"""Patients up to which the log-rank test is also given by permutation, which needs no large sample."""

WITHOUT_DEATH = "death before it censored (cause-specific)"


@dataclass(frozen=True)
class Draws:
    """How permutation tests draw, and who is told the share that is done."""

    seed: int
    number: int
    progress: Callable[[float], None] | None = None


def curve_of(outcome: Outcome, who: Mask, protocol: Protocol) -> SurvivalCurve | IncidenceCurve:
    """Estimate the curve of some patients, in the endpoint's unit."""
    time, event = outcome.time[who], outcome.event[who]
    if outcome.kind == "survival":
        return kaplan_meier(time, event == 1, transform=protocol.survival.interval)
    return aalen_johansen(time, event, transform=protocol.survival.interval)


def landmarks(outcome: Outcome, protocol: Protocol) -> list[float]:
    """Give the times at which curves are read, in the endpoint's unit."""
    return protocol.survival.landmarks_months if outcome.unit == "months" else protocol.remission.landmarks_days


def time_of_group(subject: Subject, cohort: Cohort, outcome: Outcome, who: Mask, protocol: Protocol) -> list[Result]:
    """Give the curve of a group in numbers: n, events, median and its values at the landmarks."""
    curve = curve_of(outcome, who, protocol)
    subject = replace(subject, method=f"{outcome.words}, from {outcome.origin}")
    had = cohort.names(who & (outcome.event == 1))
    rows = [subject.row("n", curve.n, unit=""), replace(subject, patients=had).row("events", curve.total, unit="")]
    if isinstance(curve, SurvivalCurve):
        statistic, median, values = "survival", median_survival(curve), survival_at(curve, landmarks(outcome, protocol))
    else:
        statistic, median = "incidence", median_incidence(curve)
        values = incidence_at(curve, landmarks(outcome, protocol))
        died = who & (outcome.event == 2)
        competing = replace(subject, patients=cohort.names(died), method=f"deaths before {outcome.words}")
        rows.append(competing.row("competing", int(np.count_nonzero(died)), unit=""))
    rows += median_time(subject, median)
    for time, value in zip(landmarks(outcome, protocol), values, strict=True):
        here = replace(subject, level=time_point(time, outcome.unit), unit="%")
        rows += estimated(here, value, (statistic, "ci_low", "ci_high"), 100)
    return rows


def time_effects(pair: Pair, protocol: Protocol, *, tau: float | None) -> list[Result]:
    """Compare two groups by a time to an event: effects with intervals."""
    outcome, subject = pair.outcome, replace(pair.subject, method="")
    one, other = (curve_of(outcome, who, protocol) for who in (pair.group, pair.reference))
    rows = hazard_ratio(subject, pair.label, outcome.time[pair.both], outcome.event[pair.both], pair.group[pair.both])
    if isinstance(one, SurvivalCurve) and isinstance(other, SurvivalCurve):
        means = compare_restricted_means(one, other, tau=None if tau is None else tau / outcome.days_a_unit)
        rows += effect(subject, MEAN_DIFFERENCE, means.difference, unit=outcome.unit)
        rows.append(tested(subject, MEAN_DIFFERENCE, means.difference_test))
    if isinstance(one, IncidenceCurve) and isinstance(other, IncidenceCurve):
        days = landmarks(outcome, protocol)
        for time, estimate in zip(days, incidence_difference(one, other, days), strict=True):
            level = f"{INCIDENCE_DIFFERENCE} at {time_point(time, outcome.unit)}"
            rows += effect(subject, level, estimate, unit="%", scale=100)
    return rows


def hazard_ratio(
    subject: Subject,
    label: str,
    time: Floats,
    event: Counts,
    group: Mask,
    *,
    start: Floats | None = None,
    patient: Counts | None = None,
    prefix: str = "",
) -> list[Result]:
    """Give the hazard ratio of the group against the reference, with Firth's penalty where its rule asks for it.

    Parameters
    ----------
    subject
        What the rows are about.
    label
        Name of the group.
    time, event, group, start, patient
        As in `icans.stats.cox.cox`; an event of 2 is a death that competes, and censors.
    prefix
        What stands before the level: the design.
    """
    happened = event == 1
    competed = bool((event == 2).any())
    reason = _one_sided(group)
    if reason is None:
        model, penalty = cox_by_rule(
            time, happened, group.astype(np.float64), names=[label], start=start, patient=patient
        )
        ratio, test = model.hazard_ratios[0], model.tests[0]
        why = f"; {penalty.reason}{f'; {WITHOUT_DEATH}' if competed else ''}"
        ratio, test = (
            replace(ratio, method=ratio.method + why),
            replace(test, method=f"{test.method} of the hazard ratio"),
        )
    else:
        ratio = Estimate(
            None,
            None,
            None,
            "Cox proportional hazards",
            time.size,
            reason=reason,
            low_reason=reason,
            high_reason=reason,
        )
        test = SignificanceTest(None, None, time.size, "Wald test of the hazard ratio", reason)
    rows = [*effect(subject, f"{prefix}{HAZARD_RATIO}", ratio), tested(subject, f"{prefix}{HAZARD_RATIO}", test)]
    rare = bool(happened.sum() <= RARE_UP_TO * subject.n)
    return rows + confounding(subject, ratio, "hazard ratio", rare=rare, prefix=prefix)


def time_tests(
    subject: Subject, time: Floats, event: Counts, group: Counts, *, competing: bool, draws: Draws, prefix: str = ""
) -> list[Result]:
    """Test whether any of some groups differs, by the whole curve; one row a test.

    Parameters
    ----------
    subject
        What the rows are about.
    time, event, group
        One a patient.
    competing
        Whether death competes: then by Gray's test.
    draws
        How permutations are drawn.
    prefix
        What stands before the level: the design.
    """
    subject = replace(subject, method="")
    if competing:
        return [tested(subject, f"{prefix}{GRAY}", gray_test(time, event, group).test)]
    rows = [tested(subject, f"{prefix}{LOG_RANK}", log_rank(time, event, group).test)]
    if time.size <= PERMUTED_UP_TO:
        test = log_rank_permutation(time, event, group, seed=draws.seed, draws=draws.number, progress=draws.progress)
        seeded = "" if test.draws is None else f", seed {draws.seed}, Monte Carlo error {number(test.error or 0.0)}"
        rows.append(tested(subject, f"{prefix}{PERMUTATION}", replace(test, method=test.method + seeded)))
    return rows


def _one_sided(group: Mask) -> str | None:
    if not group.size:
        return "there is no patient"
    return "all patients are in one group" if group.all() or not group.any() else None
