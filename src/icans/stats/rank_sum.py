"""Two groups by ranks: Wilcoxon's rank-sum test (Mann-Whitney) and the Hodges-Lehmann shift."""

from __future__ import annotations

from functools import lru_cache
from math import comb, gcd

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from icans.stats.arrays import Counts, Floats, floats
from icans.stats.differences import ordered_differences
from icans.stats.estimate import (
    Estimate,
    SignificanceTest,
    checked_level,
    no_estimate,
    normal_quantile,
    percent,
    without_interval,
)
from icans.stats.ranks import tie_sum, tied_runs

EXACT_UP_TO = 50
"""Patients a group up to which the null distribution is enumerated, as in R's wilcox.test (below 50)."""

ALL_ALIKE = "every patient has the same value"


def rank_sum(group: ArrayLike, reference: ArrayLike) -> SignificanceTest:
    """Test whether values in one group tend to be higher than in another, by Wilcoxon's rank sum.

    Also known as the Mann-Whitney test. All values are ranked, tied ones sharing their mean rank. With up to 50 in each
    group the p-value counts all ways the ranks can fall on the groups, ties included, that lie at least as far from
    their mean as the observed one; above, it is the normal approximation with continuity and tie correction.

    Parameters
    ----------
    group, reference
        One value per patient, NaN where missing.

    Returns
    -------
    SignificanceTest
        The statistic counts the pairs in which the group's patient is higher, ties as one half (Mann and Whitney's U,
        the W of R's wilcox.test). None with a reason where a group is empty or every value is the same.

    Notes
    -----
    Wilcoxon 1945, doi:10.2307/3001968; Mann and Whitney 1947, doi:10.1214/aoms/1177730491; the exact distribution with
    ties as in R's exactRankTests and coin.

    Examples
    --------
    >>> rank_sum([1, 2, 3], [4, 5, 6]).p_value
    0.1
    """
    one, other = _known(group, "group"), _known(reference, "reference")
    n, m = one.size, other.size
    exact = max(n, m) <= EXACT_UP_TO
    variant = "exact with midranks" if exact else "normal approximation with continuity and tie correction"
    method = f"Wilcoxon rank-sum (Mann-Whitney) test ({variant})"
    reason = _empty(one, other) or _all_alike(one, other)
    if reason:
        return SignificanceTest(None, None, n + m, method, reason)
    ascending = np.sort(np.concatenate((one, other)))
    starts, ends = tied_runs(ascending)
    doubled, tied = starts + ends + 1, ends - starts
    upto = np.searchsorted(np.sort(one), ascending[ends - 1], side="right")
    doubled_sum = int((np.diff(upto, prepend=0) * doubled).sum())
    if exact:
        p_value = _exact_p(np.repeat(doubled, tied), n, doubled_sum)
    else:
        p_value = _normal_p(n, m, doubled_sum, tie_sum(tied))
    return SignificanceTest((doubled_sum - n * (n + 1)) / 2, p_value, n + m, method)


