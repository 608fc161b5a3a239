"""ICANS grade and ICE score around the first course of the intervention, a line an episode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import altair as alt

from icans.counts import counted
from icans.figures.data import FigureData, Row, Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.finish_lines import BEFORE, Start, starts_of
from icans.figures.labels import capitalised, sentence, short_names, told
from icans.figures.legend import Entry, legend, symbols
from icans.figures.marks import Plane, beside, broken, dots, layer, linear, panel, stacked
from icans.figures.theme import BLUE, GREEN, INK, LETTERS, PAPER, SMALL, VERMILLION, WIDTH, Symbol
from icans.protocols.remission import RemissionRule
from icans.units import HOURS_PER_DAY

ID = "first_course"
TITLE = "ICANS grade and ICE score around the first course"
BETWEEN = 34.0
MARGIN = 34.0
HEIGHT = 150.0
LATEST = 28 * 24
GROUND = "#E2F2EB"
REACHED = Symbol("remission", "diamond", GREEN, INK, 1.0, 60)
FEW = 30
"""Most episodes whose every assessment is a dot; of more only the lines are drawn."""

APART = {"grade": 0.3, "ice": 0.35}
"""How far lines at the same value are moved apart, up and down."""


@unchecked
def first_course(data: FigureData, *, intervention: str, rules: Sequence[RemissionRule]) -> Figure | LeftOut:
    """Draw grade and ICE score of each evaluable episode by hours from its first course, with the finish lines."""
    starts = [start for start in starts_of(data, rules) if start.episodes]
    if not starts:
        return LeftOut(ID, TITLE, "no treated episode has a baseline grade with a finish line")
    end = _end(starts)
    width = (WIDTH - MARGIN - 8 - (len(starts) - 1) * BETWEEN) / len(starts)
    scales = ["grade", "ice"] if any(start.scored for start in starts) else ["grade"]
    rows: Rows = {}
    across = []
    for what in scales:
        panels = []
        for position, start in enumerate(starts):
            lines = _lines(start, what, end)
            title = {"title": _heading(start)} if what == scales[0] else {}
            most = 10 if what == "ice" else _highest(starts)
            plane = _plane(what, (width, end), most, leftmost=position == 0, last=what == scales[-1])
            panels.append(panel(_layers(start, what, lines, plane), width, HEIGHT, **title))
            rows |= lines
        across.append(beside(panels, BETWEEN))
    strip, strip_rows = legend("legend", [_legend(rows)], WIDTH - MARGIN)
    return Figure(
        id=ID,
        title=TITLE if "ice" in scales else "ICANS grade around the first course",
        caption=_caption(starts, data, rows, intervention),
        alt=_alt(starts, intervention, scored="ice" in scales),
        chart=stacked([strip, *across], 12),
        rows=rows | strip_rows,
        results=(("remission", "remission"),),
    )


def _end(starts: Sequence[Start]) -> int:
    """Give the last hour worth drawing: two days past the last remission, four days at least, while assessed."""
    episodes = [row for start in starts for row in start.episodes.values()]
    reached = [_hours_to_remission(row) for row in episodes if row["remission"]]
    last = max((row["hours"] for start in starts for row in start.points), default=0.0)
    hours = min(max(max(reached, default=0.0) + 48, 96), max(last, 24), LATEST)
    return int(-(-hours // 24) * 24)


def _hours_to_remission(episode: Row) -> float:
    return float(HOURS_PER_DAY * (episode["remission_time"] - episode["first_course"]))


def _lines(start: Start, what: str, end: int) -> Rows:
    name = f"{start.name}_{what}"
    spread = _spread(sorted(start.episodes), APART[what])
    short = short_names([row["name"] for row in start.episodes.values()])
    lines: dict[bool, list[Row]] = {True: [], False: []}
    finishes, ends, is_open = [], [], []
    without_score = start.without_score()
    key = itemgetter("key", "episode")
    drawn = sorted((row for row in start.points if row["hours"] <= end), key=itemgetter("key", "episode", "hours"))
    for which, group in groupby(drawn, key=key):
        about = start.episodes[which]
        line = _line(list(group), about, what, spread[which])
        if not line:
            continue
        lines[bool(about["remission"])] += line
        instead = what == "grade" and start.rule.ice is not None and which in without_score
        is_open += [{**point, "y2": point["high"] + spread[which]} for point in line if point["high"] != point["low"]]
        if not about["remission"]:
            ends.append({"x": line[-1]["x"], "y": line[-1]["y"], "name": short[about["name"]]})
        elif (start.finish(what) is not None or instead) and (hours := _hours_to_remission(about)) <= end:
            before = [point for point in line if point["x"] <= hours + 1e-6] or line[:1]
            note = told(about["name"], f"remission {hours:.0f} hours after the first course")
            finishes.append(
                {
                    "x": hours,
                    "y": before[-1]["y"],
                    **REACHED.row(REACHED.size if len(start.episodes) <= FEW else 24),
                    "told": note,
                }
            )
    dotted = {reached: own if len(start.episodes) <= FEW else [] for reached, own in lines.items()}
    rows: Rows = {
        f"{name}_zero": [{"x": 0}],
        f"{name}_reached": lines[True],
        f"{name}_reached_dots": broken({"x": row["x"], "y": row["y"]} for row in dotted[True]),
        f"{name}_missed": lines[False],
        f"{name}_missed_dots": broken({"x": row["x"], "y": row["y"]} for row in dotted[False]),
        f"{name}_open": is_open,
        f"{name}_finishes": finishes,
        f"{name}_ends": ends if len(ends) <= 3 else [],
        f"{name}_ground": _ground(start, what, end),
    }
    return {name: value for name, value in rows.items() if value}


def _spread(episodes: Sequence[tuple[str, int]], apart: float) -> dict[tuple[str, int], float]:
    """Move lines apart, so that those at the same value can be followed."""
    last = max(len(episodes) - 1, 1)
    return {
        episode: apart * (2 * position / last - 1) if len(episodes) > 1 else 0.0
        for position, episode in enumerate(episodes)
    }


def _line(points: Sequence[Row], about: Row, what: str, moved: float) -> list[Row]:
    outcome = {True: "reached remission", False: "no remission", None: "no finish line applies"}[about["remission"]]
    note = told(about["name"], f"baseline grade {about['baseline_grade']}", outcome)
    line = []
    for row in points:
        low, high = (row["low"], row["high"]) if what == "grade" else (row["ice"], row["ice"])
        if low is not None:
            line.append(
                {
                    "line": f"{about['key']} {about['episode']}",
                    "x": row["hours"],
                    "y": low + moved,
                    "low": low,
                    "high": high,
                    "told": note,
                }
            )
    return line


def _ground(start: Start, what: str, end: int) -> list[Row]:
    finish = start.finish(what)
    if finish is None:
        return []
    low, high = (-0.5, finish + 0.5) if what == "grade" else (finish - 0.5, 10.5)
    return [{"x": -BEFORE, "x2": end, "y": low, "y2": high}]


def _layers(start: Start, what: str, rows: Rows, plane: Plane) -> list[alt.UnitSpec]:
    name = f"{start.name}_{what}"
    at = plane.at(x="x", y="y")
    line = {
        "detail": alt.Detail(field="line", type="nominal"),
        "strokeOpacity": 0.75 if len(start.episodes) <= FEW else 0.4,
    }
    blue, orange = alt.StrokeValue(BLUE), alt.StrokeValue(VERMILLION)
    made: dict[str, Callable[[str], alt.UnitSpec]] = {
        "ground": lambda rows: layer(
            "rect", rows, plane.at(x="x", x2="x2", y="y", y2="y2"), fill=alt.FillValue(GROUND)
        ),
        "zero": lambda rows: layer(
            "rule", rows, plane.at(x="x", y=0.0, y2=HEIGHT), stroke=alt.StrokeValue(INK), strokeWidth=1.2
        ),
        "open": lambda rows: layer(
            "rule",
            rows,
            plane.at(x="x", y="y", y2="y2"),
            stroke=alt.StrokeValue(INK),
            strokeWidth=0.8,
            strokeDash=[1, 1.5],
        ),
        "reached": lambda rows: layer("line", rows, at, "told", stroke=blue, strokeWidth=1.1, **line),
        "reached_dots": lambda rows: dots(rows, at, colour=BLUE, width=3.2),
        "missed": lambda rows: layer("line", rows, at, "told", stroke=orange, strokeWidth=2, strokeDash=[5, 2], **line),
        "missed_dots": lambda rows: dots(rows, at, colour=VERMILLION, width=4.2),
        "finishes": lambda rows: symbols(rows, at, "told"),
    }
    layers = [make(f"{name}_{part}") for part, make in made.items() if f"{name}_{part}" in rows]
    if f"{name}_ends" not in rows:
        return layers
    halo = _names(f"{name}_ends", at, stroke=alt.StrokeValue(PAPER), strokeWidth=3)
    return [*layers, halo, _names(f"{name}_ends", at)]


def _names(rows: str, at: dict[str, Any], **look: Any) -> alt.UnitSpec:  # noqa: ANN401  # any look
    """Name the lines that did not reach remission above their ends."""
    return layer(
        "text",
        rows,
        at,
        text=alt.Text(field="name", type="nominal"),
        align="right",
        baseline="bottom",
        dy=-4,
        fontSize=SMALL,
        fill=alt.FillValue(LETTERS[VERMILLION]),
        **look,
    )


def _highest(starts: Sequence[Start]) -> int:
    """Give the highest grade of the axis: 4, or 5 where a patient died of ICANS."""
    return max(4, *(int(row["high"]) for start in starts for row in start.points), 4)


def _plane(what: str, size: tuple[float, int], most: int, *, leftmost: bool, last: bool) -> Plane:
    width, end = size
    step = next((step for step in (24, 48, 96, 168) if step * width / (end + BEFORE) >= 44), 336)
    words = "ICE score" if what == "ice" else "ICANS grade"
    return Plane(
        x=linear(-BEFORE, end),
        y=linear(-0.5, most + 0.5),
        x_axis={
            "values": [*range(-(BEFORE // step) * step, end + 1, step)],
            "title": "Hours from the first course" if last else None,
            "labels": last,
            "grid": True,
            "domain": False,
            "ticks": False,
        },
        y_axis={
            "values": list(range(0, most + 1, 2 if what == "ice" else 1)),
            "title": words if leftmost else None,
            "grid": True,
            "domain": False,
            "ticks": False,
            "minExtent": MARGIN - 18 if leftmost else 8,
        },
    )


def _heading(start: Start) -> alt.TitleParams:
    return alt.TitleParams(text=start.title, subtitle=f"{counted(len(start.episodes), 'episode')}; {start.words}")


def _legend(rows: Rows) -> list[Entry]:
    def drawn(part: str) -> bool:
        return any(name.endswith(f"_{part}") for name in rows)

    entries = [
        (Entry("reached remission", line=BLUE), drawn("reached")),
        (Entry("did not", line=VERMILLION, dashed=True), drawn("missed")),
        (Entry(REACHED.label, symbol=REACHED), drawn("finishes")),
        (Entry("at or past the finish line", fill=GROUND), drawn("ground")),
        (Entry("open grade: up to", line=INK, dashed=True), drawn("open")),
    ]
    return [entry for entry, present in entries if present]


def _caption(starts: Sequence[Start], data: FigureData, rows: Rows, intervention: str) -> str:
    n = sum(len(start.episodes) for start in starts)
    without = sum(row["evaluable"] for row in data.endpoints) - n
    is_open = any(name.endswith("_open") for name in rows)
    few = f"{len(data.patients):,} infusions, of {data.total:,}, with the highest ICANS grade"
    among = f" of the {few}" if data.left_out else ""
    dots = ", each dot an assessment" if all(len(start.episodes) <= FEW for start in starts) else ""
    return sentence(
        [
            f"Each line is an evaluable episode (n = {n}){among}{dots}.",
            f"Hour 0 is the first course of {intervention}.",
            "Episodes that start from different grades have different finish lines, and stand apart."
            if len(starts) > 1
            else "",
            "Lines at the same value are moved apart a little so that each can be followed.",
            "Where a grade is open the dot is the lowest and the dotted line ends at the highest possible."
            if is_open
            else "",
            f"{capitalised(counted(without, 'episode'))} from a grade without a finish line not drawn."
            if without
            else "",
        ]
    )


def _alt(starts: Sequence[Start], intervention: str, *, scored: bool) -> str:
    parts = [
        f"{start.title.lower()}, {sum(bool(row['remission']) for row in start.episodes.values())} of"
        f" {counted(len(start.episodes), 'episode')} reached the {start.words}"
        for start in starts
    ]
    what = "ICANS grade and ICE score" if scored else "ICANS grade"
    return f"Lines of {what} by hours from the first course of {intervention}: {'; '.join(parts)}."
