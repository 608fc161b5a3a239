"""Sizes, letters, colours and symbols every figure shares.

A figure is drawn in CSS pixels, 96 to the inch: 680 px are 180 mm, the width of two columns in most journals, and 10 px
are 7.5 pt. The letters are Liberation Sans, which the renderer brings along and which is as wide as Arial and
Helvetica, so that a browser without it sets the same lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

WIDTH = 680.0
"""Width of a figure across two columns, px."""

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
TEXT = 10.0
SMALL = 8.5
HEADING = 11.0

INK = "#1F2328"
MUTED = "#5B6570"
FAINT = "#B8C0C8"
HAIR = "#E4E8EB"
PAPER = "#FFFFFF"

GRADES = {
    0: "#E6EFF5",
    1: "#F7BF5E",
    2: "#F08A3C",
    3: "#CC3F45",
    4: "#7C1D5B",
    5: "#160A24",
}
"""Colour of each grade: each darker than the one before, in colour, in grey print and to colour-blind readers."""

BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
SKY = "#56B4E9"
ORANGE = "#E69F00"
"""Categories, after Okabe and Ito (2008): told apart by colour-blind readers, and never by colour alone."""

LETTERS = {BLUE: BLUE, VERMILLION: "#A84A00", GREEN: "#007A58", PURPLE: "#9B4F7A"}
"""For text in the colour of a category: that colour, dark enough on paper to be read."""

NOT_OBSERVED = "#9AA5AF"

CROSS = "M-0.8,-0.8L0.8,0.8M-0.8,0.8L0.8,-0.8"
BAR = "M0,-1L0,1"
CHEVRONS = "M-0.8,-0.7L-0.1,0L-0.8,0.7M0.1,-0.7L0.8,0L0.1,0.7"
ARROW = "M-0.9,0L0.9,0M0.2,-0.7L0.9,0L0.2,0.7"


@dataclass(frozen=True)
class Symbol:
    """How one kind of happening is marked.

    Parameters
    ----------
    label
        What the legend calls it.
    shape
        A shape of Vega, or an SVG path in a square from -1 to 1.
    fill, stroke
        Colours; an open symbol is filled with paper, a symbol made of strokes has no fill.
    stroke_width
        Width of the stroke, px.
    size
        Area, px².
    """

    label: str
    shape: str
    fill: str | None = INK
    stroke: str = PAPER
    stroke_width: float = 1.0
    size: float = 46.0

    def row(self, size: float | None = None) -> dict[str, Any]:
        """Give the columns that draw it."""
        return {
            "shape": self.shape,
            "fill": self.fill or "transparent",
            "stroke": self.stroke,
            "stroke_width": self.stroke_width,
            "size": self.size if size is None else size,
        }


CONFIG: dict[str, Any] = {
    "background": PAPER,
    "font": FONT,
    "padding": 4,
    "view": {"stroke": None, "continuousWidth": 300, "continuousHeight": 200},
    "mark": {"aria": False},
    "point": {"opacity": 1},
    "text": {"fontSize": TEXT, "fill": INK},
    "title": {
        "anchor": "start",
        "frame": "group",
        "fontSize": HEADING,
        "fontWeight": "bold",
        "color": INK,
        "subtitleFontSize": TEXT,
        "subtitleColor": MUTED,
        "subtitlePadding": 3,
        "offset": 6,
        "limit": 0,
        "aria": False,
    },
    "axis": {
        "aria": False,
        "labelFontSize": TEXT,
        "titleFontSize": TEXT,
        "titleFontWeight": "normal",
        "labelColor": INK,
        "titleColor": INK,
        "domainColor": MUTED,
        "tickColor": MUTED,
        "gridColor": HAIR,
        "tickSize": 4,
        "labelPadding": 3,
        "titlePadding": 6,
        "labelFlush": False,
        "labelOverlap": False,
        "labelLimit": 0,
        "titleLimit": 0,
    },
    "concat": {"spacing": 12},
}
"""Configuration of every specification; texts have no limit, since measuring one costs as much as drawing it."""

_WIDTHS = {"…": 1000} | dict(
    zip(
        map(chr, range(32, 127)),
        (
            *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
            *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
            *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
            *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
            *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
            *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
        ),
        strict=True,
    )
)
"""Advance widths of Helvetica in thousandths of the size; Arial and Liberation Sans share them."""


def text_width(text: str, size: float = TEXT, *, bold: bool = False) -> float:
    """Estimate how wide a line of text is set, px."""
    thousandths = sum(_WIDTHS.get(character, 1000 if ord(character) > 0x2E7F else 600) for character in text)
    return thousandths * size / 1000 * (1.06 if bold else 1.0)


def wrapped(text: str, width: float, size: float = TEXT, *, bold: bool = False) -> list[str]:
    """Break a text into lines no wider than `width` px; a single longer word stands alone."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
