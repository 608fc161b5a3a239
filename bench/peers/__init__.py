"""The same derivation as others would write it: from the same records to the same grades, episodes, courses, endpoints.

Each is a script of its own that a user of that tool would write: it reads the records of a simulated cohort, and writes
the four tables, without checking the records and without what the cohort does not have (a second infusion, items of a
score, another cause of a sign). `bench.peers.same` holds what they write against ours before any time is compared.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench.processes import Limits, Run, run

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """Another tool, and the script written for it.

    Parameters
    ----------
    name
        As its users call it.
    script
        File beside this one.
    module
        Python package it needs; for R the R package.
    """

    name: str
    script: str
    module: str

    @property
    def in_r(self) -> bool:
        """Whether it is written in R; then it reads and writes CSV."""
        return self.script.endswith(".R")

    @property
    def lacking(self) -> str:
        """What is not installed; empty where everything is."""
        if not self.in_r:
            return "" if find_spec(self.module) else self.module
        rscript = shutil.which("Rscript")
        if rscript is None:
            return "R"
        found = subprocess.run([rscript, "-e", f"library({self.module})"], capture_output=True, check=False)
        return f"{self.module} for R" if found.returncode else ""

    def run(self, cohort: Path, out: Path, limits: Limits) -> tuple[Run, dict[str, float]]:
        """Derive in a process of its own; give the process and the seconds of its parts as it told them."""
        out.mkdir()
        program = shutil.which("Rscript") or "Rscript" if self.in_r else sys.executable
        whole = run([str(HERE / self.script), str(cohort), str(out)], program=program, limits=limits)
        told = json.loads((out / "seconds.json").read_text())
        return whole, told


PEERS = (
    Peer("Polars", "with_polars.py", "polars"),
    Peer("pandas", "with_pandas.py", "pandas"),
    Peer("data.table", "with_data_table.R", "data.table"),
)
