from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.risk_sets import number_at_risk
from icans.stats.steps import NO_WIDTH, Transform
from icans.stats.time_to_event import kaplan_meier, median_follow_up, median_survival, survival_at

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "time_to_event.json").read_text())["cases"]
BY_NAME = {case["name"]: case for case in CASES}

PRODUCT = 1e-13  # a product of some hundred factors, each rounded once, in another order than R's
INTERVAL = 1e-12  # the same through exp, log and a square root; R keeps the error on the log scale
TIME = 1e-12  # times are read off, or the mean of two

patients = st.lists(st.tuples(st.integers(0, 12).map(lambda day: day / 2), st.booleans()), min_size=1, max_size=40).map(
    lambda rows: (np.array([row[0] for row in rows]), np.array([int(row[1]) for row in rows]))
)


def numbers(values):
    return np.array(values, dtype=float)


def parts(estimate):
    return numbers([estimate.value, estimate.low, estimate.high])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_curve_agrees_with_survfit(case):
    curve = kaplan_meier(case["time"], case["event"])
    rows = case["rows"]
    assert curve.time.size == case["distinct"]
    assert (curve.n, curve.total) == (len(case["time"]), sum(case["event"]))
    np.testing.assert_allclose(curve.time[rows], case["curve_time"], rtol=TIME)
    assert curve.at_risk[rows].tolist() == case["at_risk"]
    assert curve.events[rows].tolist() == case["events"]
    assert curve.censored[rows].tolist() == case["censored"]
    np.testing.assert_allclose(curve.survival[rows], case["survival"], rtol=PRODUCT, atol=1e-15)
    np.testing.assert_allclose(np.sqrt(curve.variance[rows]), numbers(case["std_error"]), rtol=INTERVAL)


@pytest.mark.parametrize("transform", get_args(Transform))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_pointwise_limits_agree_with_survfit(case, transform):
    rows = case["rows"]
    curve = kaplan_meier(case["time"], case["event"], transform=transform)
    # R gives log and plain intervals of no width before the first event; here there is none
    width = curve.variance[rows] > 0
    assert not np.isfinite(curve.low[rows][~width]).any()
    for side, ours in (("low", curve.low), ("high", curve.high)):
        expected = numbers(case["limits"][transform][side])
        np.testing.assert_allclose(ours[rows][width], expected[width], rtol=INTERVAL, atol=1e-14)


