"""A table of measurements as a scale reads it: a row for each patient and series, or for each sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from icans.errors import ScaleError
from icans.scales.amounts import has_wide, is_long, limited, rows_of
from icans.scales.days import MADE, TIMES, with_days
from icans.scales.faults import faults, findings
from icans.scales.series import derived

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.records.findings import Finding
    from icans.scales.model import Scale

PATIENT, INFUSION, ROW = "patient_id", "infusion", "row"


def measured(table: ibis.Table, scale: Scale, engine: Engine, *, file: str) -> tuple[ibis.Table, list[Finding]]:
    """Give a table in the columns that a scale grades or scores, and what is wrong with its measurements.

    A scale of a series takes a table with a row for each measurement (``patient_id``; ``day``, ``hour`` or ``time``;
    ``analyte``, ``value``, ``unit``, ``limit``) or with a column of the quantity, and gives a row for each patient and
    infusion; a table that has columns of its measures already stays as it is. A scale of a score takes a table with a
    row for each measurement too, and gives a row for each patient, infusion and day; one with a column for each
    quantity stays as it is.

    Parameters
    ----------
    table
        The table, with ``row``.
    scale
        The scale.
    engine
        Where the table lives.
    file
        What findings call it.

    Raises
    ------
    ScaleError
        The scale needs measurements and the table has none; there is no patient or no time; times are dates and no
        date of infusion is there; a column has no unit.
    """
    if not scale.quantities or any(measure.name in table.columns for measure in scale.measures):
        return table, []
    if not is_long(table) and not any(has_wide(table, quantity) for quantity in scale.quantities):
        if scale.series:
            raise ScaleError(*_nothing_measured(scale))
        return table, []
    _refuse_without_unit(table, scale)
    asked = [name for name in (ROW, PATIENT) if name in table.columns]
    if not is_long(table) and not scale.series:
        rows = rows_of(table, scale.quantities, asked)
        return table, findings(faults(rows, scale, engine), scale, file)
    if PATIENT not in table.columns:
        raise ScaleError(f"{file}: there is no column patient_id to tell whose measurements these are.")
    placed, keys = _with_infusion(with_days(table))
    rows = rows_of(placed, scale.quantities, list(dict.fromkeys([*asked, *keys, *MADE])))
    found = faults(rows, scale, engine)
    dated = any(fault["fault"] == "dated" for fault in found)
    if scale.series:
        _refuse_without_days(table, dated=dated, file=file)
    low, high = limited(rows)
    usable = rows.filter(~rows._unread).mutate(low=low, high=high)  # noqa: SLF001  # a column
    result = (
        _by_patient(usable, placed, scale, keys) if scale.series else _by_day(usable, table, scale, keys, dated=dated)
    )
    return result, findings(found, scale, file)


def _nothing_measured(scale: Scale) -> tuple[str, str]:
    names = ", ".join(measure.name for measure in scale.measures)
    columns = " or ".join(column.name for quantity in scale.quantities for column in quantity.columns)
    return (
        f"The table has neither measurements for {scale.id} nor what is derived from them.",
        f"It needs patient_id, day, analyte, value and unit; or patient_id, day and {columns}; or {names}.",
    )


def _refuse_without_unit(table: ibis.Table, scale: Scale) -> None:
    """Refuse a column that does not say its unit: a guess could be wrong by a factor of a thousand."""
    for quantity in scale.quantities:
        columns = [unit.column for unit in quantity.units]
        if quantity.stem in table.columns and f"{quantity.stem}_unit" not in table.columns and not is_long(table):
            raise ScaleError(
                f"The column {quantity.stem} does not say its unit.",
                f"Name it {' or '.join(columns)}, or add a column {quantity.stem}_unit.",
            )


def _with_infusion(placed: ibis.Table) -> tuple[ibis.Table, list[str]]:
    """Name the columns of a patient and infusion; infusions are counted from their times where they have no number."""
    if INFUSION in placed.columns:
        return placed, [PATIENT, INFUSION]
    if "infused_at" not in placed.columns:
        return placed, [PATIENT]
    in_order = ibis.window(group_by=PATIENT, order_by=placed._start)  # noqa: SLF001  # a column
    return placed.mutate(infusion=(ibis.dense_rank().over(in_order) + 1).cast("int64")), [PATIENT, INFUSION]


def _refuse_without_days(table: ibis.Table, *, dated: bool, file: str) -> None:
    if not any(name in table.columns for name in TIMES):
        raise ScaleError(
            f"{file}: there is no column that says when something was measured.",
            "Add day (days from infusion), hour, or time; with dates in time also infused_at, the date of infusion.",
        )
    if dated:
        raise ScaleError(
            f"{file}: times are dates, and there is no date of infusion to count days from.",
            "Add a column infused_at with the date of infusion in each row, or a column day with days from infusion.",
        )


def _by_patient(rows: ibis.Table, placed: ibis.Table, scale: Scale, keys: list[str]) -> ibis.Table:
    """Derive the measures of each patient and infusion, those without a usable measurement included."""
    if scale.series is None:
        raise AssertionError(scale.id)
    nothing = ibis.null("float64")
    everyone = placed.group_by(*keys).agg(end=placed._end.max())  # noqa: SLF001  # a column
    everyone = everyone.select(*keys, day=nothing, low=nothing, high=nothing, end=everyone.end)
    series = rows.select(*keys, "low", "high", day="_day", end="_end").select(*keys, "day", "low", "high", "end")
    return derived(series.union(everyone), scale.series, scale.measures, keys=keys)


def _by_day(rows: ibis.Table, table: ibis.Table, scale: Scale, keys: list[str], *, dated: bool) -> ibis.Table:
    """Give a row for each patient, infusion and day (not for each day without a time), with what was measured."""
    day = rows._day.floor()  # noqa: SLF001  # a column
    if any(name in table.columns for name in TIMES):
        name = "date" if dated else "day"
        when = (day * 86400).cast("int64").as_timestamp("s").date() if dated else day
        rows, keys = rows.mutate(**{name: when}), [*keys, name]
    found: dict[str, Any] = {}
    for quantity in scale.quantities:
        this = rows.quantity == quantity.name
        open_above = rows.high.isnull() & rows.low.notnull()
        unbounded = this.ifelse(open_above.ifelse(1, 0), 0).max() > 0
        most = unbounded.ifelse(ibis.null("float64"), rows.high.max(where=this))
        found[f"{quantity.column}_low"], found[f"{quantity.column}_high"] = rows.low.min(where=this), most
    panel = rows.group_by(*keys).agg(**found)
    settled: dict[str, Any] = {}
    for name in (quantity.column for quantity in scale.quantities):
        low, high = panel[f"{name}_low"], panel[f"{name}_high"]
        settled |= {name: (low == high).ifelse(low, ibis.null("float64")), f"{name}_low": low, f"{name}_high": high}
    return panel.select(*keys, **settled)
