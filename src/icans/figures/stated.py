"""Numbers that figures state: rows of results found by what they are about, and written by the one formatter."""

from __future__ import annotations

from collections.abc import Sequence

from icans.results import display
from icans.results.rows import Result


class Stated:
    """The rows of results of a study.

    Parameters
    ----------
    results
        Every row.
    """

    def __init__(self, results: Sequence[Result]) -> None:
        self.results = results
        self._rows = {(row.analysis, row.variable, row.statistic, row.group, row.level): row for row in results}

    def row(
        self, analysis: str, variable: str, statistic: str, *, group: str | None = None, level: str | None = None
    ) -> Result | None:
        """Give a row; None where the study has no such row."""
        return self._rows.get((analysis, variable, statistic, group, level))

    def value(self, analysis: str, variable: str, statistic: str, *, group: str | None = None) -> float | None:
        """Give the value of a row; None where there is no row or no value."""
        row = self.row(analysis, variable, statistic, group=group)
        return None if row is None else row.value

    def median_range(self, analysis: str, variable: str) -> str:
        """Write ``median 11 (3-20) days``; empty where there is none."""
        values = [self.value(analysis, variable, statistic) for statistic in ("median", "min", "max")]
        row = self.row(analysis, variable, "median")
        median, least, most = values
        if row is None or median is None or least is None or most is None:
            return ""
        return f"median {display.median_range(median, least, most, row.unit)}"

    def median_interval(
        self, analysis: str, variable: str, statistic: str = "median", *, group: str | None = None
    ) -> str:
        """Write ``median 6.0 months (95% CI 3.1 to not reached)``; empty where there is no such row."""
        row = self.row(analysis, variable, statistic, group=group)
        if row is None or (row.value is None and not (row.reason or "").startswith(display.NOT_REACHED)):
            return ""
        low, high = (self.row(analysis, variable, limit, group=group) for limit in ("ci_low", "ci_high"))
        text = f"median {display.shown(row)}"
        if low is None or high is None or (low.value is None and high.value is None):
            return text
        return f"{text} (95% CI {display.interval(low.value, high.value, low.unit)})"
