"""PostgreSQL as the engine and as the place of the records: what stays there, what is left behind, what it refuses."""

import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote, urlsplit

import ibis
import psycopg
import pytest
from tests.parity import outcome
from tests.parity.cohorts import SPRING, Tables, bedside
from tests.parity.engines import Engines
from tests.parity.runs import report
from tests.parity.server import PASSWORD

from icans.cli import main
from icans.engines import connect
from icans.engines.postgres_copy import copy_in
from icans.engines.postgres_refusals import Place, refusals
from icans.engines.postgres_session import read_as
from icans.errors import CallError, EngineError, IcansError
from icans.protocol import Protocol
from icans.records.reading import read_records

TYPES = {
    "patient_id": "varchar(9)",
    "time": "timestamp with time zone",
    "infused_at": "timestamp(3) with time zone",
    "age_years": "numeric(5, 2)",
    "prior_lines": "smallint",
    "marrow_blast_pct": "real",
    "sex": "sex",
    "diagnosis": "word",
    "ice": "smallint",
    "capd": "numeric",
    "dose": "double precision",
    "value": "numeric(30, 15)",
    "developmental_delay": "boolean",
    "fever_other_cause": "boolean",
}
"""Types of the columns that are not text."""
NUMBERS = ("icans_grade", "crs_grade", "vasopressors", "temperature_c", "oxygen_flow_l_min", "dose_cells_per_kg")
LEFT = "SELECT count(*) FROM pg_class WHERE relname ~ '^(icans|ibis)_'"


@pytest.fixture(scope="module")
def url(engines: Engines) -> str:
    """A database with the records of a centre, as its staff stored them, for the suite's own reader."""
    owner = engines.postgres_url
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE DATABASE centre")
    with psycopg.connect(owner.replace("/postgres", "/centre"), autocommit=True) as connection:
        connection.execute("CREATE SCHEMA ward")
        connection.execute("SET search_path = ward")
        connection.execute("CREATE TYPE sex AS ENUM ('male', 'female')")
        connection.execute("CREATE DOMAIN word AS text")
        _store(connection, bedside(Random(21), 40, infusions=3))
        connection.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
        connection.execute("ALTER ROLE reader SET search_path = ward")
        connection.execute("GRANT USAGE ON SCHEMA ward TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA ward TO reader")
        connection.execute("CREATE SCHEMA locked; CREATE TABLE ward.secret (patient_id text)")
        connection.execute("CREATE ROLE stranger LOGIN PASSWORD 'x'; REVOKE TEMPORARY ON DATABASE centre FROM public")
        connection.execute("GRANT TEMPORARY ON DATABASE centre TO reader")
    return owner.replace("owner:", "reader:").replace("/postgres", "/centre")


def _store(connection: Any, tables: Tables) -> None:
    for name, rows in tables.items():
        columns = list(dict.fromkeys(key for row in rows for key in row))
        kinds = [TYPES.get(column, "double precision" if column in NUMBERS else "text") for column in columns]
        named = ", ".join(f'"{column}" {kind}' for column, kind in zip(columns, kinds, strict=True))
        connection.execute(f"CREATE TABLE {name} ({named})")
        at = {"time", "infused_at"}
        values = [[SPRING + timedelta(hours=row[c]) if c in at else row.get(c) for c in columns] for row in rows]
        places = ", ".join(["%s"] * len(columns))
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {name} VALUES ({places})", values)


@pytest.fixture
def study(url: str, tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "study.toml").write_text(f'[study]\ntitle = "In the database"\n[records]\nsource = "{url}"\n')
    return folder


class There:
    """Opens the database of the records as the engine, or DuckDB."""

    def __init__(self, url: str) -> None:
        self._url = url

    def opened(self, name: str) -> Any:
        return closing(connect(name, source=self._url))


