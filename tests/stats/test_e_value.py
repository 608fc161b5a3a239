from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.e_value import e_value
from icans.stats.estimate import Estimate, no_estimate
from icans.stats.two_proportions import Group, risk_ratio


def ratio(value, low, high):
    return Estimate(value, low, high, "ratio", 100)


# Worked examples of VanderWeele and Ding 2017, to the two decimals that follow from the printed ratios
PUBLISHED = [
    ("smoking and lung cancer", "risk ratio", ratio(10.73, 8.02, 14.36), 20.95, 15.52),
    ("formula feeding and death of respiratory infection", "odds ratio", ratio(3.9, 1.8, 8.7), 7.26, 3.0),
    ("breast feeding and leukaemia", "risk ratio", ratio(0.80, 0.71, 0.91), 1.81, 1.43),
]


@pytest.mark.parametrize(("name", "measure", "effect", "estimate", "limit"), PUBLISHED, ids=lambda part: str(part)[:40])
def test_the_published_examples_are_met(name, measure, effect, estimate, limit):
    result = e_value(effect, measure, rare=True)
    assert (round(result.estimate, 2), round(result.limit, 2)) == (estimate, limit)


def test_a_common_outcome_turns_hazard_and_odds_ratios_into_risk_ratios_first():
    hazard = e_value(ratio(0.56, 0.46, 0.69), "hazard ratio")
    risk = 0.404709 / 0.603966  # 1 - 0.5^0.748331 over 1 - 0.5^1.336306
    assert hazard.estimate == pytest.approx(1 / risk + math.sqrt(1 / risk * (1 / risk - 1)), rel=1e-5)
    odds = e_value(ratio(4.0, 0.25, 9.0), "odds ratio")
    assert (odds.estimate, odds.limit) == (pytest.approx(2 + math.sqrt(2)), 1.0)
    assert "common outcome" in hazard.method
    assert "square root" in odds.method


def test_a_rare_outcome_takes_them_as_they_are():
    rare = e_value(ratio(0.56, 0.46, 0.69), "hazard ratio", rare=True)
    assert rare.estimate == e_value(ratio(0.56, 0.46, 0.69), "risk ratio").estimate
    assert "rare outcome" in rare.method


def test_an_interval_that_holds_no_effect_needs_no_confounding():
    assert e_value(ratio(1.5, 0.9, 2.5), "risk ratio").limit == 1.0
    assert e_value(ratio(1.0, 1.0, 1.0), "risk ratio").estimate == 1.0


def test_an_effect_that_could_not_be_had_has_no_e_value_and_keeps_its_reason():
    result = e_value(no_estimate("no event", method="hazard ratio", n=9, level=0.95), "hazard ratio")
    assert (result.estimate, result.limit, result.n) == (None, None, 9)
    assert result.reason == result.limit_reason == "no event"


def test_a_ratio_without_bound_still_has_the_e_value_of_its_limit():
    beyond = e_value(risk_ratio(Group(10, 10), Group(0, 20)), "risk ratio")
    assert beyond.estimate is None
    assert "no upper bound" in beyond.reason
    assert beyond.limit == pytest.approx(6.0328 + math.sqrt(6.0328 * 5.0328), abs=1e-3)
    assert e_value(risk_ratio(Group(5, 56), Group(0, 29)), "risk ratio").limit == 1.0


def test_a_ratio_of_zero_has_no_finite_e_value_but_its_limit_has():
    result = e_value(risk_ratio(Group(0, 13), Group(30, 67)), "risk ratio")
    assert result.estimate is None
    assert result.reason == "the risk ratio or its limit is 0: no confounding of finite strength would do"
    assert result.limit > 1


def test_a_negative_ratio_is_refused_in_a_sentence():
    with pytest.raises(StudyError, match="A risk ratio of -1 was given"):
        e_value(ratio(-1, -2, 3), "risk ratio")


@given(st.floats(0.01, 100), st.sampled_from(["risk ratio", "hazard ratio", "odds ratio"]), st.booleans())
def test_an_effect_and_its_inverse_have_the_same_e_value(value, measure, rare):
    one = e_value(ratio(value, value, value), measure, rare=rare)
    other = e_value(ratio(1 / value, 1 / value, 1 / value), measure, rare=rare)
    assert one.estimate == pytest.approx(other.estimate, rel=1e-9)
    assert one.limit == one.estimate
    assert one.estimate >= 1


@given(st.floats(1, 50), st.floats(1.001, 3), st.booleans())
def test_a_stronger_effect_needs_stronger_confounding(value, more, rare):
    for measure in ("risk ratio", "hazard ratio", "odds ratio"):
        stronger = e_value(ratio(value * more, 1, 200), measure, rare=rare)
        assert stronger.estimate > e_value(ratio(value, 1, 200), measure, rare=rare).estimate


@pytest.mark.parametrize("effect", [0.3, 0.8, 1.2, 2.0, 7.0])
def test_confounding_of_just_that_strength_explains_the_effect_away(effect):
    strength = e_value(ratio(effect, effect, effect), "risk ratio").estimate
    most_bias = strength * strength / (strength + strength - 1)  # Ding and VanderWeele 2016
    assert most_bias == pytest.approx(max(effect, 1 / effect), rel=1e-12)
