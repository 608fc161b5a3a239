"""Eighty real patients, the whole way: what a reader works out by hand from the rows of their file.

A day is 24 hours; ICANS grades of a patient are written as a string, a character a day from day 0, a dot where nothing
was observed. Remission of a patient treated at grade 3 or 4 is grade 1 or less after the first day of steroids.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from icans.engines import connect
from icans.figures.render import Renderer
from icans.study import Study

Row = dict[str, Any]


@pytest.fixture(scope="module")
def run(cart80: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Study, Path]]:
    out = tmp_path_factory.mktemp("out")
    engine = connect()
    study = Study.read(cart80, engine)
    with Renderer() as renderer:
        study.report(out, renderer, lambda _step: None)
    yield study, out
    engine.close()


def rows(out: Path, table: str, patient: str, **named: object) -> list[Row]:
    found = pq.read_table(out / "derived" / f"{table}.parquet").to_pylist()
    return [row for row in found if row["patient_id"] == patient and named.items() <= row.items()]


def value(out: Path, variable: str, statistic: str = "n", analysis: str = "population", **named: object) -> float:
    (row,) = [
        row
        for row in json.loads((out / "results.json").read_text())
        if (row["analysis"], row["variable"], row["statistic"]) == (analysis, variable, statistic)
        and (row["group"], row["level"]) == (named.get("group"), named.get("level"))
    ]
    return float(row["value"])


@pytest.mark.parametrize(
    ("patient", "episodes"),
    [
        # 00000000003000.
        ("Yes P04", [(240, 3, 240, 264, True)]),
        # 000010333333321: a day at grade 0 does not end an episode; still grade 1 on the last day
        ("Yes P17", [(96, 3, 144, 336, False)]),
        # 000000033000030: five days without toxicity part two episodes
        ("Yes P31", [(168, 3, 168, 216, True), (312, 3, 312, 336, True)]),
        # 131111111111000
        ("Kym P19", [(0, 3, 24, 288, True)]),
        # 00000234.......: nothing observed after the peak
        ("Bre P01", [(120, 4, 168, 168, False)]),
        # 000001331321011: the identifier ends in a space on its rows
        ("Yes P06", [(120, 3, 144, 336, False)]),
        # 0000000000000..: never
        ("Kym P17", []),
    ],
)
def test_episodes_are_those_a_reader_sees(
    run: tuple[Study, Path], patient: str, episodes: list[tuple[float, int, float, float, bool]]
) -> None:
    found = sorted(rows(run[1], "episodes", patient, toxicity="icans"), key=lambda row: row["episode"])
    assert [
        (row["onset_hour"], row["peak_grade"], row["peak_hour"], row["end_hour"], row["resolved"]) for row in found
    ] == episodes


@pytest.mark.parametrize(
    ("patient", "first_course", "courses", "remission", "remission_hour", "recurrence"),
    [
        # grades 000010333333321, steroids on days 6 to 13
        ("Yes P17", 144, 1, True, 336, False),
        # grades 000000000310000, steroids on days 9 and 10
        ("Yes P19", 216, 1, True, 240, False),
        # grades 000000001131122, steroids on days 10, 11, 13, 14
        ("Yes P24", 240, 2, True, 264, True),
        # grades 000002333211110, steroids on days 6, 7, 8, 10
        ("Yes P28", 144, 2, True, 240, False),
        # grades 000000033000030, steroids on days 7 to 9: grade 3 is back on day 13
        ("Yes P31", 168, 1, True, 216, True),
        # grades 000013322222323, steroids on days 5 to 7: never below grade 2 again
        ("Yes P13", 120, 1, False, None, None),
        # grades 00000234......., steroids on day 6
        ("Bre P01", 144, 1, False, None, None),
        # grades 131111111111000, steroids from day 1 on
        ("Kym P19", 24, 1, True, 48, False),
    ],
)
def test_remission_is_what_a_reader_counts(
    run: tuple[Study, Path],
    patient: str,
    first_course: float,
    courses: int,
    remission: bool,
    remission_hour: float | None,
    recurrence: bool | None,
) -> None:
    (row,) = rows(run[1], "endpoints", patient, indication="severe")
    assert (row["first_course_hour"], row["courses"], row["baseline_grade"]) == (first_course, courses, 3)
    assert (row["remission"], row["remission_hour"], row["recurrence"]) == (remission, remission_hour, recurrence)
    if remission_hour is not None:
        assert row["hours_to_remission"] == remission_hour - first_course


def test_the_cohort_adds_up(run: tuple[Study, Path]) -> None:
    out = run[1]
    assert [value(out, step) for step in ("screened", "infused", "with_icans", "severe")] == [80, 80, 33, 12]
    assert value(out, "evaluable") == 8
    assert value(out, "remission", "events", "remission") == 6
    assert value(out, "remission", "percent", "remission") == 75


def test_a_day_nobody_observed_is_no_grade(run: tuple[Study, Path]) -> None:
    # 00000000......0: nothing on days 8 to 13
    observed = {row["hour"] / 24 for row in rows(run[1], "grades", "Yes P02", toxicity="icans")}
    assert observed == {0, 1, 2, 3, 4, 5, 6, 7, 14}


def test_its_faults_are_reported(run: tuple[Study, Path]) -> None:
    found = run[0].findings()
    said = "\n".join(str(finding) for finding in found)
    assert '"Yes P05 " has blanks around it' in said
    assert '"Yes P06 " has blanks around it' in said
    # The row of Kym P18 inside the block of Kym P17 is row 895 of the file, and its day has a second row at 910.
    assert 'neuro.csv, row 895, column patient_id: "Kym P18" stands between rows of Kym P17' in said
    assert [f.patient_id for f in found if (f.file, f.row) == ("neuro.csv", 910)] == ["Kym P18"]


def test_its_report_has_every_part(run: tuple[Study, Path]) -> None:
    out = run[1]
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "80" in page
    for figure in ("flow", "heatmap", "swimmer"):
        assert (out / "figures" / f"{figure}.svg").stat().st_size
        assert (out / "figures" / f"{figure}.png").stat().st_size
