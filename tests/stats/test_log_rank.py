from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats import permutation
from icans.stats.log_rank import NO_VARIANCE, log_rank, log_rank_permutation
from icans.stats.permutation import permutation_test
from icans.stats.risk_sets import grouped_risk_sets, risk_sets

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "log_rank.json").read_text())["cases"]
BY_NAME = {case["name"]: case for case in CASES}
COIN = [case for case in CASES if case["coin_p"] is not None]
COUNTED = [case for case in CASES if case["counted"]]

SUMS = 1e-10  # sums of up to a few hundred shares, in another order than R's, and a matrix solved
SHARE = 1e-6  # coin takes sums closer than 1.5e-8 for equal; here they are counted in whole numbers

patients = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 1), st.integers(1, 3)), min_size=0, max_size=12).map(
    lambda rows: tuple(np.array(column, dtype=int) for column in (zip(*rows, strict=True) if rows else ((), (), ())))
)


def data(case):
    return case["time"], case["event"], case["group"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_chi_square_agrees_with_survdiff(case):
    result = log_rank(*data(case))
    np.testing.assert_allclose(result.observed, case["observed"], rtol=SUMS)
    np.testing.assert_allclose(result.expected, case["expected"], rtol=SUMS, atol=1e-14)
    np.testing.assert_allclose(result.covariance.ravel(), case["covariance"], rtol=SUMS, atol=1e-14)
    assert result.test.statistic == pytest.approx(case["statistic"], rel=1e-9, abs=1e-14)
    assert result.test.p_value == pytest.approx(case["p_value"], rel=1e-9)


@pytest.mark.parametrize("case", COIN, ids=lambda case: case["name"])
def test_the_exact_permutation_test_of_two_groups_agrees_with_coin(case):
    test = log_rank_permutation(*data(case))
    # coin counts arrangements without any difference in both tails
    assert test.p_value == pytest.approx(min(1, case["coin_p"]), rel=SHARE)
    result = log_rank(*data(case))
    assert test.statistic == pytest.approx(result.observed[0] - result.expected[0], rel=1e-12, abs=1e-14)
    assert test.method.startswith("exact permutation log-rank test (all ")


@pytest.mark.parametrize("case", COUNTED, ids=lambda case: case["name"])
def test_the_exact_permutation_test_is_that_of_every_arrangement(case):
    test = log_rank_permutation(*data(case))
    extreme, arrangements = case["counted"]
    assert test.arrangements == arrangements
    assert test.p_value == extreme / arrangements
    assert (test.draws, test.error) == (None, None)


def test_sampled_arrangements_come_within_their_error_of_all_of_them(monkeypatch):
    case = BY_NAME["thirteen patients, tied to months"]
    exact = log_rank_permutation(*data(case))
    monkeypatch.setattr(permutation, "WHOLE_UP_TO", 0)
    monkeypatch.setattr(permutation, "ENUMERATED_UP_TO", 0)
    shares = []
    sampled = log_rank_permutation(*data(case), seed=4, draws=20_000, progress=shares.append)
    assert sampled.p_value == pytest.approx(exact.p_value, abs=4 * sampled.error)
    assert sampled.error == pytest.approx(0.0029, abs=0.0001)
    assert "20,000 sampled arrangements" in sampled.method
    assert shares[-1] == 1.0
    assert log_rank_permutation(*data(case), seed=4, draws=20_000) == sampled
    assert log_rank_permutation(*data(case), seed=5, draws=20_000) != sampled


def test_many_patients_are_sampled_and_agree_with_the_approximation():
    case = BY_NAME["sixty patients"]
    test = log_rank_permutation(*data(case), draws=20_000)
    assert test.p_value == pytest.approx(case["p_value"], abs=5 * test.error + 0.01)


def test_a_sampled_p_value_is_never_zero():
    time = np.arange(1.0, 101.0)
    test = log_rank_permutation(time, np.ones(100), time > 50, draws=999)
    assert test.p_value == 1 / 1000


def test_the_two_ways_of_counting_agree(monkeypatch):
    case = BY_NAME["thirteen patients"]
    halves = log_rank_permutation(*data(case))
    monkeypatch.setattr(permutation, "WHOLE_UP_TO", 0)
    each = log_rank_permutation(*data(case))
    assert (each.p_value, each.arrangements) == (halves.p_value, halves.arrangements)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (([], [], []), "there is no patient"),
        (([1, 2], [1, 1], [1, 1]), "fewer than two groups have patients"),
        (([3], [1], [1]), "fewer than two groups have patients"),
        (([1, 2, 3], [0, 0, 0], [1, 2, 1]), "no event was observed"),
        (([1, 2, 3, 4], [0, 0, 1, 1], [1, 1, 2, 2]), "only one group was at risk when events happened"),
    ],
)
def test_groups_that_cannot_be_compared_say_why(rows, reason):
    for test in (log_rank(*rows).test, log_rank_permutation(*rows)):
        assert (test.statistic, test.p_value, test.reason) == (None, None, reason)


def test_everyone_with_the_event_at_one_time_gives_no_test():
    rows = [2, 2, 2, 2], [1, 1, 1, 1], [1, 1, 2, 2]
    assert log_rank(*rows).test.reason == NO_VARIANCE
    assert log_rank_permutation(*rows).reason == "every patient has the same score"


def test_a_group_that_is_no_whole_number_is_refused_in_a_sentence():
    with pytest.raises(StudyError, match="group: a code is missing or no whole number"):
        log_rank([1, 2], [1, 0], [1.5, 2])
    with pytest.raises(StudyError, match="group: 1 values were given for 2 times"):
        log_rank([1, 2], [1, 0], [1])


@given(patients, st.randoms(use_true_random=False))
def test_the_order_of_patients_changes_no_bit(rows, random):
    order = list(range(rows[0].size))
    random.shuffle(order)
    shuffled = [column[order] for column in rows]
    assert log_rank(*rows).test == log_rank(*shuffled).test
    assert log_rank_permutation(*rows) == log_rank_permutation(*shuffled)


@given(patients)
def test_groups_are_counted_as_patients_are(rows):
    time, event, group = rows
    sets, together = grouped_risk_sets(time, event, group), risk_sets(time, event)
    np.testing.assert_array_equal(sets.time, together.time)
    np.testing.assert_array_equal(sets.total_at_risk, together.at_risk)
    np.testing.assert_array_equal(sets.events.sum(axis=0), together.events)
    for row, code in enumerate(sets.groups):
        assert sets.at_risk[row].tolist() == [int((time[group == code] >= moment).sum()) for moment in sets.time]


@given(st.lists(st.integers(-4, 4), min_size=2, max_size=6), st.data())
def test_counting_is_trying_every_permutation(values, draw):
    scores = np.array([*values, -sum(values)])
    group = np.array(draw.draw(st.lists(st.integers(1, 3), min_size=scores.size, max_size=scores.size)))
    sizes = np.bincount(group, minlength=4)

    def spread(codes):
        sums = np.bincount(codes, weights=scores, minlength=4)
        return (sums[sizes > 0] ** 2 / sizes[sizes > 0]).sum()

    test = permutation_test(scores, group, name="test")
    if test.p_value is not None:
        extreme = [spread(np.array(one)) >= spread(group) - 1e-9 for one in permutations(group.tolist())]
        assert test.p_value == pytest.approx(np.mean(extreme), rel=1e-12)
