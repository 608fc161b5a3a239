from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.proportions import clopper_pearson, wilson

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "proportions.json").read_text())["cases"]

EXACT = 1e-11  # both invert the incomplete beta function iteratively; R stops near 1e-14
CLOSED = 1e-9  # a closed formula, but R's subtracts nearly equal numbers where almost nobody has the event

some = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_exact_and_wilson_intervals_agree_with_r(case):
    level = case["level"]
    exact = [clopper_pearson(*row, level=level) for row in zip(case["events"], case["n"], strict=True)]
    score = [wilson(*row, level=level) for row in zip(case["events"], case["n"], strict=True)]
    np.testing.assert_allclose([e.low for e in exact], case["exact_low"], rtol=EXACT, atol=0)
    np.testing.assert_allclose([e.high for e in exact], case["exact_high"], rtol=EXACT, atol=0)
    np.testing.assert_allclose([e.low for e in score], case["wilson_low"], rtol=CLOSED, atol=1e-15)
    np.testing.assert_allclose([e.high for e in score], case["wilson_high"], rtol=CLOSED, atol=1e-15)


def test_twelve_of_thirteen_has_the_published_interval():
    estimate = clopper_pearson(12, 13)
    assert (round(100 * estimate.low, 1), round(100 * estimate.high, 1)) == (64.0, 99.8)
    assert estimate.method == "proportion with Clopper-Pearson exact 95% interval"


@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_nobody_and_everybody_end_at_zero_and_one(interval):
    assert interval(0, 9).low == 0.0
    assert interval(9, 9).high == 1.0


@pytest.mark.parametrize("interval", [clopper_pearson, wilson])
def test_no_patient_has_no_proportion_and_says_why(interval):
    estimate = interval(0, 0)
    assert (estimate.value, estimate.low, estimate.high) == (None, None, None)
    assert estimate.reason == estimate.low_reason == estimate.high_reason == "there is no patient"


@pytest.mark.parametrize(("events", "n"), [(-1, 5), (6, 5), (1, -2)])
def test_impossible_counts_are_refused_in_a_sentence(events, n):
    with pytest.raises(StudyError, match=f"{events} of {n} patients cannot have the event"):
        clopper_pearson(events, n)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_outside_zero_to_one_is_refused(level):
    with pytest.raises(StudyError, match="between 0 and 1"):
        wilson(1, 2, level=level)


@given(some, st.sampled_from([0.8, 0.95, 0.99]))
def test_both_intervals_hold_the_proportion_and_lie_between_zero_and_one(row, level):
    for interval in (clopper_pearson, wilson):
        estimate = interval(*row, level=level)
        assert 0 <= estimate.low <= estimate.value + 1e-15
        assert estimate.value - 1e-15 <= estimate.high <= 1


@given(some)
def test_patients_without_the_event_mirror_those_with_it(row):
    events, n = row
    for interval in (clopper_pearson, wilson):
        one, other = interval(events, n), interval(n - events, n)
        assert one.low == pytest.approx(1 - other.high, rel=1e-9, abs=1e-12)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_one_more_event_moves_the_exact_interval_up(row):
    events, n = row
    fewer, more = clopper_pearson(events, n), clopper_pearson(events + 1, n)
    assert fewer.low < more.low
    assert fewer.high < more.high


@given(some, st.floats(0.001, 0.999))
def test_the_exact_interval_covers_at_least_its_level(row, truth):
    n = min(row[1], 40)
    events = np.arange(n + 1)
    estimates = [clopper_pearson(int(k), n) for k in events]
    covers = np.array([e.low <= truth <= e.high for e in estimates])
    weights = np.array([_binomial(int(k), n, truth) for k in events])
    assert weights[covers].sum() >= 0.95 - 1e-9


def _binomial(k: int, n: int, p: float) -> float:
    from math import comb

    return comb(n, k) * p**k * (1 - p) ** (n - k)
