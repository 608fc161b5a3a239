"""Effects of one group against another over endpoints and methods, as a forest plot."""

from __future__ import annotations

from collections.abc import Sequence

from icans.counts import counted
from icans.figures.data import Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.forest_panel import RATIO, Effect, columns_of, effect_panel
from icans.figures.labels import listed, sentence
from icans.figures.legend import Entry, legend
from icans.figures.marks import stacked
from icans.figures.theme import BLUE, GREEN, INK, PAPER, VERMILLION, Symbol
from icans.results.groups.outcomes import TITLES
from icans.results.rows import Result

DESIGNS = {
    "": Symbol("groups known at time zero", "square", INK, PAPER, 0.8, 46),
    "landmark": Symbol("from a landmark on", "circle", BLUE, PAPER, 0.8, 46),
    "time-dependent": Symbol("group as known at each moment", "diamond", VERMILLION, PAPER, 0.8, 62),
    "target trial": Symbol("target trial", "triangle-up", GREEN, PAPER, 0.8, 52),
}
PANELS = {
    "ratio": "Ratio (log scale)",
    "%": "Difference, percentage points",
    "days": "Difference, days",
    "months": "Difference, months",
    "grade": "Shift, grades",
    "courses": "Shift, courses",
}

TRIAL = {
    "risk_difference": ("risk difference", "%"),
    "risk_ratio": ("risk ratio", "ratio"),
    "mean_days_difference": ("days without the outcome", "days"),
}
"""Effects of a target trial: what a reader calls them, and key of `PANELS`."""


def effects(results: Sequence[Result], group: str) -> list[Effect]:
    """Give the effects of a comparison in the order of the results.

    Parameters
    ----------
    results
        Every row of results.
    group
        Name of the comparison, or of a pair of its groups, as rows have it.
    """
    own = [row for row in results if row.analysis == "comparison" and row.group == group and row.level is not None]
    by_key = {(row.variable, row.level, row.statistic): row for row in own}
    found = []
    for (variable, level, statistic), row in by_key.items():
        low, high = (by_key.get((variable, level, end)) for end in ("ci_low", "ci_high"))
        if statistic == "estimate" and low is not None and high is not None and level is not None:
            design, _, measure = level.rpartition(": ")
            label = f"{TITLES[variable]}: {measure}" + (f", {design}" if design else "")
            scale = RATIO if measure.endswith("ratio") else row.unit
            found.append(Effect(label, design.partition(" ")[0], scale, row, low, high))
    return found


def trial_effects(results: Sequence[Result]) -> list[Effect]:
    """Give the effects of the emulated target trial, if there is one: the strategy to treat less the one not to."""
    rows = {(row.variable, row.level, row.statistic): row for row in results if row.analysis == "target_trial"}
    found = []
    for (variable, level, statistic), row in rows.items():
        if variable in TRIAL and statistic == "estimate":
            measure, scale = TRIAL[variable]
            low, high = (rows[variable, level, end] for end in ("ci_low", "ci_high"))
            found.append(Effect(f"Target trial: {measure}, {level}", "target trial", scale, row, low, high))
    return found


@unchecked
def forest(identity: str, title: str, found: Sequence[Effect], groups: tuple[str, str]) -> Figure | LeftOut:
    """Draw effects with their intervals, a panel for each scale.

    Parameters
    ----------
    identity, title
        Name of the figure's files and its title.
    found
        The effects.
    groups
        Names of the group and of the reference.
    """
    drawn = [one for one in found if one.drawn]
    if not drawn:
        return LeftOut(identity, title, "no effect could be estimated")
    columns = columns_of(drawn)
    rows: Rows = {}
    panels = []
    for number, scale in enumerate(dict.fromkeys(one.scale for one in drawn)):
        own = [one for one in drawn if one.scale == scale]
        chart, own_rows = effect_panel(f"scale_{number + 1}", PANELS.get(scale, scale), own, columns, DESIGNS)
        panels.append(chart)
        rows |= own_rows
    designs = [design for design in DESIGNS if any(one.design == design for one in drawn)]
    entries = [Entry(DESIGNS[design].label, symbol=DESIGNS[design]) for design in designs]
    strip, strip_rows = legend("legend", [entries], columns.whole)
    shown = [strip, *panels] if len(designs) > 1 or designs != [""] else panels
    return Figure(
        id=identity,
        title=title,
        caption=_caption(found, drawn, groups, arrows=any(name.endswith("_arrows") for name in rows)),
        alt=f"Forest plot of {counted(len(drawn), 'effect')}: {groups[0]} against {groups[1]}.",
        chart=stacked(shown, 14),
        rows=rows | (strip_rows if shown != panels else {}),
    )


def _caption(found: Sequence[Effect], drawn: Sequence[Effect], groups: tuple[str, str], *, arrows: bool) -> str:
    missing = len(found) - len(drawn)
    scales = {one.scale for one in drawn}
    sides = []
    if "ratio" in scales:
        sides.append(f"above 1 the event is more frequent, or sooner, in the group {groups[0]}")
    if scales - {"ratio"}:
        sides.append(f"above 0 the share, the number or the time is larger in the group {groups[0]}")
    return sentence(
        [
            f"Effects with 95% intervals, {groups[0]} against {groups[1]}: {listed(sides)}.",
            "Target trial: the strategy to treat against the strategy not to, for the trial's own outcome."
            if any(one.design == "target trial" for one in drawn)
            else "",
            "An arrow: the limit lies beyond the axis or has no bound." if arrows else "",
            f"{counted(missing, 'effect')} could not be estimated; the table says why." if missing else "",
            "The dashed line is no difference. All methods look at the same patients: their number proves nothing.",
        ]
    )
