"""The columns of a table as a scale reads them, and conditions on them: met, not met or open."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

import ibis

from icans.errors import ScaleError
from icans.scales.conditions import (
    AllOf,
    AnyOf,
    ColumnTest,
    DomainTest,
    Interval,
    Limits,
    OneOf,
    ScoreTest,
    Test,
)
from icans.scales.layout import EVERY_GRADE, Layout
from icans.scales.model import DEATH, Scale

Truth = Any
"""True, False or None (open), the same in every row; or a boolean column, null where open."""

Choice = tuple[Truth, Any]
"""A condition and what holds where it is met."""

UNKNOWN = ibis.null("boolean")
YES, NO = ("true", "yes", "y", "t", "1"), ("false", "no", "n", "f", "0")


def first_met(choices: list[Choice], otherwise: Any) -> Any:  # noqa: ANN401  # a column or a constant
    """Give what belongs to the first condition that is met; an open one is not."""
    branches: list[Choice] = []
    for condition, value in choices:
        if condition is True:
            otherwise = value
            break
        if condition is not None and condition is not False:
            branches.append((condition, value))
    return ibis.cases(*branches, else_=otherwise) if branches else otherwise


def any_of(truths: list[Truth]) -> Truth:
    """Join conditions of which one must be met."""
    if any(truth is True for truth in truths):
        return True
    left = [truth for truth in truths if truth is not False]
    if all(truth is None for truth in left):
        return None if left else False
    return reduce(or_, [UNKNOWN if truth is None else truth for truth in left])


def all_of(truths: list[Truth]) -> Truth:
    """Join conditions that must all be met."""
    if any(truth is False for truth in truths):
        return False
    left = [truth for truth in truths if truth is not True]
    if all(truth is None for truth in left):
        return None if left else True
    return reduce(and_, [UNKNOWN if truth is None else truth for truth in left])


def negated(truth: Truth) -> Truth:
    """Turn a condition round; an open one stays open."""
    if truth is None or isinstance(truth, bool):
        return None if truth is None else not truth
    return ~truth


class Sight:
    """A table seen through a scale, with what the engine keeps beside its columns.

    Parameters
    ----------
    table
        The table.
    scale
        The scale.
    """

    def __init__(self, table: ibis.Table, scale: Scale) -> None:
        self.table, self.scale, self.layout = table, scale, Layout(scale)
        self.own = tuple(table.columns)
        self.prefix = "kept_"
        while any(column.startswith(self.prefix) for column in self.own):
            self.prefix += "_"
        self.constants: dict[str, Any] = {}

    def keep(self, **found: Any) -> None:  # noqa: ANN401  # columns or constants
        """Keep what was found, for the steps that follow; each column is computed once."""
        self.constants.update({name: value for name, value in found.items() if not isinstance(value, ibis.Value)})
        columns = {self.prefix + name: value for name, value in found.items() if isinstance(value, ibis.Value)}
        if columns:
            self.table = self.table.mutate(**columns)

    def kept(self, name: str) -> Any:  # noqa: ANN401  # a column or a constant
        """Give what was kept under a name: a column, or a constant where it is the same in every row."""
        return self.constants[name] if name in self.constants else self.table[self.prefix + name]

    def states(self) -> dict[str, Any]:
        """Give the results of the domains, and of the fatal event, by the name that a driver has."""
        names = [domain.name for domain in self.scale.domains]
        fatal = [DEATH] if self.scale.fatal else []
        return {name: self.kept(f"state_{name}") for name in names + fatal}

    def recorded(self, column: str) -> Truth:
        """Tell whether a column has something written in it."""
        return self.table[column].notnull() if column in self.table.columns else False

    def read(self, column: str) -> Any:  # noqa: ANN401  # a column or None
        """Give a column as number, text or boolean, as the scale reads it; null where it cannot be read so."""
        if column not in self.own or self.table[column].type().is_null():
            return None
        values, raw = self.scale.values(column), self.table[column]
        kind = raw.type()
        if isinstance(values, Limits) and kind.is_numeric():
            return raw
        if isinstance(values, Limits) and kind.is_string():
            return raw.try_cast("float64")
        if values == (False, True) and (kind.is_string() or kind.is_integer()):
            word = raw.cast("string").strip().lower()
            return ibis.cases((word.isin(YES), True), (word.isin(NO), False))
        if kind.is_boolean() if values == (False, True) else kind.is_string() and not isinstance(values, Limits):
            return raw
        raise ScaleError(
            f"Column {column} holds {kind}, which {self.scale.id} cannot read.", f"It takes {_words(values)}."
        )

    def holds(self, column: str, what: Interval | OneOf) -> Truth:
        """Tell whether a column's value is one of some; nothing and what it cannot hold are not."""
        value = self.read(column)
        return False if value is None else within(value, what)

    def possible(self, column: str) -> Truth:
        """Tell whether a column's value is one that it can hold."""
        value = self.read(column)
        if value is None:
            return False
        values = self.scale.values(column)
        if not isinstance(values, Limits):
            return value.isin(values)
        inside = within(value, Interval(values.least, values.most))
        return inside & (value == value.floor()) if values.whole and value.type().is_floating() else inside

    def truth(self, test: Test) -> Truth:
        """Tell whether a condition is met."""
        match test:
            case AnyOf():
                return any_of([self.truth(part) for part in test.parts])
            case AllOf():
                return all_of([self.truth(part) for part in test.parts])
            case ColumnTest():
                return self._column_truth(test)
            case ScoreTest():
                return self._score_truth(test)
            case DomainTest():
                return self._domain_truth(test)

    def _column_truth(self, test: ColumnTest) -> Truth:
        missing = {"met": True, "not met": False, "open": None}[test.missing]
        value = self.read(test.column)
        if value is None:
            return missing
        passes = within(value, test.passes)
        if self.scale.measure(test.column):
            known = (self.possible(test.column), passes)
            return first_met([known, *self._bounded(test)], UNKNOWN if missing is None else missing)
        if missing is not None and (missing is False or value.type().is_boolean()):
            return passes.fill_null(missing)
        return self.possible(test.column).ifelse(passes, UNKNOWN if missing is None else True)

    def _bounded(self, test: ColumnTest) -> list[Choice]:
        """Give what the bounds of a measure say of a test: met, not met, or open where they differ."""
        low, high = self.kept(f"least_{test.column}"), self.kept(f"most_{test.column}")
        if low is None:
            return []
        between = (low.notnull(), UNKNOWN)
        if isinstance(test.passes, OneOf):
            return [between]
        met = within(low, test.passes) & within(high, test.passes)
        return [(met, True), (~meets(low, high, test.passes), False), between]

    def _score_truth(self, test: ScoreTest) -> Truth:
        score = self.scale.score(test.score)
        if score is None:
            return None
        known = self.possible(score.total)
        low, high = self.kept(f"least_{score.name}"), self.kept(f"most_{score.name}")
        if test.at_least is None:
            return any_of([known, False if low is None else low.notnull()])
        if low is None:
            enough = self.holds(score.total, Interval(test.at_least, score.most))
            return None if known is False else known.ifelse(enough, UNKNOWN)
        return first_met(
            [
                (known, self.holds(score.total, Interval(test.at_least, score.most))),
                (low >= test.at_least, True),
                (high < test.at_least, False),
            ],
            UNKNOWN,
        )

    def _domain_truth(self, test: DomainTest) -> Truth:
        state, from_there = self.kept(f"state_{test.domain}"), EVERY_GRADE >> test.at_least << test.at_least
        reached, possible = state & from_there, state & from_there << self.layout.high_at
        if isinstance(state, int):
            return True if reached else None if possible else False
        return first_met([(reached != 0, True), (possible == 0, False)], UNKNOWN)


