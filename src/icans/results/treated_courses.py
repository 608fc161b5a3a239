"""The treated day by day from the first course: where they stood, and on which day they reached their finish line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from icans.errors import ProtocolError
from icans.results.daily import DEATH, MOST_INFUSIONS, Daily
from icans.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from icans.protocol import Protocol
    from icans.protocols.natural_history import NaturalHistory
    from icans.results.gathered import Gathered

CENSORED, EVENT, COMPETING = 0, 1, 2
NO_LINE = "no finish line applies to the baseline grade"
NO_GRADE = "no grade on the day of the first course or just before it"
AT_LINE = "at or below the finish line, or dead, on the day of the first course"

Lines = Mapping[int, tuple[int, bool]]
"""For each baseline grade the highest grade that is remission, and whether the protocol's own line is a score."""


@dataclass(frozen=True)
class Course:
    """A treated patient from the day of the first course on.

    Parameters
    ----------
    patient
        Position in the cohort of the study.
    start
        Worst grade of the day of the first course; of the last day before it where that day has none.
    since
        Days from the first day with ICANS to the first course.
    line
        Highest grade that is remission for the patient.
    by_score
        The protocol's own finish line is a score, which grades do not show.
    day
        Days to the first day at or below the line, to death, or to the end of observation.
    event
        `EVENT` where the line was reached, `COMPETING` where death came first, `CENSORED` otherwise.
    seen
        Grade of each day from the first course to the end of observation, bridged days included (`DEATH` at death).
    """

    patient: int
    start: int
    since: int
    line: int
    by_score: bool
    day: int
    event: int
    seen: tuple[int, ...]


def finish_lines(protocol: Protocol, asked: NaturalHistory) -> Lines:
    """Read the finish lines of the protocol as grades of a day.

    A line that is a score is the grade the protocol gives where there is no score, grade 0 where it gives none.

    Raises
    ------
    ProtocolError
        A state of the model lies on both sides of a line.
    """
    lines: dict[int, tuple[int, bool]] = {}
    for rule in protocol.remission.rules:
        line = rule.grade if rule.grade is not None else (rule.grade_without_ice or 0)
        if line + 1 < DEATH and line + 1 not in asked.states:
            raise ProtocolError(
                f"study.toml: [natural_history] states {asked.states}: the finish line, grade {line} or less, lies "
                "inside a state.",
                f"Let {line + 1} be the lowest grade of a state.",
            )
        lines |= dict.fromkeys(rule.baseline, (line, rule.grade is None))
    return lines


def followed(
    study: Gathered, daily: Daily, lines: Lines, asked: NaturalHistory
) -> tuple[list[Course], dict[str, list[int]]]:
    """Follow each evaluable patient from the day of the first course, by the rules by which the reference was followed.

    Parameters
    ----------
    study
        The study as arrays.
    daily
        Its evaluable patients day by day.
    lines
        Finish line by baseline grade.
    asked
        How days are followed.

    Returns
    -------
    tuple
        The courses, in the order of patients; and who cannot be judged, by reason, as positions in the cohort.
    """
    courses: list[Course] = []
    left: dict[str, list[int]] = {NO_LINE: [], NO_GRADE: [], AT_LINE: []}
    place = {identity: position for position, identity in enumerate(daily.cohort.ids.tolist())}
    ends = _rows_by_course(daily)
    treated = study.evaluated
    columns = (treated[name].tolist() for name in ("patient", "infusion", "first_course_hour", "baseline_grade"))
    for patient, infusion, hour, baseline in zip(*columns, strict=True):
        own = ends.get(place[study.cohort.ids[patient]] * MOST_INFUSIONS + int(infusion), slice(0, 0))
        days = daily.days["day"][own].astype(np.int64).tolist()
        known = dict(zip(days, daily.days["grade"][own].astype(np.int64).tolist(), strict=True))
        rule = None if np.isnan(baseline) else lines.get(int(baseline))
        first = int(hour // HOURS_PER_DAY)
        start = _start(known, first, asked.carry_days)
        if rule is None or start is None:
            left[NO_LINE if rule is None else NO_GRADE].append(patient)
        elif start <= rule[0] or start == DEATH:
            left[AT_LINE].append(patient)
        else:
            since = max(0, first - min((day for day, grade in known.items() if 0 < grade < DEATH), default=first))
            day, event, seen = _after(known, first, start, line=rule[0], carry=asked.carry_days)
            courses.append(Course(patient, start, since, *rule, day, event, seen))
    return courses, left


def _rows_by_course(daily: Daily) -> dict[int, slice]:
    sequence = daily.sequence
    starts = np.flatnonzero(np.diff(sequence, prepend=-1))
    stops = np.append(starts, sequence.size)[1:]
    return {int(sequence[start]): slice(int(start), int(stop)) for start, stop in zip(starts, stops, strict=True)}


def _start(known: Mapping[int, int], first: int, carry: int) -> int | None:
    return next((known[day] for day in range(first, first - carry - 1, -1) if day in known), None)


def _after(
    known: Mapping[int, int], first: int, start: int, *, line: int, carry: int
) -> tuple[int, int, tuple[int, ...]]:
    """Give the day on which the line is reached or observation ends, which of them, and the grade of each day."""
    seen = [start]
    day, event = 0, CENSORED
    for later in sorted(day for day in known if day > first):
        gap = later - first - len(seen)
        if gap > carry or seen[-1] == DEATH:
            break
        seen += [seen[-1]] * gap
        seen.append(known[later])
        if event == CENSORED:
            day = later - first
            event = COMPETING if known[later] == DEATH else EVENT if known[later] <= line else CENSORED
    return day, event, tuple(seen)
