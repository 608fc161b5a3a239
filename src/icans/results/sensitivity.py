"""Sensitivity: what other definitions would have made of remission, which matters most, and which claims hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from icans.errors import ClaimsError
from icans.results.claims import Claim, verify
from icans.results.remission import days_of_responders, rates
from icans.results.rows import Result, Subject
from icans.results.specified import NO_RESPONDER, Outcome, Specified

ANALYSIS = "sensitivity"
REMISSION, DAYS = "remission", "days_to_remission"
ALONE = "specifications that differ in this definition alone"
POINTS = "percentage points"
HOLDS = frozenset({"agrees", "compatible with rounding"})
CLAIMED = {
    "remission": None,
    "recurrence": None,
    "time_to_remission": frozenset({"incidence", "median_all", "at_risk"}),
}
"""Analyses whose claims are recomputed, and statistics of theirs that rest on everyone's follow-up and are not."""

Answer = Callable[[Outcome], float | None]
"""What a specification answers to one question."""


@dataclass(frozen=True)
class Change:
    """How far one definition alone moves an answer.

    Parameters
    ----------
    mean, largest
        Mean and largest range of the answer over the values of the definition, all others kept; None without a set.
    sets
        Sets of two or more specifications that differ in the definition alone and can be applied.
    widest
        Ids of the two specifications that are furthest apart.
    """

    mean: float | None
    largest: float | None
    sets: int
    widest: tuple[str, str] | None


def sensitivity(study: Specified, claims: Sequence[Claim] = ()) -> list[Result]:
    """Give every specification's answer, the range of the answers, what moves them, and which claims hold.

    Parameters
    ----------
    study
        The study under every specification.
    claims
        What a manuscript states; claims about other analyses than remission and time to remission are left out.

    Returns
    -------
    list of Result
        Level a specification (``S001``): ``evaluable`` n; ``remission`` n, events, percent, ci_low, ci_high;
        ``days_to_remission`` n, median. Level a definition (``episodes.quiet_hours``): ``remission`` and
        ``days_to_remission`` mean_change, largest_change. Level a claim: ``claims`` holds. No level:
        ``specifications`` n, applicable, not_applicable; min and max of ``evaluable``, ``remission`` and
        ``days_to_remission``.
    """
    rows = [*_counts(study), *_ranges(study)]
    for place in range(len(study.alternatives)):
        rows += _changes(study, place)
    rows += claimed(study, claims)
    for outcome in study.outcomes:
        rows += _answer(outcome)
    return rows


def change(study: Specified, place: int, answer: Answer) -> Change:
    """Say how far a definition alone moves an answer: ranges over its values in sets that share all other definitions.

    Pairing keeps the comparison fair where some combinations cannot be applied: a value is compared with another only
    under the same other definitions.
    """
    sets: dict[tuple[int, ...], list[tuple[float, str]]] = {}
    for outcome in study.applicable:
        value = answer(outcome)
        if value is not None:
            choices = outcome.specification.choices
            sets.setdefault(choices[:place] + choices[place + 1 :], []).append((value, outcome.specification.id))
    ranges = [(max(own)[0] - min(own)[0], min(own)[1], max(own)[1]) for own in sets.values() if len(own) > 1]
    if not ranges:
        return Change(None, None, 0, None)
    largest = max(ranges, key=lambda one: one[0])
    return Change(fmean(one[0] for one in ranges), largest[0], len(ranges), (largest[1], largest[2]))


def claimed(study: Specified, claims: Sequence[Claim]) -> list[Result]:
    """Count the specifications under which each claim about remission and the time to it holds."""
    asked = [claim for claim in claims if claim.analysis in CLAIMED]
    left_out = [claim for claim in asked if claim.statistic in (CLAIMED[claim.analysis] or ())]
    counted = [claim for claim in asked if claim not in left_out]
    held: dict[str, list[Outcome]] = {claim.id: [] for claim in counted}
    for outcome in study.applicable if counted else ():
        for claim in _held(study, outcome, counted):
            held[claim.id].append(outcome)
    method = "applicable specifications under which the stated figure agrees, or is compatible with rounding"
    subject = Subject(
        ANALYSIS, "claims", method=method, n=len(study.applicable), patients=study.cohort.names(study.cohort.evaluable)
    )
    reason = "rests on everyone's follow-up, which is derived under the study's own definitions alone"
    return [
        replace(subject, level=claim.id).row("holds", None if claim in left_out else len(held[claim.id]), reason)
        for claim in asked
    ]


