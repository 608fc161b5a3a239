from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats import bayes
from icans.stats.bayes import JEFFREYS, UNIFORM, Beta, credible, densities, posterior, probability_above

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "bayes.json").read_text())["cases"]

EXACT = 1e-10  # both invert the incomplete beta function iteratively
SHORTEST = 1e-6  # the shortest interval is flat about its best tail, and R's root stops there
TINY = 1e-300  # tails below this are zero to R or to us

some = st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_posteriors_agree_with_r(case):
    prior = Beta(case["a"], case["b"])
    tailed = credible(case["events"], case["n"], prior)
    assert tailed.value == pytest.approx(case["mean"], rel=1e-14)
    assert [tailed.low, tailed.high] == pytest.approx(case["tailed"], rel=EXACT)
    for level, expected in ((0.95, case["shortest"]), (0.8, case["shortest_80"])):
        short = credible(case["events"], case["n"], prior, level=level, shape="highest-density")
        assert [short.low, short.high] == pytest.approx(expected, rel=SHORTEST, abs=1e-12)
    after = posterior(case["events"], case["n"], prior)
    above = [probability_above(after, rate) for rate in case["rates"]]
    np.testing.assert_allclose(above, case["above"], rtol=EXACT, atol=TINY)
    np.testing.assert_allclose(bayes._density(after, np.array(case["rates"])), case["density"], rtol=1e-9, atol=TINY)


def test_the_method_states_the_prior():
    assert credible(12, 13).method == (
        "posterior mean with equal-tailed 95% credible interval, uniform prior beta(1, 1)"
    )
    assert "Jeffreys prior beta(0.5, 0.5)" in credible(12, 13, JEFFREYS).method
    assert credible(12, 13, Beta(4, 6), shape="highest-density").method.endswith(
        "highest-density 95% credible interval, prior beta(4, 6)"
    )


def test_nobody_and_everybody_end_the_shortest_interval_at_zero_and_one():
    assert credible(0, 13, shape="highest-density").low == 0.0
    assert credible(13, 13, JEFFREYS, shape="highest-density").high == 1.0
    assert credible(0, 13).low > 0


def test_no_patient_has_no_result_however_much_was_believed_before():
    estimate = credible(0, 0, Beta(40, 60))
    assert (estimate.value, estimate.low, estimate.reason) == (None, None, "there is no patient")


def test_what_cannot_be_meant_is_refused_in_a_sentence():
    with pytest.raises(StudyError, match=r"beta\(0, 1\) is no distribution of a rate"):
        Beta(0, 1)
    with pytest.raises(StudyError, match="6 of 5 patients cannot have the event"):
        posterior(6, 5)
    with pytest.raises(StudyError, match="A natural rate of 40 was stated"):
        probability_above(UNIFORM, 40)
    with pytest.raises(StudyError, match="between 0 and 1"):
        credible(1, 2, level=95)


def test_a_uniform_prior_is_exceeded_as_often_as_not_at_one_half():
    assert probability_above(UNIFORM, 0.5) == 0.5
    assert (probability_above(UNIFORM, 0), probability_above(UNIFORM, 1)) == (1.0, 0.0)


@pytest.mark.parametrize(("events", "n"), [(12, 13), (0, 13), (600_000, 1_000_000)])
def test_densities_of_a_figure_enclose_an_area_of_one(events, n):
    curve = densities(JEFFREYS, posterior(events, n, JEFFREYS))
    assert np.isfinite(curve.prior).all()
    assert np.isfinite(curve.posterior).all()
    assert (np.diff(curve.rate) > 0).all()
    assert np.trapezoid(curve.posterior, curve.rate) == pytest.approx(1, abs=0.05)


@given(some, st.sampled_from([0.5, 0.8, 0.95]), st.sampled_from([UNIFORM, JEFFREYS, Beta(4, 6)]))
def test_the_shortest_interval_is_no_longer_than_the_equal_tailed_one_and_as_probable(row, level, prior):
    tailed = credible(*row, prior, level=level)
    short = credible(*row, prior, level=level, shape="highest-density")
    assert short.high - short.low <= tailed.high - tailed.low + 1e-9
    after = posterior(*row, prior)
    inside = probability_above(after, short.low) - probability_above(after, short.high)
    assert inside == pytest.approx(level, abs=1e-9)
