"""Groups known only after time zero: why they are not compared naively, and what is given instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from icans.results.cohort import Cohort, Mask
from icans.results.curves import Curve, stretch_curve
from icans.results.display import number, time_point
from icans.results.groups.grouping import Grouping
from icans.results.groups.outcomes import Outcome
from icans.results.groups.pairs import about, group_name, pair_name, tested
from icans.results.groups.refusals import ANALYSIS, NAIVE
from icans.results.groups.source import Source
from icans.results.groups.times import Draws, hazard_ratio, time_tests
from icans.results.rows import Result, Subject
from icans.stats.arrays import Counts, Floats
from icans.stats.immortal_time import ImmortalTime, immortal_time
from icans.stats.simon_makuch import mantel_byar, simon_makuch
from icans.stats.stretches import Stretches, landmark, number_in_groups, stretches
from icans.units import HOURS_PER_DAY

IMMORTAL, TIME_DEPENDENT, MANTEL_BYAR = "immortal time", "time-dependent", "Mantel-Byar test"
SIMON_MAKUCH = "Simon-Makuch"
AT_ONCE = 1e-6
"""Hours by which a moment may come after time zero and still be at it."""
DECIMALS = 6
"""Of hours between two moments: what is exactly seven days later is not later than that."""

LISTED = 20
"""Most patients whose immortal time is a row of its own; immortal_time.csv has all."""


@dataclass(frozen=True)
class Late:
    """Groups that became known after time zero, by one endpoint.

    Parameters
    ----------
    grouping, outcome
        The groups and the endpoint.
    joined
        When each patient of the study was known to be one of those compared, hours on the patient's clock.
    analysed
        Patients in a group who have the endpoint.
    """

    grouping: Grouping
    outcome: Outcome
    joined: Floats
    analysed: Mask

    @property
    def any(self) -> bool:
        """Whether anybody was known to be in a group only after time zero."""
        return bool(np.nan_to_num(self.known).any())

    @property
    def entry(self) -> Floats:
        """Days from time zero until each analysed patient is counted at all; 0 at or before it."""
        joined = self._days(self.joined)
        return joined if self.grouping.waits is not None else np.maximum(joined, self._days(self.grouping.moment))

    @property
    def change(self) -> Floats:
        """Days from time zero until each analysed patient leaves the group of those who wait; NaN if never."""
        if self.grouping.waits is None:
            return np.full(self.group.size, np.nan)
        return self._days(self.grouping.moment)

    @property
    def known(self) -> Floats:
        """Days from time zero until it was known that an analysed patient is in the group; 0 at or before it.

        Only a time to an event begins for everyone who is ever compared: of what is no time, the group alone counts.
        """
        if not self.outcome.is_time:
            return self._days(self.grouping.moment)
        return np.fmax(self.entry, self.change)

    @property
    def group(self) -> Counts:
        """Number of each analysed patient's group."""
        group: Counts = self.grouping.group[self.analysed]
        return group

    @property
    def time(self) -> Floats:
        """Time of each analysed patient, in the endpoint's unit."""
        return self.outcome.time[self.analysed]

    @property
    def event(self) -> Counts:
        """What ended each analysed patient's time."""
        event: Counts = self.outcome.event[self.analysed]
        return event

    @property
    def places(self) -> Counts:
        """Where the analysed patients stand in the cohort."""
        return np.flatnonzero(self.analysed)

    def in_unit(self, days: Floats) -> Floats:
        """Give days in the endpoint's unit."""
        return days / self.outcome.days_a_unit

    def _days(self, moment: Floats) -> Floats:
        """Give the days from time zero to a moment, 0 where it was not after it and NaN where it never came."""
        after = np.round(moment[self.analysed] - self.outcome.zero[self.analysed], DECIMALS)
        days = np.where(after <= AT_ONCE, 0.0, after / HOURS_PER_DAY)
        return np.where(np.isposinf(days), np.nan, days)


@dataclass(frozen=True)
class Instead:
    """What is given in place of a naive comparison: rows, curves of Simon and Makuch, and who has immortal time."""

    results: list[Result]
    curves: tuple[Curve, ...] = ()
    design: str = SIMON_MAKUCH
    immortal: list[dict[str, Any]] = field(default_factory=list)


