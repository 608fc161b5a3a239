"""Layers of a chart: a mark, the rows it draws by name, and its encodings, with no more of Altair than that.

Rows are attached once, to the finished specification (`icans.figures.figure`): Altair copies and checks rows at every
step it takes with them, which costs more than drawing. For the same reason every channel names its type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import altair as alt

Mark = Literal["rect", "rule", "point", "line", "area", "text"]


@dataclass(frozen=True)
class Plane:
    """The axes and scales that the layers of one panel share.

    Parameters
    ----------
    x, y
        What `alt.Scale` takes for each direction; None: the values are pixels.
    x_axis, y_axis
        What `alt.Axis` takes; None: no axis.
    """

    x: dict[str, Any] | None = None
    y: dict[str, Any] | None = None
    x_axis: dict[str, Any] | None = None
    y_axis: dict[str, Any] | None = None
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def at(self, **fields: str | float) -> dict[str, Any]:
        """Place a mark: ``x``, ``x2``, ``y``, ``y2`` by the name of a column, or at a pixel by a number."""
        placed: dict[str, Any] = {}
        for channel, column in fields.items():
            if channel in {"x2", "y2"}:
                second, value = (alt.X2, alt.X2Value) if channel == "x2" else (alt.Y2, alt.Y2Value)
                placed[channel] = second(field=column) if isinstance(column, str) else value(column)
            elif isinstance(column, str):
                first = alt.X if channel == "x" else alt.Y
                placed[channel] = first(
                    field=column, type="quantitative", scale=self._scale(channel), axis=self._axis(channel)
                )
            else:
                placed[channel] = (alt.XValue if channel == "x" else alt.YValue)(column)
        return placed

    def _scale(self, channel: str) -> Any:  # noqa: ANN401  # a scale, or None for pixels
        given = self.x if channel == "x" else self.y
        return None if given is None else self._made.setdefault(f"{channel} scale", alt.Scale(**given))

    def _axis(self, channel: str) -> Any:  # noqa: ANN401  # an axis or None
        given = self.x_axis if channel == "x" else self.y_axis
        return None if given is None else self._made.setdefault(f"{channel} axis", alt.Axis(**given))


PIXELS = Plane()
"""A plane without scales."""


def linear(low: float, high: float, *, reverse: bool = False) -> dict[str, Any]:
    """Describe a linear scale with exactly these ends."""
    return {"domain": [low, high], "nice": False, "zero": False, **({"reverse": True} if reverse else {})}


def as_is(channel: type, column: str) -> Any:  # noqa: ANN401  # any channel class
    """Encode a column that holds the colour or shape itself."""
    return channel(field=column, type="nominal", scale=None, legend=None)


def graded(channel: type, column: str, colours: dict[int, str]) -> Any:  # noqa: ANN401  # any channel class
    """Encode a grade by the colours of grades."""
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    return channel(field=column, type="ordinal", scale=scale, legend=None)


def layer(mark: Mark, rows: str, place: dict[str, Any], told: str = "", **look: Any) -> alt.UnitSpec:  # noqa: ANN401
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
        Encodings (an Altair channel) and constant properties of the mark (anything else).
    """
    encodings = dict(place)
    properties: dict[str, Any] = {}
    for name, value in look.items():
        (encodings if isinstance(value, alt.SchemaBase) else properties)[name] = value
    if told:
        encodings["description"] = alt.Description(field=told, type="nominal")
        properties["aria"] = True
    return alt.UnitSpec(
        data=alt.NamedData(rows), mark=alt.MarkDef(mark, **properties), encoding=alt.Encoding(**encodings)
    )


def broken(points: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Break a line after every point, so that `dots` draws each alone."""
    return [
        row
        for number, point in enumerate(points)
        for row in ({**point, "order": 2 * number}, {"x": None, "y": None, "order": 2 * number + 1})
    ]


def dots(rows: str, place: dict[str, Any], *, colour: str, width: float) -> alt.UnitSpec:
    """Draw many small dots that tell nothing on pointing, as the round ends of one broken line: a single path."""
    return layer(
        "line",
        rows,
        place,
        order=alt.Order(field="order", type="quantitative"),
        stroke=alt.StrokeValue(colour),
        strokeWidth=width,
        strokeCap="round",
        invalid="break-paths-show-path-domains",
    )


def heading(text: str, subtitle: str = "") -> alt.TitleParams:
    """Head a panel, with a second line where there is one."""
    return alt.TitleParams(text=text, subtitle=subtitle) if subtitle else alt.TitleParams(text=text)


def panel(layers: list[alt.UnitSpec], width: float, height: float, **properties: Any) -> alt.LayerSpec:  # noqa: ANN401
    """Lay layers over one another in a panel of a fixed size."""
    return alt.LayerSpec(layer=layers, width=width, height=height, **properties)


def beside(panels: Sequence[Any], spacing: float) -> Any:  # noqa: ANN401  # any view
    """Set panels side by side, the plots this far apart whatever their axes take; one alone stays as it is."""
    if len(panels) == 1:
        return panels[0]
    return alt.HConcatSpecGenericSpec(hconcat=list(panels), spacing=spacing, bounds="flush")


def stacked(panels: Sequence[Any], spacing: float) -> Any:  # noqa: ANN401  # any view
    """Set panels one under the other; one alone stays as it is, and one that draws nothing is left out."""
    drawn = [panel for panel in panels if not isinstance(panel, alt.LayerSpec) or panel.layer]
    if len(drawn) == 1:
        return drawn[0]
    return alt.VConcatSpecGenericSpec(vconcat=drawn, spacing=spacing)
