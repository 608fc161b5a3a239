"""From times as written to hours from infusion."""

import pytest

INFUSED = "patient_id,infused_at\nP01,2024-03-01T10:00\n"


@pytest.fixture
def dated(folder):
    folder.settings = {"time": "dates"}
    return folder.write("infusions.csv", INFUSED).write("patients.csv", "patient_id\nP01\n")


def hours(folder, *times):
    rows = "".join(f'P01,"{time}",{grade % 5}\n' for grade, time in enumerate(times))
    outcome = folder.write("neuro.csv", f"patient_id,time,icans_grade\n{rows}").read()
    return [hour for _, hour in outcome.rows("neuro", "row", "hour")], outcome


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2024-03-01T10:00", 0.0),
        ("2024-03-01 10:00:00", 0.0),
        ("2024-03-01T10:00:36", 0.01),
        ("2024-03-01T09:00", -1.0),
        ("2024-03-02 8:30", 22.5),
        ("2024-03-04T10:00", 72.0),
        ("2024-03-01T24:00", 14.0),
        ("2024-3-2t10:00:00.5", 24.0 + 0.5 / 3600),
        ("2024-03-02", 24.0),
        ("2024-03-01", 0.0),
        ("2024-02-28", -48.0),
    ],
)
def test_a_time_is_hours_from_infusion_and_a_date_whole_days(dated, written, hour):
    found, outcome = hours(dated, written, "2024-03-05T11:00")
    assert found[0] == pytest.approx(hour, abs=1e-9)
    assert outcome.said() == []


def test_an_infusion_given_as_a_date_is_measured_from_its_midnight(dated):
    dated.write("infusions.csv", "patient_id,infused_at\nP01,2024-03-01\n")
    assert hours(dated, "2024-03-01T10:00", "2024-03-02")[0] == [10.0, 24.0]


def test_date_times_that_all_stand_at_midnight_are_dates(dated):
    assert hours(dated, "2024-03-01 00:00:00", "2024-03-02T00:00")[0] == [0.0, 24.0]
    assert hours(dated, "2024-03-01 00:00:00", "2024-03-02T12:00")[0] == [-10.0, 26.0]


@pytest.mark.parametrize(
    ("written", "problem", "advice"),
    [
        ("05/03/2024", "is not an ISO 8601 date", "Write year-month-day: day and month cannot be told apart here."),
        ("5.3.2024 10:00", "is not an ISO 8601 date", "Write year-month-day"),
        ("20240305", "is not an ISO 8601 date", "Correct it."),
        (
            "3",
            "is not an ISO 8601 date",
            'For times from infusion, set [records] time = "hours" or "days" in study.toml.',
        ),
        ("2024-02-30", "is not a date and time of the calendar", "Correct it."),
        ("2024-03-01T25:00", "is not a date and time of the calendar", "Correct it."),
        ("0000-01-01", "is not a date and time of the calendar", "Correct it."),
        ("1900-01-08", "is a date before 1905, as spreadsheets make of small numbers", "Format the column as a date"),
        ("2074-03-05", "lies more than 50 years from infusion", "Correct the year."),
        ("1954-03-05T10:00", "lies more than 50 years from infusion", "Correct the year."),
    ],
)
def test_a_time_that_cannot_be_meant_is_an_error(dated, written, problem, advice):
    found, outcome = hours(dated, written, "2024-03-05T11:00")
    assert found == [97.0]
    (error,) = outcome.errors
    assert error.startswith(
        f'neuro.csv, row 2, column time: "{written.partition("T")[0] if "lies" in problem else written}" {problem}'
    )
    assert f"\n  {advice}" in error


def test_offsets_from_utc_make_instants(dated):
    dated.write("infusions.csv", "patient_id,infused_at\nP01,2024-03-30T10:00+01:00\n")
    found, outcome = hours(dated, "2024-03-31T10:00+02:00", "2024-03-30T09:00Z", "2024-03-30T10:00-0530", "2024-03-31")
    assert found == [23.0, 0.0, 6.5, 24.0]
    assert outcome.said() == []