def instead(source: Source, late: Late, whole: Subject) -> Instead:
    """Refuse the naive comparison, measure immortal time, and give landmark and time-dependent analyses.

    Parameters
    ----------
    source
        The study.
    late
        Groups that became known after time zero.
    whole
        What rows about all groups share.
    """
    cohort, outcome = source.study.cohort, late.outcome
    rows = [replace(whole, level=NAIVE, method="").row("estimate", None, refusal(late))]
    if not outcome.is_time:
        return Instead(rows)
    found = immortal_time(outcome.value[late.analysed], late.group, late.known)
    rows += _immortal_rows(cohort, late, found)
    comparison = late.grouping.comparison
    draws = Draws(comparison.seed, comparison.draws, source.drawing(comparison.draws))
    for day in comparison.landmarks_days:
        rows += _landmark(cohort, late, day, draws)
    stretched = entered(late)
    rows += _time_dependent(cohort, late, stretched)
    curves = tuple(_curves(source, late, stretched))
    return Instead(rows, curves, immortal=list(_carriers(cohort, late, found)))


def refusal(late: Late) -> str:
    """Say why the naive comparison is refused, with how many patients and how late."""
    waited = np.nan_to_num(late.known)
    carrying, longest = int(np.count_nonzero(waited)), float(waited.max())
    outcome = late.outcome
    advice = "" if outcome.is_time else "; a time to event can be compared by landmark and time-dependent analyses"
    return (
        f"refused: that {carrying:,} of {waited.size:,} patients are in their group became known only after "
        f"{outcome.origin}, time zero of the endpoint, up to {number(longest, 1)} days after it; who had the event "
        f"earlier could not have been counted there (immortal time){advice}"
    )


def entered(late: Late) -> Stretches:
    """Cut patients' time so that nobody counts in a group before it was known; ``changed`` is the number of the group.

    Where patients count to a group until they are known to be in another, they do; otherwise they enter when known.
    """
    rows = stretches(late.time, late.event, late.in_unit(late.change))
    own, waits = late.group[rows.patient], late.grouping.waits
    group = own if waits is None else np.where(rows.changed == 1, own, waits)
    entry = late.in_unit(late.entry)[rows.patient]
    start = np.maximum(rows.start, entry)
    kept = (start < rows.stop) | (entry == 0)
    return Stretches(rows.patient[kept], start[kept], rows.stop[kept], rows.event[kept], group[kept])


def _immortal_rows(cohort: Cohort, late: Late, found: ImmortalTime) -> Iterator[Result]:
    """Give what each group carries, then the patients who carry most."""
    outcome, places = late.outcome, late.places
    method = f"from {outcome.origin} until the patient's group was known, within the time observed"
    for one in found.groups:
        inside = late.group == one.group
        carriers = places[inside & (found.patient > 0)]
        subject = about(cohort, outcome, group_name(late.grouping, one.group), cohort.mask(places[inside]))
        subject = replace(subject, level=IMMORTAL, unit="days", method=method)
        yield replace(subject, unit="", patients=cohort.names(carriers)).row("patients", one.carrying)
        yield subject.row("total", one.immortal)
        yield subject.row("longest", one.longest)
        reason = None if one.percent is not None else "nobody of the group was observed for any time"
        yield replace(subject, unit="%").row("percent", one.percent, reason, method=f"{method}; of all time observed")
    for place in np.argsort(-found.patient, kind="stable")[:LISTED]:
        if found.patient[place] > 0:
            name = str(cohort.ids[places[place]])
            label = group_name(late.grouping, int(late.group[place]))
            subject = Subject(ANALYSIS, outcome.name, label, f"{IMMORTAL} of {name}", "days", method, 1, (name,))
            yield subject.row("days", float(found.patient[place]))


def _carriers(cohort: Cohort, late: Late, found: ImmortalTime) -> Iterator[dict[str, Any]]:
    observed = late.outcome.value[late.analysed]
    for place in np.argsort(-found.patient, kind="stable"):
        if found.patient[place] > 0:
            yield {
                "comparison": late.grouping.comparison.name,
                "endpoint": late.outcome.name,
                "patient_id": str(cohort.ids[late.places[place]]),
                "group": late.grouping.labels[int(late.group[place])],
                "immortal_days": float(found.patient[place]),
                "observed_days": float(observed[place]),
            }