@pytest.mark.parametrize("transform", get_args(Transform))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_median_and_its_interval_agree_with_survfit(case, transform):
    curve = kaplan_meier(case["time"], case["event"], transform=transform)
    np.testing.assert_allclose(parts(median_survival(curve)), numbers(case["median"][transform]), rtol=TIME)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_median_agrees_with_quantile_survfit_but_where_the_curve_ends_at_one_half(case):
    ours = parts(median_survival(kaplan_meier(case["time"], case["event"])))
    if case["name"] == "flat at 0.5 to the end":
        # quantile.survfit takes the midpoint up to the last censoring time, print.survfit and we the first time
        assert (case["quantile"][0], ours[0]) == (2.25, 1.5)
    else:
        np.testing.assert_allclose(ours, numbers(case["quantile"]), rtol=TIME)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_another_level_moves_the_interval_as_in_survfit(case):
    curve = kaplan_meier(case["time"], case["event"], level=0.8)
    np.testing.assert_allclose(parts(median_survival(curve)), numbers(case["median_80"]), rtol=TIME)
    assert "80% interval" in curve.method


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_landmarks_and_numbers_at_risk_agree_with_summary_survfit(case):
    curve = kaplan_meier(case["time"], case["event"])
    estimates = survival_at(curve, case["landmarks"])
    np.testing.assert_allclose([e.value for e in estimates], case["landmark_survival"], rtol=PRODUCT, atol=1e-15)
    for side in ("low", "high"):
        ours = numbers([getattr(estimate, side) for estimate in estimates])
        np.testing.assert_allclose(ours, numbers(case[f"landmark_{side}"]), rtol=INTERVAL)
    assert number_at_risk(curve, case["landmarks"]).tolist() == case["landmark_at_risk"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_follow_up_agrees_with_survfit_of_the_reversed_status(case):
    estimate = median_follow_up(case["time"], case["event"])
    np.testing.assert_allclose(parts(estimate), numbers(case["follow_up"]), rtol=TIME)
    assert estimate.method.startswith("reverse Kaplan-Meier median")


def test_a_curve_flat_at_one_half_has_its_median_in_the_middle_of_the_stretch():
    assert median_survival(kaplan_meier([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 1])).value == 4.5


@pytest.mark.parametrize("n", range(2, 121, 2))
def test_one_half_by_successive_products_is_one_half(n):
    assert median_survival(kaplan_meier(range(1, n + 1), [1] * n)).value == (n + 1) / 2


def test_hours_turned_into_days_keep_their_ties():
    hours = np.array([7.2, 7.2, 16.8, 24.0])
    days = np.array([0.1 + 0.2, 0.3, 0.7, 1.0])
    one, other = kaplan_meier(hours, [1, 0, 1, 0]), kaplan_meier(days, [1, 0, 1, 0])
    assert one.at_risk.tolist() == other.at_risk.tolist() == [4, 2, 1]
    assert one.survival.tolist() == other.survival.tolist()


def test_no_patient_gives_an_empty_curve_and_reasons():
    curve = kaplan_meier([], [])
    assert curve.time.size == curve.survival.size == 0
    assert median_survival(curve).reason == "there is no patient"
    assert [e.reason for e in survival_at(curve, [1, 2])] == ["there is no patient"] * 2
    assert number_at_risk(curve, [0, 1]).tolist() == [0, 0]
    assert median_follow_up([], []).reason == "there is no patient"


def test_no_event_gives_a_curve_at_one_and_no_median():
    curve = kaplan_meier([1, 2, 3], [0, 0, 0])
    median = median_survival(curve)
    assert curve.survival.tolist() == [1, 1, 1]
    assert (median.value, median.reason) == (None, "no event was observed")
    (landmark,) = survival_at(curve, [2])
    assert (landmark.value, landmark.low, landmark.low_reason) == (1.0, None, NO_WIDTH)


def test_a_median_that_is_not_reached_says_so_for_each_part():
    median = median_survival(kaplan_meier([1, 2, 3, 4, 5], [1, 0, 0, 0, 0]))
    assert median.value is None
    assert median.reason == "not reached: the curve stays above 0.5"
    assert median.high_reason == "not reached: the limit of the curve, where it has one, stays above 0.5"
    reached = median_survival(kaplan_meier([1, 2, 3, 4], [1, 1, 1, 0]))
    assert (reached.value, reached.reason, reached.low_reason) == (2.5, None, None)


def test_follow_up_without_anyone_censored_says_so():
    assert median_follow_up([1, 2], [1, 1]).reason == "every patient had the event: nobody's observation ended first"


def test_survival_is_not_given_beyond_the_longest_observation():
    curve = kaplan_meier([1, 2, 3], [1, 0, 0])
    (beyond,) = survival_at(curve, [3.5])
    assert beyond.value is None
    assert beyond.reason == "no patient was observed for so long"


def test_survival_stays_at_zero_when_nobody_is_left():
    (beyond,) = survival_at(kaplan_meier([1, 2], [1, 1]), [10])
    assert (beyond.value, beyond.low_reason) == (0.0, NO_WIDTH)


@pytest.mark.parametrize(
    ("time", "event", "sentence"),
    [
        ([1, -2], [1, 0], r"time: 1 of 2 is before time zero, the first in row 2 \(-2\)"),
        ([1, float("nan")], [1, 0], "time: 1 of 2 is missing, the first in row 2"),
        ([1, float("inf")], [1, 0], "time: a value is infinite"),
        ([1, 2], [1], "event: 1 values were given for 2 times"),
        ([1, 2], [1, 0.5], "event: codes are 0 for censored"),
        ([1, 2], [1, None], "event: codes are 0 for censored"),
        ([[1, 2]], [1, 0], "time: 2 dimensions were given"),
    ],
)
def test_times_that_cannot_be_meant_are_refused_in_a_sentence(time, event, sentence):
    with pytest.raises(StudyError, match=sentence):
        kaplan_meier(time, event)


def test_an_unknown_transform_names_the_nearest():
    with pytest.raises(StudyError, match="Did you mean log-log"):
        kaplan_meier([1], [1], transform="loglog")


@given(patients, st.randoms(use_true_random=False))
def test_the_order_of_patients_changes_no_bit(rows, random):
    time, event = rows
    order = list(range(time.size))
    random.shuffle(order)
    one, other = kaplan_meier(time, event), kaplan_meier(time[order], event[order])
    for name in ("time", "at_risk", "events", "censored", "survival", "variance", "low", "high"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@given(patients, st.sampled_from(get_args(Transform)))
def test_survival_falls_between_one_and_zero_inside_its_limits(rows, transform):
    curve = kaplan_meier(*rows, transform=transform)
    assert (np.diff(curve.survival, prepend=1.0) <= 0).all()
    assert curve.survival.min() >= 0
    there = ~np.isnan(curve.low)
    assert (curve.low[there] <= curve.survival[there]).all()
    assert (curve.high[there] >= curve.survival[there]).all()
    assert ((curve.low[there] >= 0) & (curve.high[there] <= 1)).all()
    assert curve.at_risk[0] == curve.n
    assert (curve.at_risk - curve.events - curve.censored).tolist() == [*curve.at_risk[1:], 0]


@given(patients)
def test_without_censoring_survival_is_the_share_still_free(rows):
    time, _ = rows
    curve = kaplan_meier(time, np.ones_like(time))
    np.testing.assert_allclose(curve.survival, [(time > t).mean() for t in curve.time], atol=1e-14)
    share = curve.survival[:-1]
    np.testing.assert_allclose(curve.variance[:-1], share * (1 - share) / time.size, rtol=1e-10, atol=1e-17)
    assert median_survival(curve).value == pytest.approx(np.median(time))


@given(patients)
def test_survival_is_the_plain_product_over_patients_taken_one_time_after_the_other(rows):
    time, event = rows
    survival, expected = 1.0, []
    for moment in sorted(set(time.tolist())):
        survival *= 1 - ((time == moment) & (event == 1)).sum() / (time >= moment).sum()
        expected.append(survival)
    np.testing.assert_allclose(kaplan_meier(time, event).survival, expected, rtol=1e-13, atol=1e-15)


@given(patients, st.floats(0.1, 100))
def test_another_unit_of_time_moves_the_median_and_nothing_else(rows, factor):
    time, event = rows
    assume(len(set(np.round(time * factor, 6))) == len(set(time)))
    one, other = kaplan_meier(time, event), kaplan_meier(time * factor, event)
    np.testing.assert_array_equal(one.survival, other.survival)
    np.testing.assert_allclose(parts(median_survival(one)) * factor, parts(median_survival(other)), rtol=1e-12)


def test_a_million_patients_need_no_loop():
    random = np.random.default_rng(20250630)
    time = np.ceil(random.exponential(365.0, 1_000_000))
    curve = kaplan_meier(time, random.integers(0, 2, time.size))
    # events and censoring at the same rate: the median of the event is that of a hazard of 1 in 730
    assert median_survival(curve).value == pytest.approx(730 * np.log(2), abs=3)
