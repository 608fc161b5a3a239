"""Permutation tests: what else the same patients, put into groups of the same sizes, could have given."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from icans.stats.arrays import Counts, Floats
from icans.stats.bootstrap import cores
from icans.stats.estimate import SignificanceTest
from icans.stats.risk_sets import group_codes

Scores = NDArray[Any]
"""Whole numbers or floats."""

WHOLE_UP_TO = 40
"""Patients up to which all arrangements in two groups are counted: halves of 20 have 2**20 subsets each."""

ENUMERATED_UP_TO = 1_000_000
"""Arrangements up to which each is tried, where there are more than two groups or more than `WHOLE_UP_TO` patients."""

ENUMERATED_PATIENTS = 200
"""Patients up to which each arrangement is tried."""

DRAWS = 100_000
"""Arrangements drawn where they cannot all be tried."""

BATCH = 2_000_000
"""Scores drawn at a time, which bounds the memory."""

SAME = 1e-9
"""Relative difference below which two statistics are equal but for rounding."""


@dataclass(frozen=True)
class PermutationTest(SignificanceTest):
    """A permutation test; see `SignificanceTest`.

    Parameters
    ----------
    arrangements
        Distinct ways of putting the patients into the groups, all counted; None where they were drawn.
    draws
        Arrangements drawn; None where all were counted.
    error
        Monte Carlo standard error of the p-value; None where all were counted.
    """

    arrangements: int | None = None
    draws: int | None = None
    error: float | None = None


def permutation_test(
    scores: Scores,
    group: ArrayLike,
    *,
    denominator: int = 1,
    name: str,
    seed: int | np.random.Generator = 0,
    draws: int = DRAWS,
    progress: Callable[[float], None] | None = None,
) -> PermutationTest:
    """Test whether scores differ between groups, given the scores and the sizes of the groups.

    For two groups the statistic is the sum of the scores of the first; the p-value is the share of arrangements whose
    sum is at least as far from zero. For more it is the sum over groups of the squared sum over the size, and the share
    at least as large. All arrangements count where there are two groups and at most 40 patients, in whole numbers if
    the scores are, or where there are at most 1,000,000 arrangements of at most 200 patients. Otherwise arrangements
    are drawn, and the observed one is counted among them, so that the p-value is never 0 and the test holds its level
    (Phipson and Smyth 2010, doi:10.2202/1544-6115.1585).

    Parameters
    ----------
    scores
        One per patient, with a sum of 0.
    group
        Code of the group, a whole number.
    denominator
        What whole scores are to be divided by.
    name
        The test in words.
    seed
        Seed of the draws, or a generator.
    draws
        Arrangements to draw.
    progress
        Called with the share done while drawing.

    Returns
    -------
    PermutationTest
        The same whatever the order of the patients. No test, with the reason, where all scores are 0.

    Examples
    --------
    >>> permutation_test(np.array([-3, -1, 1, 3]), [1, 1, 2, 2], name="test of means").p_value
    0.3333333333333333
    """
    row, sizes = _membership(group, scores.size)
    sums = _sums(scores, row, sizes.size)
    ordered = np.sort(scores)
    size = int(ordered.size)
    if sizes.size < 2 or not ordered.any():
        reason = "every patient has the same score" if sizes.size > 1 else "fewer than two groups have patients"
        return PermutationTest(None, None, size, f"permutation {name}", reason)
    statistic = float(sums[0]) / denominator if sizes.size == 2 else _chi_square(sums, sizes, ordered)
    least = float(_spread(sums.astype(np.float64), sizes)) * (1 - SAME)
    if sizes.size == 2 and size <= WHOLE_UP_TO:
        arrangements = math.comb(size, int(sizes[0]))
        extreme = _extreme_subsets(ordered, int(sizes[0]), sums[0])
    elif (arrangements := _arrangements(sizes)) <= ENUMERATED_UP_TO:
        extreme = int(np.count_nonzero(_spread(_every_sum(ordered.astype(np.float64), sizes), sizes) >= least))
    else:
        random = np.random.default_rng(seed)
        extreme = _extreme_draws(
            ordered.astype(np.float64), sizes, least, draws=draws, random=random, progress=progress
        )
        p_value = (extreme + 1) / (draws + 1)
        method = f"permutation {name} ({draws:,} sampled arrangements)"
        error = math.sqrt(p_value * (1 - p_value) / draws)
        return PermutationTest(statistic, p_value, size, method, draws=draws, error=error)
    method = f"exact permutation {name} (all {arrangements:,} arrangements)"
    return PermutationTest(statistic, extreme / arrangements, size, method, arrangements=arrangements)


def _membership(group: ArrayLike, size: int) -> tuple[Counts, Counts]:
    """Give the row of each patient's group, and the sizes of the groups."""
    names, row = np.unique(group_codes(group, size), return_inverse=True)
    return row.astype(np.int64), np.bincount(row, minlength=names.size).astype(np.int64)