def hodges_lehmann_shift(group: ArrayLike, reference: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Estimate by how much values in one group exceed those in another, with its interval.

    The median of the differences of every patient of the group and every patient of the reference; it is not the
    difference of the medians. The limits are the differences that as many others lie beyond as the rank-sum test
    allows; with ties the closed interval covers at least what it says.

    Parameters
    ----------
    group, reference
        One value per patient, NaN where missing; logarithms give the logarithm of a ratio.
    level
        Confidence level.

    Returns
    -------
    Estimate
        In the unit of the values; `n` counts both groups. `achieved` is the exact interval's own level, up to 50
        patients in each group. No interval, with the reason, where so few patients cannot reach the level (3 and 3 for
        95%) or every value is the same.

    Notes
    -----
    Hodges and Lehmann 1963, doi:10.1214/aoms/1177704172.

    Examples
    --------
    >>> hodges_lehmann_shift([4, 6, 8], [1, 2, 3]).value
    4.0
    """
    alpha = 1 - checked_level(level)
    one, other = np.sort(_known(group, "group")), np.sort(_known(reference, "reference"))
    n, m = one.size, other.size
    exact = max(n, m) <= EXACT_UP_TO
    variant = "exact interval" if exact else "interval by normal approximation"
    method = f"Hodges-Lehmann shift with {percent(level)} {variant} from all differences"
    empty = _empty(one, other)
    if empty:
        return no_estimate(empty, method=method, n=n + m, level=level)
    pairs = n * m
    value = sum(ordered_differences(one, other, ((pairs + 1) // 2, pairs // 2 + 1))) / 2
    alike = _all_alike(one, other)
    if alike:
        return without_interval(value, alike, method=method, n=n + m, level=level)
    beyond, achieved = _exact_rank(n, m, alpha) if exact else (_normal_rank(n, m, level), None)
    if beyond < 1:
        return without_interval(value, _too_few(n, m, level), method=method, n=n + m, level=level)
    low, _ = ordered_differences(one, other, (beyond, beyond))
    high, _ = ordered_differences(one, other, (pairs + 1 - beyond, pairs + 1 - beyond))
    return Estimate(value, low, high, method, n + m, level, achieved=achieved)


def _known(values: ArrayLike, name: str) -> Floats:
    array = floats(values, name)
    return array[~np.isnan(array)]


def _empty(one: Floats, other: Floats) -> str | None:
    if one.size and other.size:
        return None
    if one.size or other.size:
        return f"the {'reference ' if one.size else ''}group has no value"
    return "neither group has a value"


def _all_alike(one: Floats, other: Floats) -> str | None:
    lowest, highest = min(one.min(), other.min()), max(one.max(), other.max())
    return ALL_ALIKE if lowest == highest else None


def _too_few(n: int, m: int, level: float) -> str:
    widest = percent(max(1 - 2 / comb(n + m, n), 0.0))
    return f"too few patients for a {percent(level)} interval: with {n} and {m} the widest reaches {widest}"


def _sums(scores: Counts, chosen: int) -> Floats:
    """Give the chance of each sum of so many of the scores drawn without replacement, from 0 upwards."""
    highest = int(np.sort(scores)[scores.size - chosen :].sum())
    ways = np.zeros((chosen + 1, highest + 1))
    ways[0, 0] = 1
    for score in scores.tolist():
        if score <= highest:
            ways[1:, score:] += ways[:-1, : highest + 1 - score]
    chances: Floats = ways[chosen] / ways[chosen].sum()
    return chances


@lru_cache(maxsize=64)
def _untied(n: int, m: int) -> Floats:
    """Give the chance of each number of pairs in which the group is higher, without ties."""
    return _sums(np.arange(n + m), min(n, m))[min(n, m) * (min(n, m) - 1) // 2 :]


def _exact_p(doubled: Counts, n: int, doubled_sum: int) -> float:
    """Give the chance that ranks of n patients sum to something as far from the mean as what was observed."""
    patients, lowest = doubled.size, int(doubled.min())
    scores = doubled - lowest
    unit = gcd(*scores.tolist())
    scores //= unit
    chosen = min(n, patients - n)
    observed = (doubled_sum if chosen == n else int(doubled.sum()) - doubled_sum) - chosen * lowest
    chances = _sums(scores, chosen)
    distance = np.abs(np.arange(chances.size) * patients - chosen * int(scores.sum()))
    return min(1.0, float(chances[distance >= distance[observed // unit]].sum()))


def _normal_p(n: int, m: int, doubled_sum: int, ties: float) -> float:
    patients = n + m
    variance = n * m / 12 * (patients + 1 - ties / (patients * (patients - 1)))
    distance = doubled_sum / 2 - n * (patients + 1) / 2
    return float(2 * ndtr(-abs(distance - 0.5 * np.sign(distance)) / np.sqrt(variance)))


def _exact_rank(n: int, m: int, alpha: float) -> tuple[int, float]:
    """Give how many differences, counted from either end, reach to the limit, and the level they achieve."""
    tails = 2 * np.cumsum(_untied(n, m))
    beyond = int(np.count_nonzero(tails <= alpha))
    return beyond, 1 - float(tails[beyond - 1]) if beyond else 0.0


def _normal_rank(n: int, m: int, level: float) -> int:
    error = normal_quantile(level) * np.sqrt(n * m * (n + m + 1) / 12)
    return int(np.floor(n * m / 2 - error + 0.5))
