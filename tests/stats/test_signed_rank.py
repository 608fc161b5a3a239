from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats import signed_rank as module
from icans.stats.signed_rank import EXACT_UP_TO, hodges_lehmann, signed_rank

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "paired.json").read_text())["cases"]
SIMPLE = [case for case in CASES if case["base_estimate"] is not None and case["changed"] <= EXACT_UP_TO]

COUNTED = 1e-12  # a ratio of whole numbers; coin sums probabilities instead
NORMAL = 1e-11  # one normal tail
AVERAGE = 1e-12  # a mean of two values of 15 digits
ROOT = 1e-9  # R finds it as a root, to the tolerance the script asks for

few = st.lists(st.integers(-5, 5), min_size=1, max_size=9).map(np.array)
many = st.lists(st.integers(-40, 40).map(lambda tenths: tenths / 10), min_size=6, max_size=30).map(np.array)


def numbers(values):
    return np.array(values, dtype=float)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_signed_rank_test_agrees_with_r(case):
    test = signed_rank(case["differences"])
    assert (test.n, test.statistic) == (case["changed"], case["statistic"])
    if case["changed"] <= EXACT_UP_TO:
        assert test.p_value == pytest.approx(case["exact_p"], rel=COUNTED)
        assert test.p_value == pytest.approx(case["coin_p"], rel=COUNTED)
        assert "exact" in test.method
    else:
        assert test.p_value == pytest.approx(case["normal_p"], rel=NORMAL)
        assert "normal approximation" in test.method


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_estimate_and_its_interval_agree_with_r(case):
    estimate = hodges_lehmann(case["differences"])
    assert estimate.value == pytest.approx(case["estimate"], rel=AVERAGE, abs=1e-14)
    ours = numbers([estimate.low, estimate.high])
    if len(case["differences"]) <= EXACT_UP_TO:
        expected = numbers([case["averages_low"], case["averages_high"]])
        np.testing.assert_allclose(ours, expected, rtol=AVERAGE, atol=1e-14)
        assert estimate.achieved == (None if case["achieved"] is None else pytest.approx(case["achieved"], rel=1e-13))
    if case["base_low"] is not None:
        expected = numbers([case["base_low"], case["base_high"]])
        np.testing.assert_allclose(ours, expected, rtol=ROOT, atol=ROOT)


@pytest.mark.parametrize("case", SIMPLE, ids=lambda case: case["name"])
def test_the_estimate_agrees_with_wilcox_test_where_that_is_exact(case):
    assert hodges_lehmann(case["differences"]).value == pytest.approx(case["base_estimate"], rel=AVERAGE)


def test_changes_that_differ_by_rounding_only_are_tied():
    changes = np.array([1.1 - 1.0, 0.2 - 0.1, 0.3 - 0.2, -0.7])
    assert len(set(np.abs(changes))) == 4
    assert signed_rank(changes) == signed_rank([1, 1, 1, -7])


@pytest.mark.parametrize("changes", [[], [float("nan")], [0.0, 0.0]])
def test_no_change_gives_no_test_and_says_why(changes):
    test = signed_rank(changes)
    assert (test.p_value, test.statistic, test.n, test.reason) == (None, None, 0, "no pair changed")


def test_no_pair_gives_no_estimate_and_says_why():
    estimate = hodges_lehmann([float("nan")])
    assert (estimate.value, estimate.n, estimate.reason) == (None, 0, "there is no complete pair")


def test_pairs_that_never_change_have_an_estimate_of_zero_and_no_interval():
    estimate = hodges_lehmann([0.0] * 8)
    assert (estimate.value, estimate.low, estimate.low_reason) == (0.0, None, "no pair changed")


@pytest.mark.parametrize(("n", "widest"), [(1, "0%"), (2, "50%"), (5, "93.75%")])
def test_too_few_pairs_have_no_interval_and_say_what_they_could_reach(n, widest):
    estimate = hodges_lehmann(np.arange(1.0, n + 1))
    assert estimate.value is not None
    assert (estimate.low, estimate.high, estimate.achieved) == (None, None, None)
    assert estimate.low_reason == f"too few pairs for a 95% interval: with {n} the widest reaches {widest}"


def test_six_pairs_just_reach_ninety_five_percent():
    estimate = hodges_lehmann([1, 2, 3, 4, 5, 6])
    assert (estimate.low, estimate.high, estimate.achieved) == (1.0, 6.0, 1 - 2 / 64)


def test_an_infinite_difference_is_refused_in_a_sentence():
    with pytest.raises(StudyError, match="differences: a value is infinite"):
        signed_rank([1.0, -np.inf])


@given(few)
def test_the_exact_p_value_is_that_of_every_way_of_giving_signs(changes):
    changed = changes[changes != 0]
    if changed.size == 0:
        return
    sizes = np.abs(changed)
    ranks = numbers([(sizes < s).sum() + ((sizes == s).sum() + 1) / 2 for s in sizes])
    sums = numbers([ranks[np.array(signs)].sum() for signs in product([False, True], repeat=changed.size)])
    observed = ranks[changed > 0].sum()
    tail = min((sums <= observed).mean(), (sums >= observed).mean())
    assert signed_rank(changes).p_value == pytest.approx(min(1, 2 * tail), rel=1e-12)


@given(many)
def test_falls_mirror_rises(changes):
    one, other = hodges_lehmann(changes), hodges_lehmann(-changes)
    assert signed_rank(changes).p_value == signed_rank(-changes).p_value
    assert one.value == -other.value
    assert (one.low, one.high) == ((None, None) if other.high is None else (-other.high, -other.low))


@given(many, st.integers(-20, 20))
def test_a_shift_of_every_change_shifts_the_estimate_and_its_interval(changes, shift):
    one, other = hodges_lehmann(changes), hodges_lehmann(changes + shift)
    assert other.value == pytest.approx(one.value + shift, abs=1e-12)
    if one.low is not None and other.low is not None:
        assert (other.low, other.high) == pytest.approx((one.low + shift, one.high + shift), abs=1e-12)


@given(many, st.randoms(use_true_random=False))
def test_the_order_of_pairs_changes_no_bit(changes, random):
    order = list(range(changes.size))
    random.shuffle(order)
    assert signed_rank(changes) == signed_rank(changes[order])
    assert hodges_lehmann(changes) == hodges_lehmann(changes[order])


@given(st.lists(st.floats(-100, 100), min_size=51, max_size=70))
def test_counting_finds_the_same_walsh_averages_as_holding_them(changes):
    ascending = np.sort(np.array(changes))
    averages = ascending.size * (ascending.size + 1) // 2
    ranks = [1, averages // 3, (averages + 1) // 2, averages]
    held = module._walsh_averages(ascending, ranks)
    counted = [module._walsh_average(ascending, rank) for rank in ranks]
    np.testing.assert_allclose(counted, held, rtol=1e-12, atol=1e-12)


def test_a_hundred_thousand_pairs_need_no_more_memory_than_the_pairs():
    changes = np.random.default_rng(3).normal(0.2, 1.0, 100_000)
    estimate = hodges_lehmann(changes)
    assert estimate.low < estimate.value < estimate.high
    assert estimate.value == pytest.approx(0.2, abs=0.02)
    assert "normal approximation" in estimate.method
