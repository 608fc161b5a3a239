"""Which days are drawn, and neighbouring days joined into one bar."""

from dataclasses import replace

from icans.figures.data import FigureData
from icans.figures.days import LAST, runs, span, worth_drawing


def day(key, on, low, high=None, toxicity="icans"):
    return {
        "key": key,
        "toxicity": toxicity,
        "day": on,
        "low": low,
        "high": low if high is None else high,
        "assessments": 1,
    }


def test_neighbouring_days_of_the_same_grade_are_one_run():
    joined = runs([day("A", 2, 1), day("A", 1, 1), day("A", 3, 2), day("B", 4, 2)])
    assert [(run["key"], run["x"], run["x2"], run["low"], run["assessments"]) for run in joined] == [
        ("A", 1, 3, 1, 2),
        ("A", 3, 4, 2, 1),
        ("B", 4, 5, 2, 1),
    ]


def test_a_day_not_observed_ends_a_run():
    assert [(run["x"], run["x2"]) for run in runs([day("A", 1, 0), day("A", 3, 0)])] == [(1, 2), (3, 4)]


def test_an_open_grade_is_no_run_with_a_settled_one():
    assert len(runs([day("A", 1, 3), day("A", 2, 3, 4)])) == 2


def test_days_after_the_last_toxicity_are_left_out():
    days = [day("A", on, int(on == 5)) for on in range(40)]
    assert worth_drawing(FigureData(days=days), {"A"}, {"icans"}) == 8


def test_days_that_nobody_observed_are_not_added():
    assert worth_drawing(FigureData(days=[day("A", 0, 0), day("A", 1, 3)]), {"A"}, {"icans"}) == 2


def test_a_late_course_is_drawn_and_a_very_late_one_is_not():
    days = [day("A", on, 0) for on in range(100)]
    late = FigureData(days=days, courses=[{"key": "A", "time": 20.4}])
    assert worth_drawing(late, {"A"}, {"icans"}) == 23
    assert worth_drawing(replace(late, courses=[{"key": "A", "time": 90.0}]), {"A"}, {"icans"}) == LAST + 1


def test_days_are_written_as_a_reader_says_them():
    assert [span(4, 5), span(4, 8)] == ["day 4", "days 4 to 7"]
