"""Swimmer plot: a bar a patient, from infusion through ICANS and its treatment to the last contact."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from icans.counts import counted
from icans.figures.data import FigureData, Row, Rows
from icans.figures.days import TOXICITIES, runs, span, worth_drawing
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import capitalised, day, grade_text, sentence, short_names, told
from icans.figures.legend import Entry, grade_entries, legend, symbols
from icans.figures.marks import Plane, beside, graded, layer, linear, panel, stacked
from icans.figures.theme import ARROW, CHEVRONS, CROSS, FAINT, GRADES, GREEN, INK, PAPER, WIDTH, Symbol, text_width
from icans.units import DAYS_PER_MONTH

ID = "swimmer"
TITLE = "ICANS, its treatment and follow-up of each patient"
BETWEEN = 26.0
SHARE = 0.66
COURSE = Symbol("course", "circle", PAPER, INK, 1.4, 52)
REMISSION = Symbol("remission", "diamond", GREEN, INK, 1.0, 66)
UNRESOLVED = Symbol("ICANS not over when last assessed", CHEVRONS, None, INK, 1.6, 60)
DEATH = Symbol("death", CROSS, None, INK, 1.8, 50)
PROGRESSION = Symbol("progression or relapse", "triangle-up", INK, PAPER, 0.8, 58)
ALIVE = Symbol("alive at last contact", ARROW, None, INK, 1.4, 60)


@unchecked
def swimmer(data: FigureData, *, intervention: str) -> Figure | LeftOut:
    """Draw each patient with ICANS as a bar: grade by day, courses and remission, then follow-up in months."""
    treated = {row["key"] for row in data.courses}
    patients = [row for row in data.patients if row["icans"] or row["key"] in treated]
    if not patients:
        return LeftOut(ID, TITLE, "no patient had ICANS or was given the intervention")
    patients.sort(key=lambda row: (row["onset"] is None, row["onset"] or 0.0, row["name"]))
    lanes = _Lanes(patients, data)
    rows = _bars(lanes, data) | _happenings(lanes, data) | _followed(lanes)
    rows = {name: value for name, value in rows.items() if value}
    panels = [_icans_panel(lanes, rows)]
    if lanes.months:
        panels.append(_followed_panel(lanes))
    strip, strip_rows = legend("legend", _legend(rows, intervention), WIDTH - lanes.margin)
    return Figure(
        id=ID,
        title=TITLE if lanes.months else "ICANS and its treatment of each patient",
        caption=_caption(lanes, data, rows),
        alt=_alt(lanes, data, rows, intervention),
        chart=stacked([strip, beside(panels, BETWEEN)], 8),
        rows=rows | strip_rows,
        results=(("toxicity", "icans_onset_days"), ("toxicity", "icans_duration_days")),
    )


class _Lanes:
    """A lane a patient, from top to bottom in the order of onset; sizes follow from how many there are."""

    def __init__(self, patients: list[Row], data: FigureData) -> None:
        self.patients = patients
        self.row = max(7.5, min(20.0, 640 / len(patients)))
        self.letters = min(10.0, max(7.0, self.row * 0.92))
        self.height = len(patients) * self.row
        self.top = {row["key"]: float(position) for position, row in enumerate(patients)}
        self.named = {row["key"]: row["name"] for row in patients}
        self.short = short_names([row["name"] for row in patients])
        self.margin = max(text_width(name, self.letters) for name in self.short.values()) + 10
        self.days = worth_drawing(data, self.top, {"icans"}, beyond=1)
        self.months = max((end for row in patients if (end := _end(row)) is not None), default=0.0) / DAYS_PER_MONTH
        room = WIDTH - self.margin
        self.width = (room - BETWEEN) * SHARE if self.months else room
        self.followed_width = room - BETWEEN - self.width
        self.shrunk = min(1.0, (self.row / 15) ** 2)
        self.close = 9 * self.days / self.width

    def middle(self, row: Row) -> float:
        """Give the middle of a patient's lane."""
        return self.top[row["key"]] + 0.5

    def mark(self, symbol: Symbol, row: Row, x: float, text: str, *, down: float = 0.0) -> Row:
        """Give the row that marks a happening of a patient."""
        return {
            "x": x,
            "y": self.middle(row) + down,
            **symbol.row(symbol.size * self.shrunk),
            "told": told(self.named[row["key"]], text),
        }

    def plane(self, end: float, ticks: Sequence[float], title: str) -> Plane:
        """Give the plane of a panel, with an axis of time."""
        return Plane(
            x=linear(0, end),
            y=linear(0, len(self.patients), reverse=True),
            x_axis={"values": list(ticks), "title": title, "grid": True, "domain": False, "ticks": False},
        )


