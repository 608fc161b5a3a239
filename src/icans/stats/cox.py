"""Hazard ratios: Cox's proportional hazards model, by its partial likelihood."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from icans.errors import StudyError
from icans.stats.arrays import Floats
from icans.stats.cox_model import CoxModel, chi_square, fitted_model, without_model
from icans.stats.estimate import SignificanceTest, percent
from icans.stats.partial_likelihood import AtRisk, Evaluation, Ties, at_risk, evaluate, score_residuals

CONVERGED = 1e-12
"""Gain of likelihood that a step promises below which it is the last one: the coefficients then move by less than
a millionth of their standard error, and after it by less than a millionth of that."""

STALLED = 1e-6
"""Gain below which a likelihood with a maximum is climbed in steps that shrink to almost nothing at once."""

SHRINKS = 0.1
"""Share of the last gain that a step still promises where the likelihood has no maximum: it tends to 1/e there."""

ITERATIONS = 100
"""Steps after which a likelihood that still rises has no maximum in reach."""

HALVINGS = 40
"""Times a step is halved until the likelihood does not fall."""

REACH = 5.0
"""Most that one step may change the log hazard ratio between two patients."""

STALLS = 3
"""Steps in a row that do not shrink after which there is no maximum."""

ROUNDING = 1e-12
"""Share of the likelihood that is rounding."""

FLAT = 1e-10
"""Information, per event and per squared standard deviation of a covariate, that is rounding."""

NOT_WITH_ROBUST = "not valid for weighted or repeated rows: see the Wald test"
"""Why a model with robust variance has no likelihood ratio and score test."""

MONOTONE = "the likelihood has no maximum, as the events lie on one side of"
"""Why a coefficient is infinite; the covariates follow."""

NO_EVENT = "no event was observed"
"""Why rows without an event give no estimate."""

GIVEN_UP = "the likelihood could not be maximised"
"""Why a climb on which every step leads down gives no estimate."""

LIKELIHOOD_RATIO = "likelihood ratio test"
"""The test by the gain of likelihood over no coefficients."""


def cox(
    time: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    start: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    patient: ArrayLike | None = None,
    robust: bool = False,
    ties: Ties = "efron",
    level: float = 0.95,
) -> CoxModel:
    """Estimate hazard ratios by Cox's model.

    At any time the hazard of a patient is a common hazard, of whatever shape, times the exponential of the covariates
    by their coefficients; a hazard ratio does not change with time. The coefficients are those under which the events
    fell most probably on the patients they fell on, among all who were at risk.

    Parameters
    ----------
    time
        From time zero to the event or the end of observation, one per row, any unit.
    event
        0 censored, 1 or above an event.
    covariates
        Rows by covariates, or one covariate; none may be missing.
    names
        Of the covariates, x1, x2, ... by default.
    start
        Where a patient has a row for each stretch of time, when it began: at risk after it, until and including
        `time`. A start of 0 is time zero itself. For covariates that change with time.
    weights
        Weight of each row. The variance then needs `robust`.
    patient
        Whom each row belongs to, by default one row a patient.
    robust
        Give the sandwich variance, with the rows of a patient together (Lin and Wei 1989,
        doi:10.1080/01621459.1989.10478874). The likelihood ratio and score tests, which are not valid with it, are left
        out.
    ties
        `efron` or `breslow` for events at one time. Efron's is closer to the exact likelihood.
    level
        Confidence level of the Wald intervals.

    Returns
    -------
    CoxModel
        The same whatever the order of the rows. No estimate, with the reason, where there is no event, a covariate does
        not vary among those at risk or follows from others, or the likelihood has no maximum because the events lie
        on one side of a covariate; then `icans.stats.firth.firth_cox` gives an estimate.

    Raises
    ------
    StudyError
        A value is missing or cannot be meant.

    Notes
    -----
    Cox 1972; Efron 1977, doi:10.1080/01621459.1977.10480613. As R's survival::coxph.

    Examples
    --------
    >>> model = cox([1, 2, 3, 4, 5, 6], [1, 1, 0, 1, 1, 1], [1, 0, 1, 1, 0, 0], names=["treated"])
    >>> round(model.hazard_ratios[0].value, 2)
    2.92
    """
    rows = at_risk(time, event, covariates, start=start, weights=weights, patient=patient, ties=ties)
    titles = titled(names, rows)
    variance = "robust (sandwich) variance" if robust else "model-based variance"
    method = f"Cox proportional hazards ({ties.capitalize()} ties, {variance}) with {percent(level)} Wald interval"
    if not rows.event.any():
        return without_model(rows, titles, method=method, reason=NO_EVENT, level=level)
    null = evaluate(rows, np.zeros(len(titles)))
    reason = no_model(rows, titles, null)
    if reason is not None:
        return without_model(rows, titles, method=method, reason=reason, level=level)
    score = not_with_robust(rows, "score test") if robust else score_test(rows, null)
    climb = _climb(rows, null)
    if climb.stopped is not None:
        apart = tuple(titles[number] for number in climb.unbounded)
        reason = " ".join((climb.stopped, " and ".join(apart))).strip()
        return without_model(rows, titles, method=method, reason=reason, level=level, score=score, unbounded=apart)
    covariance = inverse(climb.found.information)
    if covariance is None:
        return without_model(rows, titles, method=method, reason=GIVEN_UP, level=level, score=score)
    if robust:
        covariance = _sandwich(rows, climb.found, covariance)
    gain = 2 * (climb.found.value - null.value)
    return fitted_model(
        rows,
        titles,
        coefficients=climb.coefficients,
        covariance=covariance,
        likelihood_ratio=not_with_robust(rows, LIKELIHOOD_RATIO)
        if robust
        else chi_square(gain, rows, LIKELIHOOD_RATIO),
        score=score,
        log_likelihood=(null.value, climb.found.value),
        method=method,
        level=level,
    )


def titled(names: Sequence[str] | None, rows: AtRisk) -> tuple[str, ...]:
    """Give the names of the covariates.

    Raises
    ------
    StudyError
        There are not as many names as covariates.
    """
    count = rows.covariates.shape[1]
    titles = tuple(names) if names is not None else tuple(f"x{number + 1}" for number in range(count))
    if len(titles) != count:
        raise StudyError(f"{len(titles)} names were given for {count} covariates.")
    return titles


def no_model(rows: AtRisk, names: Sequence[str], null: Evaluation) -> str | None:
    """Say why there can be no coefficients, or None."""
    found = null.information
    information = np.diag(found) / rows.mass.sum()
    flat = [name for name, held in zip(names, information.tolist(), strict=True) if held < FLAT]
    if flat:
        return f"whenever an event happened, everyone at risk had the same {' and '.join(flat)}"
    scale = np.sqrt(np.diag(found))
    if np.linalg.eigvalsh(found / np.outer(scale, scale))[0] < FLAT:
        return f"one of {', '.join(names)} follows from the others"
    return None


def score_test(rows: AtRisk, null: Evaluation) -> SignificanceTest:
    """Test all coefficients by the slope where they are 0: for one group against another, the log-rank test.

    It needs no fitted model, and holds where the likelihood has no maximum.
    """
    return chi_square(float(null.score @ np.linalg.solve(null.information, null.score)), rows, "score test")


def inverse(information: Floats) -> Floats | None:
    """Invert a matrix; None where it is singular or not finite."""
    if not np.isfinite(information).all():
        return None
    try:
        return np.asarray(np.linalg.inv(information), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None


def not_with_robust(rows: AtRisk, method: str) -> SignificanceTest:
    """Leave out a test that rows of one weight and one patient each are needed for."""
    return SignificanceTest(None, None, rows.patients, method, NOT_WITH_ROBUST)


@dataclass(frozen=True)
class _Climb:
    """Where the climb to the maximum of the likelihood ended.

    `stopped` says why it is no maximum, and `unbounded` are the numbers of the covariates whose coefficients grow.
    """

    found: Evaluation
    coefficients: Floats
    stopped: str | None = None
    unbounded: tuple[int, ...] = ()


def _climb(rows: AtRisk, null: Evaluation) -> _Climb:
    """Maximise the likelihood from coefficients of 0 by Newton's steps, halved where they overshoot.

    Near a maximum the promised gain of a step falls with the square of the last one. Where there is none it falls to
    1/e of the last one, or more slowly, while the step stays as long, which tells the two apart.
    """
    found, coefficients = null, np.zeros(rows.covariates.shape[1])
    step = coefficients
    promised, stalled = math.inf, 0
    for _ in range(ITERATIONS):
        step = _newton(rows, found)
        last, promised = promised, float(found.score @ step)
        if promised < CONVERGED and stalled == 0:
            coefficients = coefficients + step
            return _Climb(evaluate(rows, coefficients), coefficients)
        stalled = stalled + 1 if promised < STALLED and promised > SHRINKS * last else 0
        if stalled == STALLS:
            break
        moved = halved(rows, found, coefficients, step)
        if moved is None:
            return _Climb(found, coefficients, GIVEN_UP)
        found, coefficients = moved
    growing = np.abs(step) > np.abs(step).max() / 100
    return _Climb(found, coefficients, MONOTONE, tuple(np.flatnonzero(growing).tolist()))


def _newton(rows: AtRisk, found: Evaluation) -> Floats:
    """Give Newton's step, no longer than `REACH`; where the likelihood has no curvature left, one uphill that long.

    Far from its maximum the likelihood is nearly straight, and Newton's step would go beyond all numbers.
    """
    turned = inverse(found.information)
    step = found.score if turned is None else turned @ found.score
    if not np.isfinite(step).all() or float(found.score @ step) < 0:
        step = found.score
    reach = float(np.ptp(rows.covariates @ step))
    straight = turned is None and reach > 0
    return step * (REACH / reach) if straight or reach > REACH else step


def halved(rows: AtRisk, found: Evaluation, coefficients: Floats, step: Floats) -> tuple[Evaluation, Floats] | None:
    """Take a step, halved until the likelihood does not fall; None where it always does."""
    least = found.value - ROUNDING * abs(found.value)
    for _ in range(HALVINGS):
        moved = coefficients + step
        with np.errstate(all="ignore"):
            there = evaluate(rows, moved)
        if np.isfinite(there.value) and there.value >= least:
            return there, moved
        step = step / 2
    return None


def _sandwich(rows: AtRisk, found: Evaluation, bread: Floats) -> Floats:
    """Give the variance by what each patient's rows add to the score."""
    residuals = score_residuals(rows, found) * rows.weight[:, None]
    numbers, who = np.unique(rows.patient, return_inverse=True)
    added = np.column_stack([np.bincount(who, weights=column, minlength=numbers.size) for column in residuals.T])
    influence = added @ bread
    return influence.T @ influence
