from __future__ import annotations

import itertools
from typing import Any

import ibis
import pytest

from icans.derive.grades import grades
from icans.derive.schema import DERIVED
from icans.scales import catalogue

SCALES = {"icans": catalogue.load("astct-2019-icans"), "crs": catalogue.load("astct-2019-crs")}


@pytest.fixture
def grade(make: Any) -> Any:
    def graded(*, unrecorded: str = "absent", **tables: Any) -> Any:
        neuro, crs, patients, events = (
            make(name, tables.get(name, ())) for name in ("neuro", "crs", "patients", "events")
        )
        return grades(neuro, crs, patients, events, scales=SCALES, unrecorded=unrecorded).worded()

    return graded


def test_signs_give_the_grade_by_the_scale_and_the_recorded_grade_stands_beside_it(grade: Any, rows: Any) -> None:
    found = grade(
        neuro="""
        patient_id hour ice consciousness seizure          icans_grade
        P01        1    10  awake         none             0
        P01        2    5   awake         none             1
        P01        3    5   awake         resolves_rapidly -
        """
    )
    assert rows(found, "hour", "scale", "grade", "driver", "recorded_grade") == [
        (1, "astct-2019-icans", 0, "", 0),
        (2, "astct-2019-icans", 2, "ice", 1),
        (3, "astct-2019-icans", 3, "seizure", None),
    ]


def test_without_any_sign_the_recorded_grade_is_taken(grade: Any, rows: Any) -> None:
    found = grade(
        neuro="""
        patient_id hour icans_grade other_cause
        P01        1    3           -
        P01        2    1           seizure
        """,
        crs="""
        patient_id hour crs_grade antipyretic_or_anticytokine
        P01        1    2         yes
        """,
    )
    columns = ("toxicity", "hour", "scale", "grade", "grade_low", "grade_high", "driver", "missing", "recorded_grade")
    assert rows(found, *columns) == [
        ("crs", 1, "recorded", 2, 2, 2, "", "", 2),
        ("icans", 1, "recorded", 3, 3, 3, "", "", 3),
        ("icans", 2, "recorded", 1, 1, 1, "", "", 1),
    ]


def test_a_row_with_neither_signs_nor_grade_is_no_assessment(grade: Any, rows: Any) -> None:
    found = grade(
        neuro="""
        patient_id hour icans_grade ice
        P01        1    -           -
        P01        2    -           10
        """,
        crs="""
        patient_id hour crs_grade
        P01        1    -
        """,
    )
    assert rows(found, "toxicity", "hour") == [("icans", 2)]


def test_signs_that_leave_the_grade_open_are_not_settled_by_the_recorded_one(grade: Any, rows: Any) -> None:
    found = grade(
        neuro="""
        patient_id hour ice icans_grade
        P01        1    0   4
        """
    )
    assert rows(found, "grade", "grade_low", "grade_high", "recorded_grade") == [(None, 3, 4, 4)]


def test_unknown_keeps_every_bound_open(grade: Any, rows: Any) -> None:
    neuro = """
    patient_id hour ice consciousness
    P01        1    8   awake
    """
    assert rows(grade(neuro=neuro), "grade", "grade_low", "grade_high") == [(1, 1, 4)]
    assert rows(grade(neuro=neuro, unrecorded="unknown"), "grade", "grade_low", "grade_high") == [(None, 1, 4)]


def test_age_and_developmental_delay_come_from_the_patients(grade: Any, rows: Any) -> None:
    found = grade(
        patients="""
        patient_id age_years developmental_delay
        adult      12        no
        child      11        no
        delayed    30        yes
        ageless    -         -
        """,
        neuro="""
        patient_id hour ice capd consciousness
        adult      1    10  12   awake
        child      1    10  12   awake
        delayed    1    10  12   awake
        ageless    1    10  12   awake
        stranger   1    10  12   awake
        """,
    )
    assert rows(found, "patient_id", "grade", "driver") == [
        ("adult", 0, ""),
        ("ageless", 0, ""),
        ("child", 3, "capd"),
        ("delayed", 3, "capd"),
        ("stranger", 0, ""),
    ]


def test_a_study_column_of_the_assessments_does_not_pose_as_the_age_or_as_an_event(make: Any, rows: Any) -> None:
    neuro = make("neuro", [{"patient_id": "P01", "hour": 1.0, "ice": 10, "capd": 20, "consciousness": "awake"}])
    neuro = neuro.mutate(age_years=5.0, event=ibis.literal("death_due_to_icans"))
    patients = make("patients", [{"patient_id": "P01", "age_years": 40.0}])
    found = grades(neuro, make("crs"), patients, make("events"), scales=SCALES, unrecorded="absent")
    assert rows(found.table, "grade") == [(0,)]


def test_death_due_to_icans_is_a_grade_5_at_its_hour(grade: Any, rows: Any) -> None:
    found = grade(
        events="""
        patient_id hour event
        P01        90   death_due_to_icans
        P01        90   death_due_to_icans
        P02        50   death
        """,
        neuro="""
        patient_id hour ice
        P01        90   -
        """,
    )
    columns = ("patient_id", "hour", "toxicity", "scale", "grade", "grade_low", "grade_high", "driver")
    assert rows(found, *columns) == [("P01", 90, "icans", "astct-2019-icans", 5, 5, 5, "death")]


def test_repeated_assessments_stay(grade: Any, rows: Any) -> None:
    found = grade(
        neuro="""
        patient_id hour ice
        P01        1    9
        P01        1    9
        """
    )
    assert len(rows(found)) == 2


def test_an_empty_study_gives_no_grade_but_every_column(grade: Any, engine: Any) -> None:
    table = engine.collect(grade())
    assert table.num_rows == 0
    assert table.column_names == list(DERIVED["grades"])


def test_a_table_written_by_number_is_read_in_the_same_words(make: Any, engine: Any, rows: Any, tmp_path: Any) -> None:
    answers = itertools.product(
        ("10", "0", "-"), ("awake", "touch", "-"), ("none", "prolonged", "-"), ("-", "ice;seizure")
    )
    lines = [f"P01 {hour} {' '.join(row)}" for hour, row in enumerate(answers)]
    found = grades(
        make("neuro", "\n".join(["patient_id hour ice consciousness seizure other_cause", *lines])),
        make(
            "crs",
            """
            patient_id hour temperature_c hypotension vasopressors oxygen crs_grade
            P01        1    39            -           2            -      -
            P01        2    -             vasopressor -            cpap   2
            P01        3    -             -           -            -      1
            """,
        ),
        make("patients"),
        make(
            "events",
            """
            patient_id hour event
            P01        900  death_due_to_icans
            """,
        ),
        scales=SCALES,
        unrecorded="unknown",
    )
    columns = ("toxicity", "scale", "driver", "missing", "excluded")
    assert set(found.texts) == set(columns)
    written = rows(engine.write(found, tmp_path / "grades.parquet"), "hour", *columns, "grade_high")
    assert written == rows(found.worded(), "hour", *columns, "grade_high")
    assert [row for row in written if row[1] == "crs"] == [
        (1, "crs", "astct-2019-crs", "vasopressors", "hypotension;vasopressin;oxygen", "", 4),
        (2, "crs", "astct-2019-crs", "", "fever;vasopressors;vasopressin;antipyretic_or_anticytokine", "", 4),
        (3, "crs", "recorded", "", "", "", 1),
    ]
    assert written[-1] == (900, "icans", "astct-2019-icans", "death", "", "", 5)
    assert len({row[4] for row in written}) > 5
