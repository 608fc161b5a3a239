"""The page of `icans power`: what a planned trial would show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from icans.figures.figure import Figure
from icans.protocol import Protocol, Title
from icans.report import tables
from icans.report.blocks import Section, paragraph
from icans.report.document import figure_block, page
from icans.report.numbers import Numbers
from icans.results import display
from icans.results.rows import Result

TITLE = "What a trial would show"
COLUMNS = {
    "alpha": "False positive",
    "power": "Power",
    "simulated_alpha": "False positive, simulated",
    "simulated_power": "Power, simulated",
}


def write_page(
    path: Path,
    rows: Sequence[Result],
    lines: Sequence[str],
    *,
    names: Mapping[str, str],
    figure: Figure,
    drawn: Mapping[str, str],
) -> None:
    """Write one HTML file that needs nothing else.

    Parameters
    ----------
    path
        The file.
    rows
        Rows of results of `icans power`.
    lines
        What it prints.
    names
        What each design or test is called.
    figure, drawn
        The figure, and its SVG by id.
    """
    numbers = Numbers(rows)
    sections = [
        Section("answer", "In words", tuple(paragraph(line.strip()) for line in lines if line)),
        Section("figure", "Chances", (figure_block(numbers, figure, drawn),)),
        Section("table", "Over patients", tuple(_table(numbers, name, title) for name, title in names.items())),
    ]
    sections[-1] = Section("table", "Over patients", tuple(block for block in sections[-1].blocks if block))
    protocol = Protocol(study=Title(title=TITLE, synthetic=True))
    kept = [section for section in sections if section.blocks]
    path.write_text(page(protocol, numbers, kept, title=TITLE), encoding="utf-8")


def _table(numbers: Numbers, name: str, title: str) -> Markup:
    own = [row for row in numbers.matching("power", name) if row.level and row.level.endswith("patients")]
    simulated = {row.level for row in own if row.statistic == "simulated_power"}
    levels = [level for level in dict.fromkeys(row.level for row in own) if not simulated or level in simulated]
    statistics = [one for one in COLUMNS if any(row.statistic == one for row in own)]
    if not levels:
        return Markup("")
    shown = [
        tables.Row(level or "", tuple(_cell(numbers, name, level, statistic) for statistic in statistics))
        for level in sorted(levels, key=lambda level: int((level or "0").split()[0]))
    ]
    note = "Simulated: share of trials with its Monte Carlo standard error." if simulated else ""
    return tables.block(f"table-{name.replace('_', '-')}", title, [COLUMNS[one] for one in statistics], shown, note)


def _cell(numbers: Numbers, name: str, level: str | None, statistic: str) -> Markup:
    row, error = (numbers.find("power", name, which, level=level) for which in (statistic, f"{statistic}_error"))
    if row is None or row.value is None:
        return Markup("")
    said = display.percent(row.value)
    if error is not None and error.value is not None:
        said += f" ± {display.number(error.value, 1)}"
    return numbers.show(said, [row, error])
