"""Agreement on a terminal: a few lines and two cross-tables for each pair of grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from icans.results import display
from icans.results.agreement import ANALYSIS
from icans.results.rows import Result

TOXICITIES = {"icans": "ICANS", "crs": "CRS"}
COUNTED = {"grade": "Assessments", "max_grade": "Patients' highest grade"}
RECORDED = "recorded / derived"
WIDE = 140
"""Characters of a line where there is no terminal to ask."""

Rows = Mapping[tuple[str, str, str | None, str | None], Result]
"""Rows of results by variable, statistic, group and level."""


def agreement_tables(results: Sequence[Result], file: TextIO) -> None:
    """Print the agreement of each pair of grades.

    Parameters
    ----------
    results
        Rows of results.
    file
        Where to print.
    """
    console = Console(file=file, width=None if file.isatty() else WIDE, highlight=False, markup=False)
    rows = {(r.variable, r.statistic, r.group, r.level): r for r in results if r.analysis == ANALYSIS}
    for toxicity, name in TOXICITIES.items():
        for variable, statistic, group, level in rows:
            if (variable, statistic, level) == (f"{toxicity}_grade", "agree", None):
                _print_pair(console, rows, toxicity, group, f"{name}: {group or RECORDED}")


def _print_pair(console: Console, rows: Rows, toxicity: str, group: str | None, title: str) -> None:
    lines = Table.grid(padding=(0, 2))
    for variable, words in COUNTED.items():
        lines.add_row(*map(Text, (words, *_numbers(rows, f"{toxicity}_{variable}", group))))
    crossed = Table.grid(padding=(0, 6))
    crossed.add_row(*(_crossed(rows, f"{toxicity}_{variable}", group, words) for variable, words in COUNTED.items()))
    console.print(Text(title, style="bold"))
    console.print(Padding(lines, (0, 0, 0, 2)))
    console.print(Padding(Text(_moved(rows, toxicity, group)), (0, 0, 0, 2)))
    console.print(Padding(crossed, (0, 0, 0, 2)))


def _numbers(rows: Rows, variable: str, group: str | None) -> tuple[str, ...]:
    n, agree, percent, low, high, left = (
        rows[variable, name, group, None] for name in ("n", "agree", "percent", "ci_low", "ci_high", "open")
    )
    unsettled = f"{display.shown(left)} open" if left.value else ""
    if percent.value is None:
        return "none to compare", "", unsettled
    interval = display.interval(low.value, high.value, "%")
    same = f"same grade {display.shown(agree)} of {display.shown(n)} ({display.shown(percent)}, {interval})"
    return (
        same,
        _kappa(*(rows[variable, f"weighted_kappa{end}", group, None] for end in ("", "_low", "_high"))),
        unsettled,
    )


def _kappa(kappa: Result, low: Result, high: Result) -> str:
    if kappa.value is None:
        return f"kappa not defined: {kappa.reason}"
    if low.value is None or high.value is None:
        return f"weighted kappa {display.number(kappa.value, 2)}, without interval"
    between = f"{display.number(low.value, 2)} to {display.number(high.value, 2)}"
    return f"weighted kappa {display.number(kappa.value, 2)} ({between})"


def _moved(rows: Rows, toxicity: str, group: str | None) -> str:
    variable = f"{toxicity}_severity"
    moved, n = (rows[variable, name, group, None] for name in ("disagree", "n"))
    domains = [
        f"{level} {display.shown(row)}"
        for (of, _, pair, level), row in rows.items()
        if of == f"{variable}_domain" and pair == group
    ]
    text = f"{display.shown(moved)} of {display.shown(n)} patients change severity group"
    return f"{text}, raised by {', '.join(domains)}" if domains else text


def _crossed(rows: Rows, variable: str, group: str | None, words: str) -> Table:
    cells = {level: row for (of, name, pair, level), row in rows.items() if (of, name, pair) == (variable, "n", group)}
    grades = list(dict.fromkeys(level.split(" x ")[0] for level in cells if level))
    first, second = (group or RECORDED).split(" / ")
    heading = (words, f"{first} down", f"{second} across")
    table = Table(
        title=Text("\n".join(heading)), title_justify="left", box=box.SIMPLE_HEAD, min_width=max(map(len, heading))
    )
    table.add_column("")
    for grade in grades:
        table.add_column(grade, justify="right")
    for one in grades:
        counts = [display.shown(cells[f"{one} x {other}"]) for other in grades]
        table.add_row(one, *("." if count == "0" else count for count in counts))
    return table
