from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.restricted_mean import NO_TAU, NO_VARIANCE, common_tau, compare_restricted_means, restricted_mean
from icans.stats.time_to_event import kaplan_meier

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "restricted_mean.json").read_text())["cases"]
BY_NAME = {case["name"]: case for case in CASES}

SUMS = 1e-12  # areas of up to a few hundred steps, in another order than R's

patients = st.lists(st.tuples(st.integers(1, 12), st.integers(0, 1)), min_size=1, max_size=20).map(
    lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True))
)


def curves(case):
    time, event, group = (np.array(case[name]) for name in ("time", "event", "group"))
    return [kaplan_meier(time[group == one], event[group == one]) for one in (1, 0)]


def parts(estimate):
    return [estimate.value, estimate.low, estimate.high]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_means_and_contrasts_agree_with_survfit(case):
    result = compare_restricted_means(*curves(case), tau=case["tau"])
    assert result.tau == pytest.approx(case["until"], rel=1e-14)
    for ours, mean, error in zip((result.mean, result.reference), case["mean"], case["std_error"], strict=True):
        expected = [mean, mean - 1.959963984540054 * error, mean + 1.959963984540054 * error]
        np.testing.assert_allclose(parts(ours), expected, rtol=SUMS)
    np.testing.assert_allclose(parts(result.difference), case["difference"], rtol=SUMS, atol=SUMS)
    np.testing.assert_allclose(parts(result.ratio), case["ratio"], rtol=SUMS)
    assert result.difference_test.p_value == pytest.approx(case["difference_p"], rel=1e-10)
    assert result.ratio_test.p_value == pytest.approx(case["ratio_p"], rel=1e-10)


def test_the_worked_example_of_survrm2_is_reproduced():
    result = compare_restricted_means(*curves(BY_NAME["pbc in years up to 10"]), tau=10)
    assert [round(part, 3) for part in parts(result.difference)] == [-0.137, -0.939, 0.665]
    assert [round(part, 3) for part in parts(result.ratio)] == [0.981, 0.878, 1.096]
    assert round(result.difference_test.p_value, 3) == 0.738
    assert result.difference.method == "difference of restricted means up to 10 with 95% interval"


def test_the_time_is_the_longest_of_the_group_followed_for_less_and_said_to_be():
    one, other = kaplan_meier([1, 5], [1, 0]), kaplan_meier([2, 3], [1, 0])
    assert common_tau([one, other]) == 3
    assert "up to 3 (the longest observation of the group that was followed for less time)" in (
        compare_restricted_means(one, other).ratio.method
    )


def test_a_time_beyond_observation_gives_a_reason_unless_nobody_is_left():
    ended, censored = kaplan_meier([1, 2], [1, 1]), kaplan_meier([1, 2], [1, 0])
    assert restricted_mean(ended, 5).value == 1.5
    assert restricted_mean(censored, 5).reason == "no patient was observed for so long"
    result = compare_restricted_means(ended, censored, tau=5)
    assert result.difference.reason == result.ratio_test.reason == "no patient was observed for so long"
    assert result.mean.value == 1.5


@pytest.mark.parametrize(
    ("one", "other"), [(([], []), ([1], [1])), (([0, 0], [1, 0]), ([1, 2], [1, 0])), (([], []), ([], []))]
)
def test_a_group_without_patients_or_time_gives_a_reason(one, other):
    result = compare_restricted_means(kaplan_meier(*one), kaplan_meier(*other))
    assert (result.tau, result.difference.value) == (None, None)
    assert result.difference.reason in {NO_TAU, "there is no patient"}
    assert result.difference_test.reason == result.difference.reason


@pytest.mark.parametrize("one", [([3, 4], [0, 0]), ([2, 2], [1, 1]), ([3], [1]), ([4], [0])])
def test_a_group_without_variance_has_a_mean_and_no_interval_and_no_test(one):
    result = compare_restricted_means(kaplan_meier(*one), kaplan_meier([1, 2, 3, 4], [1, 1, 1, 0]))
    assert result.mean.low_reason == result.difference.low_reason == result.ratio.high_reason == NO_VARIANCE
    assert result.difference.value is not None
    assert (result.difference_test.p_value, result.difference_test.reason) == (None, NO_VARIANCE)


def test_a_time_of_zero_is_refused_in_a_sentence():
    with pytest.raises(StudyError, match="the time is above 0"):
        restricted_mean(kaplan_meier([1], [1]), 0)


@given(patients)
def test_without_censoring_it_is_the_mean_of_what_was_observed_until_then(rows):
    time, _ = rows
    mean = restricted_mean(kaplan_meier(time, np.ones_like(time)), 6)
    assert mean.value == pytest.approx(np.minimum(time, 6).mean())
    if mean.low is not None:
        half = (mean.high - mean.low) / 2 / 1.959963984540054
        assert half == pytest.approx(np.minimum(time, 6).std() / np.sqrt(time.size))


@given(patients, patients)
def test_groups_change_sides_with_the_sign(one, other):
    first, second = kaplan_meier(*one), kaplan_meier(*other)
    here, there = compare_restricted_means(first, second), compare_restricted_means(second, first)
    assume(here.difference.low is not None)
    assert parts(here.difference) == pytest.approx([-part for part in np.array(parts(there.difference))[[0, 2, 1]]])
    assert parts(here.ratio) == pytest.approx([1 / part for part in np.array(parts(there.ratio))[[0, 2, 1]]])
