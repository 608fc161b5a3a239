"""Survival: time from the protocol's origin to death, to progression, and to remission."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Literal

import ibis

from icans.derive.elapsed import elapsed
from icans.derive.endpoints import first
from icans.derive.schema import conformed
from icans.units import HOURS_PER_DAY

INFUSION = ("patient_id", "infusion")
DEATHS = ("death_due_to_icans", "death")
CENSORED, EVENT, COMPETING = 0, 1, 2

Origin = Literal["infusion", "onset", "first_course"]

Ending = tuple[ibis.Value, ibis.Value, int, ibis.Value]
"""Whether it is this that ends the time, when, with which code, and its name."""


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
        End of the day of cutoff, hours from 1970-01-01T00:00: what came then or later is not counted. None: no cutoff.
        Without dates it does not apply.
    progression
        Events that, with death, end progression-free survival.

    Returns
    -------
    ibis.Table
        One row a patient and endpoint, columns as `icans.derive.schema.DERIVED`. Unordered. Who has no origin, or an
        end before it, has no row.
    """
    cutoff = ibis.null("float64") if cutoff_epoch_hour is None else ibis.literal(cutoff_epoch_hour, "float64")
    dated = infusions.select(
        *INFUSION, "start_hour", cutoff_clock=infusions.start_hour + (cutoff - infusions.infused_epoch_hour)
    )
    index = _index(dated, episodes, endpoints, origin=origin)
    known = _known(dated, events, last_seen, index, progression)
    ended = _survival_ends(known).union(_remission_ends(dated, endpoints, known))
    late = (elapsed(ended.cutoff_clock, ended.clock) >= 0).fill_null(False)
    timed = ended.select(
        *INFUSION,
        "endpoint",
        time_days=elapsed(ended.zero_clock, ibis.ifelse(late, ended.cutoff_clock, ended.clock)) / HOURS_PER_DAY,
        event=ibis.ifelse(late, CENSORED, ended.event),
        cause=ibis.ifelse(late, "cutoff", ended.cause),
    )
    return conformed(timed.filter(timed.time_days >= 0), "survival")


def _index(dated: ibis.Table, episodes: ibis.Table, endpoints: ibis.Table, *, origin: Origin) -> ibis.Table:
    """One row a patient: the index infusion, and ``zero_clock``, null without origin; a clock starts at infusion 1."""
    treated = first(endpoints, ("patient_id",))
    treated = treated.select("patient_id", treated_infusion="infusion", treated="episode", course="first_course_hour")
    every = dated.left_join(treated, "patient_id").drop("patient_id_right")
    index = every.filter(every.infusion == ibis.coalesce(every.treated_infusion, 1))
    if origin == "infusion":
        zero = index.start_hour
    elif origin == "first_course":
        zero = index.start_hour + index.course
    else:
        index = index.left_join(_onsets(episodes, treated), INFUSION)
        zero = index.start_hour + index.onset_hour
    return index.select(*INFUSION, "cutoff_clock", index_clock=index.start_hour, zero_clock=zero)


def _onsets(episodes: ibis.Table, treated: ibis.Table) -> ibis.Table:
    """Give the onset of the treated ICANS episode of an infusion; where none was treated, of the first one since it."""
    icans = episodes.filter(episodes.toxicity == "icans").select(*INFUSION, "episode", "onset_hour")
    known = icans.left_join(
        treated, [icans.patient_id == treated.patient_id, icans.infusion == treated.treated_infusion]
    )
    of_treated, since = known.episode == known.treated, known.onset_hour >= 0
    onset = ibis.coalesce(known.onset_hour.min(where=of_treated), known.onset_hour.min(where=since))
    return known.group_by(*INFUSION).agg(onset_hour=onset)


