"""Print how long the commands take as ratios: `python -m bench [--only NAME ...] [--scale] [--write]`."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.derive import THREADS
from bench.markdown import replace_parts
from bench.scale import LARGE, SIZES, keep, kept, measure
from bench.scale_tables import arithmetic, measured_tables
from bench.specifications import multiplied
from bench.startup import help_beside_typer, start_up
from bench.survival import survival
from bench.tables import heading, specifications_table, start_up_table, survival_table
from bench.target_trial import emulating, emulating_table
from icans.packaged import folder

SOME = 2_000
"""Simulated patients for icans sensitivity."""

MILLION = 1_000_000
"""Simulated patients for the estimators of time to event."""

TRIALS = (2_000, 6_500)
"""Simulated patients for the target trial; of the larger cohort about 2,000 are eligible."""

RESULTS = Path(__file__).with_name("RESULTS.md")
SCALE = Path(__file__).parent.parent / "docs" / "scale.md"


def main() -> None:
    """Measure, print, and with `--write` keep what was measured in place of what stood there."""
    asked = arguments()
    on_two_cores()
    parts = {"heading": heading()}
    told(parts["heading"])
    with tempfile.TemporaryDirectory(prefix="icans-bench-") as scratch:
        for name, part in measurable(Path(scratch), asked.repeats).items():
            if name in asked.only:
                parts[name] = f"{part()}\nMeasured on {datetime.now(UTC).date().isoformat()}.\n"
                told(parts[name])
        sizes = [name for name in SIZES if name in asked.only]
        if sizes:
            place = asked.cohorts or Path(scratch)
            measured = {name: measure(name, place, asked.repeats, told, asked.minutes) for name in sizes}
            every = keep(measured) if asked.write else kept() | measured
            largest = list(every.values())[-1][-1]
            scale = {"measured": measured_tables(every), "arithmetic": arithmetic(largest)}
            parts["scale"] = f"## From records to remission, by size\n\n{scale['measured']}"
            told(parts["scale"], scale["arithmetic"])
            if asked.write:
                replace_parts(SCALE, scale)
    if asked.write:
        replace_parts(RESULTS, parts)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    usual = ["startup", "specifications", "trial", "survival", *(name for name in SIZES if SIZES[name] < LARGE)]
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = ["startup", "specifications", "trial", "survival", *SIZES]
    parser.add_argument(
        "--only", nargs="+", choices=names, metavar="NAME", help=f"measure only these: {', '.join(names)}"
    )
    parser.add_argument("--scale", action="store_true", help="measure all sizes up to 112 million assessments as well")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each program; the median counts")
    parser.add_argument("--minutes", type=float, default=30, help="most minutes that another tool may take")
    parser.add_argument("--cohorts", type=Path, help="folder that keeps the simulated cohorts for the next time")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}, scale.json and docs/{SCALE.name}")
    asked = parser.parse_args()
    asked.only = asked.only or (names if asked.scale else usual)
    if asked.cohorts:
        asked.cohorts.mkdir(parents=True, exist_ok=True)
    return asked


def measurable(scratch: Path, repeats: int) -> dict[str, Callable[[], str]]:
    """Give what can be measured but the sizes, by its name."""

    def startup() -> str:
        out = scratch / "report"
        with folder() as study:
            measured = [
                start_up(["demo"], out, scratch, repeats),
                start_up(["report", str(study)], out, scratch, repeats),
            ]
        return start_up_table(measured, help_beside_typer(scratch, repeats))

    def specifications() -> str:
        with folder() as study:
            return specifications_table(
                [multiplied(study, scratch, repeats), multiplied(study, scratch, repeats, SOME)]
            )

    return {
        "startup": startup,
        "specifications": specifications,
        "trial": lambda: emulating_table([emulating(patients, scratch) for patients in TRIALS]),
        "survival": lambda: survival_table(survival(MILLION, scratch, repeats)),
    }


def told(*texts: str) -> None:
    """Print at once."""
    print(*texts, sep="\n", flush=True)


def on_two_cores() -> None:
    """Keep this process and its children on two cores, so that machines with more are comparable."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])


if __name__ == "__main__":
    main()
