"""Scales that give a number and no grade: the one score of a scale in each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import mul, or_
from typing import Any

import ibis

from icans.scales.amounts import DIGITS, bounds
from icans.scales.conditions import Interval
from icans.scales.listing import listed
from icans.scales.model import Category, Formula, Scale, Score
from icans.scales.sight import Sight, within
from icans.scales.totals import item_bounds, score_bounds

SCORED = ("scale", "score", "score_low", "score_high", "category", "missing")
"""The columns that scoring adds."""
MOST = 1e300
"""Stands for a number without an end."""


def scored(table: ibis.Table, scale: Scale) -> ibis.Table:
    """Score each row of a table by a scale whose result is a score.

    Parameters
    ----------
    table
        Any columns; those of the scale that it lacks are missing in every row.
    scale
        The scale.

    Returns
    -------
    ibis.Table
        The table's rows and columns, then ``scale`` (string, its id); ``score`` (float64; null where it is open or
        undefined); ``score_low`` and ``score_high`` (float64, what the recorded parts allow; null where there is no
        bound); ``category`` (string, what the publication calls such a score; null where open, or where it states no
        cut-off); ``missing`` (string, columns without a value that would settle the score, ``;`` between).
    """
    sight = Sight(table, scale)
    least, most, missing = _of_formula(sight, scale.formula) if scale.formula else _of_items(sight, scale.scores[0])
    sight.keep(score_low=least, score_high=most, unsettled=missing)
    low, high = sight.kept("score_low"), sight.kept("score_high")
    settled = low.notnull() & (low == high)
    categories = scale.formula.categories if scale.formula else scale.scores[0].categories
    found = {
        "scale": ibis.literal(scale.id),
        "score": settled.ifelse(low, ibis.null("float64")),
        "score_low": low,
        "score_high": high,
        "category": _category(categories, low, high),
        "missing": settled.ifelse("", sight.kept("unsettled")),
    }
    own = [name for name in sight.own if name not in SCORED]
    return sight.table.select(*own, **{name: found[name] for name in SCORED})


def _of_items(sight: Sight, score: Score) -> tuple[Any, Any, Any]:
    """Give the bounds of a total, and what is missing where they differ."""
    least, most = score_bounds(sight, score)
    return (
        ibis.coalesce(least, 0).cast("float64"),
        ibis.coalesce(most, score.most).cast("float64"),
        _unanswered(sight, score),
    )


def _of_formula(sight: Sight, formula: Formula) -> tuple[Any, Any, Any]:
    """Give the bounds of a product, and the quantities that were not measured; none where the product is not defined.

    Something divided by 0 has no value, and no bound above.
    """
    measured = {one.quantity: bounds(sight.table, sight.scale.quantity(one.quantity)) for one in formula.factors}
    over = [measured[one.quantity] for one in formula.factors if one.power > 0]
    under = [measured[one.quantity] for one in formula.factors if one.power < 0]
    least, most = reduce(mul, [low for low, _ in over]), reduce(mul, [high for _, high in over])
    if under:
        least = least / reduce(mul, [high for _, high in under]).nullif(0)
        most = most / reduce(mul, [low for low, _ in under]).nullif(0)
    unknown = [(low.notnull() & (low == high)).fill_null(False).ifelse(0, 1) for low, high in measured.values()]
    bits = reduce(or_, [one << bit for bit, one in enumerate(unknown)])
    return least.round(DIGITS), most.round(DIGITS), listed(bits, list(measured))


def _category(categories: Sequence[Category], low: Any, high: Any) -> Any:  # noqa: ANN401  # columns
    """Give the category that holds both bounds."""
    nothing = ibis.null("string")
    if not categories:
        return nothing
    choices = [(within(low, _finite(one.holds)) & within(high, _finite(one.holds)), one.name) for one in categories]
    return ibis.cases(*choices, else_=nothing)


def _finite(interval: Interval) -> Interval:
    """Give an interval that has an end, as far as numbers go."""
    return replace(interval, most=min(interval.most, MOST))


def _unanswered(sight: Sight, score: Score) -> Any:  # noqa: ANN401  # a column
    """List the items that are not settled; name the total where none is, or the total cannot be."""
    total = score.total or score.name
    ends = {item.column: item_bounds(sight, item) for item in score.items}
    if not any(ends.values()):
        return ibis.literal(total)
    columns = list(ends)
    open_items = [1 if end is None else (end[0] == end[1]).ifelse(0, 1) for end in ends.values()]
    lacking = reduce(or_, [one << bit for bit, one in enumerate(open_items)])
    whole: Any = lacking == (1 << len(columns)) - 1
    if score.total in sight.own:
        whole |= sight.table[score.total].notnull()
    return whole.ifelse(total, listed(lacking, columns))
