"""What a terminal shows while a command works."""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from icans.engines.engine import Watchable

if TYPE_CHECKING:
    from icans.engines import Engine

COUNTED = re.compile(r"([\d,]+) of ([\d,]+)")
"""How a step says how much of it is done."""
LONG = 1.0
"""Seconds after which the part of a step that is done is shown."""
EVERY = 0.25
"""Seconds from one look at the engine to the next."""


class Shown:
    """What nobody watches: steps go by unseen."""

    def __call__(self, step: str) -> None:
        """Begin a step."""

    @contextmanager
    def follow(self, engine: Engine) -> Iterator[None]:  # noqa: ARG002  # as for `Bar`
        """Show how far an engine is, while it computes."""
        yield


class Bar(Shown):
    """A bar on a terminal: the steps that are done, and how far the engine is in the one that runs.

    Parameters
    ----------
    draw
        Shows a description, and how many of how many are done.
    title
        What is done.
    steps
        Steps that are known to come, in order; others may come between.
    """

    def __init__(self, draw: Callable[[str, float, int | None], None], title: str, steps: Sequence[str]) -> None:
        self._draw = draw
        self._title = title
        self._steps = steps
        self._before = 0
        self._step = ""
        self._began = time.monotonic()
        self._furthest = 0.0

    def __call__(self, step: str) -> None:
        """Begin a step."""
        self._step, self._began, self._furthest = step, time.monotonic(), 0.0
        self._before = self._steps.index(step) if step in self._steps else self._before
        done, total = counted(step)
        if total is None and self._steps:
            done, total = self._before, len(self._steps)
        self._draw(f"{self._title}: {step}", done, total)

    @contextmanager
    def follow(self, engine: Engine) -> Iterator[None]:
        """Show how far an engine is, while it computes; one that cannot tell is not asked."""
        if not isinstance(engine, Watchable):
            yield
            return
        done, ended = engine.watch(), threading.Event()

        def look() -> None:
            while not ended.wait(EVERY):
                self._look(done())

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()

    def _look(self, part: float | None) -> None:
        """Show what part of a query is done; a step may have several, and the bar does not go back for the next."""
        if part is None or not self._steps or time.monotonic() - self._began < LONG or counted(self._step)[1]:
            return
        self._furthest = max(self._furthest, part)
        self._draw(f"{self._title}: {self._step} {part:.0%}", self._before + self._furthest, len(self._steps))


@contextmanager
def progress(title: str, steps: Sequence[str] = ()) -> Iterator[Shown]:
    """Show on a terminal which step runs; print nothing where nobody watches.

    A step that says how many of how many are done is shown with a bar; so are the steps that are known to come.

    Parameters
    ----------
    title
        What is done.
    steps
        Steps that are known to come, in order; others may come between.
    """
    if not sys.stderr.isatty():
        yield Shown()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def draw(description: str, done: float, total: int | None) -> None:
            bar.update(task, description=description, completed=done, total=total)

        yield Bar(draw, title, steps)


def counted(step: str) -> tuple[int, int | None]:
    """Give how many of how many a step says are done; 0 of None, which is not known, where it says nothing."""
    found = COUNTED.search(step)
    if not found:
        return 0, None
    done, total = (int(number.replace(",", "")) for number in found.groups())
    return done, total
