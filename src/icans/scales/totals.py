"""Totals made of items: the recorded total, or what the answered items leave possible."""

from __future__ import annotations

from functools import reduce
from operator import add, or_
from typing import Any

import ibis

from icans.errors import CallError, nearest
from icans.scales.model import Item, Scale, Score
from icans.scales.sight import Sight, first_met


def totals(sight: Sight) -> dict[str, Any]:
    """Give the least and greatest total that items leave possible, null where the total or nothing is written."""
    found: dict[str, Any] = {}
    for score in sight.scale.scores:
        found[f"least_{score.name}"], found[f"most_{score.name}"] = _from_items(sight, score)
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
    recorded = first_met([(sight.possible(score.total), sight.read(score.total))], None)
    bounds = [one for one in (recorded,) if one is not None]
    least, most = (
        ibis.coalesce(*bounds, *([] if side is None else [side]), ibis.null("int64")).cast("int64")
        for side in _from_items(sight, score)
    )
    return least, most


def _from_items(sight: Sight, score: Score) -> tuple[Any, Any]:
    """Give the bounds from items, None where the table has none of them."""
    present = [item for item in score.items if item.column in sight.own]
    if not present:
        return None, None
    answered = reduce(or_, [sight.recorded(item.column) for item in present])
    if score.total in sight.own:
        answered &= sight.table[score.total].isnull()
    points = {item.column: _points(sight, item) for item in present}
    absent = sum(item.most for item in score.items if item.column not in points)
    least = reduce(add, [points[item.column].fill_null(0) for item in present])
    most = reduce(add, [points[item.column].fill_null(item.most) for item in present]) + absent
    nothing = ibis.null("int64")
    return answered.ifelse(least.cast("int64"), nothing), answered.ifelse(most.cast("int64"), nothing)


def _points(sight: Sight, item: Item) -> Any:  # noqa: ANN401  # a column
    """Give the points of an item, null where it has no answer that can be."""
    value = sight.read(item.column)
    if value is None:
        return ibis.null("int64")
    if item.points:
        return ibis.cases(*((value == answer, point) for answer, point in item.points))
    return sight.possible(item.column).ifelse(value, None)
