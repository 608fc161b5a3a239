"""A target trial: the outcome under each strategy, and the weights and the balance behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import altair as alt

from icans.figures.data import Row, Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.labels import capitalised, sentence, told
from icans.figures.legend import Entry, legend
from icans.figures.marks import Plane, as_is, beside, heading, layer, linear, panel, stacked
from icans.figures.stated import Stated
from icans.figures.steps import COLOURS, Line, curve_panel, legend_entries
from icans.figures.theme import BLUE, FAINT, INK, MUTED, PAPER, VERMILLION, WIDTH, Symbol, text_width
from icans.results.display import number
from icans.results.rows import Result
from icans.results.trial_names import ANALYSIS, GROUPS, strategies

if TYPE_CHECKING:
    from icans.protocol import Protocol
    from icans.protocols.target_trial import TargetTrial
    from icans.results.curves import Curve
    from icans.results.target_trial import TrialResults

CURVES, DIAGNOSTICS = "target_trial", "target_trial_diagnostics"
TITLES = {CURVES: "The emulated trial", DIAGNOSTICS: "What the weights do"}
MARGIN = 46.0
BETWEEN = 70.0
ROW = 17.0
NEGLIGIBLE = 0.1
DRAWN = {
    "unweighted": Symbol("before weighting", "square", PAPER, INK, 1.4, 40),
    "weighted": Symbol("after weighting", "square", INK, INK, 1.0, 40),
}


def _outcome(asked: TargetTrial) -> str:
    """Say what a patient with the outcome is."""
    if asked.outcome == "grade":
        return f"at grade {asked.outcome_grade}{' or less' if asked.outcome_grade else ''}"
    return "in remission" if asked.outcome == "remission" else "dead"


@unchecked
def trial_curves(trial: TrialResults, stated: Stated, protocol: Protocol) -> Figure | LeftOut:
    """Draw the incidence of the outcome under both strategies, weighted and as the clones are."""
    asked = protocol.target_trial
    if not trial.weighted or asked is None:
        reason = next((row.reason for row in trial.rows if row.reason and row.variable == "risk_difference"), None)
        return LeftOut(CURVES, TITLES[CURVES], f"the trial could not be emulated: {reason or 'nobody was eligible'}")
    names = strategies(protocol)
    rows: Rows = {}
    panels = []
    halves = {
        "weighted": (trial.weighted, "Weighted", "under the axis: weight at risk"),
        "unweighted": (trial.unweighted, "Without weights", "under the axis: clones at risk"),
    }
    for key, (curves, title, subtitle) in halves.items():
        chart, made = curve_panel(
            key,
            _lines(curves, names),
            title=title,
            subtitle=subtitle,
            axes=("Days from eligibility", f"Percent {_outcome(asked)}"),
            width=(WIDTH - MARGIN - BETWEEN) / 2,
        )
        panels.append(chart)
        rows |= made
    entries = legend_entries(_lines(trial.weighted, names), rows, censored="")
    strip, strip_rows = legend("legend", [entries], WIDTH - MARGIN)
    return Figure(
        id=CURVES,
        title=TITLES[CURVES],
        caption=_caption(trial, stated),
        alt=_alt(stated, asked.days[-1], names, _outcome(asked)),
        chart=stacked([strip, beside(panels, BETWEEN)], 8),
        rows=rows | strip_rows,
        results=((ANALYSIS, asked.outcome), (ANALYSIS, f"{asked.outcome}_without_weights")),
    )


@unchecked
def trial_diagnostics(trial: TrialResults, protocol: Protocol) -> Figure | LeftOut:
    """Draw the weights after each day's decision, and the balance of the confounders before and after weighting."""
    weights = _by_day([row for row in trial.rows if row.variable == "weights"])
    balance = [row for row in trial.rows if row.variable == "balance"]
    known = [row for row in balance if row.value is not None]
    if not weights and not known:
        reason = next((row.reason for row in trial.rows if row.reason and row.variable == "weights"), "no weights")
        return LeftOut(DIAGNOSTICS, TITLES[DIAGNOSTICS], f"there are no weights: {reason}")
    names = strategies(protocol)
    levels = list(dict.fromkeys(row.level or "" for row in known))
    height = max(130.0, ROW * (len(levels) + 1))
    labels = max((text_width(_confounder(level)) for level in levels), default=0.0) + 12
    width = (WIDTH - MARGIN - BETWEEN - labels) / 2
    rows: Rows = {}
    panels = [
        *([_weights(weights, rows, names, (width, height))] if weights else []),
        *([_love(known, levels, rows, (width, height))] if known else []),
    ]
    entries = [
        Entry(names[group], symbol=Symbol(names[group], shape, colour, PAPER, 1.0, 60))
        for group, shape, colour in zip(GROUPS.values(), ("circle", "diamond"), COLOURS, strict=False)
    ]
    symbols = [Entry(symbol.label, symbol=symbol) for symbol in DRAWN.values()] if known else []
    strip, strip_rows = legend("legend", [[*(entries if weights else []), *symbols]], WIDTH - MARGIN)
    return Figure(
        id=DIAGNOSTICS,
        title=TITLES[DIAGNOSTICS],
        caption=_diagnostics_caption(bool(weights), bool(known)),
        alt=_diagnostics_alt(weights, known),
        chart=stacked([strip, beside(panels, BETWEEN + labels if weights else 0)], 8),
        rows=rows | strip_rows,
        results=((ANALYSIS, "weights"), (ANALYSIS, "balance")),
    )


