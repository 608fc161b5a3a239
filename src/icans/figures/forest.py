"""Effects of one group against another over endpoints and methods, as a forest plot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

import altair as alt

from icans.figures.data import Row, Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import capitalised, counted, listed, sentence, told
from icans.figures.legend import Entry, legend, symbols
from icans.figures.marks import Plane, heading, layer, linear, panel, stacked
from icans.figures.theme import BLUE, GREEN, HAIR, INK, MUTED, PAPER, TEXT, VERMILLION, WIDTH, Symbol, text_width
from icans.results import display
from icans.results.groups.outcomes import TITLES
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

DESIGNS = {
    "": Symbol("groups known at time zero", "square", INK, PAPER, 0.8, 46),
    "landmark": Symbol("from a landmark on", "circle", BLUE, PAPER, 0.8, 46),
    "time-dependent": Symbol("group as known at each moment", "diamond", VERMILLION, PAPER, 0.8, 62),
    "target trial": Symbol("target trial", "triangle-up", GREEN, PAPER, 0.8, 52),
}
PANELS = {
    "ratio": "Ratio (log scale)",
    "%": "Difference, percentage points",
    "days": "Difference, days",
    "months": "Difference, months",
    "grade": "Shift, grades",
    "courses": "Shift, courses",
}

TRIAL = {
    "risk_difference": ("risk difference", "%"),
    "risk_ratio": ("risk ratio", "ratio"),
    "mean_days_difference": ("days without the outcome", "days"),
}
"""Effects of a target trial: what a reader calls them, and key of `PANELS`."""


@dataclass(frozen=True)
class Effect:
    """An effect of one group against another with its interval.

    Parameters
    ----------
    label
        Endpoint and measure.
    design
        Key of `DESIGNS`.
    scale
        Key of `PANELS`.
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
        return 1.0 if self.scale == "ratio" else 0.0


def effects(results: Sequence[Result], group: str) -> list[Effect]:
    """Give the effects of a comparison in the order of the results.

    Parameters
    ----------
    results
        Every row of results.
    group
        Name of the comparison, or of a pair of its groups, as rows have it.
    """
    own = [row for row in results if row.analysis == "comparison" and row.group == group and row.level is not None]
    by_key = {(row.variable, row.level, row.statistic): row for row in own}
    found = []
    for (variable, level, statistic), row in by_key.items():
        low, high = (by_key.get((variable, level, end)) for end in ("ci_low", "ci_high"))
        if statistic == "estimate" and low is not None and high is not None and level is not None:
            design, _, measure = level.rpartition(": ")
            label = f"{TITLES[variable]}: {measure}" + (f", {design}" if design else "")
            scale = "ratio" if measure.endswith("ratio") else row.unit
            found.append(Effect(label, design.partition(" ")[0], scale, row, low, high))
    return found


def trial_effects(results: Sequence[Result]) -> list[Effect]:
    """Give the effects of the emulated target trial, if there is one: the strategy to treat less the one not to."""
    rows = {(row.variable, row.level, row.statistic): row for row in results if row.analysis == "target_trial"}
    found = []
    for (variable, level, statistic), row in rows.items():
        if variable in TRIAL and statistic == "estimate":
            measure, scale = TRIAL[variable]
            low, high = (rows[variable, level, end] for end in ("ci_low", "ci_high"))
            found.append(Effect(f"Target trial: {measure}, {level}", "target trial", scale, row, low, high))
    return found


@unchecked
def forest(identity: str, title: str, found: Sequence[Effect], groups: tuple[str, str]) -> Figure | LeftOut:
    """Draw effects with their intervals, a panel for each scale.

    Parameters
    ----------
    identity, title
        Name of the figure's files and its title.
    found
        The effects.
    groups
        Names of the group and of the reference.
    """
    drawn = [one for one in found if one.drawn]
    if not drawn:
        return LeftOut(identity, title, "no effect could be estimated")
    labels = max(text_width(one.label) for one in drawn)
    numbers = max(text_width(_numbers(one)) for one in drawn)
    patients = max(text_width(f"n = {one.estimate.n:,}") for one in drawn)
    width = max(NARROWEST, WIDTH - labels - numbers - patients - 44)
    rows: Rows = {}
    panels = []
    for number, scale in enumerate(dict.fromkeys(one.scale for one in drawn)):
        own = [one for one in drawn if one.scale == scale]
        chart, own_rows = _panel(f"scale_{number + 1}", scale, own, width, (labels, numbers, patients))
        panels.append(chart)
        rows |= own_rows
    designs = [design for design in DESIGNS if any(one.design == design for one in drawn)]
    entries = [Entry(DESIGNS[design].label, symbol=DESIGNS[design]) for design in designs]
    strip, strip_rows = legend("legend", [entries], width + 26 + numbers + patients)
    shown = [strip, *panels] if len(designs) > 1 or designs != [""] else panels
    return Figure(
        id=identity,
        title=title,
        caption=_caption(found, drawn, groups, arrows=any(name.endswith("_arrows") for name in rows)),
        alt=f"Forest plot of {counted(len(drawn), 'effect')}: {groups[0]} against {groups[1]}.",
        chart=stacked(shown, 14),
        rows=rows | (strip_rows if shown != panels else {}),
    )


