"""Doubtful dates in a study's own columns, as registry forms have them: a resolution before its onset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from icans.records.checks.rows import Check, doubtful_rows, literal, place
from icans.records.findings import Finding
from icans.records.schema import TABLES

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from icans.engines import Engine
    from icans.records.tables import Records

ENDS = ("resolution", "resolved", "resolve", "end", "offset")
"""What the column of the end is called where that of the beginning has ``onset``."""


def form_findings(records: Records, engine: Engine) -> list[Finding]:
    """Find resolutions before their onset among the own columns of patients and infusions."""
    found = []
    for name in ("patients", "infusions"):
        table = getattr(records, name)
        own = [column for column in table.columns if column not in TABLES[name].names]
        for onset, end in onset_and_end(own):
            found += _of_pair(table, onset, end, name, engine)
    return found


def onset_and_end(columns: list[str]) -> list[tuple[str, str]]:
    """Pair columns whose names differ only in onset and resolution: icans_onset_day and icans_resolution_day."""
    by_name = {column.lower(): column for column in columns}
    return [
        (column, by_name[end])
        for name, column in by_name.items()
        if "onset" in name
        for word in ENDS
        if (end := name.replace("onset", word)) in by_name
    ]


def resolution_before_onset(form: ibis.Table) -> ir.BooleanValue:
    """Expect a resolution after its onset."""
    earlier = [_moment(form.end_cell, kind) < _moment(form.onset_cell, kind) for kind in ("float64", "timestamp")]
    return ibis.coalesce(*earlier)


def _of_pair(table: ibis.Table, onset: str, end: str, name: str, engine: Engine) -> list[Finding]:
    form = table.select(*place(table), onset_cell=table[onset].cast("string"), end_cell=table[end].cast("string"))
    check = Check(
        resolution_before_onset,
        column=literal(end),
        value="{end_cell}",
        problem=f"is before {literal(onset)}, {{onset_cell}}",
        advice="Correct one of the two.",
    )
    return doubtful_rows(form, [check], file=name, engine=engine)


def _moment(cell: ir.StringValue, kind: str) -> ir.Value:
    return cell.strip().try_cast(kind)
