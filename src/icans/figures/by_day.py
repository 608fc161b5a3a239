"""How many patients had which worst grade on each day: the form of the heatmap for more patients than can be drawn."""

from __future__ import annotations

import altair as alt

from icans.counts import counted
from icans.figures.data import FigureData, Row, Rows
from icans.figures.days import TOXICITIES
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import listed, told
from icans.figures.legend import Entry, grade_entries, legend
from icans.figures.marks import Plane, as_is, beside, layer, linear, panel, stacked
from icans.figures.theme import FAINT, GRADES, WIDTH

ID = "heatmap"
TITLE = "Worst grade of each day, patients counted"
OPEN = "open"
STATES = ("5", "4", "3", "2", "1", OPEN, "0")
"""From the foot of a bar upwards."""

MARGIN = 54.0
BETWEEN = 60.0
HEIGHT = 220.0


@unchecked
def by_day(data: FigureData) -> Figure | LeftOut:
    """Draw for each day a bar of patients by worst grade; what is missing to the top was not observed."""
    shown = [toxicity for toxicity in TOXICITIES if any(row["toxicity"] == toxicity for row in data.by_day)]
    if not shown:
        return LeftOut(ID, TITLE, "no day after an infusion has a grade")
    days = max(row["day"] for row in data.by_day) + 1
    width = (WIDTH - MARGIN - (len(shown) - 1) * BETWEEN) / len(shown)
    rows: Rows = {f"{toxicity}_bars": _bars(data, toxicity) for toxicity in shown}
    panels = [_panel(toxicity, data.total, days, width, first=toxicity == shown[0]) for toxicity in shown]
    entries = [*grade_entries("Grade", _highest(data), split=None, unseen=False)]
    if any(row["state"] == OPEN for row in data.by_day):
        entries.append(Entry("open", fill=FAINT))
    strip, strip_rows = legend("legend", [entries], WIDTH - MARGIN)
    return Figure(
        id=ID,
        title=TITLE,
        caption=(
            f"Each bar counts the {counted(data.total, 'infusion')} of the study by the worst "
            f"{listed(TOXICITIES[toxicity] for toxicity in shown)} grade of that day. "
            "What is missing to the full height was not observed that day, and is not grade 0."
        ),
        alt=f"Bars of {counted(data.total, 'infusion')} by worst grade, on {counted(days, 'day')} after infusion.",
        chart=stacked([strip, beside(panels, BETWEEN)], 8),
        rows=rows | strip_rows,
        results=tuple(("toxicity", f"{toxicity}_max_grade") for toxicity in shown),
    )


def _highest(data: FigureData) -> int:
    return max((int(row["state"]) for row in data.by_day if row["state"] != OPEN), default=0)


def _bars(data: FigureData, toxicity: str) -> list[Row]:
    own = [row for row in data.by_day if row["toxicity"] == toxicity]
    bars: list[Row] = []
    top: dict[int, int] = {}
    for row in sorted(own, key=lambda row: (row["day"], STATES.index(row["state"]))):
        day, state, below = row["day"], row["state"], top.get(row["day"], 0)
        top[day] = below + row["patients"]
        words = "grade open" if state == OPEN else f"grade {state}"
        bars.append(
            {
                "x": day + 0.06,
                "x2": day + 0.94,
                "y": below,
                "y2": top[day],
                "fill": FAINT if state == OPEN else GRADES[int(state)],
                "told": told(f"day {day}: {TOXICITIES[toxicity]} {words}", counted(row["patients"], "patient")),
            }
        )
    return bars


def _panel(toxicity: str, total: int, days: int, width: float, *, first: bool) -> alt.LayerSpec:
    step = next((step for step in (1, 2, 5, 7, 10, 14, 20) if step * width / days >= 20), 30)
    plane = Plane(
        x=linear(0, days),
        y=linear(0, total),
        x_axis={
            "values": [day + 0.5 for day in range(0, days, step)],
            "labelExpr": "floor(datum.value)",
            "title": "Day after infusion",
            "ticks": False,
            "grid": False,
        },
        y_axis={
            "title": "Patients" if first else None,
            "tickCount": 5,
            "domain": False,
            "ticks": False,
            "format": ",d",
        },
    )
    box = plane.at(x="x", x2="x2", y="y", y2="y2")
    bars = layer("rect", f"{toxicity}_bars", box, "told", fill=as_is(alt.Fill, "fill"))
    return panel([bars], width, HEIGHT, title=alt.TitleParams(text=TOXICITIES[toxicity]))
