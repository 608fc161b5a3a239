"""The curves of each group: survival or cumulative incidence, with the numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from icans.figures.data import Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import capitalised, listed, sentence, uncapitalised
from icans.figures.legend import legend
from icans.figures.marks import beside, stacked
from icans.figures.remission import axis_end
from icans.figures.steps import COLOURS, Line, curve_panel, legend_entries
from icans.figures.theme import WIDTH
from icans.results.curves import Curve
from icans.results.groups.between import Drawn
from icans.results.groups.outcomes import TITLES

MARGIN, BETWEEN = 46.0, 70.0
ACROSS = 2
PANEL = (WIDTH - MARGIN - BETWEEN) / ACROSS
SUBTITLES = {"": "", "Simon-Makuch": "by the group known at each moment (Simon-Makuch)"}


@unchecked
def group_curves(identity: str, title: str, drawn: Sequence[Drawn]) -> Figure | LeftOut:
    """Draw every endpoint of a comparison that is a time to an event, a panel each.

    Parameters
    ----------
    identity, title
        Name of the figure's files and its title.
    drawn
        The curves of one comparison.
    """
    kept = [one for one in drawn if any(row["events"] for curve in one.curves for row in curve.steps)]
    if not kept:
        return LeftOut(identity, title, "no endpoint is a time to an event that anybody had")
    if max(len(one.curves) for one in kept) > len(COLOURS):
        return LeftOut(identity, title, f"more than {len(COLOURS)} curves cannot be told apart")
    rows: Rows = {}
    panels: list[Any] = []
    for number, one in enumerate(kept):
        chart, own = curve_panel(
            f"endpoint_{number + 1}",
            _lines(one),
            title=TITLES[one.endpoint],
            subtitle=SUBTITLES[one.design],
            axes=(f"{capitalised(one.curves[0].unit)} from {one.origin}", _axis(one)),
            width=PANEL,
            until=_until(one),
        )
        panels.append(chart)
        rows |= own
    most = max((_lines(one) for one in kept), key=len)
    left = "censored, or left the group" if any(one.design for one in kept) else "censored"
    across = WIDTH - MARGIN if len(panels) > 1 else PANEL
    strip, strip_rows = legend("legend", [legend_entries(most, rows, censored=left)], across)
    lines = [beside(panels[first : first + ACROSS], BETWEEN) for first in range(0, len(panels), ACROSS)]
    return Figure(
        id=identity,
        title=title,
        caption=_caption(kept),
        alt=f"Curves by group with numbers at risk: {', '.join(uncapitalised(TITLES[one.endpoint]) for one in kept)}.",
        chart=stacked([strip, *lines], 14),
        rows=rows | strip_rows,
    )


def _lines(one: Drawn) -> list[Line]:
    """Give the curves; of more than two the intervals would hide one another."""
    curves = one.curves if len(one.curves) <= 2 else [_without_interval(curve) for curve in one.curves]
    return [Line(curve, curve.group or "") for curve in curves]


def _without_interval(curve: Curve) -> Curve:
    return replace(curve, steps=[{**row, "low": None, "high": None} for row in curve.steps])


def _axis(one: Drawn) -> str:
    if one.kind == "incidence" and not one.design:
        return f"Percent with {one.words}"
    return f"Percent without {one.words}"


def _until(one: Drawn) -> float | None:
    """End an axis of days where in no group anything more happened, but not before every curve has begun."""
    if one.curves[0].unit != "days":
        return None
    steps = sorted((row for curve in one.curves for row in curve.steps), key=lambda row: row["time"] or 0.0)
    end = axis_end(replace(one.curves[0], steps=steps))
    begun = max(curve.steps[0]["time"] or 0.0 for curve in one.curves)
    return None if end is None or end < begun else end


def _caption(drawn: Sequence[Drawn]) -> str:
    methods = dict.fromkeys(one.curves[0].method for one in drawn)
    late = [uncapitalised(TITLES[one.endpoint]) for one in drawn if one.design]
    competing = [uncapitalised(TITLES[one.endpoint]) for one in drawn if one.design and one.kind == "incidence"]
    return sentence(
        [
            *(f"{capitalised(method)}." for method in methods),
            "Under the axis, patients at risk just before each time, the groups in the order of the legend.",
            f"Groups were not known at time zero for {listed(late)}: each patient counts in a group from when it "
            "was known on, so the numbers at risk can rise, and no curve is a forecast for a patient who may still "
            "change group."
            if late
            else "",
            f"Deaths are censored in the curves of {listed(competing)}." if competing else "",
        ]
    )
