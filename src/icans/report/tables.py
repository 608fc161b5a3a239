"""Tables of a page, made from rows of results by Great Tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from great_tables import GT
from markupsafe import Markup

from icans.report.numbers import Numbers
from icans.report.words import label, level
from icans.results import display
from icans.results.rows import Result

STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


@dataclass(frozen=True)
class Row:
    """A row of a table: its group, its label and a cell for each column."""

    group: str
    label: str
    cells: tuple[Markup, ...]


def render(identity: str, title: str, columns: Sequence[str], rows: Sequence[Row], note: str = "") -> Markup:
    """Make a table; the page's own style sheet dresses it.

    Parameters
    ----------
    identity
        Fixed id of the table in the page.
    title
        What the table shows.
    columns
        Heading of each column of cells.
    rows
        Rows; those that share a group stand together under it.
    note
        Source note under the table.
    """
    names = [f"column_{index}" for index in range(len(columns))]
    content = {
        "group": [row.group for row in rows],
        "label": [row.label for row in rows],
        **{name: [str(row.cells[index]) for row in rows] for index, name in enumerate(names)},
    }
    if not any(row.group for row in rows):
        del content["group"]
    group = "group" if "group" in content else None
    table = (
        GT(pa.table(content), rowname_col="label", groupname_col=group, id=identity)
        .tab_header(title=title)
        .cols_label(dict(zip(names, columns, strict=True)))
        .fmt_passthrough(columns=names, escape=False)
    )
    if note:
        table = table.tab_source_note(note)
    return Markup(STYLE.sub("", table.as_raw_html()))  # noqa: S704  # cells are escaped where they are made


def described(numbers: Numbers, analysis: str, variable: str, group: str | None) -> Markup:
    """Write ``median (min-max)`` of a numeric variable, with how many have no value."""
    rows = {s: numbers.find(analysis, variable, s, group=group) for s in ("median", "min", "max", "missing")}
    median, least, most = rows["median"], rows["min"], rows["max"]
    if median is None or least is None or most is None:
        return Markup("")
    if median.value is None or least.value is None or most.value is None:
        return numbers.one(median)
    text = numbers.show(display.median_range(median.value, least.value, most.value, median.unit), (median, least, most))
    return text + _missing(numbers, rows["missing"])


def counted(numbers: Numbers, analysis: str, variable: str, group: str | None, of: str | None) -> Markup:
    """Write ``n (%)`` of a level."""
    count = numbers.find(analysis, variable, "n", group=group, level=of)
    share = numbers.find(analysis, variable, "percent", group=group, level=of)
    if count is None or count.value is None:
        return numbers.show("0", []) if count is None else numbers.one(count)
    return numbers.show(display.count_percent(count.value, share.value if share else None), (count, share))


def summary_rows(numbers: Numbers, analysis: str, groups: Sequence[str | None]) -> list[Row]:
    """Give a row for each numeric variable and each level of the categorical ones, in the order of the results."""
    rows: list[Row] = []
    for variable in dict.fromkeys(result.variable for result in numbers.matching(analysis)):
        own = numbers.matching(analysis, variable)
        levels = dict.fromkeys(r.level for r in own if r.statistic == "n" and r.level is not None)
        if any(r.statistic == "median" for r in own):
            cells = tuple(described(numbers, analysis, variable, group) for group in groups)
            rows.append(Row(label(variable), "median (range)", cells))
        for of in levels:
            cells = tuple(counted(numbers, analysis, variable, group, of) for group in groups)
            rows.append(Row(label(variable), level(of), cells))
        missing = [numbers.find(analysis, variable, "missing", group=group) for group in groups]
        if levels and any(row is not None and row.value for row in missing):
            rows.append(Row(label(variable), "not recorded", tuple(numbers.one(row) for row in missing)))
    return rows


def _missing(numbers: Numbers, row: Result | None) -> Markup:
    if row is None or not row.value:
        return Markup("")
    return Markup(" ") + numbers.show(f"[{display.number(row.value, 0)} not recorded]", [row])
