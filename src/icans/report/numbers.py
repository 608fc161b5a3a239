"""The numbers a page shows, each leading back to its row of results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

from icans.results import display
from icans.results.rows import Result

NAMED = 200
"""Most patients named behind one number on the page; results.json names more."""


class Numbers:
    """The results of a study and a register of those a page shows.

    Parameters
    ----------
    results
        Every row of results.
    """

    def __init__(self, results: Sequence[Result]) -> None:
        self.results = results
        self._by_key = {(r.analysis, r.variable, r.statistic, r.group, r.level): r for r in results}
        self._shown: dict[Result, int] = {}

    def find(
        self, analysis: str, variable: str, statistic: str, *, group: str | None = None, level: str | None = None
    ) -> Result | None:
        """Give a row by what it is about; None where the study has no such row."""
        return self._by_key.get((analysis, variable, statistic, group, level))

    def matching(self, analysis: str, variable: str | None = None) -> list[Result]:
        """Give the rows of an analysis, in their order."""
        return [r for r in self.results if r.analysis == analysis and variable in (None, r.variable)]

    @property
    def nobody_evaluable(self) -> bool:
        """Whether no patient is evaluable: there is then nothing to say of the intervention."""
        evaluable = self.find("population", "evaluable", "n")
        return evaluable is not None and not evaluable.value

    def show(self, text: str, rows: Iterable[Result | None]) -> Markup:
        """Write a text whose numbers come from these rows as something to click."""
        indices = " ".join(str(self._shown.setdefault(row, len(self._shown))) for row in rows if row is not None)
        if not indices:
            return escape(text)
        return Markup('<button type="button" class="number" data-rows="{}">{}</button>').format(indices, text)

    def one(self, row: Result | None) -> Markup:
        """Write one number as the formatter writes it; a value that could not be had, with its reason."""
        if row is None:
            return Markup('<span class="missing">not available</span>')
        if row.value is None:
            words, reason = display.shown(row), row.reason or ""
            return self.show(reason if reason.startswith(words) else f"{words} ({reason})", [row])
        return self.show(display.shown(row), [row])

    def share(self, row: Result | None) -> Markup:
        """Show a number as a percentage, or why there is none."""
        if row is None or row.value is None:
            return self.one(row)
        return self.show(display.percent(row.value), [row])

    def json(self) -> Markup:
        """Give what the page must know of each number shown, safe inside a script element."""
        rows = [
            {
                "name": row.name,
                "value": row.value,
                "unit": row.unit,
                "method": row.method,
                "n": row.n,
                "reason": row.reason,
                "patients": row.patients[:NAMED],
                "patient_count": len(row.patients),
            }
            for row in self._shown
        ]
        text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
        return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704
