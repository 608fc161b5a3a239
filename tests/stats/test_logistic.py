from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from icans.stats.logistic import logistic, redundant

MAXIMUM = 1e-6  # a general optimiser stops before Newton's method does


def made(seed: int, n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    columns = np.column_stack([np.ones(n), chance.normal(size=(n, 3))])
    outcome = (chance.random(n) < 1 / (1 + np.exp(-columns @ [-0.5, 1.0, -0.7, 0.0]))).astype(float)
    return columns, outcome


@pytest.mark.parametrize("seed", range(3))
def test_the_coefficients_maximise_the_likelihood(seed):
    columns, outcome = made(seed)

    def loss(beta):
        return np.logaddexp(0, columns @ beta).sum() - outcome @ columns @ beta

    found = minimize(loss, np.zeros(4), method="BFGS", options={"gtol": 1e-9})
    fit = logistic(columns, outcome)
    np.testing.assert_allclose(fit.coefficients, found.x, atol=MAXIMUM)
    np.testing.assert_allclose(columns.T @ (outcome - fit.probability), 0, atol=1e-9)
    assert not fit.separated


def test_a_weight_counts_a_row_so_many_times():
    columns, outcome = made(5)
    weight = np.random.default_rng(1).integers(0, 4, outcome.size)
    repeated = logistic(np.repeat(columns, weight, axis=0), np.repeat(outcome, weight))
    np.testing.assert_allclose(
        logistic(columns, outcome, weight=weight.astype(float)).coefficients, repeated.coefficients, rtol=1e-9
    )


def test_where_it_starts_does_not_matter():
    columns, outcome = made(7)
    cold = logistic(columns, outcome)
    warm = logistic(columns, outcome, start=cold.coefficients + 0.3)
    far = logistic(columns, outcome, start=np.array([8.0, -9.0, 7.0, 5.0]))
    np.testing.assert_allclose(warm.coefficients, cold.coefficients, rtol=1e-9)
    np.testing.assert_allclose(far.coefficients, cold.coefficients, rtol=1e-9)
    assert logistic(columns, outcome, start=cold.coefficients).steps == 1


@pytest.mark.parametrize("overlap", [False, True], ids=["complete", "quasi-complete"])
def test_separation_is_found(overlap):
    x = np.repeat([0.0, 1.0, 2.0], 20)
    outcome = (x > 1).astype(float)
    if overlap:
        outcome[20:30] = 1
    fit = logistic(np.column_stack([np.ones(60), x]), outcome)
    assert fit.separated
    assert fit.probability[0] < 1e-6
    assert fit.probability[-1] > 1 - 1e-6


def test_an_outcome_that_never_varies_has_no_fit():
    assert logistic(np.ones((4, 1)), np.ones(4)).reason == "the outcome is the same for everyone"
    assert logistic(np.ones((4, 1)), np.zeros(4)).coefficients is None
    assert logistic(np.ones((0, 1)), np.zeros(0)).reason == "there is no observation"


def test_columns_that_add_nothing_are_found_in_order():
    x = np.random.default_rng(3).normal(size=50)
    columns = np.column_stack([np.ones(50), x, np.full(50, 3.0), x**2, 2 * x - 1, np.zeros(50)])
    assert redundant(columns) == [2, 4, 5]


def test_a_column_that_adds_nothing_keeps_its_start_and_changes_no_probability():
    columns, outcome = made(2)
    twice = np.column_stack([columns, np.zeros(outcome.size)])
    fit = logistic(twice, outcome, start=np.append(logistic(columns, outcome).coefficients, 1.5))
    assert fit.coefficients[-1] == 1.5
    np.testing.assert_allclose(fit.probability, logistic(columns, outcome).probability, rtol=1e-9)
