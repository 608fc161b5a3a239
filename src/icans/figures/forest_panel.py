"""A panel of a forest plot: estimates with their intervals on one scale, a line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import altair as alt

from icans.figures.data import Row, Rows
from icans.figures.labels import capitalised, told
from icans.figures.legend import symbols
from icans.figures.marks import Plane, heading, layer, linear, panel
from icans.figures.theme import HAIR, INK, MUTED, TEXT, WIDTH, Symbol, text_width
from icans.results import display
from icans.results.rows import Result

LINE = 17.0
NARROWEST = 180.0
"""Least width of the plot, px."""

BEYOND = 1.6
"""How far beyond the estimates an axis goes, as a power of a ratio and a multiple of a difference: a limit further out
is an arrow."""

WIDEST_RATIO, LEAST_RATIO = 50.0, 2.0
RATIO_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)
FORWARD, BACKWARD = "M-0.5,-0.8L0.6,0L-0.5,0.8", "M0.5,-0.8L-0.6,0L0.5,0.8"
RATIO, SHARE = "ratio", "share"
"""Scales that are no differences: ratios, and percentages from 0 to 100."""


@dataclass(frozen=True)
class Effect:
    """An effect of one group against another with its interval.

    Parameters
    ----------
    label
        Endpoint and measure.
    design
        How it is marked: a key of the symbols of its figure.
    scale
        `RATIO`, `SHARE`, or the unit of a difference.
    estimate, low, high
        Rows of results.
    """

    label: str
    design: str
    scale: str
    estimate: Result
    low: Result
    high: Result

    @property
    def drawn(self) -> bool:
        """Whether there is a number to draw."""
        return self.estimate.value is not None or self.low.value is not None or self.high.value is not None

    @property
    def null(self) -> float:
        """Value of no effect."""
        return 1.0 if self.scale == RATIO else 0.0


@dataclass(frozen=True)
class Columns:
    """Widths of a panel, px: of the labels before the plot, the plot, and the numbers and counts after it."""

    labels: float
    plot: float
    numbers: float
    patients: float

    @property
    def whole(self) -> float:
        """From the plot on."""
        return self.plot + 26 + self.numbers + self.patients


def columns_of(drawn: Sequence[Effect]) -> Columns:
    """Give the widths that fit some effects."""
    labels = max(text_width(one.label) for one in drawn)
    numbers = max(text_width(_numbers(one)) for one in drawn)
    patients = max(text_width(f"n = {one.estimate.n:,}") for one in drawn)
    return Columns(labels, max(NARROWEST, WIDTH - labels - numbers - patients - 44), numbers, patients)


def effect_panel(
    name: str, title: str, own: Sequence[Effect], columns: Columns, marked: Mapping[str, Symbol]
) -> tuple[alt.LayerSpec, Rows]:
    """Draw the effects of one scale, a line each.

    Parameters
    ----------
    name, title
        What its rows begin with, and its heading.
    own
        The effects.
    columns
        Widths.
    marked
        Symbol of each design.

    Returns
    -------
    tuple
        The panel and the rows it draws.
    """
    scale, width = own[0].scale, columns.plot
    low, high = _ends(own, scale)
    height = LINE * len(own)
    axis: dict[str, Any] = {"title": None, "grid": False, "offset": 2}
    if scale == RATIO:
        plane = Plane(
            x={"type": "log", "domain": [low, high], "nice": False},
            x_axis={**axis, "format": "~g", "values": [tick for tick in RATIO_TICKS if low <= tick <= high]},
        )
    else:
        plane = Plane(x=linear(low, high), x_axis={**axis, "tickCount": 6})
    rows: Rows = {f"{name}_null": [{"x": own[0].null}] if scale != SHARE else []} | {
        f"{name}_grounds": [{"y": LINE * line, "y2": LINE * (line + 1)} for line in range(0, len(own), 2)]
    }
    lines: list[Row] = []
    points: list[Row] = []
    arrows: list[Row] = []
    words: list[Row] = []
    for line, one in enumerate(own):
        middle = LINE * (line + 0.5)
        lines += _interval(one, low, high, middle)
        points += _point(one, low, high, middle, marked)
        arrows += _arrows(one, low, high, middle)
        words += [
            {"x": -columns.labels - 12, "y": middle, "text": one.label},
            {"x": width + 12, "y": middle, "text": _numbers(one)},
            {"x": width + 24 + columns.numbers, "y": middle, "text": f"n = {one.estimate.n:,}"},
        ]
    rows |= {f"{name}_intervals": lines, f"{name}_points": points, f"{name}_arrows": arrows, f"{name}_words": words}
    rows = {key: value for key, value in rows.items() if value}
    look = alt.StrokeValue(INK)
    text = alt.Text(field="text", type="nominal")
    left, right = -columns.labels - 14, columns.whole
    every = {
        f"{name}_grounds": layer(
            "rect",
            f"{name}_grounds",
            Plane().at(x=left, x2=right, y="y", y2="y2"),
            fill=alt.FillValue(HAIR),
            fillOpacity=0.55,
        ),
        f"{name}_null": layer(
            "rule", f"{name}_null", plane.at(x="x", y=0.0, y2=height), stroke=alt.StrokeValue(MUTED), strokeDash=[3, 2]
        ),
        f"{name}_intervals": layer(
            "rule", f"{name}_intervals", plane.at(x="x", x2="x2", y="y"), "told", stroke=look, strokeWidth=1.4
        ),
        f"{name}_arrows": symbols(f"{name}_arrows", plane.at(x="x", y="y")),
        f"{name}_points": symbols(f"{name}_points", plane.at(x="x", y="y"), "told"),
        f"{name}_words": layer(
            "text", f"{name}_words", Plane().at(x="x", y="y"), text=text, align="left", baseline="middle", fontSize=TEXT
        ),
    }
    chart = panel([every[key] for key in every if key in rows], width, height, title=heading(title))
    return chart, rows


def _ends(own: Sequence[Effect], scale: str) -> tuple[float, float]:
    """Give the ends of an axis: beyond every estimate, and as far as the limits where those are not much further."""
    ratio = scale == RATIO
    if scale == SHARE:
        return 0.0, 100.0
    values = [
        row.value for one in own for row in (one.estimate,) if row.value is not None and (row.value > 0 or not ratio)
    ]
    limits = [
        row.value
        for one in own
        for row in (one.low, one.high)
        if row.value is not None and (row.value > 0 or not ratio)
    ]
    if ratio:
        estimates, bounds = ([abs(log(value)) for value in some] for some in (values, limits))
        reach = max([log(LEAST_RATIO), *(BEYOND * value for value in estimates)])
        furthest = max([reach, *(bound for bound in bounds if bound <= log(WIDEST_RATIO))])
        end = 2.718281828459045 ** (1.05 * min(max(furthest, reach), log(WIDEST_RATIO)))
        return 1 / end, end
    if scale == "%":
        end = min(100.0, 1.05 * max([10.0, *map(abs, values), *map(abs, limits)]))
        return -end, end
    low, high = min([0.0, *values, *limits]), max([0.0, *values, *limits])
    spread = (high - low) or 1.0
    return low - 0.05 * spread, high + 0.05 * spread


def _interval(one: Effect, low: float, high: float, middle: float) -> Iterator[Row]:
    """Give the line of an interval; a limit without value is without bound on its side where the other has one."""
    if one.low.value is None and one.high.value is None:
        return
    ends = (one.low.value, one.high.value)
    start, stop = (low if ends[0] is None else max(ends[0], low)), (high if ends[1] is None else min(ends[1], high))
    if start < high and stop > low:
        yield {"x": start, "x2": stop, "y": middle, "told": _told(one)}


def _point(one: Effect, low: float, high: float, middle: float, marked: Mapping[str, Symbol]) -> Iterator[Row]:
    value = one.estimate.value
    if value is not None and low <= value <= high:
        yield {"x": value, "y": middle, "told": _told(one), **marked[one.design].row()}


def _arrows(one: Effect, low: float, high: float, middle: float) -> Iterator[Row]:
    """Mark limits that lie beyond the axis."""
    if one.low.value is None and one.high.value is None:
        return
    for end, edge, shape in ((one.low.value, low, BACKWARD), (one.high.value, high, FORWARD)):
        if end is None or (end < edge if edge == low else end > edge):
            yield {"x": edge, "y": middle, **Symbol("", shape, None, INK, 1.4, 34).row()}


def _numbers(one: Effect) -> str:
    """Write an effect: ``0.90 (0.58 to 2.18)``."""
    digits = 1 if one.scale in {"%", SHARE} else 2

    def written(row: Result) -> str:
        return "–" if row.value is None else display.number(row.value, display.places(row.value, digits))

    if one.low.value is None and one.high.value is None:
        return f"{written(one.estimate)} (no interval)"
    return f"{written(one.estimate)} ({written(one.low)} to {written(one.high)})"


def _told(one: Effect) -> str:
    return told(capitalised(one.label), _numbers(one), one.estimate.method, f"n = {one.estimate.n:,}")
