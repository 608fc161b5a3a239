"""Toxicity graded before the infusion: said, and counted nowhere."""

import ibis
import pyarrow as pa

from icans.derive.before_infusion import early_findings
from icans.derive.episodes import since_infusion


def graded(*rows):
    """Make a table of grades; a row is patient, toxicity, hour, grade and its lower bound."""
    names = ("patient_id", "toxicity", "hour", "grade", "grade_low")
    types = (pa.string(), pa.string(), pa.float64(), pa.int8(), pa.int8())
    columns = zip(*rows, strict=True)
    table = pa.table({name: pa.array(values, kind) for name, values, kind in zip(names, columns, types, strict=True)})
    return ibis.memtable(table).mutate(infusion=1)


def test_a_grade_reached_before_the_infusion_is_said_once_a_patient_and_toxicity(engine):
    grades = graded(
        ("A", "icans", -72.0, 1, 1),
        ("A", "icans", -48.0, 2, 2),
        ("A", "icans", 24.0, 4, 4),
        ("B", "icans", -1.0, None, 3),
        ("C", "icans", -1.0, None, 0),
        ("C", "icans", 0.0, 3, 3),
        ("D", "crs", -5.0, 1, 1),
    )
    found = early_findings(grades, engine, {"neuro": "neuro.csv"}, onset_grade=1)
    assert [(one.severity, one.file, one.patient_id, one.value, one.problem) for one in found] == [
        ("warning", "neuro.csv", "A", "ICANS grade 2", "was reached before the infusion (hour -72.0)"),
        ("warning", "neuro.csv", "B", "ICANS grade 3", "was reached before the infusion (hour -1.0)"),
        ("note", "crs", "D", "CRS grade 1", "was reached before the infusion (hour -5.0)"),
    ]
    assert not early_findings(grades, engine, onset_grade=4)


def test_an_episode_at_the_hour_of_infusion_began_since_the_infusion(engine):
    episodes = ibis.memtable({"onset_hour": [-0.5, 0.0, 12.0]})
    assert sorted(row["onset_hour"] for row in engine.rows(since_infusion(episodes))) == [0.0, 12.0]
