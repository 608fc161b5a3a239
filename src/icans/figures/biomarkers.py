"""Biomarkers before and after the first course: a line a pair, on a log axis, limits of detection marked as limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, log10
from typing import Any

import altair as alt

from icans.counts import counted
from icans.figures.data import FigureData, Row, Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import listed, sentence, told
from icans.figures.legend import Entry, legend, symbols
from icans.figures.marks import Plane, beside, heading, layer, linear, panel, stacked
from icans.figures.stated import Stated
from icans.figures.theme import BLUE, HEADING, INK, MUTED, PAPER, VERMILLION, WIDTH, Symbol, text_width
from icans.results import display

ID = "biomarkers"
TITLE = "Biomarkers before and after the first course"
PANELS = 12
ACROSS = 4
BETWEEN = 16.0
HEIGHT = 150.0
WIDEST = 165.0
SPECIMENS = {"csf": "CSF"}
SIDES = ("before", "after")
LOOKS = {
    "fell": (BLUE, "circle", "fell"),
    "rose": (VERMILLION, "square", "rose"),
    "level": (MUTED, "diamond", "unchanged, or open because of a limit"),
}
"""How a pair looks by its direction: colour, symbol, words."""

LIMITS = {"<": ("triangle-down", "below the detection limit"), ">": ("triangle-up", "above the upper limit")}


@dataclass(frozen=True)
class _Panel:
    """The pairs of an analyte in a specimen, and the ends of their axis."""

    name: str
    specimen: str
    analyte: str
    unit: str
    pairs: list[Row]
    low: float
    high: float

    @property
    def title(self) -> str:
        """What was measured, in what."""
        return f"{self.analyte}, {SPECIMENS.get(self.specimen, self.specimen)}"


@unchecked
def biomarkers(data: FigureData, stated: Stated, *, intervention: str) -> Figure | LeftOut:
    """Draw each pair of an analyte before and after the first course, with medians, p-value and n from the results."""
    found = _panels(data)
    if not found:
        return LeftOut(ID, TITLE, "no analyte was measured in evaluable patients both before and after a first course")
    panels = found[:PANELS]
    across = ceil(len(panels) / ceil(len(panels) / ACROSS))
    margin = 24 + max(text_width(f"{value:,.6g}") for part in panels for value in (1.0, *ticks(part.low, part.high)))
    width = min((WIDTH - across * margin - (across - 1) * BETWEEN) / across, WIDEST)
    rows: Rows = {}
    for part in panels:
        rows |= _rows(part, stated)
    drawn = [panel(_layers(part, rows), width, HEIGHT, title=_heading(part, stated, width + margin)) for part in panels]
    strip, strip_rows = legend("legend", [_legend(rows)], WIDTH - margin)
    lines = [beside(drawn[start : start + across], BETWEEN + margin) for start in range(0, len(drawn), across)]
    return Figure(
        id=ID,
        title=TITLE,
        caption=_caption(panels, found, stated, intervention),
        alt=_alt(panels, stated),
        chart=stacked([strip, *lines], 16),
        rows=rows | strip_rows,
        results=tuple(("biomarkers", part.analyte) for part in panels),
    )


def _panels(data: FigureData) -> list[_Panel]:
    """Give the panels, cerebrospinal fluid first, then those with most pairs."""

    def kind(row: Row) -> tuple[str, str, str]:
        return row["specimen"] or "", row["analyte"] or "", row["unit"] or ""

    groups = [(key, list(group)) for key, group in groupby(sorted(data.pairs, key=kind), key=kind)]
    ordered = sorted(groups, key=lambda group: (group[0][0] != "csf", group[0][0], -len(group[1]), group[0]))
    return [
        _Panel(f"pairs_{number}", *key, pairs, *ends(pairs)) for number, (key, pairs) in enumerate(ordered, start=1)
    ]


def ends(pairs: Sequence[Row]) -> tuple[float, float]:
    """Give the ends of a log axis that holds every value above zero, half a decade at least, with a little room."""
    values = [row[side] for row in pairs for side in SIDES if row[side] > 0]
    if not values:
        return 0.1, 1.0
    low, high = log10(min(values)), log10(max(values))
    room = max(0.06 * (high - low), (0.5 - (high - low)) / 2)
    return 10.0 ** (low - room), 10.0 ** (high + room)


def direction(pair: Row) -> str:
    """Say whether a pair fell, rose, or neither: a limit says so only where the other value lies beyond it."""
    before, after = pair["before"], pair["after"]
    at_most_before, at_most_after = pair["before_limit"] == "<", pair["after_limit"] == "<"
    at_least_before, at_least_after = pair["before_limit"] == ">", pair["after_limit"] == ">"
    if not (at_most_before or at_least_after) and (
        after < before or (after == before and at_least_before != at_most_after)
    ):
        return "fell"
    if not (at_least_before or at_most_after) and (
        after > before or (after == before and at_most_before != at_least_after)
    ):
        return "rose"
    return "level"


def _rows(part: _Panel, stated: Stated) -> Rows:
    lines: Rows = {f"{part.name}_{word}": [] for word in LOOKS}
    points = []
    for pair in part.pairs:
        way = direction(pair)
        colour, shape, words = LOOKS[way]
        before, after = (
            f"{pair[f'{side}_limit'] or ''}{display.number(pair[side])} {part.unit}".strip() for side in SIDES
        )
        note = {"told": told(pair["name"], f"{part.title}: {before} before, {after} after", words)}
        heights = [max(pair[side], part.low) for side in SIDES]
        lines[f"{part.name}_{way}"].append({"x": 0, "x2": 1, "y": heights[0], "y2": heights[1], **note})
        for position, side in enumerate(SIDES):
            limit = LIMITS.get(pair[f"{side}_limit"] or "")
            symbol = Symbol("", limit[0] if limit else shape, PAPER if limit else colour, colour, 1.1, 26)
            points.append({"x": position, "y": heights[position], **symbol.row(), **note})
    rows = lines | {f"{part.name}_points": points, f"{part.name}_medians": _medians(part, stated)}
    return {name: value for name, value in rows.items() if value}


def _medians(part: _Panel, stated: Stated) -> list[Row]:
    medians = []
    for x, side in ((-0.38, "before"), (1.12, "after")):
        row = stated.row("biomarkers", part.analyte, f"median_{side}", group=part.specimen)
        if row is not None and row.value is not None and row.value > 0:
            medians.append({"x": x, "x2": x + 0.26, "y": row.value, "told": f"median {side} {display.shown(row)}"})
    return medians


def _layers(part: _Panel, rows: Rows) -> list[alt.UnitSpec]:
    plane = _plane(part)
    layers = []
    for word, (colour, _, _) in LOOKS.items():
        if (name := f"{part.name}_{word}") in rows:
            look: dict[str, Any] = {"strokeWidth": 1.1, "strokeOpacity": 0.8}
            dash = [3, 2] if word == "level" else [1, 0]
            place = plane.at(x="x", x2="x2", y="y", y2="y2")
            layers.append(layer("rule", name, place, "told", stroke=alt.StrokeValue(colour), strokeDash=dash, **look))
    layers.append(symbols(f"{part.name}_points", plane.at(x="x", y="y"), "told"))
    if (medians := f"{part.name}_medians") in rows:
        place = plane.at(x="x", x2="x2", y="y")
        layers.append(layer("rule", medians, place, "told", stroke=alt.StrokeValue(INK), strokeWidth=2.6))
    return layers


def _heading(part: _Panel, stated: Stated, width: float) -> alt.TitleParams:
    """Name a panel, shortened to the width it has, with n and p."""
    title = part.title
    while text_width(title, HEADING, bold=True) > width - 8 and len(title) > 8:
        title = f"{title.removesuffix('…')[:-1]}…"
    n = stated.value("biomarkers", part.analyte, "n", group=part.specimen)
    words = f"n = {display.number(len(part.pairs) if n is None else n, 0)}"
    p = stated.value("biomarkers", part.analyte, "p_value", group=part.specimen)
    if p is not None:
        written = display.p_value(p)
        words += f", p {written if written[0] in '<>' else f'= {written}'}"
    return heading(title, words)


def ticks(low: float, high: float) -> list[float]:
    """Give round values between the ends of a log axis: decades, and values between them where there is room.

    None is so near the upper end that its label would stand above the plot.
    """
    span = log10(high / low)
    high = high / 10 ** (0.04 * span)
    steps = (
        (1.0,)
        if span > 2.5
        else (1.0, 3.0)
        if span > 1.6
        else (1.0, 2.0, 5.0)
        if span > 0.7
        else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
    )
    every = max(1, ceil(span / 6))
    decades = [decade for decade in range(floor(log10(low)), ceil(log10(high)) + 1) if decade % every == 0]
    return [value for decade in decades for step in steps if low <= (value := float(f"{step}e{decade}")) <= high]


def _plane(part: _Panel) -> Plane:
    return Plane(
        x=linear(-0.45, 1.45),
        y={"type": "log", "domain": [part.low, part.high], "nice": False},
        x_axis={
            "values": [0, 1],
            "labelExpr": "datum.value < 0.5 ? 'before' : 'after'",
            "title": None,
            "grid": False,
            "ticks": False,
            "domain": False,
        },
        y_axis={
            "values": ticks(part.low, part.high),
            "format": ",~g",
            "title": part.unit or None,
            "grid": True,
            "domain": False,
            "ticks": False,
        },
    )


def _legend(rows: Rows) -> list[Entry]:
    shapes = {row["shape"] for name, points in rows.items() if name.endswith("_points") for row in points}
    entries = [
        Entry(words, symbol=Symbol("", shape, colour, colour, 1.1, 26), line=colour)
        for word, (colour, shape, words) in LOOKS.items()
        if any(name.endswith(f"_{word}") for name in rows)
    ]
    entries += [
        Entry(words, symbol=Symbol("", shape, PAPER, MUTED, 1.1, 34))
        for shape, words in LIMITS.values()
        if shape in shapes
    ]
    return [*entries, Entry("median", line=INK)] if any(name.endswith("_medians") for name in rows) else entries


def _caption(panels: Sequence[_Panel], found: Sequence[_Panel], stated: Stated, intervention: str) -> str:
    pairs = [pair for part in panels for pair in part.pairs]
    methods = dict.fromkeys(
        row.method.split("; ", 1)[-1]
        for part in panels
        if (row := stated.row("biomarkers", part.analyte, "p_value", group=part.specimen)) and row.value is not None
    )
    zeros = sum(pair[side] <= 0 for pair in pairs for side in SIDES)
    more = max((pair["pairs"] for pair in pairs), default=0) > max(len(part.pairs) for part in panels)
    limits = [
        LIMITS[sign][0] for sign in LIMITS if any(pair[f"{side}_limit"] == sign for pair in pairs for side in SIDES)
    ]
    return sentence(
        [
            f"Each line is an evaluable patient with values before and after the first course of {intervention}.",
            "The axis is logarithmic; n is the number of pairs.",
            "Open triangles stand at a detection limit: the value lies beyond it." if limits else "",
            f"{counted(zeros, 'value')} of 0 at the foot of the axis." if zeros else "",
            f"p: {listed(methods)}." if methods else "",
            "Of many pairs the first are drawn; medians and p are those of all." if more else "",
            f"{counted(len(found) - len(panels), 'more analyte')} not drawn." if len(found) > len(panels) else "",
        ]
    )


def _alt(panels: Sequence[_Panel], stated: Stated) -> str:
    parts = []
    for part in panels:
        p = stated.value("biomarkers", part.analyte, "p_value", group=part.specimen)
        ways = [direction(pair) for pair in part.pairs]
        words = f"{part.title}: {ways.count('fell')} fell, {ways.count('rose')} rose"
        parts.append(words + ("" if p is None else f", p {display.p_value(p)}"))
    return f"Lines from before to after the first course, a panel an analyte. {'; '.join(parts)}."
