"""Cumulative incidence of remission from the first course, death competing, with numbers at risk."""

from __future__ import annotations

from collections.abc import Sequence

from icans.counts import counted
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import capitalised, sentence
from icans.figures.legend import legend
from icans.figures.marks import stacked
from icans.figures.stated import Stated
from icans.figures.steps import Line, curve_panel, just_before, legend_entries
from icans.results.curves import Curve
from icans.results.display import number

ID = "remission"
TITLE = "Remission after the first course"
SIZE = 420.0
ENDS = (7, 14, 28, 56, 112, 224, 365)
KEY = ("time_to_remission", "days_to_remission")


@unchecked
def remission(curves: Sequence[Curve], stated: Stated, *, intervention: str) -> Figure | LeftOut:
    """Draw the share of all evaluable patients in remission by days from the first course."""
    curve = next((curve for curve in curves if curve.variable == "remission" and len(curve.steps) > 1), None)
    if curve is None:
        return LeftOut(ID, TITLE, "no evaluable patient was observed after a first course")
    until = axis_end(curve)
    summary = stated.median_interval(*KEY, "median_all")
    chart, rows = curve_panel(
        "remission",
        [Line(curve)],
        title="Cumulative incidence of remission",
        subtitle=summary,
        axes=(f"Days from the first course of {intervention}", "Percent of all evaluable patients"),
        width=SIZE,
        until=until,
    )
    strip, strip_rows = legend("legend", [legend_entries([Line(curve)], rows, censored="no remission yet")], SIZE)
    return Figure(
        id=ID,
        title=TITLE,
        caption=_caption(curve, stated, until),
        alt=f"Rising curve of remission with numbers at risk: {summary or 'no median'}.",
        chart=stacked([strip, chart], 8),
        rows=rows | strip_rows,
        results=(KEY, ("remission", "remission")),
    )


def axis_end(curve: Curve) -> float | None:
    """End the axis where it would mostly show that nothing more happened: None where it would not."""
    last_event = max((row["time"] or 0.0 for row in curve.steps if row["events"]), default=None)
    if last_event is None:
        return None
    end = next((float(end) for end in ENDS if end >= 1.5 * last_event), None)
    last = curve.steps[-1]["time"] or 0.0
    return end if end is not None and last > 1.5 * end else None


def _caption(curve: Curve, stated: Stated, until: float | None) -> str:
    reached, n = (stated.value("remission", "remission", statistic) for statistic in ("events", "n"))
    counts = (
        ""
        if n is None or reached is None
        else f"{number(reached, 0)} of {counted(int(n), 'patient')} reached remission."
    )
    return sentence(
        [
            f"{capitalised(curve.method)}.",
            counts,
            "Patients without remission are censored when last assessed; death before remission competes.",
            "Under the axis, patients at risk just before each time.",
            "" if until is None else f"The axis ends at day {until:.0f}; {_observed(curve, until)}.",
        ]
    )


def _observed(curve: Curve, until: float) -> str:
    return f"{counted(int(just_before(curve, until)), 'patient')} observed until then"
