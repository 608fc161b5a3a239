"""How far two groups differ in a baseline variable, in standard deviations, plain or weighted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from icans.errors import StudyError
from icans.stats.arrays import Floats, both, floats

ALL_ALIKE = "every patient has the same value"
NO_SPREAD = "neither group varies, so there is no spread to measure the difference by"


@dataclass(frozen=True)
class StandardisedDifference:
    """A difference between two groups in units of their pooled standard deviation.

    Parameters
    ----------
    value
        The difference; 0 is balance, and 0.1 is often taken as the most that is negligible. None where it could not be
        had: `reason` says why.
    method
        The difference in words a journal prints.
    n
        Patients of both groups with a value (and a weight above 0).
    reason
        Why the value is None.
    """

    value: float | None
    method: str
    n: int
    reason: str | None = None


@dataclass(frozen=True)
class _Side:
    """The known values of one group with their weights."""

    values: Floats
    weights: Floats

    @property
    def mean(self) -> float:
        return float(np.average(self.values, weights=self.weights))

    @property
    def variance(self) -> float:
        total = self.weights.sum()
        squares = (self.weights * (self.values - self.mean) ** 2).sum()
        return float(squares * total / (total**2 - (self.weights**2).sum()))


def numeric_difference(
    group: ArrayLike,
    reference: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    reference_weights: ArrayLike | None = None,
) -> StandardisedDifference:
    """Give the standardised difference of means.

    Mean of the group minus mean of the reference, over the square root of the mean of the two variances (divisor
    n - 1). With weights means and variances are weighted, the variance with the divisor that makes it unbiased.

    Parameters
    ----------
    group, reference
        One value per patient, NaN where missing.
    weights, reference_weights
        One weight per patient, not negative; None: all alike.

    Returns
    -------
    StandardisedDifference
        None with a reason where a group is empty or has one value, or where neither varies.

    Raises
    ------
    StudyError
        Weights are negative, missing or not as many as values.

    Notes
    -----
    Austin 2009, doi:10.1002/sim.3697; weighted: Austin and Stuart 2015, doi:10.1002/sim.6607.

    Examples
    --------
    >>> numeric_difference([3, 4, 5], [1, 2, 3]).value
    2.0
    """
    one, other = _side(group, weights, "group"), _side(reference, reference_weights, "reference")
    method = f"standardised difference of {_weighted(weights, reference_weights)}means"
    n = one.values.size + other.values.size
    reason = _no_difference(one, other, least=2)
    if reason:
        return StandardisedDifference(None, method, n, reason)
    spread = np.sqrt((one.variance + other.variance) / 2)
    return StandardisedDifference(float((one.mean - other.mean) / spread), method, n)


def binary_difference(
    group: ArrayLike,
    reference: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    reference_weights: ArrayLike | None = None,
) -> StandardisedDifference:
    """Give the standardised difference of shares.

    Share in the group minus share in the reference, over the square root of the mean of the two p (1 - p).

    Parameters
    ----------
    group, reference
        1 or 0 per patient, NaN where missing.
    weights, reference_weights
        One weight per patient, not negative; None: all alike.

    Returns
    -------
    StandardisedDifference
        None with a reason where a group is empty or neither varies.

    Raises
    ------
    StudyError
        A value is neither 0 nor 1, or weights are negative, missing or not as many as values.

    Notes
    -----
    Austin 2009, doi:10.1002/sim.3697; weighted: Austin and Stuart 2015, doi:10.1002/sim.6607.

    Examples
    --------
    >>> round(binary_difference([1, 1, 1, 0], [1, 0, 0, 0]).value, 3)
    1.155
    """
    one, other = _side(group, weights, "group"), _side(reference, reference_weights, "reference")
    for side, name in ((one, "group"), (other, "reference")):
        if not np.isin(side.values, (0, 1)).all():
            raise StudyError(
                f"{name}: a value is neither 0 nor 1.", "Compare other values by their means or categories."
            )
    method = f"standardised difference of {_weighted(weights, reference_weights)}shares"
    n = one.values.size + other.values.size
    reason = _no_difference(one, other, least=1)
    if reason:
        return StandardisedDifference(None, method, n, reason)
    share, reference_share = one.mean, other.mean
    spread = np.sqrt((share * (1 - share) + reference_share * (1 - reference_share)) / 2)
    return StandardisedDifference(float((share - reference_share) / spread), method, n)


def categorical_difference(
    group: ArrayLike,
    reference: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    reference_weights: ArrayLike | None = None,
) -> StandardisedDifference:
    """Give the standardised difference of a variable with several categories.

    The Mahalanobis distance between the two groups' shares of all categories but one (any one), with the mean of the
    two multinomial covariance matrices. With two categories it is the size of `binary_difference`.

    Parameters
    ----------
    group, reference
        Number of the category of each patient, NaN where missing.
    weights, reference_weights
        One weight per patient, not negative; None: all alike.

    Returns
    -------
    StandardisedDifference
        0 or above. None with a reason where a group is empty, all are of one category or the groups share none.

    Raises
    ------
    StudyError
        Weights are negative, missing or not as many as values.

    Notes
    -----
    Yang and Dalton 2012, A unified approach to measuring the effect size between two groups using SAS, SAS Global
    Forum, paper 335-2012.

    Examples
    --------
    >>> round(categorical_difference([0, 0, 1, 2], [0, 1, 2, 2]).value, 3)
    0.603
    """
    one, other = _side(group, weights, "group"), _side(reference, reference_weights, "reference")
    method = f"standardised difference of {_weighted(weights, reference_weights)}shares of categories (Mahalanobis)"
    n = one.values.size + other.values.size
    reason = _no_difference(one, other, least=1)
    if reason:
        return StandardisedDifference(None, method, n, reason)
    categories, index = np.unique(np.concatenate((one.values, other.values)), return_inverse=True)
    shares = _shares(index[: one.values.size], one.weights, categories.size)
    reference_shares = _shares(index[one.values.size :], other.weights, categories.size)
    if not (shares * reference_shares).any():
        return StandardisedDifference(None, method, n, "the groups share no category")
    apart = (shares - reference_shares)[:-1]
    spread = (_multinomial(shares) + _multinomial(reference_shares))[:-1, :-1] / 2
    return StandardisedDifference(float(np.sqrt(apart @ np.linalg.solve(spread, apart))), method, n)


def _side(values: ArrayLike, weights: ArrayLike | None, name: str) -> _Side:
    if weights is None:
        known = floats(values, name)
        given = np.ones(known.size)
    else:
        known, given = both(values, weights, (name, f"weights of the {name}"))
        if not (given >= 0).all():
            raise StudyError(f"{name}: a weight is missing or negative.", "Every patient has a weight of 0 or above.")
    counted = ~np.isnan(known) & (given > 0)
    return _Side(known[counted], given[counted])


def _weighted(weights: ArrayLike | None, reference_weights: ArrayLike | None) -> str:
    return "" if weights is None and reference_weights is None else "weighted "


def _no_difference(one: _Side, other: _Side, *, least: int) -> str | None:
    """Say why there is no difference to be had, where the groups have fewer values than needed or do not vary."""
    for side, name in ((one, "group"), (other, "reference group")):
        if side.values.size == 0:
            return f"the {name} has no value"
        if side.values.size < least:
            return f"the {name} has one value and so no standard deviation"
    if np.ptp(one.values) > 0 or np.ptp(other.values) > 0:
        return None
    return ALL_ALIKE if one.values[0] == other.values[0] else NO_SPREAD


def _shares(index: np.ndarray[tuple[int], np.dtype[np.intp]], weights: Floats, categories: int) -> Floats:
    sums = np.bincount(index, weights, minlength=categories)
    shares: Floats = sums / sums.sum()
    return shares


def _multinomial(shares: Floats) -> Floats:
    covariance: Floats = np.diag(shares) - np.outer(shares, shares)
    return covariance
