"""A published grading scale as data: totals, domains, conditions, and the event that is grade 5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from icans.records.schema import Column
from icans.scales.conditions import Answer, Condition, Interval, OneOf, Values, column_tests
from icans.scales.measures import Factor, Measure, Quantity, Series

Convention = Literal["absent", "unknown"]
"""What a sign that nobody recorded means: read as the scale file says, or left open."""

DEATH = "death"
"""What stands in ``driver`` where the fatal event gave the grade; no domain may have that name."""


@dataclass(frozen=True)
class Declared:
    """A column that the scale reads and the canonical tables lack, and the table of records it belongs to."""

    table: str
    column: Column

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.column.name


@dataclass(frozen=True)
class Cell:
    """What earns a grade in a domain.

    Parameters
    ----------
    grade
        The grade, 0-5.
    earned_by
        The values that earn it.
    label
        The cell in clinical words; empty: the values speak for themselves.
    """

    grade: int
    earned_by: Interval | OneOf
    label: str = ""


@dataclass(frozen=True)
class Item:
    """A part of a total.

    Parameters
    ----------
    column
        Column that holds it.
    most
        Points it gives at most; with no answer it may give 0 to this many.
    points
        Points of each answer; empty: the column holds the points, unless there are `cells`.
    label
        The item in clinical words.
    cells
        Points of the numbers of a quantity, which `column` names then.
    """

    column: str
    most: int
    points: tuple[tuple[str, int], ...] = ()
    label: str = ""
    cells: tuple[tuple[int, Interval], ...] = ()


@dataclass(frozen=True)
class Category:
    """What the publication calls the scores between two cut-offs.

    Parameters
    ----------
    name
        What stands in ``category``: ``high``, ``positive``.
    holds
        The scores.
    label
        What they mean in clinical words.
    """

    name: str
    holds: Interval
    label: str = ""


@dataclass(frozen=True)
class Score:
    """A total made of items; a recorded total wins over its items.

    Parameters
    ----------
    name
        What domains and conditions call it.
    label
        Name in clinical words.
    total
        Column that holds the recorded total, 0 to `most`; empty where only items are recorded.
    most
        Highest total.
    items
        Its parts.
    categories
        What the publication calls its values; empty where it states no cut-off.
    """

    name: str
    label: str
    total: str
    most: int
    items: tuple[Item, ...]
    categories: tuple[Category, ...] = ()


@dataclass(frozen=True)
class Formula:
    """A product of quantities.

    Parameters
    ----------
    name, label
        Name, and name in clinical words.
    factors
        The quantities, in the units the scale works in, and their powers.
    categories
        What the publication calls its values; empty where it states no cut-off.
    """

    name: str
    label: str
    factors: tuple[Factor, ...]
    categories: tuple[Category, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What a value that nobody recorded is read as.

    Parameters
    ----------
    answer
        The value it is read as.
    always
        It follows from what else was recorded, whatever the convention; otherwise only where the study reads
        unrecorded signs as absent.
    when
        Name of the condition under which it holds; None: in every row.
    """

    answer: Answer
    always: bool
    when: str | None


@dataclass(frozen=True)
class Exclusion:
    """The column that says a domain has another cause: a boolean, or (`names`) a list that may name the domain."""

    column: str
    names: str | None


@dataclass(frozen=True)
class Domain:
    """A row of the published table: what one sign earns.

    Parameters
    ----------
    name
        Name in ``driver``, ``missing`` and ``excluded``.
    label
        Name in clinical words.
    reads
        Column or score it reads.
    cells
        The values that earn each grade; together they hold every value the column can have but those of `open_answers`.
    open_answers
        Answers that say the sign could not be tested: every grade of the domain stays possible.
    applies
        Names of the conditions that must all be met for the domain to count. Where one is not met the domain earns 0
        and nothing is missing; where one is open the domain may earn 0.
    unrecorded
        What a missing value is read as, first match first.
    excluded_by
        What says that the domain has another cause and earns 0; None: nothing can.
    printed
        What the published table prints at a grade that no cell here earns.
    """

    name: str
    label: str
    reads: str
    cells: tuple[Cell, ...]
    open_answers: tuple[Answer, ...] = ()
    applies: tuple[str, ...] = ()
    unrecorded: tuple[Reading, ...] = ()
    excluded_by: Exclusion | None = None
    printed: tuple[tuple[int, str], ...] = ()

    @property
    def grades(self) -> tuple[int, ...]:
        """The grades the domain can earn, lowest first."""
        return tuple(sorted({cell.grade for cell in self.cells}))

    def grade_of(self, answer: Answer) -> int:
        """Give the grade a value earns.

        Raises
        ------
        KeyError
            No cell holds the value.
        """
        for cell in self.cells:
            if answer in cell.earned_by:
                return cell.grade
        raise KeyError(answer)


