"""Totals made of items: the recorded total, or what the answered items leave possible."""

from __future__ import annotations

from functools import reduce
from operator import add, or_
from typing import Any

import ibis

from icans.errors import CallError, nearest
from icans.scales.amounts import bounds, has_wide
from icans.scales.measures import Quantity
from icans.scales.model import Item, Scale, Score
from icans.scales.sight import Sight, first_met, meets

SIDES = ("least", "most")


def totals(sight: Sight) -> dict[str, Any]:
    """Give what items leave possible of each total, null where the total or nothing is written; and of each measure."""
    found: dict[str, Any] = {}
    for score in sight.scale.scores:
        found[f"least_{score.name}"], found[f"most_{score.name}"] = _from_items(sight, score)
    for measure in sight.scale.measures:
        ends = f"{measure.name}_low", f"{measure.name}_high"
        there = all(end in sight.own for end in ends)
        found |= {
            f"{side}_{measure.name}": sight.table[end] if there else None for side, end in zip(SIDES, ends, strict=True)
        }
    return found


def total_bounds(table: ibis.Table, scale: Scale, name: str) -> tuple[Any, Any]:
    """Give the least and greatest total of each row, such as the ICE score.

    A recorded total wins over its items. An item that was not answered could give any of its points. Both are null
    where neither a total nor an item is written, or the total is none that can be.

    Parameters
    ----------
    table
        Any columns; those of the total and its items that it lacks are missing in every row.
    scale
        The scale that makes the total.
    name
        Name of the total in the scale: ``ice``, ``capd``.

    Returns
    -------
    tuple
        Two columns of the table (int64).

    Raises
    ------
    CallError
        The scale has no such total.
    """
    score = scale.score(name)
    if score is None:
        raise CallError(f"{scale.id} has no total {name}.", nearest(name, [one.name for one in scale.scores]))
    return score_bounds(Sight(table, scale), score)


def score_bounds(sight: Sight, score: Score) -> tuple[Any, Any]:
    """Give the least and greatest total of each row, as `total_bounds` does."""
    recorded = first_met([(sight.possible(score.total), sight.read(score.total))], None) if score.total else None
    totals_written = [] if recorded is None else [recorded]
    least, most = (
        ibis.coalesce(*totals_written, *([] if side is None else [side]), ibis.null("int64")).cast("int64")
        for side in _from_items(sight, score)
    )
    return least, most


def _from_items(sight: Sight, score: Score) -> tuple[Any, Any]:
    """Give the bounds from items, None where the table has none of them."""
    ends = {item.column: item_bounds(sight, item) for item in score.items}
    present = {name: end for name, end in ends.items() if end is not None}
    if not present:
        return None, None
    answered = reduce(or_, [_is_answered(sight, item) for item in score.items if item.column in present])
    if score.total in sight.own:
        answered &= sight.table[score.total].isnull()
    absent = sum(item.most for item in score.items if item.column not in present)
    least = reduce(add, [low for low, _ in present.values()])
    most = reduce(add, [high for _, high in present.values()]) + absent
    nothing = ibis.null("int64")
    return answered.ifelse(least.cast("int64"), nothing), answered.ifelse(most.cast("int64"), nothing)


def item_bounds(sight: Sight, item: Item) -> tuple[Any, Any] | None:
    """Give the least and greatest points of an item in each row; None where the table has no column of it."""
    if item.cells:
        quantity = sight.scale.quantity(item.column)
        return _measured_points(sight, item, quantity) if has_wide(sight.table, quantity) else None
    if item.column not in sight.own:
        return None
    points = _points(sight, item)
    return points.fill_null(0), points.fill_null(item.most)


def _is_answered(sight: Sight, item: Item) -> Any:  # noqa: ANN401  # a column
    if item.cells:
        return bounds(sight.table, sight.scale.quantity(item.column))[0].notnull()
    return sight.recorded(item.column)


def _measured_points(sight: Sight, item: Item, quantity: Quantity) -> tuple[Any, Any]:
    """Give the least and greatest points among the cells that hold some amount between the two bounds."""
    low, high = bounds(sight.table, quantity)
    least_first = sorted(item.cells, key=lambda cell: cell[0])
    overlaps = [(meets(low, high, cell), points) for points, cell in least_first]
    return ibis.cases(*overlaps, else_=0), ibis.cases(*reversed(overlaps), else_=item.most)


def _points(sight: Sight, item: Item) -> Any:  # noqa: ANN401  # a column
    """Give the points of an item, null where it has no answer that can be."""
    value = sight.read(item.column)
    if value is None:
        return ibis.null("int64")
    if item.points:
        return ibis.cases(*((value == answer, point) for answer, point in item.points))
    return sight.possible(item.column).ifelse(value, None)
