"""Doubtful doses: their units, their drugs' names, and drugs that belong to a toxicity nobody recorded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from icans.records.checks.drugs import uncounted_corticosteroids, uncounted_interventions
from icans.records.checks.names import folded, nearest_name, plain, spelling_twins, times
from icans.records.checks.rows import Check, doubtful_rows, place
from icans.records.checks.times import DAY, from_first_infusion
from icans.records.checks.units import unit_counts, unlike_the_rest
from icans.records.drugs import CORTICOSTEROIDS, LIKE_A_CORTICOSTEROID, LOCAL, UNSPECIFIED, WRITTEN
from icans.records.findings import Finding, shown

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir

    from icans.engines import Engine
    from icans.protocol import Intervention, Protocol
    from icans.records.tables import Records

ANTICYTOKINE = re.compile("tocili|siltuxi|actemra|sylvant|^toci$|^siltux$", re.IGNORECASE)
"""Names under which tocilizumab and siltuximab are charted: given for CRS."""

SUMMED = frozenset((*CORTICOSTEROIDS, *UNSPECIFIED))
"""Of these a dose without a route counts as systemic corticosteroid, and not as the intervention's."""


def dose_findings(records: Records, infusions: ibis.Table | None, protocol: Protocol, engine: Engine) -> list[Finding]:
    """Find doubtful doses, and an intervention of which there is none."""
    if "treatments" not in records.present:
        return [_no_treatments(protocol.intervention)]
    counts = engine.rows(unit_counts(records.treatments, ("drug", "route"), "dose_unit", "dose"))
    drugs = Counter[str]()
    for count in counts:
        drugs[count["drug"]] += count["rows"]
    return [
        *_anticytokines_without_crs([drug for drug in drugs if ANTICYTOKINE.search(drug)], records, infusions, engine),
        *unlike_the_rest(counts, ("drug", "route"), file="treatments", column="dose_unit"),
        *_twins(drugs),
        *_routes(counts, protocol),
        *(missing := intervention_findings(counts, protocol.intervention)),
        *uncounted_interventions(counts, protocol.intervention, named=missing),
        *uncounted_corticosteroids(counts, protocol),
    ]


def given_without_crs(doses: ibis.Table) -> ir.BooleanValue:
    """Expect a sign of CRS before tocilizumab and siltuximab, or within a day after: they are given for it."""
    return doses.crs_since.isnull() | (doses.crs_since > doses.since + DAY)


GIVEN_WITHOUT_CRS = Check(
    given_without_crs,
    column="drug",
    value="{drug}",
    problem="was given, but no CRS grade or sign is recorded before it or within 24 hours",
    advice="Record the signs or the grade in crs, or correct the drug or its time.",
)


def _anticytokines_without_crs(
    names: Sequence[str], records: Records, infusions: ibis.Table | None, engine: Engine
) -> list[Finding]:
    if not names or "crs" not in records.present:
        return []
    doses = records.treatments.select(*place(records.treatments), "drug")
    given = from_first_infusion(doses.filter(doses.drug.isin(names)), infusions)
    first = _first_sign_of_crs(records.crs, infusions).rename(of="patient_id")
    beside = given.left_join(first, given.patient_id == first.of)
    return doubtful_rows(beside, [GIVEN_WITHOUT_CRS], file="treatments", engine=engine)


def _first_sign_of_crs(crs: ibis.Table, infusions: ibis.Table | None) -> ibis.Table:
    """Give each patient's first sign of CRS: ``crs_since`` (float64, hours from the first infusion)."""
    fever = (crs.temperature_c >= 38.0) & ~crs.fever_other_cause.fill_null(False)
    sign = (
        fever
        | (crs.crs_grade >= 1)
        | crs.hypotension.isin(["fluids_only", "vasopressor"])
        | crs.oxygen.notin(["none", "comfort_only"])
    )
    first = crs.filter(sign).group_by("patient_id", "infusion").agg(hour=lambda signs: signs.hour.min())
    timed = from_first_infusion(first, infusions)
    return timed.group_by("patient_id").agg(crs_since=timed.since.min())


