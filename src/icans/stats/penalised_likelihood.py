"""Cox's partial likelihood with Firth's penalty: its maximum, and where its profiles fall to a given height."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from icans.stats.arrays import Floats
from icans.stats.cox import HALVINGS, ROUNDING, inverse
from icans.stats.partial_likelihood import AtRisk, Evaluation, evaluate, exposure

CLOSE = 1e-22
"""Gain of penalised likelihood that a step promises below which it is at its maximum."""

DIFFERENCE = 1e-5
"""Difference of coefficients, in units of one over a standard deviation, by which the curvature is taken."""

LIMIT = 1e-11
"""Distance of the signed root of the likelihood from where it should be at which a limit is found."""

ITERATIONS = 60
"""Steps after which the climb is given up."""

LIMIT_STEPS = 60
"""Steps after which the search for a limit is given up."""


@dataclass(frozen=True)
class Penalised:
    """The penalised log likelihood at given coefficients, with its slope."""

    coefficients: Floats
    value: float
    score: Floats
    covariance: Floats
    found: Evaluation


def penalised(rows: AtRisk, coefficients: Floats) -> Penalised | None:
    """Evaluate the penalised log likelihood; None where the information has no determinant.

    The slope of the penalty is half the trace of the covariance times the slope of the information: the third central
    moments of the covariates of those at risk, of which two dimensions are weighted with the covariance. As in
    `evaluate` they are summed over rows by the hazard each was exposed to.
    """
    with np.errstate(all="ignore"):
        found = evaluate(rows, coefficients)
    if not (np.isfinite(found.value) and np.isfinite(found.information).all()):
        return None
    sign, determinant = np.linalg.slogdet(found.information)
    covariance = inverse(found.information)
    if sign <= 0 or not math.isfinite(determinant) or covariance is None:
        return None
    x, means = rows.covariates, found.means
    risk = rows.weight * found.risk
    exposed = np.column_stack([exposure(rows, found.increments * mean) for mean in means.T])
    spread = np.einsum("ij,jk,ik->i", x, covariance, x)
    third = x.T @ (risk * found.hazard * spread) - exposed.T @ (risk * spread)
    third -= 2 * x.T @ (risk * np.einsum("ij,jk,ik->i", x, covariance, exposed))
    third += 2 * means.T @ (rows.mass * np.einsum("ij,jk,ik->i", means, covariance, means))
    value = found.value + float(determinant) / 2
    return Penalised(coefficients, value, found.score + third / 2, covariance, found)


def maximum(rows: AtRisk, coefficients: Floats, free: NDArray[np.bool_]) -> Penalised | None:
    """Maximise the penalised likelihood over the free coefficients, the others held; None where that fails.

    By Newton's steps with the curvature of the penalised likelihood: steps with that of the likelihood alone need not
    converge, as they pass the maximum of two patients by as much as they came from.
    """
    here = penalised(rows, coefficients)
    for _ in range(ITERATIONS):
        if here is None:
            return None
        turned = inverse(_curvature(rows, here, free))
        if turned is None:
            return None
        step = np.zeros_like(coefficients)
        step[free] = turned @ here.score[free]
        if float(step @ here.score) < CLOSE:
            return here
        here = _stepped(rows, here, step)
    return None


def _curvature(rows: AtRisk, here: Penalised, free: NDArray[np.bool_]) -> Floats:
    """Give the negative curvature of the penalised likelihood by differences of its slope.

    Far from the maximum it may not be positive definite; the information is, and stands in.
    """
    columns = []
    for number in np.flatnonzero(free):
        shift = np.zeros_like(here.coefficients)
        shift[number] = DIFFERENCE
        above, below = (penalised(rows, here.coefficients + sign * shift) for sign in (1, -1))
        if above is None or below is None:
            return here.found.information[np.ix_(free, free)]
        columns.append((below.score - above.score)[free] / (2 * DIFFERENCE))
    curvature = np.array(columns)
    curvature = (curvature + curvature.T) / 2
    definite = bool((np.linalg.eigvalsh(curvature) > 0).all())
    return curvature if definite else here.found.information[np.ix_(free, free)]


def _stepped(rows: AtRisk, here: Penalised, step: Floats) -> Penalised | None:
    """Take a step, halved until the penalised likelihood does not fall."""
    least = here.value - ROUNDING * max(1.0, abs(here.value))
    for _ in range(HALVINGS):
        there = penalised(rows, here.coefficients + step)
        if there is not None and there.value >= least:
            return there
        step = step / 2
    return None


def held(rows: AtRisk, near: Penalised, number: int, value: float) -> Penalised | None:
    """Maximise the penalised likelihood with one coefficient held at a value."""
    free = np.ones(near.coefficients.size, dtype=np.bool_)
    free[number] = False
    coefficients = near.coefficients.copy()
    coefficients[number] = value
    return maximum(rows, coefficients, free) if free.any() else penalised(rows, coefficients)


def limit(rows: AtRisk, best: Penalised, number: int, root: float) -> float | None:
    """Find where the signed root of twice the fall of the profile is `root`; None where it is not found.

    The signed root is nearly a straight line in the coefficient, and its slope is that of the likelihood over its
    height, so that Newton's steps reach it fast; what is known to lie inside and outside bounds them.
    """
    centre = float(best.coefficients[number])
    side = math.copysign(1.0, root)
    width = abs(root) * math.sqrt(best.covariance[number, number])
    inside, outside = 0.0, math.inf
    here = best
    for _ in range(LIMIT_STEPS):
        there = held(rows, here, number, centre + side * width)
        if there is None:
            outside = width
            width = (inside + outside) / 2
            continue
        here = there
        fallen = math.sqrt(max(0.0, 2 * (best.value - here.value)))
        if abs(fallen - abs(root)) < LIMIT:
            return centre + side * width
        inside, outside = (width, outside) if fallen < abs(root) else (inside, width)
        slope = -side * float(here.score[number]) / fallen if fallen > 0 else 0.0
        stepped = width + (abs(root) - fallen) / slope if slope > 0 else math.inf
        doubled = 2 * width if outside == math.inf else (inside + outside) / 2
        width = stepped if inside < stepped < min(outside, 4 * width) else doubled
    return None
