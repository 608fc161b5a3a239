"""Doubtful neurological assessments."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

import ibis

from icans.records.checks.events import grade_5_alive
from icans.records.checks.rows import Check, doubtful_rows, place
from icans.records.findings import Finding
from icans.records.schema import FREQUENCIES, NEURO

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from icans.engines import Engine
    from icans.records.tables import Records

ICE_ITEMS = tuple(column.name for column in NEURO.columns if column.name.startswith("ice_"))
CAPD_ITEMS = tuple(column.name for column in NEURO.columns if column.name.startswith("capd_"))
CAPD_REVERSED = CAPD_ITEMS[:4]
"""Items in which ``never`` is the worst answer (Traube et al. 2014, doi:10.1097/CCM.0b013e3182a66b76)."""


def neuro_findings(records: Records, engine: Engine) -> list[Finding]:
    """Find doubtful neurological assessments."""
    if "neuro" not in records.present:
        return []
    checks = (*CHECKS, grade_5_alive(records, "icans_grade", "ICANS"))
    return doubtful_rows(_with_sums(records.neuro), checks, file="neuro", engine=engine)


def ice_is_not_its_items(neuro: ibis.Table) -> ir.BooleanValue:
    """Expect a total to be the sum of its items, and never less than those recorded."""
    return (neuro.ice < neuro.ice_items) | (neuro.ice != neuro.ice_of_all)


def capd_is_not_its_items(neuro: ibis.Table) -> ir.BooleanValue:
    """Expect a total to be the sum of its items, and never less than those recorded."""
    return (neuro.capd < neuro.capd_items) | (neuro.capd != neuro.capd_of_all)


def high_grade_with_full_ice(neuro: ibis.Table) -> ir.BooleanValue:
    """Expect another sign beside a full ICE score and a grade of 3 or more, for the score earns none.

    Where every other sign was looked for and was absent, the derived grade contradicts the recorded one:
    `icans.derive.contradictions` says so.
    """
    seen = (
        neuro.consciousness.nullif("not_assessable").isin(["voice", "touch", "unarousable"])
        | (neuro.seizure != "none")
        | (neuro.motor == "deep_focal_weakness")
        | (neuro.icp_edema != "none")
    )
    return (neuro.ice_score == 10) & (neuro.icans_grade >= 3) & seen.isnull()


def unarousable_with_ice(neuro: ibis.Table) -> ir.BooleanValue:
    """Expect an ICE score of 0 where a patient cannot be woken."""
    return (neuro.consciousness == "unarousable") & (neuro.ice_score > 0)


CHECKS = (
    Check(
        ice_is_not_its_items,
        column="ice",
        value="{ice}",
        problem="is not the sum of its items, which give {ice_items} as far as recorded",
        advice="Correct the total or the items.",
    ),
    Check(
        capd_is_not_its_items,
        column="capd",
        value="{capd}",
        problem="is not the sum of its items, which give {capd_items} as far as recorded",
        advice="Correct the total or the items; in items 1 to 4 never is 4 points and always is 0.",
    ),
    Check(
        high_grade_with_full_ice,
        column="icans_grade",
        value="{icans_grade}",
        problem="stands beside an ICE score of 10, and no other sign is recorded",
        advice="Record the sign that gave the grade (consciousness, seizure, motor, icp_edema), or correct the grade.",
    ),
    Check(
        unarousable_with_ice,
        column="consciousness",
        value="{consciousness}",
        problem="stands beside an ICE score of {ice_score}",
        advice="A patient who cannot be woken has an ICE score of 0: correct one of the two.",
    ),
)


def _with_sums(neuro: ibis.Table) -> ibis.Table:
    """Put beside each assessment the sum of the items recorded, and the sum of all where all are."""
    ice = [neuro[item] for item in ICE_ITEMS]
    capd = [_points(neuro[item], reverse=item in CAPD_REVERSED) for item in CAPD_ITEMS]
    return neuro.select(
        *place(neuro),
        *("ice", "capd", "consciousness", "seizure", "motor", "icp_edema", "icans_grade"),
        ice_items=_sum_of_recorded(ice),
        ice_of_all=reduce(operator.add, ice),
        ice_score=ibis.coalesce(neuro.ice, _sum_of_recorded(ice)),
        capd_items=_sum_of_recorded(capd),
        capd_of_all=reduce(operator.add, capd),
    )


def _points(answer: ir.StringValue, *, reverse: bool) -> ir.IntegerValue:
    place_on_form = answer.find_in_set(list(FREQUENCIES))
    return len(FREQUENCIES) - 1 - place_on_form if reverse else place_on_form


def _sum_of_recorded(points: Sequence[ir.IntegerValue]) -> ir.IntegerValue:
    total = reduce(operator.add, (point.fill_null(0) for point in points))
    return ibis.coalesce(*points).notnull().ifelse(total, None)
