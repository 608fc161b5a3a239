"""Bedside moments: what was found at an hour, the ICANS grade and the ICE score side by side."""

from __future__ import annotations

from functools import reduce
from operator import add

import ibis

INFUSION = ("patient_id", "infusion")
ICE_ITEMS = ("ice_orientation", "ice_naming", "ice_commands", "ice_writing", "ice_attention")


def moments(grades: ibis.Table, neuro: ibis.Table, infusions: ibis.Table) -> ibis.Table:
    """Put the settled ICANS grade and the ICE score of each hour side by side.

    Of several at one hour the worst counts: the highest grade, the lowest ICE score. The ICE score is its total, or the
    sum of its items where the total is not recorded and all items are.

    Parameters
    ----------
    grades
        As `icans.derive.grades.grades` gives them.
    neuro
        Bedside assessments: ``patient_id``, ``infusion``, ``hour``, ``ice`` and its items (int64).
    infusions
        The patients and infusions asked for: ``patient_id``, ``infusion``, each once.

    Returns
    -------
    ibis.Table
        One row an infusion and hour with one or both: ``patient_id``, ``infusion``, ``hour``, ``grade`` (int8),
        ``ice`` (int64), null where there is none. Unordered.
    """
    icans = grades.filter(grades.toxicity == "icans", grades.grade.notnull())
    graded = icans.select(*INFUSION, "hour", "grade", ice=ibis.null("int64"))
    scored = neuro.select(*INFUSION, "hour", grade=ibis.null("int8"), ice=_ice(neuro))
    scored = scored.filter(scored.ice.notnull())
    found = graded.semi_join(infusions, INFUSION).union(scored.semi_join(infusions, INFUSION))
    return found.group_by(*INFUSION, "hour").agg(grade=found.grade.max(), ice=found.ice.min())


def _ice(neuro: ibis.Table) -> ibis.Value:
    items = reduce(add, (neuro[item] for item in ICE_ITEMS))
    return ibis.coalesce(neuro.ice, items)
