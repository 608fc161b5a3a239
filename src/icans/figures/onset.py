"""When ICANS began, peaked and ended, and how soon after the first course: a square a patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from icans.counts import counted
from icans.figures.data import FigureData, Row, Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import sentence, told
from icans.figures.legend import Entry, grade_entries, legend
from icans.figures.marks import Plane, beside, graded, heading, layer, linear, panel, stacked
from icans.figures.stated import Stated
from icans.figures.theme import GRADES, INK, PAPER, WIDTH

ID = "time_course"
TITLE = "Onset, peak and end of ICANS"
MARGIN = 34.0
BETWEEN = 50.0
ROOM = 104.0
SQUARE = 13.0
LEAST = 3
"""Squares that even a sparse panel has room for."""

PANELS = {
    "onset": ("Onset", "Day after infusion", "median", ("toxicity", "icans_onset_days")),
    "peak": ("Highest grade first reached", "Day after infusion", "median", ("toxicity", "icans_peak_days")),
    "duration": ("Duration", "Days from onset", "median_all", ("toxicity", "icans_duration_days")),
    "remission": ("Remission", "Days from the first course", "median_all", ("time_to_remission", "days_to_remission")),
}
"""Title, axis, and the median of each panel with the rows of results it comes from."""


@dataclass(frozen=True)
class _Panel:
    """The squares of one happening, and where they stand."""

    name: str
    squares: list[Row]
    tallest: int
    bin_days: int
    whole_days: bool
    summary: str
    median: float | None

    @property
    def end(self) -> float:
        """Where the axis ends, days."""
        return float(max(*(row["x2"] for row in self.squares), 10 * self.bin_days))


@unchecked
def time_course(data: FigureData, stated: Stated, *, intervention: str) -> Figure | LeftOut:
    """Draw the days of onset and peak, how long ICANS lasted, and the days from first course to remission."""
    times = data.times or _times(data)
    panels = [_panel(name, own, stated) for name in PANELS if (own := [row for row in times if row["panel"] == name])]
    if not panels:
        return LeftOut(ID, TITLE, "no patient had ICANS")
    square = min(SQUARE, ROOM / max(part.tallest for part in panels))
    width = (WIDTH - MARGIN - BETWEEN) / 2
    rows: Rows = {}
    lines = []
    for start in range(0, len(panels), 2):
        pair = panels[start : start + 2]
        top = max(LEAST, *(part.tallest for part in pair))
        made = [_drawn(part, width, top, square) for part in pair]
        lines.append(beside([chart for chart, _ in made], BETWEEN))
        rows |= {name: value for _, part_rows in made for name, value in part_rows.items()}
    strip, strip_rows = legend("legend", [_legend(panels)], WIDTH - MARGIN)
    return Figure(
        id=ID,
        title=TITLE,
        caption=_caption(panels, stated, intervention, squares=not data.times),
        alt=_alt(panels),
        chart=stacked([strip, *lines], 18),
        rows=rows | strip_rows,
        results=tuple(PANELS[part.name][3] for part in panels),
    )


def _times(data: FigureData) -> list[Row]:
    """Give the times of each patient's first episode and first evaluable treated episode."""
    patients = {row["key"]: row for row in data.patients}
    first: dict[str, Row] = {}
    for row in sorted(data.episodes, key=lambda row: (row["key"], row["episode"])):
        if row["key"] in patients:
            first.setdefault(patients[row["key"]]["patient_id"], row)

    def time(panel_name: str, row: Row, value: float, words: str, *, reached: bool = True) -> Row:
        grade = row["baseline_grade"] if panel_name == "remission" else row["peak_grade"]
        note = told(patients[row["key"]]["name"], f"{words} {value:.1f}".removesuffix(".0"), f"grade {grade}")
        return {
            "panel": panel_name,
            "value": max(value, 0.0),
            "grade": grade or 0,
            "reached": reached,
            "patients": 1,
            "told": note,
        }

    times = []
    for row in first.values():
        lasted = "days of ICANS:" if row["resolved"] else "not over when last assessed; days seen:"
        times += [
            time("onset", row, row["onset"], "onset on day"),
            time("peak", row, row["peak"], "highest grade first reached on day"),
            time("duration", row, row["end"] - row["onset"], lasted, reached=bool(row["resolved"])),
        ]
    for row in data.endpoints:
        if row["evaluable"] and row["key"] in patients and row["remission"] is not None:
            end = row["remission_time"] if row["remission"] else row["last_assessed"]
            words = "days to remission:" if row["remission"] else "no remission; days seen:"
            reached = bool(row["remission"])
            times.append(time("remission", row, (end or 0.0) - row["first_course"], words, reached=reached))
    return times


