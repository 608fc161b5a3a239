"""Rows that stand twice, and assessments at the same hour that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from icans.records.checks.rows import Check, doubtful_rows, place
from icans.records.findings import Finding

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from icans.engines import Engine
    from icans.records.tables import Records

MOMENT = ("patient_id", "infusion", "hour")
NAMED_BY = {
    "neuro": MOMENT,
    "crs": MOMENT,
    "treatments": (*MOMENT, "drug"),
    "labs": (*MOMENT, "specimen", "analyte"),
    "events": (*MOMENT, "event"),
}
"""What names a row of each timed table: rows that agree in it are compared with each other."""
DIFFERING = ("neuro", "crs", "labs")
"""Tables in which two rows of one name contradict each other; two doses of a drug at one time may be meant."""


def repeat_findings(records: Records, engine: Engine) -> list[Finding]:
    """Find rows that repeat another, or contradict it."""
    timed = [name for name in NAMED_BY if name in records.present]
    if not timed:
        return []
    several = {name: _several(getattr(records, name), NAMED_BY[name]) for name in timed}
    counted = (keys.agg(name=ibis.literal(name), keys=keys.count()) for name, keys in several.items())
    found = []
    for name in (count["name"] for count in engine.rows(ibis.union(*counted)) if count["keys"]):
        compared = _compared(getattr(records, name), several[name], NAMED_BY[name])
        found += doubtful_rows(compared, _checks(name), file=name, engine=engine)
    return found


def repeated(compared: ibis.Table) -> ir.BooleanValue:
    """Expect rows to differ: equal ones are copies, or two acts at one time, and only the centre can tell."""
    return compared.copies > 0


def differs(compared: ibis.Table) -> ir.BooleanValue:
    """Expect one outcome of one assessment."""
    return compared.different > 1


def _checks(name: str) -> list[Check]:
    *others, last = ("patient", "time", *NAMED_BY[name][len(MOMENT) :])
    alike = f"rows of one {', '.join(others)} and {last}"
    repeats = Check(
        repeated,
        problem=f"{{copies}} of {{rows}} {alike} repeat another in every column",
        advice="Delete what is a copy; every row is used as it stands.",
    )
    contradicts = Check(
        differs,
        problem=f"{{different}} {alike} differ",
        advice="Keep the right one, or correct the time of the others.",
    )
    return [repeats, contradicts] if name in DIFFERING else [repeats]


def _several(table: ibis.Table, key: tuple[str, ...]) -> ibis.Table:
    """Give the names that more than one row has."""
    named = table.group_by(list(key)).agg(rows=table.count())
    return named.filter(named.rows > 1).drop("rows")


def _compared(table: ibis.Table, several: ibis.Table, key: tuple[str, ...]) -> ibis.Table:
    """Give one row for each name of several: ``rows``, how many are ``different`` or ``copies``, the last ``row``."""
    alike = table.semi_join(several, list(key))
    cells = ibis.struct({column: alike[column] for column in alike.columns if column != "row"})
    last = {"row": alike.row.max()} if "row" in place(alike) else {}
    compared = alike.group_by(list(key)).agg(rows=alike.count(), different=cells.nunique(), **last)
    return compared.mutate(copies=compared.rows - compared.different)
