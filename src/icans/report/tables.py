"""Tables of a page, made from rows of results by Great Tables."""

from __future__ import annotations

import re
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa
from great_tables import GT, loc, style
from markupsafe import Markup

from icans.report.numbers import Numbers
from icans.report.words import label, level
from icans.results import display
from icans.results.rows import Result

STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)
BRACKETED = re.compile(r"\((<button[^>]*>)([^<]*)(</button>)\)")
"""A number in brackets. The brackets go inside it: lines are broken between a bracket and a button, not within one."""


@dataclass(frozen=True)
class Row:
    """A row of a table: its label and a cell for each column; one without cells heads the indented rows after it."""

    label: str
    cells: tuple[Markup, ...] = ()
    indented: bool = False


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
        Rows, in order.
    note
        Source note under the table.
    """
    names = [f"column_{index}" for index in range(len(columns))]
    cells = [row.cells or (Markup(""),) * len(columns) for row in rows]
    content = {"label": [row.label for row in rows]} | {
        name: [_unbroken(own[index]) for own in cells] for index, name in enumerate(names)
    }
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "PyArrow Table support is currently experimental", UserWarning)
        table = GT(pa.table(content), rowname_col="label", id=identity)
        table = table.tab_header(title=title).cols_label(dict(zip(names, columns, strict=True)))
        table = table.fmt_passthrough(columns=names, escape=False)
        if indented := [index for index, row in enumerate(rows) if row.indented]:
            table = table.tab_stub_indent(indented)
        if heads := [index for index, row in enumerate(rows) if not row.cells]:
            table = table.tab_style(style.text(weight="bold"), loc.stub(rows=heads))
        if note:
            table = table.tab_source_note(note)
        return Markup(STYLE.sub("", table.as_raw_html()))  # noqa: S704  # cells are escaped where they are made


def block(identity: str, title: str, columns: Sequence[str], rows: Sequence[Row], note: str = "") -> Markup:
    """Set a table on the page; nothing where it has no rows with cells."""
    if not any(row.cells for row in rows):
        return Markup("")
    return Markup('<div class="table" role="group" aria-label="{}" tabindex="0">{}</div>').format(
        title, render(identity, title, columns, rows, note)
    )


def _unbroken(cell: Markup) -> str:
    return BRACKETED.sub(r"\1(\2)\3", str(cell))


def described(numbers: Numbers, analysis: str, variable: str, group: str | None) -> Markup:
    """Write ``median (min-max)`` of a numeric variable, with how many have no value or were not seen to end."""
    statistics = ("median", "min", "max", "missing", "unresolved")
    rows = {s: numbers.find(analysis, variable, s, group=group) for s in statistics}
    median, least, most = rows["median"], rows["min"], rows["max"]
    if median is None or least is None or most is None:
        return Markup("")
    if median.value is None or least.value is None or most.value is None:
        return numbers.one(median)
    text = numbers.show(display.median_range(median.value, least.value, most.value, median.unit), (median, least, most))
    return text + _aside(numbers, rows["missing"], "not recorded") + _aside(numbers, rows["unresolved"], "not over")


def counted(numbers: Numbers, analysis: str, variable: str, group: str | None, of: str) -> Markup:
    """Write ``n (%)`` of a level."""
    count = numbers.find(analysis, variable, "n", group=group, level=of)
    share = numbers.find(analysis, variable, "percent", group=group, level=of)
    if count is None and of.endswith("(open)"):
        nobody = numbers.find(analysis, variable, "open", group=group)
        return numbers.one(nobody if nobody is not None and nobody.value == 0 else None)
    if count is None or count.value is None:
        return numbers.one(count)
    shown = display.count_percent(count.value, share.value if share else None)
    return numbers.show(shown, (count, share))


def summary_rows(
    numbers: Numbers, analysis: str, groups: Sequence[str | None], *, levels_left_out: Collection[str] = ()
) -> list[Row]:
    """Give a row for each numeric variable, and for each categorical one a heading and its levels."""
    rows: list[Row] = []
    for variable in dict.fromkeys(result.variable for result in numbers.matching(analysis)):
        own = numbers.matching(analysis, variable)
        levels = [r.level for r in own if r.statistic == "n" and r.level is not None]
        levels = [of for of in dict.fromkeys(levels) if of not in levels_left_out]
        if levels:
            rows.append(Row(label(variable)))
            rows += [
                Row(level(of), tuple(counted(numbers, analysis, variable, g, of) for g in groups), indented=True)
                for of in levels
            ]
            rows += _not_recorded(numbers, [numbers.find(analysis, variable, "missing", group=g) for g in groups])
        elif any(r.statistic == "median" for r in own):
            cells = tuple(described(numbers, analysis, variable, group) for group in groups)
            rows.append(Row(f"{label(variable)}, median (range)", cells))
    return rows


def _not_recorded(numbers: Numbers, missing: Sequence[Result | None]) -> list[Row]:
    if not any(row is not None and row.value for row in missing):
        return []
    return [Row("not recorded", tuple(numbers.one(row) for row in missing), indented=True)]


def _aside(numbers: Numbers, row: Result | None, words: str) -> Markup:
    if row is None or not row.value:
        return Markup("")
    return Markup(" ") + numbers.show(f"[{display.number(row.value, 0)} {words}]", [row])