def _landmark(cohort: Cohort, late: Late, day: float, draws: Draws) -> Iterator[Result]:
    """Compare from a landmark on those still at risk at it, by the groups known by then."""
    outcome, grouping = late.outcome, late.grouping
    kept = landmark(late.time, late.event, late.in_unit(late.entry), day / outcome.days_a_unit)
    own, places, known = late.group[kept.patient], late.places[kept.patient], kept.group == 1
    if grouping.waits is not None:
        own = np.where(late.change[kept.patient] <= day, own, grouping.waits)
    at = f"landmark {time_point(day, 'days')}"
    words = f"patients at risk {time_point(day, 'days')} after {outcome.origin}, by the group they were known to be in"
    unknown = int(np.count_nonzero(~known))
    left_out = (
        f"{kept.had_event.size} with an event and {kept.lost.size} lost by then"
        + (f", {unknown} not yet known to be one of those compared or in which group" if unknown else "")
        + " left out"
    )
    for place in range(len(grouping.labels)):
        members = places[known & (own == place)]
        subject = about(cohort, outcome, group_name(grouping, place), cohort.mask(members))
        yield replace(subject, level=at, unit="", method=f"{words}; {left_out}").row("n", members.size)
    every = about(cohort, outcome, grouping.comparison.name, cohort.mask(places[known]))
    every = replace(every, method=words)
    time, event, own, places = kept.time[known], kept.event[known], own[known], places[known]
    last = len(grouping.labels) - 1
    for place in range(last):
        both = (own == place) | (own == last)
        subject = about(cohort, outcome, pair_name(grouping, place), cohort.mask(places[both]))
        subject = replace(subject, method=words)
        label = grouping.labels[place]
        yield from hazard_ratio(subject, label, time[both], event[both], own[both] == place, prefix=f"{at}: ")
    competing = outcome.kind == "incidence"
    yield from time_tests(every, time, event, own, competing=competing, draws=draws, prefix=f"{at}: ")


def _time_dependent(cohort: Cohort, late: Late, rows: Stretches) -> Iterator[Result]:
    """Compare at every moment those in a group by then: hazard ratio of start-stop data, and the Mantel-Byar test."""
    outcome, grouping = late.outcome, late.grouping
    words = "group as known at each moment"
    if late.entry.any():
        words += "; patients enter when it is known that they are compared and in which group"
    last = len(grouping.labels) - 1
    for place in range(last):
        both = (rows.changed == place) | (rows.changed == last)
        who = cohort.mask(late.places[np.unique(rows.patient[both])])
        subject = replace(about(cohort, outcome, pair_name(grouping, place), who), method=words)
        yield from hazard_ratio(
            subject,
            grouping.labels[place],
            rows.stop[both],
            rows.event[both],
            rows.changed[both] == place,
            start=rows.start[both],
            patient=rows.patient[both],
            prefix=f"{TIME_DEPENDENT}: ",
        )
    happened = replace(rows, event=(rows.event == 1).astype(np.int64))
    test = mantel_byar(happened).test
    who = cohort.mask(late.places[np.unique(rows.patient)])
    every = replace(about(cohort, outcome, grouping.comparison.name, who), method=words)
    yield tested(every, f"{TIME_DEPENDENT}: {MANTEL_BYAR}", test)


def _curves(source: Source, late: Late, rows: Stretches) -> Iterator[Curve]:
    """Give the curve of Simon and Makuch of each group."""
    transform = source.protocol.survival.interval
    happened = (rows.event == 1).astype(np.int64)
    for place, label in enumerate(late.grouping.labels):
        alone = replace(rows, event=happened, changed=(rows.changed == place).astype(np.int64))
        _, curve = simon_makuch(alone, transform=transform)
        if curve.time.size:
            yield stretch_curve(late.outcome.name, label, late.outcome.unit, curve, partial(_in_group, alone))


def _in_group(rows: Stretches, at: Sequence[float]) -> list[float]:
    """Count who is in a group just before each of some times; at time zero, who is in it from there on."""
    _, inside = number_in_groups(rows, at)
    return [float(number) for number in inside]
