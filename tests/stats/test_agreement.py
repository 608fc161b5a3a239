from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.agreement import CrossTable, agreement, cross_table, kappa
from icans.stats.proportions import clopper_pearson

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "agreement.json").read_text())["cases"]

WEIGHTS = ("unweighted", "linear", "quadratic")

SHARE = 1e-12  # a closed formula
SLOPE = 1e-7  # R's standard error comes from a numerical gradient

grades = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)


def of(case):
    return cross_table(case["one"], case["other"])


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_kappa_and_its_standard_error_agree_with_r(case, weights):
    estimate = kappa(of(case), weights=weights)
    expected = case[weights]
    assert estimate.value == pytest.approx(expected["value"], rel=SHARE)
    error = (estimate.value - estimate.low) / 1.959963984540054
    assert error == pytest.approx(expected["std_error"], rel=SLOPE)
    assert estimate.high == pytest.approx(min(estimate.value + 1.959963984540054 * error, 1))


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_weighted_kappa_agrees_with_vcd(case, weights):
    estimate = kappa(of(case), weights=weights)
    assert estimate.value == pytest.approx(case["vcd"][weights]["value"], rel=SHARE)
    error = (estimate.value - estimate.low) / 1.959963984540054
    assert error == pytest.approx(case["vcd"][weights]["std_error"], rel=1e-9)


def test_the_skin_condition_study_has_the_interval_that_sas_prints():
    (case,) = [case for case in CASES if case["name"].startswith("skin condition")]
    estimate = kappa(of(case))
    assert [round(number, 4) for number in (estimate.value, estimate.low, estimate.high)] == [0.3449, 0.2030, 0.4868]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_equal_grades_are_counted_with_an_exact_interval(case):
    result = agreement(of(case))
    assert (result.agree, result.n) == (case["agree"], len(case["one"]))
    assert result.proportion == clopper_pearson(case["agree"], len(case["one"]))


def test_a_grade_nobody_gave_is_still_a_step():
    near, far = (
        kappa(cross_table([0, 0, 1, 1], [0, 1, 1, 1]), weights="quadratic"),
        kappa(cross_table([0, 0, 4, 4], [0, 4, 4, 4])),
    )
    skipped = kappa(cross_table([0, 0, 1, 4], [0, 1, 1, 4]), weights="quadratic")
    packed = kappa(cross_table([0, 0, 1, 2], [0, 1, 1, 2]), weights="quadratic")
    assert near.value == pytest.approx(far.value)
    assert skipped.value > packed.value


def test_grades_that_never_vary_have_no_kappa_and_say_why():
    result = agreement(cross_table([2, 2, 2], [2, 2, 2]))
    assert result.proportion.value == 1.0
    assert result.kappa.value is None
    assert result.kappa.reason == "every grade is the same, so agreement beyond chance is not defined"


def test_full_agreement_has_a_kappa_of_one_and_no_interval():
    result = agreement(cross_table([0, 1, 2, 4], [0, 1, 2, 4]))
    for estimate in (result.kappa, result.linear_kappa, result.quadratic_kappa):
        assert (estimate.value, estimate.low, estimate.high) == (1.0, None, None)
        assert estimate.low_reason == "its large-sample variance is 0, so the interval has no width"


def test_one_who_always_gives_the_same_grade_agrees_no_more_than_chance():
    estimate = kappa(cross_table([1, 1, 1, 1], [0, 1, 2, 1]))
    assert (estimate.value, estimate.low) == (0.0, None)


def test_assessments_without_both_grades_are_left_out_and_counted():
    result = agreement(cross_table([0, 1, None, 3], [0, None, 2, 3]))
    assert (result.n, result.missing, result.agree) == (2, 2, 2)


def test_no_assessment_gives_reasons_and_no_number():
    result = agreement(cross_table([], []))
    assert (result.n, result.proportion.value, result.kappa.value) == (0, None, None)
    assert result.kappa.reason == "nothing has both grades"


def test_grades_that_are_no_pairs_are_refused():
    with pytest.raises(StudyError, match="2 and 1 values cannot be pairs"):
        agreement(cross_table([1, 2], [1]))


@given(grades)
def test_counts_of_pairs_say_the_same_as_the_pairs(pairs):
    one, other = (np.array(side) for side in zip(*pairs, strict=True))
    different, times = np.unique(np.array(pairs), axis=0, return_counts=True)
    assert agreement(cross_table(different[:, 0], different[:, 1], times)) == agreement(cross_table(one, other))


def test_millions_are_a_small_table():
    table = CrossTable(np.array([0.0, 1.0]), np.array([[2e9, 5e8], [1e9, 1.5e9]]))
    assert agreement(table).n == 5_000_000_000
    assert kappa(table).value == pytest.approx(kappa(cross_table([0, 0, 1, 1], [0, 1, 0, 1], [20, 5, 10, 15])).value)


@given(grades, st.randoms(use_true_random=False))
def test_kappa_is_the_same_both_ways_round_and_in_any_order(pairs, random):
    one, other = (np.array(side) for side in zip(*pairs, strict=True))
    shuffled = pairs.copy()
    random.shuffle(shuffled)
    for weights in WEIGHTS:
        estimate = kappa(cross_table(one, other), weights=weights)
        turned = kappa(cross_table(other, one), weights=weights)
        assert estimate.value == pytest.approx(turned.value) if estimate.value is not None else turned.value is None
        again = kappa(cross_table(*(np.array(side) for side in zip(*shuffled, strict=True))), weights=weights)
        assert again == estimate


@given(grades)
def test_kappa_is_at_most_the_share_of_equal_grades(pairs):
    one, other = (np.array(side) for side in zip(*pairs, strict=True))
    result = agreement(cross_table(one, other))
    if result.kappa.value is not None:
        assert result.kappa.value <= result.proportion.value + 1e-12
        assert result.linear_kappa.value <= 1
        assert result.quadratic_kappa.value <= 1
