"""Corticosteroids by name, and what a dose of each is worth as dexamethasone."""

from __future__ import annotations

from collections.abc import Sequence

import ibis

from icans.units import MILLIGRAMS

EQUIVALENT_MG = {
    "dexamethasone": 0.75,
    "betamethasone": 0.75,
    "methylprednisolone": 4.0,
    "triamcinolone": 4.0,
    "prednisolone": 5.0,
    "prednisone": 5.0,
    "hydrocortisone": 20.0,
    "cortisone": 25.0,
}
"""Doses in mg of the same anti-inflammatory effect, by mouth or vein.

Source: the table of equivalents in the FDA-approved label of dexamethasone tablets (docs/decisions/0022-steroids.md).
"""

DEXAMETHASONE = EQUIVALENT_MG["dexamethasone"]

SALTS = (
    "acetate",
    "acetonide",
    "hemisuccinate",
    "hydrogen succinate",
    "phosphate",
    "sodium phosphate",
    "sodium succinate",
    "succinate",
)
"""Salts and esters under which a corticosteroid is charted; the dose counts as that of its base."""

UNSPECIFIED = (
    "corticosteroid",
    "corticosteroids",
    "glucocorticoid",
    "glucocorticoids",
    "steroid",
    "steroids",
    "systemic corticosteroid",
    "systemic corticosteroids",
    "systemic steroid",
    "systemic steroids",
)
"""Names that say no more than that a corticosteroid was given: its amount is not known."""


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
        drug.isin([name for base in EQUIVALENT_MG for name in _names(base)] + list(UNSPECIFIED)),
        route.isnull() | (route == "") | route.isin(sorted({name.strip().lower() for name in routes})),
    )
    drug, unit = plain(doses.drug), plain(doses.dose_unit)
    worth = ibis.cases(*((drug.startswith(base), DEXAMETHASONE / mg) for base, mg in EQUIVALENT_MG.items()))
    milligrams = ibis.cases(*((unit == name, factor) for name, factor in MILLIGRAMS.items()))
    return doses.select("patient_id", "infusion", "hour", mg=doses.dose * milligrams * worth)


def _names(base: str) -> list[str]:
    return [base, *(f"{base} {salt}" for salt in SALTS)]