@dataclass(frozen=True)
class Fatal:
    """The event that is grade 5 whatever else was recorded."""

    column: str
    event: str
    label: str


@dataclass(frozen=True)
class Note:
    """A trap, a choice between readings or a limit of the scale, with the page it was read in."""

    text: str
    source: str = ""


@dataclass(frozen=True)
class Scale:
    """A published grading scale.

    Parameters
    ----------
    id, name, version
        Id on the command line, name in text, version as published.
    citation, doi, sources
        The publication, and the pages its table was read in.
    population, toxicity
        Whom it is for, and what it grades (``icans``, ``crs``, ...).
    status
        ``confirmed``, or ``unconfirmed`` where the table could not be checked against the publication.
    scores, conditions, domains, fatal
        The rule.
    held
        What each column it reads can hold; any other value leaves a domain open.
    notes
        Traps and choices.
    columns_declared
        Columns of its own, which the canonical tables lack.
    result
        ``grade``, the worst of its domains; or ``score``, the value of its one score or formula, which is no grade.
    quantities
        What it takes from measurements.
    formula
        The product that is its score.
    series, measures
        The days of a quantity it looks at, and what it takes from them.
    digest
        First digits of the SHA-256 of its file.
    own
        The study's own file, not one of this software's.
    """

    id: str
    name: str
    version: str
    citation: str
    doi: str
    population: str
    toxicity: str
    status: Literal["confirmed", "unconfirmed"]
    sources: tuple[str, ...]
    notes: tuple[Note, ...]
    scores: tuple[Score, ...]
    conditions: tuple[Condition, ...]
    domains: tuple[Domain, ...]
    fatal: Fatal | None
    held: tuple[tuple[str, Values], ...]
    columns_declared: tuple[Declared, ...] = ()
    result: Literal["grade", "score"] = "grade"
    quantities: tuple[Quantity, ...] = ()
    formula: Formula | None = None
    series: Series | None = None
    measures: tuple[Measure, ...] = ()
    digest: str = ""
    own: bool = False

    def score(self, name: str) -> Score | None:
        """Give the total of that name, None where the scale has none."""
        return next((score for score in self.scores if score.name == name), None)

    def quantity(self, name: str) -> Quantity:
        """Give the quantity of that name."""
        return next(quantity for quantity in self.quantities if quantity.name == name)

    def measure(self, name: str) -> Measure | None:
        """Give the measure of that name, None where the scale has none."""
        return next((measure for measure in self.measures if measure.name == name), None)

    def values(self, column: str) -> Values:
        """Give what a column can hold."""
        return dict(self.held)[column]

    def condition(self, name: str) -> Condition:
        """Give the condition of that name."""
        return next(condition for condition in self.conditions if condition.name == name)


def signs(scale: Scale) -> tuple[str, ...]:
    """Columns that hold what the scale grades, in its order; a table without any of them cannot be graded."""
    measured = [factor.quantity for factor in scale.formula.factors] if scale.formula else []
    named = [column.name for name in measured for column in scale.quantity(name).columns]
    for read in [score.name for score in scale.scores] if scale.result == "score" else [d.reads for d in scale.domains]:
        score = scale.score(read)
        named += _held_in(scale, score) if score else [read]
    return tuple(dict.fromkeys([*named, *([scale.fatal.column] if scale.fatal else [])]))


def _held_in(scale: Scale, score: Score) -> list[str]:
    """Columns that hold a total or its items."""
    items = [
        [column.name for column in scale.quantity(item.column).columns] if item.cells else [item.column]
        for item in score.items
    ]
    return [*([score.total] if score.total else []), *(name for item in items for name in item)]


def columns(scale: Scale) -> tuple[str, ...]:
    """Every column the scale reads: its signs, then those that decide what applies or is excluded."""
    deciding = [test.column for condition in scale.conditions for test in column_tests(condition.test)]
    excluding = [domain.excluded_by.column for domain in scale.domains if domain.excluded_by]
    return tuple(dict.fromkeys([*signs(scale), *deciding, *excluding]))
