from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats import differences
from icans.stats.differences import ordered_differences
from icans.stats.rank_sum import EXACT_UP_TO, hodges_lehmann_shift, rank_sum

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "rank_sum.json").read_text())["cases"]
SIMPLE = [case for case in CASES if case["base_estimate"] is not None]

COUNTED = 1e-12  # ways counted in floats; R's packages sum probabilities instead
NORMAL = 1e-11  # one normal tail
DIFFERENCE = 1e-12  # a difference of two values of 15 digits
ROOT = 1e-9  # R finds it as a root, to the tolerance the script asks for

few = st.lists(st.integers(-4, 4), min_size=1, max_size=5).map(np.array)
some = st.lists(st.integers(-30, 30).map(lambda tenths: tenths / 10), min_size=1, max_size=20).map(np.array)


def limits(estimate):
    return np.array([estimate.low, estimate.high], dtype=float)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_rank_sum_test_agrees_with_r(case):
    test = rank_sum(case["group"], case["reference"])
    assert test.statistic == case["statistic"]
    assert test.n == len(case["group"]) + len(case["reference"])
    if case["exact_p"] is None:
        assert test.p_value == pytest.approx(case["normal_p"], rel=NORMAL)
        assert "normal approximation" in test.method
    else:
        assert test.p_value == pytest.approx(case["exact_p"], rel=COUNTED)
        assert test.p_value == pytest.approx(case["coin_p"], rel=COUNTED)
        assert "exact" in test.method


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_shift_and_its_interval_agree_with_r(case):
    estimate = hodges_lehmann_shift(case["group"], case["reference"])
    assert estimate.value == pytest.approx(case["estimate"], rel=DIFFERENCE, abs=1e-14)
    if case["exact_p"] is not None:
        expected = np.array([case["differences_low"], case["differences_high"]], dtype=float)
        np.testing.assert_allclose(limits(estimate), expected, rtol=DIFFERENCE, atol=1e-14)
        assert estimate.achieved == (None if case["achieved"] is None else pytest.approx(case["achieved"], rel=1e-13))
    if case["base_low"] is not None:
        expected = np.array([case["base_low"], case["base_high"]])
        np.testing.assert_allclose(limits(estimate), expected, rtol=ROOT, atol=ROOT)


@pytest.mark.parametrize("case", SIMPLE, ids=lambda case: case["name"])
def test_the_shift_agrees_with_wilcox_test_where_that_is_exact(case):
    estimate = hodges_lehmann_shift(case["group"], case["reference"])
    assert estimate.value == pytest.approx(case["base_estimate"], rel=DIFFERENCE)


def test_values_that_differ_by_rounding_only_are_tied():
    assert rank_sum([1.1 - 1.0, 5], [0.2 - 0.1, 0.3 - 0.2]) == rank_sum([1, 9], [1, 1])


def test_an_empty_group_has_neither_test_nor_shift_and_says_which():
    test, estimate = rank_sum([float("nan")], [1, 2]), hodges_lehmann_shift([1, 2], [])
    assert (test.p_value, test.statistic, test.n, test.reason) == (None, None, 2, "the group has no value")
    assert (estimate.value, estimate.low, estimate.reason) == (None, None, "the reference group has no value")
    assert rank_sum([], []).reason == "neither group has a value"


@pytest.mark.parametrize("n", [3, EXACT_UP_TO + 1])
def test_one_value_for_everybody_gives_no_test_and_says_why(n):
    test, estimate = rank_sum([2.0] * n, [2.0] * n), hodges_lehmann_shift([2.0] * n, [2.0] * n)
    assert (test.p_value, test.reason) == (None, "every patient has the same value")
    assert (estimate.value, estimate.low, estimate.low_reason) == (0.0, None, "every patient has the same value")


def test_too_few_patients_have_no_interval_and_say_what_they_could_reach():
    estimate = hodges_lehmann_shift([1, 2, 3], [4, 5, 6])
    assert (estimate.value, estimate.low, estimate.achieved) == (-3.0, None, None)
    assert estimate.low_reason == "too few patients for a 95% interval: with 3 and 3 the widest reaches 90%"
    assert hodges_lehmann_shift([1], [2]).low_reason.endswith("with 1 and 1 the widest reaches 0%")


def test_four_and_four_just_reach_ninety_five_percent():
    estimate = hodges_lehmann_shift([1, 2, 3, 4], [5, 6, 7, 8])
    assert (estimate.low, estimate.high, estimate.achieved) == (-7.0, -1.0, pytest.approx(1 - 2 / 70))


def test_an_infinite_value_is_refused_in_a_sentence():
    with pytest.raises(StudyError, match="reference: a value is infinite"):
        rank_sum([1.0], [np.inf])


@given(few, few)
def test_the_exact_p_value_is_that_of_every_way_of_splitting_the_patients(group, reference):
    values = np.concatenate((group, reference))
    if np.unique(values).size == 1:
        return
    ranks = np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])
    sums = np.array([ranks[list(way)].sum() for way in combinations(range(values.size), group.size)])
    far = np.abs(ranks[: group.size].sum() - group.size * ranks.mean()) - 1e-9
    expected = (np.abs(sums - group.size * ranks.mean()) >= far).mean()
    assert rank_sum(group, reference).p_value == pytest.approx(expected, rel=1e-12)


@given(some, some)
def test_swapping_the_groups_turns_the_shift_round(group, reference):
    p_values = np.array([rank_sum(group, reference).p_value, rank_sum(reference, group).p_value], dtype=float)
    np.testing.assert_allclose(p_values[0], p_values[1], rtol=1e-12)
    one, other = hodges_lehmann_shift(group, reference), hodges_lehmann_shift(reference, group)
    assert one.value == pytest.approx(-other.value, abs=1e-15)
    np.testing.assert_allclose(limits(one), -limits(other)[::-1], atol=1e-15)


@given(some, some, st.randoms(use_true_random=False))
def test_the_order_of_patients_changes_no_bit(group, reference, random):
    order = list(range(group.size))
    random.shuffle(order)
    assert rank_sum(group, reference) == rank_sum(group[order], reference)
    assert hodges_lehmann_shift(group, reference) == hodges_lehmann_shift(group[order], reference)


@pytest.mark.parametrize("decimals", [15, 2, 1])
def test_closing_in_finds_the_same_differences_as_holding_them(monkeypatch, decimals):
    random = np.random.default_rng(5)
    one = np.sort(np.round(random.standard_cauchy(400), decimals))
    other = np.sort(np.round(random.exponential(1, 300), decimals))
    held = np.sort(np.subtract.outer(one, other).ravel())
    monkeypatch.setattr(differences, "HELD", 500)
    monkeypatch.setattr(differences, "SAMPLED", 2_000)
    for rank in (1, 2, 77, 40_000, 60_000, 119_998):
        assert ordered_differences(one, other, (rank, rank + 1)) == pytest.approx(tuple(held[rank - 1 : rank + 1]))
    assert ordered_differences(one, other, (held.size, held.size)) == pytest.approx((held[-1], held[-1]))


def test_many_patients_are_compared_without_holding_their_pairs():
    random = np.random.default_rng(3)
    group, reference = random.normal(0.1, 1.0, 100_000), random.normal(0.0, 1.0, 100_000)
    estimate = hodges_lehmann_shift(group, reference)
    assert rank_sum(group, reference).p_value < 1e-50
    assert estimate.low < 0.1 < estimate.high
    assert estimate.high - estimate.low < 0.02
