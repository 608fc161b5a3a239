"""Sites combined, against metafor."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from icans.errors import StudyError
from icans.stats.meta_analysis import from_logit, logit_proportions, meta_analysis, standard_error

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "meta_analysis.json").read_text())["cases"]

CLOSED = 1e-10  # sums of products, relative
ROOT = 1e-8  # metafor's variance of Paule and Mandel is a root, to 1e-15 of its bracket


def three(pooled):
    return [pooled.value, pooled.low, pooled.high]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_sites_are_combined_as_metafor_does(case):
    found = meta_analysis(case["effect"], case["variance"])
    for name in ("q", "q_p_value", "i2", "tau2_dl"):
        assert getattr(found, name) == pytest.approx(case[name], rel=CLOSED, abs=1e-9), name
    for name in ("fixed", "random_dl"):
        assert three(getattr(found, name)) == pytest.approx(case[name], rel=CLOSED, abs=1e-10), name
    assert three(found.random) == pytest.approx(case["random"], rel=ROOT, abs=1e-8)
    assert found.tau2 == pytest.approx(case["tau2"], rel=ROOT, abs=1e-10)
    assert found.fixed_weights == pytest.approx(case["fixed_weights"], rel=CLOSED)
    assert found.random_weights == pytest.approx(case["random_weights"], rel=1e-7)
    if len(case["effect"]) > 2:
        assert found.prediction == pytest.approx(case["prediction"], rel=ROOT, abs=1e-8)
    else:
        assert found.prediction is None


@pytest.mark.parametrize("case", [case for case in CASES if "n" in case], ids=lambda case: case["name"])
def test_proportions_are_on_the_logit_scale_of_metafor(case):
    values, variances = logit_proportions(case["events"], case["n"])
    assert values == pytest.approx(case["effect"], rel=1e-12)
    assert variances == pytest.approx(case["variance"], rel=1e-12)
    assert from_logit(values[0]) == pytest.approx(
        (case["events"][0] or 0.5) / (case["n"][0] + (0 if case["events"][0] else 1))
        if case["events"][0] != case["n"][0]
        else (case["n"][0] + 0.5) / (case["n"][0] + 1)
    )


def test_one_site_is_itself_and_says_nothing_of_heterogeneity():
    found = meta_analysis([0.5], [0.04])
    assert three(found.fixed) == three(found.random) == pytest.approx([0.5, 0.5 - 1.959964 * 0.2, 0.5 + 1.959964 * 0.2])
    assert (found.q, found.i2, found.tau2, found.prediction) == (None, None, None, None)


def test_a_standard_error_is_recovered_from_its_interval():
    assert standard_error(0.5 - 1.959963984540054 * 0.2, 0.5 + 1.959963984540054 * 0.2) == pytest.approx(0.2)


@pytest.mark.parametrize(("effect", "variance"), [([], []), ([1.0], [0.0]), ([1.0, np.inf], [1, 1]), ([1.0], [1, 1])])
def test_what_cannot_be_combined_is_refused(effect, variance):
    with pytest.raises(StudyError, match="combined"):
        meta_analysis(effect, variance)


def test_sites_in_another_order_give_the_same():
    one, other = meta_analysis([0.1, 0.7, 0.2], [0.1, 0.2, 0.3]), meta_analysis([0.2, 0.7, 0.1], [0.3, 0.2, 0.1])
    assert three(one.random) == pytest.approx(three(other.random), rel=1e-12)


def test_statsmodels_agrees_where_the_sites_differ():
    from statsmodels.stats.meta_analysis import combine_effects

    case = CASES[0]
    found, theirs = (
        meta_analysis(case["effect"], case["variance"]),
        combine_effects(np.array(case["effect"]), np.array(case["variance"]), method_re="dl"),
    )
    assert found.fixed.value == pytest.approx(theirs.mean_effect_fe, rel=1e-12)
    assert found.tau2_dl == pytest.approx(theirs.tau2, rel=1e-12)
    assert found.random_dl.value == pytest.approx(theirs.mean_effect_re, rel=1e-12)
    assert found.q == pytest.approx(theirs.q, rel=1e-12)
