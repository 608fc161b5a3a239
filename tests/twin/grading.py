"""How graded domains make a grade: docs/decisions/0012-missing-signs.md and 0023-recorded-grades.md."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True)
class Domain:
    """What a domain could earn.

    ``recorded`` are the grades that what was recorded allows, ``read`` those left once unrecorded signs are read as
    the protocol says. ``counts`` is None where nobody recorded whether the domain counts.
    """

    name: str
    recorded: Collection[int]
    read: Collection[int]
    counts: bool | None = True
    other_cause: bool = False

    def bounds(self, *, read: bool) -> tuple[int, int]:
        if self.counts is False or self.other_cause:
            return 0, 0
        grades = self.read if read else self.recorded
        return (0 if self.counts is None else min(grades)), max(grades)


def grade(domains: Iterable[Domain], conditions: Iterable[str]) -> Row:
    """Give grade, bounds and lists; `conditions` are the columns whose lack leaves open whether domains count."""
    domains = list(domains)
    low, high = worst(domains, read=False)
    read_low, read_high = worst(domains, read=True)
    earned = [d.name for d in domains if low > 0 and d.bounds(read=False)[0] == low]
    counting = [d for d in domains if d.counts is not False]
    missing = [d.name for d in counting if not d.other_cause and len(d.recorded) > 1]
    return {
        "grade": read_low if read_low == read_high else None,
        "grade_low": low,
        "grade_high": high,
        "driver": ";".join(earned),
        "missing": ";".join([*missing, *conditions]),
        "excluded": ";".join(d.name for d in counting if d.other_cause),
    }


def worst(domains: list[Domain], *, read: bool) -> tuple[int, int]:
    bounds = [domain.bounds(read=read) for domain in domains]
    return max(low for low, _ in bounds), max(high for _, high in bounds)


def cells(value: str | None, grades: Mapping[str, int]) -> set[int]:
    """Give the grades of a value; every grade of the domain where there is none, or none that could be tested."""
    return {grades[value]} if value is not None and value in grades else set(grades.values())
