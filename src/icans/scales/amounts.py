"""Measurements in the unit a scale works in: from the columns of a wide table, or from a row for each measurement."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import reduce
from typing import Any

import ibis

from icans.scales.measures import Quantity, Unit

MEASUREMENT = ("analyte", "value")
"""Columns that tell a table with a row for each measurement."""
NOISE = 1e-12
"""What is below a detection limit lies this share below it: no result is that near to a cut-off."""
DIGITS = 9
"""Decimals kept of a converted number: more than were measured, fewer than binary fractions blur."""


def spelled(unit: str) -> str:
    """Give a unit in the form in which units are compared."""
    plain = unit.lower()
    for sign, other in SIGNS:
        plain = plain.replace(sign, other)
    return re.sub(BETWEEN, "", plain)


SIGNS = (("µ", "u"), ("μ", "u"), ("×", "x"), ("⁹", "9"), ("³", "3"))  # both signs for micro occur
BETWEEN = r"[\s^*·]"
UNSPOKEN = "[^a-z0-9%]"


def named(analyte: str) -> str:
    """Give an analyte in the form in which analytes are compared."""
    return re.sub(UNSPOKEN, "", analyte.lower())


def is_long(table: ibis.Table) -> bool:
    """Tell whether a table has a row for each measurement."""
    return all(name in table.columns for name in MEASUREMENT)


def has_wide(table: ibis.Table, quantity: Quantity) -> bool:
    """Tell whether a table has a column that holds a quantity."""
    names = (quantity.stem, f"{quantity.column}_low", *(unit.column for unit in quantity.units))
    return any(name in table.columns for name in names)


def bounds(table: ibis.Table, quantity: Quantity) -> tuple[Any, Any]:
    """Give the least and the greatest amount of a quantity in each row, in the unit the scale works in.

    Both are null where it was not measured, in a unit nobody knows, or impossible; the greatest alone where there is no
    bound above. Columns ``{column}_low`` and ``{column}_high`` win over those that hold one number.
    """
    low, high = f"{quantity.column}_low", f"{quantity.column}_high"
    if low in table.columns and high in table.columns:
        return table[low], table[high]
    amounts = [amount(table[unit.column], unit, quantity) for unit in quantity.units if unit.column in table.columns]
    stem_unit = f"{quantity.stem}_unit"
    if quantity.stem in table.columns and stem_unit in table.columns:
        amounts.append(amount_in(table[quantity.stem], table[stem_unit], quantity))
    known = ibis.coalesce(*amounts, ibis.null("float64")) if amounts else ibis.null("float64")
    return known, known


def rows_of(table: ibis.Table, quantities: Sequence[Quantity], keys: Sequence[str]) -> ibis.Table:
    """Give a row for each measurement of some quantities.

    Parameters
    ----------
    table
        A row for each measurement (``analyte``, ``value``, ``unit``, ``limit``, of which the first two are needed), or
        the wide columns of the quantities.
    quantities
        What to look for.
    keys
        Columns to keep.

    Returns
    -------
    ibis.Table
        `keys`, then ``source`` (string, the column it stands in), ``quantity`` (string, its name), ``value`` (float64)
        and ``unit`` (string) as written, ``limit`` (string), ``unit_known`` (boolean, null without a unit), and
        ``amount`` (float64, in the unit the scale works in; null where the unit is not known or the value impossible).
    """
    if is_long(table):
        analyte = table.analyte.cast("string").lower().re_replace(UNSPOKEN, "")
        which = [(analyte.isin([named(one) for one in quantity.analytes]), quantity.name) for quantity in quantities]
        text = ibis.null("string")
        found = table.select(
            *keys,
            source=ibis.literal("value"),
            quantity=ibis.cases(*which, else_=text),
            value=table["value"].cast("float64"),
            unit=table.unit.cast("string") if "unit" in table.columns else text,
            limit=table["limit"].cast("string") if "limit" in table.columns else text,
        )
        found = found.filter(found.quantity.notnull(), found["value"].notnull())
    else:
        found = reduce(lambda one, other: one.union(other), _wide_rows(table, quantities, keys))
    this = {quantity: found.quantity == quantity.name for quantity in quantities}
    amounts = [(one, amount_in(found["value"], found.unit, quantity)) for quantity, one in this.items()]
    known = [(one, is_spelled(found.unit, *quantity.units)) for quantity, one in this.items()]
    return found.mutate(
        amount=ibis.cases(*amounts, else_=ibis.null("float64")),
        unit_known=ibis.cases(*known, else_=ibis.null("boolean")),
    )


def _wide_rows(table: ibis.Table, quantities: Sequence[Quantity], keys: Sequence[str]) -> list[ibis.Table]:
    parts = []
    for quantity in quantities:
        sources = [(unit.column, ibis.literal(unit.name)) for unit in quantity.units if unit.column in table.columns]
        if quantity.stem in table.columns:
            stem_unit = f"{quantity.stem}_unit"
            written = table[stem_unit].cast("string") if stem_unit in table.columns else ibis.null("string")
            sources.append((quantity.stem, written))
        for column, unit in sources:
            value = table[column].cast("float64")
            source, name, limit = ibis.literal(column), ibis.literal(quantity.name), ibis.null("string")
            rows = table.select(*keys, source=source, quantity=name, value=value, unit=unit, limit=limit)
            parts.append(rows.filter(rows["value"].notnull()))
    return parts


def amount(value: Any, unit: Unit, quantity: Quantity) -> Any:  # noqa: ANN401  # a column
    """Give a column of numbers of one unit in the unit the scale works in; null where the number is impossible."""
    times, divided_by = quantity.factors(unit)
    number = value.cast("float64")
    converted = number if times == divided_by else (number * times / divided_by).round(DIGITS)
    possible = (converted >= 0) & (converted <= quantity.converted(quantity.most))
    return possible.ifelse(converted, ibis.null("float64"))


def amount_in(value: Any, unit: Any, quantity: Quantity) -> Any:  # noqa: ANN401  # columns
    """Give a column of numbers in the unit the scale works in; null where it has no unit that is known."""
    known = [(is_spelled(unit, one), amount(value, one, quantity)) for one in quantity.units]
    return ibis.cases(*known, else_=ibis.null("float64"))


def is_spelled(written: Any, *units: Unit) -> Any:  # noqa: ANN401  # a column
    """Tell whether a column holds one of some units, however it is spelled."""
    word = written.lower()
    for sign, other in SIGNS:
        word = word.replace(sign, other)
    spellings = {spelled(one) for unit in units for one in (unit.name, *unit.spellings)}
    return word.re_replace(BETWEEN, "").isin(sorted(spellings))


def limited(rows: ibis.Table) -> tuple[Any, Any]:
    """Give the least and greatest amount of each row of `rows_of`, as its detection limit leaves it."""
    below, above = rows["limit"] == "<", rows["limit"] == ">"
    nothing = ibis.null("float64")
    low = ibis.cases((below, 0.0), (above, rows.amount * (1 + NOISE)), else_=rows.amount)
    high = ibis.cases((below, rows.amount * (1 - NOISE)), (above, nothing), else_=rows.amount)
    return rows.amount.notnull().ifelse(low, nothing), high
