"""The data dictionary: what each table of records holds, from its one declaration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from icans.records.schema import TABLES, Column, Kind, Table

KINDS: dict[Kind, str] = {
    "id": "text",
    "text": "text",
    "category": "one of these",
    "categories": "some of these, `;` between",
    "integer": "whole number",
    "number": "number",
    "boolean": "`yes` or `no`",
    "time": "time",
}
HEADINGS = ("column", "type", "values", "unit", "required", "meaning", "example")

INTRODUCTION = """\
# Data dictionary

A study is a folder with `study.toml` and these tables, each as `NAME.csv`, `NAME.parquet`, a folder `NAME` of such
files, or a sheet `NAME` of one workbook. Required are `patients`, and `neuro` or `crs` with a grade or a sign; times
that are dates also need `infusions`. Every table may have further columns: they are kept, those of `patients` and
`infusions` as covariates.

- An **empty cell** means: not recorded. `none` means: looked for and not there. `not_assessable` means: could not be
  tested. The three are never taken for one another.
- A **time** is an ISO 8601 date-time or date (`2024-03-05T08:00`, `2024-03-05`), or a number of hours or days from
  infusion; `[records] time` in `study.toml` says which.
- A row with a value that is not allowed is left out and reported; `icans check` lists every such row.
"""


def markdown() -> str:
    """Write the data dictionary of the tables of records as a Markdown page."""
    return "\n".join([INTRODUCTION, *(_of_table(table) for table in TABLES.values())])


def markdown_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write rows as a Markdown table; a bar or a line break in a cell does not end it."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = [headings, ["---"] * len(headings), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _of_table(table: Table) -> str:
    key = f" Named by {' and '.join(f'`{column}`' for column in table.key)}." if table.key else ""
    return f"## {table.name}\n\nA row is {table.row}.{key}\n\n{markdown_table(HEADINGS, map(_cells, table.columns))}"


def _cells(column: Column) -> tuple[str, ...]:
    return (
        f"`{column.name}`",
        KINDS[column.kind],
        ", ".join(f"`{value}`" for value in column.allowed) or _range(column),
        column.unit,
        "yes" if column.required else "",
        column.meaning,
        f"`{column.example}`" if column.example else "",
    )


def _range(column: Column) -> str:
    if column.least is None:
        return ""
    return f"{column.least:,.0f} or more" if column.most is None else f"{column.least:,.0f} to {column.most:,.0f}"
