"""Scales that give a number and no grade: the one score of a scale in each row."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import ibis

from icans.scales.listing import listed
from icans.scales.model import Scale, Score
from icans.scales.sight import Sight, within
from icans.scales.totals import score_bounds

SCORED = ("scale", "score", "score_low", "score_high", "category", "missing")
"""The columns that scoring adds."""


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
    score = scale.scores[0]
    least, most = score_bounds(sight, score)
    sight.keep(
        score_low=ibis.coalesce(least, 0).cast("float64"),
        score_high=ibis.coalesce(most, score.most).cast("float64"),
    )
    low, high = sight.kept("score_low"), sight.kept("score_high")
    found = {
        "scale": ibis.literal(scale.id),
        "score": (low == high).ifelse(low, ibis.null("float64")),
        "score_low": low,
        "score_high": high,
        "category": _category(score, low, high),
        "missing": (low == high).ifelse("", _unanswered(sight, score)),
    }
    own = [name for name in sight.own if name not in SCORED]
    return sight.table.select(*own, **{name: found[name] for name in SCORED}).view()


def _category(score: Score, low: Any, high: Any) -> Any:  # noqa: ANN401  # columns
    """Give the category that holds both bounds."""
    nothing = ibis.null("string")
    if not score.categories:
        return nothing
    choices = [(within(low, one.holds) & within(high, one.holds), one.name) for one in score.categories]
    return ibis.cases(*choices, else_=nothing)


def _unanswered(sight: Sight, score: Score) -> Any:  # noqa: ANN401  # a column
    """List the items without an answer that can be; name the total where none has one, or the total cannot be."""
    answered: dict[str, Any] = {
        item.column: sight.possible(item.column) for item in score.items if item.column in sight.own
    }
    if not answered:
        return ibis.literal(score.total)
    columns = [item.column for item in score.items]
    known = [answered[name].fill_null(False).ifelse(0, 1) if name in answered else 1 for name in columns]
    lacking = reduce(or_, [unknown << bit for bit, unknown in enumerate(known)])
    whole: Any = lacking == (1 << len(columns)) - 1
    if score.total in sight.own:
        whole |= sight.table[score.total].notnull()
    return whole.ifelse(score.total, listed(lacking, columns))
