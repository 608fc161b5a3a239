from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.multi_state import (
    bootstrapped,
    dependence,
    fitted,
    occupation,
    posterior,
    reached,
    tallied,
    transitions,
)

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "multi_state.json").read_text())["cases"]
SHARE = 1e-14  # a quotient of counts
PRODUCT = 1e-12  # sums of products of up to eight matrices, in another order
GAIN = 1e-9  # loglm fits by iteration

courses = st.lists(st.text("01234", min_size=1, max_size=9), min_size=1, max_size=8)


def steps_of(*rows: str, carry: int = 0, begin: int = 1, absorbing: int = 5):
    """Take courses written as strings, a character a day, a dot where nothing is known, to steps."""
    days = [
        (number, day, int(mark)) for number, row in enumerate(rows) for day, mark in enumerate(row) if mark not in ". "
    ]
    columns = np.array(days, dtype=np.int64).reshape(-1, 3).T
    return transitions(*columns, absorbing=absorbing, carry=carry, begin=begin)


def pairs(steps):
    return [f"{a}{b}" for a, b in zip(steps.origin, steps.destination, strict=True)]


def of_case(case):
    states = len(case["counts"])
    _, number = np.unique(case["id"], return_inverse=True)
    return transitions(number, case["step"], case["state"], absorbing=states, carry=0, begin=0), states


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_counts_and_probabilities_agree_with_msm_and_powers_with_expm(case):
    steps, states = of_case(case)
    counts = tallied(steps, states=states)[0]
    assert counts[0].tolist() == case["counts"]
    chain = fitted(counts)
    np.testing.assert_allclose(chain.probabilities[0], case["probabilities"], rtol=SHARE)
    np.testing.assert_allclose(fitted(counts, smoothing=1).probabilities[0], case["smoothed"], rtol=SHARE)
    for start in range(states):
        expected = [power[start] for power in case["occupation"]]
        np.testing.assert_allclose(occupation(chain, start, 0, case["days"]), expected, rtol=PRODUCT, atol=1e-15)
        for passage in case["passages"]:
            found, lost = reached(chain, start, 0, case["days"], line=passage["line"])
            np.testing.assert_allclose(found, [row[start] for row in passage["reached"]], rtol=PRODUCT)
            assert not lost.any()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_band_for_every_day_is_the_empirical_product_of_etm(case):
    steps, states = of_case(case)
    bands = range(1, int(steps.since.max()) + 1)
    chain = fitted(tallied(steps, states=states, bands=bands)[0], bands=bands)
    for start in np.flatnonzero(chain.probabilities[0, :states].any(axis=1)):
        product = occupation(chain, start, 0, case["days"])[-1]
        np.testing.assert_allclose(product, case["day_by_day"][start], rtol=PRODUCT, atol=1e-15)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_dependence_agrees_with_loglm_and_its_p_with_the_chi_squared_one_where_counts_are_large(case):
    steps, states = of_case(case)
    groups = {"before": steps.before, "early": (steps.since >= 3).astype(int)}
    for name, group in groups.items():
        test = dependence(steps, group, states=states, what=name, samples=200, rng=np.random.default_rng(1))
        assert test.statistic == pytest.approx(case["dependence"][name]["statistic"], rel=GAIN)
        assert test.df == case["dependence"][name]["df"]
        if case["name"] == "heart transplants":  # chi-squared p: 3e-9 and 0.007
            assert test.p_value == pytest.approx(1 / 201 if name == "before" else 0.007, abs=0.01)


@given(courses, st.integers(0, 8))
def test_first_passage_is_the_sum_over_its_days(rows, days):
    chain = fitted(tallied(steps_of(*rows), states=5)[0], smoothing=1)
    line = (0, 1)
    found, _ = reached(chain, 3, 0, days, line=line)
    # Another way: on which day the line is first met, from the day before, never through the line.
    step = chain.probabilities[0]
    above = [state for state in range(6) if state not in line]
    first = step[:, line].sum(axis=1)
    total, expected = 0.0, [0.0]
    for _ in range(days):
        total += first[3]
        expected.append(total)
        first = step[:, above] @ first[above]
    np.testing.assert_allclose(found, expected, atol=1e-13)


def test_first_passage_is_what_simulated_patients_do():
    chain = fitted(tallied(steps_of("1232110", "2343210", "335", "110", "2100", "43321"), states=5)[0], smoothing=1)
    rng, size, days = np.random.default_rng(7), 40_000, 5
    place = np.full(size, 3)
    done = np.zeros(size, dtype=bool)
    share = [0.0]
    cumulative = chain.probabilities[0].cumsum(axis=1)
    for _ in range(days):
        place = (rng.random(size)[:, None] > cumulative[place]).sum(axis=1)
        done |= place <= 1
        share.append(done.mean())
    found, _ = reached(chain, 3, 0, days, line=(0, 1))
    np.testing.assert_allclose(share, found, atol=4 * 0.5 / np.sqrt(size))  # four standard errors


def test_a_course_begins_with_toxicity():
    assert pairs(steps_of("0012")) == ["12"]
    assert pairs(steps_of("0000", "2")) == []


