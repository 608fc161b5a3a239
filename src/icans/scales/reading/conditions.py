"""The conditions of a scale file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args

from icans.records.schema import Column
from icans.scales.conditions import (
    AllOf,
    AnyOf,
    ColumnTest,
    Condition,
    DomainTest,
    Interval,
    Limits,
    Missing,
    OneOf,
    ScoreTest,
    Test,
)
from icans.scales.model import Score
from icans.scales.reading.cells import interval
from icans.scales.reading.entries import Entry
from icans.scales.reading.vocabulary import answers, check_answer, column, graded_values


def condition(entry: Entry, known: Mapping[str, Column], scores: Mapping[str, Score]) -> Condition:
    """Read a condition; the domains it tests are looked for where it is used.

    Raises
    ------
    ScaleError
        It tests a column or score that is not there, or a value that the column cannot hold.
    """
    return Condition(entry.text("name"), entry.text("label"), _joined(entry, known, scores))


def _joined(entry: Entry, known: Mapping[str, Column], scores: Mapping[str, Score]) -> AnyOf | AllOf:
    if entry.has("any") == entry.has("all"):
        entry.refuse("it needs either any or all")
    key = "any" if entry.has("any") else "all"
    tests = tuple(_test(part, known, scores) for part in entry.inner(key, marker=key))
    if not tests:
        entry.refuse(f"{key} is empty", key=key)
    return AnyOf(tests) if key == "any" else AllOf(tests)


def _test(entry: Entry, known: Mapping[str, Column], scores: Mapping[str, Score]) -> Test:
    test: Test
    if entry.has("any") or entry.has("all"):
        test = _joined(entry, known, scores)
    elif entry.has("domain"):
        test = DomainTest(entry.text("domain"), entry.whole("at_least", 1, 5))
    elif entry.has("score"):
        score = entry.one_of("score", scores)
        recorded = entry.take("recorded") is True
        test = ScoreTest(score, None if recorded else entry.whole("at_least", 1, scores[score].most))
    else:
        test = _column_test(entry, column(entry, known))
    entry.close()
    return test


def _column_test(entry: Entry, tested: Column) -> ColumnTest:
    held = graded_values(entry, tested)
    passes: Interval | OneOf
    if isinstance(held, Limits):
        passes = interval(entry, held)
    elif entry.has("is"):
        answer = entry.take("is")
        check_answer(entry, answer, held, "is")
        passes = OneOf((answer,))
    else:
        passes = OneOf(answers(entry, "in", held))
        if not passes.answers:
            entry.refuse(f"it does not say what {tested.name} is to be", "Give is or in.")
    missing = entry.one_of("missing", get_args(Missing), "open")
    return ColumnTest(tested.name, passes, cast(Missing, missing))
