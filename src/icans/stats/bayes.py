"""One proportion by Bayes' theorem: a stated prior, what the data make of it, and how likely a rate is exceeded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import betaincc, betaincinv, betaln, xlog1py, xlogy

from icans.errors import StudyError
from icans.stats.arrays import Floats
from icans.stats.estimate import Estimate, checked_level, no_estimate, percent
from icans.stats.proportions import refuse_impossible

Shape = Literal["equal-tailed", "highest-density"]
"""Which interval of the posterior: as much beyond either end, or the shortest."""

HALVINGS = 60
"""Halvings of the tail's share in search of the shortest interval: no float is left between its ends."""


@dataclass(frozen=True)
class Beta:
    """What is believed of a rate, as a beta distribution.

    As a prior it weighs as much as `a` patients with the event and `b` without.

    Parameters
    ----------
    a, b
        Above 0.

    Raises
    ------
    StudyError
        A parameter is not above 0, or not finite.
    """

    a: float
    b: float

    def __post_init__(self) -> None:
        if not (0 < self.a < math.inf and 0 < self.b < math.inf):
            raise StudyError(
                f"beta({self.a:g}, {self.b:g}) is no distribution of a rate.",
                "Give both parameters above 0: 1 and 1 are the uniform prior, 0.5 and 0.5 that of Jeffreys.",
            )

    def __str__(self) -> str:
        name = {(1, 1): "uniform prior ", (0.5, 0.5): "Jeffreys prior "}.get((self.a, self.b), "prior ")
        return f"{name}beta({self.a:g}, {self.b:g})"

    @property
    def mean(self) -> float:
        """Expected rate."""
        return self.a / (self.a + self.b)


UNIFORM = Beta(1, 1)
"""Every rate is as likely; Bayes 1763, Laplace."""

JEFFREYS = Beta(0.5, 0.5)
"""The prior that is the same on every scale of the rate; Jeffreys 1946, doi:10.1098/rspa.1946.0056."""


@dataclass(frozen=True)
class Densities:
    """Points of a figure of prior and posterior.

    Parameters
    ----------
    rate
        Rates, ascending, strictly between 0 and 1, closer to each other where the posterior lies.
    prior, posterior
        Density at each rate.
    """

    rate: Floats
    prior: Floats
    posterior: Floats


def posterior(events: int, n: int, prior: Beta = UNIFORM) -> Beta:
    """Give what is believed of a rate after the data.

    Parameters
    ----------
    events
        Patients with the event.
    n
        Patients in all.
    prior
        What was believed before.

    Returns
    -------
    Beta
        Events added to `a`, patients without to `b`.

    Raises
    ------
    StudyError
        The counts cannot be meant.

    Examples
    --------
    >>> posterior(12, 13)
    Beta(a=13, b=2)
    """
    refuse_impossible(events, n)
    return Beta(prior.a + events, prior.b + n - events)


def credible(
    events: int, n: int, prior: Beta = UNIFORM, *, level: float = 0.95, shape: Shape = "equal-tailed"
) -> Estimate:
    """Give the posterior mean of a rate with its credible interval.

    The rate lies in the interval with probability `level`, given the prior. The equal-tailed interval leaves as much
    beyond either end; the highest-density interval is the shortest, and ends at 0 or 1 where the density is highest
    there.

    Parameters
    ----------
    events
        Patients with the event.
    n
        Patients in all.
    prior
        What was believed before.
    level
        Probability of the interval.
    shape
        Which interval.

    Returns
    -------
    Estimate
        None with a reason where there is no patient: the prior alone is no result.

    Raises
    ------
    StudyError
        The counts cannot be meant.

    Notes
    -----
    Gelman et al. 2013, Bayesian Data Analysis, third edition, section 2.

    Examples
    --------
    >>> estimate = credible(12, 13)
    >>> round(100 * estimate.value, 1), round(100 * estimate.low, 1), round(100 * estimate.high, 1)
    (86.7, 66.1, 98.2)
    """
    checked_level(level)
    method = f"posterior mean with {shape} {percent(level)} credible interval, {prior}"
    after = posterior(events, n, prior)
    if n == 0:
        return no_estimate("there is no patient", method=method, n=0, level=level)
    tail = (1 - level) / 2 if shape == "equal-tailed" else _shortest_tail(after, level)
    low, high = _quantile(after, tail), _quantile(after, tail + level)
    return Estimate(after.mean, low, high, method, n, level)


def probability_above(belief: Beta, rate: float) -> float:
    """Give the probability that the true rate exceeds a stated one.

    Parameters
    ----------
    belief
        Prior or posterior.
    rate
        The stated rate, between 0 and 1: the natural rate of remission without the treatment, say.

    Returns
    -------
    float
        Between 0 and 1.

    Raises
    ------
    StudyError
        The rate is not between 0 and 1.

    Examples
    --------
    >>> round(probability_above(posterior(12, 13), 0.7), 3)
    0.953
    """
    if not 0 <= rate <= 1:
        raise StudyError(f"A natural rate of {rate:g} was stated; it lies between 0 and 1.")
    return float(betaincc(belief.a, belief.b, rate))


def densities(before: Beta, after: Beta, *, points: int = 200) -> Densities:
    """Give the points of a figure of prior and posterior.

    Parameters
    ----------
    before, after
        Prior and posterior.
    points
        How many even steps from 0 to 1, and as many quantiles of the posterior.

    Returns
    -------
    Densities
        Never at 0 or 1, where a density can be infinite.
    """
    steps = (np.arange(points) + 0.5) / points
    rate = np.unique(np.concatenate((steps, betaincinv(after.a, after.b, steps))))
    rate = rate[(rate > 0) & (rate < 1)]
    return Densities(rate, _density(before, rate), _density(after, rate))


def _density(belief: Beta, rate: Floats) -> Floats:
    logarithm = xlogy(belief.a - 1, rate) + xlog1py(belief.b - 1, -rate) - betaln(belief.a, belief.b)
    density: Floats = np.exp(logarithm)
    return density


def _quantile(belief: Beta, share: float) -> float:
    return float(betaincinv(belief.a, belief.b, min(share, 1.0)))


def _shortest_tail(belief: Beta, level: float) -> float:
    """Give how much lies below the shortest interval: where the density is the same at both ends."""
    falls, rises = belief.a <= 1 <= belief.b, belief.b <= 1 <= belief.a
    if falls and rises:
        return (1 - level) / 2
    if falls or rises:
        return 0.0 if falls else 1 - level
    low, high = 0.0, 1 - level
    for _ in range(HALVINGS):
        tail = (low + high) / 2
        ends = np.array([_quantile(belief, tail), _quantile(belief, tail + level)])
        lower, upper = (xlogy(belief.a - 1, ends) + xlog1py(belief.b - 1, -ends)).tolist()
        low, high = (tail, high) if lower < upper else (low, tail)
    return (low + high) / 2
