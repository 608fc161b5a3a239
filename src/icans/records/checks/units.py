"""Units unlike the rest: most likely a slip, and a factor of a thousand where it is one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from icans.records.checks.rows import place
from icans.records.findings import Finding, shown

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir

FEWEST = 3
"""Rows needed before one unit can be called the usual one."""


def unit_counts(table: ibis.Table, of: tuple[str, ...], unit: str, amount: str, **more: ir.Scalar) -> ibis.Table:
    """Count the rows of each unit.

    Parameters
    ----------
    table
        ``patient_id``, ``row`` where it has one, and the columns named next.
    of
        Columns that say what was measured or given.
    unit, amount
        Column of the unit and of the number it belongs to; rows without a number do not count.
    more
        Further measures of each group.

    Returns
    -------
    ibis.Table
        One row for each value of `of` and ``unit``: ``rows`` (int64), ``amounts`` (int64, rows with a number),
        ``row`` (int64, if there) and ``patient_id`` (string) of the first of them.
    """
    first = {"patient_id": table.patient_id.min()}
    if "row" in place(table):
        first = {"row": table.row.min(), "patient_id": table.patient_id.argmin(table.row)}
    grouped = table.group_by(*of, unit=table[unit])
    return grouped.agg(rows=table.count(), amounts=table[amount].count(), **first, **more)


def unlike_the_rest(
    counts: Iterable[Mapping[str, Any]], of: tuple[str, ...], *, file: str, column: str
) -> list[Finding]:
    """Find the units that differ from the one most rows of the same thing have."""
    groups = defaultdict(list)
    for count in counts:
        if count["amounts"]:
            groups[tuple(count[name] for name in of)].append(count)
    return [
        _finding(odd, usual, what=what, total=total, file=file, column=column)
        for what, units in groups.items()
        if (usual := usual_unit(units))
        for odd in units
        if odd is not usual and (total := sum(unit["amounts"] for unit in units))
    ]


def usual_unit(units: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Give, of the units of one thing, the one that most of at least `FEWEST` rows have, None where there is none."""
    total = sum(unit["amounts"] for unit in units)
    most = max(units, key=lambda unit: unit["amounts"])
    return most if total >= FEWEST and 2 * most["amounts"] > total and most["unit"] else None


def _finding(
    odd: Mapping[str, Any],
    usual: Mapping[str, Any],
    *,
    what: tuple[str | None, ...],
    total: int,
    file: str,
    column: str,
) -> Finding:
    name = shown(what[0] or "")
    details = ", ".join(detail for detail in what[1:] if detail)
    thing = f"{name} ({details})" if details else name
    share = f"{odd['amounts']} of {total} rows of {thing}"
    rest = f"{usual['amounts']} are in {shown(usual['unit'])}"
    return Finding(
        severity="warning",
        file=file,
        row=odd.get("row"),
        column=column,
        value=shown(odd["unit"] or ""),
        problem=f"is the unit of {share}; {rest}" if odd["unit"] else f"{share} have no unit; {rest}",
        advice="Convert the numbers to one unit, or correct the unit.",
        patient_id=odd["patient_id"],
    )