def test_records_that_stay_in_the_database_give_what_they_give_brought_across(url, study, tmp_path, monkeypatch):
    brought: list[int] = []

    def counted(connection: Any, table: str, batches: Any) -> None:
        rows = list(batches)
        brought.append(sum(batch.num_rows for batch in rows))
        copy_in(connection, table, rows)

    opened: Any = There(url)
    (tmp_path / "across").mkdir()
    (tmp_path / "there").mkdir()
    across = report(study, tmp_path / "across", opened, "duckdb")
    monkeypatch.setattr("icans.engines.postgres_sql.copy_in", counted)
    there = report(study, tmp_path / "there", opened, "postgres")
    assert max(brought) < 20, "more than the different texts of a column went through Python"
    assert outcome.derived(across)["grades"].num_rows > 500
    for name, table in outcome.derived(across).items():
        assert table.num_rows or name == "steroids"
        outcome.assert_same_table(name, outcome.derived(there)[name], table)
    assert outcome.lists(there).keys() == outcome.lists(across).keys()
    for name, rows in outcome.lists(across).items():
        outcome.assert_same_rows(name, outcome.lists(there)[name], rows)
    with psycopg.connect(url) as connection:
        assert connection.execute(LEFT).fetchone() == (0,)


READ = """
CREATE SCHEMA readable;
SET search_path = readable;
CREATE TABLE "Patients" (patient_id varchar(9), age_years numeric(6, 2), cns_involvement varchar(9));
INSERT INTO "Patients" VALUES ('P01', 54.5, 'yes'), ('P02', 9, 'no');
CREATE TABLE neuro (patient_id varchar(9), time numeric(6, 2), ice smallint, motor varchar(9));
INSERT INTO neuro VALUES ('P01', 24, 9, 'none'), ('P02', 48.5, NULL, 'None'), ('P01', 72, 11, 'none');
CREATE TABLE hospital_users (name varchar(9));
CREATE TABLE treatment (patient_id varchar(9));
"""


@pytest.mark.parametrize("name", ["duckdb", "postgres"])
def test_the_tables_of_a_schema_are_read_and_their_faults_found(name, engines):
    owner = engines.postgres_url
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS readable CASCADE; {READ}")
    url = f"{owner}/readable"
    protocol = Protocol.model_validate({"study": {"title": "t"}, "records": {"source": url, "time": "hours"}})
    with closing(connect(name, source=url)) as engine:
        records = read_records(Path(), protocol, engine)
        neuro = engine.rows(records.neuro.select("patient_id", "hour", "ice", "motor").order_by("hour"))
        patients = engine.rows(records.patients.select("age_years", "cns_involvement").order_by("age_years"))
    assert [tuple(row.values()) for row in neuro] == [("P01", 24.0, 9, "none"), ("P02", 48.5, None, "none")]
    assert [tuple(row.values()) for row in patients] == [(9.0, False), (54.5, True)]
    assert sorted(str(finding) for finding in records.findings if finding.severity != "note") == [
        (
            'database, table neuro, patient P01, column ice: "11" is not from 0 to 10 (points).\n'
            "  Correct it, or leave the cell empty if it was not recorded."
        ),
        "database, table treatment: is not a table of records and is not read.\n  Did you mean treatments?",
    ]


ODD = """
CREATE SCHEMA odd;
SET search_path = odd;
CREATE TABLE patients (patient_id text, site integer, "Site" integer);
INSERT INTO patients VALUES ('P01', 1, 2);
CREATE TABLE infusions (patient_id text, infused_at {kind});
INSERT INTO infusions VALUES ('P01', '2024-03-05');
CREATE TABLE neuro (patient_id text, time {kind}, icans_grade integer);
INSERT INTO neuro VALUES ('P01', '2024-03-06', 1), ('P01', 'infinity', 2), ('P01', '0044-03-15 BC', 3);
"""


