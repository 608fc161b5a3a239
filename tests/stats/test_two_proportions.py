from __future__ import annotations

import json
from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.two_proportions import (
    Group,
    fisher,
    fisher_p_values,
    miettinen_nurminen,
    newcombe,
    newcombe_limits,
    risk_ratio,
)

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "two_proportions.json").read_text())["cases"]

CLOSED = 1e-10  # a closed formula of two Wilson intervals
ROOT = 1e-9  # R finds likeliest risks and limits as roots, to 1e-15 of the scale
EXACT = 1e-7  # R's hypergeometric chances, near 1e-12 except for two million patients

# Newcombe 1998, table II: contrasts (a) to (h), method 10 and, in the last two columns, method 5 but for (h)
PUBLISHED = [
    (Group(56, 70), Group(48, 80), 0.0524, 0.3339, 0.0528, 0.3382),
    (Group(9, 10), Group(3, 10), 0.1705, 0.8090, 0.1700, 0.8406),
    (Group(6, 7), Group(2, 7), 0.0582, 0.8062, 0.0342, 0.8534),
    (Group(5, 56), Group(0, 29), -0.0381, 0.1926, -0.0326, 0.1933),
    (Group(0, 10), Group(0, 20), -0.1611, 0.2775, -0.1658, 0.2844),
    (Group(0, 10), Group(0, 10), -0.2775, 0.2775, -0.2879, 0.2879),
    (Group(10, 10), Group(0, 20), 0.6791, 1.0, 0.7156, 1.0),
    (Group(10, 10), Group(0, 10), 0.6075, 1.0),
]

some = st.integers(1, 60).flatmap(lambda n: st.builds(Group, st.integers(0, n), st.just(n)))


def groups(case):
    return Group(case["events"], case["n"]), Group(case["reference_events"], case["reference_n"])


def limits(estimate):
    return np.array([estimate.low, estimate.high], dtype=float)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_risk_differences_and_ratios_agree_with_r(case):
    for interval, name, tolerance in (
        (newcombe, "newcombe", CLOSED),
        (miettinen_nurminen, "difference", ROOT),
        (risk_ratio, "ratio", ROOT),
    ):
        expected = np.array([case[f"{name}_low"], case[f"{name}_high"]], dtype=float)
        ours = interval(*groups(case))
        np.testing.assert_allclose(limits(ours), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_fishers_exact_test_agrees_with_r(case):
    assert fisher(*groups(case)).p_value == pytest.approx(case["fisher_p"], rel=EXACT)


@pytest.mark.parametrize("row", PUBLISHED, ids=str)
def test_newcombes_published_intervals_are_met(row):
    group, reference, *published = row
    hybrid, score = newcombe(group, reference), miettinen_nurminen(group, reference)
    ours = [round(value, 4) for value in (hybrid.low, hybrid.high, score.low, score.high)]
    assert ours[: len(published)] == published


def test_an_empty_group_has_no_effect_and_says_which():
    for interval in (newcombe, miettinen_nurminen, risk_ratio):
        estimate = interval(Group(0, 0), Group(1, 3))
        assert (estimate.value, estimate.low, estimate.high) == (None, None, None)
        assert estimate.reason == "the group has no patient"
    assert newcombe(Group(1, 3), Group(0, 0)).reason == "the reference group has no patient"
    test = fisher(Group(0, 0), Group(0, 0))
    assert (test.p_value, test.n, test.reason) == (None, 0, "neither group has a patient")


def test_a_ratio_to_no_event_keeps_its_lower_limit_and_says_why_the_rest_is_missing():
    estimate = risk_ratio(Group(5, 56), Group(0, 29))
    assert (estimate.value, round(estimate.low, 4), estimate.high) == (None, 0.7175, None)
    assert estimate.reason == estimate.high_reason
    assert "no upper bound" in estimate.reason
    assert estimate.low_reason is None


def test_a_group_without_events_has_a_ratio_of_zero_and_an_upper_limit():
    estimate = risk_ratio(Group(0, 5), Group(3, 9))
    assert (estimate.value, estimate.low, round(estimate.high, 4)) == (0.0, 0.0, 1.7963)


def test_no_event_at_all_has_a_difference_but_no_ratio():
    assert newcombe(Group(0, 5), Group(0, 9)).value == 0.0
    assert risk_ratio(Group(0, 5), Group(0, 9)).reason == "neither group has an event"
    assert fisher(Group(0, 5), Group(0, 9)).p_value == 1.0


def test_groups_of_one_have_wide_intervals():
    one, other = Group(1, 1), Group(0, 1)
    assert limits(miettinen_nurminen(one, other)) == pytest.approx([-0.5869, 1.0], abs=1e-4)
    assert fisher(one, other).p_value == 1.0


def test_impossible_counts_are_refused_in_a_sentence():
    with pytest.raises(StudyError, match="6 of 5 patients cannot have the event"):
        Group(6, 5)


def test_a_level_outside_zero_to_one_is_refused():
    for interval in (newcombe, miettinen_nurminen, risk_ratio):
        with pytest.raises(StudyError, match="between 0 and 1"):
            interval(Group(1, 2), Group(1, 2), level=95)


@given(some, some)
def test_swapping_the_groups_turns_differences_round_and_ratios_upside_down(group, reference):
    for interval in (newcombe, miettinen_nurminen):
        one, other = interval(group, reference), interval(reference, group)
        assert limits(one) == pytest.approx(-limits(other)[::-1], abs=1e-9)
    one, other = risk_ratio(group, reference), risk_ratio(reference, group)
    if one.value and other.value:
        assert limits(one) == pytest.approx(1 / limits(other)[::-1], rel=1e-9)
    assert fisher(group, reference).p_value == pytest.approx(fisher(reference, group).p_value, rel=1e-9)


@given(some, some, st.sampled_from([0.8, 0.95, 0.99]))
def test_intervals_hold_their_estimate_and_stay_in_range(group, reference, level):
    for interval in (newcombe, miettinen_nurminen):
        estimate = interval(group, reference, level=level)
        assert -1 - 1e-12 <= estimate.low <= estimate.value + 1e-12
        assert estimate.value - 1e-12 <= estimate.high <= 1 + 1e-12
    ratio = risk_ratio(group, reference, level=level)
    if ratio.value is not None:
        assert 0 <= ratio.low <= ratio.value * (1 + 1e-12)
        assert ratio.value * (1 - 1e-12) <= ratio.high


@given(some, some)
def test_fishers_p_value_is_that_of_counting_every_table(group, reference):
    events, patients = group.events + reference.events, group.n + reference.n
    ways = {
        k: comb(group.n, k) * comb(reference.n, events - k)
        for k in range(max(0, events - reference.n), min(group.n, events) + 1)
    }
    no_likelier = sum(count for count in ways.values() if count <= ways[group.events])
    assert fisher(group, reference).p_value == pytest.approx(no_likelier / comb(patients, events), rel=1e-11)


def test_many_tables_at_once_are_the_same_as_one_by_one():
    low, high = newcombe_limits(np.arange(6)[:, None], 5, np.arange(4)[None, :], 3)
    for k, j in np.ndindex(6, 4):
        one = newcombe(Group(k, 5), Group(j, 3))
        assert (low[k, j], high[k, j]) == (one.low, one.high)
    p_values, fewest = fisher_p_values(5, 3, 6)
    assert fewest == 3
    assert p_values.tolist() == [fisher(Group(k, 5), Group(6 - k, 3)).p_value for k in (3, 4, 5)]
