"""Small tables a clinician can read, as tables of an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ibis
import pyarrow as pa
import pytest

from icans.derive.schema import ASKED_FOR, DERIVED
from icans.engines import Engine, connect
from icans.records.schema import TABLES

Row = dict[str, Any]
Make = Callable[..., ibis.Table]
Rows = Callable[..., list[Row]]

KINDS = {"integer": "int64", "number": "float64", "boolean": "boolean"}
PLACE = {"infusion": "int64", "hour": "float64"}
RECORDS = {
    name: {column.name: KINDS.get(column.kind, "string") for column in table.columns if column.name != "time"} | PLACE
    for name, table in TABLES.items()
}
INFUSIONS = RECORDS["infusions"] | {"start_hour": "float64", "infused_epoch_hour": "float64"}
INFUSIONS.pop("hour")
COLUMNS = (
    RECORDS
    | {"infusions": INFUSIONS, "patients": {k: v for k, v in RECORDS["patients"].items() if k not in PLACE}}
    | {name: {column: kind for column, (kind, _) in columns.items()} for name, columns in (DERIVED | ASKED_FOR).items()}
)
"""Columns of every table of records (once read) and every derived one, with their types."""

ARROW = {
    "string": pa.string(),
    "int64": pa.int64(),
    "int8": pa.int8(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
}
DEFAULTS = {"infusion": 1, "toxicity": "icans", "start_hour": 0.0}


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    engine = connect()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def make() -> Make:
    """Make a table from rows, or from text: a line of column names, then a line a row; ``-`` is null."""

    def table(name: str, rows: str | Iterable[Row] = ()) -> ibis.Table:
        found = read(rows, COLUMNS[name]) if isinstance(rows, str) else list(rows)
        columns = {
            column: pa.array([row.get(column, DEFAULTS.get(column)) for row in found], ARROW[kind])
            for column, kind in COLUMNS[name].items()
        }
        return ibis.memtable(pa.table(columns))

    return table


@pytest.fixture(scope="session")
def rows(engine: Engine) -> Rows:
    """Bring a table to Python: the columns named, all if none, in the order of its values."""

    def bring(table: ibis.Table, *columns: str) -> list[Any]:
        found = engine.rows(table.select(*columns) if columns else table)
        ordered = sorted(found, key=lambda row: [(value is not None, value) for value in row.values()])
        return [tuple(row.values()) for row in ordered] if columns else ordered

    return bring


def read(text: str, kinds: dict[str, str]) -> list[Row]:
    header, *lines = [line.split() for line in text.strip().splitlines()] or [[]]
    return [
        {column: cell(word, kinds[column]) for column, word in zip(header, words, strict=True)}
        for words in lines
        if words
    ]


def cell(word: str, kind: str) -> object:
    if word == "-":
        return None
    if kind == "boolean":
        return {"yes": True, "no": False}[word]
    return {"string": str, "int64": int, "int8": int, "float64": float}[kind](word)
