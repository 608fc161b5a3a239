from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.stats.cox import NO_EVENT, cox
from icans.stats.firth import cox_by_rule, firth_cox, firth_rule
from icans.stats.partial_likelihood import at_risk
from icans.stats.penalised_likelihood import penalised

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "firth.json").read_text())["cases"]

DIFFERENCES = 2e-7  # R climbs by numerical slopes and curvatures of the penalised likelihood
HEIGHT = 1e-8  # twice a difference of likelihoods, flat at its top

rows = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 1), st.integers(-3, 3), st.integers(0, 1)), min_size=5, max_size=12
).map(lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True)))


def fit(case, ties):
    return firth_cox(case["time"], case["event"], case["covariates"], start=case["start"] or None, ties=ties)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_penalised_model_agrees_with_its_definition_maximised_in_r(case, ties):
    model, expected = fit(case, ties), case[ties]
    for part, name in (("value", "coefficients"), ("low", "low"), ("high", "high")):
        ours = [getattr(one, part) for one in model.coefficients]
        np.testing.assert_allclose(ours, expected[name], rtol=DIFFERENCES, atol=DIFFERENCES)
    np.testing.assert_allclose(model.covariance.ravel(), expected["covariance"], rtol=10 * DIFFERENCES)
    assert model.likelihood_ratio.statistic == pytest.approx(expected["likelihood_ratio"], rel=HEIGHT, abs=HEIGHT)
    np.testing.assert_allclose([one.statistic for one in model.tests], expected["tests"], rtol=HEIGHT, atol=HEIGHT)


def test_two_patients_have_the_hazard_ratio_of_three_that_heinze_and_schemper_derive():
    (ratio,) = firth_cox([1, 2], [1, 0], [1, 0]).hazard_ratios
    assert ratio.value == pytest.approx(3, rel=1e-12)
    assert 0 < ratio.low < 1 < ratio.high < math.inf
    assert "profile penalised likelihood" in ratio.method


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (([], [], np.zeros((0, 1))), NO_EVENT),
        (([1, 2, 3], [0, 0, 0], [1, 0, 1]), NO_EVENT),
        (([3], [1], [1]), "whenever an event happened, everyone at risk had the same x1"),
        (([1, 2, 3, 4], [1, 1, 0, 1], [[1, 2], [0, 0], [3, 6], [2, 4]]), "one of x1, x2 follows from the others"),
    ],
)
def test_data_that_bear_no_model_say_why(data, reason):
    model = firth_cox(*data)
    assert model.reason == reason
    assert {one.reason for one in model.hazard_ratios} == {reason}


def test_the_penalty_is_used_where_events_lie_on_one_side_or_are_few_and_says_so():
    separated = [1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0]
    model, penalty = cox_by_rule(*separated, names=["severe"])
    assert penalty.reason == "Firth's penalty is used, as all events lie on one side of severe"
    assert model.hazard_ratios[0].value > 1
    random = np.random.default_rng(2)
    time, event, x = random.exponential(size=40), np.ones(40), random.normal(size=40)
    few, penalty = cox_by_rule(time[:9], event[:9], x[:9])
    assert penalty.reason == "Firth's penalty is used, as 9 events for 1 covariate are fewer than 10 for each"
    assert "Firth" in few.method
    many, penalty = cox_by_rule(time, event, x)
    assert penalty.reason == "no penalty is used, as 40 events for 1 covariate are at least 10 for each"
    assert many.coefficients == cox(time, event, x).coefficients
    assert firth_rule(cox(time, event, np.column_stack([x, x**2]))).firth is False
    assert firth_rule(cox(time[:19], event[:19], np.column_stack([x, x**2])[:19])).firth is True


def test_the_penalty_vanishes_in_large_samples():
    random = np.random.default_rng(8)
    x = random.normal(size=3000)
    time, event = random.exponential(np.exp(-0.4 * x)), random.integers(0, 2, 3000)
    one, other = firth_cox(time, event, x).coefficients[0], cox(time, event, x).coefficients[0]
    assert one.value == pytest.approx(other.value, abs=1e-3)
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=3e-3)


@given(rows)
def test_the_slope_is_that_of_the_penalised_likelihood(data):
    time, event, x, z = data
    prepared = at_risk(time, event, np.column_stack([x, z]))
    point = np.array([0.4, -0.3])
    here = penalised(prepared, point) if prepared.event.any() else None
    if here is None or np.linalg.cond(here.found.information) > 1e6:
        return
    for number in range(2):
        shift = np.zeros(2)
        shift[number] = 1e-5
        rise = penalised(prepared, point + shift).value - penalised(prepared, point - shift).value
        assert here.score[number] == pytest.approx(rise / 2e-5, rel=1e-5, abs=1e-6)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit_and_every_limit_is_found(data, random):
    time, event, x, _ = data
    order = list(range(time.size))
    random.shuffle(order)
    one, other = firth_cox(time, event, x), firth_cox(time[order], event[order], x[order])
    assert one.coefficients == other.coefficients
    if one.reason is None:
        (found,) = one.coefficients
        assert found.low < found.value < found.high
