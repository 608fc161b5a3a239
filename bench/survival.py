"""The cost of the estimators of time to event, in multiples of R's survival on the same patients.

What both give is compared before any time counts.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench.processes import run

IN_R = Path(__file__).with_name("survival.R")
"""The same estimators in R."""

DAYS = (7, 30, 90, 365, 1000)
"""Where the curves are compared."""

NEAR = 1e-9
"""How far our numbers and R's may be apart, relative to their size."""


@dataclass(frozen=True)
class Survival:
    """Estimators of time to event beside R's.

    Parameters
    ----------
    patients
        Size of the simulated cohort.
    ours, theirs
        Seconds by estimator and kind of times; `theirs` is empty where R or its package survival is not installed.
    megabytes
        Peak memory of the process that ran ours, its data included.
    """

    patients: int
    ours: dict[str, float]
    theirs: dict[str, float]
    megabytes: float


def survival(patients: int, scratch: Path, repeats: int) -> Survival:
    """Simulate times to event, and run each estimator here and in R in turn."""
    folder = scratch / "survival"
    folder.mkdir()
    write_patients(patients, folder)
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    megabytes = 0.0
    for _ in range(repeats):
        report = folder / "seconds.json"
        megabytes = max(megabytes, run(["-m", "bench.survival", str(folder), str(report)]).megabytes)
        found = json.loads(report.read_text())
        there = in_r(folder, patients)
        if there:
            hold_equal(found["numbers"], there["numbers"])
        ours.append(found["seconds"])
        theirs.append(there.get("seconds", {}))
    names = list(ours[0])
    return Survival(
        patients=patients,
        ours={name: median(one[name] for one in ours) for name in names},
        theirs={name: median(one[name] for one in theirs) for name in names if all(theirs)},
        megabytes=megabytes,
    )


def write_patients(patients: int, folder: Path) -> None:
    """Write the same patients for both: times all apart and in whole days, half of them censored, one covariate."""
    random = np.random.default_rng(1)
    x = random.normal(size=patients)
    apart = random.exponential(365 * np.exp(-0.3 * x))
    columns = {
        "x": x,
        "apart": apart,
        "days": np.ceil(apart),
        "event": random.integers(0, 2, patients),
        "group": random.integers(0, 2, patients),
    }
    for name, column in columns.items():
        column.astype(np.float64).tofile(folder / name)


def in_r(folder: Path, patients: int) -> Any:  # noqa: ANN401  # JSON
    """Run each estimator once in R; empty where R or its package survival is not installed."""
    rscript = shutil.which("Rscript")
    if (
        rscript is None
        or subprocess.run([rscript, "-e", "library(survival)"], capture_output=True, check=False).returncode
    ):
        return {}
    finished = subprocess.run(
        [rscript, str(IN_R), str(folder), str(patients), *map(str, DAYS)], capture_output=True, text=True, check=True
    )
    return json.loads(finished.stdout)


def hold_equal(ours: dict[str, list[float]], theirs: dict[str, list[float]]) -> None:
    """Refuse to go on where our numbers are not R's.

    Raises
    ------
    RuntimeError
        One differs by more than `NEAR`.
    """
    for name, numbers in ours.items():
        if not np.allclose(numbers, theirs[name], rtol=NEAR, atol=0):
            raise RuntimeError(f"{name}: {numbers} here, {theirs[name]} in R")


def here(folder: Path) -> dict[str, Any]:
    """Run each estimator once in this process, its module imported before."""
    from icans.stats.cox import cox
    from icans.stats.log_rank import log_rank
    from icans.stats.time_to_event import kaplan_meier

    event, group, x = (np.fromfile(folder / name) for name in ("event", "group", "x"))
    seconds, numbers = {}, {}
    for name in ("apart", "days"):
        moments = np.fromfile(folder / name)
        seconds[f"Kaplan-Meier {name}"], curve = timed(lambda times=moments: kaplan_meier(times, event))
        at = np.searchsorted(curve.time, DAYS, side="right") - 1
        numbers[f"Kaplan-Meier {name}"] = [*curve.survival[at], *curve.low[at], *curve.high[at]]
        seconds[f"log-rank {name}"], test = timed(lambda times=moments: log_rank(times, event, group))
        numbers[f"log-rank {name}"] = [*test.expected, test.test.statistic]
        seconds[f"Cox {name}"], model = timed(lambda times=moments: cox(times, event, x))
        numbers[f"Cox {name}"] = [model.coefficients[0].value, float(model.covariance[0, 0])]
    return {"seconds": seconds, "numbers": numbers}


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Give the seconds that something takes, and what it gives."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(here(Path(sys.argv[1]))))
