"""Figures to files: each as SVG and as PNG at 300 dots per inch."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from icans.errors import StudyError
from icans.figures.process import Answer, DrawingProcess
from icans.output import NO_ROOM

if TYPE_CHECKING:
    from icans.figures.figure import Figure

NOT_TEXT = "\N{REPLACEMENT CHARACTER}"

ALLOWED = frozenset('"\\/nrt')
"""What may follow a backslash in JSON: the other escapes are of control characters."""

_ESCAPE = re.compile(r"\\(u....|.)")
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_NOT_BROUGHT = re.compile("[\u0530-\u1dff\u2700-\ufffc\U00010000-\U0010ffff]")
"""Characters of scripts that the fonts brought along do not write."""


class Drawn(Mapping[str, str]):
    """The SVG of each figure by its id; who asks for one waits until it is drawn.

    Raises
    ------
    StudyError
        The figure asked for could not be drawn.
    """

    def __init__(self, asked: Mapping[str, Future[Answer]]) -> None:
        self._asked = asked

    def __getitem__(self, figure: str) -> str:
        svg: str = _answer(figure, self._asked[figure])["svg"]
        return svg

    def __iter__(self) -> Iterator[str]:
        return iter(self._asked)

    def __len__(self) -> int:
        return len(self._asked)

    def __or__(self, other: Drawn) -> Drawn:
        """Give the figures of both."""
        return Drawn({**self._asked, **other._asked})


class Renderer:
    """A process that draws SVGs and one that makes PNGs of them, started early and used when the figures are there.

    Use it as a context: they start on entering, in the background, and are gone on leaving, when every file is written.
    Only the first starts a browser's engine, which takes half a second of a processor.
    """

    def __init__(self) -> None:
        self._system_fonts = False
        self._painted: list[tuple[str, Future[Answer]]] = []
        self.processes: list[DrawingProcess] = []

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
            self._stop()

    def draw(self, figures: Sequence[Figure], folder: Path) -> Drawn:
        """Begin to write each figure's SVG and PNG into a folder.

        Parameters
        ----------
        figures
            The figures; their ids name the files.
        folder
            An existing folder.
        """
        jobs = {figure.id: request(_drawing(figure, folder)) for figure in figures}
        if not self._system_fonts and any(_NOT_BROUGHT.search(job.decode()) for job in jobs.values()):
            self.finish()
            self._stop()
            self._system_fonts = True
            self._start()
        drawing, painting = self.processes
        asked = {name: drawing.ask(job) for name, job in jobs.items()}
        for figure in figures:
            png = painting.ask(request(_painting(figure, folder)), after=asked[figure.id])
            self._painted.append((figure.id, png))
        return Drawn(asked)

    def finish(self) -> None:
        """Wait until every file is written.

        Raises
        ------
        StudyError
            One could not be.
        """
        for figure, png in self._painted:
            _answer(figure, png)
        self._painted.clear()

    def _start(self) -> None:
        drawing, painting = (DrawingProcess(system_fonts=self._system_fonts) for _ in ("SVG", "PNG"))
        drawing.ask(request({"do": "warm"}))
        self.processes = [drawing, painting]

    def _stop(self) -> None:
        for process in self.processes:
            process.end()
        self.processes.clear()


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


def request(job: dict[str, Any]) -> bytes:
    """Write a job as a line of JSON in which no text has a character that XML cannot hold.

    The renderer measures a text by setting it in XML, and ends the whole process where it is not well-formed.
    """
    text = _ESCAPE.sub(
        lambda escape: escape[0] if escape[1] in ALLOWED else NOT_TEXT, json.dumps(job, ensure_ascii=False)
    )
    return _NOT_XML.sub(NOT_TEXT, text).encode() + b"\n"


def _answer(name: str, future: Future[Answer]) -> Answer:
    answer = future.result()
    if answer.get("errno") in NO_ROOM:
        raise OSError(answer["errno"], os.strerror(answer["errno"]))
    if "error" in answer:
        raise StudyError(f"{name}: could not be drawn: {answer['error']}.")
    return answer
