"""Which effects the sites state of a variable, and on which scale each is combined."""

from __future__ import annotations

from collections.abc import Iterator

from icans.results.network.effects import (
    LOG,
    LOG_LOG,
    LOGIT,
    PLAIN,
    Effect,
    OfSite,
    Scale,
    combined,
    estimate_of,
    proportion_of,
)
from icans.results.network.site import Site, key_of
from icans.results.network.totals import KAPPA, Together, counts_of_rate
from icans.results.rows import Result, Subject

LEVELS = frozenset({">=1", ">=3"})
"""Highest grades whose share is compared between sites."""

BY_COUNTS = "variances from the sites' counts, half a patient added at sites where nobody or everybody had the event"
HELD = "held back"
TRIAL_RATIO, RESTRICTED = "risk_ratio", "restricted mean difference"


def effects_of(together: Together) -> Iterator[Effect]:
    """Give the effects of a variable, each combined over the sites that state it."""
    for level, statistics in together.names.items():
        if _is_proportion(together, level, statistics):
            yield _proportion(together, level)
        for name in ("estimate", "survival", "incidence"):
            if name in statistics and not _is_e_value(level):
                yield _estimate(together, level, (name, "ci_low", "ci_high"), _scale(together, level, name))
        if level is None:
            for name in KAPPA:
                if name in statistics:
                    yield _estimate(together, None, (name, f"{name}_low", f"{name}_high"), PLAIN)


def _is_proportion(together: Together, level: str | None, statistics: dict[str, Result]) -> bool:
    if "percent" not in statistics:
        return False
    if level is None:
        return "events" in statistics or "agree" in statistics
    return together.whole[0] == "toxicity" and level in LEVELS


def _is_e_value(level: str | None) -> bool:
    measure = (level or "").rpartition(": ")[2]
    return measure.startswith("E-value") or measure in {"naive comparison", "comparison"}


def _scale(together: Together, level: str | None, name: str) -> Scale:
    if name != "estimate":
        return LOG_LOG
    is_ratio = (level or "").endswith("ratio") or together.whole[2] == TRIAL_RATIO
    return LOG if is_ratio else PLAIN


def _subject(together: Together, level: str | None, unit: str) -> Subject:
    analysis, group, variable = together.whole
    return Subject(analysis, variable, group, level, unit)


def _proportion(together: Together, level: str | None) -> Effect:
    sites = [_proportion_of(together, site, level) for site in together.having]
    return combined(_subject(together, level, "%"), LOGIT, sites, BY_COUNTS)


def _proportion_of(together: Together, site: Site, level: str | None) -> OfSite:
    events, n = counts_of_rate(together, site, level)
    if events is None or n is None:
        return OfSite(site.name, None, None, None, 0, reason=HELD)
    return proportion_of(site, events, n)


def _estimate(together: Together, level: str | None, names: tuple[str, str, str], scale: Scale) -> Effect:
    rows = {site: [together.row(site, level, name) for name in names] for site in together.having}
    estimates = [(site, one[0]) for site, one in rows.items() if one[0] is not None]
    first = min(estimates, key=lambda one: key_of(one[1]) in one[0].held_back)[1]
    sites = [_estimate_of(site, scale, one, first) for site, one in rows.items()]
    said = names[0] if names[0] in KAPPA else level
    return combined(_subject(together, said, first.unit), scale, sites)


def _estimate_of(site: Site, scale: Scale, rows: list[Result | None], first: Result) -> OfSite:
    estimate, low, high = rows
    if estimate is None:
        return OfSite(site.name, None, None, None, 0, reason="not stated")
    if key_of(estimate) in site.held_back:
        return OfSite(site.name, None, None, None, 0, reason=HELD)
    if estimate.unit != first.unit:
        return OfSite(site.name, None, None, None, estimate.n, reason=f"in {estimate.unit}, not {first.unit}")
    if _kind(estimate) != _kind(first):
        reason = f"estimated in another way ({_kind(estimate)})"
        return OfSite(site.name, None, None, None, estimate.n, reason=reason)
    return estimate_of(site, scale, estimate, low, high)


def _kind(row: Result) -> str:
    """Say how a change or a difference of restricted means was estimated: until when, and by what; else nothing."""
    if row.analysis != "biomarkers" and row.level != RESTRICTED:
        return ""
    return row.method.partition(" with ")[0].rpartition("; ")[2]