def with_target_trial(
    figures: list[Figure], left_out: list[LeftOut], trial: TrialResults, protocol: Protocol
) -> tuple[list[Figure], list[LeftOut]]:
    """Add the figures of the target trial, or the reasons why there are none."""
    made = (trial_curves(trial, Stated(trial.rows), protocol), trial_diagnostics(trial, protocol))
    found = [one for one in made if isinstance(one, Figure)]
    absent = [one for one in made if isinstance(one, LeftOut)]
    return [*figures, *found], [*left_out, *absent]


def _lines(curves: Sequence[Curve], names: dict[str, str]) -> list[Line]:
    return [Line(curve, names[curve.group or ""]) for curve in curves]


def _caption(trial: TrialResults, stated: Stated) -> str:
    eligible = stated.row(ANALYSIS, "eligible", "episodes")
    n = "" if eligible is None or eligible.value is None else f" of {number(eligible.value, 0)} eligible episodes"
    return sentence(
        [
            f"{capitalised(trial.weighted[0].method)}.",
            f"Both curves start from the same clones{n}; a clone leaves where the records depart from its strategy.",
            "Weights let those who are left stand for those who departed and were like them.",
            "Drawn at whole days from eligibility; under the axis, the strategies in the order of the legend.",
        ]
    )


def _alt(stated: Stated, day: int, names: dict[str, str], outcome: str) -> str:
    parts = []
    for group, name in names.items():
        row = next(
            (
                r
                for r in stated.results
                if (r.analysis, r.group, r.level, r.statistic) == (ANALYSIS, group, f"{day} days", "incidence")
            ),
            None,
        )
        if row is not None and row.value is not None:
            parts.append(f"{number(row.value, 0)}% {outcome} by day {day} with {name}")
    return f"Weighted and unweighted curves of the two strategies: {'; '.join(parts) or 'no estimate'}."


def _by_day(rows: Sequence[Result]) -> list[Row]:
    """Put the mean, least and largest weight of each strategy and day into one row."""
    found: dict[tuple[str, str], Row] = {}
    for row in rows:
        if row.level and row.value is not None:
            found.setdefault((row.group or "", row.level), {})[row.statistic] = row.value
    return [
        {"group": group, "day": int(level.split()[0]), **values}
        for (group, level), values in found.items()
        if {"mean", "min", "max"} <= values.keys()
    ]


