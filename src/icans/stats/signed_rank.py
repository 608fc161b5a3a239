"""Change within pairs by ranks: Wilcoxon's signed-rank test and the Hodges-Lehmann estimate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from icans.stats.arrays import Counts, Floats, floats
from icans.stats.estimate import (
    Estimate,
    SignificanceTest,
    checked_level,
    no_estimate,
    normal_quantile,
    percent,
    too_few,
    without_interval,
)
from icans.stats.ranks import doubled_midranks, tie_sum

EXACT_UP_TO = 50
"""Pairs up to which the null distribution is enumerated; its counts, below 2**50, are exact in floats."""

WALSH_UP_TO = 1000
"""Pairs up to which all pairwise averages are held in memory."""


def signed_rank(differences: ArrayLike) -> SignificanceTest:
    """Test whether changes within pairs are symmetric about zero, by Wilcoxon's signed ranks.

    The sizes of the changes are ranked, tied ones sharing their mean rank; the statistic is the sum of the ranks of the
    rises. Zero differences are left out before ranking, as Wilcoxon 1945 and R's wilcox.test do (Pratt 1959 ranks them
    first). Up to 50 pairs the p-value counts all ways of giving the ranks a sign, ties included; above, it is the
    normal approximation with continuity and tie correction.

    Parameters
    ----------
    differences
        One change per pair, NaN where a pair is incomplete.

    Returns
    -------
    SignificanceTest
        `n` counts the pairs that changed; None with a reason where no pair did.

    Notes
    -----
    Wilcoxon 1945, doi:10.2307/3001968; the exact distribution with ties as in R's exactRankTests and coin.

    Examples
    --------
    >>> signed_rank([-3, -1, -2, -5, -4]).p_value
    0.0625
    """
    changes = _known(differences)
    changes = changes[changes != 0]
    n = changes.size
    variant = "exact with midranks" if n <= EXACT_UP_TO else "normal approximation with continuity and tie correction"
    method = f"Wilcoxon signed-rank test ({variant}; zero differences left out)"
    if n == 0:
        return SignificanceTest(None, None, 0, method, "no pair changed")
    doubled = doubled_midranks(np.abs(changes))
    statistic = int(doubled[changes > 0].sum())
    p_value = _exact_p(doubled, statistic) if n <= EXACT_UP_TO else _normal_p(doubled, statistic)
    return SignificanceTest(statistic / 2, p_value, n, method)


def hodges_lehmann(differences: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Estimate the typical change within pairs, with its interval.

    The median of the means of every two changes, each with itself included (the Walsh averages); the limits are the
    averages that as many others lie beyond as the signed-rank test allows. Zero differences stay in: no shift is
    special to an estimate. With ties or zeros the closed interval covers at least what it says (Noether 1967,
    doi:10.1080/01621459.1967.10482904).

    Parameters
    ----------
    differences
        One change per pair, NaN where a pair is incomplete; differences of logarithms give a ratio's logarithm.
    level
        Confidence level.

    Returns
    -------
    Estimate
        In the unit of the differences. `achieved` is the exact interval's own level, up to 50 pairs. No interval, with
        the reason, where so few pairs cannot reach the level (below 6 for 95%) or none changed.

    Notes
    -----
    Hodges and Lehmann 1963, doi:10.1214/aoms/1177704172.

    Examples
    --------
    >>> hodges_lehmann([1, 2, 3, 4, 5, 6]).value
    3.5
    """
    alpha = 1 - checked_level(level)
    changes = np.sort(_known(differences))
    n = changes.size
    exact = n <= EXACT_UP_TO
    variant = "exact interval" if exact else "interval by normal approximation"
    method = f"Hodges-Lehmann estimate with {percent(level)} {variant} from the Walsh averages"
    if n == 0:
        return no_estimate("there is no complete pair", method=method, n=0, level=level)
    averages = n * (n + 1) // 2
    middle = _walsh_averages(changes, [(averages + 1) // 2, averages // 2 + 1])
    value = float(middle.mean())
    if not changes.any():
        return without_interval(value, "no pair changed", method=method, n=n, level=level)
    beyond, achieved = _exact_rank(n, alpha) if exact else (_normal_rank(n, level), None)
    if beyond < 1:
        return without_interval(value, too_few("pairs", n, level), method=method, n=n, level=level)
    low, high = _walsh_averages(changes, [beyond, averages + 1 - beyond]).tolist()
    return Estimate(value, low, high, method, n, level, achieved=achieved)


def _known(differences: ArrayLike) -> Floats:
    changes = floats(differences, "differences")
    return changes[~np.isnan(changes)]


def _sums(ranks: Counts) -> Floats:
    """Count the sign patterns that give the positive ranks each possible sum."""
    counts = np.zeros(int(ranks.sum()) + 1)
    counts[0] = 1
    for rank in ranks.tolist():
        counts[rank:] += counts[:-rank].copy()
    return counts


def _exact_p(doubled: Counts, statistic: int) -> float:
    counts = _sums(doubled)
    tail = min(counts[: statistic + 1].sum(), counts[statistic:].sum())
    return min(1.0, 2 * float(tail) / 2.0**doubled.size)


def _normal_p(doubled: Counts, statistic: int) -> float:
    n = doubled.size
    variance = n * (n + 1) * (2 * n + 1) / 24 - tie_sum(np.bincount(doubled)) / 48
    distance = statistic / 2 - n * (n + 1) / 4
    return float(2 * ndtr(-abs(distance - 0.5 * np.sign(distance)) / np.sqrt(variance)))


def _exact_rank(n: int, alpha: float) -> tuple[int, float]:
    """Give how many Walsh averages, counted from either end, reach to the limit, and the level they achieve."""
    tails = 2 * np.cumsum(_sums(np.arange(1, n + 1))) / 2.0**n
    beyond = int(np.count_nonzero(tails <= alpha))
    return beyond, 1 - float(tails[beyond - 1]) if beyond else 0.0


def _normal_rank(n: int, level: float) -> int:
    error = normal_quantile(level) * np.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    return int(np.floor(n * (n + 1) / 4 - error + 0.5))


def _walsh_averages(ascending: Floats, ranks: list[int]) -> Floats:
    """Give the Walsh averages of the given ranks, counted from 1 in ascending order."""
    if ascending.size > WALSH_UP_TO:
        return np.array([_walsh_average(ascending, rank) for rank in ranks])
    one, other = np.triu_indices(ascending.size)
    averages: Floats = np.sort((ascending[one] + ascending[other]) / 2)
    wanted: Floats = averages[np.array(ranks) - 1]
    return wanted


def _walsh_average(ascending: Floats, rank: int) -> float:
    """Find one Walsh average by bisection, counting those below without holding them."""
    low, high = float(ascending[0]), float(ascending[-1])
    for _ in range(64):
        middle = low + (high - low) / 2
        partners = np.searchsorted(ascending, 2 * middle - ascending, side="right")
        itself = int(np.count_nonzero(ascending <= middle))
        if (int(partners.sum()) + itself) // 2 >= rank:
            high = middle
        else:
            low = middle
    return high
