"""Compare many cohorts: `python -m tests.twin FIRST LAST PATIENTS`, seeds from FIRST up to LAST."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.twin.against import STEPS, compared
from tests.twin.against_results import compared_results

PARTS = 8
"""Parts of a cohort whose results are compared too."""


def main(first: int, last: int, patients: int) -> None:
    rows: Counter[str] = Counter()
    different = 0
    for seed in range(first, last):
        time = [*STEPS][seed % len(STEPS)]
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
            try:
                rows.update(compared(Path(one), seed, time=time, patients=patients))
                rows["results"] += compared_results(Path(other), seed, time=time, patients=patients, parts=PARTS)
            except AssertionError as difference:
                different += 1
                sys.stdout.write(f"seed {seed}: {difference}\n")
    sys.stdout.write(f"{last - first} cohorts, {different} different; equal rows {dict(rows)}, {rows.total()} in all\n")
    sys.exit(different > 0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
