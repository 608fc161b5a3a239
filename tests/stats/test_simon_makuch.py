from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.cox import cox
from icans.stats.simon_makuch import mantel_byar, simon_makuch, simon_makuch_at
from icans.stats.stretches import stretches
from icans.stats.time_to_event import kaplan_meier

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "simon_makuch.json").read_text())["cases"]
BY_NAME = {case["name"]: case for case in CASES}
NAN = float("nan")

PRODUCT = 1e-12  # a product of some dozen factors, and a log-log interval of it
SUMS = 1e-10  # sums of shares in another order than R's

patients = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 1), st.one_of(st.none(), st.integers(0, 9))), max_size=14
).map(
    lambda rows: tuple(np.array(column, dtype=float) for column in (zip(*rows, strict=True) if rows else ((), (), ())))
)


def rows_of(case):
    return stretches(case["time"], case["event"], numbers(case["change"]))


def numbers(values):
    return np.array(values, dtype=float)


@pytest.mark.parametrize("group", [0, 1])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_curves_agree_with_survfit_of_start_stop_data(case, group):
    curve, expected = simon_makuch(rows_of(case), origin=case["origin"])[group], case["curves"][group]
    np.testing.assert_allclose(curve.time, expected["time"], rtol=PRODUCT)
    assert curve.at_risk.tolist() == expected["at_risk"]
    assert curve.events.tolist() == expected["events"]
    assert curve.left.tolist() == expected["left"]
    np.testing.assert_allclose(curve.survival, expected["survival"], rtol=PRODUCT, atol=1e-15)
    np.testing.assert_allclose(np.sqrt(curve.variance), numbers(expected["std_error"]), rtol=PRODUCT)
    width = curve.variance > 0
    for side, ours in (("low", curve.low), ("high", curve.high)):
        np.testing.assert_allclose(ours[width], numbers(expected[side])[width], rtol=PRODUCT)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_mantel_byar_test_agrees_with_tables_of_two_by_two(case):
    test = mantel_byar(rows_of(case)).test
    assert test.statistic == pytest.approx(case["statistic"], rel=SUMS)
    assert (test.n, test.reason) == (len(case["time"]), None)
    assert test.method.startswith("Mantel-Byar test")
    if case["score"] is not None:
        assert test.statistic == pytest.approx(case["score"], rel=SUMS)


def test_a_time_dependent_cox_model_has_the_same_score_test():
    case = BY_NAME["four patients"]
    rows = rows_of(case)
    model = cox(rows.stop, rows.event, rows.changed, start=rows.start, patient=rows.patient)
    assert model.score.statistic == pytest.approx(case["score"], rel=SUMS)
    assert model.n == 4


def test_a_curve_that_ends_before_others_enter_says_so_and_gives_no_number():
    _, after = simon_makuch(rows_of(BY_NAME["an early event empties the second group"]))
    assert (after.first, after.ended) == (1.0, 2.0)
    early, at_one, later = simon_makuch_at(after, [0.5, 1, 3])
    assert early.reason == "nobody was in the group yet"
    assert (at_one.value, at_one.reason) == (1.0, None)
    assert later.reason == "everyone in the group had the event by 2, before others entered it"


def test_a_later_origin_counts_only_what_comes_after_it():
    case = BY_NAME["heart transplants from day 60"]
    _, after = simon_makuch(rows_of(case), origin=60)
    early, at_origin = simon_makuch_at(after, [10, 60])
    assert early.reason == "the curve counts from 60 on"
    assert at_origin.value == 1.0
    assert "from 60 on" in after.method


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (([], [], []), "there is no patient"),
        (([3, 4], [1, 1], [NAN, NAN]), "fewer than two groups have patients"),
        (([3, 4], [0, 0], [1, NAN]), "no event was observed"),
        (([3, 9], [1, 0], [5, NAN]), "fewer than two groups have patients"),
        (([3, 9], [1, 0], [NAN, 5]), "only one group was at risk when events happened"),
    ],
)
def test_a_change_that_nobody_or_everybody_makes_too_late_gives_a_reason(data, reason):
    assert mantel_byar(stretches(*data)).test.reason == reason


def test_an_empty_group_has_an_empty_curve_and_reasons():
    before, after = simon_makuch(stretches([3, 4], [1, 0], [NAN, NAN]))
    assert (before.n, after.n, after.time.size, after.first) == (2, 0, 0, None)
    assert simon_makuch_at(after, [2])[0].reason == "there is no patient"


def test_an_origin_before_time_zero_is_refused_in_a_sentence():
    with pytest.raises(StudyError, match="the origin is not before time zero"):
        simon_makuch(stretches([1], [1], [NAN]), origin=-1)


@given(patients)
def test_who_enters_and_leaves_accounts_for_everyone_at_risk(data):
    for curve in simon_makuch(stretches(*data)):
        there = np.cumsum(curve.entered) - np.cumsum(curve.events + curve.left) + curve.events + curve.left
        assert curve.at_risk.tolist() == there.tolist()
        assert (curve.entered >= 0).all()
        assert curve.entered.sum() == (curve.events + curve.left).sum()


@given(patients)
def test_without_changes_it_is_kaplan_meier(data):
    time, event, _ = data
    before, _ = simon_makuch(stretches(time, event, np.full(time.size, NAN)))
    curve = kaplan_meier(time, event)
    np.testing.assert_array_equal(before.survival, curve.survival)
    np.testing.assert_array_equal(before.at_risk, curve.at_risk)


@given(patients, st.randoms(use_true_random=False))
def test_the_order_of_patients_changes_no_bit(data, random):
    order = list(range(data[0].size))
    random.shuffle(order)
    here, there = stretches(*data), stretches(*[column[order] for column in data])
    assert mantel_byar(here).test == mantel_byar(there).test
    for one, other in zip(simon_makuch(here), simon_makuch(there), strict=True):
        np.testing.assert_array_equal(one.survival, other.survival)
        np.testing.assert_array_equal(one.variance, other.variance)