def _end(row: Row) -> float | None:
    """Give when a patient died or was last heard of alive."""
    end: float | None = row["last_contact"] if row["death"] is None else row["death"]
    return end


def _bars(lanes: _Lanes, data: FigureData) -> Rows:
    """Give a bar for each run of days of one grade, and a thin line for days assessed without ICANS."""
    seen = [
        row
        for row in data.days
        if row["toxicity"] == "icans" and row["key"] in lanes.top and 0 <= row["day"] < lanes.days
    ]
    every = runs(seen)
    bars = [
        {
            **run,
            "y": lanes.middle(run) - 0.37,
            "middle": lanes.middle(run),
            "y2": lanes.middle(run) + 0.37,
            "told": told(
                lanes.named[run["key"]],
                f"{span(run['x'], run['x2'])}: {TOXICITIES['icans']} {grade_text(run['low'], run['high'])}",
            ),
        }
        for run in every
        if run["high"] > 0
    ]
    is_open = [bar for bar in bars if bar["low"] != bar["high"]]
    return {
        "names": [{"y": lanes.middle(row), "name": lanes.short[row["name"]]} for row in lanes.patients],
        "free": [
            {"x": run["x"], "x2": run["x2"], "y": lanes.middle(run) - 0.09, "y2": lanes.middle(run) + 0.09}
            for run in every
            if run["high"] == 0
        ],
        "bars": [{**bar, "grade": bar["low"]} for bar in bars if bar["low"] == bar["high"]],
        "highest": [{**bar, "grade": bar["high"], "y2": bar["middle"]} for bar in is_open],
        "lowest": [{**bar, "grade": bar["low"], "y": bar["middle"]} for bar in is_open],
    }


def _happenings(lanes: _Lanes, data: FigureData) -> Rows:
    courses = [row for row in data.courses if row["key"] in lanes.top and 0 <= row["time"] <= lanes.days]
    remissions = [
        row
        for row in data.endpoints
        if row["key"] in lanes.top and row["remission"] and row["remission_time"] <= lanes.days
    ]
    meeting = [
        (course, remission)
        for course in courses
        for remission in remissions
        if course["key"] == remission["key"] and abs(course["time"] - remission["remission_time"]) < lanes.close
    ]
    raised = [course for course, _ in meeting]
    lowered = [remission for _, remission in meeting]
    last = {row["key"]: row for row in sorted(data.episodes, key=lambda row: row["episode"]) if row["key"] in lanes.top}

    def after(row: Row) -> float:
        """Give the place just after the bar of an episode."""
        return int(row["end"]) + 1 + lanes.close * 0.7

    died = {
        row["key"]: after(last[row["key"]])
        for row in lanes.patients
        if row["death"] is not None and row["key"] in last and row["death"] <= last[row["key"]]["end"] + 1
    }
    return {
        "courses": [
            lanes.mark(
                COURSE,
                row,
                row["time"],
                f"course {row['course']} on day {day(row['time'])}",
                down=-0.2 if row in raised else 0.0,
            )
            for row in courses
        ],
        "remissions": [
            lanes.mark(
                REMISSION,
                row,
                row["remission_time"],
                f"remission on day {day(row['remission_time'])}",
                down=0.2 if row in lowered else 0.0,
            )
            for row in remissions
        ],
        "unresolved": [
            lanes.mark(UNRESOLVED, row, after(row), UNRESOLVED.label)
            for row in last.values()
            if not row["resolved"] and row["end"] < lanes.days and row["key"] not in died
        ],
        "early_deaths": [
            lanes.mark(DEATH, row, max(row["death"], died.get(row["key"], 0.0)), f"died on day {day(row['death'])}")
            for row in lanes.patients
            if row["death"] is not None and row["death"] <= lanes.days
        ],
    }


def _followed(lanes: _Lanes) -> Rows:
    """Give a bar of follow-up in months for each patient, how it ends, and progression on the way."""
    bars, outcomes = [], []
    for row in lanes.patients:
        end = _end(row)
        if end is not None:
            symbol = ALIVE if row["death"] is None else DEATH
            months = end / DAYS_PER_MONTH
            text = f"{'died' if symbol is DEATH else 'alive'} {months:.1f} months after infusion"
            nudged = months + (lanes.months * 0.022 if symbol is ALIVE else 0.0)
            mark = lanes.mark(symbol, row, nudged, text)
            bars.append({**mark, "x": 0.0, "x2": months, "y": mark["y"] - 0.16, "y2": mark["y"] + 0.16})
            outcomes.append(mark)
        if row["progression"] is not None:
            months = row["progression"] / DAYS_PER_MONTH
            outcomes.append(lanes.mark(PROGRESSION, row, months, f"{PROGRESSION.label} after {months:.1f} months"))
    return {"followed": bars, "outcomes": outcomes}


