"""Days from infusion, read from whatever a table of measurements has of time."""

from __future__ import annotations

from typing import Any

import ibis

from icans.units import HOURS_PER_DAY

DATE = r"^\s*(\d{4}-\d{1,2}-\d{1,2})"
"""The day of an ISO 8601 date or date-time, as it is written."""
MADE = ("_day", "_end", "_start", "_dated", "_unread")
TIMES = ("day", "hour", "time")
"""Columns of time, the first that a table has is read."""
INFUSED, ENDED = "infused_at", "ended_at"


def with_days(table: ibis.Table) -> ibis.Table:
    """Add the day of each row, and the last day of observation.

    A number in ``day`` or ``time`` is days from infusion, one in ``hour`` hours. A date counts from the day of
    ``infused_at``, by the calendar; ``ended_at`` is written like ``time``.

    Returns
    -------
    ibis.Table
        The table, with ``_day``, ``_end`` and ``_start`` (float64, the last as it is written; null where they are not
        there or cannot be read), ``_dated`` (boolean: the time is a date, and no date of infusion is there, so that the
        day counts from 1970-01-01) and ``_unread`` (boolean: something is written that is no time).
    """
    source = next((name for name in TIMES if name in table.columns), None)
    zero, zero_is_date = _infused(table)
    end, end_is_date = _clock(table, ENDED)
    if source is None:
        nothing = ibis.literal(False)
        unknown = ibis.null("float64")
        return table.mutate(_day=unknown, _end=unknown, _start=unknown, _dated=nothing, _unread=nothing)
    clock, is_date = _clock(table, source)
    if source == "hour":
        clock = clock / HOURS_PER_DAY
    start = ibis.ifelse(is_date == zero_is_date, zero, ibis.null("float64"))
    dated = is_date & start.isnull()
    from_start = clock - ibis.ifelse(is_date, start, start.fill_null(0.0))
    ended = end - ibis.ifelse(end_is_date, ibis.ifelse(zero_is_date, zero, ibis.null("float64")), start.fill_null(0.0))
    return table.mutate(
        _day=ibis.ifelse(dated, clock, from_start),
        _end=ended,
        _start=start,
        _dated=dated,
        _unread=table[source].notnull() & clock.isnull(),
    )


def _infused(table: ibis.Table) -> tuple[Any, Any]:
    """Give the time of infusion; where a row has none, that of another row of the patient."""
    zero, is_date = _clock(table, INFUSED)
    if INFUSED not in table.columns or "patient_id" not in table.columns:
        return zero, is_date
    patient = ibis.window(group_by="patient_id")
    return ibis.coalesce(zero, zero.max().over(patient)), is_date.cast("int8").max().over(patient) == 1


def _clock(table: ibis.Table, name: str) -> tuple[Any, Any]:
    """Give the number in a column or the day of a date, counted from 1970-01-01; and whether it is a date."""
    never = ibis.literal(False)
    if name not in table.columns:
        return ibis.null("float64"), never
    column = table[name]
    kind = column.type()
    if kind.is_numeric():
        return column.cast("float64"), never
    if kind.is_timestamp() or kind.is_date():
        return column.cast("date").epoch_days().cast("float64"), column.notnull()
    text = column.cast("string")
    number = text.strip().try_cast("float64")
    day = text.re_extract(DATE, 1).nullif("").try_cast("date").epoch_days().cast("float64")
    return ibis.coalesce(number, day), number.isnull() & day.notnull()
