"""The cost of deriving, in multiples of a bare scan of the same Parquet columns."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

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
    scanned, assessments = scan(cohort, repeats)
    command = middle([run(icans("derive", str(cohort), "--out", str(scratch / "out"))) for _ in range(repeats)])
    report = scratch / "steps.json"
    inside = run(["-m", "bench.derive", str(cohort), str(scratch / "steps"), str(report)])
    steps = json.loads(report.read_text())
    return Derivation(patients, assessments, simulated, scanned, command, steps, inside.megabytes)


def scan(cohort: Path, repeats: int) -> tuple[float, int]:
    """Give the median seconds of a bare scan of every column, and the number of assessments."""
    import duckdb

    seconds = []
    with duckdb.connect(config={"threads": THREADS}) as connection:
        files = sorted(cohort.glob("*.parquet"))
        columns = {file: [row[0] for row in connection.execute(f"describe from '{file}'").fetchall()] for file in files}
        for warm in range(repeats + 1):
            start = time.perf_counter()
            for file, names in columns.items():
                largest = ", ".join(f'max("{name}")' for name in names)
                connection.execute(f"select {largest} from '{file}'").fetchall()
            if warm:
                seconds.append(time.perf_counter() - start)
        counts = [
            connection.execute(f"select count(*) from '{cohort / name}.parquet'").fetchone()
            for name in ("neuro", "crs")
        ]
    return median(seconds), sum(count[0] for count in counts if count)


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
