"""Endpoints of a treated episode: why it was treated, from which grade, and whether it went into remission."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import ibis

from icans.derive.elapsed import Duration, elapsed
from icans.derive.indication import steroid_starts
from icans.derive.moments import moments
from icans.derive.remission import RuleSets, remissions
from icans.derive.schema import conformed
from icans.protocols.remission import RemissionRule

EPISODE = ("patient_id", "infusion", "episode")
INFUSION = ("patient_id", "infusion")


def endpoints(
    episodes: ibis.Table,
    grades: ibis.Table,
    courses: ibis.Table,
    treatments: ibis.Table,
    neuro: ibis.Table,
    *,
    rules: Sequence[RemissionRule] | RuleSets,
    severe_grade: int | ibis.Deferred,
    refractory: Duration,
    steroid_routes: Sequence[str],
    baseline: Literal["first_course", "peak"] | ibis.Deferred,
    hold: Duration,
    steroid_pause: timedelta = timedelta(hours=48),
) -> ibis.Table:
    """Give indication, baseline and outcome of every ICANS episode that was treated with the study's intervention.

    An episode is *severe* when its highest grade up to the first course (that hour included) is at least
    `severe_grade`; otherwise *steroid-refractory* when the patient had been on systemic corticosteroid for at least
    `refractory` and ICANS had not improved on it: the last grade before the first course is 1 or more and not below the
    first one since the corticosteroid began (docs/decisions/0025-indication.md). For remission see
    `icans.derive.remission.remissions`.

    Parameters
    ----------
    episodes, grades, courses
        Derived tables.
    treatments, neuro
        Canonical tables of doses and of bedside assessments.
    rules
        Finish line of remission by baseline grade, as for `icans.derive.remission.remissions`.
    severe_grade
        Lowest grade called severe.
    refractory
        Shortest time on systemic corticosteroid without improvement.
    steroid_routes
        Routes that are systemic; a dose without a route counts.
    baseline
        ``first_course``: the last settled grade of the episode up to the first course; ``peak``: the highest up to it.
    hold
        How long the finish line must hold. Like `severe_grade`, `refractory` and `baseline` it may be an expression on
        ``patient_id``.
    steroid_pause
        Longest time between two doses of uninterrupted corticosteroid.

    Returns
    -------
    ibis.Table
        One row a treated episode, columns as `icans.derive.schema.DERIVED`. Unordered. ``remission`` is null where no
        rule names the baseline grade, and false where the line was not seen to be reached.
    """
    treated = _treated(episodes, courses)
    seen = moments(treated, grades, neuro)
    starts = steroid_starts(treated, treatments, routes=steroid_routes, refractory=refractory, pause=steroid_pause)
    started = treated.left_join(starts, "case").select(*treated.columns, "steroid_hour")
    baselines = _baselines(started, seen, severe_grade=severe_grade, baseline=baseline)
    reached = remissions(baselines, seen, rules=rules, hold=hold).mutate(judged=True)
    found = treated.inner_join(baselines.drop("patient_id", "first_course_hour"), "case").left_join(reached, "case")
    return conformed(
        found.mutate(
            hours_from_onset=elapsed(found.onset_hour, found.first_course_hour),
            remission=ibis.ifelse(found.judged, found.remission_hour.notnull(), ibis.null("boolean")),
            hours_to_remission=elapsed(found.first_course_hour, found.remission_hour),
        ),
        "endpoints",
    )


def evaluable(endpoints: ibis.Table, *, indications: Sequence[str]) -> ibis.Table:
    """Keep, of each patient, the first treated episode with one of the study's indications.

    A patient is one observation however often infused and treated (docs/decisions/0031-results.md).

    Parameters
    ----------
    endpoints
        As `endpoints` gives them.
    indications
        Indications that make a treated patient evaluable.
    """
    asked = endpoints.filter(endpoints.indication.isin(sorted(indications)))
    return first(asked, ("patient_id",))


def first(endpoints: ibis.Table, of: Sequence[str]) -> ibis.Table:
    """Keep the first treated episode of each infusion, or of each patient.

    Parameters
    ----------
    endpoints
        As `endpoints` gives them.
    of
        Columns that say of what: ``patient_id``, or ``patient_id`` and ``infusion``.
    """
    in_order = ibis.window(group_by=list(of), order_by=["infusion", "episode"])
    numbered = endpoints.mutate(place=ibis.row_number().over(in_order))
    return numbered.filter(numbered.place == 0).drop("place")


def _treated(episodes: ibis.Table, courses: ibis.Table) -> ibis.Table:
    """Give the treated ICANS episodes, numbered as ``case``: what follows is joined and grouped by one number."""
    given = courses.filter(courses.episode.notnull())
    given = given.group_by(*EPISODE).agg(first_course_hour=given.hour.min(), courses=given.count())
    icans = episodes.filter(episodes.toxicity == "icans").select(*EPISODE, "onset_hour")
    treated = icans.inner_join(given, EPISODE)
    return treated.mutate(case=ibis.row_number().over(ibis.window(order_by=EPISODE)))


def _baselines(
    treated: ibis.Table,
    seen: ibis.Table,
    *,
    severe_grade: int | ibis.Deferred,
    baseline: Literal["first_course", "peak"] | ibis.Deferred,
) -> ibis.Table:
    """Give baseline, indication and last assessment of each treated episode, from its assessments since onset."""
    since = seen.inner_join(treated.select("case", "patient_id", "first_course_hour", "steroid_hour"), "case")
    graded, before = since.grade.notnull(), since.hour <= since.first_course_hour
    on_steroid = graded & before & (since.hour >= since.steroid_hour)
    found = since.group_by("case", "patient_id", "first_course_hour").agg(
        peak=since.grade.max(where=before),
        latest=since.grade.argmax(since.hour, where=graded & before),
        first_on_steroid=since.grade.argmin(since.hour, where=on_steroid),
        baseline_ice=since.ice.argmax(since.hour, where=since.ice.notnull() & before),
        last_hour=since.hour.max(where=graded),
    )
    refractory = (found.latest >= 1) & (found.latest >= found.first_on_steroid)
    return found.select(
        "case",
        "patient_id",
        "first_course_hour",
        "baseline_ice",
        "last_hour",
        indication=ibis.cases(
            (found.peak >= severe_grade, "severe"), (refractory, "steroid_refractory"), else_=ibis.null("string")
        ),
        baseline_grade=ibis.ifelse(baseline == "peak", found.peak, found.latest),
    )
