"""A simulated cohort goes the whole way to derived tables, and they show the truth it was made from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from icans.derive.schema import DERIVED
from icans.engines import connect
from icans.packaged import folder
from icans.simulate import Parameters, simulate
from icans.study import Study

TYPES = {"string": "VARCHAR", "int64": "BIGINT", "int8": "TINYINT", "float64": "DOUBLE", "boolean": "BOOLEAN"}


def derived_from(study: Path, out: Path) -> Path:
    engine = connect()
    try:
        Study.read(study, engine).derive(out, lambda _: None)
    finally:
        engine.close()
    return out


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("simulated")
    simulate(place / "study", patients=2000, seed=3, parameters=Parameters(recorded_grade=1.0))
    return derived_from(place / "study", place / "derived")


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with folder() as study:
        yield derived_from(study, tmp_path_factory.mktemp("packaged") / "derived")


def one(query: str) -> tuple[float, ...]:
    row = duckdb.sql(query).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize("name", DERIVED)
@pytest.mark.parametrize("cohort", ["simulated", "packaged"])
def test_each_derived_table_has_the_declared_columns_and_types(
    name: str, cohort: str, request: pytest.FixtureRequest
) -> None:
    file = request.getfixturevalue(cohort) / f"{name}.parquet"
    found = {row[0]: row[1] for row in duckdb.sql(f"describe from '{file}'").fetchall()}
    assert found == {column: TYPES[kind] for column, (kind, _) in DERIVED[name].items()}


def test_signs_are_graded_as_the_truth_they_were_drawn_from(simulated: Path) -> None:
    rows, settled, right, within = one(
        f"""select count(*), count(grade), count(*) filter (grade = recorded_grade),
                   count(*) filter (recorded_grade between grade_low and grade_high)
            from '{simulated}/grades.parquet' where recorded_grade < 5"""
    )
    assert within == rows
    assert settled / rows > 0.9
    assert right / settled > 0.999  # a child's unrecorded wakefulness is read as awake, which is not always true


def test_treated_patients_are_severe_or_refractory_and_mostly_reach_remission(simulated: Path) -> None:
    treated, severe, refractory, remitted = one(
        f"""select count(*), count(*) filter (indication = 'severe'),
                   count(*) filter (indication = 'steroid_refractory'), avg(remission::int)
            from '{simulated}/endpoints.parquet'"""
    )
    (given,) = one(f"select count(distinct patient_id) from '{simulated}/courses.parquet'")
    assert 0.9 * given < treated <= given  # the last toxic assessment can come before a late course
    assert severe > refractory > 0
    assert 0.75 < remitted < 1


def test_a_patient_with_two_courses_has_them_two_days_apart(simulated: Path) -> None:
    gaps = one(
        f"""select min(gap), max(gap) from
            (select max(hour) - min(hour) as gap from '{simulated}/courses.parquet'
             group by patient_id having count(*) > 1)
        """
    )
    assert gaps == pytest.approx((48.0, 48.0), abs=0.02)
