"""Which files of a folder are read, and what is said of the others."""

import openpyxl
import pytest

from icans.errors import EngineError, RecordsError


def refusal(folder, **settings):
    with pytest.raises(RecordsError) as refused:
        folder.read(**settings)
    return str(refused.value)


def workbook(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)


def test_a_folder_without_tables_says_what_a_study_needs(folder):
    (folder.path / "patients.csv").unlink()
    assert refusal(folder) == (
        "There is no table patients: a study needs patients, and neuro or crs, each as NAME.csv, "
        "NAME.parquet or a sheet"
        " NAME.\n  icans new DIR writes a study folder to fill in."
    )


def test_patients_without_rows_are_no_study(folder):
    folder.write("patients.csv", "patient_id\n")
    assert refusal(folder).startswith("patients.csv has no rows: a study needs patients,")


def test_a_study_without_grades_or_signs_is_refused(folder):
    folder.write("neuro.csv", "patient_id,time,ward\nP01,1,7B\n")
    assert refusal(folder) == (
        "Neither neuro nor crs has a row with a column of grades or signs, such as icans_grade, ice or crs_grade.\n"
        "  Add one of the two tables; icans new DIR writes them to fill in."
    )


def test_an_unreadable_table_of_grades_is_named_where_there_is_no_other(folder):
    folder.write("neuro.csv", "")
    assert "neuro.csv: is empty." in refusal(folder)


def test_a_study_of_dates_needs_infusions(folder):
    assert refusal(folder, time="dates") == (
        "Times are dates, and there is no table infusions to count hours from.\n"
        '  Add infusions with patient_id and infused_at, or set [records] time = "hours" or "days" in study.toml.'
    )


def test_a_table_in_two_files_is_refused(folder):
    folder.write("Neuro.csv", "patient_id,time,icans_grade\n")
    assert refusal(folder) == "The table neuro is in two places: Neuro.csv and neuro.csv.\n  Keep one of them."


def test_a_table_as_csv_and_parquet_is_refused(folder):
    folder.write("neuro.parquet", "")
    assert refusal(folder) == "The table neuro is in two places: neuro.csv and neuro.parquet.\n  Keep one of them."


def test_a_table_in_a_file_and_in_the_workbook_is_refused(folder):
    workbook(folder.path / "study.xlsx", neuro=[["patient_id", "time", "icans_grade"], ["P01", 1, 1]])
    assert (
        refusal(folder)
        == "The table neuro is in two places: neuro.csv and study.xlsx, sheet neuro.\n  Keep one of them."
    )


def test_two_workbooks_are_refused(folder):
    for name in ("a.xlsx", "b.xlsx"):
        workbook(folder.path / name, crs=[["patient_id"]])
    assert refusal(folder) == (
        "There are 2 workbooks: a.xlsx and b.xlsx.\n"
        "  Keep the one with the records in the study folder, or name it in study.toml as [records] source."
    )


def test_an_unknown_table_is_named_with_the_nearest(folder):
    folder.write("treatment.csv", "patient_id\n").write("weather.csv", "day\n")
    assert folder.read().said() == [
        "treatment.csv: is not a table of records and is not read.\n  Did you mean treatments?",
        (
            "weather.csv: is not a table of records and is not read.\n"
            "  Known are: crs, events, infusions, labs, neuro, patients, treatments."
        ),
    ]


def test_files_beside_the_records_are_left_in_peace(folder):
    for name in ("claims.toml", "README.md", ".neuro.csv", "~$study.xlsx", "findings.csv", "notes.txt"):
        folder.write(name, "anything")
    assert folder.read().said() == []


def test_tables_in_files_of_another_kind_are_warned_of(folder):
    folder.write("crs.tsv", "x").write("old.xls", "x").write("events.csv.gz", "x").write("notes.json", "x")
    assert folder.read().said() == [
        "crs.tsv: is not read, as .tsv files are not.\n  Save it as CSV, Parquet or XLSX.",
        "events.csv.gz: is not read, as .gz files are not.\n  Save it as CSV, Parquet or XLSX.",
        "old.xls: is not read, as .xls files are not.\n  Save it as CSV, Parquet or XLSX.",
    ]


def test_a_folder_named_like_a_table_with_nothing_in_it_is_told(folder):
    (folder.path / "crs.csv").mkdir()
    (folder.path / "labs").mkdir()
    outcome = folder.read()
    assert outcome.errors == ["crs.csv/: holds no CSV or Parquet file, and counts as absent."]
    assert outcome.said() == [*outcome.errors, "labs/: holds no CSV or Parquet file, and counts as absent."]


def test_a_link_to_a_table_elsewhere_is_read(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "grades.csv"
    elsewhere.write_text("patient_id,time,crs_grade\nP01,1,2\n")
    (folder.path / "crs.csv").symlink_to(elsewhere)
    (folder.path / "labs.csv").symlink_to(folder.path / "nowhere")
    outcome = folder.read()
    assert outcome.rows("crs", "crs_grade") == [(2,)]
    assert outcome.errors == ["labs.csv: is not a file."]


def test_a_source_that_is_not_there_is_refused(folder):
    assert refusal(folder, source="sqlite:///no.db") == (
        "study.toml: [records] source names sqlite:///no.db, and there is no such file."
    )


def test_a_url_that_is_none_shows_no_password(folder):
    assert "s3cret" not in refusal(folder, source="postgres//me:s3cret@host/db")


def test_an_unknown_kind_of_database_is_refused(folder):
    assert refusal(folder, source="oracle://host/db") == (
        "study.toml: [records] source: oracle is not a database that can be read.\n"
        "  Known are: sqlite, duckdb, postgresql."
    )


def test_a_source_that_is_no_database_is_refused(folder):
    assert refusal(folder, source="neuro.csv") == (
        "study.toml: [records] source: neuro.csv is neither a workbook (.xlsx) nor an SQLite or DuckDB file.\n"
        "  Leave source empty to read files of the study folder."
    )


def test_a_source_may_be_another_folder(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for name in ("patients.csv", "neuro.csv"):
        (folder.path / name).rename(elsewhere / name)
    assert folder.read(source=str(elsewhere)).rows("neuro", "icans_grade") == [(1,)]


def test_a_postgresql_database_needs_its_driver(folder, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(EngineError) as refused:
        folder.read(source="postgresql://somebody:secret@localhost/study")
    assert str(refused.value) == (
        "A PostgreSQL database is asked for, and its driver is not installed.\n"
        "  Install it with: pip install 'icans[postgres]'"
    )
