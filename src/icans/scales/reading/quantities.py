"""The quantities of a scale file, and those that every file knows."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from icans.errors import nearest
from icans.scales.measures import Quantity, Unit
from icans.scales.reading.declared import CANONICAL, NAME
from icans.scales.reading.entries import Entry, ScaleFile

FILE = Path(__file__).parents[1] / "quantities.toml"


@cache
def known_quantities() -> Mapping[str, Mapping[str, Any]]:
    """Give what is written of each quantity that a scale file need not describe."""
    written: dict[str, dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["quantity"]
    return written


def quantity(entry: Entry) -> Quantity:
    """Read a `[quantity.NAME]`: the unit the scale works in, and for one that is not known everything else.

    Raises
    ------
    ScaleError
        It is not known and not described, or is described again; the unit is none it comes in.
    """
    name, unit = entry.text("name"), entry.text("unit")
    known = known_quantities()
    if name in known:
        described = Entry(ScaleFile(FILE.name, ""), "", 0, known[name], called=f"[quantity.{name}]")
    elif not entry.has("units"):
        advice = f"{nearest(name, known)} Another needs a label, a column, units, analytes, most and plausible."
        entry.refuse(f"{name} is no quantity that is known", advice)
    else:
        described = entry
    read = _described(described, name, unit)
    if unit not in [one.name for one in read.units]:
        units = [one.name for one in read.units]
        entry.refuse(f'unit = "{unit}" is not one of {", ".join(units)}', nearest(unit, units), key="unit")
    return read


def _described(entry: Entry, name: str, unit: str) -> Quantity:
    units = tuple(_unit(part) for part in entry.inner("units", marker="unit"))
    stem, most = entry.text("column"), entry.real("most")
    least_plausible, most_plausible = entry.reals("plausible", 2)
    columns = [stem, f"{stem}_unit", *(one.column for one in units)]
    for column in columns:
        if not NAME.fullmatch(column) or column in CANONICAL or columns.count(column) > 1:
            entry.refuse(f'the column "{column}" is taken, or is no name of a column', key="units")
    if most <= 0:
        entry.refuse(f"most = {most:g} is not above 0", key="most")
    return Quantity(
        name, entry.text("label"), stem, unit, units, entry.texts("analytes"), most, (least_plausible, most_plausible)
    )


def _unit(entry: Entry) -> Unit:
    times, divided_by = entry.real("times", 1), entry.real("divided_by", 1)
    if times <= 0 or divided_by <= 0:
        entry.refuse("times and divided_by are above 0")
    unit = Unit(entry.text("unit"), entry.text("column"), times, divided_by, entry.texts("spellings"))
    entry.close()
    return unit
