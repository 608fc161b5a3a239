"""Hazard ratios from few or separated events: Cox's model with Firth's penalty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, ndtri

from icans.counts import counted
from icans.stats.cox import LIKELIHOOD_RATIO, NO_EVENT, cox, no_model, score_test, titled
from icans.stats.cox_model import CoxModel, chi_square, exponential, fitted_model, without_model
from icans.stats.estimate import Estimate, SignificanceTest, checked_level, percent
from icans.stats.partial_likelihood import AtRisk, Ties, at_risk, evaluate
from icans.stats.penalised_likelihood import Penalised, held, limit, maximum, penalised

EVENTS_PER_COVARIATE = 10
"""Events per covariate below which hazard ratios are biased away from 1 (Peduzzi et al. 1995)."""

NOT_FOUND = "the penalised likelihood was not maximised"
"""Why a limit or a test could not be had."""


@dataclass(frozen=True)
class Penalty:
    """Whether a model is penalised, and why.

    Parameters
    ----------
    firth
        Whether Firth's penalty is used.
    reason
        Why, in a sentence for the reader.
    """

    firth: bool
    reason: str


def firth_rule(model: CoxModel, *, events_per_covariate: float = EVENTS_PER_COVARIATE) -> Penalty:
    """Decide whether a model needs Firth's penalty.

    It does where the likelihood has no maximum, as the hazard ratio would be 0 or infinite; and where there are fewer
    events per covariate than `events_per_covariate`, by default 10: hazard ratios are then biased away from 1 and
    their intervals too narrow (Peduzzi et al. 1995, doi:10.1016/0895-4356(95)00048-8; from 5 on the bias is often
    small, Vittinghoff and McCulloch 2007, doi:10.1093/aje/kwk052).

    Parameters
    ----------
    model
        The model without a penalty.
    events_per_covariate
        Fewest events per covariate without a penalty.

    Examples
    --------
    >>> firth_rule(cox([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0], names=["treated"])).firth
    True
    """
    if model.unbounded:
        which = " and ".join(model.unbounded)
        return Penalty(True, f"Firth's penalty is used, as all events lie on one side of {which}")
    share = model.events / len(model.names)
    what = f"{counted(model.events, 'event')} for {counted(len(model.names), 'covariate')}"
    if share < events_per_covariate:
        return Penalty(True, f"Firth's penalty is used, as {what} are fewer than {events_per_covariate:g} for each")
    return Penalty(False, f"no penalty is used, as {what} are at least {events_per_covariate:g} for each")


def cox_by_rule(
    time: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    start: ArrayLike | None = None,
    patient: ArrayLike | None = None,
    ties: Ties = "efron",
    level: float = 0.95,
    events_per_covariate: float = EVENTS_PER_COVARIATE,
) -> tuple[CoxModel, Penalty]:
    """Fit Cox's model, with Firth's penalty where `firth_rule` asks for it.

    Returns
    -------
    tuple
        The model, and whether it is penalised and why. A model that cannot be had either way keeps its reason.
    """
    model = cox(time, event, covariates, names=names, start=start, patient=patient, ties=ties, level=level)
    penalty = firth_rule(model, events_per_covariate=events_per_covariate)
    if penalty.firth:
        model = firth_cox(time, event, covariates, names=names, start=start, patient=patient, ties=ties, level=level)
    return model, penalty


def firth_cox(
    time: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    start: ArrayLike | None = None,
    patient: ArrayLike | None = None,
    ties: Ties = "efron",
    level: float = 0.95,
) -> CoxModel:
    """Estimate hazard ratios by Cox's model with Firth's penalty.

    Half the logarithm of the determinant of the information is added to the log partial likelihood. That takes away
    most of the bias that few events cause, and keeps the estimate finite where all events lie on one side of a
    covariate. The limits are where the penalised likelihood, maximised over the other coefficients, has fallen by what
    its test allows; they need not lie symmetrically. Each test is a penalised likelihood ratio test.

    Parameters
    ----------
    time, event, covariates, names, start, patient, ties, level
        As in `icans.stats.cox.cox`.

    Returns
    -------
    CoxModel
        The same whatever the order of the rows; `covariance` is the inverse of the information. No estimate, with the
        reason, where there is no event or a covariate does not vary among those at risk or follows from others.

    Raises
    ------
    StudyError
        A value is missing or cannot be meant.

    Notes
    -----
    Firth 1993, doi:10.1093/biomet/80.1.27; Heinze and Schemper 2001, doi:10.1111/j.0006-341X.2001.00114.x. As R's
    coxphf, which has Breslow's ties.

    Examples
    --------
    >>> model = firth_cox([1, 2], [1, 0], [1, 0])
    >>> round(model.hazard_ratios[0].value, 6)
    3.0
    """
    checked_level(level)
    rows = at_risk(time, event, covariates, start=start, patient=patient, ties=ties)
    titles = titled(names, rows)
    method = (
        f"Cox proportional hazards with Firth's penalty ({ties.capitalize()} ties)"
        f" with {percent(level)} profile penalised likelihood interval"
    )
    if not rows.event.any():
        return without_model(rows, titles, method=method, reason=NO_EVENT, level=level)
    zero = np.zeros(len(titles))
    unpenalised = evaluate(rows, zero)
    reason = no_model(rows, titles, unpenalised)
    null = None if reason else penalised(rows, zero)
    best = None if null is None else maximum(rows, zero, np.ones(zero.size, dtype=np.bool_))
    if null is None or best is None:
        return without_model(rows, titles, method=method, reason=reason or NOT_FOUND, level=level)
    model = fitted_model(
        rows,
        titles,
        coefficients=best.coefficients,
        covariance=best.covariance,
        likelihood_ratio=chi_square(2 * (best.value - null.value), rows, f"penalised {LIKELIHOOD_RATIO}"),
        score=score_test(rows, unpenalised),
        log_likelihood=(null.value, best.value),
        method=method,
        level=level,
    )
    found = tuple(_with_limits(rows, best, number, one, level) for number, one in enumerate(model.coefficients))
    return replace(
        model,
        coefficients=found,
        hazard_ratios=tuple(exponential(one) for one in found),
        tests=tuple(_against_zero(rows, best, number) for number in range(len(titles))),
    )


def _against_zero(rows: AtRisk, best: Penalised, number: int) -> SignificanceTest:
    """Test one coefficient against 0 by the penalised likelihood that is lost without it."""
    method = f"penalised {LIKELIHOOD_RATIO}"
    without = held(rows, best, number, 0.0)
    if without is None:
        return SignificanceTest(None, None, rows.patients, method, NOT_FOUND)
    statistic = max(0.0, 2 * (best.value - without.value))
    return SignificanceTest(statistic, float(chdtrc(1, statistic)), rows.patients, method)


def _with_limits(rows: AtRisk, best: Penalised, number: int, one: Estimate, level: float) -> Estimate:
    """Give an estimate the limits where the profile of the penalised likelihood has fallen far enough."""
    scale = float(rows.scale[number])
    limits = [limit(rows, best, number, side * float(ndtri((1 + level) / 2))) for side in (-1, 1)]
    low, high = (None if limit is None else limit / scale for limit in limits)
    reasons = [NOT_FOUND if limit is None else None for limit in limits]
    return replace(one, low=low, high=high, low_reason=reasons[0], high_reason=reasons[1])
