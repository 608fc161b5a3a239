"""Layers of a chart in Vega-Lite: a mark, the rows it draws by name, and its encodings.

A specification is plain dictionaries; the tests hold each against the schema of Vega-Lite. Rows are attached once, to
the finished specification (`icans.figures.figure`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Mark = Literal["rect", "rule", "point", "line", "area", "text"]

Channel = dict[str, Any]
"""How one property of a mark is encoded."""

View = dict[str, Any]
"""A layer, a panel of layers, or panels set together."""


@dataclass(frozen=True)
class Plane:
    """The axes and scales that the layers of one panel share.

    Parameters
    ----------
    x, y
        Scale of each direction; None: the values are pixels.
    x_axis, y_axis
        Axis of each direction; None: no axis.
    """

    x: dict[str, Any] | None = None
    y: dict[str, Any] | None = None
    x_axis: dict[str, Any] | None = None
    y_axis: dict[str, Any] | None = None

    def at(self, **fields: str | float) -> dict[str, Channel]:
        """Place a mark: ``x``, ``x2``, ``y``, ``y2`` by the name of a column, or at a pixel by a number."""
        return {channel: self._placed(channel, column) for channel, column in fields.items()}

    def _placed(self, channel: str, column: str | float) -> Channel:
        if not isinstance(column, str):
            return constant(column)
        match channel:
            case "x":
                return {"field": column, "type": "quantitative", "scale": self.x, "axis": self.x_axis}
            case "y":
                return {"field": column, "type": "quantitative", "scale": self.y, "axis": self.y_axis}
            case _:
                return {"field": column}


PIXELS = Plane()
"""A plane without scales."""


def linear(low: float, high: float, *, reverse: bool = False) -> dict[str, Any]:
    """Describe a linear scale with exactly these ends."""
    return {"domain": [low, high], "nice": False, "zero": False, **({"reverse": True} if reverse else {})}


def constant(value: str | float) -> Channel:
    """Encode the same for every row: a colour, or a place in pixels."""
    return {"value": value}


def nominal(column: str) -> Channel:
    """Encode a column of texts."""
    return {"field": column, "type": "nominal"}


def as_is(column: str) -> Channel:
    """Encode a column that holds the colour or shape itself."""
    return {"field": column, "type": "nominal", "scale": None, "legend": None}


def as_is_number(column: str) -> Channel:
    """Encode a column that holds the size or width itself, px² or px."""
    return {"field": column, "type": "quantitative", "scale": None, "legend": None}


def graded(column: str, colours: dict[int, str]) -> Channel:
    """Encode a grade by the colours of grades."""
    scale = {"domain": list(colours), "range": list(colours.values())}
    return {"field": column, "type": "ordinal", "scale": scale, "legend": None}


def layer(mark: Mark, rows: str, place: dict[str, Channel], told: str = "", **look: Any) -> View:  # noqa: ANN401
    """Make a layer.

    Parameters
    ----------
    mark
        The mark: rect, rule, point, line, area, text.
    rows
        Name of the rows it draws.
    place
        Encodings of position, from `Plane.at`.
    told
        Column with what a reader is told on pointing at the mark; empty for decoration.
    look
        Encodings (a dictionary) and constant properties of the mark (anything else).
    """
    encodings = dict(place)
    properties: dict[str, Any] = {"type": mark}
    for name, value in look.items():
        (encodings if isinstance(value, dict) else properties)[name] = value
    if told:
        encodings["description"] = nominal(told)
        properties["aria"] = True
    return {"data": {"name": rows}, "mark": properties, "encoding": encodings}


def broken(points: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Break a line after every point, so that `dots` draws each alone."""
    return [
        row
        for number, point in enumerate(points)
        for row in ({**point, "order": 2 * number}, {"x": None, "y": None, "order": 2 * number + 1})
    ]


def dots(rows: str, place: dict[str, Channel], *, colour: str, width: float) -> View:
    """Draw many small dots that tell nothing on pointing, as the round ends of one broken line: a single path."""
    return layer(
        "line",
        rows,
        place,
        order={"field": "order", "type": "quantitative"},
        stroke=constant(colour),
        strokeWidth=width,
        strokeCap="round",
        invalid="break-paths-show-path-domains",
    )


def heading(text: str, subtitle: str = "") -> dict[str, str]:
    """Head a panel, with a second line where there is one."""
    return {"text": text, "subtitle": subtitle} if subtitle else {"text": text}


def panel(layers: Sequence[View], width: float, height: float, **properties: Any) -> View:  # noqa: ANN401
    """Lay layers over one another in a panel of a fixed size."""
    return {"layer": list(layers), "width": width, "height": height, **properties}


def beside(panels: Sequence[View], spacing: float) -> View:
    """Set panels side by side, the plots this far apart whatever their axes take; one alone stays as it is."""
    if len(panels) == 1:
        return panels[0]
    return {"hconcat": list(panels), "spacing": spacing, "bounds": "flush"}


def stacked(panels: Sequence[View], spacing: float) -> View:
    """Set panels one under the other; one alone stays as it is, and one that draws nothing is left out."""
    drawn = [panel for panel in panels if panel.get("layer", True)]
    if len(drawn) == 1:
        return drawn[0]
    return {"vconcat": drawn, "spacing": spacing}
