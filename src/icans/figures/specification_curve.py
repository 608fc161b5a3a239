"""The specification curve: remission under every combination of definitions, sorted, the choices marked beneath."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from icans.counts import counted
from icans.figures.data import Row, Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import sentence, told
from icans.figures.legend import Entry, legend, symbols
from icans.figures.marks import Plane, broken, dots, layer, linear, panel, stacked
from icans.figures.theme import BLUE, HAIR, INK, MUTED, PAPER, SKY, SMALL, TEXT, VERMILLION, WIDTH, Symbol, text_width
from icans.results import display
from icans.results.specified import Outcome, Specified

ID = "specification_curve"
TITLE = "Remission under every combination of definitions"
FEW = 60
"""Most specifications drawn one by one; of more the intervals are a band and the choices are lines."""

HEIGHTS = {"rate": 130.0, "days": 74.0}
LINE = 12.5
BETWEEN_GROUPS = 5.0
LEAST_PLOT = 300.0
WIDEST_LABEL = 165.0
OWN = Symbol("the study's own specification", "diamond", VERMILLION, PAPER, 1.0, 70)
RATE = Symbol("remission rate", "circle", INK, PAPER, 0.8, 34)
CHOSEN = Symbol("value of the definition", "circle", BLUE, PAPER, 0.5, 30)


@dataclass(frozen=True)
class _Line:
    """A value of a definition: a row of the matrix."""

    alternative: int
    choice: int
    label: str
    title: str
    top: float


@unchecked
def specification_curve(study: Specified) -> Figure | LeftOut:
    """Draw rate with interval and median time of every applicable specification, and which values each has."""
    ordered = sorted(study.applicable, key=_place)
    if not ordered:
        return LeftOut(ID, TITLE, "no combination of the definitions gives a remission rate")
    lines = list(_lines(study))
    names = max(text_width(line.title, TEXT, bold=True) for line in lines)
    values = min(WIDEST_LABEL, max(text_width(line.label, SMALL) for line in lines))
    width = max(LEAST_PLOT, WIDTH - names - values - 26)
    many = len(ordered) > FEW
    rows = _curve_rows(study, ordered, many=many) | _matrix_rows(
        study, ordered, lines, many=many, left=names + values + 18
    )
    rows = {name: content for name, content in rows.items() if content}
    x = linear(-0.5 - 0.02 * len(ordered), len(ordered) - 0.5 + 0.02 * len(ordered))
    panels = [
        _rates(rows, x, width, many=many),
        _days(rows, x, width, study, many=many),
        _matrix(rows, x, width, lines, many=many),
    ]
    strip, strip_rows = legend("legend", [_legend(many=many)], max(width, 420.0))
    return Figure(
        id=ID,
        title=TITLE,
        caption=_caption(study, ordered),
        alt=_alt(study, ordered),
        chart=stacked([strip, *panels], 8),
        rows=rows | strip_rows,
        results=(("sensitivity", "specifications"),),
    )


def _place(outcome: Outcome) -> tuple[float, float, str]:
    days = outcome.median_days
    return outcome.percent or 0.0, float("inf") if days is None else days, outcome.specification.id


def _lines(study: Specified) -> Iterator[_Line]:
    top = 4.0
    for number, one in enumerate(study.alternatives):
        for choice, value in enumerate(one.choices):
            title = one.definition.title if choice == 0 else ""
            yield _Line(number, choice, _short(f"{value.label}{' *' if value.own else ''}"), title, top)
            top += LINE
        top += BETWEEN_GROUPS


def _short(label: str) -> str:
    while text_width(label, SMALL) > WIDEST_LABEL:
        label = f"{label.rstrip('…* ')[:-1]}…"
    return label


def _curve_rows(study: Specified, ordered: Sequence[Outcome], *, many: bool) -> Rows:
    points: list[Row] = []
    for x, outcome in enumerate(ordered):
        rate = outcome.rate
        if rate is None or rate.low is None or rate.high is None:
            continue
        points.append(
            {
                "x": x,
                "y": outcome.percent,
                "low": 100 * rate.low,
                "high": 100 * rate.high,
                "days": outcome.median_days,
                "told": _told(study, outcome),
                "own": outcome.specification.own,
            }
        )
    own = [point for point in points if point["own"]]
    days = [
        {"x": point["x"], "y": point["days"], "told": point["told"]} for point in points if point["days"] is not None
    ]
    own_days = [{**point, "y": point["days"], **OWN.row(50)} for point in own if point["days"] is not None]
    drawn = [{key: point[key] for key in ("x", "y", "low", "high", "told")} for point in points]
    if many:
        drawn = [{key: row[key] for key in ("x", "y", "low", "high")} for row in drawn]
    return {
        "own_rate": [{"x": point["x"]} for point in own],
        "rates": [] if many else [{**row, **RATE.row()} for row in drawn],
        "curve": drawn if many else [],
        "days": [] if many else [{**row, **RATE.row(26)} for row in days],
        "days_dots": broken([{"x": row["x"], "y": row["y"]} for row in days]) if many else [],
        "own_points": [{**point, **OWN.row()} for point in own],
        "own_days": own_days,
    }


def _matrix_rows(
    study: Specified, ordered: Sequence[Outcome], lines: Sequence[_Line], *, many: bool, left: float
) -> Rows:
    chosen: list[Row] = []
    for line in lines:
        which = [x for x, one in enumerate(ordered) if one.specification.choices[line.alternative] == line.choice]
        middle = line.top + LINE / 2
        if many:
            chosen += [
                {"x": start - 0.5, "x2": end + 0.5, "y": middle - 3.2, "y2": middle + 3.2}
                for start, end in _runs(which)
            ]
        else:
            chosen += [{"x": x, "y": middle, **CHOSEN.row()} for x in which]
    grounds = []
    for number in range(0, len(study.alternatives), 2):
        own = [line for line in lines if line.alternative == number]
        grounds.append({"y": own[0].top - BETWEEN_GROUPS / 2, "y2": own[-1].top + LINE + BETWEEN_GROUPS / 2})
    return {
        "grounds": grounds,
        "runs" if many else "chosen": chosen,
        "values": [{"y": line.top + LINE / 2, "x": -6.0, "text": line.label} for line in lines],
        "titles": [{"y": line.top + LINE / 2, "x": -left + 4, "text": line.title} for line in lines if line.title],
    }


def _runs(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Join consecutive numbers."""
    start = last = None
    for place in places:
        if start is None or last is None:
            start = place
        elif place != last + 1:
            yield start, last
            start = place
        last = place
    if start is not None and last is not None:
        yield start, last


