"""What goes wrong on Spark is a sentence, and nothing of Java reaches the screen."""

import os
import subprocess
import sys
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from py4j.protocol import Py4JError
from tests.parity.engines import Engines

from icans.engines.spark_files import refuse_missing
from icans.engines.spark_refusals import not_started, refusals
from icans.errors import EngineError

OLD_JAVA = """#!/bin/sh
echo "Error: LinkageError occurred while loading main class org.apache.spark.launcher.Main" >&2
echo "java.lang.UnsupportedClassVersionError: class file version 61.0" >&2
exit 1
"""


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "study.toml").write_text('[study]\ntitle = "A study"\n[records]\ntime = "hours"\n')
    (folder / "patients.csv").write_text("patient_id\nP1\n")
    (folder / "neuro.csv").write_text("patient_id,time,icans_grade\nP1,1,2\n")
    return folder


def derived(study: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", "from icans.cli import main; main()", "derive", str(study), "--engine", "spark"]
    return subprocess.run(
        [*command, "--out", str(study.parent / "out")],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_no_java_is_said_in_two_lines(study: Path, tmp_path: Path) -> None:
    said = derived(study, JAVA_HOME=str(tmp_path / "nowhere"))
    assert said.stderr.splitlines() == [
        "Spark needs Java, and there is none.",
        "  Install Java 17 or later, and set JAVA_HOME if it is not on the PATH.",
    ]
    assert said.returncode == 1
    assert not (tmp_path / "out").exists()


def test_an_old_java_is_said_in_two_lines(study: Path, tmp_path: Path) -> None:
    java = tmp_path / "old" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(OLD_JAVA)
    java.chmod(0o755)
    said = derived(study, JAVA_HOME=str(tmp_path / "old"))
    assert said.stderr.startswith("Java is too old for Spark 4, which needs 17 or later.\n")
    assert said.returncode == 1


def test_a_server_that_does_not_see_the_files_is_refused(study: Path) -> None:
    said = derived(study, SPARK_REMOTE="sc://localhost")
    assert said.stderr.startswith("SPARK_REMOTE names a Spark Connect server, which does not see this machine's files.")
    assert said.returncode == 1


def test_a_run_says_nothing_but_its_own_lines(study: Path, tmp_path: Path) -> None:
    said = derived(study)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == f"Derived tables: {tmp_path / 'out' / 'derived'}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "study"]
    grades = tmp_path / "out" / "derived" / "grades.parquet"
    assert pq.read_table(grades)["grade"].to_pylist() == [2]
    assert [path.suffix for path in grades.iterdir()] == [".parquet"]


def test_a_spark_that_stops_is_a_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    killed = """
import ibis
from icans.engines import connect
from icans.errors import EngineError
engine = connect("spark")
from pyspark import SparkContext
SparkContext._gateway.proc.kill()
SparkContext._gateway.proc.wait()
try:
    engine.rows(ibis.memtable({"a": [1]}))
except EngineError as error:
    print(error.what)
"""
    said = subprocess.run(
        [sys.executable, "-c", killed],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == "a table: Spark has stopped.\n"
    assert not list(tmp_path.glob("icans-*"))


def test_a_place_that_cannot_be_written_is_a_sentence(engines: Engines, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with engines.opened("spark") as spark, pytest.raises(EngineError, match="Spark may not write there"):
        spark.write(ibis.memtable({"a": [1]}), tmp_path / "file" / "t.parquet")


@pytest.mark.parametrize("bytes_written", [b"", b"PAR1 of no use", b"PAR1" + bytes(40) + b"PAR1"])
def test_a_damaged_file_is_a_sentence(engines: Engines, tmp_path: Path, bytes_written: bytes) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(bytes_written)
    with engines.opened("spark") as spark, pytest.raises(EngineError, match=r"t\.parquet: Spark refused: [^\n]+$"):
        spark.rows(spark.read_parquet(path))


def test_a_query_that_is_wrong_in_itself_is_a_fault_of_ours(engines: Engines, tmp_path: Path) -> None:
    from pyspark.errors import AnalysisException

    with engines.opened("spark") as spark:
        pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
        lost = spark.read_parquet(tmp_path / "t.parquet")
        spark.backend._session.catalog.dropTempView(lost.get_name())
        with pytest.raises(AnalysisException, match="TABLE_OR_VIEW_NOT_FOUND"):
            spark.rows(lost)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x\nCaused by: java.io.IOException: No space left on device", "t: the disk is full."),
        ("Job aborted: ExecutorLostFailure (executor 1 exited)", "t: a worker of Spark was lost."),
        ("java.lang.OutOfMemoryError: Java heap space", "t: Spark has too little memory."),
        ("a.b.SparkException: all\nCaused by: c.d.SomeException: the reason", "t: Spark refused: the reason"),
    ],
)
def test_what_java_says_becomes_a_sentence(text: str, expected: str) -> None:
    with pytest.raises(EngineError) as refused, refusals("t"):
        raise Py4JError(text)
    assert refused.value.what == expected


def test_another_reason_not_to_start_is_passed_on() -> None:
    assert not_started("Exception: master yarn needs HADOOP_CONF_DIR").what == (
        "Spark did not start: Exception: master yarn needs HADOOP_CONF_DIR"
    )


def test_rows_that_stayed_with_a_worker_are_missed(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "part-0.parquet")
    refuse_missing(tmp_path, 2)
    with pytest.raises(EngineError, match="wrote 3 rows, of which 2 arrived"):
        refuse_missing(tmp_path, 3)
