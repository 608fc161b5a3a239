from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.stats.gray import gray_test
from icans.stats.log_rank import NO_VARIANCE, log_rank

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "gray.json").read_text())["cases"]
CAUSES = [(case, test) for case in CASES for test in case["tests"]]

SUMS = 1e-9  # a score and its variance from some hundred terms, summed in another order than cmprsk's

patients = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 2), st.integers(1, 3)), min_size=1, max_size=16).map(
    lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True))
)


@pytest.mark.parametrize(
    ("case", "test"), CAUSES, ids=[f"{case['name']}, cause {test['cause']}" for case, test in CAUSES]
)
def test_grays_test_agrees_with_cuminc(case, test):
    result = gray_test(case["time"], case["event"], case["group"], cause=test["cause"])
    assert result.test.statistic == pytest.approx(test["statistic"], rel=SUMS, abs=1e-12)
    assert result.test.p_value == pytest.approx(test["p_value"], rel=SUMS)
    assert result.observed.sum() == np.count_nonzero(np.array(case["event"]) == test["cause"])


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (([], [], []), "there is no patient"),
        (([1, 2], [1, 2], [1, 1]), "fewer than two groups have patients"),
        (([1], [1], [1]), "fewer than two groups have patients"),
        (([1, 2, 3], [0, 0, 0], [1, 2, 1]), "no event was observed"),
        (([1, 2, 3], [2, 2, 0], [1, 2, 1]), "no event was observed"),
        (([1, 2, 3, 4], [2, 0, 1, 1], [1, 1, 2, 2]), "only one group was at risk when events happened"),
        (([2, 2, 2, 2], [1, 1, 1, 1], [1, 1, 2, 2]), NO_VARIANCE),
    ],
)
def test_groups_that_cannot_be_compared_say_why(rows, reason):
    test = gray_test(*rows).test
    assert (test.statistic, test.p_value, test.reason) == (None, None, reason)


def test_without_competing_events_the_score_is_that_of_the_log_rank_test():
    time, event, group = np.arange(1.0, 41), np.tile([1, 0, 1, 1], 10), np.tile([1, 2], 20)
    ours, theirs = gray_test(time, event, group), log_rank(time, event, group)
    difference = theirs.observed - theirs.expected
    np.testing.assert_allclose(ours.score, difference, rtol=1e-12)
    assert ours.test.p_value == pytest.approx(theirs.test.p_value, abs=0.02)


@given(patients, st.randoms(use_true_random=False))
def test_the_order_of_patients_changes_no_bit(rows, random):
    order = list(range(rows[0].size))
    random.shuffle(order)
    assert gray_test(*rows).test == gray_test(*[column[order] for column in rows]).test


@given(patients)
def test_scores_sum_to_zero_and_the_names_of_groups_do_not_matter(rows):
    time, event, group = rows
    here, there = gray_test(time, event, group), gray_test(time, event, -group)
    assert here.score.sum() == pytest.approx(0, abs=1e-9)
    assert (here.test.reason is None) == (there.test.reason is None)
    if here.test.reason is None:
        assert here.test.statistic == pytest.approx(there.test.statistic, rel=1e-6, abs=1e-9)


def test_a_hundred_thousand_patients_need_no_loop():
    random = np.random.default_rng(9)
    n = 100_000
    result = gray_test(random.exponential(1, n), random.integers(0, 3, n), random.integers(1, 3, n))
    assert 0 < result.test.p_value < 1
