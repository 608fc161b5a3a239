"""Effects of several sites combined: fixed effect, random effects, and how far the sites differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, ndtri
from scipy.stats import chi2
from scipy.stats import t as student

from icans.errors import StudyError
from icans.stats.arrays import Floats
from icans.stats.proportions import refuse_impossible

LEVEL = 0.95
FIXED = "inverse-variance weights, one common effect, 95% interval"
RANDOM = (
    "random effects, between-site variance of Paule and Mandel, 95% interval of Hartung and Knapp, "
    "never narrower than the normal one"
)
RANDOM_DL = "random effects, between-site variance of DerSimonian and Laird, normal 95% interval"
NOTHING = 1e-12
"""A Q below this is the rounding of effects that are equal."""


@dataclass(frozen=True)
class Pooled:
    """A pooled effect with its 95% interval, on the scale it was pooled on."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class MetaAnalysis:
    """Effects of sites combined.

    Parameters
    ----------
    sites
        How many were combined.
    fixed
        Under one common effect.
    random
        Under effects that differ: Paule and Mandel's variance, Hartung and Knapp's interval (`RANDOM`).
    random_dl
        The same with DerSimonian and Laird's variance and a normal interval, which is too narrow with few sites.
    q, q_p_value
        Cochran's Q and its chi-square p-value; None with one site.
    i2
        Share of the variation that is not chance, percent, from Q; None with one site.
    tau2, tau2_dl
        Variance between sites by either method; None with one site.
    prediction
        95% interval for the effect at a further site; None with fewer than three sites.
    fixed_weights, random_weights
        Share of each site in either estimate, percent.
    """

    sites: int
    fixed: Pooled
    random: Pooled
    random_dl: Pooled
    q: float | None
    q_p_value: float | None
    i2: float | None
    tau2: float | None
    tau2_dl: float | None
    prediction: tuple[float, float] | None
    fixed_weights: Floats
    random_weights: Floats


def meta_analysis(effect: ArrayLike, variance: ArrayLike) -> MetaAnalysis:
    """Combine the effects of sites.

    Parameters
    ----------
    effect
        One a site, on a scale where they are about normal.
    variance
        Its squared standard error, above 0.

    Returns
    -------
    MetaAnalysis
        With one site all three estimates are its own, with a normal interval, and nothing is said of heterogeneity.

    Raises
    ------
    StudyError
        There is no site, or a variance is not a positive number.

    Notes
    -----
    Paule and Mandel 1982, doi:10.6028/jres.087.022;
    DerSimonian and Laird 1986, doi:10.1016/0197-2456(86)90046-2; Hartung and Knapp 2001, doi:10.1002/sim.791, with the
    scale held at 1 or above, as an interval narrower than the normal one says more than the sites do (docs/decisions/
    0138-network-studies.md). Prediction interval with k - 1 degrees of freedom, as R's metafor gives it.

    Examples
    --------
    >>> found = meta_analysis([0.1, 0.3, 0.5], [0.04, 0.04, 0.04])
    >>> round(found.fixed.value, 3), found.tau2
    (0.3, 0.0)
    """
    values, variances = np.asarray(effect, dtype=np.float64), np.asarray(variance, dtype=np.float64)
    if not values.size or values.shape != variances.shape:
        raise StudyError("Nothing can be combined: there is no site, or not one variance for each effect.")
    if not (np.isfinite(values).all() and np.isfinite(variances).all() and (variances > 0).all()):
        raise StudyError("An effect cannot be combined: it or its variance is not a number above 0.")
    whole = np.full(1, 100.0)
    if values.size == 1:
        own = _normal(float(values[0]), float(np.sqrt(variances[0])))
        return MetaAnalysis(1, own, own, own, None, None, None, None, None, None, whole, whole)
    return _combined(values, variances)


