"""Curves of time to event as steps, with intervals, censoring and the numbers at risk under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import altair as alt

from icans.figures.data import Rows
from icans.figures.legend import LINES, Entry
from icans.figures.marks import Plane, heading, layer, linear, panel
from icans.figures.theme import BAR, BLUE, GREEN, INK, LETTERS, PURPLE, VERMILLION, Symbol, text_width
from icans.results.curves import Curve

HEIGHT = 190.0
TICKS = (1.0, 2.0, 7.0, 14.0, 28.0, 91.0, 182.0, 365.0)
MOST_TICKS = 8
LINE = 14.0
FINEST = 1200
"""Most steps of a curve drawn, some to a pixel."""

MARKED = 150
"""Most times at which censoring is marked: more would be a thick line."""

COLOURS = (BLUE, VERMILLION, GREEN, PURPLE)
DASHES = ([1, 0], [5, 2], [1.5, 1.8], [7, 2, 1.5, 2])
"""What tells curves apart in grey print."""

INTERVALS = ("#DBEAF4", "#F9E4D6")
"""The colours of curves as thin as an interval is drawn."""


@dataclass(frozen=True)
class Line:
    """A curve in a panel and what it is called there; the name is empty where it is alone."""

    curve: Curve
    name: str = ""


def curve_panel(
    name: str,
    lines: Sequence[Line],
    *,
    title: str,
    subtitle: str,
    axes: tuple[str, str],
    width: float,
    until: float | None = None,
) -> tuple[alt.LayerSpec, Rows]:
    """Draw the curves of one endpoint.

    Parameters
    ----------
    name
        What the rows of the panel are called.
    lines
        The curves, the first one in front.
    title, subtitle
        Above the panel; the subtitle may be empty.
    axes
        Titles of the horizontal and the vertical axis.
    width
        Of the plot, px.
    until
        Last time drawn; None: until nobody is observed any more.
    """
    if until is not None:
        lines = [Line(_cut(line.curve, until), line.name) for line in lines]
    longest = max(lines, key=lambda line: line.curve.steps[-1]["time"] or 0.0).curve
    ticks = [row["time"] for row in longest.at_risk]
    end = max(1.02 * (longest.steps[-1]["time"] or 0.0), *ticks) or 1.0
    plane = Plane(
        x=linear(0, end),
        y=linear(0, 100),
        x_axis={"values": ticks, "title": axes[0], "grid": False, "format": ".4~g"},
        y_axis={
            "values": [0, 25, 50, 75, 100],
            "title": axes[1],
            "grid": True,
            "domain": False,
            "ticks": False,
            "minExtent": 24,
        },
    )
    rows: Rows = {}
    layers: list[alt.UnitSpec] = []
    for number in reversed(range(len(lines))):
        made, line_rows = _line(f"{name}_{number + 1}", lines[number].curve, plane, number)
        layers += made
        rows |= line_rows
    apart = width * (ticks[1] - ticks[0]) / end if len(ticks) > 1 else width
    table, table_rows = _at_risk(name, lines, plane, ticks, apart)
    title_lines = heading(title, subtitle)
    return panel([*layers, *table], width, HEIGHT, title=title_lines), rows | table_rows


def legend_entries(lines: Sequence[Line], rows: Rows, *, censored: str) -> list[Entry]:
    """Explain the curves, their intervals and the marks of censoring."""
    entries = [
        Entry(line.name, line=colour, kind=list(LINES)[number])
        for number, (line, colour) in enumerate(zip(lines, COLOURS, strict=False))
        if line.name
    ]
    if any(name.endswith("_interval") for name in rows):
        entries.append(Entry("95% confidence interval", fill=INTERVALS[0]))
    if any(name.endswith("_censored") for name in rows):
        entries.append(Entry(censored, symbol=Symbol("", BAR, None, INK, 1.4, 60)))
    return entries


def _line(key: str, curve: Curve, plane: Plane, number: int) -> tuple[list[alt.UnitSpec], Rows]:
    drawn = [row for row in curve.steps if row["percent"] is not None]
    thinned = _thinned(drawn)
    censored = [row for row in drawn if row["censored"]]
    rows: Rows = {
        f"{key}_interval": _interval(thinned),
        f"{key}_curve": [{"x": row["time"], "y": row["percent"]} for row in thinned],
        f"{key}_censored": [
            {
                "x": row["time"],
                "y": row["percent"],
                "told": f"{row['censored']:.0f} censored at {row['time']:.1f} {curve.unit}",
            }
            for row in censored[: MARKED + 1]
            if len(censored) <= MARKED
        ],
    }
    stroke = alt.StrokeValue(COLOURS[number % len(COLOURS)])
    at = plane.at(x="x", y="y")
    look: dict[str, Any] = {"stroke": stroke, "strokeWidth": 1.8, "strokeDash": DASHES[number % len(DASHES)]}
    tick: dict[str, Any] = {"shape": BAR, "size": 70, "filled": False, "stroke": stroke, "strokeWidth": 1.4}
    layers = {
        f"{key}_interval": layer(
            "area",
            f"{key}_interval",
            plane.at(x="x", y="low", y2="high"),
            interpolate="step-after",
            fill=alt.FillValue(COLOURS[number % len(COLOURS)]),
            fillOpacity=0.14,
        ),
        f"{key}_curve": layer("line", f"{key}_curve", at, interpolate="step-after", **look),
        f"{key}_censored": layer("point", f"{key}_censored", at, "told", **tick),
    }
    rows = {name: value for name, value in rows.items() if value}
    return [layers[name] for name in rows], rows


def _interval(steps: Sequence[dict[str, float | None]]) -> list[dict[str, float | None]]:
    """Give the interval of each step, the last one up to the step that has none, such as where everyone has died."""
    rows = []
    held: dict[str, float | None] | None = None
    for step in steps:
        if step["low"] is not None and step["high"] is not None:
            held = {"low": step["low"], "high": step["high"]}
            rows.append({"x": step["time"], **held})
        elif held:
            rows.append({"x": step["time"], **held})
            held = None
    return rows


def _at_risk(
    name: str, lines: Sequence[Line], plane: Plane, times: Sequence[float], apart: float
) -> tuple[list[alt.UnitSpec], Rows]:
    """Set the numbers at risk under the axis, a line a curve, at as many of the ticks as there is room for."""
    widest = max(text_width(f"{just_before(line.curve, 0.0):,.0f}") for line in lines)
    times = times[:: max(1, ceil((widest + 8) / apart))]
    top = HEIGHT + 46
    text = alt.Text(field="text", type="nominal")
    rows: Rows = {f"{name}_heading": [{"text": "At risk"}]}
    look: dict[str, Any] = {"align": "left", "baseline": "middle", "fontWeight": "bold", "dx": -24}
    layers = [layer("text", f"{name}_heading", plane.at(x=0.0, y=top), text=text, **look)]
    for number, line in enumerate(lines):
        key = f"{name}_{number + 1}_at_risk"
        rows[key] = [{"x": time, "text": f"{just_before(line.curve, time):,.0f}"} for time in times]
        fill = alt.FillValue(LETTERS[COLOURS[number % len(COLOURS)]] if len(lines) > 1 else INK)
        place = plane.at(x="x", y=top + LINE * (number + 1))
        layers.append(layer("text", key, place, text=text, baseline="middle", fill=fill))
    return layers, rows


def _thinned(steps: Sequence[dict[str, float | None]]) -> list[dict[str, float | None]]:
    """Keep of the steps within a fraction of a pixel the last one."""
    if len(steps) <= FINEST:
        return list(steps)
    fraction = FINEST / ((steps[-1]["time"] or 0.0) or 1.0)
    last = {int((row["time"] or 0.0) * fraction): row for row in steps}
    return [steps[0], *(row for row in last.values() if row is not steps[0])]


def _cut(curve: Curve, until: float) -> Curve:
    """End a curve at a time, as high as it then is."""
    drawn = [row for row in curve.steps if (row["time"] or 0.0) <= until]
    end = {**drawn[-1], "time": until, "at_risk": just_before(curve, until), "events": 0.0, "censored": 0.0}
    step = next((step for step in TICKS if until / step <= MOST_TICKS), until)
    ticks = [{"time": step * tick, "at_risk": 0.0} for tick in range(int(until / step) + 1)]
    return replace(curve, steps=[*drawn, end], at_risk=ticks)


def just_before(curve: Curve, time: float) -> float:
    """Look up how many were at risk just before a time, on the steps of the curve."""
    return next((row["at_risk"] or 0.0 for row in curve.steps if (row["time"] or 0.0) >= time), 0.0)
