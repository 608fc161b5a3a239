"""Parquet files stay in the engine and are read by the same rules as text."""

# ruff: noqa: DTZ001  # times without an offset are what is read here

from datetime import UTC, date, datetime
from decimal import Decimal

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icans.errors import EngineError, RecordsError

CORRECT = "\n  Correct it, or leave the cell empty if it was not recorded."


@pytest.fixture
def save(folder):
    """Write tables as Parquet in place of the CSV files of the same name."""

    def write(**tables):
        for name, columns in tables.items():
            (folder.path / f"{name}.csv").unlink(missing_ok=True)
            pq.write_table(pa.table(columns), folder.path / f"{name}.parquet")
        return folder

    return write


def test_a_clean_file_is_nothing_but_an_expression_over_it(save):
    folder = save(
        patients={"patient_id": ["P01", "P02"]},
        neuro={"patient_id": ["P01", "P02"], "time": [1.0, 2.5], "ice": [10, None], "motor": ["none", None]},
    )
    outcome = folder.read()
    sql = ibis.to_sql(outcome.records.neuro)
    assert not {"WHERE", "JOIN", "TRIM", "LOWER", "CASE", "row_number"} & set(str(sql).split())
    assert str(sql).count("CAST") == str(sql).count("CAST(NULL")
    assert outcome.said() == []
    assert outcome.rows("neuro", "patient_id", "infusion", "hour", "ice", "motor") == [
        ("P01", 1, 1.0, 10, "none"),
        ("P02", 1, 2.5, None, None),
    ]
    assert "row" not in outcome.records.neuro.columns
    assert outcome.records.rows["neuro"].read == outcome.records.rows["neuro"].used == 2


def test_infusions_that_are_all_at_zero_need_no_join(save):
    folder = save(
        patients={"patient_id": ["P01", "P02"]},
        infusions={"patient_id": ["P01", "P02"], "infused_at": [0, 0], "product": ["a", "b"]},
        neuro={"patient_id": ["P01", "P02"], "time": [1.0, 2.5], "ice": [10, None]},
    )
    outcome = folder.read()
    assert "JOIN" not in str(ibis.to_sql(outcome.records.neuro))
    assert outcome.rows("infusions", "patient_id", "infusion", "start_hour", "product") == [
        ("P01", 1, 0.0, "a"),
        ("P02", 1, 0.0, "b"),
    ]


def test_other_types_that_mean_the_same_are_taken(save):
    neuro = {
        "patient_id": pa.array(["P01"] * 2).dictionary_encode(),
        "time": pa.array([1, 2], pa.int16()),
        "ice": pa.array([9.0, None], pa.float64()),
        "icans_grade": pa.array([Decimal(1), None], pa.decimal128(4, 1)),
        "seizure": pa.array(["none", None]).dictionary_encode(),
        "ward": pa.array([[1], None]),
    }
    outcome = save(neuro=neuro).read()
    assert outcome.said() == []
    assert outcome.rows("neuro", "hour", "ice", "icans_grade", "seizure", "ward") == [
        (1.0, 9, 1, "none", [1]),
        (2.0, None, None, None, None),
    ]
    assert str(outcome.records.neuro.schema()["ice"]) == "int64"


@pytest.mark.parametrize("ids", [pa.array([7, 8]), pa.array([7.0, 8.0]), pa.array(["7", "8 "])])
def test_ids_of_any_type_are_the_same_patients(save, ids):
    outcome = save(patients={"patient_id": ["7", "8"]}, neuro={"patient_id": ids, "time": [1, 2], "ice": [9, 9]}).read()
    assert outcome.rows("neuro", "patient_id") == [("7",), ("8",)]
    assert outcome.errors == []


def test_blanks_around_ids_are_noted_with_their_rows(save):
    outcome = save(neuro={"patient_id": ["P01", "P01 ", "P01 "], "time": [1, 2, 3], "ice": [9, 9, 9]}).read()
    assert outcome.rows("neuro", "patient_id", "hour") == [("P01", 1.0), ("P01", 2.0), ("P01", 3.0)]
    assert outcome.said() == [
        'neuro.parquet, row 3, column patient_id: "P01 " has blanks around it in rows 3-4, and is read as P01.'
    ]


