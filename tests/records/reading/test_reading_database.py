"""Tables of a database, which is never written to."""

import sqlite3
from contextlib import closing

import duckdb
import pytest

from icans.errors import RecordsError

TABLES = """
CREATE TABLE Patients (patient_id {text}, age_years {real}, cns_involvement {text});
INSERT INTO Patients VALUES ('P01', 54.5, 'yes'), ('P02', 9, 'no');
CREATE TABLE neuro (patient_id {text}, time {real}, ice {integer}, motor {text});
INSERT INTO neuro VALUES ('P01', 24, 9, 'none'), ('P02', 48.5, NULL, 'None');
CREATE TABLE hospital_users (name {text});
CREATE TABLE treatment (patient_id {text});
"""


@pytest.fixture(params=["sqlite", "duckdb"])
def database(request, folder):
    """A database of each kind, with the URL that names it; the files of the folder are gone."""
    for name in ("patients.csv", "neuro.csv"):
        (folder.path / name).unlink()
    kind = request.param
    if kind == "sqlite":
        with closing(sqlite3.connect(folder.path / "study.db")) as connection:
            connection.executescript(TABLES.format(text="TEXT", real="REAL", integer="INTEGER"))
    else:
        with closing(duckdb.connect(folder.path / "study.db")) as connection:
            connection.execute(TABLES.format(text="VARCHAR", real="DOUBLE", integer="INTEGER"))
    return folder, kind


def test_tables_are_read_by_url_or_by_path(database):
    folder, kind = database
    before = (folder.path / "study.db").read_bytes()
    for source in (
        f"{kind}:///study.db",
        "study.db",
        f"{kind}:///{folder.path}/study.db",
        str(folder.path / "study.db"),
    ):
        outcome = folder.read(source=source)
        assert outcome.rows("neuro", "patient_id", "hour", "ice", "motor") == [
            ("P01", 24.0, 9, "none"),
            ("P02", 48.5, None, "none"),
        ]
        assert outcome.rows("patients", "age_years", "cns_involvement") == [(54.5, True), (9.0, False)]
        assert outcome.said() == [
            "study.db, table treatment: is not a table of records and is not read.\n  Did you mean treatments?"
        ]
    assert (folder.path / "study.db").read_bytes() == before


def test_texts_of_sqlite_in_another_encoding_make_no_two_patients_one(folder):
    with closing(sqlite3.connect(folder.path / "study.db")) as connection:
        connection.execute("CREATE TABLE patients (patient_id)")
        connection.execute("CREATE TABLE neuro (patient_id, time, icans_grade)")
        for grade, name in enumerate(("Müller", "Möller"), start=1):
            connection.execute("INSERT INTO patients VALUES (CAST(? AS TEXT))", [name.encode("cp1252")])
            connection.execute("INSERT INTO neuro VALUES (?, 1, ?)", [name, grade])
        connection.commit()
    outcome = folder.read(source="study.db")
    assert outcome.rows("neuro", "patient_id", "icans_grade") == [("Möller", 2), ("Müller", 1)]
    assert outcome.errors == []
    assert outcome.warnings[-1] == (
        "study.db, table patients, row 2: 2 cells are not UTF-8 and read as Windows-1252.\n  Check names with accents."
    )


def test_faults_name_the_table_and_the_row(database):
    folder, kind = database
    connect = sqlite3.connect if kind == "sqlite" else duckdb.connect
    with closing(connect(folder.path / "study.db")) as connection:
        connection.execute("INSERT INTO neuro VALUES ('P01', 72, 11, 'none')")
        connection.commit()
    assert folder.read(source="study.db").errors == [
        (
            'study.db, table neuro, row 4, column ice: "11" is not from 0 to 10 (points).\n'
            "  Correct it, or leave the cell empty if it was not recorded."
        )
    ]


def test_views_are_tables_too(database):
    folder, kind = database
    connect = sqlite3.connect if kind == "sqlite" else duckdb.connect
    with closing(connect(folder.path / "study.db")) as connection:
        connection.execute("CREATE VIEW crs AS SELECT patient_id, time, 9 AS crs_grade FROM neuro")
        connection.commit()
    errors = folder.read(source="study.db").errors
    assert len(errors) == 2
    assert all("study.db, table crs" in error and '"9" is not from 0 to 5 (grade)' in error for error in errors)


def test_a_view_of_a_table_that_is_gone_is_refused_in_a_sentence(database):
    folder, kind = database
    connect = sqlite3.connect if kind == "sqlite" else duckdb.connect
    with closing(connect(folder.path / "study.db")) as connection:
        connection.execute("CREATE TABLE raw (patient_id TEXT, time REAL, crs_grade INTEGER)")
        connection.execute("CREATE VIEW crs AS SELECT * FROM raw")
        connection.execute("DROP TABLE raw")
        connection.commit()
    with pytest.raises(RecordsError, match=r"study\.db: .*(the view crs|no such table: main\.raw)"):
        folder.read(source="study.db")


def test_tables_in_the_folder_are_not_read_beside_a_source(database):
    folder, _ = database
    folder.write("labs.csv", "patient_id\n")
    assert (
        "labs.csv: is not read, as study.toml names study.db as the source of records."
        in folder.read(source="study.db").warnings
    )


@pytest.mark.parametrize("start", [b"SQLite format 3\0", b"\0" * 8 + b"DUCK"])
def test_a_damaged_database_is_refused_in_a_sentence(folder, start):
    folder.write("study.db", start + b"\1" * 8000)
    with pytest.raises(RecordsError, match=r"study\.db: (SQLite|DuckDB) cannot read the file"):
        folder.read(source="study.db")


def test_an_empty_file_is_no_database(folder):
    folder.write("study.db", b"")
    with pytest.raises(RecordsError, match=r"study\.db is neither a workbook"):
        folder.read(source="study.db")


@pytest.mark.parametrize(
    "moment", ["TIMESTAMP 'infinity'", "TIMESTAMP '-infinity'", "TIMESTAMP '12024-03-05'", "DATE 'infinity'"]
)
def test_a_moment_of_no_calendar_costs_its_row(folder, moment):
    with closing(duckdb.connect(folder.path / "study.db")) as connection:
        connection.execute("CREATE TABLE patients AS SELECT 'P01' AS patient_id")
        connection.execute(
            "CREATE TABLE neuro AS SELECT 'P01' AS patient_id, TIMESTAMP '2024-03-05 09:00' AS time, 1 AS icans_grade"
            f" UNION ALL SELECT 'P01', {moment}, 2"
        )
        connection.execute("CREATE TABLE infusions AS SELECT 'P01' AS patient_id, DATE '2024-03-05' AS infused_at")
    outcome = folder.read(time="dates", source="study.db")
    assert outcome.rows("neuro", "icans_grade") == [(1,)]
    (error,) = outcome.errors
    assert error.startswith("study.db, table neuro, row 3, column time: ")


def test_a_column_named_like_the_number_of_a_row_is_none(folder):
    with closing(duckdb.connect(folder.path / "study.db")) as connection:
        connection.execute("CREATE TABLE patients AS SELECT 'P01' AS patient_id")
        connection.execute(
            "CREATE TABLE neuro AS SELECT 'P01' AS patient_id, 1.0 AS time, 9 AS icans_grade, 7 AS rowid"
        )
        connection.execute("CREATE TABLE crs AS SELECT 'P01' AS patient_id, 1.0 AS time, 1 AS crs_grade")
    outcome = folder.read(source="study.db")
    assert outcome.errors[0].startswith("study.db, table neuro, patient P01, column icans_grade")
