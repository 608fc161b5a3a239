"""Values of a column, and the conditions under which a domain counts or a missing value is read as another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Answer = str | int | float | bool
"""A value a column can hold."""

Missing = Literal["met", "not met", "open"]
"""What a missing value means to a test."""


@dataclass(frozen=True)
class Interval:
    """Numbers from `least` to `most`; an end counts where its flag says so."""

    least: float
    most: float
    least_counts: bool = True
    most_counts: bool = True

    def __contains__(self, number: Answer) -> bool:
        if isinstance(number, str):
            return False
        above = number >= self.least if self.least_counts else number > self.least
        return above and (number <= self.most if self.most_counts else number < self.most)


@dataclass(frozen=True)
class OneOf:
    """Some of a column's answers."""

    answers: tuple[Answer, ...]

    def __contains__(self, answer: Answer) -> bool:
        return answer in self.answers


@dataclass(frozen=True)
class Limits:
    """What a numeric column can hold."""

    least: float
    most: float
    whole: bool

    def __contains__(self, number: float) -> bool:
        return self.least <= number <= self.most


Values = Limits | tuple[Answer, ...]
"""What a column can hold: numbers within limits, or one of some answers."""


@dataclass(frozen=True)
class ColumnTest:
    """Whether a column's value is one of some; `missing` is what a value that is not there, or cannot be, means."""

    column: str
    passes: Interval | OneOf
    missing: Missing = "open"


@dataclass(frozen=True)
class ScoreTest:
    """Whether a total is at least a number, or (`at_least` None) whether any part of it was recorded."""

    score: str
    at_least: int | None


@dataclass(frozen=True)
class DomainTest:
    """Whether a domain earns at least a grade, other causes left out."""

    domain: str
    at_least: int


@dataclass(frozen=True)
class AnyOf:
    """Met where a part is; open where none is and one is open."""

    parts: tuple[Test, ...]


@dataclass(frozen=True)
class AllOf:
    """Met where every part is; open where none fails and one is open."""

    parts: tuple[Test, ...]


Test = ColumnTest | ScoreTest | DomainTest | AnyOf | AllOf


@dataclass(frozen=True)
class Condition:
    """A named condition, and how a clinician would say it."""

    name: str
    label: str
    test: AnyOf | AllOf


def column_tests(test: Test) -> tuple[ColumnTest, ...]:
    """Give the tests of columns inside a condition."""
    return tuple(part for part in parts(test) if isinstance(part, ColumnTest))


def domain_tests(test: Test) -> tuple[DomainTest, ...]:
    """Give the tests of domains inside a condition."""
    return tuple(part for part in parts(test) if isinstance(part, DomainTest))


def parts(test: Test) -> tuple[Test, ...]:
    """Give the single tests inside a condition."""
    if isinstance(test, AnyOf | AllOf):
        return tuple(single for part in test.parts for single in parts(part))
    return (test,)
