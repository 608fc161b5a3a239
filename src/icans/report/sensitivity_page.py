"""The page of `icans sensitivity`: the specification curve of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from icans.figures.figure import Figure
from icans.protocol import Protocol
from icans.report import sensitivity
from icans.report.blocks import Section, bullets
from icans.report.document import figure_block, page
from icans.report.numbers import Numbers
from icans.results.claims import Claim
from icans.results.rows import Result
from icans.results.specified import Specified


def write_page(
    path: Path,
    protocol: Protocol,
    study: Specified,
    results: Sequence[Result],
    *,
    claims: Sequence[Claim],
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
    study
        The study under every specification.
    results
        Its rows of results.
    claims
        What a manuscript states.
    figures, drawn
        The specification curve, and its SVG by id; none where no specification can be applied.
    """
    numbers = Numbers(results)
    curve = [figure_block(numbers, figure, drawn) for figure in figures]
    tried = [
        f"{one.definition.title}: {', '.join(f'{c.label} (the study)' if c.own else c.label for c in one.choices)}"
        for one in study.alternatives
    ]
    sections = [
        Section(sensitivity.SECTION, sensitivity.TITLE, tuple(sensitivity.blocks(numbers, study, curve, claims))),
        Section("definitions", "The definitions that were varied", (bullets(tried),)),
    ]
    text = page(protocol, numbers, sections, title=f"Sensitivity to definitions: {protocol.study.title}")
    path.write_text(text, encoding="utf-8")
