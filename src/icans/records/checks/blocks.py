"""Rows that stand among those of another patient, as after a slip of the hand in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from icans.records.checks.rows import Check, doubtful_rows, place
from icans.records.findings import Finding

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from icans.engines import Engine
    from icans.records.tables import Records

TABLES = ("neuro", "crs", "treatments", "labs", "events")
PATIENTS_A_STRAY = 10
"""A table in which more than one patient in this many has a strayed row is not kept patient by patient."""


def block_findings(records: Records, engine: Engine) -> list[Finding]:
    """Find single rows of one patient between two rows of another, in tables otherwise kept patient by patient."""
    found = []
    for name in TABLES:
        table = getattr(records, name)
        if name in records.present and "row" in place(table):
            found += doubtful_rows(_beside(table.select(place(table))), [CHECK], file=name, engine=engine)
    return found


def strays(rows: ibis.Table) -> ir.BooleanValue:
    """Expect the rows of a patient to stand together, where nearly all do."""
    in_blocks = rows.blocks <= rows.patients + 2 * rows.strayed
    return rows.is_stray & in_blocks & (rows.strayed * PATIENTS_A_STRAY <= rows.patients)


def _beside(table: ibis.Table) -> ibis.Table:
    """Give each row the patients of the rows before and after it, and how the table is kept."""
    in_order = ibis.window(order_by="row")
    own = table.patient_id
    sided = table.mutate(before=own.lag().over(in_order), after=own.lead().over(in_order))
    between = (sided.before == sided.after) & (sided.before != sided.patient_id)
    marked = sided.mutate(
        is_stray=between.fill_null(False),
        begins=sided.before.isnull() | (sided.before != sided.patient_id),
    )
    whole = marked.agg(strayed=marked.is_stray.sum(), blocks=marked.begins.sum(), patients=marked.patient_id.nunique())
    return marked.cross_join(whole)


CHECK = Check(
    strays,
    column="patient_id",
    value="{patient_id}",
    problem="stands between rows of {before}",
    advice="Correct the patient if the row belongs to the block around it.",
)
