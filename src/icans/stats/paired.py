"""Change between two measurements of the same patients, some of them known only to lie beyond a detection limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from icans.errors import StudyError
from icans.stats.arrays import Floats, both
from icans.stats.estimate import Estimate, SignificanceTest
from icans.stats.sign import median_between, sign_test
from icans.stats.signed_rank import hodges_lehmann, signed_rank

Limits = Sequence[str | None] | NDArray[np.str_] | NDArray[np.object_]
"""For each value `<` or `>` where it is a detection limit, empty or None where it is the value itself."""


@dataclass(frozen=True)
class PairedChange:
    """Change within pairs.

    Parameters
    ----------
    n
        Pairs with both values.
    missing
        Pairs without one or both.
    limited
        Pairs in which a value is a detection limit.
    rose, fell, unchanged, undetermined
        Pairs by direction; `undetermined` where a detection limit leaves it open. They sum to `n`.
    which
        For each of these five, which of the values given are such pairs.
    before, after, change
        Medians, None with a reason where detection limits leave them open.
    estimate
        The change tested: Hodges-Lehmann estimate where every value is known, the median change where one is not.
    test
        Signed-rank test where every value is known, sign test where one is not.
    """

    n: int
    missing: int
    limited: int
    rose: int
    fell: int
    unchanged: int
    undetermined: int
    which: Mapping[str, NDArray[np.bool_]]
    before: Estimate
    after: Estimate
    change: Estimate
    estimate: Estimate
    test: SignificanceTest


def paired_change(
    before: ArrayLike,
    after: ArrayLike,
    before_limit: Limits | None = None,
    after_limit: Limits | None = None,
    *,
    level: float = 0.95,
) -> PairedChange:
    """Compare two measurements of the same patients.

    A value at a detection limit is never replaced by a number. `<5` after `10` is a fall, before `7` a rise; before `3`
    or another `<5` the direction is undetermined. Where every value is known, the change is tested by signed ranks
    and estimated after Hodges and Lehmann. Where any is a limit, sizes cannot be ranked: the directions are tested by
    the sign test, undetermined pairs left out and counted, and the median change is given as far as the limits let it.

    Parameters
    ----------
    before, after
        One value per pair, NaN where missing; pass logarithms to compare ratios, the limits stay as they are.
    before_limit, after_limit
        `<` or `>` where the value is a detection limit, empty or None where not; None: none is.
    level
        Confidence level.

    Returns
    -------
    PairedChange
        Changes are after minus before: a fall is negative.

    Raises
    ------
    StudyError
        The arrays are not of one length, or a limit is neither `<` nor `>`.

    Examples
    --------
    >>> result = paired_change([10, 20, 4], [5, 8, 5], None, ["<", "", "<"])
    >>> result.fell, result.undetermined
    (2, 1)
    """
    first, second = both(before, after, ("before", "after"))
    complete = ~(np.isnan(first) | np.isnan(second))
    first_low, first_high = _range(first, before_limit, "before_limit", complete)
    second_low, second_high = _range(second, after_limit, "after_limit", complete)
    lowest, highest = second_low - first_high, second_high - first_low
    limited = (first_low < first_high) | (second_low < second_high)
    rose = (lowest > 0) | (limited & (lowest == 0))  # a limit is not itself reached
    fell = (highest < 0) | (limited & (highest == 0))
    unchanged = ~limited & (lowest == 0)
    ways = {"limited": limited, "rose": rose, "fell": fell, "unchanged": unchanged}
    ways["undetermined"] = ~(rose | fell | unchanged)
    counts = {name: int(way.sum()) for name, way in ways.items()}
    change = median_between(lowest, highest, level=level)
    return PairedChange(
        n=int(complete.sum()),
        missing=int((~complete).sum()),
        **counts,
        which={name: _among(complete, way) for name, way in ways.items()},
        before=median_between(first_low, first_high, level=level),
        after=median_between(second_low, second_high, level=level),
        change=change,
        estimate=change if limited.any() else hodges_lehmann(lowest, level=level),
        test=sign_test(counts["rose"], counts["fell"]) if limited.any() else signed_rank(lowest),
    )


def _among(complete: NDArray[np.bool_], which: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Give some of the complete pairs as some of all."""
    found = np.zeros(complete.size, dtype=np.bool_)
    found[complete] = which
    return found


def _range(values: Floats, limits: Limits | None, name: str, complete: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Give the lowest and highest that each value of the complete pairs can be."""
    marks = np.array(["" if mark is None else str(mark) for mark in ([""] * values.size if limits is None else limits)])
    if marks.size != values.size:
        raise StudyError(f"{name}: {marks.size} limits were given for {values.size} values.")
    unknown = set(marks.tolist()) - {"", "<", ">"}
    if unknown:
        raise StudyError(f'{name}: "{min(unknown)}" is not one of <, > or empty.')
    low = np.where(marks == "<", -np.inf, values)
    high = np.where(marks == ">", np.inf, values)
    return low[complete], high[complete]