def test_without_offsets_the_clock_on_the_wall_counts_also_where_clocks_change(dated):
    dated.write("infusions.csv", "patient_id,infused_at\nP01,2024-03-30T10:00\n")
    assert hours(dated, "2024-03-31T10:00")[0] == [24.0]


def test_times_with_and_without_offset_are_compared_by_the_clock_and_doubted(dated):
    dated.write("infusions.csv", "patient_id,infused_at\nP01,2024-03-30T10:00+01:00\n")
    found, outcome = hours(dated, "2024-03-31T10:00+02:00", "2024-03-31T10:00", "2024-03-31")
    assert found == [23.0, 24.0, 24.0]
    assert outcome.said() == [
        (
            "neuro.csv: has times without an offset from UTC while others of the study have one; they "
            "are compared by the clock.\n"
            "  Write all times with an offset, or all without."
        )
    ]


@pytest.mark.parametrize("time", ["2024-03-30 10:00-16:30", "2024-03-30 10:00-10:50", "2024-03-30T10:00+99:00"])
def test_a_span_of_time_is_not_taken_for_an_offset(dated, time):
    (error,) = hours(dated, time, "2024-03-30T11:00")[1].errors
    assert error == f'neuro.csv, row 2, column time: "{time}" ends in what is no offset from UTC.\n  Correct it.'


@pytest.mark.parametrize(
    ("infused", "time", "dates", "utc"),
    [
        ("2024-03-29T22:00Z", "2024-03-30", "neuro.csv", "infusions.csv"),
        ("2024-03-30", "2024-03-29T23:00Z", "infusions.csv", "neuro.csv"),
    ],
)
def test_dates_beside_times_in_utc_are_doubted(dated, infused, time, dates, utc):
    dated.write("infusions.csv", f"patient_id,infused_at\nP01,{infused}\n")
    assert hours(dated, time)[1].said() == [
        (
            f"{dates}: has dates while {utc} has times in UTC: the days of those are days in UTC, and may be others at "
            "the bedside.\n"
            "  Write times with the offset of their place, or as the clock there shows them."
        )
    ]


def test_records_with_an_offset_and_infusions_without_are_compared_by_the_clock(dated):
    found, outcome = hours(dated, "2024-03-02T10:00+05:00")
    assert found == [24.0]
    assert outcome.warnings[0].startswith("infusions.csv: has times without an offset from UTC")


@pytest.mark.parametrize(("unit", "expected"), [("hours", [-2.0, 0.0, 1.5, 36.0]), ("days", [-48.0, 0.0, 36.0, 864.0])])
def test_relative_times_are_hours_or_days(folder, unit, expected):
    folder.settings = {"time": unit}
    assert hours(folder, "-2", "0", "1.5", "36")[0] == expected


@pytest.mark.parametrize(
    ("unit", "written", "sentence"),
    [
        (
            "hours",
            "2024-03-01T10:00",
            (
                'neuro.csv, row 2, column time: "2024-03-01T10:00" is not a number of hours from infusion.\n'
                '  For dates, set [records] time = "dates" in study.toml.'
            ),
        ),
        (
            "days",
            "45356",
            'neuro.csv, row 2, column time: "45356" lies more than 50 years from infusion.\n  Correct it.',
        ),
        (
            "days",
            "day 3",
            'neuro.csv, row 2, column time: "day 3" is not a number of days from infusion.\n  Correct it.',
        ),
    ],
)
def test_a_relative_time_that_cannot_be_meant_is_an_error(folder, unit, written, sentence):
    folder.settings = {"time": unit}
    assert hours(folder, written, "1")[1].errors == [sentence]


def test_infusions_keep_their_moment_on_the_calendar(dated):
    assert dated.read().rows("infusions", "infusion", "start_hour", "infused_epoch_hour") == [(1, 0.0, 474802.0)]


def test_relative_infusions_have_no_moment_on_the_calendar(folder):
    assert folder.read().rows("infusions", "start_hour", "infused_epoch_hour") == [(0.0, None), (0.0, None)]
