"""A row of the table of results: one number, how it was had, and the patients behind it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

NAMED_AT_MOST = 10_000
"""Most patients whose ids a row carries: beyond it a list of ids helps nobody and the table could not be opened."""


@dataclass(frozen=True)
class Result:
    """One number of the study.

    Parameters
    ----------
    analysis
        What kind of question: population, baseline, toxicity, exposure, remission, recurrence, time_to_remission,
        biomarkers, survival, agreement, data, scales, comparison, comparison_baseline, sensitivity, target_trial.
    variable
        What was measured.
    statistic
        Which number of it: n, percent, median, ci_low, ...
    value
        The number; percent is 0-100, a month is 30.4375 days. None where it could not be had: `reason` says why.
    group
        The group of patients, specimen or pair of scales; None for everyone.
    level
        Category, landmark, grade, definition or specification the number belongs to; None where there is none.
    unit
        Unit of the value, empty for a count.
    method
        The method in words a journal prints, with its variant.
    n
        Observations behind the number.
    patients
        Ids of the patients behind it, sorted; none where more than `NAMED_AT_MOST` are behind it.
    reason
        Why there is no value, or None.

    Raises
    ------
    ValueError
        The value is not finite, or is missing without a reason, or has both a value and a reason: never shown to a
        user, a fault of the analysis.
    """

    analysis: str
    variable: str
    statistic: str
    value: float | None
    group: str | None = None
    level: str | None = None
    unit: str = ""
    method: str = ""
    n: int = 0
    patients: tuple[str, ...] = field(default=(), repr=False)
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.value is not None and not math.isfinite(self.value):
            raise ValueError(f"{self.name} is {self.value}: a number that cannot be had is None, with a reason")
        if (self.value is None) != (self.reason is not None):
            raise ValueError(f"{self.name} needs either a value or a reason")

    @property
    def name(self) -> str:
        """Where the row stands, as a claim names it: ``baseline / age_years / median (evaluable)``."""
        where = " / ".join(part for part in (self.analysis, self.variable, self.level, self.statistic) if part)
        return f"{where} ({self.group})" if self.group else where


@dataclass(frozen=True)
class Subject:
    """What the rows of a block share; see `Result` for each part."""

    analysis: str
    variable: str
    group: str | None = None
    level: str | None = None
    unit: str = ""
    method: str = ""
    n: int = 0
    patients: tuple[str, ...] = ()

    def row(
        self,
        statistic: str,
        value: float | None,
        reason: str | None = None,
        *,
        unit: str | None = None,
        method: str | None = None,
        level: str | None = None,
    ) -> Result:
        """Make a row of the block; a reason is kept only where there is no value."""
        return Result(
            analysis=self.analysis,
            variable=self.variable,
            statistic=statistic,
            value=None if value is None else float(value),
            group=self.group,
            level=self.level if level is None else level,
            unit=self.unit if unit is None else unit,
            method=self.method if method is None else method,
            n=self.n,
            patients=self.patients,
            reason=reason if value is None else None,
        )

    def about(self, patients: tuple[str, ...], n: int, *, level: str | None = None) -> Subject:
        """Give the same subject for some of its patients."""
        return replace(self, patients=patients, n=n, level=self.level if level is None else level)
