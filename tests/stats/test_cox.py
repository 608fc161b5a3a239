from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.cox import MONOTONE, NO_EVENT, NOT_WITH_ROBUST, cox
from icans.stats.log_rank import log_rank

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "cox.json").read_text())["cases"]
BY_NAME = {case["name"]: case for case in CASES}

FITTED = 1e-9  # a maximum, found to 1e-14 of the likelihood by R and to the square of 1e-6 standard errors here
ZERO = 1e-12  # what is 0 but for rounding

patients = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 1), st.integers(-3, 3), st.integers(0, 1)), min_size=4, max_size=14
).map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))


def fit(case, ties="efron", **options):
    given_ = {name: case[name] or None for name in ("start", "weights", "patient")}
    return cox(case["time"], case["event"], case["covariates"], names=case["names"], ties=ties, **given_, **options)


def values(estimates):
    return np.array([estimate.value for estimate in estimates], dtype=float)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_model_agrees_with_coxph(case, ties):
    model, expected = fit(case, ties), case[ties]
    np.testing.assert_allclose(values(model.coefficients), expected["coefficients"], rtol=FITTED, atol=ZERO)
    np.testing.assert_allclose(model.covariance.ravel(), expected["covariance"], rtol=FITTED, atol=ZERO)
    np.testing.assert_allclose(model.log_likelihood, expected["log_likelihood"], rtol=1e-12, atol=ZERO)
    limits = [*(one.low for one in model.hazard_ratios), *(one.high for one in model.hazard_ratios)]
    np.testing.assert_allclose(limits, expected["interval"], rtol=FITTED)
    for test, name in ((model.likelihood_ratio, "likelihood_ratio"), (model.score, "score"), (model.wald, "wald")):
        assert test.statistic == pytest.approx(expected[name], rel=FITTED, abs=ZERO)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_robust_variance_agrees_with_coxph(case, ties):
    model, expected = fit(case, ties, robust=True), case[ties]
    np.testing.assert_allclose(model.covariance.ravel(), expected["robust"], rtol=FITTED, atol=ZERO)
    assert model.likelihood_ratio.reason == model.score.reason == NOT_WITH_ROBUST
    assert "robust" in model.method


def test_the_score_test_without_ties_is_the_log_rank_test():
    case = BY_NAME["ovarian, treatment"]
    group = np.array(case["covariates"], dtype=int).ravel()
    score = fit(case).score
    assert score.statistic == pytest.approx(log_rank(case["time"], case["event"], group).test.statistic, rel=1e-12)


def test_weights_are_patients_counted_so_often_with_breslow_ties():
    time, event, x, weight = [1, 2, 2, 3, 4, 6], [1, 1, 0, 1, 1, 0], [1, 0, 1, 1, 0, 0], [1, 3, 2, 1, 2, 0]
    repeated = [np.repeat(column, weight) for column in (time, event, x)]
    one, other = cox(time, event, x, weights=weight, ties="breslow"), cox(*repeated, ties="breslow")
    assert one.coefficients[0].value == pytest.approx(other.coefficients[0].value, rel=1e-12)
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-12)
    assert (one.n, other.n) == (5, 9)


@pytest.mark.parametrize(
    ("time", "event", "x"),
    [
        ([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0]),
        ([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], [0, 0, 0, 5, 1, 9]),
        ([1, 2], [1, 0], [1, 0]),
        ([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], [5, 4, 3, 2, 1]),
        ([1, 1, 1, 4, 5], [1, 1, 1, 0, 0], [1, 1, 1, 0, 1]),
    ],
)
def test_a_likelihood_without_a_maximum_gives_a_reason_and_still_a_score_test(time, event, x):
    model = cox(time, event, x, names=["treated"])
    assert model.reason == f"{MONOTONE} treated"
    assert model.unbounded == ("treated",)
    (ratio,) = model.hazard_ratios
    assert (ratio.value, ratio.low, ratio.high, ratio.reason) == (None, None, None, model.reason)
    assert model.tests[0].reason == model.wald.reason == model.likelihood_ratio.reason == model.reason
    assert 0 < model.score.p_value < 1


def test_only_the_covariate_whose_coefficient_grows_is_named():
    random = np.random.default_rng(5)
    n = 80
    apart, other = random.integers(0, 2, n), random.normal(size=n)
    event = random.integers(0, 2, n) * apart
    model = cox(random.exponential(size=n), event, np.column_stack([other, apart]), names=["age", "severe"])
    assert (model.unbounded, model.reason) == (("severe",), f"{MONOTONE} severe")


