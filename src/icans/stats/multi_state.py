"""Daily states as a Markov chain: how patients move from a state to the next day's, and where that leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from icans.errors import StudyError
from icans.stats.arrays import Counts

Array = NDArray[np.float64]
NOWHERE = 1e-12
"""Probability below which a state counts as out of reach."""


@dataclass(frozen=True)
class Transitions:
    """Steps from a day to the next, one entry a step, in the order of sequence and day.

    Parameters
    ----------
    sequence
        Which sequence of days it belongs to.
    since
        Days from the first day of that sequence to the day of departure.
    before
        State on the day before the departure, -1 where the sequence begins with it.
    origin, destination
        State on the day of departure and on the day after.
    bridged
        Days without a state that were given the last one.
    cut
        Sequences of which later days were left out, because the gap before them was too long.
    """

    sequence: Counts
    since: Counts
    before: Counts
    origin: Counts
    destination: Counts
    bridged: int
    cut: int


@dataclass(frozen=True)
class DailyChain:
    """Probabilities of tomorrow's state given today's, the same for all days of a band.

    Parameters
    ----------
    probabilities
        Band, state of today, state of tomorrow: a row sums to 1. The last state is absorbing. Of several samples, one
        more axis in front. From a state that was never left nothing is known and its row is 0.
    counts
        The steps it rests on: band, state of today but the last, state of tomorrow.
    bands
        Days since the beginning on which the second, third, ... band begins.
    """

    probabilities: Array
    counts: Array
    bands: tuple[int, ...]

    def band(self, since: int) -> int:
        """Give the band of a day since the beginning."""
        return int(np.searchsorted(self.bands, since, side="right"))


def transitions(
    sequence: ArrayLike, day: ArrayLike, state: ArrayLike, *, absorbing: int, carry: int, begin: int = 1
) -> Transitions:
    """Take days with a state apart into steps from each day to the next.

    A sequence begins with its first day in state `begin` or above. A gap of at most `carry` days is bridged: its days
    have the state before it. A longer gap ends the sequence, and so does the absorbing state.

    Parameters
    ----------
    sequence, day, state
        One entry a day with a known state, in any order; a day once in a sequence.
    absorbing
        The state nobody leaves.
    carry
        Longest gap that is bridged, days; 0: none.
    begin
        Lowest state with which a sequence begins.

    Returns
    -------
    Transitions
        The same whatever the order of the days.

    Raises
    ------
    StudyError
        A day stands twice, or a state is none of 0 to `absorbing`.
    """
    columns = [np.asarray(one, dtype=np.int64) for one in (sequence, day, state)]
    order = np.lexsort((columns[1], columns[0]))
    which, when, what = (one[order] for one in columns)
    if np.any((what < 0) | (what > absorbing)):
        raise StudyError(f"A state is none of 0 to {absorbing}.")
    same = which[1:] == which[:-1]
    if np.any(same & (when[1:] == when[:-1])):
        raise StudyError("A sequence has two states on one day.", "Give the worst state of each day.")
    first = np.flatnonzero(np.concatenate(([True], ~same))) if which.size else np.zeros(0, dtype=np.int64)
    begun = _after(what >= begin, first, which.size)
    long = np.concatenate(([False], same & (when[1:] - when[:-1] - 1 > carry)))[: which.size]
    late = _after(long & np.concatenate(([False], begun[:-1]))[: which.size], first, which.size)
    dead = _after(np.concatenate(([False], same & (what[:-1] == absorbing)))[: which.size], first, which.size)
    used = begun & ~late & ~dead
    cut = np.unique(which[late & ~dead]).size
    return _stepwise(which[used], when[used], what[used], cut)


def _after(happened: NDArray[np.bool_], first: Counts, size: int) -> NDArray[np.bool_]:
    """Tell of each row whether something has happened in its sequence by then."""
    total = np.cumsum(happened)
    before = np.repeat(np.concatenate(([0], total))[first], np.diff(np.append(first, size)))
    return np.asarray(total > before)


def _stepwise(which: Counts, when: Counts, what: Counts, cut: int) -> Transitions:
    start = np.concatenate(([True], which[1:] != which[:-1]))[: which.size]
    beginning = np.repeat(when[start], np.diff(np.append(np.flatnonzero(start), which.size)))
    step = np.flatnonzero(~start)
    length = (when[step] - when[step - 1]).astype(np.int64)
    row = np.repeat(step, length)
    place = np.arange(row.size) - np.repeat(np.cumsum(length) - length, length)
    last = place == np.repeat(length, length) - 1
    earlier = np.maximum(row - 2, 0)
    previous = np.where(start[row - 1], -1, what[earlier])
    previous = np.where(place > 0, what[row - 1], previous)
    return Transitions(
        sequence=which[row],
        since=when[row - 1] + place - beginning[row],
        before=previous,
        origin=what[row - 1],
        destination=np.where(last, what[row], what[row - 1]),
        bridged=int((length - 1).sum()),
        cut=cut,
    )


def tallied(steps: Transitions, *, states: int, bands: Sequence[int] = (), cluster: ArrayLike | None = None) -> Array:
    """Count the steps: cluster (a patient), band, state of today, state of tomorrow.

    Parameters
    ----------
    steps
        The steps.
    states
        States that can be left; one more is absorbing.
    bands
        Days since the beginning on which a new band begins.
    cluster
        For each sequence (by its number, from 0) the cluster it belongs to; None: all in one.
    """
    band = np.searchsorted(np.asarray(bands, dtype=np.int64), steps.since, side="right")
    owner = np.zeros(steps.sequence.size, dtype=np.int64)
    clusters = 1
    if cluster is not None:
        of_sequence = np.asarray(cluster, dtype=np.int64)
        owner, clusters = of_sequence[steps.sequence], int(of_sequence.max(initial=-1)) + 1
    shape = (clusters, len(bands) + 1, states, states + 1)
    place = np.ravel_multi_index((owner, band, steps.origin, steps.destination), shape)
    return np.bincount(place, minlength=int(np.prod(shape))).astype(np.float64).reshape(shape)


def fitted(counts: ArrayLike, *, bands: Sequence[int] = (), smoothing: float = 0.0) -> DailyChain:
    """Estimate the probabilities of tomorrow's state by the share of the steps that led there.

    The weak Dirichlet prior adds `smoothing` imagined steps to those of each state, shared equally between the states
    they could lead to; the absorbing state is one of them only where somebody was seen to enter it.

    Parameters
    ----------
    counts
        Band, state of today, state of tomorrow (the last one absorbing); of several samples one more axis in front.
    bands
        Days since the beginning on which a new band begins.
    smoothing
        Imagined steps; 0: the shares as they are.

    Returns
    -------
    DailyChain
        The row of a state that was never left and gets no imagined step is 0.
    """
    seen = np.asarray(counts, dtype=np.float64)
    alpha = _prior(seen, smoothing, bool(seen[..., -1].any()))
    return _chain(seen + alpha, seen, bands)


def bootstrapped(
    tallies: Array, *, bands: Sequence[int], smoothing: float, samples: int, rng: np.random.Generator
) -> DailyChain:
    """Estimate the chain anew from samples of the clusters (patients), drawn with replacement.

    Parameters
    ----------
    tallies
        Steps by cluster, as `tallied` gives them.
    bands, smoothing
        As for `fitted`.
    samples
        How many samples.
    rng
        Source of chance.
    """
    clusters = tallies.shape[0]
    weights = rng.multinomial(clusters, np.full(clusters, 1 / clusters), size=samples).astype(np.float64)
    drawn = (weights @ tallies.reshape(clusters, -1)).reshape(samples, *tallies.shape[1:])
    alpha = _prior(tallies, smoothing, bool(tallies[..., -1].any()))
    return _chain(drawn + alpha, drawn, bands)


def posterior(
    counts: ArrayLike, *, bands: Sequence[int], smoothing: float, samples: int, rng: np.random.Generator
) -> DailyChain:
    """Draw chains from the posterior distribution: each row Dirichlet, steps taken as independent of each other.

    Parameters
    ----------
    counts
        Band, state of today, state of tomorrow.
    bands, smoothing
        As for `fitted`; without smoothing, a place nobody went to stays at 0.
    samples
        How many draws.
    rng
        Source of chance.
    """
    seen = np.asarray(counts, dtype=np.float64)
    alpha = seen + _prior(seen, smoothing, bool(seen[..., -1].any()))
    return _chain(rng.standard_gamma(np.broadcast_to(alpha, (samples, *alpha.shape))), seen, bands)


def _prior(counts: Array, smoothing: float, with_absorbing: bool) -> Array:
    places = counts.shape[-1] - (0 if with_absorbing else 1)
    alpha = np.full(counts.shape[-1], smoothing / places)
    alpha[places:] = 0.0
    return alpha


def _chain(weights: Array, counts: Array, bands: Sequence[int]) -> DailyChain:
    states = weights.shape[-1]
    total = weights.sum(axis=-1, keepdims=True)
    rows = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    last = np.broadcast_to(np.eye(states)[-1], (*rows.shape[:-2], 1, states))
    return DailyChain(np.concatenate([rows, last], axis=-2), counts, tuple(bands))


def occupation(chain: DailyChain, start: int, since: int, days: int) -> Array:
    """Give the probability of each state on each day, from a state on a day since the beginning.

    Returns
    -------
    array
        Day (0 to `days`), state; of several samples, one more axis in front. A day sums to less than 1 by what was lost
        on the way in states from which nothing is known.
    """
    return _walk(chain, start, since, days, frozen=())


def reached(chain: DailyChain, start: int, since: int, days: int, *, line: Sequence[int]) -> tuple[Array, Array]:
    """Give the probability of having been in one of some states by each day, the absorbing state competing.

    Parameters
    ----------
    chain
        The chain.
    start, since
        State on day 0, and which day since the beginning that is.
    days
        Last day.
    line
        The states to reach.

    Returns
    -------
    reached, lost
        Day (0 to `days`): probability of having reached the line by then; and of having been, before the line and the
        day, in a state from which nothing is known. Of several samples, one more axis in front.
    """
    walked = _walk(chain, start, since, days, frozen=line)
    lost = 1 - walked.sum(axis=-1)
    return walked[..., list(line)].sum(axis=-1), np.where(lost > NOWHERE, lost, 0.0)


def _walk(chain: DailyChain, start: int, since: int, days: int, *, frozen: Sequence[int]) -> Array:
    steps = chain.probabilities
    if frozen:
        steps = steps.copy()
        steps[..., list(frozen), :] = np.eye(steps.shape[-1])[list(frozen)]
    place = np.zeros((*steps.shape[:-3], steps.shape[-1]))
    place[..., start] = 1.0
    walked = [place]
    for day in range(days):
        place = np.einsum("...i,...ij->...j", place, steps[..., chain.band(since + day), :, :])
        walked.append(place)
    return np.stack(walked, axis=-2)


@dataclass(frozen=True)
class DependenceTest:
    """A likelihood-ratio test that tomorrow's state depends on today's alone.

    Parameters
    ----------
    statistic
        Twice the gain in log-likelihood; None where there is nothing to test.
    df
        Degrees of freedom: over the states, (groups seen - 1) times (places gone to - 1).
    p_value
        Share of permutations with at least that statistic, the observed order counted among them.
    n
        Steps it rests on.
    method
        The test in words a journal prints.
    reason
        Why there is none.
    """

    statistic: float | None
    df: int
    p_value: float | None
    n: int
    method: str
    reason: str | None = None


def dependence(
    steps: Transitions, group: ArrayLike, *, states: int, what: str, samples: int, rng: np.random.Generator
) -> DependenceTest:
    """Test whether, among steps from the same state, where they lead depends on a group they are in.

    Parameters
    ----------
    steps
        The steps.
    group
        Group of each step, from 0; -1 leaves the step out.
    states
        States that can be left.
    what
        What the groups are, for the method: the state of the day before, the time since onset.
    samples
        Permutations of the groups among the steps from each state.
    rng
        Source of chance.
    """
    label = np.asarray(group, dtype=np.int64)
    method = f"likelihood-ratio test that the next day's state depends on {what}; p by {samples} permutations"
    kept = label >= 0
    label, origin, destination = label[kept], steps.origin[kept], steps.destination[kept]
    n = int(label.size)
    if not n:
        return DependenceTest(None, 0, None, 0, method, "there is no step to test")
    shape = (states, int(label.max()) + 1, states + 1)
    table = _cross(origin, label, destination, shape)
    groups, places = np.count_nonzero(table.sum(axis=2), axis=1), np.count_nonzero(table.sum(axis=1), axis=1)
    df = int(np.sum(np.maximum(groups - 1, 0) * np.maximum(places - 1, 0)))
    if not df:
        return DependenceTest(None, 0, None, n, method, "no state was left in two ways from two groups")
    observed = _gain(table)
    order = np.argsort(origin, kind="stable")
    sorted_label, sorted_origin, sorted_destination = label[order], origin[order], destination[order]
    as_large = 0
    for _ in range(samples):
        shuffled = np.lexsort((rng.random(n), sorted_origin))
        as_large += _gain(_cross(sorted_origin, sorted_label[shuffled], sorted_destination, shape)) >= observed - 1e-9
    return DependenceTest(observed, df, (as_large + 1) / (samples + 1), n, method)


def _cross(origin: Counts, label: Counts, destination: Counts, shape: tuple[int, int, int]) -> Array:
    place = np.ravel_multi_index((origin, label, destination), shape)
    return np.bincount(place, minlength=int(np.prod(shape))).astype(np.float64).reshape(shape)


def _gain(table: Array) -> float:
    """Give 2 Σ n log(n n.. / (n_g n_d)) over the states."""

    def information(counts: Any) -> Any:  # noqa: ANN401  # an array of any shape
        return np.sum(counts * np.log(np.where(counts > 0, counts, 1.0)))

    parts = information(table) + information(table.sum(axis=(1, 2)))
    return float(2 * (parts - information(table.sum(axis=2)) - information(table.sum(axis=1))))
