"""The one engine: any scale file compiled to Ibis columns. No grade is computed anywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

import ibis

from icans.errors import ScaleError
from icans.numbered import NUMBER, Numbered
from icans.scales.layout import EVERY_GRADE, GRADES
from icans.scales.listing import every_list, few, listed
from icans.scales.model import Convention, Scale, signs
from icans.scales.scoring import scored
from icans.scales.sight import Sight
from icans.scales.states import exclusions, keep_states, plain_conditions
from icans.scales.totals import totals

RESULT = ("scale", "grade", "grade_low", "grade_high", "driver", "missing", "excluded")
"""The columns that grading adds."""

Names = tuple[Any, Sequence[str]]
"""A column of bits and what each of them names, the lowest first."""


def evaluated(table: ibis.Table, scale: Scale, *, unrecorded: Convention) -> ibis.Table:
    """Grade each row of a table, or score it where the scale's result is a score.

    Parameters and errors are those of `graded`; the columns added are those of `graded` or of
    `icans.scales.scoring.scored`.
    """
    if scale.result == "grade":
        return graded(table, scale, unrecorded=unrecorded)
    require_columns(table, scale)
    return scored(table, scale)


def graded(table: ibis.Table, scale: Scale, *, unrecorded: Convention) -> ibis.Table:
    """Grade each row of a table by a scale.

    The grade is that of the worst domain. A domain without a value could earn any grade of its cells, so the grade lies
    between a lower and an upper bound; a value that the column cannot hold is no value. A domain that does not apply
    earns 0, and so does one with another cause.

    Parameters
    ----------
    table
        Any columns; those of the scale (`icans.scales.model.columns`) that it lacks are missing in every row.
    scale
        The scale.
    unrecorded
        ``absent`` reads signs that nobody recorded as the scale file says, where that settles the grade; ``unknown``
        leaves the grade open.

    Returns
    -------
    ibis.Table
        The table's rows and columns, then ``scale`` (string, its id); ``grade`` (int8, 0-5; null where it stays open);
        ``grade_low`` and ``grade_high`` (int8, what the recorded signs alone allow); and as strings with ``;`` between,
        empty where there is none, ``driver`` (domains that earn the grade, or its lower bound where it is open, from
        grade 1), ``missing`` (domains without a settled value that count or may count, then columns whose lack leaves
        open whether domains count) and ``excluded`` (domains with another cause).

    Raises
    ------
    ScaleError
        The table has none of the columns that hold the scale's signs, or one holds what cannot be read.
    """
    return numbered_grades(table, scale, unrecorded=unrecorded).worded()


def numbered_grades(
    table: ibis.Table, scale: Scale, *, unrecorded: Convention, decided: Mapping[str, str] | None = None
) -> Numbered:
    """Grade each row of a table by a scale, as `graded` does, and leave ``scale`` and lists of few names as numbers.

    The first text of each list is the empty one. `decided` names the columns of the table that hold a condition already
    (`icans.scales.states.decided_conditions`), by that condition.
    """
    require_columns(table, scale)
    absent = unrecorded == "absent"
    sight = Sight(table, scale)
    sight.keep(**totals(sight), **exclusions(sight), **plain_conditions(sight, decided or {}))
    keep_states(sight, absent=absent)
    _keep_bounds(sight)
    _keep_earned(sight)
    return _with_grades(sight, absent=absent)


def require_columns(table: ibis.Table, scale: Scale) -> None:
    """Refuse a table that has none of the columns that hold the scale's signs.

    Raises
    ------
    ScaleError
        It has none.
    """
    if not any(name in table.columns for name in signs(scale)):
        raise ScaleError(
            f"The table has none of the columns of {scale.id}.", f"It needs some of: {', '.join(signs(scale))}."
        )


def _keep_bounds(sight: Sight) -> None:
    """Keep the OR of all domains, and the highest of its bits for the lowest and the highest grade."""
    layout, states = sight.layout, sight.states()
    constant = reduce(or_, (state for state in states.values() if isinstance(state, int)), 0)
    columns = [state for state in states.values() if not isinstance(state, int)]
    sight.keep(worst=reduce(or_, columns, ibis.literal(constant, layout.kind)))
    worst = sight.kept("worst")
    sight.keep(low=_highest(worst, layout.low_at), high=_highest(worst, layout.high_at))


def _keep_earned(sight: Sight) -> None:
    """Keep, a bit for each domain, which have the lowest grade of the whole; none where that is 0."""
    low = sight.kept("low")
    states = [state for state in sight.states().values() if not isinstance(state, int)]
    earned = [((state >> low) & 1) << bit for bit, state in enumerate(states)]
    sight.keep(earned=(low == 0).ifelse(0, reduce(or_, earned)))


def _highest(bits: Any, start: int) -> Any:  # noqa: ANN401  # a column
    """Give the place of the highest bit that is set among the bits of one grade from `start`."""
    those = bits & (EVERY_GRADE << start)
    places = ((those < 1 << start + grade + 1, grade) for grade in range(GRADES - 1))
    # A small literal is int8 to Ibis and INTEGER to DuckDB; cast from a wider one, both agree.
    return ibis.cases(*places, else_=ibis.literal(GRADES - 1, "int64")).cast("int8")


def _with_grades(sight: Sight, *, absent: bool) -> Numbered:
    low, high, open_grade = sight.kept("low"), sight.kept("high"), ibis.null("int8")
    if absent:
        settled = _highest(sight.kept("worst"), sight.layout.high_if_absent_at) == low
        open_grade = settled.ifelse(low, open_grade)
    lists = {"driver": _driver(sight), "missing": _missing(sight), "excluded": _excluded(sight)}
    found = {
        "scale": ibis.literal(0, NUMBER),
        "grade": (low == high).ifelse(low, open_grade),
        "grade_low": low,
        "grade_high": high,
        **{name: bits.cast(NUMBER) if few(names) else listed(bits, names) for name, (bits, names) in lists.items()},
    }
    own = [name for name in sight.own if name not in RESULT]
    texts = {name: every_list(names) for name, (_, names) in lists.items() if few(names)}
    return Numbered(sight.table.select(*own, **found), {"scale": [sight.scale.id], **texts})


def _driver(sight: Sight) -> Names:
    """Name the domains whose lowest grade is that of the whole, from grade 1."""
    return sight.kept("earned"), [name for name, state in sight.states().items() if not isinstance(state, int)]


def _missing(sight: Sight) -> Names:
    """Name what is missing; a column that decides whether domains count only where it is not recorded."""
    layout = sight.layout
    lacking = (sight.kept("worst") >> layout.lacking_at) & ((1 << len(layout.lacking)) - 1)
    bits = lacking
    for column in layout.deciding:
        if column in sight.own:
            flag = layout.missing(column) >> layout.lacking_at
            bits = sight.possible(column).ifelse(bits & ~flag, bits)
    # Most rows lack nothing: what they hold is then not looked at.
    return bits if bits is lacking else (lacking == 0).ifelse(0, bits), layout.lacking


def _excluded(sight: Sight) -> Names:
    """Name the domains with another cause."""
    layout = sight.layout
    said_by = {domain.excluded_by.column for domain in sight.scale.domains if domain.excluded_by}
    if said_by.isdisjoint(sight.own):
        return ibis.literal(0), ()
    return sight.kept("worst") >> layout.excluded_at, layout.excludable