def _panel(
    name: str, scale: str, own: Sequence[Effect], width: float, texts: tuple[float, float, float]
) -> tuple[alt.LayerSpec, Rows]:
    low, high = _ends(own, scale)
    height = LINE * len(own)
    axis: dict[str, Any] = {"title": None, "grid": False, "offset": 2}
    if scale == "ratio":
        plane = Plane(
            x={"type": "log", "domain": [low, high], "nice": False},
            x_axis={**axis, "format": "~g", "values": [tick for tick in RATIO_TICKS if low <= tick <= high]},
        )
    else:
        plane = Plane(x=linear(low, high), x_axis={**axis, "tickCount": 6})
    rows: Rows = {f"{name}_null": [{"x": own[0].null}]} | {
        f"{name}_grounds": [{"y": LINE * line, "y2": LINE * (line + 1)} for line in range(0, len(own), 2)]
    }
    lines: list[Row] = []
    points: list[Row] = []
    arrows: list[Row] = []
    words: list[Row] = []
    labels, numbers, patients = texts
    for line, one in enumerate(own):
        middle = LINE * (line + 0.5)
        lines += _interval(one, low, high, middle)
        points += _point(one, low, high, middle)
        arrows += _arrows(one, low, high, middle)
        words += [
            {"x": -labels - 12, "y": middle, "text": one.label},
            {"x": width + 12, "y": middle, "text": _numbers(one)},
            {"x": width + 24 + numbers, "y": middle, "text": f"n = {one.estimate.n:,}"},
        ]
    rows |= {f"{name}_intervals": lines, f"{name}_points": points, f"{name}_arrows": arrows, f"{name}_words": words}
    rows = {key: value for key, value in rows.items() if value}
    look = alt.StrokeValue(INK)
    text = alt.Text(field="text", type="nominal")
    left = -labels - 14
    right = width + 26 + numbers + patients
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
    chart = panel([every[key] for key in every if key in rows], width, height, title=heading(PANELS.get(scale, scale)))
    return chart, rows


def _ends(own: Sequence[Effect], scale: str) -> tuple[float, float]:
    """Give the ends of an axis: beyond every estimate, and as far as the limits where those are not much further."""
    ratio = scale == "ratio"
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


def _point(one: Effect, low: float, high: float, middle: float) -> Iterator[Row]:
    value = one.estimate.value
    if value is not None and low <= value <= high:
        yield {"x": value, "y": middle, "told": _told(one), **DESIGNS[one.design].row()}


def _arrows(one: Effect, low: float, high: float, middle: float) -> Iterator[Row]:
    """Mark limits that lie beyond the axis."""
    if one.low.value is None and one.high.value is None:
        return
    for end, edge, shape in ((one.low.value, low, BACKWARD), (one.high.value, high, FORWARD)):
        if end is None or (end < edge if edge == low else end > edge):
            yield {"x": edge, "y": middle, **Symbol("", shape, None, INK, 1.4, 34).row()}


def _numbers(one: Effect) -> str:
    """Write an effect: ``0.90 (0.58 to 2.18)``."""
    digits = 1 if one.scale == "%" else 2

    def written(row: Result) -> str:
        return "–" if row.value is None else display.number(row.value, display.places(row.value, digits))

    if one.low.value is None and one.high.value is None:
        return f"{written(one.estimate)} (no interval)"
    return f"{written(one.estimate)} ({written(one.low)} to {written(one.high)})"


def _told(one: Effect) -> str:
    return told(capitalised(one.label), _numbers(one), one.estimate.method, f"n = {one.estimate.n:,}")


def _caption(found: Sequence[Effect], drawn: Sequence[Effect], groups: tuple[str, str], *, arrows: bool) -> str:
    missing = len(found) - len(drawn)
    scales = {one.scale for one in drawn}
    sides = []
    if "ratio" in scales:
        sides.append(f"above 1 the event is more frequent, or sooner, in the group {groups[0]}")
    if scales - {"ratio"}:
        sides.append(f"above 0 the share, the number or the time is larger in the group {groups[0]}")
    return sentence(
        [
            f"Effects with 95% intervals, {groups[0]} against {groups[1]}: {listed(sides)}.",
            "Target trial: the strategy to treat against the strategy not to, for the trial's own outcome."
            if any(one.design == "target trial" for one in drawn)
            else "",
            "An arrow: the limit lies beyond the axis or has no bound." if arrows else "",
            f"{counted(missing, 'effect')} could not be estimated; the table says why." if missing else "",
            "The dashed line is no difference. All methods look at the same patients: their number proves nothing.",
        ]
    )
