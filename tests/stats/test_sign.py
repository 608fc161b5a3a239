from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.sign import between, median_between, sign_test

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "paired.json").read_text())["cases"]

BINOMIAL = 1e-12  # a sum of at most 200 binomial probabilities

values = st.lists(st.integers(-30, 30).map(float), min_size=1, max_size=25).map(np.array)


def numbers(items):
    return np.array(items, dtype=float)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_sign_test_agrees_with_binom_test(case):
    test = sign_test(case["rose"], case["fell"])
    assert (test.n, test.statistic) == (case["changed"], case["rose"])
    assert test.p_value == pytest.approx(case["sign_p"], rel=BINOMIAL)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_median_and_its_interval_agree_with_r(case):
    estimate = median_between(case["differences"], case["differences"])
    assert estimate.value == pytest.approx(case["median"], rel=1e-13)
    ours, expected = numbers([estimate.low, estimate.high]), numbers([case["median_low"], case["median_high"]])
    np.testing.assert_array_equal(ours, expected)
    achieved = case["median_achieved"]
    assert estimate.achieved == (None if achieved is None else pytest.approx(achieved, rel=BINOMIAL))


def test_no_known_direction_gives_no_test_and_says_why():
    test = sign_test(0, 0)
    assert (test.p_value, test.reason) == (None, "no pair changed in a known direction")


def test_negative_counts_are_refused():
    with pytest.raises(StudyError, match="counts are not negative"):
        sign_test(-1, 3)


def test_a_median_that_limits_cannot_move_is_given():
    estimate = median_between([-np.inf, 6, 7], [5, 6, 7])
    assert (estimate.value, estimate.reason) == (6.0, None)


def test_a_median_that_limits_leave_open_says_where_it_lies():
    estimate = median_between([-np.inf, -np.inf, 7], [5, 5, 7])
    assert (estimate.value, estimate.reason) == (None, "at or below 5, by detection limits")


@pytest.mark.parametrize(
    ("bounds", "sentence"),
    [
        ((-np.inf, np.inf), "detection limits leave it open"),
        ((-np.inf, 5), "at or below 5, by detection limits"),
        ((3000, np.inf), "at or above 3000, by detection limits"),
        ((2, 4), "between 2 and 4, by detection limits"),
    ],
)
def test_an_open_number_is_said_in_words(bounds, sentence):
    assert between(*bounds) == sentence


def test_a_limit_of_the_interval_that_is_open_says_so():
    estimate = median_between([-np.inf] * 2 + [6.0, 7, 8, 9], [5, 5, 6, 7, 8, 9])
    assert (estimate.value, estimate.low, estimate.high) == (6.5, None, 9.0)
    assert estimate.low_reason == "a detection limit leaves it open"


def test_five_values_have_a_median_and_no_interval_of_ninety_five_percent():
    estimate = median_between([1, 2, 3, 4, 5], [1, 2, 3, 4, 5])
    assert (estimate.value, estimate.low, estimate.high, estimate.achieved) == (3.0, None, None, None)
    assert estimate.low_reason == "too few values for a 95% interval: with 5 the widest reaches 93.75%"
    assert median_between([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], level=0.9).low == 1.0


def test_no_value_gives_no_median_and_says_why():
    assert median_between([np.nan], [np.nan]).reason == "there is no complete value"


def test_bounds_the_wrong_way_round_are_refused():
    with pytest.raises(StudyError, match="above its highest"):
        median_between([2.0], [1.0])


@given(values, st.data())
def test_the_bounds_hold_the_median_and_interval_of_any_values_within_them(truth, data):
    slack = st.sampled_from([0.0, 0.0, 1.0, np.inf])
    below = numbers(data.draw(st.lists(slack, min_size=truth.size, max_size=truth.size)))
    above = numbers(data.draw(st.lists(slack, min_size=truth.size, max_size=truth.size)))
    known, bounded = median_between(truth, truth), median_between(truth - below, truth + above)
    assert bounded.value in (None, known.value)
    if known.low is not None:
        assert bounded.low is None or bounded.low <= known.low
        assert bounded.high is None or bounded.high >= known.high