def _held(study: Specified, outcome: Outcome, claims: Iterable[Claim]) -> Iterator[Claim]:
    protocol = outcome.specification.protocol
    if protocol is None:
        return
    rows = [*rates(study.cohort, outcome.rows, protocol), *days_of_responders(study.cohort, outcome.rows)]
    for claim in claims:
        try:
            (verdict,) = verify(rows, [claim])
        except ClaimsError:  # under this specification nobody is of the group it speaks of
            continue
        if verdict.verdict in HOLDS:
            yield claim


def _counts(study: Specified) -> list[Result]:
    subject = Subject(ANALYSIS, "specifications", n=len(study.outcomes))
    applicable = len(study.applicable)
    return [
        subject.row("n", len(study.outcomes), method="combinations of the definitions' values"),
        subject.row("applicable", applicable, method="combinations that give a remission rate"),
        subject.row("not_applicable", len(study.outcomes) - applicable, method="combinations that give none"),
    ]


def _ranges(study: Specified) -> list[Result]:
    rows = []
    about: dict[str, tuple[str, str, Answer]] = {
        "evaluable": ("", "evaluable patients", _evaluable),
        REMISSION: ("%", "remission rate", _percent),
        DAYS: ("days", "median time from first course to remission among responders", _days),
    }
    for variable, (unit, what, answer) in about.items():
        values = [value for outcome in study.applicable if (value := answer(outcome)) is not None]
        patients = study.cohort.names(study.cohort.evaluable)
        subject = Subject(ANALYSIS, variable, unit=unit, n=len(values), patients=patients)
        for statistic, pick, word in (("min", min, "smallest"), ("max", max, "largest")):
            reason = "no specification gives one"
            method = f"{word} {what} of the applicable specifications"
            rows.append(subject.row(statistic, pick(values, default=None), reason, method=method))
    return rows


def _changes(study: Specified, place: int) -> list[Result]:
    rows = []
    name = study.alternatives[place].definition.name
    for variable, unit, answer in ((REMISSION, POINTS, _percent), (DAYS, "days", _days)):
        found = change(study, place, answer)
        what = "remission rate" if variable == REMISSION else "median days to remission among responders"
        patients = study.cohort.names(study.cohort.evaluable)
        subject = Subject(ANALYSIS, variable, level=name, unit=unit, n=found.sets, patients=patients)
        reason = f"no two {ALONE} can be compared"
        apart = f" ({found.widest[0]} and {found.widest[1]})" if found.widest and found.largest else ""
        method = f"range of the {what} over {ALONE}"
        rows += [
            subject.row("mean_change", found.mean, reason, method=f"{method}, mean of {found.sets} such sets"),
            subject.row("largest_change", found.largest, reason, method=f"{method}, largest of them{apart}"),
        ]
    return rows


def _answer(outcome: Outcome) -> list[Result]:
    evaluable, n, events = outcome.counts
    level, reason = outcome.specification.id, outcome.reason
    everyone = Subject(
        ANALYSIS, "evaluable", level=level, method="evaluable patients", n=evaluable, patients=outcome.evaluable
    )
    method = "evaluable patients who reached the finish line"
    judged = Subject(ANALYSIS, REMISSION, level=level, method=method, n=n, patients=outcome.judged)
    had = replace(judged, patients=outcome.responders)
    days = Subject(
        ANALYSIS,
        DAYS,
        level=level,
        unit="days",
        method="from first course to remission, responders; median of the recorded values",
        n=events,
        patients=outcome.responders,
    )
    rate = outcome.rate
    if rate is None:
        counted = outcome.specification.protocol is not None and not outcome.specification.reason
        counts = everyone.row("n", evaluable if counted else None, reason)
        return [counts, judged.row("percent", None, reason, unit="%"), days.row("median", None, reason)]
    share = replace(judged, unit="%", method=f"{method}; {rate.method}")
    limits = {"ci_low": (rate.low, rate.low_reason), "ci_high": (rate.high, rate.high_reason)}
    return [
        everyone.row("n", evaluable),
        judged.row("n", n),
        had.row("events", events),
        share.row("percent", outcome.percent),
        *(share.row(name, None if value is None else 100 * value, why) for name, (value, why) in limits.items()),
        days.row("n", events, unit="", method="responders"),
        days.row("median", outcome.median_days, NO_RESPONDER),
    ]


def _evaluable(outcome: Outcome) -> float | None:
    return outcome.counts[0]


def _percent(outcome: Outcome) -> float | None:
    return outcome.percent


def _days(outcome: Outcome) -> float | None:
    return outcome.median_days
