from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.competing_risks import aalen_johansen, incidence_at, median_incidence
from icans.stats.risk_sets import number_at_risk
from icans.stats.steps import NO_WIDTH, Transform
from icans.stats.time_to_event import kaplan_meier

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "competing_risks.json").read_text())["cases"]
CAUSES = [(case, cause) for case in CASES for cause in case["causes"]]

SUM = 1e-12  # a running sum of some hundred terms; R multiplies matrices, prodlim sums in another order
SPREAD = 1e-11  # a variance from running sums of products, where R adds up each patient's influence
CMPRSK = 1e-9  # the same, where cmprsk keeps running products
INTERVAL = 1e-11  # the same through exp and log

patients = st.lists(
    st.tuples(st.integers(0, 12).map(lambda day: day / 2), st.integers(0, 3)), min_size=1, max_size=40
).map(lambda rows: (np.array([row[0] for row in rows]), np.array([row[1] for row in rows])))


def numbers(values):
    return np.array(values, dtype=float)


def named(pair):
    return f"{pair[0]['name']}, cause {pair[1]['cause']}"


@pytest.mark.parametrize(("case", "cause"), CAUSES, ids=[named(pair) for pair in CAUSES])
def test_the_curve_agrees_with_survfit_prodlim_and_cmprsk(case, cause):
    curve = aalen_johansen(case["time"], case["event"], cause=cause["cause"])
    rows = case["rows"]
    assert curve.time.size == case["distinct"]
    np.testing.assert_allclose(curve.time[rows], case["curve_time"], rtol=SUM)
    assert curve.at_risk[rows].tolist() == case["at_risk"]
    assert curve.events[rows].tolist() == cause["events"]
    np.testing.assert_allclose(curve.event_free[rows], case["event_free"], rtol=SUM, atol=1e-14)
    for package in ("incidence", "prodlim_incidence", "cmprsk_incidence"):
        expected = numbers(cause[package])
        known = ~np.isnan(expected)
        np.testing.assert_allclose(curve.incidence[rows][: known.size][known], expected[known], rtol=SUM, atol=1e-15)


@pytest.mark.parametrize(("case", "cause"), CAUSES, ids=[named(pair) for pair in CAUSES])
def test_the_variance_agrees_with_survfit_and_prodlim(case, cause):
    curve = aalen_johansen(case["time"], case["event"], cause=cause["cause"])
    error = np.sqrt(curve.variance[case["rows"]])
    np.testing.assert_allclose(error, cause["std_error"], rtol=SPREAD, atol=1e-15)
    # prodlim gives none where nobody is left, and is not run without competing events
    theirs = numbers(cause["prodlim_std_error"])
    known = ~np.isnan(theirs)
    np.testing.assert_allclose(error[: known.size][known], theirs[known], rtol=SPREAD, atol=1e-15)


@pytest.mark.parametrize(("case", "cause"), CAUSES, ids=[named(pair) for pair in CAUSES])
def test_aalens_variance_agrees_with_cmprsk(case, cause):
    curve = aalen_johansen(case["time"], case["event"], cause=cause["cause"], variance="aalen")
    expected = numbers(cause["cmprsk_std_error"]) ** 2
    np.testing.assert_allclose(curve.variance[case["rows"]], expected, rtol=CMPRSK, atol=1e-15)


def test_the_two_variances_agree_in_large_samples():
    (case,) = [case for case in CASES if case["name"] == "mgus2"]
    one = aalen_johansen(case["time"], case["event"])
    other = aalen_johansen(case["time"], case["event"], variance="aalen")
    # 1384 patients, the last times with few at risk left out
    many = (one.at_risk > 50) & (one.variance > 0)
    np.testing.assert_allclose(np.sqrt(one.variance[many]), np.sqrt(other.variance[many]), rtol=0.01)
    assert "Aalen's variance" in other.method
    assert "Aalen's variance" in median_incidence(other).method


def test_an_unknown_variance_names_the_nearest():
    with pytest.raises(StudyError, match="Did you mean aalen"):
        aalen_johansen([1], [1], variance="allen")


@pytest.mark.parametrize("transform", get_args(Transform))
@pytest.mark.parametrize(("case", "cause"), CAUSES, ids=[named(pair) for pair in CAUSES])
def test_pointwise_limits_agree_with_survfit(case, cause, transform):
    curve = aalen_johansen(case["time"], case["event"], cause=cause["cause"], transform=transform)
    rows = case["rows"]
    # at 0 and 1 R gives log and plain intervals of no width; here there is none
    inside = (curve.incidence[rows] > 0) & (curve.incidence[rows] < 1)
    assert not np.isfinite(curve.low[rows][~inside]).any()
    for side, ours in (("low", curve.low), ("high", curve.high)):
        expected = numbers(cause["limits"][transform][side])
        np.testing.assert_allclose(ours[rows][inside], expected[inside], rtol=INTERVAL)


@pytest.mark.parametrize(("case", "cause"), CAUSES, ids=[named(pair) for pair in CAUSES])
def test_the_median_is_where_survfits_curve_and_limits_first_reach_one_half(case, cause):
    median = median_incidence(aalen_johansen(case["time"], case["event"], cause=cause["cause"]))
    np.testing.assert_allclose(numbers([median.value, median.low, median.high]), numbers(cause["median"]), rtol=1e-12)


