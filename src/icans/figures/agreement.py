"""Two grades of the same assessments and patients: a cross-table for each pair of scales, its counts printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from icans.counts import counted
from icans.figures.data import Row, Rows
from icans.figures.days import TOXICITIES
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import listed, sentence, told
from icans.figures.legend import Entry, legend
from icans.figures.marks import PIXELS, as_is, layer, panel, stacked
from icans.figures.stated import Stated
from icans.figures.theme import HAIR, HEADING, INK, MUTED, PAPER, SMALL, WIDTH
from icans.results import display
from icans.results.rows import Result

ANALYSIS = "agreement"
RECORDED = ("recorded by the clinic", "derived from the signs")

SHARES = ("#EAF1F6", "#BBD3E3", "#7FAECB", "#3D7CA6", "#0E4266")
"""Colour of a fifth of a row each, the darker the more; told apart in grey and by colour-blind readers."""
LIGHT = 3
"""From this colour on, counts are written in paper."""

LABEL = 18.0
TITLE = 20.0
HEAD = 52.0
BETWEEN = 26.0
BLOCK = 24.0
HIGHEST_CELL, WIDEST_CELL = 24.0, 44.0


@dataclass(frozen=True)
class Panel:
    """One cross-table: what was counted, how it reads, and where it stands."""

    variable: str
    title: str
    thing: str


PANELS = (Panel("grade", "Assessments", "assessment"), Panel("max_grade", "Highest grade", "patient"))


def agreement_figures(stated: Stated, *, severe: int, scales_only: bool = False) -> list[Figure]:
    """Draw the cross-tables of every toxicity of which two grades, or two scales, were compared."""
    shown = [toxicity for toxicity in TOXICITIES if not scales_only or any(_groups(stated, toxicity))]
    made = [agreement(stated, toxicity, severe=severe) for toxicity in shown]
    return [one for one in made if isinstance(one, Figure)]


@unchecked
def agreement(stated: Stated, toxicity: str, *, severe: int) -> Figure | LeftOut:
    """Draw a cross-table of assessments and one of patients' highest grades for each pair of scales.

    Parameters
    ----------
    stated
        Rows of results.
    toxicity
        icans or crs.
    severe
        Lowest grade called severe.
    """
    identity, title = f"agreement_{toxicity}", f"{TOXICITIES[toxicity]} grades compared"
    groups = _groups(stated, toxicity)
    if not groups:
        return LeftOut(identity, title, f"no two {TOXICITIES[toxicity]} grades can be compared")
    grid = Grid(stated, toxicity, groups, severe)
    strip, strip_rows = legend("legend", _legend(grid), WIDTH)
    rows = {name: value for name, value in grid.rows.items() if value}
    return Figure(
        id=identity,
        title=title,
        caption=_caption(grid),
        alt=_alt(grid),
        chart=stacked([strip, panel(_layers(rows), WIDTH, grid.height)], 10),
        rows=rows | strip_rows,
        results=tuple((ANALYSIS, f"{toxicity}_{one.variable}") for one in PANELS),
    )


def _groups(stated: Stated, toxicity: str) -> list[str | None]:
    """Give the pairs that have a cross-table, in the order of the results."""
    own = (row for row in stated.results if row.analysis == ANALYSIS and row.variable == f"{toxicity}_grade")
    return list(dict.fromkeys(row.group for row in own if row.level))


class Grid:
    """Where every cell of every cross-table stands, px.

    Parameters
    ----------
    stated
        Rows of results.
    toxicity
        icans or crs.
    groups
        The pairs.
    severe
        Lowest grade called severe.
    """

    def __init__(self, stated: Stated, toxicity: str, groups: list[str | None], severe: int) -> None:
        self.stated, self.toxicity, self.groups, self.severe = stated, toxicity, groups, severe
        self.cells = {
            (row.group, row.variable, row.level): row
            for row in stated.results
            if row.analysis == ANALYSIS and row.level and row.statistic == "n"
        }
        self.highest = max(
            int(grade)
            for (_, variable, level), row in self.cells.items()
            if variable in {f"{toxicity}_{one.variable}" for one in PANELS} and row.value
            for grade in level.split(" x ")
        )
        self.across = 1 if len(groups) < 3 else 2
        block = (WIDTH - (self.across - 1) * BLOCK) / self.across
        size = self.highest + 1
        self.width = min(WIDEST_CELL, (block - 2 * LABEL - BETWEEN) / 2 / size)
        self.cell_height = min(HIGHEST_CELL, self.width)
        self.block = block if self.across > 1 else 2 * (LABEL + size * self.width) + BETWEEN
        self.tall = HEAD + size * self.cell_height + BLOCK
        self.height = -(-len(groups) // self.across) * self.tall - BLOCK
        self.rows: Rows = {name: [] for name in ("cells", "same", "counts", "borders", "grades", "titles", "heads")}
        for number, group in enumerate(groups):
            self._block(group, number % self.across * (self.block + BLOCK), number // self.across * self.tall)

    def _block(self, group: str | None, left: float, top: float) -> None:
        names = RECORDED if group is None else tuple(group.split(" / "))
        for line, (way, name) in enumerate(zip(("down", "across"), names, strict=True)):
            self.rows["heads"].append({"x": left, "y": top + 6 + line * 12, "text": f"{way}: {name}"})
        for number, one in enumerate(PANELS):
            start = left + number * (LABEL + (self.highest + 1) * self.width + BETWEEN) + LABEL
            self._panel(group, one, start, top + HEAD)

    def _panel(self, group: str | None, one: Panel, left: float, top: float) -> None:
        variable = f"{self.toxicity}_{one.variable}"
        for line, text in enumerate(self._summary(group, one, variable)):
            self.rows["titles"].append({"x": left, "y": top - TITLE + line * 10, "text": text})
        size = self.highest + 1
        for grade in range(size):
            across, down = left + (grade + 0.5) * self.width, top + (grade + 0.5) * self.cell_height
            self.rows["grades"] += [
                {"x": across, "y": top + size * self.cell_height + 7, "text": str(grade)},
                {"x": left - 8, "y": down, "text": str(grade)},
            ]
        for row in range(size):
            found = [self._count(group, variable, row, column) for column in range(size)]
            total = sum(found)
            for column, count in enumerate(found):
                self._cell(one, (row, column), count, total, (left + column * self.width, top + row * self.cell_height))
        for edge in {1, self.severe} & set(range(1, size)):
            x, y = left + edge * self.width, top + edge * self.cell_height
            right, bottom = left + size * self.width, top + size * self.cell_height
            self.rows["borders"] += [
                {"x": x, "x2": x, "y": top, "y2": bottom},
                {"x": left, "x2": right, "y": y, "y2": y},
            ]

    def _cell(
        self, one: Panel, grades: tuple[int, int], count: float, total: float, corner: tuple[float, float]
    ) -> None:
        x, y = corner
        place: Row = {"x": x, "x2": x + self.width, "y": y, "y2": y + self.cell_height}
        shade = min(int(count / total * len(SHARES)), len(SHARES) - 1) if count else -1
        words = f"grade {grades[0]} and grade {grades[1]}"
        share = f"{display.percent(100 * count / total)} of the row" if total else ""
        cell = place | {"fill": SHARES[shade] if count else PAPER}
        self.rows["cells"].append(cell | {"told": told(words, counted(int(count), one.thing), share)})
        if grades[0] == grades[1]:
            self.rows["same"].append(
                {**place, "x": x + 1, "x2": x + self.width - 1, "y": y + 1, "y2": y + self.cell_height - 1}
            )
        if count:
            middle = {"x": x + self.width / 2, "y": y + self.cell_height / 2}
            colour = PAPER if shade >= LIGHT else INK
            self.rows["counts"].append(middle | {"text": short(count), "fill": colour})

    def _count(self, group: str | None, variable: str, row: int, column: int) -> float:
        cell = self.cells.get((group, variable, f"{row} x {column}"))
        return (cell.value or 0.0) if cell else 0.0

    def _summary(self, group: str | None, one: Panel, variable: str) -> list[str]:
        n, left, share, kappa = (
            self.find(variable, statistic, group) for statistic in ("n", "open", "percent", "weighted_kappa")
        )
        total = display.number(n.value or 0.0, 0) if n else "0"
        unsettled = f", {display.number(left.value, 0)} open" if left and left.value else ""
        same = f"same {display.shown(share)}" if share and share.value is not None else "none to compare"
        known = f", kappa {display.number(kappa.value, 2)}" if kappa and kappa.value is not None else ""
        return [f"{one.title}, n = {total}{unsettled}", f"{same}{known}"]

    def find(self, variable: str, statistic: str, group: str | None) -> Result | None:
        """Give a row of results."""
        return self.stated.row(ANALYSIS, variable, statistic, group=group)


def short(count: float) -> str:
    """Write a count in at most five characters: 9,999, 12k, 1.2M."""
    if count < 10_000:
        return f"{count:,.0f}"
    return f"{count / 1000:.0f}k" if count < 999_500 else f"{count / 1e6:.1f}M"


def _layers(rows: Rows) -> list[alt.UnitSpec]:
    box, dot = PIXELS.at(x="x", x2="x2", y="y", y2="y2"), PIXELS.at(x="x", y="y")
    text = alt.Text(field="text", type="nominal")

    def words(name: str, **look: Any) -> alt.UnitSpec:  # noqa: ANN401
        return layer("text", name, dot, text=text, baseline="middle", **look)

    hair = {"stroke": alt.StrokeValue(HAIR), "strokeWidth": 0.8}
    look = {
        "cells": layer("rect", "cells", box, "told", fill=as_is(alt.Fill, "fill"), **hair),
        "same": layer("rect", "same", box, fillOpacity=0, stroke=alt.StrokeValue(INK), strokeWidth=1.1),
        "borders": layer("rule", "borders", box, stroke=alt.StrokeValue(MUTED), strokeWidth=1.4),
        "counts": words("counts", align="center", fontSize=SMALL, fill=as_is(alt.Fill, "fill")),
        "grades": words("grades", align="center", fontSize=SMALL),
        "titles": words("titles", align="left", fontSize=SMALL),
        "heads": words("heads", align="left", fontSize=HEADING - 1, fontWeight="bold"),
    }
    return [one for name, one in look.items() if name in rows]


def _legend(grid: Grid) -> list[list[Entry]]:
    ends = ("under 20%", "20%", "40%", "60%", "80% or more")
    shares = [Entry("Share of the row"), *(Entry(end, fill=fill) for end, fill in zip(ends, SHARES, strict=True))]
    marks = [Entry("same grade", outline=INK)]
    if grid.highest:
        marks.append(Entry("between severity groups", line=MUTED))
    return [shares, marks]


def _caption(grid: Grid) -> str:
    recorded = None in grid.groups
    pairs = len(grid.groups) - recorded
    return sentence(
        [
            f"{counted(pairs, 'pair').capitalize()} of scales, each assessment graded by both." if pairs else "",
            "The grade the clinic recorded is set against the derived one." if recorded else "",
            "Left, assessments; right, the highest grade of each patient after infusion.",
            "A number is a count; colour is its share of the row.",
            f"Off the outlined diagonal the two grades differ; the lines part grade 0, the mild grades and "
            f"grade {grid.severe} or more: outside the blocks on the diagonal the severity group differs too."
            if grid.severe > 1
            else "Off the outlined diagonal the two grades differ.",
            "Assessments whose grade stays open by one of the two are left out and counted.",
        ]
    )


def _alt(grid: Grid) -> str:
    said = []
    for group in grid.groups:
        shares = [
            f"{display.shown(row)} of {counted(row.n, one.thing)}"
            for one in PANELS
            if (row := grid.find(f"{grid.toxicity}_{one.variable}", "percent", group)) and row.value is not None
        ]
        names = " and ".join(RECORDED) if group is None else group.replace(" / ", " and ")
        said.append(f"{names}: same grade in {listed(shares)}")
    return f"Cross-tables of {TOXICITIES[grid.toxicity]} grades. {'; '.join(said)}."
