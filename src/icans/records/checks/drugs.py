"""Doses under a name by which nothing counts them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from icans.records.checks.names import SHORTEST, folded, plain, times
from icans.records.drugs import (
    CORTICOSTEROIDS,
    EQUIVALENT_MG,
    LIKE_A_CORTICOSTEROID,
    LOCAL,
    OTHER_NAMES,
    UNSPECIFIED,
    WRITTEN,
)
from icans.records.findings import Finding, shown

if TYPE_CHECKING:
    from icans.protocol import Intervention, Protocol

BETWEEN = re.compile(r"[\s+/&,;()-]+")
"""What stands between the words of a name and the drugs of a combination."""


def uncounted_corticosteroids(counts: Iterable[Mapping[str, Any]], protocol: Protocol) -> list[Finding]:
    """Find corticosteroids under a name that is not summed up, given by a route that is or may be systemic.

    Parameters
    ----------
    counts
        Rows with ``drug``, ``route`` and ``rows``, how many doses have them.
    protocol
        Definitions of the study.
    """
    summed = {*CORTICOSTEROIDS, *UNSPECIFIED}
    systemic = {folded(route) for route in protocol.steroids.routes}
    elsewhere = ({folded(route) for route in protocol.intervention.routes} | LOCAL) - systemic
    found = Counter[str]()
    for count in counts:
        drug = count["drug"]
        like = LIKE_A_CORTICOSTEROID.search(drug) or stands_for(drug, EQUIVALENT_MG)
        if like and folded(drug) not in summed and _route(count["route"]) not in elsewhere:
            found[folded(drug)] += count["rows"]
    return [
        _finding(
            drug,
            f"({times(number)}) looks like a corticosteroid, under a name that is not summed up: such a dose counts "
            "as none",
            f"Write {stands_for(drug, EQUIVALENT_MG) or 'its generic name'}, a row for each drug given; corticosteroid "
            "where its equivalent is not known (docs/decisions/0022-steroids.md).",
        )
        for drug, number in sorted(found.items())
    ]


def uncounted_interventions(
    counts: Iterable[Mapping[str, Any]], intervention: Intervention, *, named: Sequence[Finding]
) -> list[Finding]:
    """Find drugs of the intervention, given by its route, under another name or together in one row.

    Parameters
    ----------
    counts
        Rows with ``drug``, ``route`` and ``rows``, how many doses have them.
    intervention
        The protocol's intervention.
    named
        Findings whose advice names such a drug already.
    """
    drugs = {folded(drug): drug for drug in intervention.drugs}
    routes = {folded(route) for route in intervention.routes}
    asked = " ".join(finding.advice for finding in named).lower()
    found = Counter[str]()
    for count in counts:
        drug = folded(count["drug"])
        by_route = not routes or _route(count["route"]) in routes
        if by_route and drug not in drugs and stands_for(drug, drugs) and f"is {shown(drug)} meant" not in asked:
            found[drug] += count["rows"]
    return [
        _finding(
            drug,
            f"({times(number)}) looks like {drugs[stands_for(drug, drugs)]}, a drug of the intervention, under another "
            "name: such a dose belongs to no course",
            "Write the drugs as [intervention] drugs in study.toml does, a row for each, or add this name there.",
        )
        for drug, number in sorted(found.items())
    ]


def stands_for(name: str, drugs: Iterable[str]) -> str:
    """Give the drug that a charted name stands for: its salt, an abbreviation, a brand, a combination; empty if none.

    Parameters
    ----------
    name
        The name as charted.
    drugs
        Names of drugs, without case.
    """
    known = {_generic(plain(drug)): drug for drug in drugs}
    for word in (plain(name), *map(plain, BETWEEN.split(name))):
        if _generic(word) in known:
            return known[_generic(word)]
        longer = (drug for generic, drug in known.items() if len(generic) >= SHORTEST and word.startswith(generic))
        if drug := next(longer, ""):
            return drug
    return ""


def _generic(word: str) -> str:
    return next((generic for generic, others in OTHER_NAMES.items() if word in others), word)


def _route(route: str | None) -> str:
    return WRITTEN.get(plain(route or ""), folded(route))


def _finding(drug: str, problem: str, advice: str) -> Finding:
    return Finding(
        severity="warning", file="treatments", column="drug", value=shown(drug), problem=problem, advice=advice
    )