def _panel(name: str, times: Sequence[Row], stated: Stated) -> _Panel:
    """Stack the patients of each day, or of some days where there are many, those with the highest grade below."""
    _, _, statistic, key = PANELS[name]
    last = max(row["value"] for row in times)
    bin_days = next((days for days in (1, 2, 7, 14, 28, 56, 112, 365) if last / days <= 45), 730)
    height: Counter[int] = Counter()
    squares = []
    for row in sorted(times, key=lambda row: (not row["reached"], -row["grade"], row["told"])):
        left = int(row["value"] // bin_days)
        place = {"x": left * bin_days, "x2": (left + 1) * bin_days}
        squares.append({**row, **place, "y": height[left], "y2": height[left] + row["patients"]})
        height[left] += row["patients"]
    summary = stated.median_range(*key) if statistic == "median" else stated.median_interval(*key, statistic)
    return _Panel(
        name=name,
        squares=squares,
        tallest=max(height.values()),
        bin_days=bin_days,
        whole_days=bin_days == 1 and all(row["value"] == int(row["value"]) for row in times),
        summary=summary,
        median=stated.value(*key, statistic),
    )


def _drawn(part: _Panel, width: float, top: int, square: float) -> tuple[alt.LayerSpec, Rows]:
    height = top * square
    inset = 2.0 * part.end / width
    shift = 0.5 if part.whole_days else 0.0
    reached, last_seen, median = (f"{part.name}_{kind}" for kind in ("reached", "last_seen", "median"))
    rows: Rows = {
        reached: [row for row in part.squares if row["reached"]],
        last_seen: [
            {**row, "x": row["x"] + inset, "x2": row["x2"] - inset, "y": row["y"] + 0.14, "y2": row["y2"] - 0.14}
            for row in part.squares
            if not row["reached"]
        ],
        median: [] if part.median is None else [{"x": part.median + shift}],
    }
    plane = _plane(part, width, top, shift)
    box = plane.at(x="x", x2="x2", y="y", y2="y2")
    layers = []
    if rows[reached]:
        fill = graded(alt.Fill, "grade", GRADES)
        layers.append(layer("rect", reached, box, "told", fill=fill, stroke=PAPER, strokeWidth=0.8))
    if rows[last_seen]:
        stroke = graded(alt.Stroke, "grade", GRADES)
        layers.append(layer("rect", last_seen, box, "told", fill=alt.FillValue(PAPER), stroke=stroke, strokeWidth=2))
    if rows[median]:
        at = plane.at(x="x", y=0.0, y2=height)
        layers.append(layer("rule", median, at, stroke=alt.StrokeValue(INK), strokeDash=[3, 2], strokeWidth=1.4))
    drawn = panel(layers, width, height, title=heading(PANELS[part.name][0], part.summary))
    return drawn, {name: value for name, value in rows.items() if value}


def _plane(part: _Panel, width: float, top: int, shift: float) -> Plane:
    """Label a day under its square where times are whole days, else where the day begins."""
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100, 1000, 10**4, 10**6) if top / s <= 5)
    wide = (
        s for s in (1, 2, 5, 7, 14, 28, 56, 112, 365, 730, 1825) if s >= part.bin_days and s * width / part.end >= 30
    )
    every = next(wide, 3650)
    return Plane(
        x=linear(0, part.end),
        y=linear(0, top),
        x_axis={
            "values": [day + shift for day in range(0, int(part.end) + 1, every)],
            "labelExpr": "floor(datum.value)",
            "title": PANELS[part.name][1],
            "grid": False,
            "ticks": not shift,
        },
        y_axis={
            "values": list(range(0, top + 1, step)),
            "title": "Patients",
            "grid": True,
            "domain": False,
            "ticks": False,
            "minExtent": MARGIN - 18,
        },
    )


def _legend(panels: Sequence[_Panel]) -> list[Entry]:
    squares = [row for part in panels for row in part.squares]
    entries = grade_entries("Grade", max(row["grade"] for row in squares), split=None, unseen=False)
    if all(row["grade"] for row in squares):
        entries = [entry for entry in entries if entry.label != "0"]
    if not all(row["reached"] for row in squares):
        entries.append(Entry("not over, or no remission, when last assessed", outline=INK))
    if any(part.median is not None for part in panels):
        entries.append(Entry("median", line=INK, dashed=True))
    return entries


def _caption(panels: Sequence[_Panel], stated: Stated, intervention: str, *, squares: bool) -> str:
    parts = {part.name: part for part in panels}
    sentences = []
    if "onset" in parts:
        n = sum(row["patients"] for row in parts["onset"].squares)
        unit = "Each square is a patient" if squares else "Each bar counts patients"
        sentences.append(f"{unit}; first ICANS episode of {counted(n, 'patient')}, coloured by its highest grade.")
    if "remission" in parts:
        n = sum(row["patients"] for row in parts["remission"].squares)
        coloured = "coloured by the grade before it"
        sentences.append(
            f"Remission: {counted(n, 'evaluable patient')} from the first course of {intervention}, {coloured}."
        )
    for part in panels:
        title, _, statistic, key = PANELS[part.name]
        row = stated.row(*key, statistic)
        if row is not None and row.value is not None:
            sentences.append(f"Median of {title[0].lower()}{title[1:]}: {row.method} (n = {row.n}).")
    return sentence(sentences)


def _alt(panels: Sequence[_Panel]) -> str:
    parts = [f"{PANELS[part.name][0]}, {part.summary or counted(len(part.squares), 'patient')}" for part in panels]
    return f"Histograms of patients by day. {'; '.join(parts)}."
