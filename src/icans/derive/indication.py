"""Indication: why an episode of ICANS was treated, severe or refractory to corticosteroids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import ibis

from icans.derive.corticosteroids import systemic_corticosteroids
from icans.derive.elapsed import Duration, elapsed, in_hours
from icans.units import HOURS_PER_DAY, hours

INFUSION = ("patient_id", "infusion")

BEFORE_INFUSION = -7 * HOURS_PER_DAY
"""Corticosteroids given up to a week before the infusion may be the first that ICANS did not respond to."""


def steroid_starts(
    treated: ibis.Table, treatments: ibis.Table, *, routes: Sequence[str], refractory: Duration, pause: timedelta
) -> ibis.Table:
    """Give the hour since which a patient had been on systemic corticosteroid at the first course.

    A patient is on corticosteroid from the first dose of a run in which no dose is more than `pause` after the one
    before, and whose last dose is at most `pause` before the first course. Doses from a week before the infusion on
    count.

    Parameters
    ----------
    treated
        One row a treated episode: ``case`` (int64, its number), ``patient_id``, ``infusion``, ``first_course_hour``
        (hours from infusion).
    treatments
        Doses, as for `icans.derive.corticosteroids.systemic_corticosteroids`.
    routes
        Routes that are systemic; a dose without a route counts.
    refractory
        How long before the first course the run must have begun; may be an expression on ``patient_id``.
    pause
        Longest time from one dose to the next, or to the first course, inside one run.

    Returns
    -------
    ibis.Table
        One row a treated episode with such a run: ``case``, ``steroid_hour``.
    """
    doses = systemic_corticosteroids(treatments, routes=routes)
    doses = doses.filter(doses.hour >= BEFORE_INFUSION).select(*INFUSION, "hour")
    before = doses.inner_join(treated.select("case", *INFUSION, "first_course_hour"), INFUSION)
    before = before.filter(before.hour <= before.first_course_hour).select(
        "case", "patient_id", "first_course_hour", "hour"
    )
    chained = before.mutate(previous=before.hour.lag().over(ibis.window(group_by="case", order_by="hour")))
    starts = chained.previous.isnull() | (elapsed(chained.previous, chained.hour) > hours(pause))
    runs = chained.group_by("case", "patient_id", "first_course_hour").agg(
        steroid_hour=chained.hour.max(where=starts), last_dose=chained.hour.max()
    )
    long_enough = runs.filter(
        elapsed(runs.last_dose, runs.first_course_hour) <= hours(pause),
        elapsed(runs.steroid_hour, runs.first_course_hour) >= in_hours(refractory),
    )
    return long_enough.select("case", "steroid_hour")
