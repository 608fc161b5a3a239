"""Workbooks: one sheet a table."""

# ruff: noqa: DTZ001  # times without an offset are what is read here

import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest

from icans.errors import RecordsError

GRADES = [["patient_id", "time", "icans_grade"], ["P01", 24, 1]]


@pytest.fixture
def save(folder):
    """Write the study's workbook; the CSV files of the folder are gone."""
    for name in ("patients.csv", "neuro.csv"):
        (folder.path / name).unlink()

    def write(change=lambda book: None, **sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in {"patients": [["patient_id"], ["P01"]], "neuro": GRADES, **sheets}.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        change(book)
        book.save(folder.path / "records.xlsx")
        return folder

    return write


def test_sheets_are_read_as_tables(save):
    outcome = save().read()
    assert outcome.said() == []
    assert outcome.rows("neuro", "patient_id", "hour", "icans_grade", "row") == [("P01", 24.0, 1, 2)]


def test_typed_cells_mean_what_they_show(save):
    rows = [
        ["patient_id", "time", "vasopressin", "temperature_c", "vasopressors", "crs_grade"],
        ["P01", 24.5, True, 38.5, 2.0, "3"],
        ["P01", 48, "no", "38,5", None, None],
    ]
    assert save(crs=rows).read().rows("crs", "hour", "vasopressin", "temperature_c", "vasopressors", "crs_grade") == [
        (24.5, True, 38.5, 2, 3),
        (48.0, False, 38.5, None, None),
    ]


def test_ids_that_are_numbers_stay_whole(save):
    outcome = save(patients=[["patient_id"], [7], [8.0]], neuro=[GRADES[0], ["7", 1, 1], [8, 1, 1]]).read()
    assert outcome.rows("neuro", "patient_id") == [("7",), ("8",)]
    assert outcome.said() == []


def test_a_number_that_a_spreadsheet_made_a_date_is_an_error(save):
    assert save(neuro=[GRADES[0], ["P01", 24, date(2024, 3, 4)]]).read().errors == [
        (
            'records.xlsx, sheet neuro, row 2, column icans_grade: "2024-03-04" is not a whole number.\n'
            "  Correct it, or leave the cell empty if it was not recorded."
        )
    ]


def test_dates_date_times_and_texts_are_times(save):
    infusions = [["patient_id", "infused_at"], ["P01", datetime(2024, 3, 1, 10)]]
    times = [date(2024, 3, 2), datetime(2024, 3, 2, 10), "2024-03-02 12:30", datetime(2024, 3, 3), time(8)]

    def show_hours(book):
        book["neuro"]["B5"].number_format = "yyyy-mm-dd hh:mm"

    rows = [GRADES[0], *(["P01", moment, 1] for moment in times)]
    outcome = save(show_hours, infusions=infusions, neuro=rows).read(time="dates")
    assert [hour for _, hour in outcome.rows("neuro", "row", "hour")] == [24.0, 24.0, 26.5, 38.0]
    assert outcome.errors == [
        (
            'records.xlsx, sheet neuro, row 6, column time: "08:00:00" is not an ISO 8601 date or date-time such as '
            "2024-03-05T08:00.\n  Correct it."
        )
    ]


@pytest.mark.parametrize("serial", [45356, 45356.4375])
def test_the_serial_number_of_a_date_is_an_error_with_advice(save, serial):
    infusions = [["patient_id", "infused_at"], ["P01", datetime(2024, 3, 1, 10)]]
    outcome = save(infusions=infusions, neuro=[GRADES[0], ["P01", serial, 1]]).read(time="dates")
    assert outcome.errors == [
        (
            f'records.xlsx, sheet neuro, row 2, column time: "{serial}" is not an ISO 8601 date or date-time such as '
            "2024-03-05T08:00.\n  Format the column as a date in the spreadsheet, and save it again."
        )
    ]


def test_a_small_number_shown_as_a_date_is_an_error(save):
    infusions = [["patient_id", "infused_at"], ["P01", datetime(2024, 3, 1, 10)]]
    outcome = save(infusions=infusions, neuro=[GRADES[0], ["P01", datetime(1900, 1, 3), 1]]).read(time="dates")
    assert outcome.errors == [
        (
            'records.xlsx, sheet neuro, row 2, column time: "1900-01-03T00:00:00" is a date before 1905, '
            "as spreadsheets "
            "make of small numbers.\n  Format the column as a date in the spreadsheet, and save it again."
        )
    ]


def test_an_unknown_sheet_is_named_and_an_empty_one_is_not(save):
    outcome = save(Sheet1=[], Nuero=[["patient_id"]]).read()
    assert outcome.said() == [
        "records.xlsx, sheet Nuero: is not a table of records and is not read.\n  Did you mean neuro?"
    ]


def test_a_sheet_twice_is_refused(save):
    folder = save(**{" Neuro ": GRADES})
    with pytest.raises(RecordsError, match=r"The table neuro is in two places: records\.xlsx, sheet neuro and"):
        folder.read()


def test_an_empty_sheet_is_an_error(save):
    assert save(crs=[]).read().errors == [
        "records.xlsx, sheet crs: is empty.\n  A header row with the names of the columns was expected."
    ]


def test_rows_above_the_header_and_gaps_keep_their_numbers(save):
    outcome = save(neuro=[[], GRADES[0], [], ["P01", 1, 1], [None, None, None], ["P01", 2, 9]]).read()
    assert outcome.rows("neuro", "row") == [(4,)]
    assert outcome.errors[0].startswith("records.xlsx, sheet neuro, row 6, column icans_grade:")


def test_cells_right_of_the_header_are_warned_of(save):
    assert save(neuro=[GRADES[0], ["P01", 1, 1, "note"]]).read().said() == [
        (
            "records.xlsx, sheet neuro, row 2: in 1 row something stands right of the last named column, and is not "
            "read.\n"
            "  Give each column a name in the header."
        )
    ]


def test_formulas_are_not_evaluated(save):
    outcome = save(
        neuro=[["patient_id", "time", "icans_grade", "ward"], ["P01", 1, "=1+1", None], ["P01", 2, 1, "=A1"]]
    ).read()
    assert outcome.rows("neuro", "hour", "ward") == [(2.0, "=A1")]
    assert outcome.errors == [
        (
            'records.xlsx, sheet neuro, row 2, column icans_grade: "=1+1" is not a whole number.\n'
            "  Correct it, or leave the cell empty if it was not recorded."
        )
    ]


def test_an_error_of_the_spreadsheet_is_not_a_text(save):
    rows = [["patient_id", "time", "drug"], ["P01", 1, "#REF!"]]
    assert (
        save(treatments=rows)
        .read()
        .errors[0]
        .startswith('records.xlsx, sheet treatments, row 2, column drug: "#REF!" is an error of the spreadsheet.')
    )


def test_a_formula_whose_result_is_not_stored_is_warned_of(save):
    (warning,) = save(neuro=[*GRADES, ["P02", "=1+1", None]]).read().warnings
    assert warning == (
        "records.xlsx, sheet neuro, row 3: in 1 row stands a formula whose result was never stored, and is read as "
        "it is written.\n"
        "  Save it again in a spreadsheet program."
    )


def test_a_formula_whose_result_is_an_empty_text_is_an_empty_cell(save):
    folder = save(neuro=[*GRADES, ["P01", 48, "=IF(A1=0,1,2)"]])

    def calculated(name, part):
        return part.replace(b'<c r="C3"><f>', b'<c r="C3" t="str"><f>') if name.endswith("sheet2.xml") else part

    rewritten(folder.path / "records.xlsx", calculated)
    outcome = folder.read()
    assert outcome.rows("neuro", "hour", "icans_grade") == [(24.0, 1), (48.0, None)]
    assert outcome.said() == []


def test_a_percentage_means_what_it_shows(save):
    def shown(book):
        book["patients"]["B2"].number_format = "0.0%"
        book["patients"]["C2"].number_format = '0" %"'

    rows = [["patient_id", "marrow_blast_pct", "ki67"], ["P01", 0.456, 30]]
    assert save(shown, patients=rows).read().rows("patients", "marrow_blast_pct", "ki67") == [(45.6, 30)]


def test_merged_cells_are_warned_of(save):
    def merge(book):
        book["neuro"].merge_cells("C2:C3")
        book["patients"].merge_cells("A1:B1")

    (warning,) = save(merge, neuro=[*GRADES, ["P01", 48, None]]).read().warnings
    assert warning == (
        "records.xlsx, sheet neuro: has merged cells, and only the first of each group is read with its value (C2).\n"
        "  Part them, and fill in each cell."
    )


def rewritten(path, change):
    """Change parts of a workbook by hand."""
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, content in parts.items():
            book.writestr(name, change(name, content))


def test_a_sheet_with_a_path_for_a_name_is_only_a_name(save):
    folder = save(labs=[["patient_id"], ["P01"]])
    rewritten(
        folder.path / "records.xlsx",
        lambda name, content: content.replace(b'name="labs"', b'name="../../etc/passwd"'),
    )
    assert folder.read().said() == [
        (
            "records.xlsx, sheet ../../etc/passwd: is not a table of records and is not read.\n"
            "  Known are: crs, events, infusions, labs, neuro, patients, treatments."
        )
    ]


def test_a_workbook_that_claims_endless_rows_ends(save):
    folder = save()
    rewritten(
        folder.path / "records.xlsx",
        lambda name, content: content.replace(b'r="2"', b'r="99999999999"') if "sheet2" in name else content,
    )
    with pytest.raises(RecordsError, match="Neither neuro nor crs"):
        folder.read()


def test_entities_that_explode_are_refused(save):
    folder = save()
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + level, b"&%c;" % (97 + level) * 20) for level in range(9)
    )
    rewritten(
        folder.path / "records.xlsx",
        lambda name, content: bomb + b"]><worksheet>&j;</worksheet>" if "sheet2" in name else content,
    )
    with pytest.raises(RecordsError):
        folder.read()


@pytest.mark.parametrize("content", [b"", b"PK\3\4 not a zip", b"text", b"PK\5\6" + b"\0" * 18])
def test_a_damaged_workbook_is_refused_in_a_sentence(save, content):
    folder = save()
    folder.write("records.xlsx", content)
    with pytest.raises(RecordsError, match=r"records\.xlsx: the workbook cannot be read") as refused:
        folder.read()
    assert refused.value.do == "Open it in a spreadsheet program and save it again as .xlsx."


def test_a_workbook_with_a_password_is_refused_in_a_sentence(save):
    folder = save()
    folder.write("records.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000)
    with pytest.raises(RecordsError) as refused:
        folder.read()
    assert str(refused.value) == (
        "records.xlsx: the workbook is protected with a password, or is an old .xls.\n"
        "  Save it without a password as .xlsx."
    )
