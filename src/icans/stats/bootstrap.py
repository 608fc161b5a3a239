"""The bootstrap over patients: the same numbers for a seed, however many processes share the work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing import get_context
from typing import Protocol

import numpy as np

from icans.stats.arrays import Floats

Progress = Callable[[int], None]
"""Told how many samples are done."""

CHUNKS_A_PROCESS = 8
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


class Statistic(Protocol):
    """Gives some numbers from how many times each patient counts; it can be sent to another process."""

    def __call__(self, count: Floats) -> Floats:
        """Give the numbers; NaN where there is none."""


def bootstrap(
    statistic: Statistic,
    patients: int,
    *,
    samples: int,
    seed: int,
    processes: int = 1,
    progress: Progress | None = None,
) -> Floats:
    """Draw patients with replacement and compute a statistic of each sample.

    Parameters
    ----------
    statistic
        Computed of each sample, from the number of times each patient was drawn.
    patients
        How many patients there are.
    samples
        How many samples to draw.
    seed
        Sample number i is drawn from a generator of its own, made from the seed and i.
    processes
        Processes that share the work; the numbers are the same for any, to rounding.
    progress
        Told how many samples are done.

    Returns
    -------
    ndarray
        A row a sample.
    """
    if processes <= 1:
        rows = []
        for number in range(samples):
            rows.append(statistic(_drawn(patients, seed, number)))
            if progress:
                progress(number + 1)
        return np.array(rows)
    chunks = list(_chunks(samples, processes * CHUNKS_A_PROCESS))
    with (
        _one_thread_each(),
        ProcessPoolExecutor(
            processes, mp_context=get_context("spawn"), initializer=_prepare, initargs=(statistic, patients, seed)
        ) as pool,
    ):
        parts = []
        for part, (_, end) in zip(pool.map(_computed, chunks), chunks, strict=True):
            parts.append(part)
            if progress:
                progress(end)
    return np.concatenate(parts)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Have the processes that are started now multiply matrices on one thread each, not on all cores at once."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def cores() -> int:
    """Give how many processes can work at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _chunks(samples: int, parts: int) -> Iterator[tuple[int, int]]:
    ends = np.linspace(0, samples, min(parts, samples) + 1).round().astype(int).tolist()
    yield from pairwise(ends)


def _drawn(patients: int, seed: int, number: int) -> Floats:
    drawn = np.random.default_rng((seed, number)).integers(0, patients, patients)
    return np.bincount(drawn, minlength=patients).astype(np.float64)


_prepared: dict[str, tuple[Statistic, int, int]] = {}


def _prepare(statistic: Statistic, patients: int, seed: int) -> None:
    """Keep in this process what every chunk needs, so that it is sent once."""
    _prepared["task"] = (statistic, patients, seed)


def _computed(chunk: tuple[int, int]) -> Floats:
    statistic, patients, seed = _prepared["task"]
    return np.array([statistic(_drawn(patients, seed, number)) for number in range(*chunk)])
