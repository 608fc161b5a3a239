"""The remission rate of few patients: by stated priors, against a natural rate, and with missing outcomes counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from icans.results.gathered import Gathered
from icans.results.rows import Result, Subject
from icans.results.summaries import estimated
from icans.results.synthetic import marked
from icans.stats.bayes import Beta, Densities, credible, densities, posterior, probability_above
from icans.stats.e_value import e_value
from icans.stats.estimate import Estimate
from icans.stats.proportions import clopper_pearson
from icans.stats.tipping_point import TippingPoints, tipping_points_against
from icans.stats.two_proportions import Group

if TYPE_CHECKING:
    from icans.protocol import Protocol
    from icans.protocols.small_samples import SmallSamples

ANALYSIS = "small_samples"
LISTED = 40
"""Most missing outcomes of which every number is a row."""
NOBODY = "there is no patient"


@dataclass(frozen=True)
class Belief:
    """What is believed of the rate before and after the data.

    Parameters
    ----------
    name
        The prior, as its rows are called.
    curves
        Density of both at rates from 0 to 1.
    above
        Probability after the data that the rate exceeds the natural one.
    """

    name: str
    curves: Densities
    above: float


def small_samples(study: Gathered, protocol: Protocol) -> list[Result]:
    """Give what `[small_samples]` asks for; nothing where the protocol lacks it.

    Parameters
    ----------
    study
        The study as arrays.
    protocol
        Definitions of the study.

    Returns
    -------
    list of Result
        ``natural_rate``: percent, as stated. ``remission`` (level a prior): n, events, percent (posterior mean),
        ci_low, ci_high, above_natural. ``ratio_to_natural``: ratio, ci_low, ci_high, e_value, e_value_limit.
        ``missing_outcome``: n, missing, and by how many of the missing are counted as remissions (level such as
        ``1 of 2``) percent, ci_low, ci_high, verdict (1 above the natural rate, -1 below, 0 holding it) and ``tips``
        where that changes.
    """
    asked = protocol.small_samples
    if asked is None:
        return []
    treated = study.evaluated
    judged = ~np.isnan(treated["remission"])
    events = treated["remission"] == 1
    who = study.cohort.names(treated["patient"][judged])
    subject = Subject(ANALYSIS, "remission", method="evaluable patients in remission", n=len(who), patients=who)
    counts = (int(np.count_nonzero(events)), int(np.count_nonzero(judged)))
    stated = Subject(ANALYSIS, "natural_rate", unit="%", method=f"stated, not estimated: {asked.natural_rate_source}")
    rows = [stated.row("percent", 100 * asked.natural_rate)]
    for prior in priors(asked):
        rows += _believed(subject, prior, counts, asked)
    rows += _ratio(subject, counts, asked)
    # Whoever was not assessed after the course counts as no remission elsewhere, and as missing here.
    unseen = ~events & ~(treated["last_hour"] > treated["first_course_hour"])
    missing = ~judged | unseen
    names = study.cohort.names(treated["patient"][missing])
    rows += _missing(subject, (counts[0], int(np.count_nonzero(~missing))), names, asked)
    return marked(rows, synthetic=protocol.study.synthetic)


def priors(asked: SmallSamples) -> list[Beta]:
    """Give the priors of the protocol."""
    return [Beta(a, b) for a, b in asked.priors]


def beliefs(results: Sequence[Result], asked: SmallSamples) -> list[Belief]:
    """Give the curves of prior and posterior, for a figure."""
    found = {(row.level, row.statistic): row.value for row in results if row.analysis == ANALYSIS}
    made = []
    for prior in priors(asked):
        n, events = found.get((str(prior), "n")), found.get((str(prior), "events"))
        above = found.get((str(prior), "above_natural"))
        if n and events is not None and above is not None:
            after = posterior(int(events), int(n), prior)
            made.append(Belief(str(prior), densities(prior, after), above))
    return made


def _believed(subject: Subject, prior: Beta, counts: tuple[int, int], asked: SmallSamples) -> list[Result]:
    about = replace(subject, level=str(prior))
    chance = 100 * probability_above(posterior(*counts, prior), asked.natural_rate) if counts[1] else None
    method = f"posterior probability that the rate exceeds the natural rate, {prior}"
    return [
        about.row("n", counts[1]),
        about.row("events", counts[0]),
        *estimated(replace(about, unit="%"), credible(*counts, prior), ("percent", "ci_low", "ci_high"), 100),
        about.row("above_natural", chance, NOBODY, unit="%", method=method),
    ]


def _ratio(subject: Subject, counts: tuple[int, int], asked: SmallSamples) -> list[Result]:
    """Give the rate as a multiple of the natural one, and what confounding would have to be to explain it."""
    about = replace(
        subject, variable="ratio_to_natural", method="rate over the natural rate, which is taken as certain"
    )
    exact = clopper_pearson(*counts)
    parts = (None if part is None else part / asked.natural_rate for part in (exact.value, exact.low, exact.high))
    value, low, high = parts
    ratio = Estimate(
        value,
        low,
        high,
        exact.method,
        exact.n,
        reason=exact.reason,
        low_reason=exact.low_reason,
        high_reason=exact.high_reason,
    )
    needed = e_value(ratio, "risk ratio")
    plain = replace(about, method=needed.method)
    return [
        *estimated(about, ratio, ("ratio", "ci_low", "ci_high")),
        plain.row("e_value", needed.estimate, needed.reason),
        plain.row("e_value_limit", needed.limit, needed.limit_reason),
    ]


def _missing(subject: Subject, known: tuple[int, int], names: tuple[str, ...], asked: SmallSamples) -> list[Result]:
    """Count the missing outcomes as remissions, one after the other."""
    about = replace(subject, variable="missing_outcome", n=known[1] + len(names))
    lost = replace(about, patients=names, method="no finish line applies, or not assessed after the first course")
    rows = [
        about.row("n", known[1], method="patients whose outcome is known"),
        lost.row("missing", len(names)),
    ]
    if known[1] + len(names) == 0:
        return rows
    found = tipping_points_against(Group(*known), len(names), asked.natural_rate)
    steps = found.events.tolist() if len(names) <= LISTED else [0, len(names)]
    for place in [found.events.tolist().index(step) for step in steps] if names else []:
        rows += _counted(about, found, place, len(names))
    tips = found.points[0][0] if found.points else None
    reason = found.reason or "there is no tipping point"
    return [*rows, about.row("tips", tips, reason, method=found.method)]


def _counted(about: Subject, found: TippingPoints, place: int, missing: int) -> list[Result]:
    here = replace(about, level=f"{int(found.events[place])} of {missing}", unit="%", method=found.method)
    return [
        here.row("percent", 100 * float(found.value[place])),
        here.row("ci_low", 100 * float(found.low[place])),
        here.row("ci_high", 100 * float(found.high[place])),
        here.row("verdict", float(found.verdict[place]), unit=""),
    ]
