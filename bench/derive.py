"""The cost of deriving, in multiples of a bare scan of the same Parquet columns."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb
import pyarrow.parquet as pq

from bench.processes import Run, icans, middle, run

THREADS = 2
TO_REMISSION = ("grades", "episodes", "courses", "endpoints")


@dataclass(frozen=True)
class Derivation:
    """Deriving beside scanning.

    Parameters
    ----------
    patients, assessments
        Size of the cohort.
    simulate
        The process that made it.
    scan
        Seconds to read every column of every table once (DuckDB, two threads, `max` of each column, files warm).
    command
        The whole command `icans derive`, start-up and all tables written as Parquet included.
    steps
        Seconds of each step inside one process.
    megabytes
        Peak memory of that process.
    """

    patients: int
    assessments: int
    simulate: Run
    scan: float
    command: Run
    steps: dict[str, float]
    megabytes: float

    @property
    def ratio(self) -> float:
        """The whole command in multiples of the scan."""
        return self.command.seconds / self.scan

    @property
    def to_remission(self) -> float:
        """From grades to remission in multiples of the scan."""
        return sum(self.steps.get(name, 0.0) for name in TO_REMISSION) / self.scan


def derivation(patients: int, scratch: Path, repeats: int) -> Derivation:
    """Simulate a cohort, scan it, derive from it by the command and step by step."""
    cohort = scratch / "cohort"
    simulated = run(icans("simulate", "--patients", str(patients), "--seed", "1", "--out", str(cohort)))
    scan(cohort)
    scans, commands, insides, steps = [], [], [], []
    for number in range(repeats):
        report = scratch / "steps.json"
        scans.append(scan(cohort))
        commands.append(run(icans("derive", str(cohort), "--out", str(scratch / "out"))))
        scans.append(scan(cohort))
        insides.append(run(["-m", "bench.derive", str(cohort), str(scratch / f"steps{number}"), str(report)]))
        steps.append(json.loads(report.read_text()))
    return Derivation(
        patients=patients,
        assessments=sum(pq.read_metadata(cohort / f"{name}.parquet").num_rows for name in ("neuro", "crs")),
        simulate=simulated,
        scan=median(scans),
        command=middle(commands),
        steps={name: median(one[name] for one in steps) for name in steps[0]},
        megabytes=middle(insides).megabytes,
    )


def scan(cohort: Path) -> float:
    """Give the seconds of a bare scan of every column of every table."""
    with duckdb.connect(config={"threads": THREADS}) as connection:
        columns = {
            file: [row[0] for row in connection.execute(f"describe from '{file}'").fetchall()]
            for file in sorted(cohort.glob("*.parquet"))
        }
        start = time.perf_counter()
        for file, names in columns.items():
            largest = ", ".join(f'max("{name}")' for name in names)
            connection.execute(f"select {largest} from '{file}'").fetchall()
        return time.perf_counter() - start


def steps_of(cohort: Path, out: Path) -> dict[str, float]:
    """Derive in this process and give the seconds of each step, reading first."""
    from icans.engines import connect
    from icans.study import Study

    names, times = ["reading"], [time.perf_counter()]

    def step(name: str) -> None:
        names.append(name)
        times.append(time.perf_counter())

    engine = connect()
    Study.read(cohort, engine).derive(out, step)
    engine.close()
    times.append(time.perf_counter())
    seconds: dict[str, float] = {}
    for name, start, end in zip(names, times, times[1:], strict=False):
        seconds[name] = seconds.get(name, 0.0) + end - start
    return seconds


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(steps_of(Path(sys.argv[1]), Path(sys.argv[2]))))
