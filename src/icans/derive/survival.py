"""Survival: time from the protocol's origin to death, to progression, and to remission."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Literal

import ibis

from icans.derive.endpoints import first
from icans.derive.schema import conformed
from icans.units import HOURS_PER_DAY

INFUSION = ("patient_id", "infusion")
DEATHS = ("death_due_to_icans", "death")
CENSORED, EVENT, COMPETING = 0, 1, 2

Origin = Literal["infusion", "onset", "first_course"]


def last_seen(*tables: ibis.Table) -> ibis.Table:
    """Give the last record of each patient and infusion in any of some tables.

    Parameters
    ----------
    tables
        Canonical tables with ``patient_id``, ``infusion`` and ``hour`` (hours from infusion).

    Returns
    -------
    ibis.Table
        One row a patient and infusion: ``patient_id``, ``infusion``, ``hour``. Unordered.
    """
    each = [table.group_by(*INFUSION).agg(hour=table.hour.max()) for table in tables]
    found = reduce(lambda one, other: one.union(other), each)
    return found.group_by(*INFUSION).agg(hour=found.hour.max())


def survival(
    infusions: ibis.Table,
    events: ibis.Table,
    last_seen: ibis.Table,
    episodes: ibis.Table,
    endpoints: ibis.Table,
    *,
    origin: Origin,
    cutoff_epoch_hour: float | None,
    progression: Sequence[str],
) -> ibis.Table:
    """Give each patient's time to death, to progression or death, and to remission.

    Overall (``os``) and progression-free survival (``pfs``) run from the `origin` at the patient's index infusion: that
    of the first treated episode, or the first infusion where none was treated. Progression before the index infusion is
    history and does not count. Time to ``remission`` runs from the first course of each infusion's first treated
    episode with a finish line; death without remission competes. Who had no event is censored when last seen, for
    remission at the last graded assessment. What came after the cutoff is not counted
    (docs/decisions/0026-survival.md).

    Parameters
    ----------
    infusions, events
        Canonical tables of the records (`icans.records.tables.Records`).
    last_seen
        As `last_seen` gives it.
    episodes, endpoints
        Derived tables; of `endpoints`, only those the study is about (`icans.derive.endpoints.evaluable`) or all.
    origin
        Time zero: infusion, onset of ICANS (of the treated episode where one was treated), or first course.
    cutoff_epoch_hour
        End of data, hours from 1970-01-01T00:00; None: no cutoff. Without dates it does not apply.
    progression
        Events that, with death, end progression-free survival.

    Returns
    -------
    ibis.Table
        One row a patient and endpoint, columns as `icans.derive.schema.DERIVED`. Unordered. Who has no origin, or an
        end before it, has no row: see `untimed`.
    """
    timed = _timed(
        infusions,
        events,
        last_seen,
        episodes,
        endpoints,
        origin=origin,
        cutoff_epoch_hour=cutoff_epoch_hour,
        progression=progression,
    )
    return conformed(timed.filter(timed.time_days >= 0), "survival")


def untimed(
    infusions: ibis.Table,
    events: ibis.Table,
    last_seen: ibis.Table,
    episodes: ibis.Table,
    endpoints: ibis.Table,
    *,
    origin: Origin,
    cutoff_epoch_hour: float | None,
    progression: Sequence[str],
) -> ibis.Table:
    """Give the patients whom `survival` leaves out of an endpoint, and why.

    Parameters
    ----------
    infusions, events, last_seen, episodes, endpoints, origin, cutoff_epoch_hour, progression
        As for `survival`.

    Returns
    -------
    ibis.Table
        One row a patient and endpoint left out: ``patient_id``, ``infusion``, ``endpoint`` and ``reason``: ``no
        origin`` (no ICANS, or not treated) or what came before the origin (``relapse``, ``cutoff``, ...). Unordered.
    """
    timed = _timed(
        infusions,
        events,
        last_seen,
        episodes,
        endpoints,
        origin=origin,
        cutoff_epoch_hour=cutoff_epoch_hour,
        progression=progression,
    )
    left_out = timed.filter(timed.time_days.isnull() | (timed.time_days < 0))
    reason = ibis.ifelse(left_out.time_days.isnull(), "no origin", left_out.cause)
    return left_out.select(*INFUSION, "endpoint", reason=reason)


def _timed(
    infusions: ibis.Table,
    events: ibis.Table,
    last_seen: ibis.Table,
    episodes: ibis.Table,
    endpoints: ibis.Table,
    *,
    origin: Origin,
    cutoff_epoch_hour: float | None,
    progression: Sequence[str],
) -> ibis.Table:
    """Give every patient and endpoint, ``time_days`` null where there is no origin and negative where it comes late."""
    dated = infusions.select(
        *INFUSION, "start_hour", cutoff_hour=_cutoff(cutoff_epoch_hour) - infusions.infused_epoch_hour
    )
    happened = _on_the_clock(events, dated)
    index = _index(dated, episodes, endpoints, origin=origin)
    index = index.left_join(_ends(happened, _on_the_clock(last_seen, dated), dated), "patient_id").drop(
        "patient_id_right"
    )
    progressed = _first_progression(happened, index, progression)
    index = index.left_join(progressed, "patient_id").drop("patient_id_right")
    died = index.death_clock.notnull()
    progressed_first = index.progression_clock.notnull() & (
        index.death_clock.isnull() | (index.progression_clock < index.death_clock)
    )
    seen = (ibis.literal(True), index.end_clock, CENSORED, index.end_cause)
    death = (died, index.death_clock, EVENT, index.death_cause)
    progress = (progressed_first, index.progression_clock, EVENT, index.progression_cause)
    parts = [
        _endpoint(index, "os", (death, seen)),
        _endpoint(index, "pfs", (progress, death, seen)),
        _remission(dated, endpoints, index),
    ]
    return ibis.union(*parts)


def _cutoff(epoch_hour: float | None) -> ibis.Value:
    return ibis.null("float64") if epoch_hour is None else ibis.literal(epoch_hour, "float64")


def _on_the_clock(table: ibis.Table, dated: ibis.Table) -> ibis.Table:
    """Add ``clock``: hours from the patient's first infusion."""
    placed = table.inner_join(dated.select(*INFUSION, "start_hour"), INFUSION)
    return placed.mutate(clock=placed.start_hour + placed.hour)


