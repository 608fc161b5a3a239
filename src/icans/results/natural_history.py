"""Observed remission of the treated against what the daily course of a reference cohort would lead to expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from icans.errors import ProtocolError
from icans.results.daily import ANALYSIS, Daily, description
from icans.results.display import time_point
from icans.results.reference import GROUP, RECORDED, Reference, state_names, states_of
from icans.results.rows import Result, Subject
from icans.results.summaries import described, estimated
from icans.results.synthetic import marked
from icans.results.treated_courses import CENSORED, EVENT, Course, finish_lines, followed
from icans.stats.competing_risks import IncidenceCurve, aalen_johansen, incidence_at
from icans.stats.estimate import Estimate
from icans.stats.multi_state import Array, DailyChain, occupation, reached
from icans.stats.observed_expected import difference, known, mean_expected, predicted, ratio
from icans.stats.proportions import wilson

if TYPE_CHECKING:
    from icans.protocol import Protocol
    from icans.protocols.natural_history import NaturalHistory as Asked
    from icans.results.gathered import Gathered

TREATED = "treated"
EACH = 200
"""Most treated patients who have a row each."""
UNKNOWN = "the reference has no day from which to go on"
DAILY = "first day at or below the finish line, by the worst grade of each day"


@dataclass(frozen=True)
class NaturalHistory:
    """The rows of results, and the coordinates that figures draw.

    Parameters
    ----------
    rows
        Every row of results.
    states
        Names of the states, death last.
    occupation
        Day from the first course and state: mean probability of the treated who are judged.
    observed
        Day and state: how many of them were seen in it.
    expected, low, high
        By day: mean probability of having reached the finish line, and the limits from the samples of the model; NaN
        where there are none.
    curve
        Observed cumulative incidence of the finish line, death competing.
    judged
        How many treated patients are judged.
    synthetic
        The treated or the reference are made up.
    reference
        The reference cohort.
    """

    rows: tuple[Result, ...]
    states: tuple[str, ...]
    occupation: Array
    observed: Array
    expected: Array
    low: Array
    high: Array
    curve: IncidenceCurve
    judged: int
    synthetic: bool
    reference: Reference


@dataclass(frozen=True)
class Expected:
    """What the reference leads to expect of the treated who are judged.

    Parameters
    ----------
    courses
        They, day by day.
    reached
        Patient and day: probability of having reached the finish line.
    samples
        Sample of the model, patient and day: the same; NaN where the sample gives none.
    how
        How the samples were drawn.
    occupation
        Day and state: mean probability.
    """

    courses: Sequence[Course]
    reached: Array
    samples: Array
    how: str
    occupation: Array


def natural_history(study: Gathered, daily: Daily, reference: Reference, protocol: Protocol) -> NaturalHistory:
    """Set the remission of the treated against that expected from a reference cohort.

    Parameters
    ----------
    study
        The study as arrays.
    daily
        Its evaluable patients day by day.
    reference
        The reference cohort.
    protocol
        Definitions of the study, `[natural_history]` among them.

    Raises
    ------
    ProtocolError
        Both cohorts are graded by published scales, and by different ones; or a state lies on both sides of a line.
    """
    asked = protocol.natural_history
    if asked is None:
        raise ProtocolError("study.toml: [natural_history] is missing.", "Name the reference cohort in it.")
    refuse_other_scale(daily.scales, reference.scales)
    courses, left = followed(study, daily, finish_lines(protocol, asked), asked)
    rng = np.random.default_rng(asked.seed)
    expected, unknown = _expected(courses, reference, asked, rng)
    left[UNKNOWN] = unknown
    synthetic = protocol.study.synthetic or reference.synthetic
    everyone = np.ones(daily.cohort.ids.size, dtype=np.bool_)
    title = Subject(ANALYSIS, "reference", GROUP, reference.title, method="patients with ICANS", n=reference.patients)
    whole = {int(day) for day in protocol.remission.landmarks_days if day == int(day)}
    days = sorted({asked.horizon_days} | {day for day in whole if day <= asked.horizon_days})
    theirs = [title.row("n", reference.patients), *reference.rows]
    ours = [
        *description(daily, everyone, TREATED, carry_days=asked.carry_days),
        *_left_out(study, left),
        *(row for day in days for row in _by(study, expected, day, rng)),
        *_starts(study, expected),
        *_by_start(study, expected, asked.horizon_days),
        *_each(study, expected, asked.horizon_days),
    ]
    rows = (*marked(theirs, synthetic=reference.synthetic), *marked(ours, synthetic=synthetic))
    return _whole(rows, expected, asked, synthetic=synthetic, reference=reference)


def refuse_other_scale(own: Mapping[str, int], other: Mapping[str, int]) -> None:
    """Refuse to compare grades of two published scales: grade 2 of one is not grade 2 of the other."""
    ours, theirs = (sorted(set(scales) - {RECORDED}) for scales in (own, other))
    if ours and theirs and ours != theirs:
        raise ProtocolError(
            f"study.toml: [natural_history] reference: it is graded by {', '.join(theirs)}, this study by "
            f"{', '.join(ours)}; a grade does not mean the same on both.",
            "Grade both by one scale ([scales] icans), or leave [natural_history] out.",
        )


def _expected(
    courses: Sequence[Course], reference: Reference, asked: Asked, rng: np.random.Generator
) -> tuple[Expected, list[int]]:
    """Give what is expected of each patient, and the patients of whom nothing can be."""
    chain = reference.chain(asked)
    drawn, how = reference.drawn(asked, rng)
    ways: dict[tuple[int, int, int], tuple[Array, Array, Array] | None] = {}
    kept: list[tuple[Course, tuple[Array, Array, Array]]] = []
    unknown = []
    for course in courses:
        # Without bands the day since onset makes no difference.
        start = int(states_of(np.array([course.start]), asked.states)[0])
        way = (start, course.since if asked.bands_days else 0, course.line)
        if way not in ways:
            ways[way] = _way(chain, drawn, way, asked)
        found = ways[way]
        if found is None:
            unknown.append(course.patient)
        else:
            kept.append((course, found))
    days = asked.horizon_days + 1
    nobody = np.zeros((0, days))
    return Expected(
        [course for course, _ in kept],
        np.stack([own for _, (own, _, _) in kept]) if kept else nobody,
        np.stack([samples for _, (_, samples, _) in kept], axis=1) if kept else np.zeros((asked.samples, 0, days)),
        how,
        np.mean([places for _, (_, _, places) in kept], axis=0) if kept else np.zeros((days, len(asked.states) + 1)),
    ), unknown


def _way(
    chain: DailyChain, drawn: DailyChain, way: tuple[int, int, int], asked: Asked
) -> tuple[Array, Array, Array] | None:
    """Give probabilities by day, those of the samples, and of the states; None where the reference says nothing."""
    start, since, grade = way
    if not chain.counts[chain.band(since), start].any():
        return None
    line = list(range(int(states_of(np.array([grade]), asked.states)[0]) + 1))
    own, lost = reached(chain, start, since, asked.horizon_days, line=line)
    if lost.any():
        return None
    samples = known(*reached(drawn, start, since, asked.horizon_days, line=line))
    return own, samples, occupation(chain, start, since, asked.horizon_days)


def _left_out(study: Gathered, left: Mapping[str, Sequence[int]]) -> list[Result]:
    rows = []
    for reason, patients in left.items():
        who = study.cohort.names(np.array(patients, dtype=np.int64))
        about = Subject(
            ANALYSIS, "not_judged", TREATED, reason, method="evaluable patients", n=len(patients), patients=who
        )
        rows.append(about.row("n", len(patients)))
    return rows


def _by(study: Gathered, expected: Expected, day: int, rng: np.random.Generator) -> list[Result]:
    """Give observed against expected by a day."""
    patients = study.cohort.names(_positions(expected.courses))
    about = Subject(
        ANALYSIS,
        "remission",
        TREATED,
        time_point(day, "days"),
        method=DAILY,
        n=len(expected.courses),
        patients=patients,
    )
    events = [course for course in expected.courses if course.event == EVENT and course.day <= day]
    lost = [course for course in expected.courses if course.event == CENSORED and course.day < day]
    seen = _incidence(expected.courses, day, lost=bool(lost))
    should = mean_expected(expected.reached[:, day], expected.samples[:, :, day], how=expected.how)
    total = None if should.value is None else should.value * len(expected.courses)
    return [
        about.row("n", len(expected.courses)),
        replace(about, patients=study.cohort.names(_positions(events))).row("events", len(events)),
        replace(about, patients=study.cohort.names(_positions(lost))).row("lost", len(lost)),
        *estimated(replace(about, unit="%"), seen, ("percent", "ci_low", "ci_high"), 100),
        about.row("expected", total, should.reason, method="sum of the expected probabilities"),
        *estimated(
            replace(about, unit="%", method=""), should, ("expected_percent", "expected_low", "expected_high"), 100
        ),
        *estimated(replace(about, unit="", method=""), ratio(seen, should), ("ratio", "ratio_low", "ratio_high")),
        *estimated(
            replace(about, unit="percentage points", method=""),
            difference(seen, should),
            ("difference", "difference_low", "difference_high"),
            100,
        ),
        *_predicted(about, expected, day, (len(events), len(lost)), rng),
    ]


def _incidence(courses: Sequence[Course], day: int, *, lost: bool) -> Estimate:
    """Give the share of patients seen to reach the line by a day: by incidence where some were not followed so long."""
    if not lost:
        return wilson(sum(course.event == EVENT and course.day <= day for course in courses), len(courses))
    return incidence_at(_curve(courses), [day])[0]


def _curve(courses: Sequence[Course]) -> IncidenceCurve:
    return aalen_johansen([course.day for course in courses], [course.event for course in courses])


def _predicted(
    about: Subject, expected: Expected, day: int, counts: tuple[int, int], rng: np.random.Generator
) -> list[Result]:
    events, lost = counts
    found = None if lost else predicted(expected.samples[:, :, day], events, how=expected.how, rng=rng)
    reason = (
        f"{lost} of the patients were not followed to the day" if lost else "the model gives no sample to predict by"
    )
    values = (None, None, None) if found is None else (found.low, found.high, 100 * found.as_many)
    method = "" if found is None else found.method
    limits = [
        about.row(statistic, value, reason, method=f"number of remissions if the reference applied; {method}")
        for statistic, value in zip(("predicted_low", "predicted_high"), values, strict=False)
    ]
    chance = "probability of at least as many remissions as were seen, if the reference applied"
    return [*limits, about.row("as_many_or_more", values[2], reason, unit="%", method=f"{chance}; {method}")]


def _starts(study: Gathered, expected: Expected) -> list[Result]:
    about = Subject(
        ANALYSIS, "start_day", TREATED, unit="days", method="from the first day with ICANS to the first course"
    )
    since = np.array([course.since for course in expected.courses], dtype=np.float64)
    return described(about, study.cohort, _positions(expected.courses), since)


def _by_start(study: Gathered, expected: Expected, day: int) -> list[Result]:
    """Give observed and expected counts by the grade on the day of the first course."""
    rows = []
    for start in sorted({course.start for course in expected.courses}):
        which = np.array([course.start == start for course in expected.courses])
        own = [course for course in expected.courses if course.start == start]
        about = Subject(
            ANALYSIS,
            "remission_from",
            TREATED,
            f"grade {start}",
            method=f"by {time_point(day, 'days')}, {DAILY}; by the worst grade of the day of the first course",
            n=len(own),
            patients=study.cohort.names(_positions(own)),
        )
        events = sum(course.event == EVENT and course.day <= day for course in own)
        rows += [
            about.row("n", len(own)),
            about.row("events", events),
            about.row("expected", float(expected.reached[which, day].sum())),
        ]
    return rows


def _each(study: Gathered, expected: Expected, day: int) -> list[Result]:
    """Give each treated patient's start, expectation and what came, where they are few enough to be listed."""
    if len(expected.courses) > EACH:
        return []
    rows = []
    for course, chance in zip(expected.courses, expected.reached[:, day].tolist(), strict=True):
        (name,) = study.cohort.names(np.array([course.patient]))
        about = Subject(ANALYSIS, "patient", TREATED, name, n=1, patients=(name,))
        if course.event == EVENT:
            reason = None
        else:
            reason = f"not reached: last seen {time_point(course.day, 'days')} after the first course"
        line = "grade 0, since a score is not seen in grades" if course.by_score else f"grade {course.line} or less"
        rows += [
            about.row("start_grade", course.start, method="worst grade of the day of the first course", unit="grade"),
            about.row("expected_percent", 100 * chance, unit="%", method=f"{line} by {time_point(day, 'days')}"),
            about.row("observed", course.day if reason is None else None, reason, unit="days", method=DAILY),
        ]
    return rows


def _positions(courses: Sequence[Course]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([course.patient for course in courses], dtype=np.int64)


def _whole(
    rows: tuple[Result, ...], expected: Expected, asked: Asked, *, synthetic: bool, reference: Reference
) -> NaturalHistory:
    days = asked.horizon_days + 1
    observed = np.zeros((days, len(asked.states) + 1))
    for course in expected.courses:
        places = states_of(np.array(course.seen[:days]), asked.states)
        observed[np.arange(places.size), places] += 1
        if places[-1] == len(asked.states):
            observed[places.size :, -1] += 1
    limits = [
        mean_expected(expected.reached[:, day], expected.samples[:, :, day], how=expected.how) for day in range(days)
    ]
    return NaturalHistory(
        rows,
        tuple(state_names(asked.states)),
        expected.occupation,
        observed,
        np.array([np.nan if one.value is None else one.value for one in limits]),
        np.array([np.nan if one.low is None else one.low for one in limits]),
        np.array([np.nan if one.high is None else one.high for one in limits]),
        _curve(expected.courses),
        len(expected.courses),
        synthetic,
        reference,
    )
