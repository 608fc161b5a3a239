from __future__ import annotations

import numpy as np
import pytest

from icans.stats.estimate import Estimate, no_estimate
from icans.stats.observed_expected import difference, known, mean_expected, predicted, ratio
from icans.stats.proportions import clopper_pearson, wilson


def estimate(value, low, high):
    return Estimate(value, low, high, "given", 13)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        # Newcombe 1998, Table II, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_difference_of_wilsons_intervals_is_newcombes(one, other, low, high):
    found = difference(wilson(*one), wilson(*other))
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_an_expectation_without_doubt_leaves_the_interval_of_what_was_observed():
    seen = clopper_pearson(12, 13)
    sure = estimate(0.5, 0.5, 0.5)
    assert (difference(seen, sure).low, difference(seen, sure).high) == pytest.approx((seen.low - 0.5, seen.high - 0.5))
    assert (ratio(seen, sure).low, ratio(seen, sure).high) == pytest.approx((seen.low / 0.5, seen.high / 0.5))


def test_the_ratio_agrees_with_its_logarithms():
    found = ratio(estimate(0.9, 0.6, 0.99), estimate(0.6, 0.4, 0.75))
    below = np.hypot(np.log(0.9 / 0.6), np.log(0.75 / 0.6))
    above = np.hypot(np.log(0.99 / 0.9), np.log(0.6 / 0.4))
    assert (found.low, found.high) == pytest.approx((1.5 * np.exp(-below), 1.5 * np.exp(above)))


def test_what_cannot_be_had_says_why():
    none_seen = ratio(wilson(0, 13), estimate(0.6, 0.4, 0.75))
    assert (none_seen.value, none_seen.low_reason) == (0, "a ratio of 0 has no logarithm")
    nothing = ratio(wilson(3, 13), estimate(0.0, 0.0, 0.1))
    assert (nothing.value, nothing.reason) == (None, "nothing is expected, so that nothing can be divided by it")
    without = difference(wilson(3, 13), no_estimate("no model", method="", n=0, level=0.95))
    assert (without.value, without.reason) == (None, "no model")


def test_a_mean_expectation_has_the_percentiles_of_its_samples():
    drawn = np.linspace(0.2, 0.8, 1001)[:, None] * np.ones(13)
    found = mean_expected(np.full(13, 0.5), drawn, how="1001 samples")
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.215, 0.785))
    assert mean_expected([], np.zeros((5, 0)), how="").reason == "there is no patient"


def test_samples_that_lead_nowhere_take_the_interval_with_them():
    drawn = np.full((100, 3), 0.5)
    lost = np.zeros((100, 3))
    lost[:6, 1] = 0.1
    found = mean_expected(np.full(3, 0.5), known(drawn, lost), how="100 samples")
    assert found.low is None
    assert found.low_reason == "6 of 100 samples lead to a state from which nothing is known"


def test_the_predicted_number_is_binomial_where_all_are_alike():
    found = predicted(np.full((20_000, 13), 0.6), 12, how="", rng=np.random.default_rng(3))
    assert found is not None
    assert (found.mean, found.low, found.high) == (pytest.approx(7.8), 4, 11)  # qbinom(c(.025, .975), 13, .6)
    assert found.as_many == pytest.approx(0.0126, abs=0.003)  # 1 - pbinom(11, 13, .6)


def test_doubt_about_the_model_widens_the_prediction():
    rng = np.random.default_rng(3)
    sure = predicted(np.full((4000, 40), 0.6), 30, how="", rng=rng)
    doubt = predicted(rng.beta(6, 4, 4000)[:, None] * np.ones(40), 30, how="", rng=rng)
    assert sure is not None
    assert doubt is not None
    assert doubt.high - doubt.low > 1.5 * (sure.high - sure.low)
    assert predicted(np.full((5, 2), np.nan), 1, how="", rng=rng) is None