@pytest.mark.parametrize("n", range(2, 121, 2))
def test_one_half_by_a_running_sum_is_reached_at_that_time(n):
    # the later half has the competing event
    event = [1] * (n // 2) + [2] * (n // 2)
    assert median_incidence(aalen_johansen(range(1, n + 1), event)).value == n / 2


def test_no_patient_gives_an_empty_curve_and_reasons():
    curve = aalen_johansen([], [])
    assert curve.incidence.size == curve.variance.size == 0
    assert median_incidence(curve).reason == "there is no patient"
    assert [e.reason for e in incidence_at(curve, [1])] == ["there is no patient"]


@pytest.mark.parametrize("event", [[0, 0, 0], [2, 0, 2]])
def test_no_event_gives_an_incidence_of_zero_and_no_median(event):
    curve = aalen_johansen([1, 2, 3], event)
    assert curve.incidence.tolist() == [0, 0, 0]
    assert curve.variance.tolist() == [0, 0, 0]
    assert median_incidence(curve).reason == "no event was observed"
    (landmark,) = incidence_at(curve, [2])
    assert (landmark.value, landmark.low_reason) == (0.0, NO_WIDTH)


def test_a_median_that_is_not_reached_says_so():
    median = median_incidence(aalen_johansen([1, 2, 3, 4], [1, 2, 2, 0]))
    assert (median.value, median.reason) == (None, "not reached: the curve stays below 0.5")


def test_one_patient_has_an_incidence_of_one_and_no_interval():
    curve = aalen_johansen([3], [1])
    median = median_incidence(curve)
    assert curve.incidence.tolist() == [1.0]
    assert (median.value, median.low, median.high) == (3.0, None, None)


@pytest.mark.parametrize("n", [3, 7, 49, 1000])
def test_an_incidence_that_everyone_reaches_ends_at_one_without_rounding(n):
    curve = aalen_johansen(range(n), [1] * n)
    assert (curve.incidence[-1], curve.variance[-1]) == (1.0, 0.0)
    assert np.isnan(curve.low[-1])


def test_incidence_holds_after_the_last_time_only_when_nobody_is_left():
    (held,) = incidence_at(aalen_johansen([1, 2, 3], [1, 2, 1]), [9])
    (unknown,) = incidence_at(aalen_johansen([1, 2, 3], [1, 2, 0]), [9])
    assert held.value == pytest.approx(2 / 3)
    assert (unknown.value, unknown.reason) == (None, "no patient was observed for so long")


def test_landmarks_count_an_event_at_the_very_time():
    curve = aalen_johansen([1, 2, 3, 4], [1, 2, 1, 0])
    assert [e.value for e in incidence_at(curve, [0.5, 1, 2.5, 3])] == [0.0, 0.25, 0.25, 0.5]
    assert number_at_risk(curve, [0, 1, 1.5, 4, 5]).tolist() == [4, 4, 3, 1, 0]


@given(patients, st.randoms(use_true_random=False))
def test_the_order_of_patients_changes_no_bit(rows, random):
    time, event = rows
    order = list(range(time.size))
    random.shuffle(order)
    one, other = aalen_johansen(time, event), aalen_johansen(time[order], event[order])
    for name in ("time", "at_risk", "incidence", "event_free", "variance", "low", "high"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@given(patients)
def test_the_incidences_of_all_causes_and_being_event_free_sum_to_one(rows):
    time, event = rows
    curves = [aalen_johansen(time, event, cause=cause) for cause in (1, 2, 3)]
    total = sum(curve.incidence for curve in curves) + curves[0].event_free
    np.testing.assert_allclose(total, 1, atol=1e-13)
    np.testing.assert_allclose(curves[0].event_free, kaplan_meier(time, event).survival, atol=1e-14)


@given(patients)
def test_incidence_rises_and_stays_below_one_minus_the_naive_kaplan_meier(rows):
    time, event = rows
    curve = aalen_johansen(time, event)
    assert (np.diff(curve.incidence, prepend=0.0) >= 0).all()
    naive = 1 - kaplan_meier(time, event == 1).survival
    assert (curve.incidence <= naive + 1e-12).all()


@given(patients)
def test_without_competing_events_it_is_kaplan_meier_with_greenwoods_variance(rows):
    time, event = rows
    alone = np.minimum(event, 1)
    curve, survival = aalen_johansen(time, alone), kaplan_meier(time, alone)
    np.testing.assert_allclose(curve.incidence, 1 - survival.survival, atol=1e-13)
    left = survival.survival > 0
    np.testing.assert_allclose(curve.variance[left], survival.variance[left], rtol=1e-8, atol=1e-14)


@given(patients)
def test_the_variance_is_the_double_sum_it_is_defined_by(rows):
    time, event = rows
    curve = aalen_johansen(time, event)
    before = np.concatenate(([1.0], curve.event_free))[:-1]
    n, e, d = (numbers(a) for a in (curve.at_risk, curve.events, curve.events + curve.competing))
    for last, variance in enumerate(curve.variance):
        total = 0.0
        for u in range(last + 1):
            rise = curve.incidence[last] - curve.incidence[u]
            if n[u] > d[u]:
                total += rise**2 * d[u] / (n[u] * (n[u] - d[u]))
            total += before[u] ** 2 * e[u] * (n[u] - e[u]) / n[u] ** 3 - 2 * rise * before[u] * e[u] / n[u] ** 2
        assert variance == pytest.approx(total, rel=1e-9, abs=1e-15)


def test_the_variance_holds_its_digits_over_a_million_patients():
    random = np.random.default_rng(1)
    n = 1_000_000
    time, event = np.ceil(random.exponential(100.0, n)), random.integers(1, 3, n)
    curve = aalen_johansen(time, event)
    # nobody is censored, so the incidence is a proportion and its variance the binomial one
    np.testing.assert_allclose(curve.variance, curve.incidence * (1 - curve.incidence) / n, rtol=1e-8)
