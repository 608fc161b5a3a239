"""What the estimates of a target trial rest on: who was treated when, weights, balance, the weight model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from icans.protocols.target_trial import TargetTrial
from icans.results.cohort import Mask
from icans.results.display import time_point
from icans.results.emulated import Confounder, Emulated
from icans.results.rows import Result, Subject
from icans.results.trial_names import ANALYSIS, GROUPS
from icans.stats.arrays import Floats
from icans.stats.balance import StandardisedDifference, binary_difference, numeric_difference
from icans.stats.cloning import DAY
from icans.stats.target_trial import MODEL, Arm, Emulation

DAYS = "patient-days of the grace period on which an untreated patient could be treated"
WEIGHTS = "stabilised inverse-probability-of-censoring weights of the clones left after the day, truncated"
BALANCE = "at eligibility, clones that kept to the intervention less those that kept to none"


def diagnostics(followed: Emulated, emulation: Emulation, asked: TargetTrial) -> Iterator[Result]:
    """Give the rows that say what the estimates rest on.

    Parameters
    ----------
    followed
        The eligible episodes.
    emulation
        The emulated trial.
    asked
        The trial that the protocol states.
    """
    yield from _positivity(followed, emulation, asked)
    for arm in emulation.arms:
        yield from _weights(followed, arm, asked, Subject(ANALYSIS, "weights", GROUPS[arm.clones.strategy]))
    yield from _model(followed, emulation)
    yield from _balance(followed, emulation)


def _positivity(followed: Emulated, emulation: Emulation, asked: TargetTrial) -> Iterator[Result]:
    """Who could be treated and who was, on each day of the grace period and at each grade."""
    eligible = followed.eligible
    days = np.broadcast_to(np.arange(asked.grace_days), eligible.deciding.shape)
    strata = {f"day {day + 1}": days == day for day in range(asked.grace_days)}
    seen = followed.grade[eligible.deciding]
    grades = np.unique(seen[~np.isnan(seen)]).astype(int).tolist()
    strata |= {f"grade {grade}": followed.grade == grade for grade in grades}
    for level, stratum in strata.items():
        here = eligible.deciding & stratum
        n, treated = int(here.sum()), int((eligible.begun & here).sum())
        names = followed.cohort.names(np.unique(followed.position[here.any(axis=1)]))
        subject = Subject(ANALYSIS, "positivity", level=level, method=DAYS, n=n, patients=names)
        yield subject.row("patient_days", n)
        yield subject.row("treated", treated)
        yield subject.row("percent", 100 * treated / n if n else None, "there is no such patient-day", unit="%")
    fitted = emulation.probability[eligible.deciding]
    subject = Subject(ANALYSIS, "probability_of_treatment", unit="%", method=MODEL, n=fitted.size)
    known = fitted.size > 0 and not np.isnan(fitted).any()
    reason = emulation.arms[0].reason or "nobody could be treated"
    yield subject.row("min", 100 * float(fitted.min()) if known else None, reason)
    yield subject.row("max", 100 * float(fitted.max()) if known else None, reason)


def _weights(followed: Emulated, arm: Arm, asked: TargetTrial, subject: Subject) -> Iterator[Result]:
    """Weights after each day of the grace period, and how many were cut."""
    if arm.weight is None:
        yield subject.row("max", None, arm.reason, method=WEIGHTS)
        return
    cut = arm.truncated
    for day in range(asked.grace_days):
        left = arm.clones.last >= DAY * (day + 1)
        of_day = subject.about(_names(followed, left), int(left.sum()), level=time_point(day + 1, "days"))
        values = cut[left, day]
        some = values.size > 0
        parts = {
            "mean": values.mean() if some else None,
            "min": values.min() if some else None,
            "max": values.max() if some else None,
            "effective_n": values.sum() ** 2 / (values**2).sum() if some else None,
        }
        yield of_day.row("n", int(left.sum()), method="clones left after the day")
        for statistic, value in parts.items():
            method = f"{WEIGHTS}; squared sum over sum of squares" if statistic == "effective_n" else WEIGHTS
            yield of_day.row(statistic, None if value is None else float(value), "no clone is left", method=method)
    kept = ~arm.clones.departed
    above = kept & (arm.weight.last > arm.bound)
    whole = subject.about(_names(followed, kept), int(kept.sum()))
    largest = float(arm.weight.last[kept].max()) if kept.any() else None
    yield whole.row("largest", largest, "no clone kept to the strategy", method="largest weight before truncation")
    bound = None if np.isinf(arm.bound) else arm.bound
    yield whole.row("bound", bound, "no weight is cut", method=_truncation(asked))
    yield whole.about(_names(followed, above), whole.n).row("truncated", int(above.sum()), method=_truncation(asked))


def _truncation(asked: TargetTrial) -> str:
    if asked.truncate_at is not None:
        return f"weights above {asked.truncate_at:g} are set to it"
    return (
        f"weights above the {asked.truncate_percentile:g}th percentile of those who kept to the strategy are set to it"
    )


def _model(followed: Emulated, emulation: Emulation) -> Iterator[Result]:
    """How each confounder changes the odds of being treated, or why the model does without it."""
    everyone = _names(followed, np.ones(followed.eligible.size, dtype=np.bool_))
    subject = Subject(ANALYSIS, "odds_of_treatment", method=MODEL, n=int(followed.eligible.deciding.sum()))
    subject = subject.about(everyone, subject.n)
    reasons = followed.unknown | emulation.left_out
    failed = next((arm.reason for arm in emulation.arms if arm.reason), "there is no model")
    for name in (*followed.unknown, *followed.eligible.names):
        ratio = emulation.odds_ratios.get(name)
        here = subject.about(everyone, subject.n, level=name)
        yield here.row("odds_ratio", ratio, reasons.get(name, failed), method=f"{MODEL}, for one more of it")


def _balance(followed: Emulated, emulation: Emulation) -> Iterator[Result]:
    """How far the clones that kept to each strategy differ in what was known at eligibility, plain and weighted."""
    treat, none = emulation.arms
    who = ~treat.clones.departed, ~none.clones.departed
    for one in followed.confounders:
        for group, weights in (("unweighted", None), ("weighted", (_last(treat), _last(none)))):
            n = int(who[0].sum() + who[1].sum())
            subject = Subject(ANALYSIS, "balance", group, one.name, n=n)
            reason = next((arm.reason for arm in emulation.arms if arm.weight is None), None) if weights else None
            if reason:
                yield subject.row("standardised_difference", None, reason, method=BALANCE)
                continue
            found = _difference(one, who, weights)
            yield subject.row("standardised_difference", found.value, found.reason, method=f"{found.method}; {BALANCE}")


def _difference(
    one: Confounder, who: tuple[Mask, Mask], weights: tuple[Floats, Floats] | None
) -> StandardisedDifference:
    first = one.values[:, 0]
    compare = binary_difference if one.binary else numeric_difference
    if weights is None:
        return compare(first[who[0]], first[who[1]])
    return compare(first[who[0]], first[who[1]], weights=weights[0][who[0]], reference_weights=weights[1][who[1]])


def _last(arm: Arm) -> Floats:
    """Give the last weight of each clone, in which those left stand for all clones of the strategy."""
    return np.asarray(arm.truncated[:, -1] / arm.share[-1])


def _names(followed: Emulated, mask: Mask) -> tuple[str, ...]:
    return followed.cohort.names(np.unique(followed.position[mask]))