def _combined(values: Floats, variances: Floats) -> MetaAnalysis:
    df = values.size - 1
    weights = 1 / variances
    fixed = _weighted(values, variances)
    q = _squares(values, variances)
    tau2, tau2_dl = paule_mandel(values, variances), max(0.0, (q - df) / float(weights.sum() - _mean(weights, weights)))
    plain = _weighted(values, variances + tau2)
    quantile = float(student.ppf((1 + LEVEL) / 2, df))
    scale = max(1.0, _squares(values, variances + tau2) / df)
    se = standard_error(plain.low, plain.high) * scale**0.5
    reach = quantile * (se**2 + tau2) ** 0.5
    return MetaAnalysis(
        sites=values.size,
        fixed=fixed,
        random=Pooled(plain.value, plain.value - quantile * se, plain.value + quantile * se),
        random_dl=_weighted(values, variances + tau2_dl),
        q=q,
        q_p_value=float(chi2.sf(q, df)),
        i2=100 * max(0.0, (q - df) / q) if q else 0.0,
        tau2=tau2,
        tau2_dl=tau2_dl,
        prediction=(plain.value - reach, plain.value + reach) if df > 1 else None,
        fixed_weights=_shares(weights),
        random_weights=_shares(1 / (variances + tau2)),
    )


def paule_mandel(values: Floats, variances: Floats) -> float:
    """Give the variance between sites at which the weighted squares add up to their expectation; 0 where none does.

    The root is bracketed: Newton's steps can end a rounding error beyond it and then be taken for no variance at all.
    """
    df = values.size - 1

    def excess(tau2: float) -> float:
        return _squares(values, variances + tau2) - df

    if excess(0.0) <= 0:
        return 0.0
    high = float(np.var(values, ddof=1)) + float(variances.max())
    while excess(high) > 0:
        high *= 2
    return float(brentq(excess, 0.0, high, xtol=1e-300, rtol=4e-15, maxiter=500))


def logit_proportions(events: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Give proportions on the logit scale with their variances; half an event where there is none or nothing else.

    Parameters
    ----------
    events
        Patients with the event, one number a site.
    n
        Patients in all, at least 1.

    Returns
    -------
    tuple
        Logits and variances. Where nobody or everybody had the event, half a patient is added to either side of that
        site alone (metafor's ``measure = "PLO"``, ``to = "only0"``).
    """
    had, every = np.asarray(events, dtype=np.float64), np.asarray(n, dtype=np.float64)
    for one, other in zip(had.tolist(), every.tolist(), strict=True):
        refuse_impossible(int(one), int(other))
    added = np.where((had == 0) | (had == every), 0.5, 0.0)
    with_event, without = had + added, every - had + added
    return np.log(with_event / without), 1 / with_event + 1 / without


def from_logit(value: float) -> float:
    """Give the proportion of a logit."""
    return float(expit(value))


def standard_error(low: float, high: float) -> float:
    """Give the standard error behind a 95% interval that is symmetric on its scale: a width of 2 x 1.96 of them."""
    return (high - low) / (2 * float(ndtri((1 + LEVEL) / 2)))


def _normal(value: float, se: float) -> Pooled:
    reach = float(ndtri((1 + LEVEL) / 2)) * se
    return Pooled(value, value - reach, value + reach)


def _mean(values: Floats, weights: Floats) -> float:
    return float((weights * values).sum() / weights.sum())


def _weighted(values: Floats, variances: Floats) -> Pooled:
    weights = 1 / variances
    return _normal(_mean(values, weights), float(weights.sum() ** -0.5))


def _squares(values: Floats, variances: Floats) -> float:
    """Give the squared distances from the weighted mean, weighted; 0 where they are the rounding of equal effects."""
    weights = 1 / variances
    squares = float((weights * (values - _mean(values, weights)) ** 2).sum())
    return squares if squares > NOTHING else 0.0


def _shares(weights: Floats) -> Floats:
    shares: Floats = 100 * weights / weights.sum()
    return shares
