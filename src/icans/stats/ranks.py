"""Ranks of values, tied ones sharing theirs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from icans.stats.arrays import Counts, Floats

SAME = 1e-9
"""Relative difference below which two values are tied: 1.1 - 1.0 and 0.2 - 0.1 are the same change."""


def tied_runs(ascending: Floats) -> tuple[Counts, Counts]:
    """Give where each run of tied values begins and where the next one does.

    Parameters
    ----------
    ascending
        Sorted values, none of them missing.

    Returns
    -------
    tuple
        Positions from 0. Twice the midrank of a run is the sum of the two and 1.
    """
    sizes = np.abs(ascending)
    apart = np.diff(ascending) > SAME * np.maximum(sizes[:-1], sizes[1:])
    starts = np.concatenate(([0], np.flatnonzero(apart) + 1))[: ascending.size]
    return starts, np.append(starts[1:], ascending.size)[: ascending.size]


def doubled_midranks(values: Floats) -> Counts:
    """Give twice the midrank of each value, which is a whole number.

    Parameters
    ----------
    values
        None of them missing.

    Returns
    -------
    NDArray
        From 2 upwards, in the order of the values; tied values share the mean of the ranks they take up.
    """
    order = np.argsort(values)
    starts, ends = tied_runs(values[order])
    doubled = np.empty(values.size, dtype=np.int64)
    doubled[order] = np.repeat(starts + ends + 1, ends - starts)
    return doubled


def tie_sum(tied: NDArray[np.int64]) -> float:
    """Sum t cubed minus t over the groups of t tied values, by which ties lessen a rank sum's variance."""
    t = tied.astype(np.float64)
    return float((t**3 - t).sum())
