"""Run a process of its own and say how long it took and how much memory it had."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Run:
    """Wall time in seconds and peak memory in MB of a process, start-up included."""

    seconds: float
    megabytes: float


def run(arguments: Sequence[str]) -> Run:
    """Run a Python process to its end.

    Raises
    ------
    RuntimeError
        It failed; what it printed is in the message.
    """
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        printed = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{printed}")
    return Run(seconds, usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2))


def icans(*arguments: str) -> list[str]:
    """Give the arguments that run an icans command."""
    return ["-c", "from icans.cli import main; main()", *arguments]


def middle(runs: Sequence[Run]) -> Run:
    """Give the median time and memory of several runs."""
    return Run(median(one.seconds for one in runs), median(one.megabytes for one in runs))


def alternately(repeats: int, *runs: Callable[[], Run]) -> list[Run]:
    """Run several things in turn, so that a busy moment of the machine hits all of them; give each one's median."""
    rounds = [[one() for one in runs] for _ in range(repeats)]
    return [middle(column) for column in zip(*rounds, strict=True)]


def modules_after(arguments: Sequence[str], report: Path) -> list[str]:
    """Run an icans command and give the names of all modules it ended with, in the order of their import."""
    watched = (
        "import atexit, sys\n"
        "from icans.cli import main\n"
        f"atexit.register(lambda: open({str(report)!r}, 'w').write(chr(10).join(sys.modules)))\n"
        f"sys.argv = {['icans', *arguments]!r}\n"
        "main()\n"
    )
    run(["-c", watched])
    return report.read_text().split("\n")