def _sums(scores: Scores, row: Counts, groups: int) -> Scores:
    """Sum the scores of each group, from the smallest on, so that rounding does not depend on the order of patients."""
    order = np.lexsort((scores, row))
    sums = np.zeros(groups, dtype=scores.dtype)
    np.add.at(sums, row[order], scores[order])
    return sums


def _spread(sums: Floats, sizes: Counts) -> Floats:
    """Give the sum over groups of the squared sum of scores over the size."""
    spread: Floats = (sums**2 / sizes).sum(axis=-1)
    return spread


def _chi_square(sums: Scores, sizes: Counts, scores: Scores) -> float:
    """Scale the spread so that its mean over all arrangements is the number of groups less one."""
    floating = scores.astype(np.float64)
    return float(_spread(sums.astype(np.float64), sizes) * (floating.size - 1) / (floating**2).sum())


def _arrangements(sizes: Counts) -> int:
    """Count the distinct arrangements; more than can be tried where there are too many patients for it."""
    total = int(sizes.sum())
    if total > ENUMERATED_PATIENTS:
        return ENUMERATED_UP_TO + 1
    return math.factorial(total) // math.prod(math.factorial(size) for size in sizes.tolist())


def _extreme_subsets(scores: Scores, chosen: int, observed: float) -> int:
    """Count the subsets of that many patients whose scores sum as far from zero as observed.

    Each subset is one of the first half of the patients with one of the second: sorted by sum within their sizes, the
    pairs that reach the observed sum are counted without making them.
    """
    least = abs(observed) if scores.dtype == np.int64 else abs(observed) * (1 - SAME)
    if least == 0:
        return math.comb(scores.size, chosen)
    first, second = (_subset_sums(half) for half in np.array_split(scores, 2))
    count = 0
    for size in range(max(0, chosen - len(second) + 1), min(chosen, len(first) - 1) + 1):
        one, other = first[size], second[chosen - size]
        above = other.size - np.searchsorted(other, least - one, side="left")
        below = np.searchsorted(other, -least - one, side="right")
        count += int(above.sum()) + int(below.sum())
    return count


def _subset_sums(scores: Scores) -> list[Scores]:
    """Give the sorted sums of all subsets, by the size of the subset from 0 on."""
    sums, sizes = np.zeros(1, dtype=scores.dtype), np.zeros(1, dtype=np.int8)
    for score in scores:
        sums, sizes = np.concatenate((sums, sums + score)), np.concatenate((sizes, sizes + 1))
    return [np.sort(sums[sizes == size]) for size in range(scores.size + 1)]


def _every_sum(scores: Floats, sizes: Counts) -> Floats:
    """Give the sums of every group in every distinct arrangement, patient after patient."""
    taken, sums = np.zeros((1, sizes.size), dtype=np.int64), np.zeros((1, sizes.size))
    for score in scores:
        free = [np.flatnonzero(taken[:, group] < size) for group, size in enumerate(sizes)]
        where = np.concatenate([np.full(rows.size, group) for group, rows in enumerate(free)])
        rows = np.concatenate(free)
        taken, sums = taken[rows], sums[rows]
        taken[np.arange(rows.size), where] += 1
        sums[np.arange(rows.size), where] += score
    return sums


def _extreme_draws(
    scores: Floats,
    sizes: Counts,
    least: float,
    *,
    draws: int,
    random: np.random.Generator,
    progress: Callable[[float], None] | None,
) -> int:
    """Count the drawn arrangements whose spread is as large as observed."""
    starts = np.concatenate(([0], np.cumsum(sizes)[:-1]))
    batch = max(1, BATCH // scores.size)
    parts = [min(batch, draws - done) for done in range(0, draws, batch)]

    def extremes(part: int, own: np.random.Generator) -> int:
        drawn = own.permuted(np.tile(scores, (part, 1)), axis=1)
        return int(np.count_nonzero(_spread(np.add.reduceat(drawn, starts, axis=1), sizes) >= least))

    # Threads: NumPy lets go of Python's lock while it draws. Each part has a generator of its own, so that the draws
    # are the same however many threads share them.
    extreme = done = 0
    with ThreadPoolExecutor(min(cores(), len(parts))) as pool:
        for part, found in zip(parts, pool.map(extremes, parts, random.spawn(len(parts))), strict=True):
            extreme, done = extreme + found, done + part
            if progress is not None:
                progress(done / draws)
    return extreme
