"""What is believed of the remission rate before and after the data, beside the natural rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt

from icans.figures.data import Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import sentence
from icans.figures.legend import Entry, legend
from icans.figures.marks import Plane, beside, heading, layer, linear, stacked
from icans.figures.marks import panel as framed
from icans.figures.stated import Stated
from icans.figures.theme import BLUE, MUTED, VERMILLION, WIDTH
from icans.results.display import percent
from icans.results.small_samples import ANALYSIS, Belief, beliefs

if TYPE_CHECKING:
    from icans.protocols.small_samples import SmallSamples

ID = "small_samples"
TITLE = "The remission rate before and after the data"
HEIGHT = 170.0
MARGIN = 40.0
BETWEEN = 26.0
BEYOND = "#CFE2F0"
MADE_UP = "Synthetic: is no evidence"
HEADROOM = 1.08
EDGE = 0.01
STEEPEST = 1.5
"""How many times as high as further inside a density is drawn within `EDGE` of 0 or 100%."""


@unchecked
def small_samples(stated: Stated, asked: SmallSamples, *, synthetic: bool) -> Figure | LeftOut:
    """Draw prior and posterior of each stated prior, the part beyond the natural rate shaded.

    Parameters
    ----------
    stated
        Rows of results.
    asked
        The natural rate and the priors.
    synthetic
        The records are made up.
    """
    drawn = beliefs(stated.results, asked)
    if not drawn:
        return LeftOut(ID, TITLE, "no evaluable patient has a finish line")
    rate = 100 * asked.natural_rate
    top = HEADROOM * max(_highest(one) for one in drawn)
    width = (WIDTH - MARGIN - (len(drawn) - 1) * BETWEEN) / max(2, len(drawn))
    rows: Rows = {}
    panels = []
    for number, one in enumerate(drawn):
        rows |= _rows(number, one, rate, top)
        panels.append(_panel(number, one, top, width, MADE_UP if synthetic else ""))
    entries = [
        Entry("after the data", line=BLUE),
        Entry("before", line=MUTED, dashed=True),
        Entry("natural rate", line=VERMILLION),
        Entry("above it", fill=BEYOND),
    ]
    strip, strip_rows = legend("legend", [entries], WIDTH - MARGIN)
    chances = "; ".join(f"{one.name}: {percent(one.above)}" for one in drawn)
    return Figure(
        id=ID,
        title=TITLE,
        caption=sentence(
            [
                "Synthetic records: this shows how the software works and is no evidence." if synthetic else "",
                "How likely each remission rate is held to be, before the data (the prior) and after them.",
                f"The natural rate is {percent(rate)}, as stated ({asked.natural_rate_source}), and taken as certain.",
                f"Probability that the rate exceeds it: {chances}.",
            ]
        ),
        alt=f"Densities of the remission rate before and after the data; above {percent(rate)} lies {chances}.",
        chart=stacked([strip, beside(panels, BETWEEN)], 8),
        rows=rows | strip_rows,
        results=((ANALYSIS, "remission"), (ANALYSIS, "natural_rate")),
    )


def _highest(one: Belief) -> float:
    """Give the highest density drawn: at 0 or 100% a posterior may grow without end, and would hide all the rest."""
    rate, density = one.curves.rate, one.curves.posterior
    inner = density[(rate >= EDGE) & (rate <= 1 - EDGE)]
    return min(float(density.max()), STEEPEST * float(inner.max()))


def _rows(number: int, one: Belief, rate: float, top: float) -> Rows:
    curves = one.curves
    at = (100 * curves.rate).tolist()
    after = [{"x": x, "y": min(y, top)} for x, y in zip(at, curves.posterior.tolist(), strict=True)]
    return {
        f"before_{number}": [{"x": x, "y": min(y, top)} for x, y in zip(at, curves.prior.tolist(), strict=True)],
        f"after_{number}": after,
        f"above_{number}": [row | {"foot": 0.0} for row in after if row["x"] >= rate]
        or [{"x": 100, "y": 0, "foot": 0}],
        f"natural_{number}": [{"x": rate, "y": 0.0, "y2": top}],
    }


def _panel(number: int, one: Belief, top: float, width: float, said: str) -> alt.LayerSpec:
    plane = Plane(
        x=linear(0, 100),
        y=linear(0, top),
        x_axis={"values": [0, 25, 50, 75, 100], "title": "Remission rate, percent", "grid": False},
        y_axis={"values": [], "title": "Density" if number == 0 else None, "domain": False, "ticks": False},
    )
    at = plane.at(x="x", y="y")
    layers = [
        layer("area", f"above_{number}", plane.at(x="x", y="foot", y2="y"), fill=alt.FillValue(BEYOND)),
        layer("line", f"before_{number}", at, stroke=alt.StrokeValue(MUTED), strokeWidth=1.4, strokeDash=[5, 2]),
        layer("line", f"after_{number}", at, stroke=alt.StrokeValue(BLUE), strokeWidth=2.0),
        layer(
            "rule",
            f"natural_{number}",
            plane.at(x="x", y="y", y2="y2"),
            stroke=alt.StrokeValue(VERMILLION),
            strokeWidth=1.6,
        ),
    ]
    told = f"{percent(one.above)} above the natural rate"
    title = heading(one.name[:1].upper() + one.name[1:], f"{told}. {said}" if said else told)
    return framed(layers, width, HEIGHT, title=title)
