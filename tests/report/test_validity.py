"""The table of what was measured on simulated patients, and the sentences the report makes of it."""

from __future__ import annotations

import csv
from importlib.resources import files

import pytest

from icans.protocol import Protocol
from icans.report.cautions import caution
from icans.report.limits import limits
from icans.report.numbers import Numbers
from icans.report.validity import TESTS, coverage, false_positives
from icans.results.rows import Result

ROWS = list(csv.DictReader(files("icans.report").joinpath("validity.csv").read_text(encoding="utf-8").splitlines()))


def test_the_packaged_table_is_of_a_full_run_at_three_sizes() -> None:
    assert {int(row["n"]) for row in ROWS} == {13, 40, 200}
    assert {int(row["samples"]) for row in ROWS if row["kind"] == "coverage"} == {2000}


@pytest.mark.parametrize("name", TESTS)
def test_every_method_that_is_looked_up_was_measured(name: str) -> None:
    kind, method = TESTS[name]
    assert [row for row in ROWS if (row["kind"], row["method"]) == (kind, method)]
    assert "where 5% would be right" in false_positives(name, 13)


def test_the_number_said_is_the_one_measured_with_the_nearest_number_of_patients() -> None:
    (row,) = [r for r in ROWS if (r["kind"], r["method"], r["n"]) == ("randomised", "log-rank test", "13")]
    said = false_positives("log-rank test", 16)
    assert "13 simulated patients" in said
    assert f"{float(row['percent']):.1f}%" in said
    assert ("does not hold its level" in said) == (row["holds"] == "no")
    assert "40 simulated patients" in false_positives("log-rank test", 60)


@pytest.mark.parametrize(("method", "patients"), [("log-rank test", 101), ("log-rank test", 0), ("t test", 13)])
def test_nothing_is_said_of_enough_patients_or_of_a_method_nobody_measured(method: str, patients: int) -> None:
    assert not false_positives(method, patients)


def test_a_caution_carries_what_was_measured() -> None:
    found = caution("landmark 7 days: log-rank test", 6)
    assert found is not None
    assert found.measured == false_positives("log-rank test", 12)


def test_intervals_that_do_not_hold_are_those_marked_so() -> None:
    methods = sorted({row["method"] for row in ROWS if row["kind"] == "coverage"})
    marked = {r["method"] for r in ROWS if r["kind"] == "coverage" and r["n"] == "13" and r["holds"] == "no"}
    assert {one.method for one in coverage(methods, 13) if not one.holds} == marked
    assert coverage(methods, 500) == []


@pytest.mark.parametrize(
    ("transform", "patients", "said"),
    [
        ("log-log", 13, "they held it in "),
        ("log", 13, "some are narrower than they say, and held it in fewer: of survival at a landmark "),
        ("log-log", 40, ""),
    ],
)
def test_the_limits_say_how_the_intervals_of_the_report_did_with_as_few_patients(
    transform: str, patients: int, said: str
) -> None:
    protocol = Protocol.model_validate({"study": {"title": "A study"}, "survival": {"interval": transform}})
    numbers = Numbers([Result("remission", "remission", "n", float(patients), n=patients)])
    sentences = [str(one) for one in limits(numbers, protocol, []) if "95% intervals should hold" in str(one)]
    assert bool(sentences) == bool(said)
    assert all(said in sentence for sentence in sentences)
