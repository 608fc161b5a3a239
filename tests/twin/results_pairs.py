"""Change within pairs: Wilcoxon, Hodges-Lehmann, the sign test, and medians of which detection limits hide values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations_with_replacement, groupby
from math import comb, inf, sqrt
from statistics import NormalDist, median

from tests.twin.results_rows import Z

Bounds = tuple[float, float]
EXACT_UP_TO = 50


def bounds(value: float, limit: str | None) -> Bounds:
    return {"<": (-inf, value), ">": (value, inf)}.get(limit or "", (value, value))


def direction(before: float, before_limit: str | None, after: float, after_limit: str | None) -> str:
    """Tell which way a pair went; what lies below a limit does not reach it."""
    low, high = (difference for difference in change(bounds(before, before_limit), bounds(after, after_limit)))
    limited = bool(before_limit or after_limit)
    if not limited:
        return "rose" if low > 0 else "fell" if low < 0 else "unchanged"
    if low >= 0:
        return "rose"
    return "fell" if high <= 0 else "undetermined"


def change(before: Bounds, after: Bounds) -> Bounds:
    return after[0] - before[1], after[1] - before[0]


def wilcoxon(differences: Iterable[float]) -> float | None:
    changes = sorted((d for d in differences if d), key=abs)
    if not changes:
        return None
    n = len(changes)
    doubled: list[int] = []
    for _, same in groupby(changes, key=abs):
        tied = len(list(same))
        doubled += [2 * len(doubled) + 1 + tied] * tied
    rises = sum(rank for rank, d in zip(doubled, changes, strict=True) if d > 0)
    if n <= EXACT_UP_TO:
        ways = sign_patterns(doubled)
        total = sum(doubled)
        far = sum(count for points, count in ways.items() if abs(2 * points - total) >= abs(2 * rises - total))
        return float(far / 2**n)
    mean = n * (n + 1) / 4
    ties = Counter(doubled).values()
    variance = n * (n + 1) * (2 * n + 1) / 24 - sum(t**3 - t for t in ties) / 48
    away = max(0.0, abs(rises / 2 - mean) - 0.5)
    return min(1.0, 2 * NormalDist().cdf(-away / sqrt(variance)))


def sign_patterns(ranks: Sequence[int]) -> Counter[int]:
    """Count the ways of giving ranks a sign by the sum of those above zero."""
    ways = Counter({0: 1})
    for rank in ranks:
        raised = Counter({points + rank: count for points, count in ways.items()})
        ways += raised
    return ways


def hodges_lehmann(differences: Sequence[float]) -> tuple[float | None, Bounds | None]:
    """Give the median of the Walsh averages, and the averages beyond which lie as many as the test allows."""
    if not differences:
        return None, None
    walsh = sorted((one + other) / 2 for one, other in combinations_with_replacement(differences, 2))
    beyond = allowed(len(differences))
    if beyond == 0 or not any(differences):
        return median(walsh), None
    return median(walsh), (walsh[beyond - 1], walsh[-beyond])


def allowed(n: int) -> int:
    """Give the largest k for which a rank sum below k has a chance of at most 2.5%."""
    if n > EXACT_UP_TO:
        return int(n * (n + 1) / 4 - Z * sqrt(n * (n + 1) * (2 * n + 1) / 24) + 0.5)
    ways, below, k = sign_patterns(range(1, n + 1)), 0, 0
    while (below + ways[k]) / 2**n <= 0.025:
        below += ways[k]
        k += 1
    return k


def sign_test(rose: int, fell: int) -> float | None:
    n = rose + fell
    if n == 0:
        return None
    tail = sum(comb(n, k) for k in range(min(rose, fell) + 1))
    return min(1.0, 2 * float(tail / 2**n))


def median_between(values: Sequence[Bounds]) -> tuple[float | None, tuple[float | None, float | None]]:
    """Give the median where the bounds leave one, and order statistics around it."""
    if not values:
        return None, (None, None)
    n, lows, highs = len(values), sorted(low for low, _ in values), sorted(high for _, high in values)
    # of bounds without end either middle one may be infinite, and their mean then is no number
    at_least, at_most = middle(lows, -inf), middle(highs, inf)
    value = at_least if at_least == at_most else None
    k = below = 0
    while (below + comb(n, k)) / 2**n <= 0.025:
        below += comb(n, k)
        k += 1
    if k == 0:
        return value, (None, None)
    low, high = lows[k - 1], highs[n - k]
    return value, (None if abs(low) == inf else low, None if abs(high) == inf else high)


def middle(ordered: Sequence[float], worst: float) -> float:
    one, other = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return worst if worst in {one, other} else (one + other) / 2
