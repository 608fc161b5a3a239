"""Overall and progression-free survival, Kaplan-Meier, with numbers at risk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from icans.counts import counted
from icans.figures.data import Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import capitalised, sentence
from icans.figures.legend import legend
from icans.figures.marks import beside, stacked
from icans.figures.stated import Stated
from icans.figures.steps import MARKED, Line, curve_panel, legend_entries
from icans.figures.theme import WIDTH
from icans.results.curves import Curve
from icans.results.survival import ORIGINS

ID = "survival"
TITLE = "Overall and progression-free survival"
ENDPOINTS = {"os": "Overall survival", "pfs": "Progression-free survival"}
BETWEEN = 70.0
MARGIN = 46.0


@unchecked
def survival(curves: Sequence[Curve], stated: Stated, *, origin: str) -> Figure | LeftOut:
    """Draw overall and progression-free survival side by side."""
    drawn = {endpoint: lines for endpoint in ENDPOINTS if (lines := _lines(curves, endpoint))}
    if not any(row["events"] for lines in drawn.values() for row in lines[0].curve.steps):
        return LeftOut(ID, TITLE, "nobody is recorded to have died or progressed")
    rows: Rows = {}
    panels = []
    for endpoint, lines in drawn.items():
        chart, panel_rows = curve_panel(
            endpoint,
            lines,
            title=ENDPOINTS[endpoint],
            subtitle=_median(stated, endpoint, lines),
            axes=(f"Months from {ORIGINS[origin]}", "Percent"),
            width=(WIDTH - MARGIN - BETWEEN) / 2,
        )
        panels.append(chart)
        rows |= panel_rows
    entries = legend_entries(max(drawn.values(), key=len), rows, censored="censored")
    strip, strip_rows = legend("legend", [entries], WIDTH - MARGIN)
    return Figure(
        id=ID,
        title=TITLE,
        caption=_caption(drawn, stated),
        alt=_alt(drawn, stated),
        chart=stacked([strip, beside(panels, BETWEEN)], 8),
        rows=rows | strip_rows,
        results=tuple(("survival", endpoint) for endpoint in drawn),
    )


def _median(stated: Stated, endpoint: str, lines: Sequence[Line]) -> str:
    """Write the median of the first curve, and whose it is where there are two."""
    median = stated.median_interval("survival", endpoint)
    return f"{lines[0].name}: {median}" if median and len(lines) > 1 else median


def _lines(curves: Sequence[Curve], endpoint: str) -> list[Line]:
    """Give everyone's curve, and that of the evaluable patients where they are not the same patients."""
    own = {curve.group: curve for curve in curves if curve.variable == endpoint and len(curve.steps) > 1}
    everyone, evaluable = own.get(None), own.get("evaluable")
    if everyone is None:
        return []
    if evaluable is None or evaluable.steps == everyone.steps:
        return [Line(everyone)]
    return [Line(everyone, "all infused"), Line(evaluable, "evaluable")]


def _caption(drawn: Mapping[str, Sequence[Line]], stated: Stated) -> str:
    counts = []
    for endpoint, lines in drawn.items():
        parts = [
            f"{counted(int(events), 'event')} in {counted(int(n), 'patient')}{f' ({line.name})' if line.name else ''}"
            for line in lines
            if (n := stated.value("survival", endpoint, "n", group=line.curve.group)) is not None
            and (events := stated.value("survival", endpoint, "events", group=line.curve.group)) is not None
        ]
        if parts:
            counts.append(f"{ENDPOINTS[endpoint]}: {', '.join(parts)}.")
    method = next(iter(drawn.values()))[0].curve.method
    return sentence(
        [
            f"{capitalised(method)}.",
            *counts,
            "Under the axis, patients at risk just before each time"
            + (", the groups in the order of the legend." if max(map(len, drawn.values())) > 1 else "."),
            "Censored patients are not marked: they are too many." if _censored(drawn) > MARKED else "",
        ]
    )


def _censored(drawn: Mapping[str, Sequence[Line]]) -> int:
    return max(sum(bool(row["censored"]) for row in lines[0].curve.steps) for lines in drawn.values())


def _alt(drawn: Mapping[str, Sequence[Line]], stated: Stated) -> str:
    parts = [
        f"{ENDPOINTS[endpoint].lower()}, {_median(stated, endpoint, lines) or 'no median'}"
        for endpoint, lines in drawn.items()
    ]
    return f"Survival curves with numbers at risk: {'; '.join(parts)}."
