"""Usable rows of one table: every value of the declared type, every time on a clock, and what was found on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

import pyarrow as pa

from icans.records.findings import MOST_ROWS, Finding, shown
from icans.records.headings import name_key
from icans.records.parsing import EMPTY, advice, trimmed
from icans.records.parts import STRIDE
from icans.records.schema import Column, Kind
from icans.records.time import Clock, TimeUnit, time_advice

if TYPE_CHECKING:
    import ibis

ARROW: dict[Kind, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "category": pa.string(),
    "categories": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "time": pa.float64(),
}
"""Type of each kind of column once read."""


@dataclass(frozen=True)
class Notation:
    """How a study writes its records.

    Parameters
    ----------
    missing
        Texts that mean: not recorded, as `icans.records.parsing.missing_texts` gives them.
    time
        How times are written.
    """

    missing: frozenset[str]
    time: TimeUnit


Cell = tuple[int | None, str, str | None]
"""Row number, patient and text of a cell."""


@dataclass(frozen=True)
class Usable:
    """Usable rows of one table.

    Parameters
    ----------
    name, file
        Name of the table; file, sheet or table as the user knows it.
    table
        The rows: declared columns that were found, then the study's own; times as `icans.records.time.CLOCK`,
        ``INSTANT`` and ``DAY``, those two where some row has them.
    numbered
        Gives the same with `icans.records.rows.ROW` (null where the source has no order).
    columns
        Names of the columns found.
    clock
        What is known of the times; None without a column of times.
    read, used
        Rows there were, rows that are here.
    findings
        Faults and notes.
    parts
        Names of the table's files, where they are several.
    """

    name: str
    file: str
    table: ibis.Table
    numbered: Callable[[], ibis.Table]
    columns: tuple[str, ...]
    clock: Clock | None
    read: int
    used: int
    findings: tuple[Finding, ...] = ()
    parts: tuple[str, ...] = ()


def absent_finding(file: str, column: Column, header: Sequence[str]) -> Finding:
    """Make the error of a table without a column that every row needs."""
    keys = sorted(map(name_key, header))
    if column.name in keys:
        return Finding("error", file, column=column.name, problem="no row can be used without this column")
    close = get_close_matches(column.name, keys, n=1, cutoff=0.6)
    advice = f"Is it the column {shown(close[0])}?" if close else f"It holds: {column.meaning}."
    if len(keys) == 1:
        advice = (
            f'The header is read as the one name "{shown(header[0])}": it has to be the first row that is not empty.'
        )
    problem = "the column is not there, and no row can be used without it"
    return Finding("error", file, column=column.name, problem=problem, advice=advice)


def cell_findings(
    file: str, column: Column, cells: Iterable[Cell], problem: str, *, count: int, unit: TimeUnit | None
) -> list[Finding]:
    """Make the errors of the cells of a column that share a problem; `count` of them there are, the first are named."""
    findings = []
    for row, patient, text in cells:
        if problem == EMPTY:
            do = ""
        else:
            do = time_advice(text or "", unit, problem) if unit else advice(column, text or "", problem)
        value = "" if problem == EMPTY else shown(trimmed(text))
        findings.append(Finding("error", file, row, column.name, value, problem, do, shown(trimmed(patient))))
        if len(findings) == MOST_ROWS:
            break
    if count > len(findings):
        rows = count - len(findings)
        more = f"{rows:,} more {'row has' if rows == 1 else 'rows have'} a fault in this column: {problem}"
        findings.append(Finding("error", file, column=column.name, problem=more))
    return findings


def comma_finding(file: str, column: str, row: int | None, text: str, count: int) -> Finding:
    """Note that a column writes decimals after a comma."""
    problem = f"has a decimal comma and is read as {trimmed(text).replace(',', '.')}"
    problem += "" if count == 1 else f", like {count - 1:,} more of this column"
    return Finding("note", file, row, column, shown(trimmed(text)), problem)


def thousands_finding(file: str, column: str, row: int | None, text: str, count: int) -> Finding:
    """Note that a point is read as that of decimals where it may part thousands."""
    problem = "is read as a number with three decimals, but its point may part thousands"
    problem += "" if count == 1 else f", like that of {count - 1:,} more of this column"
    advice = "Write numbers without a separator of thousands, or all of this column with their decimals."
    return Finding("note", file, row, column, shown(trimmed(text)), problem, advice)


def padded_finding(file: str, column: str, text: str, rows: list[int | None]) -> Finding:
    """Note that blanks around an id were taken off, and in which rows."""
    numbers = [row for row in rows if row is not None]
    several = bool(numbers) and numbers[0] >= STRIDE
    count = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
    where = f"row{'s' if len(numbers) > 1 else ''} {spans(numbers)}" if numbers and not several else count
    problem = f"has blanks around it in {where}, and is read as {shown(trimmed(text))}"
    first = numbers[0] if numbers else None
    return Finding("note", file, first, column, shown(text), problem, patient_id=shown(trimmed(text)))


def spans(numbers: list[int], most: int = 10) -> str:
    """Write rising row numbers, those that follow one another as a span, at most so many of them."""
    found: list[list[int]] = []
    for number in numbers:
        if found and found[-1][-1] == number - 1:
            found[-1].append(number)
        else:
            found.append([number])
    words = [f"{span[0]}" if len(span) == 1 else f"{span[0]}-{span[-1]}" for span in found[:most]]
    more = sum(map(len, found[most:]))
    return ", ".join(words) + (f" and {more:,} more" if more else "")
