"""The columns of the canonical tables, in their order and types."""

from __future__ import annotations

import ibis
import pyarrow as pa

from icans.records.rows import ROW
from icans.records.schema import Table
from icans.records.usable import ARROW

INFUSION = {"infusion": pa.int64(), "start_hour": pa.float64(), "infused_epoch_hour": pa.float64()}
RECORD = {"infusion": pa.int64(), "hour": pa.float64()}
PLACES: dict[str, dict[str, pa.DataType]] = {"patients": {}, "infusions": INFUSION}
"""Columns that stand in place of the time as written; where not named, `RECORD`."""


def types(table: Table) -> dict[str, pa.DataType]:
    """Give the columns every canonical table of this name has, with their types."""
    key, *others = [(column.name, ARROW[column.kind]) for column in table.columns if column.kind != "time"]
    return dict([key, *PLACES.get(table.name, RECORD).items(), *others])


def canonical(rows: ibis.Table, table: Table) -> ibis.Table:
    """Give placed rows the canonical columns: declared ones, null where not found, the study's own, row numbers."""
    schema = ibis.schema(pa.schema(list(types(table).items())))
    declared = {n: rows[n].cast(kind) if n in rows.columns else ibis.null(kind) for n, kind in schema.items()}
    own = [name for name in rows.columns if name not in schema and not name.startswith("_") and name != ROW]
    numbers = [ROW] if ROW in rows.columns else []
    return rows.select(**declared, **{name: rows[name] for name in (*own, *numbers)})


def absent(table: Table) -> ibis.Table:
    """Give a canonical table without rows."""
    return ibis.memtable(pa.schema(list(types(table).items())).empty_table())