def _known(
    dated: ibis.Table, events: ibis.Table, last_seen: ibis.Table, index: ibis.Table, progression: Sequence[str]
) -> ibis.Table:
    """Add to `index` when each patient died, progressed and was last seen; whoever has a record was alive then."""
    nothing = ibis.null("string")
    facts = events.select(*INFUSION, "hour", "event").union(last_seen.select(*INFUSION, "hour", event=nothing))
    facts = facts.union(dated.select(*INFUSION, hour=ibis.literal(0.0), event=nothing))
    placed = facts.inner_join(dated.select(*INFUSION, "start_hour"), INFUSION)
    placed = placed.select("patient_id", "event", clock=placed.start_hour + placed.hour)
    placed = index.inner_join(placed, "patient_id")
    since_index = placed.clock >= placed.index_clock
    by_name = {
        f"progression_{number}": placed.clock.min(where=since_index & (placed.event == name))
        for number, name in enumerate(progression)
    }
    found = placed.group_by(*INFUSION, "zero_clock", "cutoff_clock").agg(
        death_clock=placed.clock.min(where=placed.event.isin(DEATHS)),
        icans_death_clock=placed.clock.min(where=placed.event == DEATHS[0]),
        progression_clock=placed.clock.min(where=since_index & placed.event.isin(list(progression))),
        contact_clock=placed.clock.max(where=placed.event == "last_contact"),
        end_clock=placed.clock.max(),
        **by_name,
    )
    # Of several at once the first that the protocol names.
    named = zip(by_name, progression, strict=True)
    return found.select(
        *INFUSION,
        "zero_clock",
        "cutoff_clock",
        "death_clock",
        "progression_clock",
        "end_clock",
        death_cause=ibis.ifelse(found.icans_death_clock == found.death_clock, DEATHS[0], DEATHS[1]),
        progression_cause=ibis.cases(*((found[column] == found.progression_clock, name) for column, name in named)),
        end_cause=ibis.ifelse(found.contact_clock == found.end_clock, "last_contact", "last_record"),
    )


def _survival_ends(known: ibis.Table) -> ibis.Table:
    died = known.death_clock.notnull()
    progressed = known.progression_clock.notnull() & (~died | (known.progression_clock < known.death_clock))
    death = (died, known.death_clock, EVENT, known.death_cause)
    progress = (progressed, known.progression_clock, EVENT, known.progression_cause)
    seen = (ibis.literal(True), known.end_clock, CENSORED, known.end_cause)
    return _first_of(known, "os", (death, seen)).union(_first_of(known, "pfs", (progress, death, seen)))


def _remission_ends(dated: ibis.Table, endpoints: ibis.Table, known: ibis.Table) -> ibis.Table:
    judged = first(endpoints.filter(endpoints.remission.notnull()), INFUSION)
    judged = judged.select(*INFUSION, "first_course_hour", "remission_hour", "last_hour")
    found = judged.inner_join(dated, INFUSION).inner_join(
        known.select("patient_id", "death_clock", "death_cause"), "patient_id"
    )
    found = found.mutate(
        zero_clock=found.start_hour + found.first_course_hour,
        remission_clock=found.start_hour + found.remission_hour,
        last_clock=found.start_hour + ibis.greatest(found.last_hour, found.first_course_hour),
    )
    died = found.death_clock.notnull()
    remitted = found.remission_clock.notnull() & (~died | (found.remission_clock <= found.death_clock))
    endings = (
        (remitted, found.remission_clock, EVENT, ibis.literal("remission")),
        (died, found.death_clock, COMPETING, found.death_cause),
        (ibis.literal(True), found.last_clock, CENSORED, ibis.literal("last_assessment")),
    )
    return _first_of(found, "remission", endings)


def _first_of(known: ibis.Table, endpoint: str, endings: Sequence[Ending]) -> ibis.Table:
    """Give the first of some endings that applies."""
    return known.select(
        *INFUSION,
        "zero_clock",
        "cutoff_clock",
        endpoint=ibis.literal(endpoint),
        clock=ibis.cases(*((applies, clock) for applies, clock, _, _ in endings)),
        event=ibis.cases(*((applies, code) for applies, _, code, _ in endings)),
        cause=ibis.cases(*((applies, cause) for applies, _, _, cause in endings)),
    )
