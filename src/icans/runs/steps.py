"""How long each step of a run takes, and how much memory."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
CLEAR_PEAK = "5"


@dataclass(frozen=True)
class StepTaken:
    """A step of a run.

    Parameters
    ----------
    name
        What was done.
    seconds
        Wall time.
    peak_memory_bytes
        Most memory this process held during the step, where the system tells it step by step (Linux); elsewhere the
        most since the process began. An engine that computes in another process (Spark, PostgreSQL) is not in it.
    """

    name: str
    seconds: float
    peak_memory_bytes: int


class Steps:
    """The steps of a run: told the name of each as it begins, it shows it and measures the one before.

    Parameters
    ----------
    show
        Shows the name of a step.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._name = ""
        self._began = perf_counter()
        self._taken: dict[str, StepTaken] = {}

    def __call__(self, step: str) -> None:
        """Begin a step; what follows a comma says how far it is and begins none."""
        self._show(step)
        name = step.partition(",")[0]
        if name != self._name:
            self._end()
            self._name = name

    def taken(self) -> list[StepTaken]:
        """End the last step and give all of them, in the order in which they began."""
        self._end()
        return list(self._taken.values())

    def _end(self) -> None:
        ended = perf_counter()
        if self._name:
            before = self._taken.get(self._name, StepTaken(self._name, 0.0, 0))
            seconds = before.seconds + ended - self._began
            self._taken[self._name] = StepTaken(self._name, seconds, max(before.peak_memory_bytes, _peak()))
        self._name = ""
        self._began = ended
        with suppress(OSError):
            CLEAR.write_text(CLEAR_PEAK)


def _peak() -> int:
    """Give the most memory held since the peak was last cleared."""
    with suppress(OSError):
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return _peak_since_start()


def _peak_since_start() -> int:
    try:
        import resource  # noqa: PLC0415  # Unix alone has it
    except ImportError:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
