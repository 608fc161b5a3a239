"""Order statistics of all differences between the values of two groups, without holding them."""

from __future__ import annotations

import numpy as np

from icans.stats.arrays import Counts, Floats

HELD = 1_000_000
"""Differences held in memory at once."""

SAMPLED = 200_000
"""Differences drawn to guess where a rank lies; the answer does not depend on the draw."""


def ordered_differences(one: Floats, other: Floats, ranks: tuple[int, int]) -> tuple[float, float]:
    """Give two order statistics among the differences of every value of one and every value of the other.

    Differences of distinct values are held with their number where there are at most `HELD`. Else the ranks are closed
    in: a seeded sample guesses two differences around them, counting through the sorted values says how many lie below,
    and what remains between is drawn from again until it can be held. One round leaves about a hundredth.

    Parameters
    ----------
    one, other
        Values, ascending, none missing; at least one each.
    ranks
        First and last rank wanted, counted from 1 in ascending order, close to each other where both are large.

    Returns
    -------
    tuple
        The differences, one minus other, at the two ranks.
    """
    first, first_times = np.unique(one, return_counts=True)
    second, second_times = np.unique(other, return_counts=True)
    if first.size * second.size <= HELD:
        differences = np.subtract.outer(first, second).ravel()
        times = np.multiply.outer(first_times, second_times).ravel()
        ascending = np.argsort(differences, kind="stable")
        places = np.searchsorted(np.cumsum(times[ascending]), np.array(ranks), side="left")
        low, high = differences[ascending[places]].tolist()
        return low, high
    return _closed_in(one, -other[::-1], ranks)


def _closed_in(rows: Floats, columns: Floats, ranks: tuple[int, int]) -> tuple[float, float]:
    """Find two order statistics of the sums of rows and columns, both ascending."""
    below = np.zeros(rows.size, dtype=np.int64)
    upto = np.full(rows.size, columns.size, dtype=np.int64)
    random = np.random.default_rng(0)
    margin = 2 * np.sqrt(SAMPLED)  # four standard deviations of a sampled share of one half
    finest = 4 * float(np.spacing(np.abs([rows[0], rows[-1], columns[0], columns[-1]]).max()))
    while (left := int((upto - below).sum())) > HELD:
        before = int(below.sum())
        drawn = _drawn(rows, columns, below, upto, random)
        low = float(drawn[max(int((ranks[0] - before) / left * SAMPLED - margin), 0)])
        high = float(drawn[min(int((ranks[1] - before) / left * SAMPLED + margin), SAMPLED - 1)])
        under = np.clip(np.searchsorted(columns, low - rows, side="left"), below, upto)
        within = np.clip(np.searchsorted(columns, high - rows, side="right"), under, upto)
        if ranks[1] <= under.sum():
            upto = under
        elif ranks[0] > within.sum():
            below = within
        elif high - low <= finest:
            return low, high
        else:
            below = under if ranks[0] > under.sum() else below
            upto = within if ranks[1] <= within.sum() else upto
    widths = upto - below
    inside = np.arange(left) - np.repeat(np.cumsum(widths) - widths, widths)
    sums = np.repeat(rows, widths) + columns[np.repeat(below, widths) + inside]
    places = np.array(ranks) - 1 - int(below.sum())
    lowest, highest = np.partition(sums, places)[places].tolist()
    return lowest, highest


def _drawn(rows: Floats, columns: Floats, below: Counts, upto: Counts, random: np.random.Generator) -> Floats:
    """Draw from the sums still in question, and sort what was drawn."""
    ends = np.cumsum(upto - below)
    places = random.integers(0, ends[-1], SAMPLED)
    row = np.searchsorted(ends, places, side="right")
    return np.sort(rows[row] + columns[upto[row] - (ends[row] - places)])
