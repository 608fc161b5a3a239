"""Canonical records made from a few rows, as reading would give them, and what the checks say of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ibis
import pyarrow as pa
import pytest

from icans import engines, protocol
from icans.engines import Engine
from icans.records.checks import check
from icans.records.findings import Finding
from icans.records.schema import TABLES, Kind
from icans.records.tables import Records, RowCount

Rows = Sequence[Mapping[str, Any]]
Checked = Callable[..., list[Finding]]

TYPES: dict[Kind, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "category": pa.string(),
    "categories": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
}

PLAUSIBLE: dict[str, Rows] = {
    "patients": [{"age_years": 54.0}],
    "neuro": [{"hour": 30.0, "ice": 9, "consciousness": "awake", "icans_grade": 1}, {"hour": 38.0, "ice": 10}],
    "crs": [{"hour": 24.0, "temperature_c": 38.6, "hypotension": "none", "oxygen": "none", "crs_grade": 1}],
    "treatments": [
        {"hour": 36.0, "drug": "methotrexate", "dose": 12.0, "dose_unit": "mg", "route": "intrathecal"},
        {"hour": 36.0, "drug": "dexamethasone", "dose": 5.0, "dose_unit": "mg", "route": "intrathecal"},
    ],
    "labs": [{"hour": 20.0, "specimen": "csf", "analyte": "IL-6", "value": 35.0, "unit": "pg/mL"}],
    "events": [{"hour": 900.0, "event": "last_contact"}],
}
"""A patient about whom there is nothing to say; a test changes one thing."""


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    opened = engines.connect()
    yield opened
    opened.close()


@pytest.fixture
def checked(engine: Engine, request: pytest.FixtureRequest) -> Checked:
    """What the checks find in a plausible study with some tables changed; None takes a table away.

    Every row has the `own` columns. A test module may name some of the checks as `find`; otherwise it is all of them.
    """
    find = getattr(request.module, "find", check)

    def check_records(
        *,
        definitions: str = "",
        files: dict[str, str] | None = None,
        own: Mapping[str, Any] | None = None,
        **tables: Rows | None,
    ) -> list[Finding]:
        study = protocol.parse(f'[study]\ntitle = "A study"\n{definitions}'.encode())
        given = {name: rows for name, rows in {**PLAUSIBLE, **tables}.items() if rows is not None}
        rows = {name: [{**row, **(own or {})} for row in table] for name, table in given.items()}
        found: list[Finding] = find(replace(made_records(**rows), files=files or {}), study, engine)
        return found

    return check_records


def made_records(**tables: Rows) -> Records:
    """Make records; a row without a patient is P01's, and a table that is not named is absent."""
    rows = {name: [{"patient_id": "P01", **row} for row in given] for name, given in tables.items()}
    infusions = rows.get("infusions") or [{"patient_id": row["patient_id"]} for row in rows["patients"]]
    made = {name: _table(name, rows.get(name, [])) for name in TABLES if name != "infusions"}
    return Records(
        **made,
        infusions=_infusions(infusions),
        present=frozenset(rows),
        columns={name: frozenset(column for row in given for column in row) for name, given in rows.items()},
        rows={name: RowCount(len(given), len(given)) for name, given in rows.items()},
        findings=(),
    )


def _table(name: str, rows: Rows) -> ibis.Table:
    columns = {column.name: TYPES[column.kind] for column in TABLES[name].columns if column.kind != "time"}
    if name != "patients":
        columns |= {"infusion": pa.int64(), "hour": pa.float64()}
        rows = [{"infusion": 1, **row} for row in rows]
    return _memtable(rows, columns)


def _infusions(rows: Rows) -> ibis.Table:
    columns = {
        "patient_id": pa.string(),
        "infusion": pa.int64(),
        "start_hour": pa.float64(),
        "infused_epoch_hour": pa.float64(),
        "product": pa.string(),
        "target": pa.string(),
        "dose_cells_per_kg": pa.float64(),
    }
    return _memtable([{"infusion": 1, "start_hour": 0.0, **row} for row in rows], columns)


def _memtable(rows: Rows, columns: dict[str, pa.DataType]) -> ibis.Table:
    """Make a table; a column that is not declared takes the type of its first value."""
    own = {name: pa.scalar(value).type for row in rows for name, value in row.items() if value is not None}
    types = {**own, **columns}
    return ibis.memtable(
        pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in types.items()})
    )
