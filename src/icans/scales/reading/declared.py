"""The columns a scale file declares because the canonical tables of records lack them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from icans.records.headings import RESERVED
from icans.records.schema import TABLES, Column, Kind
from icans.scales.engine import RESULT
from icans.scales.model import DEATH, Declared
from icans.scales.reading.entries import Entry

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
"""A name that is its own form once headings are compared (`icans.records.headings.name_key`)."""

CANONICAL: Mapping[str, str] = {column: table.name for table in TABLES.values() for column in table.names}
"""Every column of the canonical tables, with a table that has it."""


def declared(entry: Entry) -> Declared:
    """Read a `[column.NAME]`: its table, its label, and the values, numbers or yes and no that it holds.

    Raises
    ------
    ScaleError
        The name is canonical, reserved or not written as a column is; there is no such table; it does not say in one
        way what it holds.
    """
    name = entry.text("name")
    if name in CANONICAL:
        entry.refuse(f"{name} is a column of the table {CANONICAL[name]} already, and cannot be declared again")
    if not NAME.fullmatch(name):
        entry.refuse(f'"{name}" is no name of a column', "Use small letters, digits and underscores, a letter first.")
    if name in RESERVED or name in (*RESULT, DEATH):
        entry.refuse(f"{name} is a name this software uses itself")
    table = entry.one_of("table", TABLES)
    kind, least, most, allowed = _holds(entry)
    unit, advice = entry.text("unit", ""), entry.text("advice", "")
    return Declared(table, Column(name, kind, entry.text("label"), unit, least, most, allowed, advice=advice))


def _holds(entry: Entry) -> tuple[Kind, float | None, float | None, tuple[str, ...]]:
    ways = [key for key in ("values", "range", "type") if entry.has(key)]
    if len(ways) != 1:
        said = " and ".join(ways) if ways else "nothing"
        entry.refuse(f"it needs one of values, range and type; it has {said}", key=ways[0] if ways else "")
    if ways == ["type"]:
        entry.one_of("type", ("boolean",))
        return "boolean", None, None, ()
    if ways == ["values"]:
        values = entry.texts("values")
        if len(values) < 2 or len(set(values)) < len(values):
            entry.refuse("values needs two or more, each once", key="values")
        for value in values:
            if not NAME.fullmatch(value):
                advice = "Use small letters, digits and underscores, a letter first."
                entry.refuse(f'"{value}" is no name of a value', advice, key="values")
        return "category", None, None, values
    least, most = _range(entry)
    whole = entry.take("whole")
    if whole is not None and not isinstance(whole, bool):
        entry.refuse(f"whole = {whole!r} is neither true nor false", key="whole")
    if whole and not (float(least).is_integer() and float(most).is_integer()):
        entry.refuse("range has ends that are not whole", key="range")
    return "integer" if whole else "number", least, most, ()


def _range(entry: Entry) -> tuple[float, float]:
    ends = entry.listing("range")
    if len(ends) != 2 or any(isinstance(end, bool) or not isinstance(end, int | float) for end in ends):
        entry.refuse("range takes two numbers", key="range")
    least, most = ends
    if not least < most:
        entry.refuse(f"range ends at {most:g}, which is not above {least:g}", key="range")
    return least, most