@pytest.mark.parametrize(
    ("column", "values", "error"),
    [
        ("ice", [9, 11, -1], 'row 3, column ice: "11" is not from 0 to 10 (points).'),
        ("ice", [9.0, 9.5, 9.0], 'row 3, column ice: "9.5" is not a whole number.'),
        ("ice", [9.0, float("nan"), 9.0], 'row 3, column ice: "nan" is not a whole number.'),
        ("ice", ["9", "ten", "8"], 'row 3, column ice: "ten" is not a whole number.'),
        (
            "motor",
            ["none", "weak", "None"],
            'row 3, column motor: "weak" is not one of none, mild_weakness, deep_focal',
        ),
        ("motor", [1, 2, 3], 'row 2, column motor: "1" is not one of none, mild_weakness, deep_focal_weakness.'),
        (
            "other_cause",
            ["ice", "ice;x", "Motor, ice"],
            'row 3, column other_cause: "ice;x" names something other than',
        ),
        ("time", [1.0, float("inf"), 2.0], 'row 3, column time: "inf" is not a number of hours from infusion.'),
        ("time", [1.0, float("nan"), 2.0], 'row 3, column time: "nan" is not a number of hours from infusion.'),
        ("time", [1.0, None, 2.0], "row 3, column time: there is no value, and the row cannot be used without one."),
        ("time", [1, 1_000_000, 2], 'row 3, column time: "1000000" lies more than 50 years from infusion.'),
        ("patient_id", ["P01", None, "P02"], "row 3, column patient_id: there is no value, and the row cannot be used"),
        ("patient_id", ["P01", "NA", "P02"], "row 3, column patient_id: there is no value, and the row cannot be used"),
    ],
)
def test_a_value_that_cannot_be_used_is_an_error_in_the_words_of_a_text_file(save, column, values, error):
    neuro = {"patient_id": ["P01"] * 3, "time": [1.0, 2.0, 3.0], "ice": [9, 9, 9], column: values}
    outcome = save(neuro=neuro).read()
    assert outcome.errors[0].startswith(f"neuro.parquet, {error}")
    bad = {int(line.split("row ")[1].split(",")[0]) for line in outcome.errors}
    assert len(outcome.rows("neuro", "patient_id")) == 3 - len(bad) == outcome.records.rows["neuro"].used


def test_several_faults_of_a_row_cost_it_once(save):
    neuro = {"patient_id": ["P01"] * 2, "time": [1.0, 2.0], "ice": [99, 9], "icans_grade": [9, 1]}
    outcome = save(neuro=neuro).read()
    assert len(outcome.errors) == 2
    assert outcome.records.rows["neuro"].used == 1


def test_texts_that_are_not_values_as_they_stand_are_read(save):
    neuro = {
        "patient_id": ["P01"] * 3,
        "time": ["1", "2,5", " 3 "],
        "ice": ["NA", "9", None],
        "motor": ["None", "Mild weakness", "NA"],
        "other_cause": ["motor, ice", None, "ice"],
    }
    outcome = save(neuro=neuro).read()
    assert outcome.rows("neuro", "hour", "ice", "motor", "other_cause") == [
        (1.0, None, "none", "ice;motor"),
        (2.5, 9, "mild_weakness", None),
        (3.0, None, None, "ice"),
    ]
    assert outcome.said() == ['neuro.parquet, row 3, column time: "2,5" has a decimal comma and is read as 2.5.']


def test_booleans_may_be_numbers_or_words(save):
    crs = {"patient_id": ["P01"] * 2, "time": [1, 2], "vasopressin": [1, 0], "fever_other_cause": ["yes", "no"]}
    assert save(crs=crs).read().rows("crs", "vasopressin", "fever_other_cause") == [(False, False), (True, True)]


@pytest.mark.parametrize(
    ("infused", "times", "expected"),
    [
        (datetime(2024, 3, 1, 10), [datetime(2024, 3, 1, 10), datetime(2024, 3, 2, 9, 30)], [0.0, 23.5]),
        (datetime(2024, 3, 1, 10), [datetime(2024, 3, 1), datetime(2024, 3, 2)], [0.0, 24.0]),
        (datetime(2024, 3, 1, 10), [date(2024, 3, 1), date(2024, 3, 2)], [0.0, 24.0]),
        (date(2024, 3, 1), [datetime(2024, 3, 1, 10), datetime(2024, 3, 2, 9, 30)], [10.0, 33.5]),
        (
            datetime(2024, 3, 1, 10, tzinfo=UTC),
            [datetime(2024, 3, 1, 10, tzinfo=UTC), datetime(2024, 3, 2, 9, 30, tzinfo=UTC)],
            [0.0, 23.5],
        ),
        (datetime(2024, 3, 1, 10), ["2024-03-01T10:00", "2024-03-02 09:30"], [0.0, 23.5]),
        ("2024-03-01", ["2024-03-01T10:00", "2024-03-02 09:30"], [10.0, 33.5]),
    ],
)
def test_timestamps_dates_and_texts_are_times(save, infused, times, expected):
    folder = save(
        patients={"patient_id": ["P01"]},
        infusions={"patient_id": ["P01"], "infused_at": [infused]},
        neuro={"patient_id": ["P01"] * 2, "time": times, "ice": [9, 9]},
    )
    folder.settings = {"time": "dates"}
    outcome = folder.read()
    assert outcome.said() == []
    assert [hour for (hour,) in outcome.rows("neuro", "hour")] == expected


