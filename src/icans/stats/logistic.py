"""Logistic regression by maximum likelihood, and whether the data allow it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from icans.stats.arrays import Floats

MOST_STEPS = 25
"""Newton's method needs a handful; where a coefficient grows without end, each step adds 1 to the linear predictor."""
NOTHING = 1e-13
"""Share of the largest information below which a direction is told nothing; after `MOST_STEPS` without end it is
still above."""
CONVERGED = 1e-9
"""Largest last step of any coefficient, its column scaled to a standard deviation near 1."""
SAME_DEVIANCE = 1e-10
HALVINGS = 12
FARTHEST = 35.0
"""The linear predictor is kept within this: beyond it a probability is 0 or 1 to the last digit."""


@dataclass(frozen=True)
class LogisticFit:
    """A fitted logistic regression.

    Parameters
    ----------
    coefficients
        One for each column; None where there is no fit: `reason` says why.
    probability
        Fitted probability of each row.
    steps
        Steps of Newton's method taken.
    separated
        The likelihood has no maximum: some combination of the columns tells some rows apart without error, so that a
        coefficient grows without end. The probabilities are those to which the fit tends.
    reason
        Why there is no fit.
    """

    coefficients: Floats | None
    probability: Floats | None
    steps: int = 0
    separated: bool = False
    reason: str | None = None


def logistic(
    columns: Floats, outcome: Floats, *, weight: Floats | None = None, start: Floats | None = None
) -> LogisticFit:
    """Fit a logistic regression by iteratively reweighted least squares.

    No penalty is added. A column that tells nothing beyond the others gets the coefficient it started from.

    Parameters
    ----------
    columns
        A row an observation, a column a covariate, the constant included; scaled to standard deviations near 1.
    outcome
        0 or 1 for each row.
    weight
        How many times each row counts; None: once.
    start
        Coefficients to start from, if they fit better than zeros; None: zeros.

    Returns
    -------
    LogisticFit
        The same coefficients, to rounding, from any start.

    Notes
    -----
    McCullagh and Nelder 1989. R's glm stops when the deviance no longer changes and warns where it is separated; here
    the coefficients must no longer change, which tells a maximum from a limit (Albert and Anderson 1984,
    doi:10.1093/biomet/71.1.1).
    """
    counted = np.ones(outcome.size) if weight is None else weight
    total, ones = float(counted.sum()), float((counted * outcome).sum())
    if total == 0:
        return LogisticFit(None, None, reason="there is no observation")
    if ones in (0.0, total):
        return LogisticFit(None, None, reason="the outcome is the same for everyone")
    beta = np.zeros(columns.shape[1]) if start is None else start.copy()
    predictor, deviance = _at(columns, outcome, counted, beta)
    if start is not None and deviance > (from_zero := _at(columns, outcome, counted, 0 * beta))[1]:
        beta, (predictor, deviance) = 0 * beta, from_zero
    for step in range(1, MOST_STEPS + 1):
        probability = 1.0 / (1.0 + np.exp(-predictor))
        score = columns.T @ (counted * (outcome - probability))
        information = (columns * (counted * probability * (1.0 - probability))[:, None]).T @ columns
        change = np.linalg.lstsq(information, score, rcond=NOTHING)[0]
        before = deviance
        for _ in range(HALVINGS):
            predictor, deviance = _at(columns, outcome, counted, beta + change)
            if deviance <= before * (1 + SAME_DEVIANCE) + SAME_DEVIANCE:
                break
            change = change / 2
        beta = beta + change
        if float(np.abs(change).max()) < CONVERGED:
            return LogisticFit(beta, 1.0 / (1.0 + np.exp(-predictor)), step)
    return LogisticFit(beta, 1.0 / (1.0 + np.exp(-predictor)), MOST_STEPS, separated=True)


def redundant(columns: Floats) -> list[int]:
    """Find the columns that are combinations of those before them, such as a second constant.

    Parameters
    ----------
    columns
        A row an observation, a column a covariate.

    Returns
    -------
    list of int
        Positions of the columns that add nothing.
    """
    basis: list[Floats] = []
    found = []
    for number in range(columns.shape[1]):
        rest = columns[:, number].astype(np.float64)
        size = float(np.linalg.norm(rest))
        for _ in range(2):  # once more for what rounding left
            for known in basis:
                rest = rest - known * float(known @ rest)
        left = float(np.linalg.norm(rest))
        if left <= 1e-8 * size or left == 0:
            found.append(number)
        else:
            basis.append(rest / left)
    return found


def _at(columns: Floats, outcome: Floats, weight: Floats, beta: Floats) -> tuple[Floats, float]:
    """Give the linear predictor and the deviance."""
    predictor = np.clip(columns @ beta, -FARTHEST, FARTHEST)
    loss = np.logaddexp(0.0, predictor) - outcome * predictor
    return predictor, 2.0 * float(weight @ loss)
