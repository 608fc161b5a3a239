"""icans power: exact chances by brute force, the pipeline's simulation beside them, and what a wrong call says."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from math import comb
from pathlib import Path

import numpy as np
import pytest

from icans.errors import CallError
from icans.power.answer import answer
from icans.power.asked import Asked, asked
from icans.power.cohorts import Calibration, outcomes, trial_parameters
from icans.power.exact import (
    fewest_an_arm,
    fisher_positive,
    score_positive,
    single_arm_chance,
    threshold,
    two_arm_chance,
)
from icans.power.simulated import single_arm
from icans.power.summary import summary
from icans.simulate.parameters import Parameters
from icans.stats.two_proportions import Group, fisher, miettinen_nurminen

NOTHING = {
    "null": None,
    "alternative": None,
    "control": None,
    "treated": None,
    "endpoint": "remission",
    "alpha": 0.05,
    "power": 0.8,
    "patients": None,
    "replicates": 0,
    "seed": 1,
    "parameters": None,
}


def binomial(events: int, n: int, rate: float) -> float:
    return comb(n, events) * rate**events * (1 - rate) ** (n - events)


def test_the_tables_called_different_are_those_of_fisher_and_of_the_interval() -> None:
    for n in (3, 8, 13):
        by_test, by_interval = fisher_positive(n, 0.05), score_positive(n, 0.05)
        for treated in range(n + 1):
            for control in range(n + 1):
                groups = Group(treated, n), Group(control, n)
                assert by_test[treated, control] == (fisher(*groups).p_value <= 0.05)
                interval = miettinen_nurminen(*groups)
                assert by_interval[treated, control] == (not interval.low <= 0 <= interval.high)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.4, 0.95])
@pytest.mark.parametrize(("n", "null"), [(12, 0.6), (25, 0.4), (45, 0.21)])
def test_one_arm_is_positive_from_the_fewest_remissions_that_alpha_allows(n: int, null: float, alpha: float) -> None:
    reached = {least: sum(binomial(k, n, null) for k in range(least, n + 1)) for least in range(1, n + 1)}
    found = threshold(n, null, alpha)
    assert found is not None
    assert found.successes == min(least for least, chance in reached.items() if chance <= alpha)


def test_the_chance_of_two_arms_is_the_sum_over_all_tables() -> None:
    n, control, treated = 9, 0.3, 0.8
    positive = fisher_positive(n, 0.05)
    by_hand = sum(
        binomial(one, n, treated) * binomial(other, n, control)
        for one in range(n + 1)
        for other in range(n + 1)
        if positive[one, other]
    )
    assert two_arm_chance(positive, control, treated).power == pytest.approx(by_hand, rel=1e-12)


def test_the_fewest_patients_an_arm_have_the_power_and_one_fewer_do_not() -> None:
    n = fewest_an_arm(0.3, 0.9, alpha=0.05, power=0.8)
    chances = [two_arm_chance(fisher_positive(size, 0.05), 0.3, 0.9).power for size in range(2, n + 1)]
    assert chances[-1] >= 0.8
    assert max(chances[:-1]) < 0.8


def test_simulated_trials_agree_with_the_exact_chances_within_monte_carlo_error() -> None:
    base = trial_parameters(Parameters())
    truth = Calibration(base, 3, lambda _: None, pilot=4000).for_rate(0.8)
    cohort = outcomes(truth, 6000, 4)
    replicates, n = cohort.size // 13, 13
    (share,) = single_arm(cohort, [n], replicates=replicates, null=0.5, alpha=0.05)
    assert cohort.rate == pytest.approx(0.8, abs=0.025)
    exact = single_arm_chance(n, 0.5, cohort.rate, 0.05).power
    assert abs(share.value - exact) < 4 * share.error


def test_median_times_are_those_that_were_asked_for() -> None:
    base = trial_parameters(Parameters())
    slow, fast = Calibration(base, 5, lambda _: None, pilot=2000).for_medians(4.0, 2.5)
    assert outcomes(slow, 2000, 6).median_days == pytest.approx(4.0, rel=0.08)
    assert outcomes(fast, 2000, 6).median_days == pytest.approx(2.5, rel=0.08)


def test_a_rate_beyond_what_deaths_allow_is_refused() -> None:
    dying = replace(trial_parameters(Parameters()), os_median_months=0.5)
    with pytest.raises(CallError, match="where everybody recovers"):
        Calibration(dying, 1, lambda _: None, pilot=500).for_rate(0.95)


def test_a_seed_gives_the_same_patients_whatever_came_before() -> None:
    truth = trial_parameters(Parameters())
    one, other = outcomes(truth, 300, 8), outcomes(truth, 200, 8)
    assert np.array_equal(one.remission[: other.size], other.remission)
    assert np.array_equal(one.days[: other.size], other.days)


def test_the_answer_says_what_was_simulated() -> None:
    question = Asked("single-arm", 0.4, 0.9, patients=7, replicates=100, seed=2)
    one = answer(question, lambda _: None)
    lines = "\n".join(summary(one))
    assert "Single arm, 7 patients: positive with 6 or more in remission." in lines
    assert "Simulated: 100 trials each, seed 2" in lines
    found = {(row.level, row.statistic): row for row in one.rows if row.variable == "single_arm"}
    simulated = found["7 patients", "simulated_power"]
    assert simulated.n == 100
    assert found["7 patients", "simulated_power_error"].value == pytest.approx(
        100 * np.sqrt(simulated.value / 100 * (1 - simulated.value / 100) / 100)
    )


@pytest.mark.parametrize(
    ("design", "changed", "said"),
    [
        ("single-arm", {"null": 0.6, "alternative": 0.6}, "no trial can tell a rate from itself"),
        ("single-arm", {"null": 0.6, "alternative": 90}, "Write 0.9 for 90%."),
        ("single-arm", {"null": 0.9, "alternative": 0.6}, "should be above --null"),
        ("single-arm", {"null": 0.6}, "--design single-arm needs --null and --alternative."),
        ("single-arm", {"null": 0.6, "treated": 0.9}, "takes --null and --alternative alone"),
        ("single-arm", {"null": 0.6, "alternative": 0.9, "endpoint": "time"}, "compared between two arms"),
        ("simon", {"null": 0.6, "alternative": 0.9, "patients": 20}, "its patients cannot be given"),
        ("two-arm", {"control": 5, "treated": 3, "endpoint": "time"}, "Leave out --replicates 0."),
        ("two-arm", {"control": 3, "treated": 5, "endpoint": "time", "replicates": 200}, "should be below --control"),
        ("two-arms", {}, "Did you mean two-arm?"),
        ("single-arm", {"null": 0.6, "alternative": 0.9, "alpha": 0.9}, "should be above --alpha"),
        ("single-arm", {"null": 0.6, "alternative": 0.9, "replicates": 5}, "--replicates is 0, or between"),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(design: str, changed: dict[str, object], said: str) -> None:
    with pytest.raises(CallError) as refusal:
        asked(design, **(NOTHING | changed))  # type: ignore[arg-type]
    assert said in str(refusal.value)


def test_the_command_prints_and_writes_results_figure_and_page(tmp_path: Path) -> None:
    words = ["power", "--design", "simon", "--null", "0.1", "--alternative", "0.3", "--replicates", "0"]
    command = [sys.executable, "-c", "from icans.cli import main; main()", *words, "--out", str(tmp_path / "out")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    printed = " ".join(ran.stdout.split())
    assert "ends after 10 where 1 or fewer of them are in remission" in printed
    assert "no design is recommended" in printed
    rows = json.loads((tmp_path / "out" / "results.json").read_text())
    stated = {(row["variable"], row["statistic"]): row["value"] for row in rows if row["level"] is None}
    assert (stated["simon_optimal", "n"], stated["simon_optimal", "successes"]) == (29, 6)
    assert (stated["simon_minimax", "n"], stated["simon_minimax", "first_n"]) == (25, 15)  # Simon 1989, table 1
    assert "<svg" in (tmp_path / "out" / "power.html").read_text()
    assert (tmp_path / "out" / "figures" / "power.png").stat().st_size > 5000
