"""What a trial would show: its chance of a positive result over patients and over the true rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from icans.figures.data import Row, Rows
from icans.figures.figure import Figure
from icans.figures.labels import sentence, told
from icans.figures.legend import Entry, legend, symbols
from icans.figures.marks import Plane, beside, heading, layer, linear, panel, stacked
from icans.figures.theme import BLUE, MUTED, PAPER, VERMILLION, WIDTH, Symbol
from icans.results import display
from icans.results.rows import Result

ID = "power"
TITLE = "What the trial would show"
HEIGHT = 190.0
BETWEEN = 74.0
MARGIN = 46.0
COLOURS = (BLUE, VERMILLION)
SHAPES = ("circle", "square")
TWO_ERRORS = 1.96
"""Monte Carlo standard errors on either side of a simulated chance."""
EXPECTED = "expected_n"


@dataclass
class _Drawing:
    """The panels as they are made, and what they draw."""

    rows: Rows = field(default_factory=dict)
    panels: list[Any] = field(default_factory=list)


def power_figure(results: Sequence[Result], *, names: Mapping[str, str], two_arms: bool, power: float) -> Figure:
    """Draw power and chance of a false positive over patients, and what the design does over the true rate.

    Parameters
    ----------
    results
        Rows of `icans power`.
    names
        What each design or test is called.
    two_arms
        There is a control arm.
    power
        The power that was asked for.
    """
    own = [name for name in names if any(row.variable == name for row in results)]
    drawing = _Drawing()
    with debug_mode(False):
        shown = [
            [row for row in results if row.level is not None and row.level.endswith("patients")],
            [row for row in results if row.statistic == "success"],
            [row for row in results if row.statistic == EXPECTED],
        ]
        kinds = [kind for kind, rows in zip(("patients", "rates", EXPECTED), shown, strict=True) if rows]
        width = (WIDTH - MARGIN - BETWEEN * (len(kinds) - 1)) / max(2, len(kinds))
        if shown[0]:
            _over_patients(drawing, shown[0], own, two_arms=two_arms, power=100 * power, width=width)
        if shown[1]:
            _over_rates(drawing, shown[1], own, two_arms=two_arms, width=width)
        if shown[2]:
            _expected(drawing, shown[2], own, width)
        entries = _legend(own, names, drawing.rows)
        strip, strip_rows = legend("legend", [entries], WIDTH - MARGIN)
        chart = stacked([strip, beside(drawing.panels, BETWEEN)], 8)
    return Figure(
        id=ID,
        title=TITLE,
        caption=_caption(kinds, drawing.rows),
        alt=_alt(results, own, names),
        chart=chart,
        rows=drawing.rows | strip_rows,
        results=tuple(("power", name) for name in own),
    )


def _over_patients(
    drawing: _Drawing, results: Sequence[Result], own: Sequence[str], *, two_arms: bool, power: float, width: float
) -> None:
    sizes = [_size(row) for row in results]
    plane = Plane(
        x=linear(min(sizes) - 0.5, max(sizes) + 0.5),
        y=linear(0, 100),
        x_axis={"title": "Patients an arm" if two_arms else "Patients", "grid": False, "tickCount": 6},
        y_axis=_percent_axis("Positive trials, %"),
    )
    layers = [_rule(drawing, "asked", plane, power)]
    for number, name in enumerate(own):
        mine = [row for row in results if row.variable == name]
        for statistic in ("power", "alpha"):
            layers += _line(drawing, f"{name}_{statistic}", _curve(mine, statistic), plane, number)
            layers += _points(drawing, f"{name}_{statistic}", mine, plane, number)
    drawing.panels.append(panel([one for one in layers if one], width, HEIGHT, title=heading("Over patients")))


def _over_rates(
    drawing: _Drawing, results: Sequence[Result], own: Sequence[str], *, two_arms: bool, width: float
) -> None:
    plane = Plane(
        x=linear(0, 100),
        y=linear(0, 100),
        x_axis={
            "title": "True rate in the treated arm, %" if two_arms else "True remission rate, %",
            "grid": False,
            "values": [0, 20, 40, 60, 80, 100],
        },
        y_axis=_percent_axis("Positive trials, %"),
    )
    layers = []
    for number, name in enumerate(own):
        points = [{"x": _rate(row), "y": row.value} for row in results if row.variable == name]
        layers += _line(drawing, f"{name}_rates", points, plane, number)
    drawing.panels.append(panel([one for one in layers if one], width, HEIGHT, title=heading("Over the true rate")))


def _expected(drawing: _Drawing, results: Sequence[Result], own: Sequence[str], width: float) -> None:
    most = max(row.value or 0.0 for row in results)
    plane = Plane(
        x=linear(0, 100),
        y=linear(0, 1.05 * most),
        x_axis={"title": "True remission rate, %", "grid": False, "values": [0, 20, 40, 60, 80, 100]},
        y_axis={"title": "Patients expected", "grid": True, "domain": False, "ticks": False, "tickCount": 5},
    )
    layers = []
    for number, name in enumerate(own):
        points = [{"x": _rate(row), "y": row.value} for row in results if row.variable == name]
        layers += _line(drawing, f"{name}_expected", points, plane, number)
    drawing.panels.append(panel([one for one in layers if one], width, HEIGHT, title=heading("Patients expected")))


def _line(drawing: _Drawing, name: str, points: Sequence[Row], plane: Plane, number: int) -> list[alt.UnitSpec]:
    if not points:
        return []
    drawing.rows[f"{name}_line"] = list(points)
    dash = [4, 2] if number else [1, 0]
    stroke = alt.StrokeValue(COLOURS[number % 2])
    place = plane.at(x="x", y="y")
    width = 1.8 if not name.endswith("_alpha") else 1.1
    return [layer("line", f"{name}_line", place, stroke=stroke, strokeWidth=width, strokeDash=dash)]


def _points(drawing: _Drawing, name: str, results: Sequence[Result], plane: Plane, number: int) -> list[alt.UnitSpec]:
    """Draw simulated chances with two standard errors on either side."""
    statistic = name.rpartition("_")[2]
    errors = {row.level: row.value or 0.0 for row in results if row.statistic == f"simulated_{statistic}_error"}
    symbol = Symbol("", SHAPES[number % 2], COLOURS[number % 2], PAPER, 0.8, 44)
    rows = []
    for row in results:
        if row.statistic != f"simulated_{statistic}" or row.value is None:
            continue
        width = TWO_ERRORS * errors.get(row.level, 0.0)
        said = told(row.level, f"{display.percent(row.value)} of {row.n:,} simulated trials are positive")
        ends = {"low": max(0.0, row.value - width), "high": min(100.0, row.value + width)}
        rows.append({"x": _size(row), "y": row.value, **ends, "told": said, **symbol.row()})
    if not rows:
        return []
    drawing.rows[f"{name}_points"] = rows
    interval = plane.at(x="x", y="low", y2="high")
    return [
        layer("rule", f"{name}_points", interval, stroke=alt.StrokeValue(COLOURS[number % 2]), strokeWidth=1.2),
        symbols(f"{name}_points", plane.at(x="x", y="y"), "told"),
    ]


def _rule(drawing: _Drawing, name: str, plane: Plane, at: float) -> alt.UnitSpec:
    drawing.rows[name] = [{"y": at}]
    return layer("rule", name, plane.at(y="y"), stroke=alt.StrokeValue(MUTED), strokeDash=[2, 2], strokeWidth=1.0)


def _curve(results: Sequence[Result], statistic: str) -> list[Row]:
    return [{"x": _size(row), "y": row.value} for row in results if row.statistic == statistic]


def _percent_axis(title: str) -> dict[str, Any]:
    return {
        "title": title,
        "values": [0, 20, 40, 60, 80, 100],
        "grid": True,
        "domain": False,
        "ticks": False,
        "minExtent": 24,
    }


def _size(row: Result) -> int:
    return int((row.level or "0").split()[0])


def _rate(row: Result) -> float:
    return float((row.level or "rate 0%").removeprefix("rate ").removesuffix("%"))


def _legend(own: Sequence[str], names: Mapping[str, str], rows: Rows) -> list[Entry]:
    entries = []
    for number, name in enumerate(own):
        if any(key.startswith(name) and key.endswith("_line") for key in rows):
            entries.append(Entry(names[name], line=COLOURS[number % 2], dashed=number > 0))
        if f"{name}_power_points" in rows:
            symbol = Symbol("", SHAPES[number % 2], COLOURS[number % 2], PAPER, 0.8, 44)
            entries.append(Entry(f"{names[name]}, simulated", symbol=symbol))
    if "asked" in rows:
        entries.append(Entry("power asked for", line=MUTED, dashed=True))
    return entries


def _caption(kinds: Sequence[str], rows: Rows) -> str:
    points = any(key.endswith("_points") for key in rows)
    over = "Over patients: above, trials that are positive with the stated difference; below, without it."
    return sentence(
        [
            over if "patients" in kinds else "",
            "Chances move in steps, as patients are counted." if any(key.endswith("_line") for key in rows) else "",
            "Points are simulated trials, their bars two Monte Carlo standard errors either way." if points else "",
            "No design is recommended.",
        ]
    )


def _alt(results: Sequence[Result], own: Sequence[str], names: Mapping[str, str]) -> str:
    parts = []
    for name in own:
        found = {row.statistic: row.value for row in results if row.variable == name and row.level is None}
        power = found.get("power", found.get("simulated_power"))
        if power is not None and found.get("n") is not None:
            parts.append(f"{names[name]} with {found['n']:.0f} patients has a power of {display.percent(power)}")
    return f"{'; '.join(parts) or 'Chances of a positive result over patients'}."
