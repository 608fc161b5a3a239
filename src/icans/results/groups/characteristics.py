"""Whether groups were alike to begin with: each characteristic by group, and the standardised difference."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from icans.results.baseline import as_numbers, characteristic, is_recorded
from icans.results.cohort import Cohort, Mask
from icans.results.columns import Columns
from icans.results.groups.grouping import Grouping
from icans.results.groups.pairs import group_name, pair_name
from icans.results.rows import Result, Subject
from icans.stats.balance import StandardisedDifference, binary_difference, categorical_difference, numeric_difference

ANALYSIS = "comparison_baseline"


def characteristics(cohort: Cohort, columns: Columns, grouping: Grouping, who: Mask) -> list[Result]:
    """Describe every characteristic in each group, and how far each group is from the reference.

    Parameters
    ----------
    cohort
        The patients of the study.
    columns
        Columns of patients and of the first infusion, one value a patient of the cohort.
    grouping
        Who is in which group.
    who
        Patients compared.

    Returns
    -------
    list of Result
        For each column but the one that makes the groups the rows of `icans.results.baseline.baseline` for each group
        (``NAME: GROUP``), then ``standardised_difference`` for each group against the last.
    """
    rows: list[Result] = []
    for name, values in columns.items():
        if name == grouping.comparison.by:
            continue
        numbers = as_numbers(name, values)
        described_by = values if numbers is None else numbers
        for place in range(len(grouping.labels)):
            subject = Subject(ANALYSIS, name, group_name(grouping, place))
            rows += characteristic(subject, cohort, who & grouping.members(place), described_by)
        rows += _differences(cohort, grouping, who, name, described_by)
    return rows


def _differences(cohort: Cohort, grouping: Grouping, who: Mask, name: str, values: NDArray[Any]) -> Iterator[Result]:
    last = len(grouping.labels) - 1
    reference = who & grouping.members(last)
    known = ~np.isnan(values) if values.dtype == np.float64 else is_recorded(values)
    codes = values if values.dtype == np.float64 else _numbered(values, known)
    for place in range(last):
        group = who & grouping.members(place)
        found = _difference(codes[group], codes[reference], categories=values.dtype != np.float64)
        behind = (group | reference) & known
        subject = Subject(
            ANALYSIS,
            name,
            pair_name(grouping, place),
            method=found.method,
            n=found.n,
            patients=cohort.names(behind),
        )
        yield subject.row("standardised_difference", found.value, found.reason)


def _difference(group: NDArray[Any], reference: NDArray[Any], *, categories: bool) -> StandardisedDifference:
    if not categories:
        return numeric_difference(group, reference)
    found = np.unique(np.concatenate((group, reference)))
    if np.count_nonzero(~np.isnan(found)) <= 2:
        first = np.nanmin(found) if np.isfinite(found).any() else 0.0
        return binary_difference(*(np.where(np.isnan(one), np.nan, one != first) for one in (group, reference)))
    return categorical_difference(group, reference)


def _numbered(values: NDArray[Any], known: Mask) -> NDArray[np.float64]:
    """Give the categories of a text column numbers in alphabetical order."""
    numbers = np.full(values.size, np.nan)
    if known.any():
        numbers[known] = np.unique(values[known].astype(str), return_inverse=True)[1]
    return numbers
