"""What was observed against what a model expects: difference and ratio that carry the uncertainty of both."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from icans.stats.estimate import Estimate, checked_level, no_estimate, percent, without_interval

LOST_AT_MOST = 0.05
"""Largest share of samples that may give no number before there is no interval either."""


@dataclass(frozen=True)
class Predicted:
    """How many events a model predicts among these patients.

    Parameters
    ----------
    mean
        The events expected.
    low, high
        Limits between which their number lies with the level asked for: chance among the patients and the model's
        uncertainty.
    as_many
        Probability of at least as many as were observed.
    method
        In words a journal prints.
    n
        Patients.
    """

    mean: float
    low: float
    high: float
    as_many: float
    method: str
    n: int


def mean_expected(expected: ArrayLike, drawn: ArrayLike, *, how: str, level: float = 0.95) -> Estimate:
    """Give the mean probability of patients with the percentile interval of the model's samples.

    Parameters
    ----------
    expected
        Probability of each patient.
    drawn
        The same of each sample of the model: sample, patient; NaN where a sample gives none.
    how
        How the samples were drawn, for the method.
    level
        Confidence level.
    """
    own, samples = np.asarray(expected, dtype=np.float64), np.asarray(drawn, dtype=np.float64)
    method = f"mean of the expected probabilities with percentile {percent(level)} interval of {how}"
    if not own.size:
        return no_estimate("there is no patient", method=method, n=0, level=level)
    means = samples.mean(axis=1)
    usable = means[~np.isnan(means)]
    value = float(own.mean())
    if usable.size < (1 - LOST_AT_MOST) * means.size:
        reason = f"{means.size - usable.size} of {means.size} samples lead to a state from which nothing is known"
        return without_interval(value, reason, method=method, n=own.size, level=level)
    tail = (1 - checked_level(level)) / 2
    low, high = np.quantile(usable, [tail, 1 - tail])
    return Estimate(value, min(float(low), value), max(float(high), value), method, own.size, level)


def predicted(
    drawn: ArrayLike, observed: int, *, how: str, rng: np.random.Generator, level: float = 0.95
) -> Predicted | None:
    """Predict how many of these patients have the event: a Poisson-binomial number in each sample of the model.

    Parameters
    ----------
    drawn
        Probability by sample and patient, NaN where a sample gives none.
    observed
        Patients who had it.
    how
        How the samples were drawn, for the method.
    rng
        Source of chance.
    level
        Probability that the limits enclose.

    Returns
    -------
    Predicted
        None where no sample gives a probability for every patient.
    """
    samples = np.asarray(drawn, dtype=np.float64)
    usable = samples[~np.isnan(samples).any(axis=1)]
    if not usable.size:
        return None
    count = np.count_nonzero(rng.random(usable.shape) < usable, axis=1)
    tail = (1 - checked_level(level)) / 2
    low, high = np.quantile(count, [tail, 1 - tail], method="inverted_cdf")
    method = f"Poisson-binomial prediction over {how}, {percent(level)} limits"
    return Predicted(
        float(usable.mean(axis=0).sum()),
        float(low),
        float(high),
        float((np.count_nonzero(count >= observed) + 1) / (count.size + 1)),
        method,
        samples.shape[1],
    )


def difference(one: Estimate, other: Estimate) -> Estimate:
    """Give the difference of two independent estimates by combining their intervals.

    The variance of each is recovered from its own limits on the side that matters (MOVER). With Wilson's intervals of
    two proportions it is Newcombe's interval.

    Notes
    -----
    Zou and Donner 2008, doi:10.1002/sim.3095; Newcombe 1998 for two proportions,
    doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    Examples
    --------
    >>> from icans.stats.proportions import wilson
    >>> found = difference(wilson(56, 70), wilson(48, 80))
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    method = "difference, its interval from those of both (MOVER)"
    if one.value is None or other.value is None:
        return _neither(one, other, method)
    value = one.value - other.value
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return _without(value, one, other, method)
    below = math.hypot(one.value - one.low, other.high - other.value)
    above = math.hypot(one.high - one.value, other.value - other.low)
    return Estimate(value, value - below, value + above, method, one.n, one.level)


def ratio(one: Estimate, other: Estimate) -> Estimate:
    """Give the ratio of two independent estimates by combining their intervals on the logarithmic scale.

    Notes
    -----
    As `difference`, of the logarithms (Zou and Donner 2008). A ratio of 0 has no logarithm and no interval.
    """
    method = "ratio, its interval from those of both on the logarithmic scale (MOVER)"
    if one.value is None or other.value is None:
        return _neither(one, other, method)
    if other.value <= 0:
        return no_estimate(
            "nothing is expected, so that nothing can be divided by it", method=method, n=one.n, level=one.level
        )
    value = one.value / other.value
    if one.low is None or one.high is None or other.low is None or other.high is None:
        return _without(value, one, other, method)
    if min(one.low, other.low) <= 0:
        zero = "a ratio of 0 has no logarithm" if one.value <= 0 else "a lower limit is 0 and has no logarithm"
        return without_interval(value, zero, method=method, n=one.n, level=one.level)
    below = math.hypot(math.log(one.value / one.low), math.log(other.high / other.value))
    above = math.hypot(math.log(one.high / one.value), math.log(other.value / other.low))
    return Estimate(value, value * math.exp(-below), value * math.exp(above), method, one.n, one.level)


def _neither(one: Estimate, other: Estimate, method: str) -> Estimate:
    reason = one.reason or other.reason or "one of the two could not be had"
    return no_estimate(reason, method=method, n=one.n, level=one.level)


def _without(value: float, one: Estimate, other: Estimate, method: str) -> Estimate:
    reasons = (one.low_reason, one.high_reason, other.low_reason, other.high_reason)
    reason = next((reason for reason in reasons if reason), "one of the two has no interval")
    return without_interval(value, reason, method=method, n=one.n, level=one.level)


def known(drawn: NDArray[np.float64], lost: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out probabilities of which a part was lost on the way: NaN in their place."""
    return np.where(lost > 0, np.nan, drawn)
