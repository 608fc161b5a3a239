"""Results of two runs, one by one: which moved, by how much, and how many patients came and went."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from icans.results.rows import NAMED_AT_MOST, Result

TOLERANCE = 1e-12
"""Relative difference of two values that are the same: what the order of a sum can do."""
ATTRIBUTES = ("unit", "method", "reason")

Key = tuple[str, str | None, str, str | None, str, int]


@dataclass(frozen=True)
class Moved:
    """A result that is not the same in two runs.

    Parameters
    ----------
    before, after
        The result in each; None where it is not there, never in both.
    """

    before: Result | None
    after: Result | None

    @property
    def result(self) -> Result:
        """The result as it is now, or else as it was."""
        found = self.after or self.before
        assert found  # noqa: S101  # never both None
        return found

    @property
    def change(self) -> Literal["moved", "appeared", "vanished"]:
        """What happened to it."""
        return "moved" if self.before and self.after else "appeared" if self.after else "vanished"

    @property
    def difference(self) -> float | None:
        """Value after less value before; None where there are not two, or their units differ."""
        if not self.before or not self.after or self.before.unit != self.after.unit:
            return None
        if self.before.value is None or self.after.value is None:
            return None
        return self.after.value - self.before.value

    @property
    def gained(self) -> int | None:
        """Patients behind it now who were not before; None where they are not all named."""
        return _newly(self.before, self.after)

    @property
    def lost(self) -> int | None:
        """Patients behind it before who are not now; None where they are not all named."""
        return _newly(self.after, self.before)


def moved(before: Sequence[Result], after: Sequence[Result]) -> list[Moved]:
    """Give the results that are not the same in two runs, in the order of the second, what vanished at the end.

    Values that agree to a relative `TOLERANCE` are the same. A result moved too where its observations, its patients,
    its unit, its method or the reason for having no value differ.
    """
    first, second = _by_key(before), _by_key(after)
    pairs = [Moved(first.get(key), second.get(key)) for key in dict.fromkeys([*second, *first])]
    return [pair for pair in pairs if not _same(pair.before, pair.after)]


def _by_key(results: Sequence[Result]) -> dict[Key, Result]:
    """Give results by what names them; the number tells those of one name apart."""
    seen: Counter[tuple[str, str | None, str, str | None, str]] = Counter()
    found = {}
    for row in results:
        name = (row.analysis, row.group, row.variable, row.level, row.statistic)
        seen[name] += 1
        found[(*name, seen[name])] = row
    return found


def _same(one: Result | None, other: Result | None) -> bool:
    if one is None or other is None:
        return False
    alike = all(getattr(one, name) == getattr(other, name) for name in ATTRIBUTES)
    return alike and one.n == other.n and one.patients == other.patients and _close(one.value, other.value)


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=TOLERANCE)


def _newly(one: Result | None, other: Result | None) -> int | None:
    """Count the patients of one result that another has not; None where either has too many to name."""
    if any(row is not None and row.n > NAMED_AT_MOST and not row.patients for row in (one, other)):
        return None
    return len({*(other.patients if other else ())} - {*(one.patients if one else ())})
