"""What DuckDB may take, and what it says when that, or the disk, does not do."""

from collections.abc import Iterator
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icans.engines import connect
from icans.engines.duckdb import DuckDBEngine
from icans.engines.limits import Limits, limits
from icans.errors import CallError, EngineError

LARGE = 300_000


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    engine = DuckDBEngine(tmp_path / "scratch", Limits(threads=2))
    yield engine
    engine.close()


def sorted_numbers() -> ibis.Table:
    numbers = ibis.range(0, LARGE).unnest().name("n").as_table()
    text = (numbers.n * 7919 % LARGE).cast("string")
    return numbers.mutate(text=text, place=ibis.row_number().over(order_by=text))


def set_to(engine: DuckDBEngine, **settings: str) -> None:
    for name, value in settings.items():
        engine.backend.con.execute(f"SET {name} = '{value}'")


def refusal(engine: DuckDBEngine, table: ibis.Table, out: Path) -> str:
    with pytest.raises(EngineError) as refused:
        engine.write(table, out)
    return str(refused.value)


def test_too_little_memory_is_said(engine: DuckDBEngine, tmp_path: Path) -> None:
    set_to(engine, memory_limit="5MB")
    assert refusal(engine, sorted_numbers(), tmp_path / "t.parquet") == (
        "t.parquet: the memory that may be used is too little.\n"
        "  Give more with --memory, or use fewer threads with --threads."
    )


def test_a_disk_without_room_for_what_does_not_fit_in_memory_is_said(engine: DuckDBEngine, tmp_path: Path) -> None:
    set_to(engine, memory_limit="10MB", max_temp_directory_size="1MB")
    assert refusal(engine, sorted_numbers(), tmp_path / "t.parquet") == (
        "t.parquet: the disk has no room for what does not fit in memory.\n"
        "  Free space there, or give more memory with --memory."
    )


def test_a_full_disk_under_the_output_is_said(engine: DuckDBEngine) -> None:
    assert refusal(engine, sorted_numbers(), Path("/dev/full")) == (
        "full cannot be written (No space left on device).\n"
        "  Free space on that disk, or name another place with --out."
    )


def test_a_file_that_changes_under_the_run_is_said(engine: DuckDBEngine, tmp_path: Path) -> None:
    path = tmp_path / "neuro.parquet"
    pq.write_table(pa.table({"n": [1]}), path)
    read = engine.read_parquet(path)
    pq.write_table(pa.table({"m": ["x"]}), path)
    said = f"{path} was changed or removed while it was read.\n  Run again when nothing writes to it."
    assert refusal(engine, read, tmp_path / "t.parquet") == said
    path.unlink()
    assert refusal(engine, read, tmp_path / "t.parquet") == said


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_run_that_is_stopped_ends_as_one_that_is_stopped(engine: DuckDBEngine, stop: type[BaseException]) -> None:
    with pytest.raises(stop), engine._refusals("t"):
        raise RuntimeError("Query interrupted") from stop


def test_limits_are_those_of_the_whole_process(tmp_path: Path) -> None:
    asked = limits("4 GB", 2)
    assert asked == Limits(4_000_000_000, 2)
    engine = connect(limits=asked)
    memory, threads = engine.backend.con.execute(
        "SELECT current_setting('memory_limit'), current_setting('threads')"
    ).fetchone()
    assert (memory, threads) == ("3.3 GiB", 2)
    engine.close()


@pytest.mark.parametrize("memory", ["4", "lots", "GB", "-1GB", "4 apples", "100MB"])
def test_an_amount_that_cannot_be_meant_is_a_wrong_call(memory: str) -> None:
    with pytest.raises(CallError, match=f"--memory {memory}: "):
        limits(memory)


def test_another_engine_is_not_limited_by_these() -> None:
    with pytest.raises(CallError, match="limit DuckDB, and the engine is spark"):
        connect("spark", limits=Limits(threads=1))


def test_how_much_of_a_query_is_done_can_be_watched(engine: DuckDBEngine) -> None:
    done = engine.watch()
    engine.rows(sorted_numbers().limit(1))
    assert done() is None or 0 <= done() <= 1
