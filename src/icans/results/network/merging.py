"""The results of several sites as one table: counts added up, means pooled, effects combined, and what cannot be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from icans.errors import StudyError
from icans.results.network import definitions
from icans.results.network.effects import Effect, effect_rows
from icans.results.network.found import effects_of
from icans.results.network.site import Site
from icans.results.network.totals import Together, total_rows
from icans.results.rows import Result

LEFT_OUT = {
    "sensitivity": "definitions tried at a site",
    "small_samples": "one site's posterior",
    "natural_history": "a model of one site's patients",
    "comparison_baseline": "characteristics by group",
}
"""Analyses that are not merged."""

FEW = 5
"""Sites from which on the variance between them can be told at all."""


@dataclass(frozen=True)
class Merged:
    """The results of several sites together.

    Parameters
    ----------
    sites
        The sites.
    results
        Rows of results; none names a patient.
    effects
        The effects that were combined, with what each site contributed.
    cautions
        What a reader must know of the sites, as sentences.
    """

    sites: tuple[Site, ...]
    results: list[Result]
    effects: tuple[Effect, ...]
    cautions: tuple[str, ...]


def merge(sites: Sequence[Site], *, mixed: bool = False) -> Merged:
    """Merge the aggregate results of sites.

    Parameters
    ----------
    sites
        Two or more.
    mixed
        Whether definitions may differ.

    Raises
    ------
    StudyError
        Two sites are one, or their definitions differ.
    """
    _refuse_twice(sites)
    differ = definitions.differences(sites)
    if differ and not mixed:
        raise StudyError(
            "\n".join(("The sites do not count the same: their definitions differ.", *(f"  {one}" for one in differ))),
            "Agree on one study.toml and report again, or merge all the same with --mixed.",
        )
    results: list[Result] = []
    effects: list[Effect] = []
    for together in _variables(sites):
        results += total_rows(together)
        for effect in effects_of(together):
            effects.append(effect)
            results += effect_rows(effect, len(sites))
    cautions = [f"Definitions differ and were merged all the same: {one}" for one in differ]
    if differ:
        results = [replace(row, method=f"{row.method}; definitions differ between sites") for row in results]
    return Merged(tuple(sites), results, tuple(effects), (*cautions, *_cautions(sites), *_one_sided(effects)))


def _variables(sites: Sequence[Site]) -> Iterator[Together]:
    """Give what sites state, variable by variable, in the order of the first site that has it within its analysis."""
    order: dict[str, dict[tuple[str, str | None, str], None]] = {}
    for site in sites:
        for analysis, group, variable, _, _ in site.rows:
            if analysis not in LEFT_OUT:
                order.setdefault(analysis, {})[analysis, group, variable] = None
    for wholes in order.values():
        for whole in wholes:
            yield Together(whole, tuple(sites))


def _refuse_twice(sites: Sequence[Site]) -> None:
    for number, one in enumerate(sites):
        for other in sites[number + 1 :]:
            if one.digest == other.digest or _are_one(one, other):
                raise StudyError(
                    f"{one.name} and {other.name} state the same numbers to the last digit: the same patients, "
                    "who would count twice.",
                    "Name each site once.",
                )


def _are_one(one: Site, other: Site) -> bool:
    """Tell the same patients by what no others have: every mean and spread alike, four of them no whole numbers."""
    pairs = [
        (row.value, same.value)
        for key, row in one.rows.items()
        if row.analysis in {"baseline", "toxicity"} and row.statistic in {"mean", "sd"} and row.value and row.n > 2
        if (same := other.rows.get(key)) is not None and same.value is not None
    ]
    return sum(not first.is_integer() for first, _ in pairs) >= 4 and all(first == second for first, second in pairs)


def _one_sided(effects: Sequence[Effect]) -> Iterator[str]:
    """Say that curves are combined without the sites where nobody, or everybody, had the event."""
    left = dict.fromkeys(one.site for effect in effects if effect.used for one in effect.sites if one.flat)
    if left:
        yield (
            f"Survival or incidence of 0% or 100% has no standard error: where a curve of {', '.join(left)} is there, "
            "the site is left out, and the combined value leans towards the others."
        )


def _cautions(sites: Sequence[Site]) -> Iterator[str]:
    for number, one in enumerate(sites):
        for other in sites[number + 1 :]:
            common = len(one.patients & other.patients)
            if common and common >= 0.5 * min(len(one.patients), len(other.patients)):
                yield (
                    f"{one.name} and {other.name} both have {common:,} ids of patients. Where these are the same "
                    "people, they count twice."
                )
    silent = [site.name for site in sites if not site.definitions]
    if silent:
        yield (
            f"{', '.join(silent)}: no protocol stands beside the results, so that definitions which no method names, "
            "such as quiet_hours, could not be compared."
        )
    if len(sites) < FEW:
        yield (
            f"With {len(sites)} sites the interval of the random effects is wide, and how far sites differ is hardly "
            "known."
        )
    held = [site.name for site in sites if site.held_back]
    if held:
        yield f"Numbers held back as too small: {', '.join(held)}. Sums that need them are given as bounds."
