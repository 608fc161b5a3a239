"""Parquet files as other software writes them, read by Spark as DuckDB reads them."""

from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.parity.engines import Engines

from icans.engines.duckdb import DuckDBEngine

MOMENT = datetime.fromisoformat("2024-03-05T08:00:01.25")
TABLE = pa.table(
    {
        "a": pa.array([1, None], pa.int8()),
        "A": pa.array([3, 4], pa.uint32()),
        "b.c `d`": pa.array(["x", None], pa.large_string()),
        "few": pa.array(["x", "y"]).dictionary_encode(),
        "nobody": pa.nulls(2),
        "ns": pa.array([MOMENT, None], pa.timestamp("ns")),
        "ns UTC": pa.array([MOMENT, None], pa.timestamp("ns", "UTC")),
        "us": pa.array([MOMENT, None], pa.timestamp("us")),
        "us UTC": pa.array([MOMENT, None], pa.timestamp("us", "UTC")),
        "flag": pa.array([True, None]),
    }
)


@pytest.fixture
def spark(engines: Engines) -> Any:
    with engines.opened("spark") as opened:
        yield opened


@pytest.fixture
def duckdb(tmp_path: Path) -> Any:
    engine = DuckDBEngine(tmp_path)
    yield engine
    engine.close()


@pytest.mark.parametrize("old", [False, True])
def test_types_and_names_are_read_as_by_duckdb(spark: Any, duckdb: DuckDBEngine, tmp_path: Path, old: bool) -> None:
    table = TABLE.drop_columns(["A"])  # DuckDB takes the two names for one
    path = tmp_path / "a [1] {b} %20 *.parquet"
    pq.write_table(table, path, use_deprecated_int96_timestamps=old)
    opened, expected = spark.read_parquet(path, numbered=True), duckdb.read_parquet(path, numbered=True)
    assert [kind.timezone for kind in opened.schema().types if kind.is_timestamp()] == [
        kind.timezone for kind in expected.schema().types if kind.is_timestamp()
    ]
    asked = ["ns", "ns UTC", "us", "us UTC"]
    for table_of in (opened, expected):
        assert table_of.columns == (*table.column_names, "file_row_number")
    seconds = [
        one.mutate(**{name: one[name].epoch_seconds().cast("float64") for name in asked}).order_by("file_row_number")
        for one in (opened, expected)
    ]
    assert spark.rows(seconds[0]) == duckdb.rows(seconds[1])


def test_names_that_differ_in_case_are_two(spark: Any, tmp_path: Path) -> None:
    pq.write_table(TABLE.select(["a", "A"]), tmp_path / "t.parquet")
    assert spark.rows(spark.read_parquet(tmp_path / "t.parquet"))[0] == {"a": 1, "A": 3}


def test_the_files_of_one_table_are_numbered_and_matched_by_name(
    spark: Any, duckdb: DuckDBEngine, tmp_path: Path
) -> None:
    paths = [tmp_path / "site=A+B %2F" / "1.parquet", tmp_path / "site=[C]" / "1.parquet", tmp_path / "2.parquet"]
    unknown = TABLE.select(["flag", "a"]).append_column("few", pa.nulls(2))
    tables = [TABLE.select(["a", "ns", "few"]), TABLE.select(["a", "ns"]).slice(1), unknown]
    for path, table in zip(paths, tables, strict=True):
        path.parent.mkdir(exist_ok=True)
        pq.write_table(table, path)
    by_file = {"site": ["it's", None, "C"]}
    order = ["file_number", "file_row_number"]
    found = [
        engine.rows(engine.read_parquet(paths, numbered=True, by_file=by_file).drop("ns").order_by(order))
        for engine in (spark, duckdb)
    ]
    assert found[0] == [{name: row[name] for name in found[0][0]} for row in found[1]]
    assert [row["site"] for row in found[0]] == ["it's", "it's", None, "C", "C"]
    plain = spark.read_parquet(paths)
    assert set(plain.columns) == {"a", "ns", "flag", "few"}


def test_a_table_is_kept_with_its_types_and_nulls(spark: Any, tmp_path: Path) -> None:
    held = TABLE.select(["a", "b.c `d`", "flag", "us", "us UTC"]).to_pylist()
    rows = ibis.memtable(TABLE.select(list(held[0])))
    kept, written = spark.keep(rows), spark.write(rows, tmp_path / "t.parquet")
    for table in (kept, written, spark.read_parquet(tmp_path / "t.parquet")):
        assert [kind.copy(scale=None) if kind.is_timestamp() else kind for kind in rows.schema().types] == list(
            table.schema().types
        )
        assert sorted(spark.rows(table), key=str) == sorted(held, key=str)
    empty = spark.keep(rows.filter(rows.a > 9))
    assert (empty.columns, spark.rows(empty)) == (rows.columns, [])
