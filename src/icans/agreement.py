"""How far scales agree on a study, and the clinic's grades with its signs: what `icans agree` does."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from icans.errors import StudyError
from icans.results.agreement import agreement
from icans.results.comparison import Comparison, comparison_results
from icans.results.gathered import Assessed, gather_grades
from icans.results.scales import scales_used
from icans.results.worklists import write_changes, write_discordant

if TYPE_CHECKING:
    import ibis

    from icans.figures.render import Renderer
    from icans.results.rows import Result
    from icans.study import Study


@dataclass(frozen=True)
class Agreed:
    """What was compared.

    Parameters
    ----------
    results
        Rows of results: agreement, and the scales used.
    comparisons
        The scales of each toxicity.
    said
        Why a scale was left out, as sentences.
    """

    results: list[Result]
    comparisons: list[Comparison]
    said: tuple[str, ...]


def agree(study: Study, out: Path | None, renderer: Renderer | None, step: Callable[[str], None]) -> Agreed:
    """Compare scales with each other, and recorded with derived grades, and write what was found into a folder.

    Parameters
    ----------
    study
        The study, read with the scales to compare.
    out
        An existing folder for the results, the work lists, the figures and ``agreement.html``; None: nothing is
        written.
    renderer
        Draws the figures, where there is a folder.
    step
        Told the name of each step as it begins.

    Raises
    ------
    StudyError
        There are no two scales that can be compared, and no recorded grades beside signs either.
    """
    with tempfile.TemporaryDirectory(prefix="icans-") as scratch:
        step("grades")
        grades = study.engine.write(study.graded(), Path(scratch) / "grades.parquet")
        step("agreement")
        gathered = gather_grades(study.records, grades, study.engine)
        comparisons = study.comparisons(gathered.cohort)
        said = tuple(
            sentence for one in comparisons for sentence in dict.fromkeys(left.reason for left in one.left_out)
        )
        recorded = agreement(gathered, study.protocol)
        results = [*recorded, *comparison_results(comparisons, study.protocol, gathered.cohort)]
        _refuse_nothing(study, results, said)
        results += scales_used(gathered.assessments, study.scales, comparisons, study.protocol.grading.unrecorded)
        agreed = Agreed(results, comparisons, said)
        if out is not None and renderer is not None:
            _write(study, agreed, gathered, grades, out=out, renderer=renderer, step=step)
    return agreed


def _refuse_nothing(study: Study, results: Sequence[Result], said: Sequence[str]) -> None:
    """Refuse where scales were asked for and no two can be compared, or where there is nothing at all."""
    pairs = [row for row in results if row.group and row.value is not None]
    if study.compared and not pairs:
        raise StudyError("\n".join(("Fewer than two scales of one toxicity can be compared.", *said)))
    if not results:
        raise StudyError(
            "There is nothing to compare: no assessment has both signs and a recorded grade.",
            "Name scales with --scales A,B or [agreement] scales in study.toml; icans scales lists them.",
        )


def _write(
    study: Study,
    agreed: Agreed,
    gathered: Assessed,
    grades: ibis.Table,
    *,
    out: Path,
    renderer: Renderer,
    step: Callable[[str], None],
) -> None:
    from icans.figures.agreement import agreement_figures  # noqa: PLC0415  # only where figures are drawn
    from icans.figures.stated import Stated  # noqa: PLC0415
    from icans.report.agreement_page import write_page  # noqa: PLC0415
    from icans.results import store  # noqa: PLC0415

    store.write(agreed.results, out)
    write_discordant(gathered, grades, study.records, study.engine, out)
    write_changes(agreed.comparisons, study.protocol, gathered.cohort, out)
    step("figures")
    figures = agreement_figures(Stated(agreed.results), severe=study.protocol.population.severe_grade)
    (out / "figures").mkdir()
    drawn = renderer.draw(figures, out / "figures")
    step("page")
    used = study.every_scale
    page = out / "agreement.html"
    write_page(page, study.protocol, used, agreed.results, figures=figures, drawn=drawn)


def print_agreement(agreed: Agreed) -> None:
    """Print the agreement of each pair as tables, as wide as the terminal, and what else a reader must know."""
    from icans.results.agreement_table import agreement_tables  # noqa: PLC0415  # only where it is printed

    agreement_tables(agreed.results, sys.stdout)
    lacks = [row for row in agreed.results if row.statistic == "columns_lacking"]
    for sentence in (*agreed.said, *(f"{row.level}: {row.method}." for row in lacks)):
        sys.stderr.write(f"{sentence}\n")
