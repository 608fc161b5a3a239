"""A process that draws, from the side of the one that asks it to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from icans.errors import StudyError

Answer = dict[str, Any]
"""What a process says of a job; under ``error`` why it could not be done, under ``errno`` what the system calls it."""

BROUGHT = Path(__file__).with_name("fonts.conf")
"""Settings under which no font of the system is read: the renderer brings its own, so that a figure is the same on
every machine, and measuring a text does not search hundreds of fonts."""


class DrawingProcess:
    """A process that runs `icans.figures.worker`, and the thread that waits for its answers.

    Parameters
    ----------
    system_fonts
        Draw with the fonts of the system too.

    Raises
    ------
    StudyError
        It could not be started.
    """

    def __init__(self, *, system_fonts: bool) -> None:
        self.process = _started(system_fonts=system_fonts)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="figures")

    def ask(self, job: bytes, *, after: Future[Answer] | None = None) -> Future[Answer]:
        """Have a job done after those asked for before, and after one of another process.

        Parameters
        ----------
        job
            A line of JSON, as `icans.figures.worker.done` takes it.
        after
            A job that comes first; its error becomes that of this one.
        """
        return self._thread.submit(self._answered, job, after)

    def end(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self._thread.shutdown(cancel_futures=True)
        self.process.communicate()

    def _answered(self, job: bytes, after: Future[Answer] | None) -> Answer:
        before = after.result() if after else {}
        if "error" in before:
            return before
        try:
            line = _line(self.process, job)
        except OSError as error:
            return {"error": f"the drawing process is gone ({error.strerror})"}
        return json.loads(line) if line else {"error": "the drawing process is gone"}


def _started(*, system_fonts: bool) -> subprocess.Popen[bytes]:
    """Start a process that finds the same packages as this one, and nothing in the current folder."""
    path = os.pathsep.join(entry for entry in sys.path if entry)
    fonts = {} if system_fonts else {"FONTCONFIG_FILE": str(BROUGHT)}
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "icans.figures.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **fonts, "PYTHONPATH": path},
        )
    except OSError as error:
        raise StudyError(f"The process that draws could not be started ({error.strerror}).") from None


def _line(process: subprocess.Popen[bytes], job: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:  # never, with both piped
        return b""
    process.stdin.write(job)
    process.stdin.flush()
    return process.stdout.readline()
