"""Two runs of a study side by side: what moved, by how much, and because of what."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icans.counts import counted
from icans.engines import connect
from icans.records.definitions import sections
from icans.records.findings import harmless
from icans.results import store
from icans.results.moved import Moved, moved
from icans.results.moved_table import COLUMNS, lines, summary
from icans.results.rows import Result
from icans.runs.causes import ABSENT, Cause, causes
from icans.runs.record import Run, read
from icans.runs.tables import TableDifference, table_differences

WIDE = 150
"""Characters of a line where there is no terminal to ask."""
MOST_LINES = 60
"""Most results on the screen: a file holds all of them."""
CSV_COLUMNS = (
    "kind",
    "what",
    "change",
    "analysis",
    "group",
    "variable",
    "level",
    "statistic",
    "before",
    "after",
    "difference",
    "unit",
    "n_before",
    "n_after",
    "patients_gained",
    "patients_lost",
)


@dataclass(frozen=True)
class RunComparison:
    """Two runs side by side.

    Parameters
    ----------
    causes
        What of records, protocol and software is not the same.
    tables
        Derived tables that are not.
    results
        Results that are not; None where a run has none, as after `icans derive`.
    before, after
        All results of each run.
    """

    causes: Sequence[Cause]
    tables: Sequence[TableDifference]
    results: Sequence[Moved] | None
    before: Sequence[Result]
    after: Sequence[Result]

    @property
    def differ(self) -> bool:
        """Whether anything that came out is not the same."""
        return bool(self.tables or self.results)


def compare_runs(one: Path, other: Path) -> RunComparison:
    """Compare two outputs of `icans derive` or `icans report`.

    Parameters
    ----------
    one, other
        Their folders, the earlier one first.

    Raises
    ------
    CallError
        There is no such folder, or no record in it, or they are of different studies.
    StudyError
        A record or the results are damaged.
    """
    runs = (read(one), read(other))
    why = causes(*runs)
    engine = connect()
    try:
        tables = table_differences((one, runs[0]), (other, runs[1]), engine)
    finally:
        engine.close()
    if not all(_has_results(run) for run in runs):
        return RunComparison(why, tables, None, (), ())
    before, after = store.read(one), store.read(other)
    return RunComparison(why, tables, moved(before, after), before, after)


def write_comparison(found: RunComparison, file: Path) -> None:
    """Write a comparison as a table for a spreadsheet: causes, derived tables, results, told apart by ``kind``.

    Patients are counted, never named; no cell can be taken for a formula.
    """
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, CSV_COLUMNS, restval="")
        writer.writeheader()
        for row in _rows(found):
            writer.writerow({name: harmless("" if value is None else value) for name, value in row.items()})


def print_comparison(found: RunComparison) -> None:
    """Print a comparison: why, then derived tables, then results."""
    from rich.console import Console  # noqa: PLC0415  # start-up counts

    watched = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(width=None if watched else WIDE, markup=False, highlight=False)
    if found.causes:
        _print(console, ("because of", "what", "before", "after"), map(_cause_cells, found.causes))
    else:
        console.print("Records, protocol and software are the same.")
    if found.tables:
        head = ("derived table", "before", "after", "rows gone", "rows new", "patients")
        _print(console, head, map(_table_cells, found.tables))
    else:
        console.print("All derived tables are the same.")
    if found.results is None:
        console.print("Results are not compared: icans derive writes none.")
        return
    shown = lines(found.results, found.before, found.after)
    if shown:
        _print(console, COLUMNS, shown[:MOST_LINES])
    if len(shown) > MOST_LINES:
        console.print(f"And {len(shown) - MOST_LINES:,} more: --out FILE.csv has all of them.")
    console.print(summary(found.results, len(found.after)))


def _has_results(run: Run) -> bool:
    return run.command == "report"


def _print(console: Any, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:  # noqa: ANN401  # Rich's console
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  # start-up counts
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text("".join(sign if sign.isprintable() else "�" for sign in cell)) for cell in row))
    console.print(table)


def _cause_cells(cause: Cause) -> tuple[str, ...]:
    meaning = _meanings().get(cause.what, "") if cause.kind == "protocol" else ""
    return cause.kind, f"{cause.what}: {meaning}" if meaning else cause.what, cause.before, cause.after


def _meanings() -> dict[str, str]:
    """Say what each definition of a protocol means."""
    return {
        f"{section.name} {definition.key}": definition.meaning
        for section in sections()
        for definition in section.definitions
    }


def _table_cells(table: TableDifference) -> tuple[str, ...]:
    rows = ["not there" if count is None else counted(count, "row") for count in (table.before, table.after)]
    lacks = ABSENT if None in {table.before, table.after} else "other columns"
    patients = lacks if table.patients is None else f"{table.patients:,}"
    return table.name, *rows, f"{table.gone:,}", f"{table.new:,}", patients


def _rows(found: RunComparison) -> Iterable[dict[str, Any]]:
    for cause in found.causes:
        yield {"kind": cause.kind, "what": cause.what, "before": cause.before, "after": cause.after}
    for table in found.tables:
        yield {
            "kind": "derived table",
            "what": table.name,
            "change": f"{table.gone} gone, {table.new} new",
            "n_before": table.before,
            "n_after": table.after,
        }
    for one in found.results or ():
        yield {
            "kind": "result",
            "what": one.result.name,
            "change": one.change,
            **{name: getattr(one.result, name) for name in ("analysis", "group", "variable", "level", "statistic")},
            "before": one.before.value if one.before else None,
            "after": one.after.value if one.after else None,
            "difference": one.difference,
            "unit": one.result.unit,
            "n_before": one.before.n if one.before else None,
            "n_after": one.after.n if one.after else None,
            "patients_gained": one.gained,
            "patients_lost": one.lost,
        }
