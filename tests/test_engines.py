import subprocess
import sys
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icans.engines.duckdb import DuckDBEngine
from icans.numbered import Numbered


@pytest.fixture
def engine(tmp_path: Path) -> DuckDBEngine:
    return DuckDBEngine(tmp_path)


def test_a_column_written_by_number_is_read_as_text(engine: DuckDBEngine, tmp_path: Path) -> None:
    table = ibis.memtable({"n": [1, 2, 3, 4], "it's": [1, 0, 3, 2]})
    written = engine.write(Numbered(table, {"it's": ["c", "a'b", "c", ""]}), tmp_path / "t.parquet")
    assert sorted(engine.rows(written), key=lambda row: row["n"]) == [
        {"n": 1, "it's": "a'b"},
        {"n": 2, "it's": "c"},
        {"n": 3, "it's": ""},
        {"n": 4, "it's": "c"},
    ]
    assert str(pq.read_schema(tmp_path / "t.parquet").field("it's").type) == "string"


def test_files_of_one_table_are_matched_by_name_and_keep_their_numbers(engine: DuckDBEngine, tmp_path: Path) -> None:
    paths = [tmp_path / "b[1].parquet", tmp_path / "site=it's" / "a.parquet"]
    paths[1].parent.mkdir()
    pq.write_table(pa.table({"n": [1, 2], "t": ["x", "y"]}), paths[0])
    pq.write_table(pa.table({"m": [0.5], "n": [3]}), paths[1])
    read = engine.read_parquet(paths, numbered=True, by_file={"site": [None, "it's"]})
    assert sorted(engine.rows(read), key=lambda row: row["n"]) == [
        {"n": 1, "t": "x", "m": None, "file_row_number": 0, "file_number": 0, "site": None},
        {"n": 2, "t": "y", "m": None, "file_row_number": 1, "file_number": 0, "site": None},
        {"n": 3, "t": None, "m": 0.5, "file_row_number": 0, "file_number": 1, "site": "it's"},
    ]


def test_tables_go_and_come_without_pandas() -> None:
    code = """
import sys, ibis, pyarrow as pa
from icans.engines import connect
engine = connect()
kept = engine.keep(ibis.memtable(pa.table({"n": pa.array([1, None, 3])})))
assert engine.collect(kept).schema.field("n").type == pa.int64()
assert "pandas" not in sys.modules, "pandas was imported"
import pandas
assert len(pa.array(pandas.Series(["a", None]))) == len(engine.collect(kept).to_pandas()) - 1
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not ran.stderr
