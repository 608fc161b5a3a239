"""How far two grades of the same assessments or patients agree, from how often each pair of grades was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from icans.stats.arrays import Floats, both
from icans.stats.estimate import Estimate, no_estimate, normal_quantile, percent, without_interval
from icans.stats.proportions import clopper_pearson

Weights = Literal["unweighted", "linear", "quadratic"]
"""How a disagreement counts: any alike, by the grades between, or by their square."""

NO_VARIANCE = 1e-12
"""A variance below this is 0 but for rounding: agreement is complete, or one of the two never varies."""


@dataclass(frozen=True)
class CrossTable:
    """How often each pair of grades was given.

    Parameters
    ----------
    grades
        The grades that either gave, lowest first.
    counts
        A row for each grade of the one, a column for each grade of the other.
    missing
        How many have no grade from one or both.
    """

    grades: Floats
    counts: Floats
    missing: int = 0

    @property
    def n(self) -> int:
        """How many have both grades."""
        return int(self.counts.sum())

    @property
    def agree(self) -> int:
        """How many have twice the same."""
        return int(np.trace(self.counts))


@dataclass(frozen=True)
class Agreement:
    """Agreement of two grades of the same assessments or patients.

    Parameters
    ----------
    n
        How many have both grades.
    missing
        How many lack one or both.
    agree
        On how many they are equal.
    proportion
        Their share, with its exact interval.
    kappa, linear_kappa, quadratic_kappa
        Cohen's kappa, unweighted and with linear and quadratic weights.
    """

    n: int
    missing: int
    agree: int
    proportion: Estimate
    kappa: Estimate
    linear_kappa: Estimate
    quadratic_kappa: Estimate


def cross_table(one: ArrayLike, other: ArrayLike, times: ArrayLike | None = None) -> CrossTable:
    """Count pairs of grades.

    Parameters
    ----------
    one, other
        Grades, NaN where there is none.
    times
        How often each pair was given; None: once.

    Returns
    -------
    CrossTable
        Only grades that stand in a pair have a row and a column.

    Raises
    ------
    StudyError
        The arrays are not of one length.

    Examples
    --------
    >>> table = cross_table([0, 1, 1], [0, 1, 2], times=[5, 2, 1])
    >>> table.counts.tolist()
    [[5.0, 0.0, 0.0], [0.0, 2.0, 1.0], [0.0, 0.0, 0.0]]
    """
    first, second = both(one, other, ("one", "other"))
    often = np.ones(first.size) if times is None else both(one, times, ("one", "times"))[1]
    complete = ~(np.isnan(first) | np.isnan(second))
    missing = int(often[~complete].sum())
    given = np.concatenate((first[complete], second[complete]))
    grades, index = np.unique(given, return_inverse=True)
    rows, columns = index[: given.size // 2], index[given.size // 2 :]
    counts = np.bincount(rows * grades.size + columns, often[complete], minlength=grades.size**2)
    return CrossTable(grades, np.asarray(counts, dtype=np.float64).reshape(grades.size, grades.size), missing)


def agreement(table: CrossTable, *, level: float = 0.95) -> Agreement:
    """Compare two grades of the same assessments or patients.

    The intervals take what was counted as independent; several assessments of one patient are not, and make them too
    narrow.

    Parameters
    ----------
    table
        How often each pair of grades was given.
    level
        Confidence level.

    Returns
    -------
    Agreement
        Equal grades, Cohen's kappa unweighted and with linear and quadratic weights.

    Examples
    --------
    >>> agreement(cross_table([0, 1, 2, 4], [0, 1, 1, 4])).agree
    3
    """
    return Agreement(
        n=table.n,
        missing=table.missing,
        agree=table.agree,
        proportion=clopper_pearson(table.agree, table.n, level=level),
        kappa=kappa(table, weights="unweighted", level=level),
        linear_kappa=kappa(table, weights="linear", level=level),
        quadratic_kappa=kappa(table, weights="quadratic", level=level),
    )


def kappa(table: CrossTable, *, weights: Weights = "unweighted", level: float = 0.95) -> Estimate:
    """Give Cohen's kappa with its large-sample interval.

    Agreement beyond what the two would reach by chance, as a share of what is possible: 1 is full agreement, 0 no more
    than chance. With weights a disagreement counts by the grades between, linearly or squared, so a grade that nobody
    gave still counts as a step.

    Parameters
    ----------
    table
        How often each pair of grades was given.
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
    method = f"Cohen's kappa ({_words(weights)}) with large-sample {percent(level)} interval"
    n, counts, grades = table.n, table.counts, table.grades
    if n == 0:
        return no_estimate("nothing has both grades", method=method, n=0, level=level)
    if grades.size == 1:
        reason = "every grade is the same, so agreement beyond chance is not defined"
        return no_estimate(reason, method=method, n=n, level=level)
    weight = _weights(grades, weights)
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


def _words(weights: Weights) -> str:
    return weights if weights == "unweighted" else f"{weights} weights"


def _weights(grades: Floats, weights: Weights) -> Floats:
    distance = np.abs(np.subtract.outer(grades, grades))
    match weights:
        case "unweighted":
            return np.asarray(distance == 0, dtype=np.float64)
        case "linear":
            return np.asarray(1 - distance / distance.max(), dtype=np.float64)
        case "quadratic":
            return np.asarray(1 - (distance / distance.max()) ** 2, dtype=np.float64)
