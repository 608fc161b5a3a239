"""Two groups by what happened or not, or by a number: effects with their intervals, then tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from icans.results.cohort import Cohort, Mask
from icans.results.groups.outcomes import Outcome
from icans.results.groups.pairs import Pair, effect, tested
from icans.results.rows import Result, Subject
from icans.results.summaries import described, rate
from icans.stats.e_value import EValue, Measure, e_value
from icans.stats.estimate import Estimate
from icans.stats.rank_sum import hodges_lehmann_shift, rank_sum
from icans.stats.two_proportions import Group, fisher, miettinen_nurminen, newcombe, risk_ratio

DIFFERENCE, SCORE_DIFFERENCE = "risk difference", "risk difference (Miettinen-Nurminen)"
RATIO, FISHER = "risk ratio", "Fisher's exact test"
SHIFT, RANK_SUM = "shift", "rank-sum test"
CONFOUNDING = "E-value"


def yes_no_of_group(subject: Subject, cohort: Cohort, outcome: Outcome, who: Mask) -> list[Result]:
    """Give how many of a group had the event: n, events, percent with intervals."""
    had = who & (outcome.value == 1)
    return rate(
        replace(subject, method=f"patients with {outcome.words}"), int(np.count_nonzero(had)), cohort.names(had)
    )


def number_of_group(subject: Subject, cohort: Cohort, outcome: Outcome, who: Mask) -> list[Result]:
    """Summarise a number in a group."""
    positions = np.flatnonzero(who)
    return described(replace(subject, method=outcome.words), cohort, positions, outcome.value[positions])


def yes_no_effects(pair: Pair) -> list[Result]:
    """Compare two groups by a yes-or-no endpoint: differences and ratio of risks, then Fisher's test."""
    one, other = (_counts(pair, who) for who in (pair.group, pair.reference))
    ratio = risk_ratio(one, other)
    subject = replace(pair.subject, method="")
    return [
        *effect(subject, DIFFERENCE, newcombe(one, other), unit="%", scale=100),
        *effect(subject, SCORE_DIFFERENCE, miettinen_nurminen(one, other), unit="%", scale=100),
        *effect(subject, RATIO, ratio),
        tested(subject, FISHER, fisher(one, other)),
        *confounding(subject, ratio, "risk ratio"),
    ]


def number_effects(pair: Pair) -> list[Result]:
    """Compare two groups by a number: the shift, then the rank-sum test."""
    one, other = (pair.outcome.value[who] for who in (pair.group, pair.reference))
    subject = replace(pair.subject, method="")
    return [
        *effect(subject, SHIFT, hodges_lehmann_shift(one, other), unit=pair.outcome.unit),
        tested(subject, RANK_SUM, rank_sum(one, other)),
    ]


def confounding(
    subject: Subject, ratio: Estimate, measure: Measure, *, rare: bool = False, prefix: str = ""
) -> list[Result]:
    """Say how strong unmeasured confounding would have to be to explain a ratio away: of the estimate, of its limit."""
    if ratio.value is None and ratio.low is None:
        return []
    found: EValue = e_value(ratio, measure, rare=rare)
    rows = replace(subject, level=f"{prefix}{CONFOUNDING} of the {measure}", unit="", method=found.method, n=found.n)
    return [rows.row("estimate", found.estimate, found.reason), rows.row("limit", found.limit, found.limit_reason)]


def _counts(pair: Pair, who: Mask) -> Group:
    values: Any = pair.outcome.value[who]
    return Group(int(np.count_nonzero(values == 1)), values.size)
