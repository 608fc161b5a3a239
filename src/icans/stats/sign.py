"""Change within pairs by direction alone: the sign test, and the median with the interval that goes with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr

from icans.errors import StudyError
from icans.stats.arrays import Floats, both
from icans.stats.estimate import Estimate, SignificanceTest, checked_level, no_estimate, percent, too_few


def sign_test(rose: int, fell: int) -> SignificanceTest:
    """Test whether rises and falls are equally likely.

    Exact binomial test of one half, two-sided; pairs without a known direction do not enter.

    Parameters
    ----------
    rose, fell
        Pairs that went up and down.

    Returns
    -------
    SignificanceTest
        The statistic is `rose`; None with a reason where no pair went either way.

    Raises
    ------
    StudyError
        A count is negative.

    Examples
    --------
    >>> round(sign_test(1, 11).p_value, 4)
    0.0063
    """
    method = "sign test (exact binomial; only pairs of known direction)"
    if min(rose, fell) < 0:
        raise StudyError(f"{rose} rises and {fell} falls were given; counts are not negative.")
    n = rose + fell
    if n == 0:
        return SignificanceTest(None, None, 0, method, "no pair changed in a known direction")
    return SignificanceTest(float(rose), min(1.0, 2 * float(bdtr(min(rose, fell), n, 0.5))), n, method)


def median_between(lowest: ArrayLike, highest: ArrayLike, *, level: float = 0.95) -> Estimate:
    """Give the median, with its exact interval, of values of which only bounds are known.

    A value at a detection limit is known to lie below or above it. The median is given where it does not depend on
    where; the limits of the interval are order statistics by the binomial distribution, the lower one taken from the
    lowest each value can be and the upper one from the highest, so that they cover whatever the values are.

    Parameters
    ----------
    lowest, highest
        Bounds of each value, equal where it is known, infinite where there is none, NaN where it is missing.
    level
        Confidence level.

    Returns
    -------
    Estimate
        In the unit of the values; None with a reason where limits leave the median open, or where there are too few
        values for an interval of that level (below 6 for 95%). `achieved` is the interval's own level.

    Raises
    ------
    StudyError
        A lowest value is above its highest.

    Examples
    --------
    >>> median_between([1, 2, 3], [1, 2, float("inf")]).value
    2.0
    """
    alpha = 1 - checked_level(level)
    low, high = _bounds(lowest, highest)
    n = low.size
    method = f"median with {percent(level)} exact interval from order statistics (binomial)"
    if n == 0:
        return no_estimate("there is no complete value", method=method, n=0, level=level)
    below, above = float(np.median(low)), float(np.median(high))
    tails = 2 * bdtr(np.arange(n // 2 + 1), n, 0.5)
    beyond = int(np.count_nonzero(tails <= alpha))
    limits = (float(low[beyond - 1]), float(high[-beyond])) if beyond else (-np.inf, np.inf)
    open_end = "a detection limit leaves it open" if beyond else too_few("values", n, level)
    return Estimate(
        value=below if below == above else None,
        low=limits[0] if np.isfinite(limits[0]) else None,
        high=limits[1] if np.isfinite(limits[1]) else None,
        method=method,
        n=n,
        level=level,
        achieved=1 - float(tails[beyond - 1]) if beyond else None,
        reason=None if below == above else between(below, above),
        low_reason=None if np.isfinite(limits[0]) else open_end,
        high_reason=None if np.isfinite(limits[1]) else open_end,
    )


def between(lowest: float, highest: float) -> str:
    """Say in words where a number lies that detection limits leave open."""
    if np.isneginf(lowest) and np.isposinf(highest):
        return "detection limits leave it open"
    if np.isneginf(lowest):
        return f"at or below {highest:.6g}, by detection limits"
    if np.isposinf(highest):
        return f"at or above {lowest:.6g}, by detection limits"
    return f"between {lowest:.6g} and {highest:.6g}, by detection limits"


def _bounds(lowest: ArrayLike, highest: ArrayLike) -> tuple[Floats, Floats]:
    low, high = both(lowest, highest, ("lowest", "highest"), infinite=True)
    known = ~(np.isnan(low) | np.isnan(high))
    if (low[known] > high[known]).any():
        raise StudyError("lowest, highest: a lowest value is above its highest.")
    return np.sort(low[known]), np.sort(high[known])
