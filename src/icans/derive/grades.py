"""Grades: every assessment of a toxicity by the scale of the protocol, beside the grade the clinic recorded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

import ibis

from icans.derive.schema import conformed
from icans.records.schema import PATIENTS
from icans.scales.engine import graded
from icans.scales.model import Convention, Fatal, Scale, columns, signs

RECORDED = "recorded"
"""Stands for the scale where only the grade that the clinic recorded is there."""

PLACE = ("patient_id", "infusion", "hour")
FATAL_GRADE = 5


def grades(
    neuro: ibis.Table,
    crs: ibis.Table,
    patients: ibis.Table,
    events: ibis.Table,
    *,
    scales: Mapping[str, Scale],
    unrecorded: Convention,
) -> ibis.Table:
    """Grade every assessment of both toxicities.

    An assessment without any sign of the scale takes the grade the clinic recorded; without that either, it is no
    assessment of that toxicity. Where there are signs they alone decide: if they leave the grade open, the recorded
    grade beside it does not settle it (docs/decisions/0023-recorded-grades.md). The scale's fatal event is grade 5.

    Parameters
    ----------
    neuro, crs, patients, events
        Canonical tables of the records (`icans.records.tables.Records`).
    scales
        Scale of each toxicity, ``icans`` and ``crs``.
    unrecorded
        What a sign that nobody recorded means, as for `icans.scales.engine.graded`.

    Returns
    -------
    ibis.Table
        One row an assessment and toxicity, columns as `icans.derive.schema.DERIVED`. Unordered.

    Raises
    ------
    ScaleError
        A scale cannot read a column.
    """
    seen = {"icans": neuro, "crs": crs}
    parts = [
        _assessed(seen[toxicity], patients, toxicity=toxicity, scale=scale, unrecorded=unrecorded)
        for toxicity, scale in scales.items()
    ]
    parts += [
        _deaths(events, scale.fatal, toxicity=toxicity, scale=scale)
        for toxicity, scale in scales.items()
        if scale.fatal and scale.fatal.column in events.columns
    ]
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _assessed(
    table: ibis.Table, patients: ibis.Table, *, toxicity: str, scale: Scale, unrecorded: Convention
) -> ibis.Table:
    recorded = f"{toxicity}_grade"
    table = _readable(table, patients, scale, recorded)
    shown = [sign for sign in signs(scale) if sign in table.columns]
    if not shown:
        return _recorded_only(table, toxicity, recorded)
    table = table.mutate(signed=reduce(or_, (table[sign].notnull() for sign in shown)))
    rows = graded(table.filter(table.signed | table[recorded].notnull()), scale, unrecorded=unrecorded)
    grade, signed = rows[recorded].cast("int8"), rows.signed
    from_signs = {
        "scale": (rows.scale, ibis.literal(RECORDED)),
        "grade": (rows.grade, grade),
        "grade_low": (rows.grade_low, grade),
        "grade_high": (rows.grade_high, grade),
        "driver": (rows.driver, ibis.literal("")),
        "missing": (rows.missing, ibis.literal("")),
        "excluded": (rows.excluded, ibis.literal("")),
    }
    found = {name: ibis.ifelse(signed, own, instead) for name, (own, instead) in from_signs.items()}
    return conformed(rows.select(*PLACE, toxicity=ibis.literal(toxicity), **found, recorded_grade=grade), "grades")


def _readable(table: ibis.Table, patients: ibis.Table, scale: Scale, recorded: str) -> ibis.Table:
    """Give the columns the scale reads; a patient's own (age, developmental delay) always from `patients`."""
    own = [name for name in columns(scale) if name in PATIENTS.names and name in patients.columns]
    fatal = {scale.fatal.column} if scale.fatal else set()
    read = [name for name in columns(scale) if name in table.columns and name not in {*own, *fatal, recorded}]
    found = table.select(*PLACE, *read, recorded)
    return found.left_join(patients.select("patient_id", *own), "patient_id").drop("patient_id_right") if own else found


def _recorded_only(table: ibis.Table, toxicity: str, recorded: str) -> ibis.Table:
    rows = table.filter(table[recorded].notnull())
    same = dict.fromkeys(("grade", "grade_low", "grade_high", "recorded_grade"), rows[recorded])
    blank = {name: ibis.literal("") for name in ("driver", "missing", "excluded")}
    return conformed(
        rows.select(*PLACE, toxicity=ibis.literal(toxicity), scale=ibis.literal(RECORDED), **same, **blank), "grades"
    )


def _deaths(events: ibis.Table, fatal: Fatal, *, toxicity: str, scale: Scale) -> ibis.Table:
    deaths = events.filter(events[fatal.column] == fatal.event).select(*PLACE).distinct()
    five = {name: ibis.literal(FATAL_GRADE) for name in ("grade", "grade_low", "grade_high")}
    return conformed(
        deaths.mutate(
            toxicity=ibis.literal(toxicity),
            scale=ibis.literal(scale.id),
            **five,
            driver=ibis.literal("death"),
            missing=ibis.literal(""),
            excluded=ibis.literal(""),
            recorded_grade=ibis.null("int8"),
        ),
        "grades",
    )
