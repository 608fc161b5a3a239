"""Forest plots of several sites: each site, the fixed and the random effect, and how far the sites differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from icans.counts import counted
from icans.figures.data import Rows
from icans.figures.figure import Figure, LeftOut, unchecked
from icans.figures.forest_panel import RATIO, SHARE, Columns, columns_of, effect_panel
from icans.figures.forest_panel import Effect as Line
from icans.figures.labels import capitalised, sentence
from icans.figures.legend import Entry, legend
from icans.figures.marks import stacked
from icans.figures.theme import BLUE, INK, PAPER, VERMILLION, Symbol
from icans.results import display
from icans.results.groups.outcomes import TITLES as ENDPOINTS
from icans.results.network.effects import LOG, LOG_LOG, LOGIT, Effect, OfSite
from icans.results.rows import Result

MOST_PANELS = 8
"""Most effects in a figure: more would be taller than a page."""

TITLES = {
    "remission": "Remission by site",
    "toxicity": "Toxicity by site",
    "survival": "Survival by site",
    "comparison": "Effects between groups by site",
    "biomarkers": "Before and after the first course, by site",
    "target_trial": "The target trial by site",
}
NAMES = {
    "os": "Overall survival",
    "pfs": "Progression-free survival",
    "remission": "Remission",
    "days_to_remission": "In remission",
    "icans_max_grade": "ICANS of grade",
    "crs_max_grade": "CRS of grade",
}
AGREEING = {
    f"{toxicity}_{what}": words.format(toxicity.upper())
    for toxicity in ("icans", "crs")
    for what, words in (("grade", "{} grade"), ("max_grade", "highest {} grade"), ("severity", "{} severity group"))
}
"""What two gradings of the same assessments or patients can agree on."""

MARKED = {
    "site": Symbol("a site", "square", INK, PAPER, 0.8, 46),
    "fixed": Symbol("all sites, one common effect", "diamond", PAPER, BLUE, 1.6, 84),
    "random": Symbol("all sites, random effects", "diamond", VERMILLION, PAPER, 0.8, 84),
}


def network_figures(effects: Sequence[Effect]) -> list[Figure | LeftOut]:
    """Make a forest plot for each analysis whose effects at least two sites state."""
    made: list[Figure | LeftOut] = []
    for analysis, title in TITLES.items():
        own = [one for one in effects if one.subject.analysis == analysis and _is_drawn(one)]
        for number, start in enumerate(range(0, len(own), MOST_PANELS)):
            name = f"network_{analysis}" + (f"_{number + 1}" if number else "")
            made.append(_forest(name, title, own[start : start + MOST_PANELS]))
    return made


def _is_drawn(effect: Effect) -> bool:
    """Tell effects of two sites or more: of everyone for toxicity, and between groups for comparisons."""
    about = effect.subject
    beside = about.analysis == "toxicity" and about.group is not None
    return len(effect.used) > 1 and not beside and not (about.analysis == "comparison" and _scale(effect) == SHARE)


@unchecked
def _forest(identity: str, title: str, effects: Sequence[Effect]) -> Figure | LeftOut:
    rows: Rows = {}
    panels = []
    lines = [list(_lines(one)) for one in effects]
    columns: Columns = columns_of([line for own in lines for line in own])
    for number, (effect, own) in enumerate(zip(effects, lines, strict=True)):
        chart, own_rows = effect_panel(f"effect_{number + 1}", _heading(effect), own, columns, MARKED)
        panels.append(chart)
        rows |= own_rows
    entries = [Entry(symbol.label, symbol=symbol) for symbol in MARKED.values()]
    strip, strip_rows = legend("legend", [entries], columns.whole)
    arrows = any(name.endswith("_arrows") for name in rows)
    return Figure(
        id=identity,
        title=title,
        caption=_caption(effects, arrows=arrows),
        alt=f"Forest plots: {'; '.join(_spoken(one) for one in effects)}.",
        chart=stacked([strip, *panels], 16),
        rows=rows | strip_rows,
    )


def _lines(effect: Effect) -> Iterator[Line]:
    scale = _scale(effect)
    for one in effect.sites:
        if one.effect is not None:
            yield Line(one.site, "site", scale, *_rows(effect, one))
    found = effect.found
    if found is None:
        return
    n = sum(one.n for one in effect.used)
    for design, words, pooled in (("fixed", "Fixed effect", found.fixed), ("random", "Random effects", found.random)):
        value, low, high = effect.back(pooled)
        yield Line(words, design, scale, *_rows(effect, OfSite(words, value, low, high, n)))


def _rows(effect: Effect, one: OfSite) -> tuple[Result, Result, Result]:
    values = (("estimate", one.value), ("ci_low", one.low), ("ci_high", one.high))
    about = effect.subject
    estimate, low, high = (
        Result(about.analysis, about.variable, name, value, unit=about.unit, n=one.n, reason=_none(value))
        for name, value in values
    )
    return estimate, low, high


def _none(value: float | None) -> str | None:
    return "without bound" if value is None else None


def _scale(effect: Effect) -> str:
    if effect.scale in {LOGIT, LOG_LOG}:
        return SHARE
    return RATIO if effect.scale is LOG else effect.subject.unit


def name_of(effect: Effect) -> str:
    """Say what an effect is of: ``Overall survival at 6 months, evaluable``."""
    about = effect.subject
    known = {"comparison": ENDPOINTS, "agreement": AGREEING}.get(about.analysis, NAMES)
    name = known.get(about.variable, capitalised(about.variable.replace("_", " ")))
    if about.analysis == "agreement":
        return _agreeing(name, about.level, about.group)
    if about.level is not None and about.analysis == "toxicity":
        name += f" {about.level.removeprefix('>=')} or more"
    elif about.level is not None:
        name += f" at {about.level}" if effect.scale is LOG_LOG else f", {about.level.replace('_', ' ')}"
    return name + (f" ({about.group.replace('_', '-')})" if about.group else "")


def _agreeing(what: str, kappa: str | None, scales: str | None) -> str:
    """Name agreement: the share of the same grade unless it is a kappa, and who graded."""
    said = f"Same {what}" if kappa is None else f"{capitalised(what)}, {kappa.replace('_', ' ')}"
    return f"{said} ({scales or 'the clinic / the recorded signs'})"


def heterogeneity(effect: Effect) -> str:
    """Say how far the sites differ: ``I² 35%, Q 6.1 (p 0.11), τ² 0.04``."""
    found = effect.found
    if found is None or found.q is None or found.i2 is None or found.tau2 is None or found.q_p_value is None:
        return "one site"
    return (
        f"I² {display.number(found.i2, 0)}%, Q {display.number(found.q, 1)} (p {display.p_value(found.q_p_value)}), "
        f"τ² {display.number(found.tau2)}"
    )


def _heading(effect: Effect) -> str:
    unit = {SHARE: "%", RATIO: "log scale"}.get(_scale(effect), effect.subject.unit)
    return f"{name_of(effect)}{f', {unit}' if unit else ''}: {heterogeneity(effect)}"


def _spoken(effect: Effect) -> str:
    if effect.found is None:
        return name_of(effect)
    value, low, high = (display.number(one, 2) for one in effect.back(effect.found.random))
    return f"{name_of(effect)} {value} ({low} to {high}) over {counted(len(effect.used), 'site')}"


def _caption(effects: Sequence[Effect], *, arrows: bool) -> str:
    missing = sum(len(one.sites) - len(one.used) for one in effects)
    few = max(len(one.used) for one in effects) < 5
    found = (
        "Each site with its 95% interval, then all: one common effect by inverse variance, and random effects with "
        "the variance between sites of Paule and Mandel (τ²) and the interval of Hartung and Knapp."
    )
    undrawn = (
        "Not drawn are sites that state no such effect or whose interval tells no standard error; they are listed with "
        "the combined effects."
    )
    return sentence(
        [
            found,
            "With so few sites that interval is wide, and τ² and I² are hardly known." if few else "",
            undrawn if missing else "",
            "An arrow: the limit lies beyond the axis or has no bound." if arrows else "",
        ]
    )