def test_times_that_are_texts_may_stand_beside_ids_that_are_numbers(save):
    outcome = save(
        patients={"patient_id": [7]},
        infusions={"patient_id": [7], "infused_at": ["2024-03-01T10:00"]},
        neuro={"patient_id": [7], "time": ["2024-03-02T10:00"], "ice": [9]},
    ).read(time="dates")
    assert outcome.rows("neuro", "patient_id", "hour") == [("7", 24.0)]


def test_timestamps_that_cannot_be_meant_are_errors(save):
    folder = save(
        patients={"patient_id": ["P01"]},
        infusions={"patient_id": ["P01"], "infused_at": [datetime(2024, 3, 1, 10)]},
        neuro={
            "patient_id": ["P01"] * 3,
            "time": [datetime(1900, 1, 3, 1), datetime(2204, 3, 1, 1), datetime(2024, 3, 1, 11)],
            "ice": [9, 9, 9],
        },
    )
    folder.settings = {"time": "dates"}
    outcome = folder.read()
    assert [error.splitlines()[0] for error in outcome.errors] == [
        (
            'neuro.parquet, row 2, column time: "1900-01-03 01:00:00" is a date before 1905, as '
            "spreadsheets make of small "
            "numbers."
        ),
        'neuro.parquet, row 3, column time: "2204-03-01" lies more than 50 years from infusion.',
    ]
    assert outcome.rows("neuro", "hour") == [(1.0,)]


def test_timestamps_in_a_study_of_hours_are_errors(save):
    neuro = {"patient_id": ["P01"], "time": [datetime(2024, 3, 1, 10)], "ice": [9]}
    assert save(neuro=neuro).read().errors == [
        (
            'neuro.parquet, row 2, column time: "2024-03-01 10:00:00" is not a number of hours from infusion.\n'
            '  For dates, set [records] time = "dates" in study.toml.'
        )
    ]


def test_a_column_of_lists_is_an_error_of_the_column(save):
    neuro = {"patient_id": ["P01"], "time": [1], "ice": [[9]], "icans_grade": [1]}
    outcome = save(neuro=neuro).read()
    assert outcome.errors == [
        (
            "neuro.parquet, column ice: is of type array<int64>, which cannot be read.\n"
            "  Store numbers as numbers, and times as timestamps."
        )
    ]
    assert outcome.rows("neuro", "ice", "icans_grade") == [(None, 1)]


def test_unknown_patients_and_repeated_ones_are_found(save):
    folder = save(
        patients={"patient_id": ["P01", "P02", "P01", "P02"], "sex": ["male", "male", "male", "female"]},
        neuro={"patient_id": ["P01", "P03"], "time": [1, 2], "ice": [9, 9]},
    )
    outcome = folder.read()
    assert outcome.rows("patients", "patient_id", "sex") == [("P01", "male"), ("P02", "male")]
    assert outcome.rows("neuro", "patient_id") == [("P01",)]
    assert [(f.severity, f.file, f.row, f.patient_id) for f in outcome.records.findings] == [
        ("warning", "patients.parquet", 4, "P01"),
        ("error", "patients.parquet", 5, "P02"),
        ("error", "neuro.parquet", 3, "P03"),
    ]


def test_a_thousand_rows_of_a_column_are_named_and_the_rest_counted(save):
    errors = save(neuro={"patient_id": ["P01"] * 1500, "time": [1] * 1500, "ice": [99] * 1500}).read().errors
    assert len(errors) == 1001
    assert errors[-1] == "neuro.parquet, column ice: 500 more rows have a value in this column that cannot be used."


