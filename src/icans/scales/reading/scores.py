"""The scores of a scale file: totals made of items, and products of quantities."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from icans.errors import nearest
from icans.records.schema import Column
from icans.scales.conditions import Limits
from icans.scales.measures import Factor, Quantity
from icans.scales.model import Formula, Item, Score
from icans.scales.reading.cells import categories, point_cells
from icans.scales.reading.entries import Entry
from icans.scales.reading.vocabulary import check_answer, column, counts_to


def score(entry: Entry, known: Mapping[str, Column], quantities: Mapping[str, Quantity]) -> Score:
    """Read a `[[score]]`: a recorded total, the items it is made of, or both.

    Raises
    ------
    ScaleError
        It reads what is not there, or its items do not give the points it says.
    """
    most = entry.whole("most", 1, 1000)
    marker = (
        "quantity" if any("quantity" in one for one in entry.listing("items") if isinstance(one, dict)) else "column"
    )
    items = tuple(_item(part, known, quantities) for part in entry.inner("items", marker=marker))
    total = _total(entry, known, most) if entry.has("total") or not items else ""
    given = sum(item.most for item in items)
    if items and given != most:
        entry.refuse(f"its items give at most {given} points, not {most}", key="most")
    return Score(
        entry.text("name"), entry.text("label"), total, most, items, categories(entry, Limits(0, most, whole=True))
    )


def formula(entry: Entry, quantities: Mapping[str, Quantity]) -> Formula:
    """Read a `[formula]`: a product of quantities, each to the power 1 or -1.

    Raises
    ------
    ScaleError
        It names a quantity that is not there, or one twice, or none with the power 1.
    """
    factors = tuple(_factor(part, quantities) for part in entry.inner("product", marker="quantity"))
    names = [factor.quantity for factor in factors]
    if len(set(names)) < len(names) or not any(factor.power == 1 for factor in factors):
        entry.refuse("product takes quantities, each once, one of them with the power 1", key="product")
    limits = Limits(0, inf, whole=False)
    return Formula(entry.text("name"), entry.text("label"), factors, categories(entry, limits))


def _factor(entry: Entry, quantities: Mapping[str, Quantity]) -> Factor:
    named = _quantity(entry, quantities)
    power = entry.take("power") if entry.has("power") else 1
    if isinstance(power, bool) or power not in (1, -1):
        entry.refuse(f"power = {power!r} is neither 1 nor -1")
    entry.close()
    return Factor(named.name, 1 if power == 1 else -1)


def _quantity(entry: Entry, quantities: Mapping[str, Quantity]) -> Quantity:
    name = entry.text("quantity")
    if name not in quantities:
        advice = nearest(name, quantities) if quantities else "The file has no quantity."
        entry.refuse(f"there is no [quantity.{name}]", advice)
    return quantities[name]


def _total(entry: Entry, known: Mapping[str, Column], most: int) -> str:
    total = column(entry, known, "total")
    if not counts_to(total, most):
        entry.refuse(f"the column {total.name} does not hold whole numbers from 0 to {most}", key="total")
    return total.name


def _item(entry: Entry, known: Mapping[str, Column], quantities: Mapping[str, Quantity]) -> Item:
    if entry.has("quantity"):
        measured = _quantity(entry, quantities)
        limits = Limits(0, measured.converted(measured.most), whole=False)
        cells = point_cells(entry, limits)
        item = Item(measured.name, max(points for points, _ in cells), label=entry.text("label", ""), cells=cells)
        entry.close()
        return item
    read = column(entry, known)
    points = _points(entry, read)
    most = max(point for _, point in points) if points else entry.whole("most", 1, 1000)
    if not points and not counts_to(read, most):
        entry.refuse(f"the column {read.name} does not hold whole numbers from 0 to {most}")
    item = Item(read.name, most, points, entry.text("label", ""))
    entry.close()
    return item


def _points(entry: Entry, read: Column) -> tuple[tuple[str, int], ...]:
    table = entry.table("points")
    if table is None:
        return ()
    for answer in table.content:
        check_answer(entry, answer, read.allowed, "points")
    if left := [answer for answer in read.allowed if answer not in table.content]:
        entry.refuse(f"no points are given for {', '.join(left)}")
    return tuple((answer, table.whole(answer, 0, 1000)) for answer in read.allowed)
