from __future__ import annotations

from typing import Any

import ibis
import pytest

from icans.derive.biomarkers import biomarkers
from icans.derive.schema import DERIVED
from icans.errors import ProtocolError
from icans.protocol import Biomarker, parse

IL6 = Biomarker(specimen="csf", analyte="IL-6", before_hours=(-48, 0), after_hours=(0, 96))


@pytest.fixture
def pairs(make: Any) -> Any:
    """Pairs around a first course at hour 100 of P01 and P02, from measurements of CSF IL-6 (hour, value, limit)."""

    def paired(lines: str, markers: list[Biomarker] | None = None) -> ibis.Table:
        text = "patient_id specimen analyte unit hour value limit\n"
        for line in lines.strip().splitlines():
            words = line.split()
            text += " ".join([*(["P01", "csf", "IL-6", "pg/mL"] if len(words) < 7 else []), *words])
            text += " -\n" if len(words) == 2 else "\n"
        treated = make("endpoints", "patient_id episode first_course_hour\nP01 1 100\nP01 2 700\nP02 1 100")
        return biomarkers(make("labs", text), treated, markers=[IL6] if markers is None else markers)

    return paired


VALUES = ("before", "before_hour", "before_limit", "after", "after_hour", "after_limit")


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        # the last in each window
        ("60 900\n90 800\n110 300\n150 200", (800, 90, None, 200, 150, None)),
        # a sample taken as the course was given is from before it
        ("100 800\n150 200", (800, 100, None, 200, 150, None)),
        # both ends of a window belong to it
        ("52 800\n196 200", (800, 52, None, 200, 196, None)),
        ("51.9 800\n196.1 200", None),
        # detection limits are kept
        ("90 800 -\n150 5 <", (800, 90, None, 5, 150, "<")),
        ("90 5000 >\n150 5 <", (5000, 90, ">", 5, 150, "<")),
        # of several at one hour the highest; a result before a limit of the same number
        ("90 700\n90 800\n150 5 <\n150 5 -", (800, 90, None, 5, 150, None)),
        ("90 700 -\n90 700 >\n150 5 -", (700, 90, ">", 5, 150, None)),
        # one side only
        ("90 800", (800, 90, None, None, None, None)),
        ("150 200", (None, None, None, 200, 150, None)),
    ],
)
def test_the_last_value_before_and_after_the_first_course(
    pairs: Any, rows: Any, measured: str, expected: tuple[Any, ...] | None
) -> None:
    assert rows(pairs(measured), *VALUES) == ([expected] if expected else [])


def test_windows_that_do_not_touch_include_the_start_of_the_later_one(pairs: Any, rows: Any) -> None:
    apart = Biomarker(specimen="csf", analyte="IL-6", before_hours=(-48, -12), after_hours=(0, 24))
    assert rows(pairs("80 9\n90 8\n100 7", [apart]), "before", "after") == [(9, 7)]


def test_two_units_are_no_pair(pairs: Any, rows: Any) -> None:
    found = pairs("P01 csf IL-6 pg/mL 90 800 -\nP01 csf IL-6 ng/L 150 200 -")
    assert rows(found, "unit", *VALUES) == [("pg/mL", 800, 90, None, None, None, None)]
    unnamed = pairs("P01 csf IL-6 - 90 800 -\nP01 csf IL-6 - 150 200 -")
    assert rows(unnamed, "unit", *VALUES) == [(None, 800, 90, None, 200, 150, None)]
    half = pairs("P01 csf IL-6 - 90 800 -\nP01 csf IL-6 pg/mL 150 200 -")
    assert rows(half, "unit", "before", "after") == [(None, 800, None)]


def test_names_are_compared_without_case_and_given_as_the_protocol_spells_them(pairs: Any, rows: Any) -> None:
    found = pairs("P01 CSF il-6 pg/mL 90 800 -\nP01 csf IL-6 pg/mL 150 200 -\nP01 serum IL-6 pg/mL 150 9 -")
    assert rows(found, "specimen", "analyte", "before", "after") == [("csf", "IL-6", 800, 200)]


def test_without_markers_every_measurement_is_compared_in_the_default_windows(pairs: Any, rows: Any) -> None:
    found = pairs(
        """
        P01 csf   IL-6    pg/mL -68   9  -
        P01 csf   IL-6    pg/mL 436   8  -
        P01 serum CRP     mg/L  99    70 -
        P01 serum CRP     mg/L  101   60 -
        P01 serum CRP     mg/L  436.1 50 -
        P02 csf   protein g/L   90    1  -
        """,
        [],
    )
    assert rows(found, "patient_id", "specimen", "analyte", "before", "after") == [
        ("P01", "csf", "IL-6", 9, 8),
        ("P01", "serum", "CRP", 70, 60),
        ("P02", "csf", "protein", 1, None),
    ]


def test_the_first_course_of_the_first_treated_episode_is_the_landmark(make: Any, rows: Any) -> None:
    treated = make(
        "endpoints",
        """
        patient_id infusion episode first_course_hour
        P01        2        1       50
        P01        1        2       100
        P01        1        3       300
        """,
    )
    labs = make(
        "labs",
        """
        patient_id infusion hour specimen analyte value
        P01        1        90   csf      IL-6    9
        P01        1        120  csf      IL-6    8
        P01        2        40   csf      IL-6    7
        P01        2        60   csf      IL-6    6
        """,
    )
    found = biomarkers(labs, treated, markers=[IL6])
    assert rows(found, "infusion", "before", "after") == [(1, 9, 8)]


def test_no_measurement_gives_no_pair_but_every_column(pairs: Any, engine: Any) -> None:
    for markers in ([IL6], []):
        table = engine.collect(pairs("", markers))
        assert table.num_rows == 0
        assert table.column_names == list(DERIVED["biomarkers"])


def test_a_measurement_has_one_pair_of_windows() -> None:
    text = b"""
        study = { title = "Two windows" }
        biomarkers = [
          { analyte = "IL-6", specimen = "csf", after_hours = [0.0, 48.0] },
          { analyte = "il-6 ", specimen = "CSF" },
        ]
        """
    with pytest.raises(ProtocolError, match=r"^study\.toml: \[biomarkers\]: IL-6 in csf stands twice; give it one"):
        parse(text)
