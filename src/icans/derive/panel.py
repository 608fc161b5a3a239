"""The daily panel: what was known of every patient on every day from infusion."""

from __future__ import annotations

from collections.abc import Sequence

import ibis

from icans.derive.moments import ice_score
from icans.derive.schema import conformed
from icans.derive.survival import DEATHS
from icans.units import HOURS_PER_DAY

INFUSION = ("patient_id", "infusion")
DAY = (*INFUSION, "day")
PLACES = 100
"""A day and a score of at most 99 share one whole number, so that the latest score is the largest number."""


def panel(
    infusions: ibis.Table,
    grades: ibis.Table,
    neuro: ibis.Table,
    courses: ibis.Table,
    steroids: ibis.Table,
    *,
    events: ibis.Table,
    last_seen: ibis.Table,
    carry_days: int,
    last_day: int,
) -> ibis.Table:
    """Give one row for every day on which a patient was followed, whether anybody looked or not.

    A day is 24 hours from infusion, the first of them day 0. The days run without a gap from day 0 to the day of death
    or of the last record after that infusion, or to `last_day`. The grade of a day is its worst settled ICANS grade. A
    day without one takes the last settled grade of the days before it, if that is at most `carry_days` old; after that
    the patient is not observed until somebody looks again. An open grade settles nothing and is carried by nothing
    (docs/decisions/0090-daily-panel.md).

    Parameters
    ----------
    infusions, neuro
        Canonical tables of the records (`icans.records.tables.Records`).
    grades, courses, steroids
        Derived tables. A course begun before the infusion counts as begun on day 0.
    events
        Canonical table of the records: deaths.
    last_seen
        As `icans.derive.survival.last_seen` gives it.
    carry_days
        Longest time for which a settled grade is carried, days; 0: an assessment holds for its own day.
    last_day
        Last day of the panel.

    Returns
    -------
    ibis.Table
        One row a patient, infusion and day, columns as `icans.derive.schema.DERIVED`. Unordered.
    """
    days = _days(infusions, events, last_seen, last_day=last_day)
    icans = grades.filter(grades.toxicity == "icans", grades.grade.notnull())
    scored = neuro.select(*INFUSION, "hour", ice=ice_score(neuro))
    begun = courses.mutate(day=ibis.greatest(_day(courses.hour), 0))
    doses = steroids.select(*DAY, mg=steroids.dexamethasone_equivalent_mg, given=ibis.literal(True))
    found = _beside(days, _by_day(icans, grade=icans.grade.max()), DAY)
    found = _beside(found, _by_day(scored.filter(scored.ice.notnull()), ice=ibis._.ice.min()), DAY)
    found = _beside(found, begun.group_by(*DAY).agg(begun=begun.count()), DAY)
    found = _beside(found, doses.rename(mg_today="mg", given_today="given"), DAY)
    the_day_after = doses.select(*INFUSION, day=doses.day + 1, mg_before="mg", given_before="given")
    found = _beside(found, the_day_after, DAY)
    carried = found.mutate(
        carried=_carried(found, "grade", carry_days=carry_days),
        carried_ice=_carried(found, "ice", carry_days=carry_days),
        courses=found.begun.fill_null(0).sum().over(_so_far()),
    )
    return conformed(
        carried.mutate(
            observed=carried.carried.notnull(),
            treated=carried.courses > 0,
            on_steroid=carried.given_today.notnull(),
            steroid_mg=_amount(carried.mg_today, carried.given_today),
            on_steroid_before=carried.given_before.notnull(),
            steroid_mg_before=_amount(carried.mg_before, carried.given_before),
            died=(carried.day == carried.death_day).fill_null(False),
        ),
        "panel",
    )


def _days(infusions: ibis.Table, events: ibis.Table, last_seen: ibis.Table, *, last_day: int) -> ibis.Table:
    """Give the days of each infusion, one row each, and on which of them the patient died."""
    deaths = events.filter(events.event.isin(DEATHS))
    deaths = deaths.group_by(*INFUSION).agg(death_day=_day(deaths.hour.min()))
    seen = last_seen.select(*INFUSION, seen_day=_day(last_seen.hour))
    followed = _beside(_beside(infusions.select(*INFUSION), seen, INFUSION), deaths, INFUSION)
    end = ibis.least(ibis.coalesce(followed.death_day, followed.seen_day, 0), last_day)
    followed = followed.mutate(end=ibis.greatest(end, 0))
    return followed.select(*INFUSION, "death_day", day=ibis.range(0, followed.end + 1).unnest())


def _day(hour: ibis.Value) -> ibis.Value:
    return (hour / HOURS_PER_DAY).floor().cast("int64")


def _by_day(rows: ibis.Table, **of_day: ibis.Value) -> ibis.Table:
    return rows.group_by(*INFUSION, day=_day(rows.hour)).agg(**of_day)


def _beside(one: ibis.Table, other: ibis.Table, by: Sequence[str]) -> ibis.Table:
    """Put what another table has beside each row, null where it has nothing."""
    joined = one.left_join(other, list(by))
    return joined.select(*one.columns, *(column for column in other.columns if column not in by))


def _so_far() -> ibis.expr.builders.WindowBuilder:
    return ibis.window(group_by=INFUSION, order_by="day", preceding=None, following=0)


def _carried(days: ibis.Table, column: str, *, carry_days: int) -> ibis.Value:
    """Give the last known score of the days so far, where it is not too old."""
    score = days[column]
    latest = ibis.ifelse(score.notnull(), days.day * PLACES + score, ibis.null("int64")).max().over(_so_far())
    return ibis.ifelse(days.day - latest // PLACES <= carry_days, latest % PLACES, ibis.null("int64"))


def _amount(mg: ibis.Value, given: ibis.Value) -> ibis.Value:
    """Give the dose of a day: 0 where none was given, null where its amount is not known."""
    return ibis.ifelse(given.isnull(), 0.0, mg)
