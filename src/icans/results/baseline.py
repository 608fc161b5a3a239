"""Table 1: every column of patients and of the first infusion, for everyone infused and for the evaluable."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from icans.records.schema import TABLES
from icans.results.cohort import Cohort, Mask
from icans.results.gathered import Gathered
from icans.results.rows import Result, Subject
from icans.results.summaries import described

ANALYSIS = "baseline"
MOST_LEVELS = 20
"""Text with more distinct values is an id or free text: its values are counted, not listed."""

_NUMBER = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,2})?")
_DECLARED = {column.name: column for name in ("patients", "infusions") for column in TABLES[name].columns}


def baseline(study: Gathered) -> list[Result]:
    """Describe every characteristic of the patients and of their first infusion, the study's own columns included.

    A numeric column, or a text column whose every value is a number, has n, missing, median, min, max, q1, q3, mean and
    sd. Any other column has n, missing, levels (how many distinct values) and, unless it has more than `MOST_LEVELS`,
    for each value (level) n and percent, the percentage of the recorded values.

    Parameters
    ----------
    study
        The study as arrays.

    Returns
    -------
    list of Result
        For each column everyone infused (group None), then the evaluable patients.
    """
    rows: list[Result] = []
    for name, values in study.characteristics.items():
        numbers = as_numbers(name, values)
        described_by = values if numbers is None else numbers
        for group, who in study.cohort.groups():
            rows += characteristic(Subject(ANALYSIS, name, group), study.cohort, who, described_by)
    return rows


def characteristic(subject: Subject, cohort: Cohort, who: Mask, values: NDArray[Any]) -> list[Result]:
    """Describe one characteristic, the subject's variable, of some patients; the rows are those of `baseline`.

    Parameters
    ----------
    subject
        Analysis, variable and group of the rows.
    cohort
        The patients.
    who
        Those described.
    values
        One value a patient of the cohort, text or numbers (`as_numbers`).
    """
    if values.dtype != np.float64:
        return _counted(subject, cohort, who, values)
    positions = np.flatnonzero(who)
    return described(replace(subject, unit=unit_of(subject.variable)), cohort, positions, values[positions])


def unit_of(name: str) -> str:
    """Give the unit of a column; empty where it has none."""
    return _DECLARED[name].unit if name in _DECLARED else ""


def _counted(subject: Subject, cohort: Cohort, who: Mask, values: NDArray[Any]) -> list[Result]:
    """Count the distinct values of a text column; each group lists the values that anyone infused has."""
    recorded = who & is_recorded(values)
    n = int(np.count_nonzero(recorded))
    known = replace(subject, patients=cohort.names(recorded), n=n)
    missing = replace(subject, patients=cohort.names(who & ~recorded), n=int(np.count_nonzero(who)))
    distinct = len(set(values[recorded].tolist()))
    rows = [
        known.row("n", n, method="values recorded"),
        missing.row("missing", missing.n - n, method="values not recorded"),
        known.row("levels", distinct, method="distinct values recorded"),
    ]
    every = levels(subject.variable, values[cohort.infused & is_recorded(values)])
    if len(every) > MOST_LEVELS:
        return rows
    return rows + [row for level in every for row in _level(known, cohort, recorded & (values == level), level)]


def _level(subject: Subject, cohort: Cohort, who: Mask, level: str) -> list[Result]:
    count = int(np.count_nonzero(who))
    about = subject.about(cohort.names(who), subject.n, level=level)
    share = (100 * count / subject.n, None) if subject.n else (None, "no value was recorded")
    return [
        about.row("n", count, method="patients with this value"),
        about.row("percent", *share, unit="%", method="percentage of the values recorded"),
    ]


def levels(name: str, values: NDArray[Any]) -> list[str]:
    """Give the distinct values of a text column: as declared, else the commonest first and equals by name."""
    distinct, counts = np.unique(values.astype(str), return_counts=True)
    present = dict(zip(distinct.tolist(), counts.tolist(), strict=True))
    declared = _DECLARED[name].allowed if name in _DECLARED else ()
    return sorted(present, key=lambda level: (declared.index(level) if level in declared else -present[level], level))


def as_numbers(name: str, values: NDArray[Any]) -> NDArray[np.float64] | None:
    """Give a column as numbers; text where every recorded value is one and the column is the study's own, else None."""
    if values.dtype == np.float64:
        return values
    if name in _DECLARED:
        return None
    recorded = is_recorded(values)
    distinct = set(values[recorded].tolist())
    if not distinct or not all(_NUMBER.fullmatch(value) for value in distinct):
        return None
    numbers = np.full(values.size, np.nan)
    numbers[recorded] = values[recorded].astype(np.float64)
    return numbers


def is_recorded(values: NDArray[Any]) -> Mask:
    """Tell whose text is not missing."""
    return np.asarray(values != None, dtype=np.bool_)  # noqa: E711  # compares element by element
