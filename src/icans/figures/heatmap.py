"""Patient by day: the worst grade of each day, what was not observed, and the treatments given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from icans.counts import counted
from icans.figures.data import FigureData, Row, Rows
from icans.figures.days import TOXICITIES, runs, span
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import capitalised, grade_text, listed, sentence, told
from icans.figures.legend import Entry, grade_entries, legend, symbols
from icans.figures.marks import Plane, beside, broken, dots, graded, layer, panel, stacked
from icans.figures.patient_rows import PatientRows
from icans.figures.theme import BLUE, GRADES, HEADING, MUTED, NOT_OBSERVED, PAPER, SMALL, WIDTH
from icans.figures.treatments import COURSE, DEATH, course_rows, death_rows, drug_rows, drug_symbols, steroid_rows

ID = "heatmap"
TITLE = "Worst grade of each day, patient by patient"


@unchecked
def heatmap(data: FigureData, *, intervention: str) -> Figure | LeftOut:
    """Draw the worst grade of each patient on each day, ICANS and CRS side by side, patients by highest ICANS grade."""
    shown = [toxicity for toxicity in TOXICITIES if any(row["toxicity"] == toxicity for row in data.days)]
    if not shown:
        return LeftOut(ID, TITLE, "no day after an infusion has a grade")
    place = PatientRows(data, shown)
    rows: Rows = {
        "names": place.names(),
        "groups": place.groups(),
        "group_heading": [{"text": "Highest"}],
        **{f"{toxicity}_title": [{"text": TOXICITIES[toxicity]}] for toxicity in shown},
        "day_edges": [{"x": day} for day in range(1, place.days)],
        "steroids": steroid_rows(data, place),
        "courses": course_rows(data, place),
        "drugs": drug_rows(data, place),
        "deaths": death_rows(data, place),
    }
    for toxicity in shown:
        rows |= _cells(data, place, toxicity)
    rows = {name: value for name, value in rows.items() if value}
    strip, strip_rows = legend("legend", _legend(data, rows, intervention), WIDTH - place.margin)
    panels = [_panel(place, toxicity, rows, shown) for toxicity in shown]
    return Figure(
        id=ID,
        title=TITLE,
        caption=_caption(data, place, shown, rows),
        alt=_alt(data, place, shown),
        chart=stacked([strip, beside(panels, place.between)], 10),
        rows=rows | strip_rows,
        results=tuple(("toxicity", f"{toxicity}_max_grade") for toxicity in shown),
    )


def _cells(data: FigureData, place: PatientRows, toxicity: str) -> Rows:
    seen = [row for row in data.days if row["toxicity"] == toxicity and place.holds(row["key"], row["day"])]
    cells, upper, lower = [], [], []
    for run in runs(seen):
        top, bottom = place.cell(run["key"])
        cell = {
            "x": run["x"],
            "x2": run["x2"],
            "y": top,
            "y2": bottom,
            "told": told(
                place.named[run["key"]],
                f"{span(run['x'], run['x2'])}: {TOXICITIES[toxicity]} {grade_text(run['low'], run['high'])}",
                counted(run["assessments"], "assessment"),
            ),
        }
        if run["low"] == run["high"]:
            cells.append({**cell, "grade": run["low"]})
        else:
            upper.append({**cell, "y2": (top + bottom) / 2, "grade": run["high"]})
            lower.append({**cell, "y": (top + bottom) / 2, "grade": run["low"]})
    return {
        f"{toxicity}_cells": cells,
        f"{toxicity}_highest": upper,
        f"{toxicity}_lowest": lower,
        f"{toxicity}_unseen": broken(_unseen(data, place, {(row["key"], row["day"]) for row in seen})),
    }


def _unseen(data: FigureData, place: PatientRows, seen: set[tuple[str, int]]) -> list[Row]:
    """Give the days without an assessment, until the patient died or was last heard of."""
    unseen = []
    for row in data.patients:
        top, bottom = place.cell(row["key"])
        until = place.days if row["until"] is None else min(place.days, int(row["until"]) + 1)
        unseen += [{"x": day + 0.5, "y": (top + bottom) / 2} for day in range(until) if (row["key"], day) not in seen]
    return unseen


def _panel(place: PatientRows, toxicity: str, rows: Rows, shown: Sequence[str]) -> alt.LayerSpec:
    plane = place.plane()
    box, dot = plane.at(x="x", x2="x2", y="y", y2="y2"), plane.at(x="x", y="y")
    fill = graded(alt.Fill, "grade", GRADES)
    graded_cells = [name for half in ("cells", "highest", "lowest") if (name := f"{toxicity}_{half}") in rows]
    layers = [layer("rect", name, box, "told", fill=fill) for name in graded_cells]
    if "day_edges" in rows:
        edge = plane.at(x="x", y=0.0, y2=place.height)
        layers.append(layer("rule", "day_edges", edge, stroke=alt.StrokeValue(PAPER), strokeWidth=1))
    if f"{toxicity}_unseen" in rows:
        layers.append(dots(f"{toxicity}_unseen", dot, colour=NOT_OBSERVED, width=2.2))
    first, last = toxicity == shown[0], toxicity == shown[-1]
    if first and "steroids" in rows:
        layers.append(layer("rect", "steroids", box, "told", fill=alt.FillValue(BLUE)))
    marked = [*(["courses"] if first else []), *(["drugs"] if last else []), "deaths"]
    layers += [symbols(name, dot, "told") for name in marked if name in rows]
    if first:
        layers += _margin(place, plane)
    title = alt.Text(field="text", type="nominal")
    layers.append(
        layer(
            "text",
            f"{toxicity}_title",
            plane.at(x=0.0, y=-10.0),
            text=title,
            align="left",
            baseline="middle",
            fontWeight="bold",
            fontSize=HEADING,
        )
    )
    return panel(layers, place.width, place.height)


def _margin(place: PatientRows, plane: Plane) -> list[alt.UnitSpec]:
    """Write the patients' names, and left of them the highest ICANS grade they share."""

    def text(rows: str, column: str, at: dict[str, Any], **look: Any) -> alt.UnitSpec:  # noqa: ANN401
        words = alt.Text(field=column, type="nominal")
        return layer("text", rows, at, text=words, align="right", baseline="middle", **look)

    left = -place.label - 6.0
    edge = plane.at(x=left, y="top", y2="bottom")
    heading = alt.FillValue(MUTED)
    return [
        text("names", "name", plane.at(x=-5.0, y="y"), fontSize=place.letters),
        layer("rule", "groups", edge, stroke=alt.StrokeValue(MUTED), strokeWidth=1),
        text("groups", "text", plane.at(x=left - 4, y="y"), fontSize=SMALL),
        text("group_heading", "text", plane.at(x=left - 4, y=-10.0), fontSize=SMALL, fill=heading),
    ]