def test_a_missing_column_that_every_row_needs_is_one_error(save):
    outcome = save(crs={"patient_id": ["P01"], "crs_grade": [1]}).read()
    assert outcome.errors[0].startswith("crs.parquet, column time: the column is not there,")
    assert outcome.rows("crs", "patient_id") == []


def test_a_file_that_is_no_parquet_is_an_error(folder):
    (error,) = folder.write("crs.parquet", "text").read().errors
    assert error.startswith("crs.parquet: is not a Parquet file that can be read.")


def test_a_damaged_file_ends_in_a_sentence_that_names_it(save):
    folder = save(neuro={"patient_id": ["P01"] * 1000, "time": range(1000), "ice": [9] * 1000})
    data = bytearray((folder.path / "neuro.parquet").read_bytes())
    data[4:200] = bytes(196)
    folder.write("neuro.parquet", bytes(data))
    with pytest.raises(EngineError, match=r"neuro\.parquet: the file cannot be read \("):
        folder.read()


def test_a_file_of_patients_that_is_no_parquet_ends_in_a_sentence(folder):
    (folder.path / "patients.csv").unlink()
    with pytest.raises(
        RecordsError, match=r"patients.parquet: is not a Parquet file that can be read\. No study can be"
    ):
        folder.write("patients.parquet", "text").read()


def test_folders_whose_names_look_like_patterns_are_only_names(save, tmp_path):
    folder = save(neuro={"patient_id": ["P01"], "time": [1], "ice": [9]})
    odd = tmp_path / "year=2024" / "[a]*?"
    odd.mkdir(parents=True)
    for name in ("patients.csv", "neuro.parquet"):
        (tmp_path / name).rename(odd / name)
    folder.path = odd
    outcome = folder.read()
    assert outcome.rows("neuro", "ice") == [(9,)]
    assert "year" not in outcome.records.neuro.columns


def test_two_columns_that_differ_in_case_are_read_by_neither(save):
    columns = {"patient_id": ["P01"], "Site": ["A"], "site": ["B"], "time": [1.0], "TIME": [9.0], "icans_grade": [1]}
    outcome = save(neuro=columns).read()
    assert outcome.rows("neuro", "patient_id") == []
    assert {"site", "Site", "site_1"}.isdisjoint(outcome.records.neuro.columns)
    twice = "stands 2 times in the header, and none of them is read.\n  Keep one of them."
    assert outcome.errors == [
        f"neuro.parquet, row 1, column site: {twice}",
        f"neuro.parquet, row 1, column time: {twice}",
        "neuro.parquet, column time: no row can be used without this column.",
    ]


def test_lengths_of_time_are_not_taken_for_hours(save):
    outcome = save(crs={"patient_id": ["P01"], "time": pa.array([3600], pa.duration("s")), "crs_grade": [1]}).read()
    assert outcome.rows("crs", "hour") == []
    assert outcome.errors[0].startswith("crs.parquet, column time: is of type duration[s], which cannot be read.")


def test_an_id_that_is_no_number_names_nobody(save):
    ids = [7.0, float("nan")]
    outcome = save(
        patients={"patient_id": ids}, neuro={"patient_id": ids, "time": [1.0, 2.0], "icans_grade": [1, 2]}
    ).read()
    assert outcome.rows("neuro", "patient_id") == [("7",)]
    assert [error.partition(": ")[2] for error in outcome.errors] == ['"nan" names nobody.'] * 2


def test_times_with_a_zone_beside_dates_are_doubted(save):
    moments = pa.array([datetime(2024, 3, 4, 22)], pa.timestamp("us", tz="Asia/Shanghai"))
    folder = save(neuro={"patient_id": ["P01"], "time": moments, "icans_grade": [1]})
    folder.write("infusions.csv", "patient_id,infused_at\nP01,2024-03-05\n")
    (warning,) = folder.read(time="dates").warnings
    assert warning.startswith("infusions.csv: has dates while neuro.parquet has times in UTC")


def test_a_file_that_numbers_its_rows_itself_is_read_and_its_faults_name_the_patient(save):
    outcome = save(
        neuro={"patient_id": ["P01"] * 2, "time": [1.0, 2.0], "icans_grade": [1, 9], "File_Row_Number": [5, 6]}
    ).read()
    assert outcome.rows("neuro", "icans_grade") == [(1,)]
    assert outcome.errors[0].startswith('neuro.parquet, patient P01, column icans_grade: "9" is not from 0 to 5')
