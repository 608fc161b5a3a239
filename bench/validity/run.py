"""The measurements: samples of three sizes, shared among processes, counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any

import numpy as np

from bench.validity import comparisons, intervals
from bench.validity.comparisons import Verdict
from bench.validity.populations import GROUPS, SCENARIOS, WORLDS, Treated, eligible, treated
from icans.stats.bootstrap import cores
from icans.stats.cloning import Eligible

SIZES = (13, 40, 200)
PERMUTATIONS_UP_TO = 40
SEED = 20260


@dataclass(frozen=True)
class Extent:
    """How much is measured.

    Parameters
    ----------
    patients
        Simulated patients of a population.
    intervals, tests, trials
        Samples of each size for intervals, for tests, and for the target trial.
    chunk
        Samples a process takes at a time; of the target trial a tenth of it.
    """

    patients: int
    intervals: int
    tests: int
    trials: int
    chunk: int = 100


FULL = Extent(patients=16_384, intervals=2000, tests=2000, trials=300)
QUICK = Extent(patients=4096, intervals=120, tests=60, trials=8, chunk=20)


@dataclass
class Tally:
    """What happened in the samples of one method at one size.

    Parameters
    ----------
    samples, answered
        Samples, and those with an interval or a test.
    above, below
        Intervals that lie above, and below, the true value.
    rejected, better
        Tests that reject, and those that do so in favour of treatment.
    estimates
        Estimates of the risk difference.
    """

    samples: int = 0
    answered: int = 0
    above: int = 0
    below: int = 0
    rejected: int = 0
    better: int = 0
    estimates: list[float] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count another part in."""
        for name in ("samples", "answered", "above", "below", "rejected", "better"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.estimates += other.estimates


Key = tuple[str, str, int]
"""Kind of measurement (coverage, randomised, or a scenario), method, size."""
Tallies = dict[Key, Tally]


@dataclass(frozen=True)
class Measured:
    """Everything that was measured.

    Parameters
    ----------
    extent
        How much.
    tallies
        Counts.
    truth
        True values of what intervals are of.
    risk_difference
        True difference of the risks of remission by day 7 in the scenario that works.
    emulated
        What the target trial makes of each whole population.
    treated_share
        Share ever treated in each scenario.
    """

    extent: Extent
    tallies: Tallies
    truth: dict[str, float]
    risk_difference: float
    emulated: dict[str, float]
    treated_share: dict[str, float]


_kept: dict[str, Any] = {}


def measure(extent: Extent, step: Callable[[str], None]) -> Measured:
    """Make the populations and measure."""
    groups, scenarios = {}, {}
    for number, (name, truth) in enumerate(GROUPS.items()):
        step(f"population {name}")
        groups[name] = treated(truth, extent.patients, SEED + number)
    for number, (name, truth) in enumerate(SCENARIOS.items()):
        step(f"population {name}")
        scenarios[name] = eligible(truth, extent.patients, SEED + 10 + number)
    worlds = {}
    for name, truth in WORLDS.items():
        step(f"world {name}")
        worlds[name] = comparisons.true_risks(eligible(truth, extent.patients, SEED + 20))
    truths = intervals.truths(groups["one"], groups["other"])
    emulated = {name: comparisons.emulated(every) for name, every in scenarios.items()}
    shares = {name: comparisons.ever_treated(every) for name, every in scenarios.items()}
    tallies: Tallies = defaultdict(Tally)
    tasks = list(_tasks(extent))
    with ProcessPoolExecutor(
        cores(), mp_context=get_context("spawn"), initializer=_prepare, initargs=(groups, scenarios, truths)
    ) as pool:
        futures = [pool.submit(_work, *task) for task in tasks]
        for done, future in enumerate(as_completed(futures), 1):
            for key, tally in future.result().items():
                tallies[key].add(tally)
            step(f"{done} of {len(tasks)} parts")
    difference = worlds["treated"] - worlds["untreated"]
    return Measured(extent, _in_order(tallies), truths, difference, emulated, shares)


def _tasks(extent: Extent) -> Iterator[tuple[str, int, int, int]]:
    """Give kind, size, number of the first sample and how many, the longest first."""
    for n in reversed(SIZES):
        for name in SCENARIOS:
            few = max(1, extent.chunk // 10)
            yield from ((f"trial {name}", n, first, few) for first in range(0, extent.trials, few))
    for n in reversed(SIZES):
        for kind, many in (("randomised", extent.tests), ("coverage", extent.intervals)):
            yield from ((kind, n, first, extent.chunk) for first in range(0, many, extent.chunk))
        for name in SCENARIOS:
            yield from ((name, n, first, extent.chunk) for first in range(0, extent.tests, extent.chunk))


def _prepare(groups: dict[str, Treated], scenarios: dict[str, Eligible], truths: dict[str, float]) -> None:
    _kept.update(groups=groups, scenarios=scenarios, truths=truths)


def _work(kind: str, n: int, first: int, many: int) -> Tallies:
    found: Tallies = defaultdict(Tally)
    for sample in range(first, first + many):
        random = np.random.default_rng((SEED, n, sample, sum(kind.encode())))
        if kind == "coverage":
            _cover(found, n, random)
        elif kind == "randomised":
            one = _kept["groups"]["one"]
            exact = n <= PERMUTATIONS_UP_TO and sample % 4 == 0
            _judge(found, kind, n, comparisons.randomised(one, _drawn(one, n, random), seed=sample, permutations=exact))
        elif kind.startswith("trial "):
            every = _kept["scenarios"][kind.removeprefix("trial ")]
            verdicts = comparisons.target_trial(every, _drawn(every, n, random), sample)
            _judge(found, kind.removeprefix("trial "), n, verdicts)
        else:
            every = _kept["scenarios"][kind]
            _judge(found, kind, n, comparisons.observational(every, _drawn(every, n, random)))
    return dict(found)


def _drawn(whole: Treated | Eligible, n: int, random: np.random.Generator) -> np.ndarray:
    return random.integers(0, whole.size, n)


def _cover(found: Tallies, n: int, random: np.random.Generator) -> None:
    one, other = _kept["groups"]["one"], _kept["groups"]["other"]
    rows = _drawn(one, n, random)
    half = (n + 1) // 2
    estimates = intervals.one_group(one, rows)
    estimates |= intervals.two_groups(one, rows[:half], other, _drawn(other, n - half, random))
    for name, estimate in estimates.items():
        there, above, below = intervals.covers(estimate, _kept["truths"][name])
        found["coverage", name, n].add(Tally(1, int(there), int(above), int(below)))


def _judge(found: Tallies, kind: str, n: int, verdicts: dict[str, Verdict]) -> None:
    for name, verdict in verdicts.items():
        tally = Tally(1, int(verdict.rejects is not None), rejected=int(bool(verdict.rejects)))
        tally.better = int(bool(verdict.rejects) and verdict.better)
        tally.estimates = [] if verdict.estimate is None else [verdict.estimate]
        found[kind, name, n].add(tally)


def _in_order(tallies: Tallies) -> Tallies:
    return {key: tallies[key] for key in sorted(tallies, key=lambda key: (key[0], key[1], key[2]))}
