"""What a terminal shows while a command works."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

COUNTED = re.compile(r"([\d,]+) of ([\d,]+)")
"""How a step says how much of it is done."""


@contextmanager
def progress(title: str, steps: Sequence[str] = ()) -> Iterator[Callable[[str], None]]:
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
        yield lambda _step: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        before = 0

        def show(step: str) -> None:
            nonlocal before
            before = steps.index(step) if step in steps else before
            done, total = counted(step)
            if total is None and steps:
                done, total = before, len(steps)
            bar.update(task, description=f"{title}: {step}", completed=done, total=total)

        yield show


def counted(step: str) -> tuple[int, int | None]:
    """Give how many of how many a step says are done; 0 of None, which is not known, where it says nothing."""
    found = COUNTED.search(step)
    if not found:
        return 0, None
    done, total = (int(number.replace(",", "")) for number in found.groups())
    return done, total
