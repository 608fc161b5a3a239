"""A row of the table of results: one number, how it was had, and the patients behind it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Result:
    """One number of the study.

    Parameters
    ----------
    analysis
        What kind of question: population, baseline, toxicity, exposure, remission, time_to_remission, biomarkers,
        survival, agreement, data.
    variable
        What was measured.
    statistic
        Which number of it: n, percent, median, ci_low, ...
    value
        The number; percent is 0-100, a month is 30.4375 days. None where it could not be had: `reason` says why.
    group
        The group of patients or specimen; None for everyone.
    level
        Category, landmark or grade the number belongs to; None where there is none.
    unit
        Unit of the value, empty for a count.
    method
        The method in words a journal prints, with its variant.
    n
        Observations behind the number.
    patients
        Ids of the patients behind it, sorted.
    reason
        Why there is no value, or None.
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
