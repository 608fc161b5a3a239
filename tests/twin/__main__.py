"""Compare many cohorts: `python -m tests.twin FIRST LAST PATIENTS`, seeds from FIRST up to LAST."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.twin.against import STEPS, compared


def main(first: int, last: int, patients: int) -> None:
    rows: Counter[str] = Counter()
    different = 0
    for seed in range(first, last):
        with tempfile.TemporaryDirectory() as folder:
            try:
                rows.update(compared(Path(folder), seed, time=[*STEPS][seed % len(STEPS)], patients=patients))
            except AssertionError as difference:
                different += 1
                sys.stdout.write(f"seed {seed}: {difference}\n")
    sys.stdout.write(f"{last - first} cohorts, {different} different; equal rows {dict(rows)}, {rows.total()} in all\n")
    sys.exit(different > 0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