def _index(dated: ibis.Table, episodes: ibis.Table, endpoints: ibis.Table, *, origin: Origin) -> ibis.Table:
    """One row a patient: the index infusion, ``zero_clock`` (null without origin) and ``cutoff_clock``."""
    treated = first(endpoints, ("patient_id",))
    treated = treated.select("patient_id", treated_infusion="infusion", treated="episode", course="first_course_hour")
    every = dated.left_join(treated, "patient_id").drop("patient_id_right")
    firsts = every.infusion.min().over(ibis.window(group_by="patient_id"))
    index = every.filter(every.infusion == ibis.coalesce(every.treated_infusion, firsts))
    if origin == "infusion":
        zero = index.start_hour
    elif origin == "first_course":
        zero = index.start_hour + index.course
    else:
        index = index.left_join(_onsets(episodes, treated), INFUSION).drop("patient_id_right", "infusion_right")
        zero = index.start_hour + index.onset_hour
    return index.select(
        *INFUSION,
        "start_hour",
        zero_clock=zero,
        cutoff_clock=index.start_hour + index.cutoff_hour,
    )


def _onsets(episodes: ibis.Table, treated: ibis.Table) -> ibis.Table:
    """Give the onset of the treated ICANS episode of an infusion, of its first one where none was treated."""
    icans = episodes.filter(episodes.toxicity == "icans").select(*INFUSION, "episode", "onset_hour")
    known = icans.left_join(
        treated, [icans.patient_id == treated.patient_id, icans.infusion == treated.treated_infusion]
    )
    onset = ibis.coalesce(known.onset_hour.min(where=known.episode == known.treated), known.onset_hour.min())
    return known.group_by(*INFUSION).agg(onset_hour=onset)


