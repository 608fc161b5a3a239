"""Records in the course of their patient: which infusion they belong to, and the hours from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis

from icans.records.time import CLOCK, FURTHEST_HOURS, INSTANT, SECONDS_PER_HOUR, Clock, hours_since
from icans.records.usable import Usable

if TYPE_CHECKING:
    from icans.engines import Engine

START = "_start"
START_INSTANT = "_start_instant"
FIRST = "_first"
FIRST_INSTANT = "_first_instant"
NEXT = "_next"
NEXT_INSTANT = "_next_instant"


@dataclass(frozen=True)
class Infusions:
    """The infusions that records are placed after.

    Parameters
    ----------
    table
        A row an infusion: ``patient_id``, ``infusion``, ``start_hour``, ``infused_epoch_hour`` and what else is known
        of it; with `START`, and the others where needed, unless `at_zero`.
    patients
        Ids of those who have one (``patient_id``, a row or more each).
    at_zero
        Everyone has one infusion, at hour 0 of the times as written.
    single
        Nobody has more than one.
    clock
        What is known of their times.
    screened
        Patients without an infusion.
    """

    table: ibis.Table
    patients: ibis.Table
    at_zero: bool
    single: bool
    clock: Clock
    screened: int = 0

    @property
    def has_instants(self) -> bool:
        """Whether the instant of every infusion is known."""
        return self.clock.instants == "all"


def infusions_at_zero(patients: Usable, clock: Clock) -> Infusions:
    """Give every patient one infusion at hour 0."""
    table = patients.table.select("patient_id", **_at_zero())
    return Infusions(table, patients.table, at_zero=True, single=True, clock=clock)


def _at_zero() -> dict[str, ibis.Value]:
    return {
        "infusion": ibis.literal(1, "int64"),
        "start_hour": ibis.literal(0.0, "float64"),
        "infused_epoch_hour": ibis.null("float64"),
    }


def numbered_infusions(infusions: Usable, clock: Clock, patients: int, engine: Engine) -> Infusions:
    """Count the infusions of each patient in order of time; `patients` are in the study."""
    rows = infusions.table
    if clock.unit != "dates" and (clock.low, clock.high) == (0, 0):
        table = rows.drop(CLOCK).mutate(**_at_zero())
        screened = patients - infusions.used  # each has one, as repeats are gone
        return Infusions(table, rows, at_zero=True, single=True, clock=clock, screened=screened)
    instants = clock.instants == "all"
    window = ibis.window(group_by="patient_id", order_by=[INSTANT, CLOCK] if instants else CLOCK)
    numbered = rows.mutate(
        infusion=(ibis.row_number().over(window) + 1).cast("int64"),
        **{NEXT: rows[CLOCK].lead().over(window)},
        **({NEXT_INSTANT: rows[INSTANT].lead().over(window)} if instants else {}),
        **{FIRST: rows[CLOCK].first().over(window)},
        **({FIRST_INSTANT: rows[INSTANT].first().over(window)} if instants else {}),
    )
    start = _hours(numbered, clock, FIRST, FIRST_INSTANT)
    dated = clock.unit == "dates"
    table = engine.keep(
        numbered.mutate(
            start_hour=start,
            infused_epoch_hour=numbered[CLOCK] / SECONDS_PER_HOUR if dated else ibis.null("float64"),
            **{START: numbered[CLOCK]},
            **({START_INSTANT: numbered[INSTANT]} if instants else {}),
        )
    )
    found = engine.rows(table.aggregate(most=table.infusion.max(), infused=table.patient_id.nunique()))[0]
    screened = patients - found["infused"]
    return Infusions(table, table, at_zero=False, single=(found["most"] or 1) == 1, clock=clock, screened=screened)


def placed(rows: ibis.Table, clock: Clock, infusions: Infusions, *, known: bool, near: bool) -> ibis.Table:
    """Give each row its ``infusion`` and ``hour``; rows that cannot have one are left out.

    A row belongs to the last infusion at or before it, and to the first where it is before all of them. A date belongs
    to the infusion of its day.

    Parameters
    ----------
    rows
        Rows with ``patient_id`` and a clock.
    clock
        What is known of their times.
    infusions
        The infusions.
    known
        Every patient of `rows` is known to have an infusion.
    near
        No row is further from an infusion than can be meant.
    """
    if infusions.at_zero:
        if not known:
            rows = rows.semi_join(infusions.patients, "patient_id")
        return rows.mutate(infusion=ibis.literal(1, "int64"), hour=rows[CLOCK])
    columns = ["patient_id", "infusion", START]
    columns += [START_INSTANT] if infusions.has_instants else []
    if not infusions.single:
        columns += [NEXT, *([NEXT_INSTANT] if infusions.has_instants else [])]
    joined = rows.inner_join(infusions.table.select(*columns), "patient_id")
    joined = joined.mutate(hour=_hours(joined, clock, START, START_INSTANT))
    if not infusions.single:
        before_next = joined[NEXT].isnull() | (_hours(joined, clock, NEXT, NEXT_INSTANT) < 0)
        joined = joined.filter(((joined.hour >= 0) | (joined.infusion == 1)) & before_next)
    return joined if near else joined.filter(joined.hour.abs() <= FURTHEST_HOURS)


def _hours(joined: ibis.Table, clock: Clock, start: str, instant: str) -> ibis.Value:
    return hours_since(joined, clock, joined[start], joined[instant] if instant in joined.columns else None)


def may_be_far(clock: Clock, infusions: Infusions) -> bool:
    """Tell whether some time may lie further from an infusion than can be meant."""
    ends = (clock.low, clock.high, infusions.clock.low, infusions.clock.high)
    low, high, first, last = ends
    if low is None or high is None or first is None or last is None:
        return False
    day = 24 * clock.per_hour  # an offset from UTC moves a clock by less than a day
    furthest = FURTHEST_HOURS * clock.per_hour - day
    return high - first > furthest or last - low > furthest
