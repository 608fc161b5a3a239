"""Tables that Python holds, in DuckDB."""

from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icans.engines.duckdb import DuckDBEngine
from icans.study import Study

DAYS = [24.0 * day for day in range(14)]


@pytest.fixture
def engine(tmp_path: Path) -> DuckDBEngine:
    return DuckDBEngine(tmp_path)


def test_a_study_of_parquet_without_events_is_derived(engine: DuckDBEngine, tmp_path: Path) -> None:
    names = [f"P{number}" for number in range(8)]
    rows = [
        {"patient_id": name, "time": hour, "icans_grade": 3 if hour < 100 else 0} for name in names for hour in DAYS
    ]
    doses = [{"patient_id": name, "time": 48.0, "drug": "methotrexate", "route": "intrathecal"} for name in names]
    tables = {"patients": [{"patient_id": name} for name in names], "neuro": rows, "treatments": doses}
    for table, held in tables.items():
        pq.write_table(pa.Table.from_pylist(held), tmp_path / f"{table}.parquet")
    (tmp_path / "study.toml").write_text('[study]\ntitle = "Without events"\n[records]\ntime = "hours"\n')
    Study.read(tmp_path, engine).derive(tmp_path / "derived", lambda _step: None)
    survival = pq.read_table(tmp_path / "derived" / "survival.parquet")
    assert {row["event"] for row in survival.to_pylist() if row["endpoint"] == "os"} == {0}


def test_a_table_of_memory_has_its_types_and_rows(engine: DuckDBEngine) -> None:
    held = pa.table(
        {'a "b"': pa.array([1, None], pa.int8()), "flag": [True, None], "none": pa.array([None, None], "float64")}
    )
    assert engine.collect(ibis.memtable(held)).to_pylist() == held.to_pylist()
    assert engine.rows(ibis.memtable(held).filter(ibis._.flag)) == [{'a "b"': 1, "flag": True, "none": None}]


def test_a_table_of_memory_can_be_kept(engine: DuckDBEngine) -> None:
    held = pa.table({"a": [1, 2]})
    assert engine.collect(engine.keep(ibis.memtable(held))).to_pylist() == held.to_pylist()