def _twins(drugs: Mapping[str, int]) -> list[Finding]:
    return [
        Finding(
            severity="warning",
            file="treatments",
            column="drug",
            value=shown(rare),
            problem=f"({times(drugs[rare])}) is spelled almost like {shown(common)} ({times(drugs[common])})",
            advice="If they are one drug, write it one way.",
        )
        for rare, common in spelling_twins(drugs, one_letter=True)
        if folded(rare) != folded(common)  # drugs are compared without case
    ]


def _routes(counts: Iterable[Mapping[str, Any]], protocol: Protocol) -> list[Finding]:
    """Find routes of corticosteroids and of the intervention that no definition names: such doses are not counted."""
    drugs = {folded(drug) for drug in protocol.intervention.drugs}
    own = {folded(route) for route in protocol.intervention.routes}
    named = {folded(route) for route in protocol.steroids.routes} | own | LOCAL | {""}
    unnamed = Counter[str]()
    for count in counts:
        route = folded(count["route"])
        is_own = folded(count["drug"]) in drugs and WRITTEN.get(plain(route)) in {None, *own}
        if route not in named and (is_own or LIKE_A_CORTICOSTEROID.search(count["drug"])):
            unnamed[route] += count["rows"]
    return [
        Finding(
            severity="warning",
            file="treatments",
            column="route",
            value=shown(route),
            problem=f"({times(number)}) is the route of a corticosteroid or of the intervention, and none of those "
            "that [steroids] and [intervention] name: such a dose counts as neither",
            advice=f"Write {WRITTEN.get(plain(route), 'the route as they do')}, or name it there in study.toml.",
        )
        for route, number in sorted(unnamed.items())
    ]


def intervention_findings(counts: Iterable[Mapping[str, Any]], intervention: Intervention) -> list[Finding]:
    """Find drugs of the intervention that no dose has.

    Parameters
    ----------
    counts
        Rows with ``drug`` and ``route``.
    intervention
        The protocol's intervention.
    """
    given = {(folded(count["drug"]), folded(count["route"])) for count in counts}
    names = {count["drug"] for count in counts}
    routes = {folded(route) for route in intervention.routes}
    drugs = {drug: {route for name, route in given if name == folded(drug)} for drug in intervention.drugs}
    if any(ways and (not routes or ways & routes) for ways in drugs.values()):
        return [
            *(
                _missing_drug(f"no dose of {drug}, a drug of the intervention", _is_it(drug, twin))
                for drug, ways in drugs.items()
                if not ways and (twin := nearest_name(drug, names))
            ),
            *(_no_route(drug) for drug, ways in drugs.items() if routes and "" in ways and folded(drug) not in SUMMED),
        ]
    wanted = " or ".join(intervention.drugs) + (f" by route {' or '.join(intervention.routes)}" if routes else "")
    return [_missing_drug(f"no dose belongs to the intervention: {wanted}", _why_none(drugs, names))]


def _why_none(drugs: Mapping[str, set[str]], names: set[str]) -> str:
    otherwise = {drug: sorted(way or "not recorded" for way in ways) for drug, ways in drugs.items() if ways}
    if otherwise:
        ways = "; ".join(f"{drug} by {', '.join(shown(way) for way in ways)}" for drug, ways in otherwise.items())
        return f"There is {ways}: correct the route in treatments, or [intervention] routes in study.toml."
    twins = [_is_it(drug, twin) for drug in drugs if (twin := nearest_name(drug, names))]
    return " ".join(twins) or "Name the drugs as treatments does: [intervention] drugs in study.toml."


def _is_it(drug: str, twin: str) -> str:
    return f"Is {shown(twin)} meant by {drug}? Correct treatments, or [intervention] drugs in study.toml."


def _missing_drug(problem: str, advice: str) -> Finding:
    return Finding(severity="warning", file="treatments", column="drug", problem=problem, advice=advice)


def _no_route(drug: str) -> Finding:
    return Finding(
        severity="warning",
        file="treatments",
        column="route",
        problem=f"some doses of {drug}, a drug of the intervention, have no route: such a dose belongs to no course",
        advice="Record the route.",
    )


def _no_treatments(intervention: Intervention) -> Finding:
    return Finding(
        severity="note",
        file="treatments",
        problem=f"the study has no such table, so nothing about {intervention.name} can be derived",
        advice="Add treatments with the doses given, if there were any.",
    )
