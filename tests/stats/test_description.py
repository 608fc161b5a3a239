from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.description import QUARTILES, describe

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "description.json").read_text())["cases"]

numbers = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_summary_agrees_with_r(case):
    summary = describe(case["values"])
    assert (summary.n, summary.missing) == (case["n"], case["missing"])
    # order statistics and means of two are exact but for the 15 digits of the oracle
    for name in ("q1", "median", "q3", "mean", "minimum", "maximum"):
        assert getattr(summary, name) == pytest.approx(case[name], rel=1e-14), name
    assert summary.sd == (None if case["sd"] is None else pytest.approx(case["sd"], rel=1e-12))


@pytest.mark.parametrize(("values", "missing"), [([], 0), ([float("nan"), None], 2)])
def test_nothing_recorded_gives_a_reason(values, missing):
    summary = describe(values)
    assert (summary.n, summary.missing, summary.median, summary.sd) == (0, missing, None, None)
    assert summary.reason == summary.sd_reason == "no value was recorded"


def test_one_value_has_a_median_and_no_standard_deviation():
    summary = describe([7.0])
    assert (summary.q1, summary.median, summary.q3, summary.reason) == (7.0, 7.0, 7.0, None)
    assert summary.sd is None
    assert summary.sd_reason == "one value has no standard deviation"


def test_an_infinite_value_is_refused_in_a_sentence():
    with pytest.raises(StudyError, match="values: a value is infinite"):
        describe([1.0, float("inf")])


def test_the_convention_of_quartiles_is_named():
    assert "type 2" in QUARTILES


@given(numbers, st.randoms(use_true_random=False))
def test_the_order_of_values_changes_no_bit(values, random):
    shuffled = values.copy()
    random.shuffle(shuffled)
    assert describe(values) == describe(shuffled)


@given(numbers)
def test_quartiles_are_in_order_and_each_is_a_value_or_the_mean_of_two(values):
    summary = describe(values)
    ordered = [summary.minimum, summary.q1, summary.median, summary.q3, summary.maximum]
    assert ordered == sorted(ordered)
    ascending = sorted(values)
    neighbours = set(values) | {(a + b) / 2 for a, b in pairwise(ascending)}
    assert {round(quartile, 6) for quartile in ordered} <= {round(number, 6) for number in neighbours}
