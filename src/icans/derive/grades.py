"""Grades: every assessment of a toxicity by the scale of the protocol, beside the grade the clinic recorded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import ibis

from icans.derive.schema import conformed
from icans.records.schema import PATIENTS
from icans.scales import engine
from icans.scales.model import DEATH, Convention, Fatal, Scale, columns, signs
from icans.scales.states import decided_conditions

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
    deaths = [
        _deaths(events, scale.fatal, toxicity=toxicity, scale=scale)
        for toxicity, scale in scales.items()
        if scale.fatal and scale.fatal.column in events.columns
    ]
    assessed = [
        _assessed(seen[toxicity], patients, toxicity=toxicity, scale=scale, unrecorded=unrecorded)
        for toxicity, scale in scales.items()
    ]
    # Each union copies the query of both its sides: the long ones are added last.
    return reduce(lambda one, other: other.union(one), [*deaths, *assessed])


def texts(scales: Mapping[str, Scale]) -> dict[str, list[str]]:
    """Give every text that a column of `grades` can hold, for the columns where those are few."""
    found = [
        {"toxicity": [toxicity], "scale": [scale.id, RECORDED], **engine.texts(scale)}
        for toxicity, scale in scales.items()
    ]
    few = [column for column in found[0] if all(column in one for one in found)]
    every = {column: [text for one in found for text in one[column]] for column in few}
    return {
        column: list(dict.fromkeys([*those, *([DEATH] if column == "driver" else [])]))
        for column, those in every.items()
    }


def _assessed(
    table: ibis.Table, patients: ibis.Table, *, toxicity: str, scale: Scale, unrecorded: Convention
) -> ibis.Table:
    recorded = f"{toxicity}_grade"
    if not any(sign in table.columns for sign in signs(scale)):
        return _recorded_only(table, toxicity, recorded)
    readable, decided = _readable(table, patients, scale, recorded)
    rows = engine.graded(readable, scale, unrecorded=unrecorded, decided=decided)
    rows = rows.filter(ibis.ifelse(rows.signed, ibis.literal(True), rows[recorded].notnull()))
    signed, grade, blank = rows.signed, rows[recorded].cast("int8"), ibis.literal("")
    return rows.select(
        *PLACE,
        toxicity=ibis.literal(toxicity),
        scale=ibis.ifelse(signed, rows.scale, RECORDED),
        grade=ibis.ifelse(signed, rows.grade, grade),
        grade_low=ibis.ifelse(signed, rows.grade_low, grade),
        grade_high=ibis.ifelse(signed, rows.grade_high, grade),
        driver=ibis.ifelse(signed, rows.driver, blank),
        missing=ibis.ifelse(signed, rows.missing, blank),
        excluded=ibis.ifelse(signed, rows.excluded, blank),
        recorded_grade=grade,
    )


def _readable(
    table: ibis.Table, patients: ibis.Table, scale: Scale, recorded: str
) -> tuple[ibis.Table, dict[str, str]]:
    """Give the columns the scale reads, and ``signed``: any sign of it was recorded; and the conditions already there.

    What is a patient's own (age, developmental delay) always comes from `patients`, and what it decides is decided once
    a patient.
    """
    own = [name for name in columns(scale) if name in PATIENTS.names and name in patients.columns]
    fatal = {scale.fatal.column} if scale.fatal else set()
    read = [name for name in columns(scale) if name in table.columns and name not in {*own, *fatal, recorded}]
    # Cases, not OR: most rows are done with the first sign.
    signed = ibis.cases(*((table[sign].notnull(), True) for sign in signs(scale) if sign in read), else_=False)
    if not own:
        return table.select(*PLACE, *read, recorded, signed=signed), {}
    known = patients.select("patient_id", *own)
    conditions = decided_conditions(known, scale)
    decided = {name: f"decided_{name}" for name in conditions}
    known = known.mutate(**{decided[name]: condition for name, (condition, _) in conditions.items()})
    joined = table.left_join(known, table.patient_id == known.patient_id)
    return joined.select(
        *(table[name] for name in (*PLACE, *read, recorded)),
        *(known[name] for name in own),
        **{decided[name]: known[decided[name]].fill_null(unknown) for name, (_, unknown) in conditions.items()},
        signed=signed,
    ), decided


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
            driver=ibis.literal(DEATH),
            missing=ibis.literal(""),
            excluded=ibis.literal(""),
            recorded_grade=ibis.null("int8"),
        ),
        "grades",
    )