def _weights(weights: Sequence[Row], rows: Rows, names: dict[str, str], size: tuple[float, float]) -> alt.LayerSpec:
    """Draw the range of the weights as a line and their mean as a dot, strategies side by side on each day."""
    places = dict(zip(GROUPS.values(), ((-0.12, BLUE, "circle"), (0.12, VERMILLION, "diamond")), strict=True))
    days = max(row["day"] for row in weights)
    rows["weights"] = [
        {
            "x": row["day"] + places[row["group"]][0],
            "low": row["min"],
            "high": row["max"],
            "y": row["mean"],
            "colour": places[row["group"]][1],
            "shape": places[row["group"]][2],
            "told": told(
                f"{names[row['group']]}, day {row['day']}",
                f"mean weight {number(row['mean'], 2)}, {number(row['min'], 2)} to {number(row['max'], 2)}",
                f"{number(row['n'], 0)} clones count as {number(row['effective_n'], 0)}",
            ),
        }
        for row in weights
    ]
    rows["one"] = [{"x": 0.5, "x2": days + 0.5, "y": 1.0}]
    most = max(2.0, 1.05 * max(row["max"] for row in weights))
    plane = Plane(
        x=linear(0.5, days + 0.5),
        y=linear(0, most),
        x_axis={
            "values": list(range(1, days + 1)),
            "title": "After day of the grace period",
            "grid": False,
            "format": "~g",
        },
        y_axis={"title": "Weight", "grid": True, "domain": False, "ticks": False, "tickCount": 5, "minExtent": 24},
    )
    stroke = as_is(alt.Stroke, "colour")
    layers = [
        layer("rule", "one", plane.at(x="x", x2="x2", y="y"), stroke=alt.StrokeValue(MUTED), strokeDash=[2, 3]),
        layer("rule", "weights", plane.at(x="x", y="low", y2="high"), "told", stroke=stroke, strokeWidth=2),
        layer(
            "point",
            "weights",
            plane.at(x="x", y="y"),
            fill=as_is(alt.Fill, "colour"),
            shape=as_is(alt.Shape, "shape"),
            stroke=alt.StrokeValue(PAPER),
            size=60,
        ),
    ]
    return panel(layers, *size, title=heading("Weights of those left", "least, mean and largest after each day"))


def _love(known: Sequence[Result], levels: Sequence[str], rows: Rows, size: tuple[float, float]) -> alt.LayerSpec:
    """Draw the standardised difference of each confounder, before and after weighting."""
    height = {level: len(levels) - place for place, level in enumerate(levels)}
    for group, symbol in DRAWN.items():
        rows[group] = [
            {
                "x": row.value,
                "y": height[row.level or ""],
                "told": f"{_confounder(row.level or '')}: {number(row.value or 0.0, 2)} {symbol.label}",
                **symbol.row(),
            }
            for row in known
            if row.group == group
        ]
    rows["names"] = [{"y": place, "text": _confounder(level)} for level, place in height.items()]
    rows["lines"] = [{"y": place} for place in height.values()]
    rows["bounds"] = [{"x": x, "dash": abs(x)} for x in (-NEGLIGIBLE, 0.0, NEGLIGIBLE)]
    most = max(0.3, 1.1 * max(abs(row.value or 0.0) for row in known))
    plane = Plane(
        x=linear(-most, most),
        y=linear(0.4, len(levels) + 0.6),
        x_axis={"title": "Standardised difference", "grid": False, "tickCount": 5},
    )
    text = alt.Text(field="text", type="nominal")
    layers = [
        layer("rule", "lines", plane.at(x=0.0, x2=size[0], y="y"), stroke=alt.StrokeValue(FAINT), strokeWidth=0.5),
        layer("rule", "bounds", plane.at(x="x", y=0.0, y2=size[1]), stroke=alt.StrokeValue(MUTED), strokeDash=[2, 3]),
        layer("text", "names", plane.at(x=-8.0, y="y"), text=text, align="right", baseline="middle"),
        *(
            layer(
                "point",
                group,
                plane.at(x="x", y="y"),
                "told",
                fill=as_is(alt.Fill, "fill"),
                stroke=as_is(alt.Stroke, "stroke"),
                strokeWidth=symbol.stroke_width,
                size=symbol.size,
            )
            for group, symbol in DRAWN.items()
        ),
    ]
    return panel(layers, *size, title=heading("Balance at eligibility", "dotted: 0 and 0.1, often called negligible"))


def _confounder(name: str) -> str:
    return capitalised(name.replace("_", " ")).replace("Ice", "ICE")


def _diagnostics_caption(weights: bool, balance: bool) -> str:
    return sentence(
        [
            "Weights average 1 where the model of treatment fits; one clone with a large weight stands for many."
            if weights
            else "",
            "Standardised differences of what was known at eligibility between those who kept to the intervention and "
            "those who kept to none."
            if balance
            else "",
        ]
    )


def _diagnostics_alt(weights: Sequence[Row], known: Sequence[Result]) -> str:
    largest = max((row["max"] for row in weights), default=None)
    left = max((abs(row.value or 0.0) for row in known if row.group == "weighted"), default=None)
    return sentence(
        [
            "" if largest is None else f"Weights by day, the largest {number(largest, 1)}.",
            "" if left is None else f"Balance plot; the largest difference after weighting is {number(left, 2)}.",
        ]
    )
