from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.agreement import agreement, kappa
from icans.stats.proportions import clopper_pearson

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "agreement.json").read_text())["cases"]

SHARE = 1e-12  # a closed formula
SLOPE = 1e-7  # R's standard error comes from a numerical gradient

grades = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)


@pytest.mark.parametrize("weights", ["unweighted", "quadratic"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_kappa_and_its_standard_error_agree_with_r(case, weights):
    estimate = kappa(case["one"], case["other"], weights=weights)
    expected = case[weights]
    assert estimate.value == pytest.approx(expected["value"], rel=SHARE)
    error = (estimate.value - estimate.low) / 1.959963984540054
    assert error == pytest.approx(expected["std_error"], rel=SLOPE)
    assert estimate.high == pytest.approx(min(estimate.value + 1.959963984540054 * error, 1))


def test_the_skin_condition_study_has_the_interval_that_sas_prints():
    (case,) = [case for case in CASES if case["name"].startswith("skin condition")]
    estimate = kappa(case["one"], case["other"])
    assert [round(number, 4) for number in (estimate.value, estimate.low, estimate.high)] == [0.3449, 0.2030, 0.4868]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_equal_grades_are_counted_with_an_exact_interval(case):
    result = agreement(case["one"], case["other"])
    assert (result.agree, result.n) == (case["agree"], len(case["one"]))
    assert result.proportion == clopper_pearson(case["agree"], len(case["one"]))


def test_a_grade_nobody_gave_is_still_a_step():
    near, far = kappa([0, 0, 1, 1], [0, 1, 1, 1], weights="quadratic"), kappa([0, 0, 4, 4], [0, 4, 4, 4])
    skipped = kappa([0, 0, 1, 4], [0, 1, 1, 4], weights="quadratic")
    packed = kappa([0, 0, 1, 2], [0, 1, 1, 2], weights="quadratic")
    assert near.value == pytest.approx(far.value)
    assert skipped.value > packed.value


def test_grades_that_never_vary_have_no_kappa_and_say_why():
    result = agreement([2, 2, 2], [2, 2, 2])
    assert result.proportion.value == 1.0
    assert result.kappa.value is None
    assert result.kappa.reason == "every grade is the same, so agreement beyond chance is not defined"


def test_full_agreement_has_a_kappa_of_one_and_no_interval():
    result = agreement([0, 1, 2, 4], [0, 1, 2, 4])
    for estimate in (result.kappa, result.weighted_kappa):
        assert (estimate.value, estimate.low, estimate.high) == (1.0, None, None)
        assert estimate.low_reason == "its large-sample variance is 0, so the interval has no width"


def test_one_who_always_gives_the_same_grade_agrees_no_more_than_chance():
    estimate = kappa([1, 1, 1, 1], [0, 1, 2, 1])
    assert (estimate.value, estimate.low) == (0.0, None)


def test_assessments_without_both_grades_are_left_out_and_counted():
    result = agreement([0, 1, None, 3], [0, None, 2, 3])
    assert (result.n, result.missing, result.agree) == (2, 2, 2)


def test_no_assessment_gives_reasons_and_no_number():
    result = agreement([], [])
    assert (result.n, result.proportion.value, result.kappa.value) == (0, None, None)
    assert result.kappa.reason == "there is no assessment with both grades"


def test_grades_that_are_no_pairs_are_refused():
    with pytest.raises(StudyError, match="2 and 1 values cannot be pairs"):
        agreement([1, 2], [1])


@given(grades, st.randoms(use_true_random=False))
def test_kappa_is_the_same_both_ways_round_and_in_any_order(pairs, random):
    one, other = (np.array(side) for side in zip(*pairs, strict=True))
    shuffled = pairs.copy()
    random.shuffle(shuffled)
    for weights in ("unweighted", "quadratic"):
        estimate = kappa(one, other, weights=weights)
        turned = kappa(other, one, weights=weights)
        assert estimate.value == pytest.approx(turned.value) if estimate.value is not None else turned.value is None
        again = kappa(*(np.array(side) for side in zip(*shuffled, strict=True)), weights=weights)
        assert again == estimate


@given(grades)
def test_kappa_is_at_most_the_share_of_equal_grades(pairs):
    one, other = (np.array(side) for side in zip(*pairs, strict=True))
    result = agreement(one, other)
    if result.kappa.value is not None:
        assert result.kappa.value <= result.proportion.value + 1e-12
        assert result.weighted_kappa.value <= 1
