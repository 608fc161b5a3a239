"""Eligibility for a target trial: who could have been randomised, when, and what came after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import ibis

from icans.derive.elapsed import elapsed
from icans.derive.indication import steroid_starts
from icans.derive.moments import moments
from icans.derive.remission import remissions
from icans.derive.schema import conformed
from icans.derive.survival import DEATHS
from icans.protocols.remission import RemissionRule
from icans.units import HOURS_PER_DAY

INFUSION = ("patient_id", "infusion")
EPISODE = (*INFUSION, "episode")
MOST_TOXIC = 4


def eligible(
    episodes: ibis.Table,
    grades: ibis.Table,
    courses: ibis.Table,
    treatments: ibis.Table,
    neuro: ibis.Table,
    *,
    events: ibis.Table,
    grade: int,
    refractory: timedelta | None,
    steroid_routes: Sequence[str],
    earlier_courses: int,
    until_day: int,
    rules: Sequence[RemissionRule],
    hold: timedelta,
    steroid_pause: timedelta = timedelta(hours=48),
) -> ibis.Table:
    """Give every ICANS episode in which a patient became eligible, with the treatment and the outcome that followed.

    A patient becomes eligible at the first assessment of an episode with a settled grade from `grade` to 4, from the
    infusion to the end of day `until_day`, not after the day of death, before which at most `earlier_courses` courses
    were begun since the infusion. With `refractory`, only an assessment counts at which ICANS had not improved on at
    least so long a time of systemic corticosteroid, as for `icans.derive.endpoints.endpoints`. An assessment comes
    before a course of the same hour. The outcome is reached as by `icans.derive.remission.remissions`, counted from
    eligibility.

    Parameters
    ----------
    episodes, grades, courses
        Derived tables.
    treatments, neuro, events
        Canonical tables of the records.
    grade
        Lowest grade that makes eligible.
    refractory
        Shortest time on systemic corticosteroid without improvement; None: none is asked for.
    steroid_routes
        Routes that are systemic; a dose without a route counts.
    earlier_courses
        Most courses before eligibility.
    until_day
        Last day of eligibility, from infusion.
    rules
        Finish line of the outcome by the grade at eligibility; none: the outcome is death alone.
    hold
        How long the finish line must hold.
    steroid_pause
        Longest time between two doses of uninterrupted corticosteroid.

    Returns
    -------
    ibis.Table
        One row an eligible patient and episode, columns as `icans.derive.schema.DERIVED`. Unordered.
    """
    deaths = events.filter(events.event.isin(DEATHS)).group_by(*INFUSION).agg(death_hour=ibis._.hour.min())
    candidates = _candidates(episodes, grades, courses, grade=grade, most=earlier_courses, until_day=until_day)
    candidates = _alive(candidates, deaths)
    if refractory is not None:
        starts = steroid_starts(
            candidates.rename(first_course_hour="hour"),
            treatments,
            routes=steroid_routes,
            refractory=refractory,
            pause=steroid_pause,
        )
        candidates = _not_improved(candidates, starts, grades)
    chosen = _first(candidates)
    found = _beside(chosen, _outcomes(chosen, grades, neuro, rules=rules, hold=hold))
    found = _beside(found, _course(chosen, courses))
    return conformed(found.left_join(deaths, INFUSION).mutate(has_line=ibis._.has_line.fill_null(False)), "eligible")


def reaching(episodes: ibis.Table, *, grade: int) -> ibis.Table:
    """Count the ICANS episodes and those that reach a grade, with their patients.

    Returns
    -------
    ibis.Table
        One row a patient with ICANS: ``patient_id``, ``episodes``, ``reaching`` (int64).
    """
    icans = episodes.filter(episodes.toxicity == "icans")
    return icans.group_by("patient_id").agg(
        episodes=icans.count().cast("int64"), reaching=(icans.peak_grade >= grade).sum().cast("int64")
    )


def _candidates(
    episodes: ibis.Table, grades: ibis.Table, courses: ibis.Table, *, grade: int, most: int, until_day: int
) -> ibis.Table:
    """Give the assessments that could make eligible, but for corticosteroid, numbered as ``case``."""
    icans = episodes.filter(episodes.toxicity == "icans").select(*EPISODE, "onset_hour", "end_hour")
    high = grades.filter(
        grades.toxicity == "icans",
        grades.grade.between(grade, MOST_TOXIC),
        grades.hour >= 0,
        grades.hour < (until_day + 1) * HOURS_PER_DAY,
    )
    high = high.group_by(*INFUSION, "hour").agg(grade=high.grade.max())
    placed = high.inner_join(icans, [*INFUSION, high.hour >= icans.onset_hour, high.hour <= icans.end_hour])
    placed = placed.select(*EPISODE, "onset_hour", "hour", "grade")
    since = courses.filter(courses.hour >= 0)
    since = since.mutate(earlier=ibis.row_number().over(ibis.window(group_by=INFUSION, order_by="hour")))
    one_too_many = since.filter(since.earlier == most).select(*INFUSION, too_late="hour")
    limited = placed.left_join(one_too_many, INFUSION)
    allowed = limited.filter(limited.too_late.isnull() | (limited.hour <= limited.too_late))
    in_order = ibis.window(order_by=[*EPISODE, "hour"])
    return allowed.select(*EPISODE, "onset_hour", "hour", "grade", case=ibis.row_number().over(in_order))


def _alive(candidates: ibis.Table, deaths: ibis.Table) -> ibis.Table:
    """Keep the assessments up to the day of death, whose hour is often not known."""
    dated = candidates.left_join(deaths, INFUSION)
    died = (dated.death_hour / HOURS_PER_DAY).floor()
    return dated.filter(dated.death_hour.isnull() | ((dated.hour / HOURS_PER_DAY).floor() <= died)).select(
        *candidates.columns
    )


def _not_improved(candidates: ibis.Table, starts: ibis.Table, grades: ibis.Table) -> ibis.Table:
    """Keep the assessments whose grade is not below the first one since corticosteroid began, the worst of its hour."""
    settled = grades.filter(grades.toxicity == "icans", grades.grade.notnull())
    settled = settled.group_by(*INFUSION, seen_hour="hour").agg(seen=settled.grade.max())
    on_steroid = candidates.inner_join(starts, "case")
    seen = on_steroid.inner_join(settled, INFUSION)
    seen = seen.filter(
        seen.seen_hour >= seen.onset_hour, seen.seen_hour >= seen.steroid_hour, seen.seen_hour <= seen.hour
    )
    first = seen.group_by("case").agg(at_first=seen.seen.argmin(seen.seen_hour))
    judged = on_steroid.inner_join(first, "case")
    return judged.filter(judged.grade >= judged.at_first).select(*candidates.columns)


def _first(candidates: ibis.Table) -> ibis.Table:
    by_hour = ibis.window(group_by=EPISODE, order_by="hour")
    numbered = candidates.mutate(place=ibis.row_number().over(by_hour))
    first = numbered.filter(numbered.place == 0)
    return first.select(*EPISODE, "case", "onset_hour", eligible_hour="hour", eligible_grade="grade")


def _outcomes(
    chosen: ibis.Table, grades: ibis.Table, neuro: ibis.Table, *, rules: Sequence[RemissionRule], hold: timedelta
) -> ibis.Table:
    if not rules:
        return chosen.select("case", has_line=True, outcome_hour=ibis.null("float64"))
    baselines = chosen.select("case", "patient_id", first_course_hour="eligible_hour", baseline_grade="eligible_grade")
    reached = remissions(baselines, moments(chosen, grades, neuro), rules=rules, hold=hold)
    return reached.select("case", has_line=True, outcome_hour="remission_hour")


def _beside(chosen: ibis.Table, other: ibis.Table) -> ibis.Table:
    joined = chosen.left_join(other, "case")
    return joined.select(*chosen.columns, *(column for column in other.columns if column != "case"))


def _course(chosen: ibis.Table, courses: ibis.Table) -> ibis.Table:
    """Give the first course at eligibility or later."""
    given = chosen.inner_join(courses.select(*INFUSION, "hour"), INFUSION)
    later = given.filter(elapsed(given.eligible_hour, given.hour) >= 0)
    return later.group_by("case").agg(course_hour=later.hour.min())
