"""A fitted proportional hazards model: hazard ratios with intervals and tests, or why there are none."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import chdtrc, ndtr

from icans.stats.arrays import Floats
from icans.stats.estimate import Estimate, SignificanceTest, no_estimate, normal_quantile
from icans.stats.partial_likelihood import AtRisk

LARGEST = 700.0
"""Largest log hazard ratio whose exponential is written."""


@dataclass(frozen=True)
class CoxModel:
    """A fitted proportional hazards model.

    Parameters
    ----------
    names
        The covariates.
    coefficients
        Log hazard ratio of each covariate, per unit.
    hazard_ratios
        The same as hazard ratios.
    tests
        Test of each coefficient against 0.
    covariance
        Of the coefficients, a matrix; robust where that was asked for. Empty where there is no estimate.
    likelihood_ratio, wald, score
        Tests that all coefficients are 0.
    log_likelihood
        Of no coefficients, and of these; penalised where the model is.
    n
        Patients, with those who left before the first event; none counts whose weight is 0.
    events
        Events among them.
    method
        The model in words a journal prints.
    reason
        Why there is no estimate, or None.
    unbounded
        Covariates whose coefficient grows without bound, where the likelihood has no maximum.
    """

    names: tuple[str, ...]
    coefficients: tuple[Estimate, ...]
    hazard_ratios: tuple[Estimate, ...]
    tests: tuple[SignificanceTest, ...]
    covariance: Floats
    likelihood_ratio: SignificanceTest
    wald: SignificanceTest
    score: SignificanceTest
    log_likelihood: tuple[float, float] | None
    n: int
    events: int
    method: str
    reason: str | None = None
    unbounded: tuple[str, ...] = ()


def fitted_model(
    rows: AtRisk,
    names: tuple[str, ...],
    *,
    coefficients: Floats,
    covariance: Floats,
    likelihood_ratio: SignificanceTest,
    score: SignificanceTest,
    log_likelihood: tuple[float, float],
    method: str,
    level: float,
) -> CoxModel:
    """Give a model with Wald tests and intervals from coefficients of the scaled covariates."""
    n = rows.patients
    errors = np.sqrt(np.diag(covariance))
    z = normal_quantile(level)
    pairs = zip((coefficients / rows.scale).tolist(), (errors / rows.scale).tolist(), strict=True)
    found = tuple(Estimate(value, value - z * error, value + z * error, method, n, level) for value, error in pairs)
    ratios = (coefficients / errors).tolist()
    return CoxModel(
        names=names,
        coefficients=found,
        hazard_ratios=tuple(exponential(one) for one in found),
        tests=tuple(SignificanceTest(ratio, float(2 * ndtr(-abs(ratio))), n, "Wald test") for ratio in ratios),
        covariance=covariance / np.outer(rows.scale, rows.scale),
        likelihood_ratio=likelihood_ratio,
        wald=chi_square(float(coefficients @ np.linalg.solve(covariance, coefficients)), rows, "Wald test"),
        score=score,
        log_likelihood=log_likelihood,
        n=n,
        events=int(rows.event.sum()),
        method=method,
    )


def without_model(
    rows: AtRisk,
    names: tuple[str, ...],
    *,
    method: str,
    reason: str,
    level: float,
    score: SignificanceTest | None = None,
    unbounded: tuple[str, ...] = (),
) -> CoxModel:
    """Give a model that could not be fitted, for one reason; its score test needs no fit and may be known."""
    n = rows.patients
    estimates = tuple(no_estimate(reason, method=method, n=n, level=level) for _ in names)
    none = SignificanceTest(None, None, n, "Wald test", reason)
    return CoxModel(
        names=names,
        coefficients=estimates,
        hazard_ratios=estimates,
        tests=tuple(none for _ in names),
        covariance=np.zeros((0, 0)),
        likelihood_ratio=SignificanceTest(None, None, n, "likelihood ratio test", reason),
        wald=none,
        score=score or SignificanceTest(None, None, n, "score test", reason),
        log_likelihood=None,
        n=n,
        events=int(rows.event.sum()),
        method=method,
        reason=reason,
        unbounded=unbounded,
    )


def chi_square(statistic: float, rows: AtRisk, method: str) -> SignificanceTest:
    """Give a test of all coefficients from its chi-square statistic."""
    statistic = max(0.0, statistic)
    return SignificanceTest(statistic, float(chdtrc(rows.covariates.shape[1], statistic)), rows.patients, method)


def exponential(one: Estimate) -> Estimate:
    """Give a hazard ratio from its logarithm; a limit beyond what can be written is left out."""
    value, low, high = (
        None if part is None or part > LARGEST else math.exp(part) for part in (one.value, one.low, one.high)
    )
    beyond = f"beyond e^{LARGEST:g}"
    return replace(
        one,
        value=value,
        low=low,
        high=high,
        reason=one.reason or (beyond if value is None else None),
        low_reason=one.low_reason or (beyond if low is None else None),
        high_reason=one.high_reason or (beyond if high is None else None),
    )
