"""Exposure: courses of the study's intervention, and the systemic corticosteroid of each day."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import ibis

from icans.derive.corticosteroids import given, plain, systemic_corticosteroids
from icans.derive.elapsed import Duration, elapsed, in_hours
from icans.derive.schema import conformed
from icans.units import HOURS_PER_DAY

INFUSION = ("patient_id", "infusion")


def courses(
    treatments: ibis.Table,
    episodes: ibis.Table,
    *,
    drugs: Sequence[str],
    routes: Sequence[str],
    together: Duration,
    quiet: Duration,
) -> ibis.Table:
    """Join the doses of the study's intervention into courses.

    A dose of any of `drugs` by any of `routes` belongs to the course of the dose before it when it comes at most
    `together` after it. A course belongs to the ICANS episode during which its first dose was given, from onset to end;
    an episode nobody saw end still counts as going on for `quiet` after its last toxic assessment
    (docs/decisions/0021-courses.md).

    Parameters
    ----------
    treatments
        One row a dose: ``patient_id`` (string), ``infusion`` (int64), ``hour`` (float64, hours from infusion),
        ``drug`` (string), ``dose`` (float64, null where unknown; a dose of 0 was not given), ``route`` (string).
    episodes
        As `icans.derive.episodes.episodes` gives them.
    drugs
        Drugs of the intervention; compared without case and without spaces around them.
    routes
        Routes that count, compared likewise; empty: any, an unrecorded one included.
    together
        Longest time from one dose to the next of the same course.
    quiet
        How long an episode that is not resolved goes on after its last toxic assessment. Either duration may be an
        expression on ``patient_id``.

    Returns
    -------
    ibis.Table
        One row a course, columns as `icans.derive.schema.DERIVED`. Unordered.
    """
    names = _names(drugs)
    doses = given(treatments)
    counted = doses.filter(plain(doses.drug).isin(sorted(names)))
    if routes:
        counted = counted.filter(plain(counted.route).isin(sorted(_names(routes))))
    numbered = _numbered(_by_hour(counted, names), together=in_hours(together))
    started = numbered.group_by(*INFUSION, "course").agg(
        hour=numbered.hour.min(), drugs=_listed(numbered, names), doses=numbered.doses.sum()
    )
    return conformed(_within_episodes(started, episodes, quiet=in_hours(quiet)), "courses")


def steroids(treatments: ibis.Table, *, routes: Sequence[str]) -> ibis.Table:
    """Sum up the systemic corticosteroid of each day as dexamethasone.

    A day is 24 hours from infusion, the first of them day 0. A day with a dose of unknown amount is there without an
    amount: what is known of it would be too low (docs/decisions/0022-steroids.md).

    Parameters
    ----------
    treatments
        One row a dose, as for `icans.derive.corticosteroids.systemic_corticosteroids`.
    routes
        Routes that are systemic; a dose without a route counts.

    Returns
    -------
    ibis.Table
        One row a patient, infusion and day with a dose, columns as `icans.derive.schema.DERIVED`. Unordered.
    """
    doses = systemic_corticosteroids(treatments, routes=routes)
    doses = doses.mutate(day=(doses.hour / HOURS_PER_DAY).floor().cast("int64"))
    days = doses.group_by(*INFUSION, "day").agg(known=doses.mg.sum(), unknown=doses.mg.isnull().sum())
    return conformed(
        days.mutate(dexamethasone_equivalent_mg=ibis.ifelse(days.unknown == 0, days.known, ibis.null("float64"))),
        "steroids",
    )


def _names(texts: Sequence[str]) -> dict[str, str]:
    """Give each name once, as it is compared and as the protocol spells it."""
    return {text.strip().lower(): text.strip() for text in reversed(texts)}


def _by_hour(doses: ibis.Table, names: dict[str, str]) -> ibis.Table:
    """One row an hour with a dose, a column for each drug: which of them was given."""
    drug = plain(doses.drug)
    flags = {f"drug_{number}": (drug == name).any() for number, name in enumerate(sorted(names))}
    return doses.group_by(*INFUSION, "hour").agg(doses=doses.count(), **flags)


def _numbered(doses: ibis.Table, *, together: float | ibis.Deferred) -> ibis.Table:
    by_hour = ibis.window(group_by=INFUSION, order_by="hour")
    chained = doses.mutate(before=doses.hour.lag().over(by_hour))
    first = chained.before.isnull() | (elapsed(chained.before, chained.hour) > together)
    up_to_now = ibis.window(group_by=INFUSION, order_by="hour", preceding=None, following=0)
    return chained.mutate(course=first.cast("int64").sum().over(up_to_now).cast("int64"))


def _listed(doses: ibis.Table, names: dict[str, str]) -> ibis.Value:
    """List the drugs of a course in alphabetical order, ``;`` between."""
    parts = [
        ibis.ifelse(doses[f"drug_{number}"].any(), f";{names[name]}", "") for number, name in enumerate(sorted(names))
    ]
    return reduce(lambda listed, part: listed + part, parts).substr(1)


def _within_episodes(courses: ibis.Table, episodes: ibis.Table, *, quiet: float | ibis.Deferred) -> ibis.Table:
    icans = episodes.filter(episodes.toxicity == "icans").select(
        *INFUSION, "episode", "onset_hour", "end_hour", "resolved"
    )
    found = courses.inner_join(icans, INFUSION)
    during = found.filter(
        found.hour >= found.onset_hour,
        (found.hour <= found.end_hour) | (~found.resolved & (elapsed(found.end_hour, found.hour) <= quiet)),
    )
    return courses.left_join(during.select(*INFUSION, "course", "episode"), (*INFUSION, "course"))
