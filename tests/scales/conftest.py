"""Rows of records as plain dictionaries, graded in one query."""

import pyarrow as pa
import pytest
from typer.testing import CliRunner

from icans.engines import connect
from icans.scales import catalogue
from icans.scales.engine import graded
from icans.scales.model import columns
from icans.scales.reading.vocabulary import COLUMNS

DECLARED = {one.name: one.column for scale_id in catalogue.ids() for one in catalogue.load(scale_id).columns_declared}
ARROW = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}


@pytest.fixture(scope="session")
def engine():
    engine = connect()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def tabled(engine):
    """Make a table of rows in the types that records are read as, numbered in the column place."""

    def tabled(rows, names):
        columns = {name: pa.array([row.get(name) for row in rows], kind(name)) for name in names}
        return engine.backend.create_table(
            "rows_given", pa.table({**columns, "place": pa.array(range(len(rows)), pa.int64())}), overwrite=True
        )

    return tabled


@pytest.fixture(scope="session")
def grade(engine, tabled):
    """Grade rows by a scale; columns of the scale that no row has are null, or (`lacking`) not in the table at all."""
    compiled = {}

    def grade(scale, rows, *, unrecorded="unknown", lacking=False):
        read = catalogue.load(scale) if isinstance(scale, str) else scale
        given = dict.fromkeys(name for row in rows for name in row)
        names = tuple(given) if lacking else tuple(dict.fromkeys([*columns(read), *given]))
        table = tabled(rows, names)
        if (read, names, unrecorded) not in compiled:
            compiled[read, names, unrecorded] = engine.backend.compile(graded(table, read, unrecorded=unrecorded))
        result = engine.backend.con.execute(compiled[read, names, unrecorded]).to_arrow_table()
        return sorted(result.to_pylist(), key=lambda row: row["place"])

    return grade


def kind(name):
    column = COLUMNS.get(name) or DECLARED.get(name)
    return ARROW.get(column.kind, pa.string()) if column else None


@pytest.fixture(scope="session")
def runner():
    return CliRunner()
