"""What other definitions would have made of the answer: what `icans sensitivity` does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from icans.results.claims import Claim, claims_of
from icans.results.sensitivity import sensitivity
from icans.results.specified import Specified

if TYPE_CHECKING:
    from icans.figures.render import Renderer
    from icans.results.rows import Result
    from icans.study import Study


@dataclass(frozen=True)
class Tried:
    """The study under every specification, its rows of results, and the claims they were held against."""

    study: Specified
    results: list[Result]
    claims: list[Claim]


def try_definitions(study: Study, out: Path | None, renderer: Renderer | None, step: Callable[[str], None]) -> Tried:
    """Compute the study under every combination of its definitions, and write what was found into a folder.

    Parameters
    ----------
    study
        The study.
    out
        An existing folder for the results, the table of specifications, the figure and ``sensitivity.html``; None:
        nothing is written.
    renderer
        Draws the figure, where there is a folder.
    step
        Told the name of each step as it begins.

    Raises
    ------
    ProtocolError
        The alternatives make too many combinations.
    ClaimsError
        claims.toml cannot be understood.
    """
    claims = claims_of(study.folder)
    specified = study.specified(step)
    tried = Tried(specified, sensitivity(specified, claims), claims)
    if out is not None and renderer is not None:
        _write(study, tried, out=out, renderer=renderer, step=step)
    return tried


def _write(study: Study, tried: Tried, *, out: Path, renderer: Renderer, step: Callable[[str], None]) -> None:
    from icans.figures.figure import Figure  # noqa: PLC0415  # only where figures are drawn
    from icans.figures.specification_curve import specification_curve  # noqa: PLC0415
    from icans.report.sensitivity_page import write_page  # noqa: PLC0415
    from icans.results import specification_table, store  # noqa: PLC0415

    store.write(tried.results, out)
    specification_table.write(tried.study, out)
    step("figure")
    curve = specification_curve(tried.study)
    figures = [curve] if isinstance(curve, Figure) else []
    (out / "figures").mkdir()
    drawn = renderer.draw(figures, out / "figures")
    step("page")
    page = out / "sensitivity.html"
    write_page(page, study.protocol, tried.study, tried.results, claims=tried.claims, figures=figures, drawn=drawn)
