"""Every published case has its answer, whichever columns the table has."""

import tomllib
from collections import defaultdict
from pathlib import Path

import pytest

from icans.scales import catalogue
from icans.scales.engine import evaluated
from icans.scales.totals import total_bounds

CONTENT = tomllib.loads(Path(__file__).with_name("cases.toml").read_text(encoding="utf-8"))
CASES = CONTENT["case"]
TOTALS = CONTENT["total"]
SCALES = sorted({case["scale"] for case in CASES})


def named(case):
    return case["id"]


def bounds(case):
    return tuple(case["bounds"]) if "bounds" in case else (case["grade"], case["grade"])


@pytest.fixture(scope="module", params=["absent", "unknown"])
def unrecorded(request):
    return request.param


@pytest.fixture(scope="module")
def answers(grade, unrecorded):
    """The graded row of each case, all cases of a scale in one table."""
    found = {}
    for scale in SCALES:
        cases = [case for case in CASES if case["scale"] == scale]
        rows = grade(scale, [case["signs"] for case in cases], unrecorded=unrecorded)
        found |= {case["id"]: row for case, row in zip(cases, rows, strict=True)}
    return found


@pytest.mark.parametrize("case", CASES, ids=named)
def test_a_case_has_its_grade_and_its_bounds(case, answers, unrecorded):
    row = answers[case["id"]]
    low, high = bounds(case)
    assert (row["grade_low"], row["grade_high"]) == (low, high), case["reason"]
    expected = case.get("absent", case.get("grade")) if unrecorded == "absent" else case.get("grade")
    assert row["grade"] == (None if expected == "open" else expected), case["reason"]
    assert row["scale"] == case["scale"]


@pytest.mark.parametrize("column", ["driver", "missing"])
def test_a_case_names_what_drives_it_and_what_is_missing(column, answers):
    expected = {case["id"]: case[column] for case in CASES if column in case}
    assert len(expected) > 10
    assert {name: answers[name][column] for name in expected} == expected


def test_a_case_names_the_domains_with_another_cause_and_no_other(answers):
    assert {name: row["excluded"] for name, row in answers.items()} == {
        case["id"]: case.get("excluded", "") for case in CASES
    }


def test_a_case_with_open_bounds_says_what_the_convention_makes_of_it():
    silent = [case["id"] for case in CASES if "bounds" in case and "absent" not in case]
    assert silent == []


def test_a_column_the_table_lacks_is_missing_in_every_row(grade):
    """Of each scale, the fewest and the most columns that its cases record."""
    groups = defaultdict(lambda: defaultdict(list))
    for case in CASES:
        groups[case["scale"]][tuple(sorted(case["signs"]))].append(case["signs"])
    for scale, recorded in groups.items():
        graded = sorted(
            (columns for columns in recorded if columns != ("other_cause",)), key=lambda one: (len(one), one)
        )
        for columns in dict.fromkeys((graded[0], graded[-1])):
            rows = recorded[columns]
            lacking = grade(scale, rows, unrecorded="absent", lacking=True)
            for without, with_nulls in zip(lacking, grade(scale, rows, unrecorded="absent"), strict=True):
                assert without == {name: with_nulls[name] for name in without}


@pytest.mark.parametrize("case", TOTALS, ids=named)
def test_a_total_has_its_bounds(case, engine, tabled):
    table = tabled([case["answers"]], case["answers"])
    least, most = total_bounds(table, catalogue.load("astct-2019-icans"), case["score"])
    assert engine.rows(table.select(least=least, most=most)) == [
        {"least": case["bounds"][0], "most": case["bounds"][1]}
    ]


@pytest.mark.parametrize("case", TOTALS, ids=named)
def test_a_total_is_the_score_of_its_own_scale(case, engine, tabled):
    table = tabled([case["answers"]], case["answers"])
    (row,) = engine.rows(evaluated(table, catalogue.load(case["score"]), unrecorded="absent"))
    least, most = case["bounds"]
    assert (row["score_low"], row["score_high"]) == (least, most)
    assert row["score"] == (least if least == most else None)


def test_a_total_nobody_recorded_is_null_and_an_impossible_one_too(engine, tabled):
    rows = [{"ice": 7}, {}, {"ice": 11}, {"ice": 11, "ice_naming": 3}]
    table = tabled(rows, ["ice", "ice_naming"])
    least, most = total_bounds(table, catalogue.load("astct-2019-icans"), "ice")
    found = engine.rows(table.select("place", least=least, most=most).order_by("place"))
    assert [(row["least"], row["most"]) for row in found] == [(7, 7), (None, None), (None, None), (None, None)]


def test_every_case_has_a_known_source_and_an_id_of_its_own():
    cases = [*CASES, *TOTALS]
    assert {case["source"] for case in cases} == CONTENT["source"].keys()
    assert len({case["id"] for case in cases}) == len(cases)
    assert all(case["reason"] for case in cases)
