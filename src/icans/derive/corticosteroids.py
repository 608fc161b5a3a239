"""Corticosteroids by name, and what a dose of each is worth as dexamethasone."""

from __future__ import annotations

from collections.abc import Sequence

import ibis

from icans.records.drugs import CORTICOSTEROIDS, EQUIVALENT_MG, UNSPECIFIED
from icans.units import MILLIGRAMS

DEXAMETHASONE = EQUIVALENT_MG["dexamethasone"]


def plain(text: ibis.Value) -> ibis.Value:
    """Give a text as names are compared: without spaces around it, in lower case."""
    return text.strip().lower()


def given(treatments: ibis.Table) -> ibis.Table:
    """Give the doses that were given: a charted dose of 0 was not, a dose of unknown amount was."""
    return treatments.filter(treatments.dose.isnull() | (treatments.dose > 0))


def systemic_corticosteroids(treatments: ibis.Table, *, routes: Sequence[str]) -> ibis.Table:
    """Give the doses of systemic corticosteroid, each as dexamethasone.

    Parameters
    ----------
    treatments
        One row a dose: ``patient_id`` (string), ``infusion`` (int64), ``hour`` (float64, hours from infusion),
        ``drug`` (string), ``dose`` (float64), ``dose_unit`` (string), ``route`` (string).
    routes
        Routes that are systemic; a dose without a route counts.

    Returns
    -------
    ibis.Table
        One row a dose: ``patient_id``, ``infusion``, ``hour``, ``mg`` (float64, mg of dexamethasone; null where the
        amount, its unit or the corticosteroid is not known). Unordered.
    """
    doses = given(treatments)
    drug, route = plain(doses.drug), plain(doses.route)
    doses = doses.filter(
        drug.isin([*CORTICOSTEROIDS, *UNSPECIFIED]),
        route.isnull() | (route == "") | route.isin(sorted({name.strip().lower() for name in routes})),
    )
    drug, unit = plain(doses.drug), plain(doses.dose_unit)
    worth = ibis.cases(*((drug.startswith(base), DEXAMETHASONE / mg) for base, mg in EQUIVALENT_MG.items()))
    milligrams = ibis.cases(*((unit == name, factor) for name, factor in MILLIGRAMS.items()))
    return doses.select("patient_id", "infusion", "hour", mg=doses.dose * milligrams * worth)
