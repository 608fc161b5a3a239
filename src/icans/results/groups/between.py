"""Groups compared as the protocol asks: every comparison by every endpoint, and what cannot be compared so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from icans.results.cohort import Mask
from icans.results.curves import Curve, plain
from icans.results.groups.characteristics import characteristics
from icans.results.groups.effects import number_effects, number_of_group, yes_no_effects, yes_no_of_group
from icans.results.groups.grouping import Grouping, grouping, joined
from icans.results.groups.late import Late, instead
from icans.results.groups.outcomes import Outcome, outcome
from icans.results.groups.pairs import about, group_name, pairs
from icans.results.groups.refusals import ANALYSIS, NOT_COMPARED
from icans.results.groups.source import Source
from icans.results.groups.times import Draws, curve_of, time_effects, time_of_group, time_tests
from icans.results.population import steps_of
from icans.results.rows import Result, Subject
from icans.stats.competing_risks import IncidenceCurve
from icans.stats.time_to_event import SurvivalCurve


@dataclass(frozen=True)
class Drawn:
    """The curves of an endpoint by group, for a figure.

    Parameters
    ----------
    comparison, endpoint
        Names of the two.
    words, origin
        What is counted and from when, as phrases.
    kind
        survival or incidence.
    design
        Empty where groups were known at time zero; else how they were drawn.
    curves
        One a group, named by it.
    """

    comparison: str
    endpoint: str
    words: str
    origin: str
    kind: str
    curves: tuple[Curve, ...]
    design: str = ""


@dataclass(frozen=True)
class BetweenGroups:
    """What comparing the groups of a study gave.

    Parameters
    ----------
    results
        Rows of analysis ``comparison`` and ``comparison_baseline``.
    groupings
        Who was compared with whom.
    drawn
        Curves for figures.
    immortal
        One entry a patient and endpoint with immortal time, for `immortal_time.csv`.
    """

    results: list[Result]
    groupings: tuple[Grouping, ...] = ()
    drawn: list[Drawn] = field(default_factory=list)
    immortal: list[dict[str, Any]] = field(default_factory=list)


def between_groups(source: Source) -> BetweenGroups:
    """Compare groups of patients as ``[[compare]]`` asks.

    Parameters
    ----------
    source
        The study.

    Returns
    -------
    BetweenGroups
        For each comparison (group NAME): variable ``patients``; each characteristic by group; and for each endpoint
        what each group had (group NAME: GROUP), effects with intervals and tests (level the effect or the test). Where
        a group was known only after the endpoint's time zero the naive comparison is a row with the reason, and
        landmark analyses and a time-dependent model stand in its place. See docs/compare.md.

    Raises
    ------
    ProtocolError
        Values cannot make the groups that are asked for.
    """
    groupings = [grouping(one, source) for one in source.protocol.compare]
    outcomes = {name: outcome(name, source) for one in source.protocol.compare for name in one.endpoints}
    found = BetweenGroups([], tuple(groupings))
    for made in groupings:
        steps = steps_of(source.study, source.protocol)
        who = steps[made.comparison.population][0]
        found.results.extend(_patients(source, made, who))
        if not _empty(made, who):
            cohort = source.study.cohort
            found.results.extend(characteristics(cohort, source.study.characteristics, made, who))
        for name in made.comparison.endpoints:
            _compare(source, made, outcomes[name], who, found)
    return found


def _patients(source: Source, made: Grouping, who: Mask) -> Iterator[Result]:
    """Count the patients of each group, and those in none."""
    cohort, comparison = source.study.cohort, made.comparison
    where = comparison.population.replace("_", " ")
    for number, label in enumerate(made.labels):
        members = who & made.members(number)
        n = int(np.count_nonzero(members))
        method = f"{where} patients of the group {label}"
        yield Subject(
            ANALYSIS, "patients", group_name(made, number), method=method, n=n, patients=cohort.names(members)
        ).row("n", n)
    neither = who & ~made.known
    n = int(np.count_nonzero(neither))
    method = f"{where} patients in none of the groups: {comparison.by} is another or not known"
    yield Subject(
        ANALYSIS,
        "patients",
        comparison.name,
        method=method,
        n=int(np.count_nonzero(who)),
        patients=cohort.names(neither),
    ).row("left_out", n)


def _empty(made: Grouping, who: Mask) -> str:
    """Say which group has nobody; empty where all have somebody."""
    if len(made.labels) < 2:
        return made.note or f"{made.comparison.by} has fewer than two values"
    names = [f'"{label}"' for number, label in enumerate(made.labels) if not (who & made.members(number)).any()]
    if not names:
        return ""
    nobody = (
        f"the group{'s' if len(names) > 1 else ''} {' and '.join(names)} ha{'ve' if len(names) > 1 else 's'} no patient"
    )
    return f"{nobody}; {made.note}" if made.note else nobody


def _compare(source: Source, made: Grouping, by: Outcome, who: Mask, found: BetweenGroups) -> None:
    cohort = source.study.cohort
    analysed = who & made.known & by.defined
    whole = about(cohort, by, made.comparison.name, analysed)
    found.results.append(_without_endpoint(source, made, by, who))
    reason = _empty(made, who) or _empty(made, analysed)
    if reason:
        with_endpoint = "" if _empty(made, who) else f" with this endpoint ({by.words} from {by.origin})"
        found.results.append(replace(whole, level=NOT_COMPARED).row("estimate", None, f"{reason}{with_endpoint}"))
        return
    late = Late(made, by, joined(made.comparison.population, source), analysed)
    if late.any:
        added = instead(source, late, whole)
        found.results.extend(added.results)
        found.drawn.extend(
            Drawn(made.comparison.name, by.name, by.words, by.origin, by.kind, added.curves, added.design)
            for _ in added.curves[:1]
        )
        found.immortal.extend(added.immortal)
        return
    found.results.extend(_by_group(source, made, by, analysed))
    found.results.extend(_effects(source, made, by, analysed, whole))
    if by.is_time:
        found.drawn.append(_drawn(source, made, by, analysed))


def _without_endpoint(source: Source, made: Grouping, by: Outcome, who: Mask) -> Result:
    without = who & made.known & ~by.defined
    method = f"patients of the groups without this endpoint ({by.words} from {by.origin})"
    whole = about(source.study.cohort, by, made.comparison.name, who & made.known)
    behind = replace(whole, patients=source.study.cohort.names(without), unit="", method=method)
    return behind.row("left_out", int(np.count_nonzero(without)))


def _by_group(source: Source, made: Grouping, by: Outcome, analysed: Mask) -> Iterator[Result]:
    """Give what each group had."""
    cohort = source.study.cohort
    for number in range(len(made.labels)):
        members = analysed & made.members(number)
        subject = about(cohort, by, group_name(made, number), members)
        if by.kind == "yes_no":
            yield from yes_no_of_group(subject, cohort, by, members)
        elif by.kind == "number":
            yield from number_of_group(subject, cohort, by, members)
        else:
            yield from time_of_group(subject, cohort, by, members, source.protocol)


def _effects(source: Source, made: Grouping, by: Outcome, analysed: Mask, whole: Subject) -> Iterator[Result]:
    """Give the effects of each group against the reference, then tests of all groups together."""
    comparison = made.comparison
    for pair in pairs(source.study.cohort, made, by, analysed):
        if by.kind == "yes_no":
            yield from yes_no_effects(pair)
        elif by.kind == "number":
            yield from number_effects(pair)
        else:
            yield from time_effects(pair, source.protocol, tau=comparison.tau_days)
    if by.is_time:
        draws = Draws(comparison.seed, comparison.draws, source.drawing(comparison.draws))
        time, event, group = by.time[analysed], by.event[analysed], made.group[analysed]
        yield from time_tests(whole, time, event, group, competing=by.kind == "incidence", draws=draws)


def _drawn(source: Source, made: Grouping, by: Outcome, analysed: Mask) -> Drawn:
    curves = []
    for number, label in enumerate(made.labels):
        curve = curve_of(by, analysed & made.members(number), source.protocol)
        if isinstance(curve, SurvivalCurve | IncidenceCurve):
            curves.append(plain(by.name, label, by.unit, curve))
    return Drawn(made.comparison.name, by.name, by.words, by.origin, by.kind, tuple(curves))
