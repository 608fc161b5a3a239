"""How long patients are free of the event within a stated time, on average: restricted means, compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from icans.errors import StudyError
from icans.stats.estimate import (
    Estimate,
    SignificanceTest,
    no_estimate,
    normal_quantile,
    percent,
    without_interval,
)
from icans.stats.time_to_event import SurvivalCurve

NO_VARIANCE = "no event left others at risk before that time, so that a restricted mean has no variance"
"""Why a restricted mean has no interval."""

NO_TAU = "a group has no patient, or none observed after time zero"
"""Why there is no time up to which both groups can be compared."""

TAU_RULE = "the longest observation of the group that was followed for less time"
"""How far restricted means are taken where no time is stated."""


@dataclass(frozen=True)
class RestrictedMeans:
    """Restricted means of two groups, compared.

    Parameters
    ----------
    tau
        The time up to which they are taken; None where there is none.
    mean, reference
        Restricted mean of each group.
    difference
        The first less the reference.
    difference_test
        Test of a difference of 0.
    ratio
        The first over the reference.
    ratio_test
        Test of a ratio of 1.
    """

    tau: float | None
    mean: Estimate
    reference: Estimate
    difference: Estimate
    difference_test: SignificanceTest
    ratio: Estimate
    ratio_test: SignificanceTest


def common_tau(curves: Sequence[SurvivalCurve]) -> float | None:
    """Give the time up to which all curves can be compared: the smallest of their largest observed times.

    None where a curve has no patient, or all patients of one were observed for no time at all. The rule of R's survRM2.
    It depends on the data: a time stated beforehand is better.
    """
    if any(curve.n == 0 for curve in curves):
        return None
    return min(float(curve.time[-1]) for curve in curves) or None


def restricted_mean(curve: SurvivalCurve, tau: float) -> Estimate:
    """Give the mean time free of the event within a time: the area under the curve up to it.

    Parameters
    ----------
    curve
        A Kaplan-Meier curve.
    tau
        The time, above 0, in the curve's unit.

    Returns
    -------
    Estimate
        In the unit of the curve's times, with a symmetric interval. No value where observation ended earlier without
        reaching a survival of 0; no interval where the curve has no variance.

    Raises
    ------
    StudyError
        `tau` is not above 0.

    Notes
    -----
    Irwin 1949; Royston and Parmar 2013, doi:10.1186/1471-2288-13-152. Variance as in R's survRM2 and in survfit: the
    sum over event times of the squared area that is still to come, times d / (n (n - d)).

    Examples
    --------
    >>> from icans.stats.time_to_event import kaplan_meier
    >>> restricted_mean(kaplan_meier([1, 2, 3, 4], [1, 1, 1, 0]), 4).value
    2.5
    """
    method = (
        f"area under the Kaplan-Meier curve up to {tau:g} with {percent(curve.level)} interval (Greenwood variance)"
    )
    if not tau > 0:
        raise StudyError(f"A restricted mean up to {tau:g} was asked for; the time is above 0.")
    reason = _unobserved(curve, tau)
    if reason is not None:
        return no_estimate(reason, method=method, n=curve.n, level=curve.level)
    value, variance = _area(curve, tau)
    if variance <= 0:
        return without_interval(value, NO_VARIANCE, method=method, n=curve.n, level=curve.level)
    error = normal_quantile(curve.level) * math.sqrt(variance)
    return Estimate(value, value - error, value + error, method, curve.n, curve.level)


def compare_restricted_means(
    curve: SurvivalCurve, reference: SurvivalCurve, *, tau: float | None = None
) -> RestrictedMeans:
    """Compare the restricted means of two groups, by their difference and their ratio.

    Parameters
    ----------
    curve, reference
        Kaplan-Meier curves of the two groups; the confidence level is that of the first.
    tau
        The time up to which the means are taken; by default that of `common_tau`.

    Returns
    -------
    RestrictedMeans
        The interval of the ratio is symmetric on the scale of its logarithm. Where a group has no patient or was not
        followed for so long there is no estimate, and where one has no variance there is neither interval nor test:
        the uncertainty of the other is not that of the difference.

    Raises
    ------
    StudyError
        `tau` is not above 0.

    Notes
    -----
    As R's survRM2, rmst2 without covariates; Uno et al. 2014, doi:10.1200/JCO.2014.55.2208.

    Examples
    --------
    >>> from icans.stats.time_to_event import kaplan_meier
    >>> one, other = kaplan_meier([2, 3, 5, 6], [1, 1, 0, 1]), kaplan_meier([1, 2, 3, 4], [1, 1, 1, 0])
    >>> compare_restricted_means(one, other).difference.value
    0.75
    """
    until = common_tau((curve, reference)) if tau is None else tau
    n, level = curve.n + reference.n, curve.level
    stated = "up to a common time" if until is None else f"up to {until:g}"
    rule = f" ({TAU_RULE})" if tau is None else ""
    words = [
        f"{what} of restricted means {stated}{rule} with {percent(level)} interval" for what in ("difference", "ratio")
    ]
    means = [_mean(one, until, level) for one in (curve, reference)]
    reason = means[0].reason or means[1].reason
    if until is None or reason is not None:
        none = [no_estimate(reason or NO_TAU, method=word, n=n, level=level) for word in words]
        return _compared(until, means, none, None)
    areas = [_area(one, until) for one in (curve, reference)]
    (first, spread), (second, other) = areas
    values = first - second, first / second
    if min(spread, other) <= 0:
        alone = [
            without_interval(value, NO_VARIANCE, method=word, n=n, level=level)
            for value, word in zip(values, words, strict=True)
        ]
        return _compared(until, means, alone, None)
    errors = math.sqrt(spread + other), math.sqrt(spread / first**2 + other / second**2)
    z = normal_quantile(level)
    difference = Estimate(values[0], values[0] - z * errors[0], values[0] + z * errors[0], words[0], n, level)
    factor = math.exp(z * errors[1])
    ratio = Estimate(values[1], values[1] / factor, values[1] * factor, words[1], n, level)
    return _compared(until, means, [difference, ratio], (values[0] / errors[0], math.log(values[1]) / errors[1]))


def _compared(
    tau: float | None, means: list[Estimate], contrasts: list[Estimate], standardised: tuple[float, float] | None
) -> RestrictedMeans:
    """Put means, contrasts and their tests together; without standardised contrasts there is no test."""
    tests = []
    for number, contrast in enumerate(contrasts):
        method = f"Wald test of the {contrast.method.partition(' with ')[0]}"
        if standardised is None:
            tests.append(SignificanceTest(None, None, contrast.n, method, contrast.reason or contrast.low_reason))
        else:
            z = standardised[number]
            tests.append(SignificanceTest(z, float(2 * ndtr(-abs(z))), contrast.n, method))
    return RestrictedMeans(tau, means[0], means[1], contrasts[0], tests[0], contrasts[1], tests[1])


def _mean(curve: SurvivalCurve, tau: float | None, level: float) -> Estimate:
    """Give a group's restricted mean, or the reason why there is no time to restrict it to."""
    if tau is not None and curve.n:
        return restricted_mean(replace(curve, level=level), tau)
    reason = NO_TAU if curve.n else "there is no patient"
    return no_estimate(reason, method="restricted mean", n=curve.n, level=level)


def _area(curve: SurvivalCurve, tau: float) -> tuple[float, float]:
    """Give the area under the curve up to a time, and its variance."""
    inside = curve.time < tau
    edges = np.concatenate((curve.time[inside], [tau]))
    steps = np.diff(edges, prepend=0.0) * np.concatenate(([1.0], curve.survival[inside]))
    to_come = steps.sum() - np.cumsum(steps)[:-1]
    n, d = curve.at_risk[inside].astype(np.float64), curve.events[inside].astype(np.float64)
    share = np.divide(d, n * (n - d), out=np.zeros_like(n), where=n > d)
    return float(steps.sum()), float((to_come**2 * share).sum())


def _unobserved(curve: SurvivalCurve, tau: float) -> str | None:
    """Say why the curve is not known up to a time, or None."""
    if curve.n == 0:
        return "there is no patient"
    if tau > float(curve.time[-1]) and float(curve.survival[-1]) > 0:
        return "no patient was observed for so long"
    return None
