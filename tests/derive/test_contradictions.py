"""Recorded grades that the signs of the same assessment contradict."""

from collections.abc import Iterator

import ibis
import pyarrow as pa
import pytest

from icans import engines
from icans.derive.contradictions import contradiction_findings, contradictions
from icans.derive.schema import DERIVED, conformed
from icans.engines import Engine


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    opened = engines.connect()
    yield opened
    opened.close()


def graded(*rows):
    """Make the table of grades; a row is hour, recorded, low, high, driver and perhaps the toxicity."""
    names = ("hour", "recorded_grade", "grade_low", "grade_high", "driver", "toxicity")
    filled = [dict(zip(names, (*row, "icans")[:6], strict=True)) for row in rows]
    columns = {name: [row[name] for row in filled] for name in names}
    types = [pa.float64(), pa.int8(), pa.int8(), pa.int8(), pa.string(), pa.string()]
    arrays = {name: pa.array(columns[name], kind) for name, kind in zip(names, types, strict=True)}
    table = ibis.memtable(pa.table(arrays))
    blank = {column: ibis.null(kind) for column, (kind, _) in DERIVED["grades"].items() if column not in names}
    return conformed(table.mutate(**{**blank, "patient_id": ibis.literal("P01"), "infusion": 1}), "grades")


CASES = [
    (1.0, 1, 3, 3, "consciousness;ice"),
    (2.0, 1, 3, 4, "consciousness"),
    (3.0, 4, 0, 2, ""),
    (4.0, 2, 0, 0, ""),
    (5.0, 3, 3, 3, "ice"),
    (6.0, 3, 2, 4, "ice"),
    (7.0, 0, 0, 4, ""),
    (8.0, 4, 0, 4, ""),
    (9.0, None, 3, 3, "ice"),
    (10.0, 2, None, None, None),
    (11.0, 5, 4, 4, "consciousness"),
    (12.0, 0, 2, 2, "hypotension", "crs"),
    (13.0, 4, 5, 5, "event"),
]


def test_a_recorded_grade_outside_the_bounds_of_its_signs_is_a_contradiction(engine):
    found = contradictions(graded(*CASES))
    assert found.columns == (
        "patient_id",
        "infusion",
        "hour",
        "toxicity",
        "recorded_grade",
        "grade_low",
        "grade_high",
        "driver",
    )
    assert sorted(row["hour"] for row in engine.rows(found)) == [1.0, 2.0, 3.0, 4.0, 12.0, 13.0]


def test_a_contradiction_says_what_the_signs_give_and_which(engine):
    found = contradiction_findings(graded(*CASES), engine)
    assert {(finding.severity, finding.patient_id) for finding in found} == {("warning", "P01")}
    assert [(finding.file, finding.column, finding.value, finding.problem) for finding in found] == [
        ("neuro", "icans_grade", "1", "is recorded, but its own signs give 3 (consciousness, ice) (hour 1.0)"),
        ("neuro", "icans_grade", "2", "is recorded, but its own signs give 0 (hour 4.0)"),
        ("crs", "crs_grade", "0", "is recorded, but its own signs give 2 (hypotension) (hour 12.0)"),
        ("neuro", "icans_grade", "4", "is recorded, but its own signs give 5 (event) (hour 13.0)"),
        ("neuro", "icans_grade", "1", "is recorded, but its own signs give at least 3 (consciousness) (hour 2.0)"),
        ("neuro", "icans_grade", "4", "is recorded, but its own signs give at most 2 (hour 3.0)"),
    ]
    assert found[0].advice == (
        "Correct the grade or the sign; the study is graded by the signs. discordant.csv of icans report has the times."
    )


def test_a_contradiction_names_the_file_as_the_user_knows_it(engine):
    (found,) = contradiction_findings(graded(CASES[0]), engine, {"neuro": "neuro.csv"})
    assert str(found).splitlines()[0] == (
        'neuro.csv, patient P01, column icans_grade: "1" is recorded, but its own signs give 3 (consciousness, ice) '
        "(hour 1.0)."
    )


def test_no_grades_no_contradictions(engine):
    assert contradiction_findings(graded(), engine) == []


def test_a_grade_recorded_alone_is_its_own_bounds(engine):
    assert contradiction_findings(graded((1.0, 2, 2, 2, ""), (2.0, 0, 0, 0, "")), engine) == []
