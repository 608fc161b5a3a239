"""Figures to files: each as SVG and as PNG at 300 dots per inch."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from icans.errors import StudyError

if TYPE_CHECKING:
    from icans.figures.figure import Figure

PROCESSES = 2
NOT_TEXT = "\N{REPLACEMENT CHARACTER}"

ALLOWED = frozenset('"\\/nrt')
"""What may follow a backslash in JSON: the other escapes are of control characters."""

BROUGHT = Path(__file__).with_name("fonts.conf")
"""Settings under which no font of the system is read: the renderer brings its own, so that a figure is the same on
every machine, and measuring a text does not search hundreds of fonts."""

_ESCAPE = re.compile(r"\\(u....|.)")
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_NOT_BROUGHT = re.compile("[\u0530-\u1dff\u2700-\ufffc\U00010000-\U0010ffff]")
"""Characters of scripts that the fonts brought along do not write."""


class Renderer:
    """Processes that draw, started early and used when the figures are there.

    Use it as a context: they start on entering, in the background, and are gone on leaving, when every file is written.

    Parameters
    ----------
    processes
        How many draw at once.
    """

    def __init__(self, processes: int = PROCESSES) -> None:
        self._count = max(1, min(processes, os.cpu_count() or 1))
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._warmed: list[Future[dict[str, Any]]] = []
        self._painted: list[Future[dict[str, Any]]] = []
        self._threads = ThreadPoolExecutor(self._count, thread_name_prefix="figures")
        self._system_fonts = False
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.finish()
        finally:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._stop()

    def draw(self, figures: Sequence[Figure], folder: Path) -> dict[str, str]:
        """Write each figure's SVG into a folder and begin with the PNGs.

        Parameters
        ----------
        figures
            The figures; their ids name the files.
        folder
            An existing folder.

        Returns
        -------
        dict
            The SVG of each figure by its id.

        Raises
        ------
        StudyError
            A figure could not be drawn.
        """
        jobs = {figure.id: request(_drawing(figure, folder)) for figure in figures}
        if not self._system_fonts and any(_NOT_BROUGHT.search(job.decode()) for job in jobs.values()):
            self.finish()
            self._stop()
            self._system_fonts = True
            self._start()
        asked = {name: self._threads.submit(self._ask, job) for name, job in jobs.items()}
        drawn = {name: _answer(name, future)["svg"] for name, future in asked.items()}
        self._painted += [self._threads.submit(self._ask, request(_painting(figure, folder))) for figure in figures]
        return drawn

    def finish(self) -> None:
        """Wait until every PNG is written.

        Raises
        ------
        StudyError
            One could not be.
        """
        for future in self._painted:
            _answer("PNG", future)
        self._painted.clear()

    def _start(self) -> None:
        for _ in range(self._count):
            process = _started(system_fonts=self._system_fonts)
            self.processes.append(process)
            self._idle.put(process)
        self._warmed = [self._threads.submit(self._ask, request({"do": "warm"})) for _ in self.processes]

    def _stop(self) -> None:
        for process in self.processes:
            process.kill()
        wait(self._warmed)
        while not self._idle.empty():
            self._idle.get()
        for process in self.processes:
            process.communicate()
        self.processes.clear()

    def _ask(self, job: bytes) -> dict[str, Any]:
        process = self._idle.get()
        try:
            line = _asked(process, job)
        except OSError as error:
            return {"error": f"the drawing process is gone ({error.strerror})"}
        finally:
            self._idle.put(process)
        return json.loads(line) if line else {"error": "the drawing process is gone"}


def _drawing(figure: Figure, folder: Path) -> dict[str, Any]:
    return {
        "do": "svg",
        "specification": figure.specification(),
        "figure": figure.id,
        "words": figure.alt,
        "path": str(folder / f"{figure.id}.svg"),
    }


def _painting(figure: Figure, folder: Path) -> dict[str, Any]:
    return {"do": "png", "path": str(folder / f"{figure.id}.svg"), "png": str(folder / f"{figure.id}.png")}


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


def request(job: dict[str, Any]) -> bytes:
    """Write a job as a line of JSON in which no text has a character that XML cannot hold.

    The renderer measures a text by setting it in XML, and ends the whole process where it is not well-formed.
    """
    text = _ESCAPE.sub(
        lambda escape: escape[0] if escape[1] in ALLOWED else NOT_TEXT, json.dumps(job, ensure_ascii=False)
    )
    return _NOT_XML.sub(NOT_TEXT, text).encode() + b"\n"


def _asked(process: subprocess.Popen[bytes], line: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:  # never, with both piped
        return b""
    process.stdin.write(line)
    process.stdin.flush()
    return process.stdout.readline()


def _answer(name: str, future: Future[dict[str, Any]]) -> dict[str, Any]:
    answer = future.result()
    if "error" in answer:
        raise StudyError(f"{name}: could not be drawn: {answer['error']}.")
    return answer