def _icans_panel(lanes: _Lanes, rows: Rows) -> alt.LayerSpec:
    step = next((step for step in (1, 2, 5, 7, 10, 14) if step * lanes.width / lanes.days >= 30), 20)
    plane = lanes.plane(lanes.days + 1.4 * lanes.close, range(0, lanes.days + 1, step), "Days after infusion")
    box, dot = plane.at(x="x", x2="x2", y="y", y2="y2"), plane.at(x="x", y="y")
    fill = graded(alt.Fill, "grade", GRADES)
    layers = [
        layer(
            "text",
            "names",
            plane.at(x=-6.0, y="y"),
            text=alt.Text(field="name", type="nominal"),
            align="right",
            baseline="middle",
            fontSize=lanes.letters,
        )
    ]
    layers += [layer("rect", "free", box, fill=alt.FillValue(FAINT))] if "free" in rows else []
    layers += [layer("rect", name, box, "told", fill=fill) for name in ("bars", "lowest", "highest") if name in rows]
    happenings = ("courses", "remissions", "unresolved", "early_deaths")
    layers += [symbols(name, dot, "told") for name in happenings if name in rows]
    return panel(layers, lanes.width, lanes.height, title=alt.TitleParams(text="ICANS and its treatment"))


def _followed_panel(lanes: _Lanes) -> alt.LayerSpec:
    step = next((step for step in (1, 2, 3, 6, 12, 24, 60) if step * lanes.followed_width / lanes.months >= 30), 120)
    ticks = [step * tick for tick in range(int(lanes.months / step) + 1)]
    plane = lanes.plane(lanes.months * 1.05, ticks, "Months after infusion")
    layers = [
        layer("rect", "followed", plane.at(x="x", x2="x2", y="y", y2="y2"), "told", fill=alt.FillValue(FAINT)),
        symbols("outcomes", plane.at(x="x", y="y"), "told"),
    ]
    return panel(layers, lanes.followed_width, lanes.height, title=alt.TitleParams(text="Follow-up"))


def _legend(rows: Rows, intervention: str) -> list[list[Entry]]:
    bars = [*rows.get("bars", []), *rows.get("highest", [])]
    split = next(((row["low"], row["high"]) for row in rows.get("highest", [])), None)
    grades: list[Entry] = []
    if bars:
        entries = grade_entries("ICANS grade", max(row["high"] for row in bars), split=split, unseen=False)
        grades = [entry for entry in entries if entry.label != "0"]
    if "free" in rows:
        grades.append(Entry("assessed, no ICANS", line=FAINT))
    shapes = {row["shape"] for name in ("outcomes", "early_deaths") for row in rows.get(name, [])}
    marks = [
        Entry(label, symbol=symbol)
        for label, symbol, present in (
            (f"course of {intervention}", COURSE, "courses" in rows),
            (REMISSION.label, REMISSION, "remissions" in rows),
            (UNRESOLVED.label, UNRESOLVED, "unresolved" in rows),
            *((symbol.label, symbol, symbol.shape in shapes) for symbol in (PROGRESSION, DEATH, ALIVE)),
        )
        if present
    ]
    return [grades, marks]


def _caption(lanes: _Lanes, data: FigureData, rows: Rows) -> str:
    without = len(data.patients) - len(lanes.patients)
    return sentence(
        [
            data.drawn,
            f"Each bar is one {data.row} with ICANS or the intervention (n = {len(lanes.patients)}).",
            "Those with the earliest onset stand first.",
            "Colour is the worst ICANS grade of each day; where there is neither bar nor line, no day was assessed.",
            "A bar in two colours is a day whose worst grade the recorded signs leave open."
            if "highest" in rows
            else "",
            "Follow-up is drawn on a scale of months of its own." if lanes.months else "",
            f"{capitalised(counted(without, data.row))} without ICANS and without the intervention not drawn."
            if without
            else "",
        ]
    )


def _alt(lanes: _Lanes, data: FigureData, rows: Rows, intervention: str) -> str:
    courses, remissions = (len(rows.get(name, [])) for name in ("courses", "remissions"))
    return (
        f"Swimmer plot of {counted(len(lanes.patients), data.row)} over {counted(lanes.days, 'day')} after infusion, "
        f"with {counted(courses, 'course')} of {intervention} and {counted(remissions, 'remission')} marked."
    )