def _legend(data: FigureData, rows: Rows, intervention: str) -> list[list[Entry]]:
    cells = [row for name, part in rows.items() if name.endswith(("_cells", "_highest")) for row in part]
    halves = [(low["grade"], high["grade"]) for low, high in _halves(rows)]
    grades = grade_entries(
        "Grade",
        max((row["grade"] for row in cells), default=0),
        split=halves[0] if halves else None,
        unseen=any(name.endswith("_unseen") for name in rows),
    )
    marks = []
    if "courses" in rows:
        marks.append(Entry(f"course of {intervention}", symbol=COURSE))
    if "steroids" in rows:
        marks.append(Entry("systemic corticosteroid", line=BLUE))
    if "drugs" in rows:
        shared: dict[Any, list[str]] = {}
        for drug, symbol in drug_symbols(data.doses).items():
            shared.setdefault(symbol, []).append(drug)
        marks += [Entry(listed(drugs, "or"), symbol=symbol) for symbol, drugs in shared.items()]
    if "deaths" in rows:
        marks.append(Entry("death", symbol=DEATH))
    return [grades, marks]


def _halves(rows: Rows) -> list[tuple[Row, Row]]:
    return [
        pair
        for toxicity in TOXICITIES
        for pair in zip(rows.get(f"{toxicity}_lowest", []), rows.get(f"{toxicity}_highest", []), strict=True)
    ]


def _caption(data: FigureData, place: PatientRows, shown: Sequence[str], rows: Rows) -> str:
    toxicities = listed(TOXICITIES[toxicity] for toxicity in shown)
    return sentence(
        [
            f"Each row is one {data.row} (n = {len(data.patients)}), those with the highest ICANS grade first.",
            "Each column is a day; the day of infusion is day 0.",
            f"Colour is the worst {toxicities} grade among the assessments of that day.",
            "A cell in two colours is a day whose worst grade the recorded signs leave open." if _halves(rows) else "",
            "A dot is a day without an assessment: it was not observed, and is not grade 0."
            if any(name.endswith("_unseen") for name in rows)
            else "",
            f"{capitalised(counted(place.later, 'assessed patient-day'))} after day {place.days - 1} not drawn."
            if place.later
            else "",
        ]
    )


def _alt(data: FigureData, place: PatientRows, shown: Sequence[str]) -> str:
    toxicities = listed(TOXICITIES[toxicity] for toxicity in shown)
    groups = listed(f"{n} {'not assessed' if peak is None else f'with grade {peak}'}" for peak, n in place.sizes)
    return (
        f"Heatmap of {toxicities} grade: {counted(len(data.patients), 'row')} by {counted(place.days, 'day')} after "
        f"infusion. Rows by highest ICANS grade: {groups}."
    )
