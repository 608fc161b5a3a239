from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icans.derive.episodes import episodes
from icans.derive.schema import DERIVED

QUIET = timedelta(hours=72)
COLUMNS = ("onset_hour", "peak_grade", "peak_hour", "end_hour", "resolved", "grade_days", "assessments")


def of(table: ibis.Table, quiet: timedelta = QUIET, onset_grade: int = 1) -> ibis.Table:
    return episodes(table, quiet=quiet, onset_grade=onset_grade)


def daily(course: str, patient: str = "P01", **named: Any) -> list[dict[str, Any]]:
    """Grades of a patient, a character a day from day 0; a dot where nobody looked, a question mark where open."""
    return [
        {"patient_id": patient, "hour": 24.0 * day, "grade": None if grade == "?" else int(grade), **named}
        for day, grade in enumerate(course)
        if grade != "."
    ]


@pytest.mark.parametrize(
    ("course", "expected"),
    [
        # onset day 1, peak 3 on day 2, free on day 4; held 1 + 3 + 1 days
        ("01310", [(24, 3, 48, 96, True, 5.0, 3)]),
        # never toxic
        ("000", []),
        # toxic to the last day: not resolved, ends where last seen toxic, the last grade held for no time
        ("0122", [(24, 2, 48, 72, False, 3.0, 3)]),
        # a day at grade 0 inside: two days from toxic to toxic, one episode; grade 0 holds nothing
        ("10200", [(0, 2, 48, 72, True, 3.0, 3)]),
        # exactly 72 hours from toxic to toxic is one episode
        ("100100", [(0, 1, 0, 96, True, 2.0, 4)]),
        # 96 hours are two
        ("1000200", [(0, 1, 0, 24, True, 1.0, 1), (96, 2, 96, 120, True, 2.0, 1)]),
        # nobody looked in between: the first is not resolved
        ("1....2..", [(0, 1, 0, 0, False, 0.0, 1), (120, 2, 120, 120, False, 0.0, 1)]),
        # an unobserved day: the grade before it is held
        ("2.20", [(0, 2, 0, 72, True, 6.0, 2)]),
        # an open grade neither opens, ends, holds nor counts
        ("?1?20?", [(24, 2, 72, 96, True, 4.0, 2)]),
        # open after the last toxic one: nothing ended it
        ("1?", [(0, 1, 0, 0, False, 0.0, 1)]),
        # grade 5 never resolves
        ("1350", [(0, 5, 48, 48, False, 4.0, 3)]),
    ],
)
def test_an_episode_is_what_a_reader_of_the_daily_grades_sees(
    make: Any, rows: Any, course: str, expected: list[tuple[Any, ...]]
) -> None:
    assert rows(of(make("grades", daily(course))), *COLUMNS) == expected


def test_a_higher_onset_grade_leaves_lower_grades_to_end_an_episode(make: Any, rows: Any) -> None:
    found = rows(of(make("grades", daily("1232110")), onset_grade=2), *COLUMNS)
    assert found == [(24, 3, 48, 96, True, 7.0, 3)]


def test_a_grade_below_onset_inside_an_episode_is_held_too(make: Any, rows: Any) -> None:
    found = rows(of(make("grades", daily("212110")), onset_grade=2), *COLUMNS)
    assert found == [(0, 2, 0, 72, True, 5.0, 3)]


def test_patients_infusions_and_toxicities_are_apart_and_numbered_from_one(make: Any, rows: Any) -> None:
    table = make(
        "grades",
        [
            *daily("10", "P01"),
            *daily("0200003", "P01", infusion=2),
            *daily("2", "P01", toxicity="crs"),
            *daily("11", "P02"),
        ],
    )
    assert rows(of(table), "patient_id", "infusion", "toxicity", "episode", "onset_hour") == [
        ("P01", 1, "crs", 1, 0),
        ("P01", 1, "icans", 1, 0),
        ("P01", 2, "icans", 1, 24),
        ("P01", 2, "icans", 2, 144),
        ("P02", 1, "icans", 1, 0),
    ]


def test_at_one_hour_the_worst_counts(make: Any, rows: Any) -> None:
    table = make(
        "grades",
        """
        patient_id hour grade
        P01        0    0
        P01        6    1
        P01        6    3
        P01        6    0
        P01        18   2
        P01        30   0
        P01        30   1
        P01        42   0
        """,
    )
    # 3 for 12 hours, 2 for 12, 1 for 12
    assert rows(of(table), *COLUMNS) == [(6, 3, 6, 42, True, 3.0, 3)]


def test_toxicity_before_infusion_counts_with_negative_hours(make: Any, rows: Any) -> None:
    found = rows(of(make("grades", [{"patient_id": "P01", "hour": -6.5, "grade": 1}])), "onset_hour", "duration_hours")
    assert found == [(-6.5, 0.0)]