def _ends(happened: ibis.Table, seen: ibis.Table, dated: ibis.Table) -> ibis.Table:
    """One row a patient: death and end of observation. Whoever has a record was alive then; at least at infusion."""
    from_events = happened.group_by("patient_id").agg(
        death_clock=happened.clock.min(where=happened.event.isin(DEATHS)),
        due_to_icans_clock=happened.clock.min(where=happened.event == DEATHS[0]),
        contact_clock=happened.clock.max(where=happened.event == "last_contact"),
    )
    records = seen.select("patient_id", "clock").union(dated.select("patient_id", clock="start_hour"))
    ends = records.group_by("patient_id").agg(record_clock=records.clock.max())
    found = ends.left_join(from_events, "patient_id").drop("patient_id_right")
    last_contact = (found.contact_clock >= found.record_clock).fill_null(False)
    return found.select(
        "patient_id",
        "death_clock",
        death_cause=ibis.ifelse(found.due_to_icans_clock == found.death_clock, DEATHS[0], DEATHS[1]),
        end_clock=ibis.ifelse(last_contact, found.contact_clock, found.record_clock),
        end_cause=ibis.ifelse(last_contact, "last_contact", "last_record"),
    )


def _first_progression(happened: ibis.Table, index: ibis.Table, progression: Sequence[str]) -> ibis.Table:
    """Give the first progression at or after the index infusion; of several at once, the first the protocol names."""
    found = happened.filter(happened.event.isin(list(progression))).select("patient_id", "event", "clock")
    found = found.inner_join(index.select("patient_id", "start_hour"), "patient_id")
    found = found.filter(found.clock >= found.start_hour)
    by_name = {f"clock_{number}": found.clock.min(where=found.event == name) for number, name in enumerate(progression)}
    firsts = found.group_by("patient_id").agg(progression_clock=found.clock.min(), **by_name)
    cause = ibis.cases(
        *((firsts[clock] == firsts.progression_clock, name) for clock, name in zip(by_name, progression, strict=True))
    )
    return firsts.select("patient_id", "progression_clock", progression_cause=cause)


Ending = tuple[ibis.Value, ibis.Value, int, ibis.Value]
"""Whether it is this that ends the time, when, with which code, and its name."""


def _endpoint(index: ibis.Table, endpoint: str, endings: Sequence[Ending]) -> ibis.Table:
    """Time from ``zero_clock`` to the first ending that applies, cut off at ``cutoff_clock``."""
    ended = index.select(
        *INFUSION,
        "zero_clock",
        "cutoff_clock",
        clock=ibis.cases(*((applies, clock) for applies, clock, _, _ in endings)),
        event=ibis.cases(*((applies, ibis.literal(code, "int64")) for applies, _, code, _ in endings)),
        cause=ibis.cases(*((applies, cause) for applies, _, _, cause in endings)),
    )
    late = (ended.clock > ended.cutoff_clock).fill_null(False)
    return ended.select(
        *INFUSION,
        endpoint=ibis.literal(endpoint),
        time_days=(ibis.ifelse(late, ended.cutoff_clock, ended.clock) - ended.zero_clock) / HOURS_PER_DAY,
        event=ibis.ifelse(late, CENSORED, ended.event),
        cause=ibis.ifelse(late, "cutoff", ended.cause),
    )


def _remission(dated: ibis.Table, endpoints: ibis.Table, index: ibis.Table) -> ibis.Table:
    """Time from first course to remission, on the clock of the patient."""
    judged = first(endpoints.filter(endpoints.remission.notnull()), INFUSION)
    judged = judged.select(*INFUSION, "first_course_hour", "remission_hour", "last_hour")
    found = judged.inner_join(dated, INFUSION).inner_join(
        index.select("patient_id", "death_clock", "death_cause"), "patient_id"
    )
    found = found.mutate(
        zero_clock=found.start_hour + found.first_course_hour,
        remission_clock=found.start_hour + found.remission_hour,
        last_clock=found.start_hour + ibis.greatest(found.last_hour, found.first_course_hour),
        cutoff_clock=found.start_hour + found.cutoff_hour,
    )
    alive = found.death_clock.isnull() | (found.remission_clock <= found.death_clock)
    remitted = (
        found.remission_clock.notnull() & alive,
        found.remission_clock,
        EVENT,
        ibis.literal("remission"),
    )
    died = (found.death_clock.notnull(), found.death_clock, COMPETING, found.death_cause)
    last = (ibis.literal(True), found.last_clock, CENSORED, ibis.literal("last_assessment"))
    return _endpoint(found, "remission", (remitted, died, last))
