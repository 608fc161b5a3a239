"""Bedside moments: what was found at an hour, the ICANS grade and the ICE score side by side."""

from __future__ import annotations

from functools import reduce
from operator import add

import ibis

INFUSION = ("patient_id", "infusion")
ICE_ITEMS = ("ice_orientation", "ice_naming", "ice_commands", "ice_writing", "ice_attention")


def moments(treated: ibis.Table, grades: ibis.Table, neuro: ibis.Table) -> ibis.Table:
    """Put the settled ICANS grade and the ICE score of each hour since onset of a treated episode side by side.

    Of several at one hour the worst counts: the highest grade, the lowest ICE score. The ICE score is its total, or the
    sum of its items where the total is not recorded and all items are.

    Parameters
    ----------
    treated
        One row a treated episode: ``case`` (int64, its number), ``patient_id``, ``infusion``, ``onset_hour``.
    grades
        As `icans.derive.grades.grades` gives them.
    neuro
        Bedside assessments: ``patient_id``, ``infusion``, ``hour``, ``ice`` and its items (int64).

    Returns
    -------
    ibis.Table
        One row a treated episode and hour with one or both, to the end of that infusion's records: ``case``, ``hour``,
        ``grade`` (int8), ``ice`` (int64), null where there is none. Unordered.
    """
    icans = grades.filter(grades.toxicity == "icans", grades.grade.notnull())
    graded = _since_onset(treated, icans.select(*INFUSION, "hour", "grade", ice=ibis.null("int64")))
    scored = neuro.select(*INFUSION, "hour", grade=ibis.null("int8"), ice=ice_score(neuro))
    scored = _since_onset(treated, scored.filter(scored.ice.notnull()))
    found = graded.union(scored)
    return found.group_by("case", "hour").agg(grade=found.grade.max(), ice=found.ice.min())


def _since_onset(treated: ibis.Table, rows: ibis.Table) -> ibis.Table:
    onsets = treated.select("case", *INFUSION, "onset_hour")
    joined = rows.inner_join(onsets, [*INFUSION, rows.hour >= onsets.onset_hour])
    return joined.select("case", "hour", "grade", "ice")


def ice_score(neuro: ibis.Table) -> ibis.Value:
    """Give the ICE score of each assessment: its total, or the sum of its items where all of them are recorded."""
    items = reduce(add, (neuro[item] for item in ICE_ITEMS))
    return ibis.coalesce(neuro.ice, items)