def within(value: Any, what: Interval | OneOf) -> Any:  # noqa: ANN401  # a column
    """Tell whether a column's value lies in an interval, or is one of some answers."""
    if isinstance(what, OneOf):
        if what.answers in ((True,), (False,)):
            return value if what.answers[0] else ~value
        # Not `isin`: of five answers or more an engine makes a join, and asks it of every row.
        return reduce(or_, [value == answer for answer in what.answers])
    if what.least_counts and what.most_counts:
        return value == what.least if what.least == what.most else value.between(what.least, what.most)
    above = value >= what.least if what.least_counts else value > what.least
    return above & (value <= what.most if what.most_counts else value < what.most)


def meets(low: Any, high: Any, interval: Interval) -> Any:  # noqa: ANN401  # columns
    """Tell whether an interval holds a number from `low` to `high`, which is null where there is no bound."""
    starts = low <= interval.most if interval.most_counts else low < interval.most
    ends = high >= interval.least if interval.least_counts else high > interval.least
    return starts & (high.isnull() | ends)


def _words(values: Limits | tuple[Any, ...]) -> str:
    if isinstance(values, Limits):
        return f"numbers from {values.least:g} to {values.most:g}"
    return "yes or no" if values == (False, True) else f"one of {', '.join(map(str, values))}"
