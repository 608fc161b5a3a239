"""What `icans power` does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from icans.power.answer import Answer, answer
from icans.power.asked import Asked

if TYPE_CHECKING:
    from icans.figures.render import Renderer


def plan(asked: Asked, out: Path | None, renderer: Renderer | None, step: Callable[[str], None]) -> Answer:
    """Give the characteristics of a trial, and write them into a folder.

    Parameters
    ----------
    asked
        The trial.
    out
        An existing folder for results, figure and ``power.html``; None: nothing is written.
    renderer
        Draws the figure, where there is a folder.
    step
        Told the name of each step as it begins.

    Raises
    ------
    CallError
        The trial cannot be simulated.
    StudyError
        No trial of a possible size has the power.
    """
    found = answer(asked, step)
    if out is not None and renderer is not None:
        _write(found, out, renderer, step)
    return found


def _write(found: Answer, out: Path, renderer: Renderer, step: Callable[[str], None]) -> None:
    from icans.figures.power import power_figure  # noqa: PLC0415  # only where figures are drawn
    from icans.power.summary import CLOSING, NAMES, summary  # noqa: PLC0415
    from icans.report.power_page import write_page  # noqa: PLC0415
    from icans.results import store  # noqa: PLC0415

    store.write(found.rows, out)
    step("figure")
    figure = power_figure(found.rows, names=NAMES, two_arms=found.asked.two_arms, power=found.asked.power)
    (out / "figures").mkdir()
    drawn = renderer.draw([figure], out / "figures")
    step("page")
    lines = [*summary(found), CLOSING]
    write_page(out / "power.html", found.rows, lines, names=NAMES, figure=figure, drawn=drawn)
