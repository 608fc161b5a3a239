"""Grades: every assessment of a toxicity by the scale of the protocol, beside the grade the clinic recorded."""

from __future__ import annotations

from collections.abc import Mapping

import ibis

from icans.derive.schema import conformed
from icans.numbered import NUMBER, Numbered, stacked
from icans.records.schema import PATIENTS
from icans.scales import engine
from icans.scales.model import DEATH, Convention, Fatal, Scale, columns, signs
from icans.scales.states import decided_conditions

RECORDED = "recorded"
"""Stands for the scale where only the grade that the clinic recorded is there."""

PLACE = ("patient_id", "infusion", "hour")
LISTS = ("driver", "missing", "excluded")
FATAL_GRADE = 5


def grades(
    neuro: ibis.Table,
    crs: ibis.Table,
    patients: ibis.Table,
    events: ibis.Table,
    *,
    scales: Mapping[str, Scale],
    unrecorded: Convention,
) -> Numbered:
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
    Numbered
        One row an assessment and toxicity, columns as `icans.derive.schema.DERIVED` once in words. Unordered.

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
    return stacked([*deaths, *assessed])


def _assessed(
    table: ibis.Table, patients: ibis.Table, *, toxicity: str, scale: Scale, unrecorded: Convention
) -> Numbered:
    recorded = f"{toxicity}_grade"
    if not any(sign in table.columns for sign in signs(scale)):
        return _recorded_only(table, toxicity, recorded)
    readable, decided = _readable(table, patients, scale, recorded)
    found = engine.numbered_grades(readable, scale, unrecorded=unrecorded, decided=decided)
    rows = found.table
    rows = rows.filter(ibis.ifelse(rows.signed, ibis.literal(True), rows[recorded].notnull()))
    signed, grade = rows.signed, rows[recorded].cast("int8")

    def where_signed(name: str) -> ibis.Value:
        nothing = ibis.literal(0, NUMBER) if name in found.texts else ibis.literal("")
        return ibis.ifelse(signed, rows[name], nothing)

    numbered = rows.select(
        *PLACE,
        toxicity=ibis.literal(0, NUMBER),
        scale=ibis.ifelse(signed, rows.scale, ibis.literal(1, NUMBER)),
        grade=ibis.ifelse(signed, rows.grade, grade),
        grade_low=ibis.ifelse(signed, rows.grade_low, grade),
        grade_high=ibis.ifelse(signed, rows.grade_high, grade),
        **{name: where_signed(name) for name in LISTS},
        recorded_grade=grade,
    )
    return Numbered(numbered, {**found.texts, "toxicity": [toxicity], "scale": [*found.texts["scale"], RECORDED]})


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


def _recorded_only(table: ibis.Table, toxicity: str, recorded: str) -> Numbered:
    rows = table.filter(table[recorded].notnull())
    return _alike(rows, rows[recorded], rows[recorded], toxicity=toxicity, scale=RECORDED, driver="")


def _deaths(events: ibis.Table, fatal: Fatal, *, toxicity: str, scale: Scale) -> Numbered:
    deaths = events.filter(events[fatal.column] == fatal.event).select(*PLACE).distinct()
    return _alike(deaths, ibis.literal(FATAL_GRADE), ibis.null("int8"), toxicity=toxicity, scale=scale.id, driver=DEATH)


def _alike(rows: ibis.Table, grade: ibis.Value, recorded: ibis.Value, **texts: str) -> Numbered:
    """Give rows a settled grade and the same texts."""
    same = {"missing": "", "excluded": "", **texts}
    numbers = dict.fromkeys(same, ibis.literal(0, NUMBER))
    grades = dict.fromkeys(("grade", "grade_low", "grade_high"), grade)
    table = conformed(rows.mutate(**numbers, **grades, recorded_grade=recorded), "grades", numbered=same)
    return Numbered(table, {name: [text] for name, text in same.items()})