def test_no_assessment_gives_no_episode_but_every_column(make: Any, engine: Any) -> None:
    table = engine.collect(of(make("grades")))
    assert table.num_rows == 0
    assert {field.name: str(field.type) for field in table.schema} == {
        column: {"float64": "double", "boolean": "bool"}.get(kind, kind)
        for column, (kind, _) in DERIVED["episodes"].items()
    }


# A brute-force twin: the definition written as a loop over one patient's assessments.


def twin(assessments: list[tuple[float, int | None]], quiet: float, onset_grade: int) -> list[tuple[Any, ...]]:
    worst: dict[float, int] = {}
    for hour, grade in assessments:
        if grade is not None:
            worst[hour] = max(grade, worst.get(hour, 0))
    hours = sorted(worst)
    runs: list[list[float]] = []
    for hour in (hour for hour in hours if worst[hour] >= onset_grade):
        if runs and hour - runs[-1][-1] <= quiet:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    found = []
    for number, run in enumerate(runs):
        later = runs[number + 1][0] if number + 1 < len(runs) else float("inf")
        clear = [hour for hour in hours if run[-1] < hour < later]
        peak = max(worst[hour] for hour in run)
        resolved = bool(clear) and peak < 5
        end = clear[0] if resolved else run[-1]
        inside = [hour for hour in hours if run[0] <= hour <= run[-1]]
        area = sum(worst[a] * (b - a) for a, b in zip(inside, [*inside[1:], end], strict=True)) / 24
        peak_hour = next(hour for hour in run if worst[hour] == peak)
        found.append((number + 1, run[0], peak, peak_hour, end, resolved, pytest.approx(area), len(inside)))
    return found


HOURS = st.integers(-8, 60).map(lambda step: step * 6.0)
ASSESSMENT = st.tuples(HOURS, st.none() | st.sampled_from([0, 0, 0, 1, 1, 2, 3, 4, 5]))
COHORT = st.lists(st.lists(ASSESSMENT, max_size=25), min_size=1, max_size=40)
FEW = settings(max_examples=12, deadline=None)


def cohort(patients: list[list[tuple[float, int | None]]]) -> list[dict[str, Any]]:
    """Patients in turn have their first infusion, their second, and CRS in place of ICANS."""
    kinds: list[dict[str, Any]] = [{"infusion": 1}, {"infusion": 2}, {"toxicity": "crs"}]
    return [
        {"patient_id": f"P{number // 3}", "hour": hour, "grade": grade, **kinds[number % 3]}
        for number, assessments in enumerate(patients)
        for hour, grade in assessments
    ]


def by_series(found: list[tuple[Any, ...]]) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
    series = defaultdict(list)
    for row in found:
        series[row[:3]].append(row[3:])
    return series


@FEW
@given(patients=COHORT, quiet=st.sampled_from([0, 6, 24, 72]), onset_grade=st.integers(1, 4))
def test_episodes_agree_with_the_definition_as_a_loop(
    make: Any, rows: Any, patients: list[Any], quiet: int, onset_grade: int
) -> None:
    table = of(make("grades", cohort(patients)), timedelta(hours=quiet), onset_grade)
    found = by_series(rows(table, "patient_id", "infusion", "toxicity", "episode", *COLUMNS))
    for number, assessments in enumerate(patients):
        series = (f"P{number // 3}", 2 if number % 3 == 1 else 1, "crs" if number % 3 == 2 else "icans")
        assert found[series] == twin(assessments, quiet, onset_grade)


@FEW
@given(patients=COHORT, quiet=st.integers(0, 96), longer=st.integers(0, 96))
def test_a_longer_quiet_time_never_gives_more_episodes(
    make: Any, rows: Any, patients: list[Any], quiet: int, longer: int
) -> None:
    table = make("grades", cohort(patients))
    short = rows(of(table, timedelta(hours=quiet)), "patient_id")
    assert len(rows(of(table, timedelta(hours=quiet + longer)), "patient_id")) <= len(short)


@FEW
@given(patients=COHORT, random=st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_their_repetition_changes_anything(
    make: Any, rows: Any, patients: list[Any], random: Any
) -> None:
    table = cohort(patients)
    again = table + random.sample(table, len(table) // 2)
    random.shuffle(again)
    columns = ("patient_id", "infusion", "toxicity", "episode", *COLUMNS)
    expected = [
        tuple(pytest.approx(value) if isinstance(value, float) else value for value in row)
        for row in rows(of(make("grades", table)), *columns)
    ]
    assert rows(of(make("grades", again)), *columns) == expected


def test_exactly_the_quiet_time_apart_is_one_episode_at_any_minute_of_the_day(make: Any, rows: Any) -> None:
    # Subtracting hours such as 8:20 leaves noise: for many minutes of a stay it is a little more than 72.
    starts = [60 * minute for minute in range(0, 14400, 7)]
    grades = make(
        "grades",
        [
            {"patient_id": f"P{start}", "hour": (start + later * 3600) / 3600, "grade": 1}
            for start in starts
            for later in (0, 72)
        ],
    )
    assert len(rows(of(grades), "patient_id")) == len(starts)
