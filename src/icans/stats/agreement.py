"""How far two grades of the same assessments agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from icans.stats.arrays import Floats, both
from icans.stats.estimate import Estimate, no_estimate, normal_quantile, percent, without_interval
from icans.stats.proportions import clopper_pearson

Weights = Literal["unweighted", "quadratic"]
"""How a disagreement counts: any alike, or by the square of the grades between."""

NO_VARIANCE = 1e-12
"""A variance below this is 0 but for rounding: agreement is complete, or one of the two never varies."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of two grades of the same assessments.

    Parameters
    ----------
    n
        Assessments with both grades.
    missing
        Assessments without one or both.
    agree
        Assessments on which they are equal.
    proportion
        Their share, with its exact interval.
    kappa, weighted_kappa
        Cohen's kappa, unweighted and with quadratic weights.
    """

    n: int
    missing: int
    agree: int
    proportion: Estimate
    kappa: Estimate
    weighted_kappa: Estimate


def agreement(one: ArrayLike, other: ArrayLike, *, level: float = 0.95) -> Agreement:
    """Compare two grades of the same assessments.

    Intervals take assessments as independent; several of one patient are not, and make them too narrow.

    Parameters
    ----------
    one, other
        Grades, one per assessment, NaN where there is none.
    level
        Confidence level.

    Returns
    -------
    Agreement
        Equal grades, Cohen's kappa unweighted and with quadratic weights.

    Raises
    ------
    StudyError
        The arrays are not of one length.

    Examples
    --------
    >>> agreement([0, 1, 2, 4], [0, 1, 1, 4]).agree
    3
    """
    first, second = both(one, other, ("one", "other"))
    complete = ~(np.isnan(first) | np.isnan(second))
    first, second = first[complete], second[complete]
    agree = int(np.count_nonzero(first == second))
    return Agreement(
        n=first.size,
        missing=int((~complete).sum()),
        agree=agree,
        proportion=clopper_pearson(agree, first.size, level=level),
        kappa=kappa(first, second, weights="unweighted", level=level),
        weighted_kappa=kappa(first, second, weights="quadratic", level=level),
    )


def kappa(one: ArrayLike, other: ArrayLike, *, weights: Weights = "unweighted", level: float = 0.95) -> Estimate:
    """Give Cohen's kappa with its large-sample interval.

    Agreement beyond what the two would reach by chance, as a share of what is possible: 1 is full agreement, 0 no more
    than chance. With quadratic weights a disagreement counts by the square of the grades between, so a grade that
    nobody gave still counts as a step.

    Parameters
    ----------
    one, other
        Grades, one per assessment, none missing.
    weights
        How a disagreement counts.
    level
        Confidence level.

    Returns
    -------
    Estimate
        None with a reason where all grades are one and the same; no interval where agreement is complete or one of the
        two always gave the same grade. The upper limit is at most 1.

    Notes
    -----
    Cohen 1960, doi:10.1177/001316446002000104, and 1968, doi:10.1037/h0026256; variance of Fleiss, Cohen and Everitt
    1969, doi:10.1037/h0028106.
    """
    z = normal_quantile(level)
    method = f"Cohen's kappa ({weights}) with large-sample {percent(level)} interval"
    first, second = both(one, other, ("one", "other"))
    n = first.size
    if n == 0:
        return no_estimate("there is no assessment with both grades", method=method, n=0, level=level)
    counts, grades = _cross_table(first, second)
    if grades.size == 1:
        reason = "every grade is the same, so agreement beyond chance is not defined"
        return no_estimate(reason, method=method, n=n, level=level)
    distance = np.abs(np.subtract.outer(grades, grades))
    weight = 1 - (distance / distance.max()) ** 2 if weights == "quadratic" else (distance == 0).astype(np.float64)
    rows, columns = counts.sum(axis=1) / n, counts.sum(axis=0) / n
    observed, expected = float((weight * counts).sum()) / n, float(rows @ weight @ columns)
    value = (observed - expected) / (1 - expected)
    mean_weight = np.add.outer(weight @ columns, rows @ weight)
    spread = float((counts * (weight - mean_weight * (1 - value)) ** 2).sum()) / n
    variance = (spread - (value - expected * (1 - value)) ** 2) / (1 - expected) ** 2
    if variance < NO_VARIANCE:
        reason = "its large-sample variance is 0, so the interval has no width"
        return without_interval(value, reason, method=method, n=n, level=level)
    error = z * float(np.sqrt(variance / n))
    return Estimate(value, value - error, min(value + error, 1.0), method, n, level)


def _cross_table(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Count each pair of grades, and give the grades that were given."""
    grades, index = np.unique(np.concatenate((first, second)), return_inverse=True)
    counts = np.bincount(index[: first.size] * grades.size + index[first.size :], minlength=grades.size**2)
    return counts.reshape(grades.size, grades.size).astype(np.float64), grades
