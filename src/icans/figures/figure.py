"""A figure: a chart, the rows it draws, and the words around it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec

from altair.utils.schemapi import debug_mode

from icans.figures.data import Rows
from icans.figures.theme import CONFIG

P = ParamSpec("P")


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
    chart: Any
    rows: Rows = field(repr=False)
    results: tuple[tuple[str, str], ...] = ()

    def specification(self, *, validate: bool = False) -> dict[str, Any]:
        """Give the Vega-Lite specification, complete with rows and configuration."""
        with debug_mode(validate):
            specification: dict[str, Any] = self.chart.to_dict(validate=validate)
        return {**specification, "config": CONFIG, "datasets": self.rows}


@dataclass(frozen=True)
class LeftOut:
    """A figure that a study has no data for."""

    id: str
    title: str
    reason: str


def unchecked(make: Callable[P, Figure | LeftOut]) -> Callable[P, Figure | LeftOut]:
    """Build a figure without Altair's check of every part against its schema, which the tests do instead."""

    def made(*args: P.args, **kwargs: P.kwargs) -> Figure | LeftOut:
        with debug_mode(False):
            return make(*args, **kwargs)

    return made