@pytest.mark.parametrize("name", ["duckdb", "postgres"])
@pytest.mark.parametrize("kind", ["date", "timestamp", "timestamp with time zone"])
def test_a_moment_of_no_calendar_costs_its_row_and_a_name_twice_its_columns(name, kind, engines):
    with psycopg.connect(engines.postgres_url, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS odd CASCADE; {ODD.format(kind=kind)}")
    url = f"{engines.postgres_url}/odd"
    protocol = Protocol.model_validate({"study": {"title": "t"}, "records": {"source": url}})
    with closing(connect(name, source=url)) as engine:
        records = read_records(Path(), protocol, engine)
        assert engine.rows(records.neuro.select("icans_grade")) == [{"icans_grade": 1}]
    errors = [str(finding).splitlines()[0] for finding in records.findings if finding.severity == "error"]
    nothing = (
        "database, table neuro, patient P01, column time: there is no value, and the row cannot be used without one."
    )
    twice = "database, table patients, row 1, column site: stands 2 times in the header, and none of them is read."
    assert sorted(errors) == [nothing, nothing, twice]


def test_nobody_else_sees_a_table_and_nothing_is_left_behind(url):
    engine = connect(url)
    engine.keep(ibis.memtable({"a": [1]}))
    with psycopg.connect(url) as other:
        assert other.execute(LEFT).fetchone() == (0,)
        engine.close()
        assert other.execute(LEFT).fetchone() == (0,)


def test_records_that_change_meanwhile_change_no_number(url, engines):
    engine: Any = connect(url)
    before = engine.rows(engine.stored("events").count().name("n").as_table())
    with psycopg.connect(engines.postgres_url.replace("/postgres", "/centre"), autocommit=True) as owner:
        owner.execute("INSERT INTO ward.events (patient_id, event) VALUES ('P000', 'relapse')")
        try:
            assert engine.rows(engine.stored("events").count().name("n").as_table()) == before
        finally:
            owner.execute("DELETE FROM ward.events WHERE time IS NULL")
            engine.close()


def test_the_command_names_no_password_anywhere(url, study, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    monkeypatch.setattr("sys.argv", ["icans", "report", str(study), "--out", str(out), "--engine", "postgres"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    said = capsys.readouterr()
    assert PASSWORD not in said.out + said.err
    written = [path for path in out.rglob("*") if path.is_file()]
    assert {path.name for path in written} >= {"run.json", "report.html", "grades.parquet"}
    assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]


def test_a_fault_of_one_question_is_not_the_end_of_the_session(url):
    engine: Any = connect(url)
    table = ibis.memtable({"text": ["no number"]})
    with pytest.raises(EngineError, match="invalid input syntax"):
        engine.rows(table.mutate(n=table.text.cast("int64")))
    assert engine.rows(table) == [{"text": "no number"}]
    engine.close()


def test_names_that_postgresql_would_cut_off_stay_apart(url):
    engine: Any = connect(url)
    long = ["x" * 70 + end for end in ("", "y", 'quoted "y"')]
    kept = engine.keep(ibis.memtable({name: [place] for place, name in enumerate(long)}))
    assert engine.rows(kept.mutate(z=kept[long[1]] + 1)) == [{long[0]: 0, long[1]: 1, long[2]: 2, "z": 2}]
    engine.close()


def _changed(url: str, **parts: str) -> str:
    found = urlsplit(url)
    user = parts.get("user", found.username or "")
    password = parts.get("password", found.password or "")
    place = f"{user}:{quote(password, safe='')}@127.0.0.1:{parts.get('port', found.port)}"
    return f"postgresql://{place}{parts.get('path', found.path)}{parts.get('query', '')}"


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "password": ({"password": "wr0ng/@:"}, "the user or the password was refused"),
    "database": ({"path": "/nowhere"}, 'database "nowhere" does not exist'),
    "no server": ({"port": "1"}, "no PostgreSQL server answers"),
    "setting": ({"query": "?options=-cwork_mem%3Dlots"}, "the server refused the connection (invalid value"),
    "no schema": ({"path": "/centre/nowhere"}, "there is no schema nowhere"),
    "schema": ({"path": "/centre/locked"}, "the user may not use the schema locked"),
    "temporary": ({"user": "stranger", "password": "x"}, "stranger may not make temporary tables"),
    "read only": ({"query": "?options=-cdefault_transaction_read_only%3Don"}, "the database can only be read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_database_that_does_not_let_us_in_is_a_sentence(case, url):
    parts, sentence = REFUSED[case]
    with pytest.raises(EngineError) as refused:
        connect(_changed(url, **parts))
    assert sentence in refused.value.what
    assert refused.value.do
    assert parts.get("password", PASSWORD) not in str(refused.value)
    assert quote(parts.get("password", PASSWORD)) not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    ["postgresql://me:s3cret@more@host/db", "postgresql://me:s3cret/x@host/db", "postgresql://me:s3cret?x@host/db",
     "postgresql://me:s3cret:x", "postgresql://me:@[s3cret/db", "postgresql://me:a@host/db?s3cret=1"],
)  # fmt: skip
def test_a_url_that_cannot_be_read_is_not_shown(url):
    with pytest.raises(EngineError, match="cannot be read") as refused:
        connect(url)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("scheme", ["postgress://", "postgres//", "postgres:/"])
def test_a_scheme_that_is_misspelt_shows_no_password(scheme):
    with pytest.raises(CallError) as refused:
        connect(f"{scheme}me:s3cret@host/db")
    assert "s3cret" not in str(refused.value)
    assert "postgres" in str(refused.value)


def test_a_table_that_may_not_be_read_is_named(url):
    engine: Any = connect(url)
    with pytest.raises(EngineError, match=r"reader may not read the table ward\.secret"):
        engine.stored("secret")
    engine.close()


def test_a_lost_connection_is_a_sentence(url, engines):
    engine: Any = connect(url)
    with psycopg.connect(engines.postgres_url, autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'")
    with pytest.raises(EngineError, match=r"the connection to .* was lost"):
        engine.rows(ibis.memtable({"a": [1]}))
    engine.close()


def test_a_text_that_postgresql_cannot_hold_is_a_sentence(url):
    engine: Any = connect(url)
    with pytest.raises(EngineError, match="NUL character"):
        engine.keep(ibis.memtable({"a": ["\0"]}))
    engine.close()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (psycopg.errors.DiskFull, "the disk of its server is full"),
        (psycopg.errors.OutOfMemory, "its server ran out of memory"),
        (psycopg.errors.InsufficientPrivilege, "the user lacks a right"),
        (psycopg.errors.QueryCanceled, "a query took longer than its server allows"),
        (psycopg.errors.NumericValueOutOfRange, "a number is too large or too small for it"),
    ],
)
def test_a_server_that_cannot_go_on_is_a_sentence(error: Callable[[str], Exception], sentence):
    place = Place.of("postgresql://me:s3cret@host/db")
    with pytest.raises(EngineError, match=sentence) as refused, refusals(place, "grades.parquet"):
        raise error("could not write s3cret")
    assert "s3cret" not in str(refused.value)


def test_a_driver_that_is_not_there_is_a_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(IcansError, match="its driver is not installed"):
        connect("postgresql://host/db")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("numeric(6,2)", "decimal(6, 2)"),
        ("numeric", "float64"),
        ("numeric(50,2)", "float64"),
        ("timestamp(3) with time zone", "timestamp('UTC', 6)"),
        ("timestamp without time zone", "timestamp(6)"),
        ("character varying(9)", "string"),
        ("bigint", "int64"),
        ("jsonb", "string"),
        ("integer[]", "string"),
        ("interval", "string"),
    ],
)
def test_a_type_of_the_database_is_read_as_its_nearest(kind, expected):
    assert read_as('"c"', kind)[1] == expected
