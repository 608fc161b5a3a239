"""A figure: a chart, the rows it draws, and the words around it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from icans.figures.data import Rows
from icans.figures.marks import View
from icans.figures.theme import CONFIG


@dataclass(frozen=True)
class Figure:
    """A figure of the study.

    Parameters
    ----------
    id
        Name of its files.
    title
        What is seen.
    caption
        Sentences with n and method.
    alt
        What a reader who cannot see it should know.
    chart
        The chart; its rows are named, not carried.
    rows
        The rows by name.
    results
        The rows of results it shows, as (analysis, variable).
    """

    id: str
    title: str
    caption: str
    alt: str
    chart: View
    rows: Rows = field(repr=False)
    results: tuple[tuple[str, str], ...] = ()

    def specification(self) -> dict[str, Any]:
        """Give the Vega-Lite specification, complete with rows and configuration."""
        return {**self.chart, "config": CONFIG, "datasets": self.rows}


@dataclass(frozen=True)
class LeftOut:
    """A figure that a study has no data for."""

    id: str
    title: str
    reason: str
