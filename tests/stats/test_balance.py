from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.balance import binary_difference, categorical_difference, numeric_difference

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "balance.json").read_text())["cases"]
BY_KIND = {"numeric": numeric_difference, "binary": binary_difference, "categorical": categorical_difference}
NAN = float("nan")

SUMMED = 1e-11  # sums of a few hundred products, and one solved matrix

codes = st.lists(st.integers(0, 3), min_size=2, max_size=20)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_standardised_differences_agree_with_r(case):
    difference = BY_KIND[case["kind"]]
    plain = difference(case["group"], case["reference"])
    weighted = difference(
        case["group"], case["reference"], weights=case["weights"], reference_weights=case["reference_weights"]
    )
    assert plain.value == pytest.approx(case["plain"], rel=SUMMED)
    assert weighted.value == pytest.approx(case["weighted"], rel=SUMMED)
    assert plain.n == len(case["group"]) + len(case["reference"])
    assert "weighted" in weighted.method
    assert "weighted" not in plain.method


@pytest.mark.parametrize("difference", BY_KIND.values())
def test_an_empty_group_has_no_difference_and_says_which(difference):
    assert difference([], [0, 1]).reason == "the group has no value"
    assert difference([0, 1], [NAN]).reason == "the reference group has no value"
    assert difference([0, 1], [1, 1], reference_weights=[0, 0]).reason == "the reference group has no value"


@pytest.mark.parametrize("difference", BY_KIND.values())
def test_one_value_for_everybody_has_no_difference_and_says_why(difference):
    result = difference([1, 1], [1, 1, 1])
    assert (result.value, result.n, result.reason) == (None, 5, "every patient has the same value")


def test_groups_that_do_not_vary_but_differ_have_no_spread_to_measure_by():
    for difference in BY_KIND.values():
        assert difference([1, 1], [0, 0]).reason.startswith("neither group varies")
    assert categorical_difference([0, 1], [2, 3]).reason == "the groups share no category"


def test_a_group_of_one_has_a_share_but_no_standard_deviation():
    assert numeric_difference([3], [1, 2]).reason == "the group has one value and so no standard deviation"
    assert binary_difference([1], [0, 1]).value == pytest.approx(0.5 / np.sqrt(0.125))


def test_two_categories_measure_as_a_share_does():
    group, reference = [1, 1, 0, 1, NAN], [0, 0, 1, 0, 0]
    assert categorical_difference(group, reference).value == pytest.approx(binary_difference(group, reference).value)
    assert binary_difference(reference, group).value == pytest.approx(-binary_difference(group, reference).value)


def test_what_cannot_be_meant_is_refused_in_a_sentence():
    with pytest.raises(StudyError, match="group: a value is neither 0 nor 1"):
        binary_difference([0, 2], [0, 1])
    with pytest.raises(StudyError, match="reference: a weight is missing or negative"):
        numeric_difference([0, 2], [0, 1], reference_weights=[1, NAN])
    with pytest.raises(StudyError, match="2 and 1 values cannot be pairs"):
        numeric_difference([0, 2], [0, 1], weights=[1])


@given(codes, codes, st.integers(1, 5))
def test_a_weight_of_k_is_k_patients_where_shares_are_compared(group, reference, k):
    weighted = categorical_difference(group, reference, weights=[k] * (len(group) - 1) + [2 * k])
    repeated = categorical_difference(group[:-1] * k + group[-1:] * 2 * k, reference)
    assert weighted.reason == repeated.reason
    if weighted.value is not None:
        assert weighted.value == pytest.approx(repeated.value, rel=1e-9, abs=1e-12)


@given(codes, codes, st.permutations(range(4)))
def test_naming_categories_otherwise_changes_nothing(group, reference, names):
    one = categorical_difference(group, reference)
    other = categorical_difference([names[c] for c in group], [names[c] for c in reference])
    assert one.reason == other.reason
    if one.value is not None:
        assert one.value == pytest.approx(other.value, rel=1e-9, abs=1e-9)
