from __future__ import annotations

import json
from itertools import product
from math import comb
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.designs import Design, operating, simon, single_stage

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "designs.json").read_text())["cases"]
SMALL = [case for case in CASES if "optimal" in case]

CHANCE = 1e-11  # sums of a few hundred binomial chances

# Simon 1989, tables 1 and 2, alpha 0.05: power, rates, then r1/n1, r/n and the patients expected, optimal and minimax
PUBLISHED = [
    (0.8, 0.05, 0.25, (0, 9, 2, 17, 12.0), (0, 12, 2, 16, 13.8)),
    (0.8, 0.1, 0.3, (1, 10, 5, 29, 15.0), (1, 15, 5, 25, 19.5)),
    (0.8, 0.2, 0.4, (3, 13, 12, 43, 20.6), (4, 18, 10, 33, 22.3)),
    (0.8, 0.3, 0.5, (5, 15, 18, 46, 23.6), (6, 19, 16, 39, 25.7)),
    (0.8, 0.4, 0.6, (7, 16, 23, 46, 24.5), (17, 34, 20, 39, 34.4)),
    (0.8, 0.5, 0.7, (8, 15, 26, 43, 23.5), (12, 23, 23, 37, 27.7)),
    (0.8, 0.7, 0.9, (4, 6, 22, 27, 14.8), (19, 23, 21, 26, 23.2)),
    (0.9, 0.1, 0.3, (2, 18, 6, 35, 22.5), (2, 22, 6, 33, 26.2)),
    (0.9, 0.4, 0.6, (11, 25, 32, 66, 36.0), (12, 29, 27, 54, 38.1)),
    (0.8, 0.1, 0.25, (2, 18, 7, 43, 24.7), (2, 22, 7, 40, 28.8)),
    (0.8, 0.3, 0.45, (9, 27, 30, 81, 41.7), (16, 46, 25, 65, 49.6)),
]


def rates(case):
    return case["null_rate"], case["target_rate"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_smallest_single_stage_design_agrees_with_r(case):
    plan = single_stage(*rates(case), alpha=case["alpha"], power=case["power"])
    expected = case["single"]
    assert plan.design == Design(expected["n"], expected["successes"])
    assert plan.null.success == pytest.approx(expected["alpha"], rel=CHANCE)
    assert plan.target.success == pytest.approx(expected["power"], rel=CHANCE)
    assert (plan.null.early_stop, plan.null.expected_n) == (0.0, expected["n"])


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case["name"])
@pytest.mark.parametrize("criterion", ["optimal", "minimax"])
def test_simons_designs_agree_with_trying_every_design_in_r(case, criterion):
    plan = simon(*rates(case), criterion=criterion, alpha=case["alpha"], power=case["power"])
    expected = dict(case[criterion])
    assert plan.null.early_stop == pytest.approx(expected.pop("early_stop"), rel=CHANCE)
    assert plan.null.expected_n == pytest.approx(expected.pop("expected_n"), rel=CHANCE)
    assert plan.design == Design(**expected)


@pytest.mark.parametrize("row", PUBLISHED, ids=str)
def test_simons_published_designs_are_met(row):
    power, null_rate, target_rate, *designs = row
    for criterion, published in zip(("optimal", "minimax"), designs, strict=True):
        plan = simon(null_rate, target_rate, criterion=criterion, power=power)
        design = plan.design
        found = (design.first_stop, design.first_n, design.successes - 1, design.n, round(plan.null.expected_n, 1))
        assert found == published
        assert plan.null.success <= 0.05
        assert plan.target.success >= power
        assert plan.method == f"Simon's {criterion} two-stage design for alpha 0.05 and power {power:g}"


@given(st.integers(2, 9), st.data(), st.sampled_from([0.0, 0.2, 0.55, 1.0]))
def test_operating_characteristics_are_those_of_counting_every_course_of_the_trial(n, data, rate):
    first_n = data.draw(st.integers(0, n - 1))
    first_stop = data.draw(st.integers(0, first_n - 1)) if first_n else -1
    successes = data.draw(st.integers(1, n))
    success = stopped = 0.0
    for course in product((0, 1), repeat=n):
        chance = rate ** sum(course) * (1 - rate) ** (n - sum(course))
        goes_on = sum(course[:first_n]) > first_stop
        stopped += 0.0 if goes_on else chance
        success += chance if goes_on and sum(course) >= successes else 0.0
    result = operating(Design(n, successes, first_n, first_stop), rate)
    assert result.success == pytest.approx(success, abs=1e-12)
    assert result.early_stop == pytest.approx(stopped, abs=1e-12)
    assert result.expected_n == pytest.approx(n - stopped * (n - first_n), abs=1e-9)


def test_no_smaller_single_stage_design_would_do():
    plan = single_stage(0.3, 0.6)
    for n in range(1, plan.design.n):
        for successes in range(1, n + 1):
            chances = [sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(successes, n + 1)) for p in (0.3, 0.6)]
            assert chances[0] > 0.05 or chances[1] < 0.8


def test_a_design_reads_as_a_sentence():
    assert str(Design(19, 12)) == "12 or more events of 19"
    assert str(simon(0.1, 0.3).design) == "more than 1 of the first 10, then 6 or more events of 29"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0.7, 0.4), "A null rate of 0.7 and a target rate of 0.4 make no plan"),
        ((40, 70), "make no plan"),
        ((0.0, 0.3), "make no plan"),
    ],
)
def test_rates_that_make_no_plan_are_refused_in_a_sentence(arguments, sentence):
    for plan in (single_stage, simon):
        with pytest.raises(StudyError, match=sentence):
            plan(*arguments)


def test_other_numbers_that_make_no_plan_are_refused_in_a_sentence():
    with pytest.raises(StudyError, match=r"An alpha of 0.9 and a power of 0.8 make no plan"):
        simon(0.1, 0.3, alpha=0.9)
    with pytest.raises(StudyError, match=r"No trial of up to 1,000 patients tells a rate of 0.501 from 0.5"):
        single_stage(0.5, 0.501)
    with pytest.raises(StudyError, match="is no trial"):
        Design(10, 3, first_n=10)
    with pytest.raises(StudyError, match="A rate of 70 was given"):
        operating(Design(10, 3), 70)