def _rates(rows: Rows, x: dict[str, Any], width: float, *, many: bool) -> alt.LayerSpec:
    height = HEIGHTS["rate"]
    axis = {"title": "In remission, %", "values": [0, 25, 50, 75, 100], "grid": True}
    plane = Plane(x=x, y=linear(0, 100), y_axis=axis)
    layers = [_own_line(rows, plane, height)]
    if many:
        band = plane.at(x="x", y="low", y2="high")
        layers += [
            layer("area", "curve", band, interpolate="step", fill=alt.FillValue(SKY), fillOpacity=0.45),
            layer(
                "line",
                "curve",
                plane.at(x="x", y="y"),
                interpolate="step",
                stroke=alt.StrokeValue(INK),
                strokeWidth=1.4,
            ),
        ]
    else:
        interval = plane.at(x="x", y="low", y2="high")
        layers += [
            layer("rule", "rates", interval, stroke=alt.StrokeValue(MUTED), strokeWidth=1.2),
            symbols("rates", plane.at(x="x", y="y"), "told"),
        ]
    if "own_points" in rows:
        layers.append(symbols("own_points", plane.at(x="x", y="y"), "told"))
    return panel([one for one in layers if one is not None], width, height)


def _days(rows: Rows, x: dict[str, Any], width: float, study: Specified, *, many: bool) -> alt.LayerSpec:
    height = HEIGHTS["days"]
    most = max((one.median_days or 0.0 for one in study.applicable), default=0.0)
    axis = {"title": "Median, days", "tickCount": 3, "grid": True}
    plane = Plane(x=x, y=linear(0, 1.1 * most or 1.0), y_axis=axis)
    place = plane.at(x="x", y="y")
    layers = [_own_line(rows, plane, height)]
    if many and "days_dots" in rows:
        layers.append(dots("days_dots", place, colour=INK, width=2.2))
    elif "days" in rows:
        layers.append(symbols("days", place, "told"))
    if "own_days" in rows:
        layers.append(symbols("own_days", place, "told"))
    return panel([one for one in layers if one is not None], width, height)


