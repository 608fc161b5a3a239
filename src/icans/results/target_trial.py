"""Rows of results of a target trial: risks under each strategy, their contrasts, and what they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from icans.results.curves import Curve
from icans.results.display import time_point
from icans.results.emulated import Emulated
from icans.results.rows import Result, Subject
from icans.results.summaries import estimated
from icans.results.trial_diagnostics import diagnostics
from icans.results.trial_names import ANALYSIS, GROUPS
from icans.stats.arrays import Floats
from icans.stats.bootstrap import cores
from icans.stats.cloning import NONE, TREAT
from icans.stats.e_value import e_value
from icans.stats.target_trial import Arm, Emulation, Truncation, emulate
from icans.stats.trial_effects import (
    COMPETING,
    mean_days_difference,
    pointwise,
    risk,
    risk_difference,
    risk_ratio,
)
from icans.stats.weighted_incidence import WeightedCurve

if TYPE_CHECKING:
    from icans.protocols.target_trial import TargetTrial

ESTIMATE = ("estimate", "ci_low", "ci_high")
INCIDENCE = ("incidence", "ci_low", "ci_high")
UNWEIGHTED = "without weights: clones as they are, their censoring by departure not undone"
MOST_TICKS = 15


@dataclass(frozen=True)
class TrialResults:
    """The rows of results of a target trial, and the coordinates that figures draw.

    Parameters
    ----------
    rows
        Every row of results.
    weighted, unweighted
        Incidence of the outcome under each strategy, `GROUPS` naming it; numbers at risk are sums of weights, or
        clones. None of a strategy that cannot be estimated.
    """

    rows: tuple[Result, ...]
    weighted: tuple[Curve, ...]
    unweighted: tuple[Curve, ...]


def trial_results(followed: Emulated, asked: TargetTrial, progress: Callable[[int], None]) -> TrialResults:
    """Emulate a trial and give its rows.

    Parameters
    ----------
    followed
        The eligible episodes.
    asked
        The trial that the protocol states.
    progress
        Told how many bootstrap samples are done.

    Returns
    -------
    TrialResults
        Rows of analysis ``target_trial``; docs/target-trial.md lists their variables.
    """
    truncation = Truncation(asked.truncate_percentile, asked.truncate_at, asked.largest_weight)
    emulation = emulate(
        followed.eligible,
        truncation=truncation,
        samples=asked.samples,
        seed=asked.seed,
        processes=cores(),
        progress=progress,
    )
    rows = (
        *_counts(followed),
        *_strategies(followed, emulation),
        *_risks(followed, emulation, asked),
        *_contrasts(followed, emulation, asked),
        *_without_weights(followed, emulation, asked),
        *diagnostics(followed, emulation, asked),
    )
    return TrialResults(
        rows,
        tuple(_weighted(emulation, arm, arm.curve, asked) for arm in emulation.arms if arm.curve),
        tuple(_plain(arm, asked) for arm in emulation.arms if followed.eligible.size),
    )


def _counts(followed: Emulated) -> Iterator[Result]:
    """Who could have been in the trial, and who was."""
    cohort, eligible = followed.cohort, followed.eligible
    who = {
        "with_icans": (followed.with_icans, "patients with an episode of ICANS"),
        "reached_grade": (followed.reached, "patients with an episode that reached the grade of eligibility"),
        "without_finish_line": (followed.without_line, "eligible but for a rule that says what remission is"),
        "eligible": (np.unique(followed.position), "eligible patients"),
        "gap": (np.unique(followed.position[followed.gap]), "observation ended by a gap in the assessments"),
    }
    for variable, (positions, method) in who.items():
        subject = Subject(ANALYSIS, variable, method=method, n=positions.size, patients=cohort.names(positions))
        yield subject.row("n", positions.size)
    everyone = Subject(ANALYSIS, "eligible", n=eligible.size, patients=cohort.names(np.unique(followed.position)))
    yield everyone.row("episodes", eligible.size, method="eligible episodes, each cloned into both strategies")


def _strategies(followed: Emulated, emulation: Emulation) -> Iterator[Result]:
    """How many clones kept to each strategy, and what happened to them."""
    for arm in emulation.arms:
        departed = arm.clones.departed
        parts = {
            "clones": (np.ones_like(departed), "clones under the strategy"),
            "kept": (~departed, "clones whose records keep to the strategy"),
            "departed": (departed, "clones censored where their records depart from the strategy"),
            "events": (arm.clones.event == 1, "clones with the outcome"),
            "competing": (arm.clones.event == 2, "clones that died without the outcome"),
        }
        for statistic, (mask, method) in parts.items():
            names = followed.cohort.names(np.unique(followed.position[mask]))
            n = int(mask.sum())
            yield Subject(ANALYSIS, "strategy", GROUPS[arm.clones.strategy], method=method, n=n, patients=names).row(
                statistic, n
            )


def _risks(followed: Emulated, emulation: Emulation, asked: TargetTrial) -> Iterator[Result]:
    subject = _subject(followed, asked.outcome, "%")
    for strategy in (TREAT, NONE):
        for day in asked.days:
            here = _of(subject, GROUPS[strategy], day)
            yield from estimated(here, risk(emulation, strategy, day), INCIDENCE, 100)
        if asked.outcome != "death":
            dead = _of(_subject(followed, "death", "%"), GROUPS[strategy], asked.days[-1])
            yield from estimated(dead, risk(emulation, strategy, asked.days[-1], kind=COMPETING), INCIDENCE, 100)


def _contrasts(followed: Emulated, emulation: Emulation, asked: TargetTrial) -> Iterator[Result]:
    for day in asked.days:
        difference = _of(_subject(followed, "risk_difference", "percentage points"), None, day)
        yield from estimated(difference, risk_difference(emulation, day), ESTIMATE, 100)
        ratio = _of(_subject(followed, "risk_ratio", ""), None, day)
        yield from estimated(ratio, risk_ratio(emulation, day), ESTIMATE)
        days = _of(_subject(followed, "mean_days_difference", "days"), None, day)
        yield from estimated(days, mean_days_difference(emulation, day), ESTIMATE)
    last = asked.days[-1]
    confounding = e_value(risk_ratio(emulation, last), "risk ratio")
    subject = _of(_subject(followed, "e_value", ""), None, last)
    yield subject.row("estimate", confounding.estimate, confounding.reason, method=confounding.method)
    yield subject.row("limit", confounding.limit, confounding.limit_reason, method=confounding.method)


def _without_weights(followed: Emulated, emulation: Emulation, asked: TargetTrial) -> Iterator[Result]:
    subject = _subject(followed, f"{asked.outcome}_without_weights", "%")
    by_arm = []
    for arm in emulation.arms:
        for day in asked.days:
            value = float(arm.plain.outcome[day])
            by_arm.append(value)
            here = _of(subject, GROUPS[arm.clones.strategy], day)
            percent = None if np.isnan(value) else 100 * value
            yield here.row("incidence", percent, "nobody was followed so long", method=UNWEIGHTED)
    for day, treat, none in zip(asked.days, by_arm[: len(asked.days)], by_arm[len(asked.days) :], strict=True):
        here = _of(_subject(followed, "risk_difference_without_weights", "percentage points"), None, day)
        difference = 100 * (treat - none)
        known = None if np.isnan(difference) else difference
        yield here.row("estimate", known, "under one strategy nobody was followed so long", method=UNWEIGHTED)


def _subject(followed: Emulated, variable: str, unit: str) -> Subject:
    names = followed.cohort.names(np.unique(followed.position))
    return Subject(ANALYSIS, variable, unit=unit, n=followed.eligible.size, patients=names)


def _of(subject: Subject, group: str | None, day: int) -> Subject:
    return replace(subject, group=group, level=time_point(day, "days"))


def _weighted(emulation: Emulation, arm: Arm, curve: WeightedCurve, asked: TargetTrial) -> Curve:
    value, low, high = pointwise(emulation, arm.clones.strategy)
    method = risk(emulation, arm.clones.strategy, asked.days[-1]).method
    return _curve(arm, asked, method, (value, low, high), curve.at_risk)


def _plain(arm: Arm, asked: TargetTrial) -> Curve:
    nothing = np.full_like(arm.plain.outcome, np.nan)
    return _curve(arm, asked, UNWEIGHTED, (arm.plain.outcome, nothing, nothing), arm.plain.at_risk)


def _curve(arm: Arm, asked: TargetTrial, method: str, percent: tuple[Floats, Floats, Floats], at_risk: Floats) -> Curve:
    steps: list[dict[str, float | None]] = []
    for day in range(asked.follow_up_days + 1):
        value, low, high = (None if np.isnan(one[day]) else 100 * float(one[day]) for one in percent)
        step = {"time": float(day), "percent": value, "low": low, "high": high}
        steps.append({**step, "at_risk": float(at_risk[day]), "events": 0.0, "censored": 0.0})
    every = max(1, -(-asked.follow_up_days // MOST_TICKS))
    ticks = [{"time": float(d), "at_risk": float(at_risk[d])} for d in range(0, asked.follow_up_days + 1, every)]
    return Curve(asked.outcome, GROUPS[arm.clones.strategy], "days", method, steps, ticks)
