"""The measurements behind docs/validity.md: what counts as holding the true value, and that a seed fixes them."""

from __future__ import annotations

import numpy as np
import pytest
from bench.validity import comparisons, intervals, populations
from bench.validity.pages import coverage, falls_short, share
from bench.validity.run import Tally

from icans.stats.estimate import Estimate, no_estimate


@pytest.fixture(scope="module")
def group() -> populations.Treated:
    return populations.treated(populations.GROUPS["one"], 800, 5)


@pytest.fixture(scope="module")
def late():
    return populations.eligible(populations.LATE, 800, 5)


def estimate(low: float | None, high: float | None) -> Estimate:
    return Estimate(0.5, low, high, "", 10)


def test_an_interval_holds_what_lies_between_its_limits_and_without_a_limit_goes_on() -> None:
    assert intervals.covers(estimate(0.2, 0.8), 0.5) == (True, False, False)
    assert intervals.covers(estimate(0.6, 0.8), 0.5) == (True, True, False)
    assert intervals.covers(estimate(0.2, 0.4), 0.5) == (True, False, True)
    assert intervals.covers(estimate(0.2, None), 0.5) == (True, False, False)
    assert intervals.covers(no_estimate("", method="", n=0, level=0.95), 0.5) == (False, False, False)


def test_a_method_falls_short_only_beyond_chance_and_a_point() -> None:
    assert coverage(Tally(2000, 2000, above=60, below=40)) == pytest.approx((95.0, 100 * np.sqrt(0.05 * 0.95 / 2000)))
    assert not falls_short(Tally(2000, 2000, above=140), "coverage")
    assert falls_short(Tally(2000, 2000, above=160), "coverage")
    assert not falls_short(Tally(50, 50, rejected=4), "randomised")
    assert falls_short(Tally(2000, 2000, rejected=200), "randomised")
    assert share(0, 100)[1] > 0


def test_the_truth_is_what_the_estimators_give_for_everyone(group: populations.Treated) -> None:
    truths = intervals.truths(group, group)
    assert truths["remission rate, Wilson"] == group.remission.mean()
    assert truths["risk difference, Newcombe"] == 0
    assert truths["hazard ratio, Cox"] == pytest.approx(0, abs=1e-9)


def test_a_sample_of_everyone_gives_every_interval(group: populations.Treated) -> None:
    rows = np.arange(group.size)
    truths = intervals.truths(group, group)
    found = intervals.one_group(group, rows) | intervals.two_groups(group, rows, group, rows)
    assert set(found) == set(truths)
    for name, one in found.items():
        assert intervals.covers(one, truths[name])[0], name


def test_treatment_without_effect_that_is_given_late_looks_harmful_to_the_naive_alone(late) -> None:
    rows = np.arange(late.size)
    found = comparisons.observational(late, rows)
    naive = found["naive: ever against never treated, log-rank"]
    assert naive.rejects
    assert not naive.better
    assert not found["Mantel-Byar test"].rejects
    assert abs(comparisons.emulated(late)) < 0.1


def test_two_halves_of_a_sample_are_compared_by_every_test(group: populations.Treated) -> None:
    rows = np.random.default_rng(1).integers(0, group.size, 13)
    one = comparisons.randomised(group, rows, seed=1, permutations=True)
    assert one == comparisons.randomised(group, rows, seed=1, permutations=True)
    assert "permutation log-rank test" in one
