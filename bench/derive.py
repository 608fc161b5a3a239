"""Deriving in a process of its own, step by step, and the bare scan of the same columns beside it.

`python -m bench.derive COHORT OUT REPORT [--to-remission] [--memory SIZE]`
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import duckdb

from bench.cohorts import TO_REMISSION, columns
from bench.processes import Run, run

THREADS = 2
DERIVED = ("grades", "episodes", "courses", "endpoints")
"""The derived tables from grades to remission."""


@dataclass(frozen=True)
class Step:
    """Wall time and processor time of a step, in seconds."""

    seconds: float
    cpu: float

    def __add__(self, other: Step) -> Step:
        return Step(self.seconds + other.seconds, self.cpu + other.cpu)


class _EnoughError(Exception):
    """Remission is derived; what would follow is not asked for."""


def scan(cohort: Path, asked: Mapping[str, Sequence[str]] | None = None) -> Step:
    """Measure a bare scan: `max` of every column of every table, or of those asked for; files warm."""
    chosen = asked or {file.stem: columns(file) for file in sorted(cohort.glob("*.parquet"))}
    with duckdb.connect(config={"threads": THREADS}) as connection:
        start = _now()
        for table, names in chosen.items():
            largest = ", ".join(f'max("{name}")' for name in names)
            connection.execute(f"select {largest} from '{cohort / table}.parquet'").fetchall()
        return _since(start)


def scan_to_remission(cohort: Path) -> Step:
    """Measure a bare scan of the columns that lead to remission."""
    return scan(cohort, TO_REMISSION)


def in_its_own_process(
    cohort: Path, out: Path, report: Path, *, to_remission: bool = True, memory: str = ""
) -> tuple[Run, dict[str, Step]]:
    """Derive in a process of its own; give the process and its steps, the reading of the records first."""
    asked = [*(["--to-remission"] if to_remission else []), *(["--memory", memory] if memory else [])]
    whole = run(["-m", "bench.derive", str(cohort), str(out), str(report), *asked])
    return whole, {name: Step(**step) for name, step in json.loads(report.read_text()).items()}


def steps_of(cohort: Path, out: Path, *, to_remission: bool, memory: str) -> dict[str, Step]:
    """Derive in this process and give the cost of each step, reading first."""
    from icans.engines import connect
    from icans.engines.limits import limits
    from icans.study import Study

    began: list[tuple[str, tuple[float, float]]] = [("reading", _now())]

    def step(name: str) -> None:
        began.append((name, _now()))
        if to_remission and name in {"survival", "biomarkers"}:
            raise _EnoughError

    engine = connect(scratch=out.with_name(out.name + "-spilled"), limits=limits(memory))
    try:
        Study.read(cohort, engine).derive(out, step)
        began.append(("end", _now()))
    except _EnoughError:
        pass
    engine.close()
    found: dict[str, Step] = {}
    for (name, start), (_, end) in pairwise(began):
        found[name] = found.get(name, Step(0, 0)) + Step(end[0] - start[0], end[1] - start[1])
    if to_remission and not set(found) >= set(DERIVED):
        raise RuntimeError(f"remission was not reached; the steps were {', '.join(found)}")
    return found


def _now() -> tuple[float, float]:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), usage.ru_utime + usage.ru_stime


def _since(start: tuple[float, float]) -> Step:
    end = _now()
    return Step(end[0] - start[0], end[1] - start[1])


def main() -> None:
    """Derive as the command line asks, and write the steps."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cohort", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("report", type=Path)
    parser.add_argument("--to-remission", action="store_true", help="stop there")
    parser.add_argument("--memory", default="", help="limit, such as 4GB")
    asked = parser.parse_args()
    found = steps_of(asked.cohort, asked.out, to_remission=asked.to_remission, memory=asked.memory)
    asked.report.write_text(json.dumps({name: asdict(step) for name, step in found.items()}))


if __name__ == "__main__":
    main()
