"""The page of `icans agree`: scales against each other, recorded against derived grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from icans.figures.figure import Figure
from icans.protocol import Protocol
from icans.report.agreement import between_scales, recorded
from icans.report.blocks import Section, definition_list, paragraph
from icans.report.definitions import used_scales
from icans.report.document import figure_block, page
from icans.report.numbers import Numbers
from icans.results.rows import Result
from icans.scales.model import Scale


def write_page(
    path: Path,
    protocol: Protocol,
    scales: Sequence[Scale],
    results: Sequence[Result],
    *,
    figures: Sequence[Figure],
    drawn: Mapping[str, str],
) -> None:
    """Write one HTML file that needs nothing else.

    Parameters
    ----------
    path
        The file.
    protocol
        Definitions of the study.
    scales
        The scales that were used.
    results
        Rows of results.
    figures, drawn
        The figures, and the SVG of each by its id.
    """
    numbers = Numbers(results)
    blocks = between_scales(numbers, [figure_block(numbers, figure, drawn) for figure in figures])
    sections = [
        Section("scales", "The scales", (definition_list(used_scales(scales)),)),
        Section("agreement", "Agreement", tuple(blocks)),
        Section("recorded", "Recorded and derived grades", (_recorded(numbers),)),
    ]
    text = page(protocol, numbers, sections, title=f"Agreement of grades: {protocol.study.title}")
    path.write_text(text, encoding="utf-8")


def _recorded(numbers: Numbers) -> Markup:
    return recorded(numbers) or paragraph("No assessment has both signs and a recorded grade.")
