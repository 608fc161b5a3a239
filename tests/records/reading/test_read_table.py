"""One table of any name, for grading row by row."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icans.errors import CallError, RecordsError
from icans.records.reading import read_table
from icans.records.schema import NEURO, PATIENTS

COLUMNS = [*PATIENTS.columns, *NEURO.columns]


def read(path, engine, **options):
    table, findings = read_table(path, COLUMNS, engine, **options)
    return engine.rows(table.order_by("row")), [str(finding) for finding in findings]


def test_known_columns_are_cast_and_the_others_stay_text(tmp_path, engine):
    path = tmp_path / "ward round.csv"
    path.write_text("bed,ICE,consciousness,time,age_years\n007,9,Awake,tomorrow,54\n12,,NA,,8\n")
    rows, said = read(path, engine)
    assert rows == [
        {"row": 2, "bed": "007", "ice": 9, "consciousness": "awake", "time": "tomorrow", "age_years": 54.0},
        {"row": 3, "bed": "12", "ice": None, "consciousness": None, "time": None, "age_years": 8.0},
    ]
    assert said == ['ward round.csv, row 1, column ice: "ICE" is read as ice.']


def test_rows_with_an_error_are_left_out(tmp_path, engine):
    path = tmp_path / "t.csv"
    path.write_text("ice\n11\n9\n")
    rows, said = read(path, engine)
    assert rows == [{"row": 3, "ice": 9}]
    assert said[0].startswith('t.csv, row 2, column ice: "11" is not from 0 to 10 (points).')


def test_parquet_keeps_its_types_and_order(tmp_path, engine):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"ice": pa.array([3, 9], pa.int8()), "site": [1.5, 2.5], "motor": ["None", "none"]}), path)
    assert read(path, engine)[0] == [
        {"ice": 3, "motor": "none", "site": 1.5, "row": 2},
        {"ice": 9, "motor": "none", "site": 2.5, "row": 3},
    ]


def test_the_first_sheet_of_a_workbook_is_read(tmp_path, engine):
    import openpyxl

    book = openpyxl.Workbook()
    book.active.append(["ice", "motor"])
    book.active.append([9, "none"])
    book.create_sheet("later").append(["x"])
    book.save(tmp_path / "t.xlsx")
    assert read(tmp_path / "t.xlsx", engine)[0] == [{"row": 2, "ice": 9, "motor": "none"}]


def test_texts_that_mean_missing_can_be_named(tmp_path, engine):
    path = tmp_path / "t.csv"
    path.write_text("ice,ward\n-1,-1\n")
    assert read(path, engine, missing=["-1"])[0] == [{"row": 2, "ice": None, "ward": None}]


def test_a_column_named_row_gives_way(tmp_path, engine):
    path = tmp_path / "t.csv"
    path.write_text("row,ice\n9,9\n")
    rows, said = read(path, engine)
    assert rows == [{"row": 2, "ice": 9}]
    assert len(said) == 1


def test_bad_calls_end_in_a_sentence(tmp_path, engine):
    with pytest.raises(CallError, match=r"none\.csv: there is no such file\."):
        read_table(tmp_path / "none.csv", COLUMNS, engine)
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(CallError, match=r"t\.json: a table is a \.csv, \.parquet or \.xlsx file\."):
        read_table(tmp_path / "t.json", COLUMNS, engine)
    for name in ("t.csv", "t.parquet"):
        (tmp_path / name).write_text("")
        with pytest.raises(RecordsError, match=name):
            read_table(tmp_path / name, COLUMNS, engine)