def test_a_short_gap_is_bridged_and_a_long_one_ends_the_course():
    assert pairs(steps_of("3.1", carry=1)) == ["33", "31"]
    assert pairs(steps_of("32..12", carry=1)) == ["32"]
    assert pairs(steps_of("32..12", carry=2)) == ["32", "22", "22", "21", "12"]
    steps = steps_of("32..12", "1.1", "1..", carry=1)
    assert (steps.bridged, steps.cut) == (1, 1)


def test_a_gap_before_toxicity_ends_nothing():
    assert pairs(steps_of("0....12", carry=0)) == ["12"]


def test_death_ends_the_course():
    assert pairs(steps_of("345")) == ["34", "45"]
    assert pairs(steps_of("35311")) == ["35"]
    assert pairs(steps_of("3...5", carry=1)) == []


def test_the_day_before_and_the_days_since_onset_are_known_across_a_bridged_gap():
    steps = steps_of("012.34", carry=1)
    assert steps.since.tolist() == [0, 1, 2, 3]
    assert steps.before.tolist() == [-1, 1, 2, 2]
    assert steps_of("12", "34").before.tolist() == [-1, -1]


def test_the_order_of_the_days_does_not_matter():
    columns = np.array([(0, 0, 1), (0, 1, 2), (0, 2, 1), (1, 4, 3), (1, 5, 2)]).T
    one, other = (
        transitions(*columns[:, order], absorbing=5, carry=0) for order in (slice(None), slice(None, None, -1))
    )
    assert pairs(one) == pairs(other) == ["12", "21", "32"]


def test_two_states_on_a_day_and_a_state_that_does_not_exist_are_refused():
    with pytest.raises(StudyError, match="two states on one day"):
        transitions([0, 0], [1, 1], [2, 3], absorbing=5, carry=0)
    with pytest.raises(StudyError, match="none of 0 to 5"):
        transitions([0], [1], [6], absorbing=5, carry=0)


def test_a_state_never_left_loses_whoever_comes_there_unless_days_are_imagined():
    counts = tallied(steps_of("334", "331"), states=5)[0]
    found, lost = reached(fitted(counts), 3, 0, 2, line=(0, 1))
    # From grade 3: 2 of 4 stay, 1 goes to grade 4, from where nothing is known, 1 to the line.
    assert found.tolist() == [0, 0.25, 0.375]
    assert lost.tolist() == [0, 0, 0.25]
    assert not reached(fitted(counts, smoothing=1), 3, 0, 2, line=(0, 1))[1].any()


def test_nobody_is_imagined_to_die_where_nobody_was_seen_to():
    alive, dead = (fitted(tallied(steps_of(row), states=5)[0], smoothing=1) for row in ("3321", "3325"))
    assert not alive.probabilities[0][:5, 5].any()
    assert (dead.probabilities[0][:5, 5] > 0).all()


def test_no_day_leads_nowhere():
    counts = tallied(steps_of("0000"), states=5)[0]
    assert not counts.any()
    assert reached(fitted(counts), 3, 0, 0, line=(0, 1))[0].tolist() == [0]
    assert reached(fitted(counts), 3, 0, 1, line=(0, 1))[1].tolist() == [0, 1]
    nothing = dependence(steps_of("0"), [], states=5, what="it", samples=10, rng=np.random.default_rng(1))
    assert (nothing.statistic, nothing.reason) == (None, "there is no step to test")


def test_one_patient_has_no_spread_over_patients_but_one_over_days():
    own = np.random.default_rng(1)
    steps = steps_of("3321")
    tallies = tallied(steps, states=5, cluster=[0])
    drawn = bootstrapped(tallies, bands=(), smoothing=1, samples=50, rng=own)
    assert np.ptp(reached(drawn, 3, 0, 3, line=(0, 1))[0][:, -1]) < 1e-12
    days = posterior(tallies[0], bands=(), smoothing=1, samples=50, rng=own)
    assert np.ptp(reached(days, 3, 0, 3, line=(0, 1))[0][:, -1]) > 0.1


def test_samples_of_the_model_lie_around_it_as_the_binomial_says():
    steps = steps_of(*["31"] * 60, *["33"] * 40)
    tallies = tallied(steps, states=5, cluster=np.arange(100))
    rng = np.random.default_rng(5)
    for drawn in (
        bootstrapped(tallies, bands=(), smoothing=0, samples=4000, rng=rng),
        posterior(tallies.sum(axis=0), bands=(), smoothing=0, samples=4000, rng=rng),
    ):
        share = reached(drawn, 3, 0, 1, line=(0, 1))[0][:, 1]
        assert share.mean() == pytest.approx(0.6, abs=0.004)
        assert share.std() == pytest.approx(np.sqrt(0.6 * 0.4 / 100), rel=0.05)


def test_bands_part_the_days_since_onset():
    steps = steps_of("3331", "3331")
    counts = tallied(steps, states=5, bands=(2,))[0]
    chain = fitted(counts, bands=(2,))
    assert reached(chain, 3, 0, 3, line=(1,))[0].tolist() == [0, 0, 0, 1]
    assert reached(chain, 3, 2, 1, line=(1,))[0].tolist() == [0, 1]
