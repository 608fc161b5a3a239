"""Print how long the commands take as ratios: `python -m bench [--write]`."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from bench.derive import THREADS, derivation
from bench.specifications import multiplied
from bench.startup import help_beside_typer, start_up
from bench.survival import survival
from bench.tables import derive_table, heading, specifications_table, start_up_table, survival_table
from bench.target_trial import emulating, emulating_table
from icans.packaged import folder

SOME = 2_000
"""Simulated patients for icans sensitivity."""

MILLION = 1_000_000
"""Simulated patients for the estimators of time to event."""

TRIALS = (2_000, 6_500)
"""Simulated patients for the target trial; of the larger cohort about 2,000 are eligible."""

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Measure, print, and with `--write` keep the table beside this file."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--patients", type=int, default=200_000, help="simulated patients for icans derive")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each command; the median counts")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    chosen = parser.parse_args()
    on_two_cores()
    parts = [heading()]
    print(parts[0], flush=True)
    with tempfile.TemporaryDirectory(prefix="icans-bench-") as scratch, folder() as study:
        place = Path(scratch)
        out = str(place / "report")
        measured = [
            start_up(["demo", "--out", out], place, chosen.repeats),
            start_up(["report", str(study), "--out", out], place, chosen.repeats),
        ]
        parts.append(start_up_table(measured, help_beside_typer(place, chosen.repeats)))
        print(parts[-1], flush=True)
        fewer = max(3, chosen.repeats - 2)
        parts.append(specifications_table([multiplied(study, place, fewer), multiplied(study, place, fewer, SOME)]))
        print(parts[-1], flush=True)
        parts.append(derive_table(derivation(chosen.patients, place, fewer)))
        print(parts[-1], flush=True)
        parts.append(emulating_table([emulating(patients, place) for patients in TRIALS]))
        print(parts[-1], flush=True)
        parts.append(survival_table(survival(MILLION, place, fewer)))
        print(parts[-1], flush=True)
    if chosen.write:
        RESULTS.write_text("\n".join(parts), encoding="utf-8")


def on_two_cores() -> None:
    """Keep this process and its children on two cores, so that machines with more are comparable."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])


if __name__ == "__main__":
    main()