def test_a_strong_but_finite_effect_is_found():
    # the last event falls on the other side: a maximum far out
    n = 200
    time, x = np.arange(1, n + 1), np.r_[np.ones(n // 2), np.zeros(n // 2)]
    x[[n // 2 - 1, n - 1]] = 0, 1
    model = cox(time, np.r_[np.ones(n // 2), np.zeros(n // 2)], x)
    assert model.reason is None
    assert 3 < model.coefficients[0].value < 10


def test_weights_far_apart_do_not_throw_the_climb_off():
    model = cox([3, 2, 1], [0, 1, 1], [0, 1, 0], weights=[26.638, 0.002, 0.054])
    heavy = 0.002 * np.exp(model.coefficients[0].value)
    # the slope of the likelihood, written out for the two events, is 0
    assert 0.002 * (1 - heavy / (26.638 + heavy)) == pytest.approx(0.054 * heavy / (26.692 + heavy), rel=1e-9)


def test_a_likelihood_that_rises_for_ever_in_two_covariates_gives_a_reason():
    random = np.random.default_rng(2)
    severity, dose = random.normal(size=(2, 12))
    time = np.argsort(np.argsort(-(severity + 0.001 * dose))) + 1
    model = cox(time, np.ones(12), np.column_stack([severity, dose]), names=["severity", "dose"])
    assert model.reason.startswith(MONOTONE)
    assert "severity" in model.unbounded


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (([], [], np.zeros((0, 1))), NO_EVENT),
        (([1, 2, 3], [0, 0, 0], [1, 0, 1]), NO_EVENT),
        (([3], [1], [1]), "whenever an event happened, everyone at risk had the same x1"),
        (([1, 2, 3], [1, 1, 1], [1, 1, 1]), "whenever an event happened, everyone at risk had the same x1"),
        (([1, 2, 3, 4], [0, 0, 1, 1], [1, 1, 0, 0]), "whenever an event happened, everyone at risk had the same x1"),
        (([2, 2, 2], [1, 1, 1], [1, 0, 0]), None),
        (([1, 2, 3, 4], [1, 1, 0, 1], [[1, 2], [0, 0], [3, 6], [2, 4]]), "one of x1, x2 follows from the others"),
    ],
)
def test_data_that_bear_no_model_say_why(rows, reason):
    model = cox(*rows)
    assert model.reason == reason
    if reason:
        assert {one.reason for one in model.coefficients} == {reason}
        assert (model.score.p_value, model.covariance.size, model.log_likelihood) == (None, 0, None)


def test_a_start_at_time_zero_is_no_late_entry():
    case = BY_NAME["an event at time zero"]
    plain = fit(case)
    again = cox(case["time"], case["event"], case["covariates"], start=np.zeros(len(case["time"])))
    assert again.coefficients[0].value == plain.coefficients[0].value


def test_what_cannot_be_meant_is_refused_in_a_sentence():
    with pytest.raises(StudyError, match="covariates: 1 of 2 rows miss a value, the first is row 2"):
        cox([1, 2], [1, 0], [1, float("nan")])
    with pytest.raises(StudyError, match="start: 1 rows do not end after they start, the first is row 2"):
        cox([1, 2], [1, 0], [1, 0], start=[0, 2])
    with pytest.raises(StudyError, match="weights: 2 numbers of 0 or more are needed"):
        cox([1, 2], [1, 0], [1, 0], weights=[1, -1])
    with pytest.raises(StudyError, match="1 names were given for 2 covariates"):
        cox([1, 2], [1, 0], [[1, 0], [0, 1]], names=["age"])
    with pytest.raises(StudyError, match="Did you mean efron"):
        cox([1, 2], [1, 0], [1, 0], ties="effron")


@given(patients, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit(rows, random):
    time, event, x, z = rows
    order = list(range(time.size))
    random.shuffle(order)
    one = cox(time, event, np.column_stack([x, z]))
    other = cox(time[order], event[order], np.column_stack([x, z])[order])
    assert one.coefficients == other.coefficients
    np.testing.assert_array_equal(one.covariance, other.covariance)


@given(patients)
def test_rows_cut_in_two_are_the_same_patients(rows):
    time, event, x, _ = rows
    whole = cox(time, event, x)
    cut = np.minimum(time, 3)
    kept = time > 3
    again = cox(
        np.r_[cut, time[kept]],
        np.r_[event * ~kept, event[kept]],
        np.r_[x, x[kept]],
        start=np.r_[np.zeros(time.size), np.full(kept.sum(), 3)],
        patient=np.r_[np.arange(time.size), np.flatnonzero(kept)],
    )
    assert (again.reason, again.n, again.events) == (whole.reason, whole.n, whole.events)
    if whole.reason is None:
        assert again.coefficients[0].value == pytest.approx(whole.coefficients[0].value, rel=1e-9, abs=1e-9)


def test_a_million_patients_take_seconds():
    random = np.random.default_rng(20250630)
    n = 1_000_000
    x = random.normal(size=n)
    model = cox(np.ceil(random.exponential(365 * np.exp(-0.3 * x))), random.integers(0, 2, n), x)
    assert model.coefficients[0].value == pytest.approx(0.3, abs=0.01)
