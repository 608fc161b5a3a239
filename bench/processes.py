"""Run a process of its own, as a user would, and say how long it took and how much memory it had."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

ALONE = Path(__file__).with_name("alone.py")

IN_VAIN = ("MemoryError", "ArrayMemoryError", "bad_alloc", "cannot allocate", "Cannot allocate", "memory allocation")
"""What programs say that ran out of memory."""


@dataclass(frozen=True)
class Run:
    """Wall time and processor time in seconds, and peak memory in MB, of a process and its children.

    Start-up is included.
    """

    seconds: float
    megabytes: float
    cpu: float = 0.0


@dataclass(frozen=True)
class Limits:
    """Most address space in bytes and most seconds that a process may take; None: any."""

    memory: int | None = None
    seconds: float | None = None


NO_LIMITS = Limits()


class UnfinishedError(Exception):
    """A process came to a limit; the message is which."""


def run(arguments: Sequence[str], *, program: str = sys.executable, limits: Limits = NO_LIMITS) -> Run:
    """Run a process to its end; with Python's caches of compiled modules, as for a user.

    Raises
    ------
    RuntimeError
        It failed; what it printed is in the message.
    UnfinishedError
        It came to one of its limits.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.NamedTemporaryFile(prefix="icans-bench-", suffix=".json") as report:
        asked = [report.name, str(limits.memory or 0), str(limits.seconds or 0)]
        finished = subprocess.run(
            [sys.executable, "-I", "-S", str(ALONE), *asked, program, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
            check=True,
        )
        told = json.load(report)
    if code := told["code"]:
        if limits.seconds and told["cost"]["seconds"] >= limits.seconds:
            raise UnfinishedError(f"more than {limits.seconds / 60:.0f} minutes")
        if limits.memory and (code == -signal.SIGKILL or any(words in finished.stdout for words in IN_VAIN)):
            raise UnfinishedError(f"out of memory ({limits.memory / 1e9:.0f} GB)")
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{finished.stdout}")
    return Run(**told["cost"])


def icans(*arguments: str) -> list[str]:
    """Give the arguments that run an icans command."""
    return ["-c", "from icans.cli import main; main()", *arguments]


def with_own_peak(cost: Run, out: Path) -> Run:
    """Give a command's cost with the peak memory it recorded in its output.

    It measures each of its steps, for which it clears the peak that the system knows.
    """
    recorded = json.loads((out / "run.json").read_text(encoding="utf-8"))["peak_memory_bytes"] / 1024**2
    return replace(cost, megabytes=max(cost.megabytes, recorded))


def middle(runs: Sequence[Run]) -> Run:
    """Give the median times and memory of several runs."""
    return Run(
        median(one.seconds for one in runs),
        median(one.megabytes for one in runs),
        median(one.cpu for one in runs),
    )


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
