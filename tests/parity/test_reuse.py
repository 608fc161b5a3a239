"""Every kind of change, on every engine: what it has a part in is computed anew, and nothing else is."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.parity.engines import Engines
from tests.runs.conftest import DERIVED, PROTOCOL, change, derive, reused, write_study

from icans.scales.catalogue import FOLDER


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path / "study")


def rows(out: Path) -> dict[str, list[dict[str, Any]]]:
    return {name: sorted(pq.read_table(out / "derived" / f"{name}.parquet").to_pylist(), key=repr) for name in DERIVED}


def defined(text: str) -> Callable[[Path], None]:
    return lambda study: change(study / "study.toml", PROTOCOL, PROTOCOL + text)


CHANGES: dict[str, tuple[Callable[[Path], None], list[str]]] = {
    "a grade": (lambda study: change(study / "neuro.csv", "A,48,2", "A,48,1"), ["steroids"]),
    "a laboratory value": (
        lambda study: change(study / "labs.csv", "A,90,csf,IL-6,10", "A,90,csf,IL-6,11"),
        ["grades", "episodes", "courses", "steroids", "endpoints"],
    ),
    "a dose": (lambda study: change(study / "treatments.csv", "A,50", "A,51"), ["grades", "episodes"]),
    "the age of a patient, by which the instrument is chosen": (
        lambda study: change(study / "patients.csv", "B,40", "B,4"),
        ["steroids"],
    ),
    "the quiet time": (defined("[episodes]\nquiet_hours = 20\n"), ["grades", "steroids"]),
    "what an unrecorded sign means": (defined('[grading]\nunrecorded = "unknown"\n'), ["steroids"]),
    "a landmark, which no derived table knows": (defined("[survival]\nlandmarks_months = [1]\n"), DERIVED),
    "a comment, an order and a title": (
        lambda study: (study / "study.toml").write_text(
            '# a comment\n[records]\ntime = "hours"\n[study]\ntitle = "Two patients, renamed"\n'
        ),
        DERIVED,
    ),
    "a table that was not there": (
        lambda study: (study / "crs.csv").write_text("patient_id,time,crs_grade\nA,24,1\n"),
        ["steroids"],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_computes_what_depends_on_it_and_nothing_else(study: Path, tmp_path: Path, name: str) -> None:
    make, kept = CHANGES[name]
    derive(study, tmp_path / "out")
    make(study)
    assert reused(derive(study, tmp_path / "out")) == kept
    derive(study, tmp_path / "other")
    assert rows(tmp_path / "out") == rows(tmp_path / "other")


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # PySpark 4.0 leaves those to the collector
@pytest.mark.parametrize("engine", ["spark", "postgres"])
def test_other_engines_reuse_their_own_and_nothing_of_each_other(
    study: Path, tmp_path: Path, engines: Engines, engine: str
) -> None:
    with engines.opened(engine):
        name = engines.postgres_url if engine == "postgres" else engine
        derive(study, tmp_path / "out")
        before = rows(tmp_path / "out")
        assert reused(derive(study, tmp_path / "out", name)) == []
        run = derive(study, tmp_path / "out", name)
        assert reused(run) == DERIVED
        assert rows(tmp_path / "out") == before
        assert (run.engine.name, run.derived["grades"].rows) == (engine, 5)
        assert run.engine.version
        assert run.engine.settings
        change(study / "labs.csv", "A,90,csf,IL-6,10", "A,90,csf,IL-6,11")
        assert reused(derive(study, tmp_path / "out", name)) == [
            "grades",
            "episodes",
            "courses",
            "steroids",
            "endpoints",
        ]


@pytest.mark.parametrize("engine", ["duckdb", "postgres"])
def test_what_a_live_database_holds_is_reused_only_once_it_is_here(
    study: Path, tmp_path: Path, engines: Engines, engine: str
) -> None:
    import psycopg

    url = engines.postgres_url
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("DROP SCHEMA IF EXISTS reuse CASCADE; CREATE SCHEMA reuse; SET search_path TO reuse")
        for file in sorted(study.glob("*.csv")):
            table = pa.Table.from_pylist(
                duckdb.sql(f"SELECT * FROM read_csv('{file}', auto_type_candidates=['DOUBLE', 'VARCHAR'])")
                .to_arrow_table()
                .to_pylist()
            )
            kinds = {"double": "double precision"}
            columns = ", ".join(f"{one.name} {kinds.get(str(one.type), 'text')}" for one in table.schema)
            database.execute(f"CREATE TABLE {file.stem} ({columns})")
            marks = ", ".join(["%s"] * table.num_columns)
            for row in table.to_pylist():
                database.execute(f"INSERT INTO {file.stem} VALUES ({marks})", list(row.values()))
            file.unlink()
    change(study / "study.toml", 'time = "hours"', f'time = "hours"\nsource = "{url}&options=-csearch_path%3Dreuse"')
    if "?" not in url:
        change(study / "study.toml", f"{url}&", f"{url}?")
    run = derive(study, tmp_path / "out", engine)
    (source,) = [held for held in run.inputs if held.tables]
    assert source.sha256 is None
    assert "options" not in source.name
    again = reused(derive(study, tmp_path / "out", engine))
    assert again == (DERIVED if engine == "duckdb" else [])


def test_a_changed_scale_of_the_studys_own_grades_anew(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    text = (FOLDER / "astct-2019-icans.toml").read_text().replace('id = "astct-2019-icans"', 'id = "own"', 1)
    (study / "own.toml").write_text(text)
    defined('[scales]\nicans = "own"\n')(study)
    first = derive(study, out)
    (study / "own.toml").write_text(f"{text}\n# a remark\n")
    remarked = derive(study, out)
    assert reused(remarked) == DERIVED
    assert remarked.protocol.sha256 != first.protocol.sha256
    (study / "own.toml").write_text(text.replace("range = [7, 9]", "range = [8, 9]").replace("[3, 6]", "[3, 7]"))
    assert reused(derive(study, out)) == ["steroids"]


def test_a_derived_table_that_was_touched_is_computed_anew(study: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    derive(study, out)
    before = rows(out)
    file = out / "derived" / "episodes.parquet"
    pq.write_table(pq.read_table(file).slice(1), file)
    assert reused(derive(study, out)) == [name for name in DERIVED if name != "episodes"]
    (out / "derived" / "grades.parquet").unlink()
    assert reused(derive(study, out)) == [name for name in DERIVED if name != "grades"]
    assert rows(out) == before
    (out / "run.json").write_text("{")
    assert reused(derive(study, out)) == []
    assert reused(derive(study, out, fresh=True)) == []


def test_another_software_of_the_engine_reuses_nothing(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    derive(study, tmp_path / "out")
    monkeypatch.setattr("icans.runs.software._engines_digest", lambda: "other")
    assert reused(derive(study, tmp_path / "out")) == []


def test_parquet_is_known_by_its_bytes(study: Path, tmp_path: Path) -> None:
    labs = pa.table(
        {
            "patient_id": ["A", "A"],
            "time": [40.0, 90.0],
            "specimen": ["csf", "csf"],
            "analyte": ["IL-6", "IL-6"],
            "value": [100.0, 10.0],
        }
    )
    (study / "labs.csv").unlink()
    (study / "labs").mkdir()
    for part in range(2):
        pq.write_table(labs.slice(part, 1), study / "labs" / f"{part}.parquet")
    derive(study, tmp_path / "out")
    assert reused(derive(study, tmp_path / "out")) == DERIVED
    pq.write_table(labs.set_column(4, "value", pa.array([100.0, 11.0])).slice(1, 1), study / "labs" / "1.parquet")
    run = derive(study, tmp_path / "out")
    assert reused(run) == ["grades", "episodes", "courses", "steroids", "endpoints"]
    assert [held.name for held in run.inputs if held.tables == ["labs"]] == ["labs/"]


@pytest.mark.parametrize("kind", ["table", "view"])
def test_a_table_of_a_duckdb_file_is_known_by_the_file_and_a_view_is_not(
    study: Path, tmp_path: Path, kind: str
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    with duckdb.connect(str(study / "records.duckdb")) as database:
        for table in sorted(study.glob("*.csv")):
            table.rename(aside / table.name)
            database.execute(f"CREATE {kind} {table.stem} AS SELECT * FROM read_csv('{aside / table.name}')")
    change(study / "study.toml", 'time = "hours"', 'time = "hours"\nsource = "records.duckdb"')
    run = derive(study, tmp_path / "out")
    assert {table.key is None for table in run.derived.values()} == {kind == "view"}
    assert reused(derive(study, tmp_path / "out")) == (DERIVED if kind == "table" else [])


@pytest.mark.parametrize("seed", ["1", "7"])
def test_keys_are_the_same_in_every_process(study: Path, tmp_path: Path, seed: str) -> None:
    code = "from icans.cli import main; main()"
    command = [sys.executable, "-c", code, "derive", str(study), "--out", str(tmp_path / "out")]
    said = [
        subprocess.run(
            command, env={**os.environ, "PYTHONHASHSEED": one}, capture_output=True, text=True, check=True
        ).stdout.splitlines()[1:]
        for one in ("0", seed)
    ]
    assert said == [[], [f"Reused: {', '.join(DERIVED)}; computed: nothing."]]
