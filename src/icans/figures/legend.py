"""A strip that explains colours and symbols, set in lines of text like a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt

from icans.figures.data import Rows
from icans.figures.marks import PIXELS, as_is, layer, panel
from icans.figures.theme import GRADES, NOT_OBSERVED, TEXT, Symbol, text_width

LINE = 16.0
SWATCH = 13.0
GAP = 14.0
LINES = {"lines": [1, 0], "dashed_lines": [3, 2], "dotted_lines": [1.4, 1.6], "dash_dotted_lines": [5, 1.5, 1.4, 1.5]}
"""Strokes and gaps of each kind of line, px."""


@dataclass(frozen=True)
class Entry:
    """One thing the legend explains.

    Parameters
    ----------
    label
        In words; an entry with a label alone is a heading.
    fill, below, outline
        Colour of a swatch, of its lower half where it is split, of the edge of an empty one.
    symbol
        A symbol.
    line, dashed, kind
        Colour of a line, whether it is dashed, and which of `LINES` it is where it is another.
    """

    label: str
    fill: str = ""
    below: str = ""
    outline: str = ""
    symbol: Symbol | None = None
    line: str = ""
    dashed: bool = False
    kind: str = ""

    @property
    def line_kind(self) -> str:
        """Which of `LINES` the line is."""
        return self.kind or ("dashed_lines" if self.dashed else "lines")

    @property
    def drawn(self) -> bool:
        """There is more than words."""
        return bool(self.fill or self.outline or self.symbol or self.line)

    @property
    def width(self) -> float:
        """How wide it is set, px."""
        return text_width(self.label, TEXT, bold=not self.drawn) + (SWATCH + 5 if self.drawn else 0)


def grade_entries(heading: str, highest: int, *, split: tuple[int, int] | None, unseen: bool) -> list[Entry]:
    """Explain the colours of grades up to the highest that occurs, the split of an open grade, and the unseen day."""
    entries = [Entry(heading), *(Entry(str(grade), fill=GRADES[grade]) for grade in GRADES if grade <= highest)]
    if split:
        low, high = split
        entries.append(Entry("open: highest possible above, lowest below", fill=GRADES[high], below=GRADES[low]))
    if unseen:
        entries.append(Entry("not observed", symbol=Symbol("", "circle", NOT_OBSERVED, NOT_OBSERVED, size=7)))
    return entries


def legend(name: str, lines: list[list[Entry]], width: float) -> tuple[alt.LayerSpec, Rows]:
    """Set entries in lines, broken where they are wider than `width` px; give the strip and the rows it draws."""
    placed: list[tuple[Entry, dict[str, float]]] = []
    top = 0.0
    for line in lines:
        left = 0.0
        for entry in line:
            if left and left + entry.width > width:
                left, top = 0.0, top + LINE
            placed.append((entry, _place(left, top + LINE / 2, drawn=entry.drawn)))
            left += entry.width + (GAP if entry.drawn else 8)
        top += LINE if line else 0.0
    rows: Rows = {
        f"{name}_swatches": [{**at, "fill": e.fill} for e, at in placed if e.fill],
        f"{name}_lower_halves": [{**at, "fill": e.below} for e, at in placed if e.below],
        f"{name}_outlines": [{**at, "stroke": e.outline} for e, at in placed if e.outline],
        **{
            f"{name}_{kind}": [{**at, "stroke": e.line} for e, at in placed if e.line and e.line_kind == kind]
            for kind in LINES
        },
        f"{name}_symbols": [{**at, **e.symbol.row()} for e, at in placed if e.symbol],
        f"{name}_labels": [{**at, "text": e.label} for e, at in placed if e.drawn],
        f"{name}_headings": [{**at, "text": e.label} for e, at in placed if not e.drawn],
    }
    rows = {key: value for key, value in rows.items() if value}
    return panel([_layer(key, key.removeprefix(f"{name}_")) for key in rows], width, top), rows


def _place(left: float, middle: float, *, drawn: bool) -> dict[str, float]:
    return {
        "x": left,
        "x2": left + SWATCH,
        "centre": left + SWATCH / 2,
        "y": middle,
        "top": middle - 5,
        "bottom": middle + 5,
        "text_x": left + (SWATCH + 5 if drawn else 0),
    }


def _layer(rows: str, kind: str) -> alt.UnitSpec:
    match kind:
        case "swatches" | "lower_halves":
            place = PIXELS.at(x="x", x2="x2", y="top" if kind == "swatches" else "y", y2="bottom")
            return layer("rect", rows, place, fill=as_is(alt.Fill, "fill"))
        case "outlines":
            place = PIXELS.at(x="x", x2="x2", y="top", y2="bottom")
            return layer("rect", rows, place, fillOpacity=0, strokeWidth=1.6, stroke=as_is(alt.Stroke, "stroke"))
        case line if line in LINES:
            place = PIXELS.at(x="x", x2="x2", y="y")
            dash = LINES[line]
            return layer("rule", rows, place, stroke=as_is(alt.Stroke, "stroke"), strokeWidth=2, strokeDash=dash)
        case "symbols":
            return symbols(rows, PIXELS.at(x="centre", y="y"))
        case _:
            weight = "bold" if kind == "headings" else "normal"
            place = PIXELS.at(x="text_x", y="y")
            text = alt.Text(field="text", type="nominal")
            return layer("text", rows, place, text=text, align="left", baseline="middle", fontWeight=weight)


def symbols(rows: str, place: dict[str, Any], told: str = "") -> alt.UnitSpec:
    """Draw rows that carry their own symbol (`Symbol.row`)."""
    return layer(
        "point",
        rows,
        place,
        told,
        shape=as_is(alt.Shape, "shape"),
        fill=as_is(alt.Fill, "fill"),
        stroke=as_is(alt.Stroke, "stroke"),
        size=alt.Size(field="size", type="quantitative", scale=None, legend=None),
        strokeWidth=as_is_width("stroke_width"),
    )


def as_is_width(column: str) -> alt.StrokeWidth:
    """Encode a column that holds the width of a stroke, px."""
    return alt.StrokeWidth(field=column, type="quantitative", scale=None, legend=None)
