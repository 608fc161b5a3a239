"""Flow diagram: how many patients each step of the study keeps, and why the others left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import altair as alt

from icans.figures.data import Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import capitalised, listed, sentence, uncapitalised
from icans.figures.marks import PIXELS, layer, panel
from icans.figures.stated import Stated
from icans.figures.theme import FAINT, MUTED, PAPER, TEXT, wrapped
from icans.results.display import number
from icans.results.rows import Result

ID = "flow"
TITLE = "Flow of patients through the study"
STEPS = {
    "screened": ("Patients in the records", ""),
    "infused": ("Infused with CAR-T cells", "not_infused"),
    "with_icans": ("Developed ICANS", "without_icans"),
    "treated": ("Given {intervention} during ICANS", "not_treated"),
    "evaluable": ("Evaluable", "not_evaluable"),
}
"""Each step, what its box says, and the variable that counts whom it leaves out."""

MAIN = 240.0
SIDE_LEFT = 282.0
SIDE = 290.0
LINE = 14.0
PADDING = 7.0
GAP = 13.0


@dataclass(frozen=True)
class _Box:
    """A box: where it stands (px), its lines, which of them is bold, and what it tells."""

    left: float
    top: float
    width: float
    lines: tuple[str, ...]
    bold: int = -1
    told: str = ""

    @property
    def bottom(self) -> float:
        """Its lower edge, px."""
        return self.top + LINE * len(self.lines) + 2 * PADDING

    @property
    def middle(self) -> float:
        """Half way down, px."""
        return (self.top + self.bottom) / 2


@unchecked
def flow(stated: Stated, *, intervention: str, indications: Sequence[str]) -> Figure | LeftOut:
    """Draw the steps from the patients screened to those evaluable, beside each the patients who left before it."""
    steps = [(step, row) for step in STEPS if (row := stated.row("population", step, "n")) and row.value is not None]
    if not steps:
        return LeftOut(ID, TITLE, "the results count no patients")
    main, side = _boxes(steps, stated, intervention, indications)
    rows = {name: value for name, value in _rows(main, side).items() if value}
    every = [*main, *side]
    return Figure(
        id=ID,
        title=TITLE,
        caption=_caption(steps, side),
        alt=_alt(steps, side, intervention),
        chart=panel(_layers(rows), max(box.left + box.width for box in every), max(box.bottom for box in every)),
        rows=rows,
        results=_behind(steps, stated),
    )


def _boxes(
    steps: Sequence[tuple[str, Result]], stated: Stated, intervention: str, indications: Sequence[str]
) -> tuple[list[_Box], list[_Box]]:
    main: list[_Box] = []
    unusable = wrapped(_unusable(stated), SIDE - 2 * PADDING, TEXT)
    side = [_Box(SIDE_LEFT, 0.0, SIDE, tuple(unusable))] if any(unusable) else []
    top = 0.0
    for step, row in steps:
        words, leaving = STEPS[step]
        left_out = [] if not main else list(_left_out(stated, leaving))
        if left_out:
            side.append(_Box(SIDE_LEFT, top, SIDE, tuple(left_out)))
            top = side[-1].bottom + GAP
        lines = wrapped(words.format(intervention=intervention), MAIN - 2 * PADDING, TEXT)
        under = {"with_icans": _severe(stated), "evaluable": _indications(stated, indications)}.get(step, [])
        text = (*lines, f"n = {number(row.value or 0, 0)}", *under)
        main.append(_Box(0.0, top, MAIN, text, len(lines), row.method))
        top = max(box.bottom for box in (main[-1], *side)) + GAP
    return main, side


def _left_out(stated: Stated, variable: str) -> Iterator[str]:
    for row in stated.results:
        if (row.analysis, row.variable, row.statistic) == ("population", variable, "n") and row.value:
            text = f"{capitalised(row.level or 'left out')} (n = {number(row.value, 0)})"
            yield from wrapped(text, SIDE - 2 * PADDING, TEXT)


def _severe(stated: Stated) -> list[str]:
    row = stated.row("population", "severe", "n")
    return [] if row is None or row.value is None else [f"of them severe: {number(row.value, 0)}"]


def _indications(stated: Stated, indications: Sequence[str]) -> list[str]:
    """Say how many had which indication, where the results count each of them once."""
    rows = [stated.row("remission", "remission", "n", group=indication) for indication in indications]
    everyone = stated.row("population", "evaluable", "n")
    counts = [row.value for row in rows if row is not None and row.value is not None]
    if everyone is None or len(counts) != len(indications) or sum(counts) != everyone.value:
        return []
    names = [indication.replace("_", "-") for indication in indications]
    return [f"{name}: {number(count, 0)}" for name, count in zip(names, counts, strict=True)]


def _unusable(stated: Stated) -> str:
    """Say how many rows of which table could not be used; empty where every row could."""
    rows = [row for row in stated.results if row.analysis == "data" and row.statistic == "rows_unusable" and row.value]
    tables = [f"{row.variable} {number(row.value or 0, 0)} of {number(row.n, 0)}" for row in rows]
    return f"Rows that could not be used: {', '.join(tables)} (see the findings)" if tables else ""


def _rows(main: Sequence[_Box], side: Sequence[_Box]) -> Rows:
    boxes = [*main, *side]
    across = [box for box in side if box.top > 0]
    return {
        "boxes": [
            {
                "x": box.left,
                "x2": box.left + box.width,
                "y": box.top,
                "y2": box.bottom,
                "told": box.told or " ".join(box.lines),
            }
            for box in boxes
        ],
        "across": [{"x": MAIN / 2, "x2": box.left, "y": box.middle} for box in across],
        "down": [{"x": MAIN / 2, "y": above.bottom, "y2": below.top} for above, below in pairwise(main)],
        "heads_across": [{"x": box.left - 3, "y": box.middle} for box in across],
        "heads_down": [{"x": MAIN / 2, "y": box.top - 3} for box in main[1:]],
        "main_bold": [line for box in main for number_of, line in _lines(box) if number_of == box.bold],
        "main_plain": [line for box in main for number_of, line in _lines(box) if number_of != box.bold],
        "side_plain": [line for box in side for _, line in _lines(box)],
    }


def _lines(box: _Box) -> list[tuple[int, dict[str, Any]]]:
    x = box.left + (box.width / 2 if box.left == 0 else PADDING)
    return [
        (position, {"x": x, "y": box.top + PADDING + LINE * (position + 0.5), "text": text})
        for position, text in enumerate(box.lines)
    ]


def _layers(rows: Rows) -> list[alt.UnitSpec]:
    stroke, fill = alt.StrokeValue(MUTED), alt.FillValue(MUTED)
    at, box = PIXELS.at(x="x", y="y"), PIXELS.at(x="x", x2="x2", y="y", y2="y2")
    text = alt.Text(field="text", type="nominal")
    head: dict[str, Any] = {"fill": fill, "stroke": stroke, "size": 30}
    layers = {
        "across": layer("rule", "across", PIXELS.at(x="x", x2="x2", y="y"), stroke=stroke),
        "down": layer("rule", "down", PIXELS.at(x="x", y="y", y2="y2"), stroke=stroke),
        "heads_across": layer("point", "heads_across", at, shape="triangle-right", **head),
        "heads_down": layer("point", "heads_down", at, shape="triangle-down", **head),
        "boxes": layer("rect", "boxes", box, "told", fill=alt.FillValue(PAPER), stroke=alt.StrokeValue(FAINT)),
        "main_bold": layer("text", "main_bold", at, text=text, fontWeight="bold", baseline="middle"),
        "main_plain": layer("text", "main_plain", at, text=text, baseline="middle"),
        "side_plain": layer("text", "side_plain", at, text=text, baseline="middle", align="left"),
    }
    return [made for name, made in layers.items() if name in rows]


def _behind(steps: Sequence[tuple[str, Result]], stated: Stated) -> tuple[tuple[str, str], ...]:
    """Name the results in the boxes: of whom a step leaves out, of the step, and of the severe among those it keeps."""
    given = {row.variable for row in stated.results if row.analysis == "population"}
    asked = [name for step, _ in steps for name in (STEPS[step][1], step, "severe" if step == "with_icans" else "")]
    return tuple(("population", name) for name in asked if name in given)


def _caption(steps: Sequence[tuple[str, Result]], side: Sequence[_Box]) -> str:
    evaluable = next((row.method for step, row in steps if step == "evaluable"), "")
    return sentence(
        [
            "Patients at each step of the study; to the right those who left before it, and why."
            if any(box.top > 0 for box in side)
            else "Patients at each step of the study.",
            f"Evaluable are {evaluable}." if evaluable else "",
        ]
    )


def _alt(steps: Sequence[tuple[str, Result]], side: Sequence[_Box], intervention: str) -> str:
    words = [(uncapitalised(STEPS[step][0].format(intervention=intervention)), row) for step, row in steps]
    counts = listed(f"{said} {number(row.value or 0, 0)}" for said, row in words)
    left = "; ".join(" ".join(box.lines) for box in side)
    return f"Flow diagram: {counts}." + (f" Left out: {left}." if left else "")
