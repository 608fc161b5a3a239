"""From a million assessments to a hundred million: ours beside a bare scan and beside other tools, on the same files.

Each program is a process of its own on the same two cores. What the others write is held against ours before any time
counts; where they differ, nothing is reported.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from pydantic import TypeAdapter

from bench import cohorts
from bench.derive import DERIVED, Step, in_its_own_process, scan, scan_to_remission
from bench.peers import PEERS, Peer
from bench.peers.same import differences
from bench.processes import Limits, Run, UnfinishedError, icans, middle, run, with_own_peak

SIZES = {"1m": 1_000_000, "11m": 11_000_000, "112m": 112_000_000}
"""Assessments of a cohort, by its name."""

LARGE = 50_000_000
"""From here on each program runs once, and of the others only the first on rows in order."""

LIMITED = "4GB"
MEASURED = Path(__file__).with_name("scale.json")
ORDERS = ("in order", "in no order")


@dataclass(frozen=True)
class Program:
    """What a program took for the way from records to remission.

    Parameters
    ----------
    name
        The program.
    whole
        Its process: seconds, processor seconds and peak memory (MB), start-up included; None where it did not finish.
    steps
        Seconds and processor seconds of its parts as it told them.
    problem
        Why there are no numbers.
    """

    name: str
    whole: Run | None
    steps: dict[str, Step] = field(default_factory=dict)
    problem: str = ""

    @property
    def to_remission(self) -> Step:
        """From grades to remission: for ours, reading and checking the records left out."""
        return sum((self.steps[name] for name in DERIVED), Step(0, 0))


@dataclass(frozen=True)
class Size:
    """A cohort of some size in one order of its rows, and what it cost.

    Parameters
    ----------
    order
        In order of patient and time, or in no order.
    patients, assessments
        Its size.
    megabytes
        Size of its files.
    scan, scan_to_remission
        Bare scan of every column of every table, and of the columns that lead to remission.
    ours, ours_limited
        from records to remission; the second limited to `LIMITED` of memory.
    command
        All of `icans derive`.
    derived_megabytes
        Size of the files it wrote.
    others
        Other tools.
    on
        Day of the measurement.
    load
        Processes that wanted a core, on average over the last minute before it began.
    """

    order: str
    patients: int
    assessments: int
    megabytes: float
    scan: Step
    scan_to_remission: Step
    ours: Program
    ours_limited: Program
    command: Run
    derived_megabytes: float
    others: tuple[Program, ...]
    on: str
    load: float


def measure(name: str, folder: Path, repeats: int, told: Callable[[str], None], minutes: float) -> list[Size]:
    """Measure a size in both orders.

    Parameters
    ----------
    name
        Name of the size.
    folder
        Where the cohorts are kept; one that is there already is taken as it is.
    repeats
        Runs of each program, in turn; the median counts.
    told
        Told what is being measured.
    minutes
        Most minutes that another tool may take.
    """
    ordered, mixed = folder / f"{name}-sorted", folder / f"{name}-shuffled"
    if not ordered.is_dir():
        told(f"simulating {name}")
        cohorts.simulated(SIZES[name], ordered)
    if not mixed.is_dir():
        told(f"shuffling {name}")
        cohorts.shuffled(ordered, mixed)
    limits = Limits(memory=int(0.85 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")), seconds=60 * minutes)
    large = SIZES[name] >= LARGE
    found = []
    for order, cohort, peers in (
        (ORDERS[0], ordered, PEERS[:1] if large else PEERS),
        (ORDERS[1], mixed, PEERS),
    ):
        scratch = folder / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        work = _Work(cohort, scratch, limits, lambda what, order=order: told(f"{name} {order}: {what}"))
        found.append(work.measured(order, 1 if large else repeats, peers))
        shutil.rmtree(scratch)
    return found


@dataclass(frozen=True)
class _Work:
    cohort: Path
    scratch: Path
    limits: Limits
    told: Callable[[str], None]

    def measured(self, order: str, repeats: int, peers: tuple[Peer, ...]) -> Size:
        load = os.getloadavg()[0]
        scan(self.cohort)
        scans, scans_to_remission, ours, limited, commands = [], [], [], [], []
        others: dict[str, list[Program]] = {peer.name: [] for peer in peers}
        derived = 0.0
        for number in range(repeats):
            self.told(f"round {number + 1} of {repeats}")
            scans.append(scan(self.cohort))
            scans_to_remission.append(scan_to_remission(self.cohort))
            ours.append(self._ours("ours", ""))
            for peer in peers:
                self.told(peer.name)
                others[peer.name].append(self._other(peer))
            self.told("ours again, with limited memory")
            limited.append(self._ours("limited", LIMITED))
            self.told("icans derive")
            out = self.scratch / "whole"
            commands.append(with_own_peak(run(icans("derive", str(self.cohort), "--out", str(out))), out))
            derived = sum(file.stat().st_size for file in out.rglob("*.parquet")) / 1e6
            shutil.rmtree(out)
        return Size(
            order=order,
            patients=cohorts.patients(self.cohort),
            assessments=cohorts.assessments(self.cohort),
            megabytes=cohorts.megabytes(self.cohort),
            scan=_middle_step(scans),
            scan_to_remission=_middle_step(scans_to_remission),
            ours=_middle(ours),
            ours_limited=_middle(limited),
            command=middle(commands),
            derived_megabytes=derived,
            others=tuple(_middle(runs) for runs in others.values()),
            on=datetime.now(UTC).date().isoformat(),
            load=load,
        )

    def _ours(self, name: str, memory: str) -> Program:
        out = self.scratch / name
        shutil.rmtree(out, ignore_errors=True)
        whole, steps = in_its_own_process(self.cohort, out, self.scratch / "steps.json", memory=memory)
        return Program(f"icans --memory {memory}" if memory else "icans", whole, steps)

    def _other(self, peer: Peer) -> Program:
        """Run another tool and hold what it wrote against ours."""
        out, read = self.scratch / "other", self.cohort
        shutil.rmtree(out, ignore_errors=True)
        if peer.lacking:
            return Program(peer.name, None, problem=f"not installed: {peer.lacking}")
        if peer.in_r:
            read = self.scratch / "csv"
            if not read.is_dir():
                cohorts.as_csv(self.cohort, read)
        try:
            whole, told = peer.run(read, out, self.limits)
        except UnfinishedError as limit:
            return Program(peer.name, None, problem=str(limit))
        if found := differences(self.scratch / "ours", out):
            raise RuntimeError("\n".join([f"{peer.name} does not give what we do:", *found]))
        return Program(peer.name, whole, {part: Step(seconds, 0.0) for part, seconds in told.items()})


def _middle(programs: list[Program]) -> Program:
    first = programs[0]
    finished = [one.whole for one in programs if one.whole]
    if len(finished) < len(programs):
        return next(one for one in programs if not one.whole)
    steps = {name: _middle_step([one.steps[name] for one in programs]) for name in first.steps}
    return Program(first.name, middle(finished), steps)


def _middle_step(steps: list[Step]) -> Step:
    return Step(median(step.seconds for step in steps), median(step.cpu for step in steps))


_ADAPTER = TypeAdapter(dict[str, list[Size]])


def kept() -> dict[str, list[Size]]:
    """Give what was measured before, by the name of the size."""
    return _ADAPTER.validate_json(MEASURED.read_bytes()) if MEASURED.exists() else {}


def keep(measured: dict[str, list[Size]]) -> dict[str, list[Size]]:
    """Write down what was measured and give all there is; sizes that were not measured now stay as they are."""
    every = kept() | measured
    every = {name: every[name] for name in SIZES if name in every}
    MEASURED.write_bytes(_ADAPTER.dump_json(every, indent=1) + b"\n")
    return every
