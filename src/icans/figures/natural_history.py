"""The treated against a reference cohort: grades day by day and remission, expected beside observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np

from icans.counts import counted
from icans.figures.data import Row, Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import sentence, told
from icans.figures.legend import Entry, legend
from icans.figures.marks import Plane, as_is, beside, heading, layer, linear, stacked
from icans.figures.marks import panel as framed
from icans.figures.theme import BLUE, FAINT, GRADES, INK, VERMILLION, WIDTH
from icans.results.display import number, percent

if TYPE_CHECKING:
    from icans.results.natural_history import NaturalHistory

ID = "natural_history"
TITLE = "The treated against the course of a reference cohort"
HEIGHT = 200.0
MARGIN = 46.0
BETWEEN = 66.0
BAND = "#DBEAF4"
BEYOND = 0.45
"""How far past the last day its step is drawn, days."""
PAIR = {"expected": (0.06, 0.48), "observed": (0.52, 0.94)}
"""Where the two bars of a day stand, days."""
DEATH = "death"
MADE_UP = "Synthetic: shows the mechanics, is no evidence"


@unchecked
def natural_course(natural: NaturalHistory, *, intervention: str) -> Figure | LeftOut:
    """Draw the grades of each day, expected beside observed, and the share in remission, each with what it rests on.

    Parameters
    ----------
    natural
        The treated against the reference cohort.
    intervention
        Its name in figures.
    """
    if not natural.judged:
        return LeftOut(ID, TITLE, "no treated patient can be held against the reference cohort")
    width = (WIDTH - MARGIN - BETWEEN) / 2
    rows: Rows = {**_bars(natural), **_lines(natural)}
    said = MADE_UP if natural.synthetic else ""
    panels = [_grades(natural, rows, width, intervention, said), _remission(rows, width, natural, intervention, said)]
    strip, strip_rows = legend("legend", _legend(natural), WIDTH - MARGIN)
    return Figure(
        id=ID,
        title=TITLE,
        caption=_caption(natural),
        alt=_alt(natural),
        chart=stacked([strip, beside(panels, BETWEEN)], 8),
        rows=rows | strip_rows,
        results=(("natural_history", "remission"),),
    )


def _colours(natural: NaturalHistory) -> list[str]:
    return [GRADES[max(GRADES)] if name == DEATH else GRADES[int(name.split("-")[0])] for name in natural.states]


def _words(name: str) -> str:
    return name if name == DEATH else f"grade {name}"


def _bars(natural: NaturalHistory) -> Rows:
    """Stack the states of each day from the highest grade upwards; what is missing to the top was not observed."""
    shares = {"expected": natural.occupation, "observed": natural.observed / natural.judged}
    colours = _colours(natural)
    made: Rows = {name: [] for name in shares}
    for name, (left, right) in PAIR.items():
        for day, of_day in enumerate(shares[name]):
            top = 0.0
            for state in reversed(range(len(natural.states))):
                share = 100 * float(of_day[state])
                if share <= 0:
                    continue
                patients = counted(int(natural.observed[day, state]), "patient") if name == "observed" else ""
                words = f"{_words(natural.states[state])}: {percent(share)} {name}"
                place = {"x": day + left, "x2": day + right, "y": top, "y2": min(top + share, 100.0)}
                made[name].append(place | {"fill": colours[state], "told": told(f"day {day}", words, patients)})
                top += share
    return made


def _lines(natural: NaturalHistory) -> Rows:
    """Give the steps of what was expected, with its band, and of what was observed."""
    last = len(natural.expected) - 1
    days = [*range(last + 1), last + BEYOND]
    at = [*range(last + 1), last]
    expected = [
        {"x": day, "y": 100 * float(natural.expected[of]), "low": 100 * float(natural.low[of])}
        | {"high": 100 * float(natural.high[of])}
        for day, of in zip(days, at, strict=True)
    ]
    curve = natural.curve
    seen = [(0.0, 0.0), *zip(curve.time.tolist(), (100 * curve.incidence).tolist(), strict=True)]
    until = min(float(curve.time[-1]) if curve.time.size else 0.0, float(last))
    observed: list[Row] = [{"x": day, "y": share} for day, share in seen if day <= last and share == share]  # noqa: PLR0124
    ended = until >= last or not natural.curve.censored[-1:].any()
    observed.append({"x": last + BEYOND if ended else until, "y": observed[-1]["y"]})
    rows: Rows = {
        "band": [row for row in expected if not np.isnan(row["low"])],
        "expected_line": [{"x": row["x"], "y": row["y"]} for row in expected],
        "observed_line": observed,
    }
    return {name: those for name, those in rows.items() if those}


def _grades(natural: NaturalHistory, rows: Rows, width: float, intervention: str, said: str) -> alt.LayerSpec:
    days = len(natural.expected)
    plane = Plane(
        x=linear(0, days),
        y=linear(0, 100),
        x_axis=_days_axis(days, width, f"Days from the first course of {intervention}", centred=True),
        y_axis=_percent_axis("Percent of the treated"),
    )
    box = plane.at(x="x", x2="x2", y="y", y2="y2")
    frames = {"expected": (FAINT, 0.6), "observed": (INK, 0.9)}
    bars = [
        layer("rect", name, box, "told", fill=as_is(alt.Fill, "fill"), stroke=alt.StrokeValue(colour), strokeWidth=wide)
        for name, (colour, wide) in frames.items()
        if rows[name]
    ]
    return framed(bars, width, HEIGHT, title=heading("Worst grade of each day", said))


def _remission(rows: Rows, width: float, natural: NaturalHistory, intervention: str, said: str) -> alt.LayerSpec:
    days = len(natural.expected)
    plane = Plane(
        x=linear(0, days - 1 + BEYOND),
        y=linear(0, 100),
        x_axis=_days_axis(days, width, f"Days from the first course of {intervention}", centred=False),
        y_axis=_percent_axis("Percent in remission by that day"),
    )
    at = plane.at(x="x", y="y")
    layers = {
        "band": layer(
            "area",
            "band",
            plane.at(x="x", y="low", y2="high"),
            interpolate="step-after",
            fill=alt.FillValue(BAND),
        ),
        "expected_line": layer(
            "line",
            "expected_line",
            at,
            interpolate="step-after",
            stroke=alt.StrokeValue(BLUE),
            strokeWidth=1.8,
            strokeDash=[5, 2],
        ),
        "observed_line": layer(
            "line", "observed_line", at, interpolate="step-after", stroke=alt.StrokeValue(VERMILLION), strokeWidth=2.2
        ),
    }
    drawn = [one for name, one in layers.items() if name in rows]
    return framed(drawn, width, HEIGHT, title=heading("Finish line reached", said))


def _days_axis(days: int, width: float, title: str, *, centred: bool) -> dict[str, object]:
    step = next((step for step in (1, 2, 5, 7, 10, 14) if step * width / days >= 18), 20)
    values = [day + (0.5 if centred else 0.0) for day in range(0, days, step)]
    look: dict[str, object] = {"values": values, "title": title, "grid": False, "ticks": not centred}
    return look | ({"labelExpr": "floor(datum.value)"} if centred else {"format": "d"})


def _percent_axis(title: str) -> dict[str, object]:
    axis = {"values": [0, 25, 50, 75, 100], "title": title, "grid": True, "domain": False, "ticks": False}
    return axis | {"minExtent": 24}


def _legend(natural: NaturalHistory) -> list[list[Entry]]:
    colours = _colours(natural)
    seen = (natural.observed.sum(axis=0) + natural.occupation.sum(axis=0) > 0).tolist()
    grades = [
        Entry(name, fill=colour) for name, colour, shown in zip(natural.states, colours, seen, strict=True) if shown
    ]
    bars = [Entry("left bar: expected", outline=FAINT), Entry("right bar: observed", outline=INK)]
    lines = [
        Entry("observed", line=VERMILLION),
        Entry("expected", line=BLUE, dashed=True),
        Entry("95% interval of the model", fill=BAND),
    ]
    return [[Entry("Grade"), *grades, *bars], [Entry("Finish line reached"), *lines]]


def _caption(natural: NaturalHistory) -> str:
    reference = natural.reference
    whom = f"{reference.title}, {counted(reference.patients, 'patient')} with ICANS"
    who = counted(natural.judged, "treated patient")
    expected = "the mean of what the reference cohort leads to expect from that day's grade"
    return sentence(
        [
            "Synthetic records: this shows how the software works and is no evidence." if natural.synthetic else "",
            f"{who} from the day of the first course, by the worst grade of each day.",
            f"Left bars and the dashed line are {expected} ({whom}).",
            "What is missing to the full height of a right bar was not observed.",
            "The shaded band is the uncertainty of the model alone, without that of the treated patients.",
            f"Followed to day {len(natural.expected) - 1}; death competes with remission.",
        ]
    )


def _alt(natural: NaturalHistory) -> str:
    observed = float(natural.curve.incidence[natural.curve.time <= len(natural.expected) - 1][-1:].sum())
    return (
        f"Bars of daily grades, expected beside observed, and two rising curves of remission: by day "
        f"{len(natural.expected) - 1} {number(100 * float(natural.expected[-1]), 0)}% expected and "
        f"{number(100 * observed, 0)}% observed."
    )