def _matrix(rows: Rows, x: dict[str, Any], width: float, lines: Sequence[_Line], *, many: bool) -> alt.LayerSpec:
    height = lines[-1].top + LINE + 4
    plane = Plane(x=x)
    layers: list[alt.UnitSpec | None] = [
        layer("rect", "grounds", plane.at(x=0.0, x2=width, y="y", y2="y2"), fill=alt.FillValue(HAIR), fillOpacity=0.7),
        _own_line(rows, plane, height),
    ]
    if many:
        layers.append(layer("rect", "runs", plane.at(x="x", x2="x2", y="y", y2="y2"), fill=alt.FillValue(BLUE)))
    else:
        layers.append(symbols("chosen", plane.at(x="x", y="y")))
    pixels = Plane()
    text = alt.Text(field="text", type="nominal")
    for name, align, size, weight in (("values", "right", SMALL, "normal"), ("titles", "left", TEXT, "bold")):
        place = pixels.at(x="x", y="y")
        layers.append(
            layer("text", name, place, text=text, align=align, baseline="middle", fontSize=size, fontWeight=weight)
        )
    return panel([one for one in layers if one is not None], width, height)


def _own_line(rows: Rows, plane: Plane, height: float) -> alt.UnitSpec | None:
    if "own_rate" not in rows:
        return None
    place = plane.at(x="x", y=0.0, y2=height)
    return layer("rule", "own_rate", place, stroke=alt.StrokeValue(VERMILLION), strokeWidth=1.4, strokeDash=[4, 2])


def _legend(*, many: bool) -> list[Entry]:
    if many:
        entries = [
            Entry("remission rate", line=INK),
            Entry("its exact 95% interval", fill=SKY),
            Entry("value in use", fill=BLUE),
        ]
    else:
        entries = [
            Entry("remission rate", symbol=RATE),
            Entry("its exact 95% interval", line=MUTED),
            Entry("value in use", symbol=CHOSEN),
        ]
    return [*entries, Entry("the study's own specification, values marked *", symbol=OWN)]


def _told(study: Specified, outcome: Outcome) -> str:
    rate = outcome.rate
    if rate is None or rate.low is None or rate.high is None or outcome.percent is None:
        return outcome.specification.id
    _, n, events = outcome.counts
    days = "" if outcome.median_days is None else f"median {display.measured(outcome.median_days, 'days')}"
    return told(
        outcome.specification.id + (" (the study's own)" if outcome.specification.own else ""),
        f"{events} of {n} in remission, {display.percent(outcome.percent)}",
        f"95% interval {display.interval(100 * rate.low, 100 * rate.high, '%')}",
        days,
        *(f"{one.definition.title}: {study.label(outcome, place)}" for place, one in enumerate(study.alternatives)),
    )


def _caption(study: Specified, ordered: Sequence[Outcome]) -> str:
    left_out = len(study.outcomes) - len(ordered)
    parts = (
        "Above, the rate with its exact 95% interval; in the middle, the median time from first course to remission "
        "among responders; beneath, the values of the definitions that each has."
    )
    dependent = (
        "Each interval is of its specification alone: all rest on the same patients and are no independent results."
    )
    listed = f"{counted(left_out, 'combination')} that cannot be applied {'is' if left_out == 1 else 'are'} not drawn."
    return sentence(
        [
            f"{counted(len(ordered), 'specification')} of the study, sorted by remission rate and then by time.",
            parts,
            dependent,
            listed if left_out else "",
        ]
    )


def _alt(study: Specified, ordered: Sequence[Outcome]) -> str:
    low, high = ordered[0].percent or 0.0, ordered[-1].percent or 0.0
    own = study.own.percent
    said = "" if own is None else f"; the study's own is {display.percent(own)}"
    return (
        f"Rising curve of {len(ordered)} remission rates from {display.percent(low)} to {display.percent(high)}{said}."
    )
