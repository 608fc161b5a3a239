"""What each domain of a scale earns in a row, as one integer (see `icans.scales.layout`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from itertools import combinations_with_replacement
from operator import or_
from typing import Any

import ibis

from icans.scales.conditions import AllOf, AnyOf, ColumnTest, Interval, OneOf, Test, column_tests, domain_tests, parts
from icans.scales.layout import GRADES, Layout, may_be_open
from icans.scales.model import DEATH, Domain, Reading, Scale
from icans.scales.sight import Choice, Sight, Truth, all_of, any_of, first_met, negated, within

FATAL = GRADES - 1


def keep_states(sight: Sight, *, absent: bool) -> None:
    """Keep the result of each domain, and of the fatal event if the scale has one.

    Parameters
    ----------
    sight
        The table, with `totals`, `exclusions` and `plain_conditions` kept.
    absent
        Unrecorded signs are read as absent where the scale says so.
    """
    scale = sight.scale
    waiting, done = list(scale.domains), set[str]()
    states = _death(sight)
    while waiting:
        ready = [domain for domain in waiting if _tested(sight, domain) <= done]
        sight.keep(
            **_conditions(sight, [name for domain in ready for name in domain.applies if not _plain(scale, name)])
        )
        states |= {f"state_{domain.name}": _State(sight, domain, absent=absent).value() for domain in ready}
        sight.keep(**{name: _typed(state, sight.layout) for name, state in states.items()})
        done |= {domain.name for domain in ready}
        waiting = [domain for domain in waiting if domain.name not in done]
        states = {}


def plain_conditions(sight: Sight, decided: Mapping[str, str]) -> dict[str, Truth]:
    """Give the conditions under which domains count, as far as they need nothing but columns.

    Parameters
    ----------
    sight
        The table.
    decided
        Columns of it that hold a condition already, by the condition's name.
    """
    names = [name for domain in sight.scale.domains for name in domain.applies if _plain(sight.scale, name)]
    found = {f"condition_{name}": sight.table[column] for name, column in decided.items()}
    return found | _conditions(sight, [name for name in names if name not in decided])


def decided_conditions(table: ibis.Table, scale: Scale) -> dict[str, tuple[ibis.BooleanValue, bool]]:
    """Give the conditions under which domains count that the columns of a table decide alone, whatever is missing.

    Parameters
    ----------
    table
        Such as the patients, of whom each has many assessments: a condition on age is then met once a patient.
    scale
        The scale.

    Returns
    -------
    dict
        By the condition's name, a column of the table that is never null, and what holds where all columns are null.
    """
    sight, found = Sight(table, scale), {}
    for name in dict.fromkeys(name for domain in scale.domains for name in domain.applies):
        test = scale.condition(name).test
        there = _plain(scale, name) and all(one.column in table.columns for one in column_tests(test))
        truth, without = sight.truth(test) if there else None, _of_nothing(test)
        if isinstance(truth, ibis.Value) and without is not None and _always_settled(test, scale):
            found[name] = (truth, without)
    return found


def _of_nothing(test: Test) -> Truth:
    """Tell whether a condition is met where nothing is recorded."""
    match test:
        case AnyOf():
            return any_of([_of_nothing(part) for part in test.parts])
        case AllOf():
            return all_of([_of_nothing(part) for part in test.parts])
        case ColumnTest():
            return {"met": True, "not met": False, "open": None}[test.missing]
        case _:
            return None


def exclusions(sight: Sight) -> dict[str, Any]:
    """Give, as flags, the domains that a column of lists names."""
    lists: dict[str, list[tuple[str, str]]] = {}
    for domain in sight.scale.domains:
        by = domain.excluded_by
        if by and by.names and by.column in sight.own:
            lists.setdefault(by.column, []).append((domain.name, by.names))
    found = {}
    for column, named in lists.items():
        written = sight.table[column].cast("string")
        names = ibis.literal(";") + written.replace(" ", "") + ";"
        flags = [names.contains(f";{name};").ifelse(sight.layout.excluded(domain), 0) for domain, name in named]
        found[f"excluded_{column}"] = _typed(written.isnull().ifelse(0, reduce(or_, flags)), sight.layout)
    return found


def _conditions(sight: Sight, names: Iterable[str]) -> dict[str, Truth]:
    return {f"condition_{name}": sight.truth(sight.scale.condition(name).test) for name in dict.fromkeys(names)}


def _plain(scale: Scale, name: str) -> bool:
    """Tell whether a condition needs nothing but columns of the table as they are."""
    tests = parts(scale.condition(name).test)
    return all(isinstance(test, ColumnTest) and scale.measure(test.column) is None for test in tests)


def _death(sight: Sight) -> dict[str, Any]:
    fatal, layout = sight.scale.fatal, sight.layout
    if fatal is None:
        return {}
    died = sight.holds(fatal.column, OneOf((fatal.event,)))
    return {f"state_{DEATH}": first_met([(died, layout.state(FATAL, FATAL))], layout.state(0, 0))}


def _typed(state: Any, layout: Layout) -> Any:  # noqa: ANN401  # a column or a constant
    return state if isinstance(state, int) else state.cast(layout.kind)


def _tested(sight: Sight, domain: Domain) -> set[str]:
    return {test.domain for name in domain.applies for test in domain_tests(sight.scale.condition(name).test)}


def _always_settled(test: Test, scale: Scale) -> bool:
    """Tell whether a condition is never open, whatever is missing."""
    return all(isinstance(part, ColumnTest) and not may_be_open(part, scale) for part in parts(test))


class _State:
    """The result of one domain in each row.

    Parameters
    ----------
    sight
        The table, its conditions kept.
    domain
        The domain.
    absent
        Unrecorded signs are read as absent where the scale says so.
    """

    def __init__(self, sight: Sight, domain: Domain, *, absent: bool) -> None:
        self.sight, self.domain, self.absent = sight, domain, absent
        self.lowest, self.highest = domain.grades[0], domain.grades[-1]
        self.measure = sight.scale.measure(domain.reads)
        tests = [sight.scale.condition(name).test for name in domain.applies]
        self.settled = all(_always_settled(test, sight.scale) for test in tests)
        deciding = {one.column for test in tests for one in column_tests(test)} & set(sight.layout.deciding)
        self.gates = reduce(or_, map(sight.layout.missing, deciding), 0)

    def value(self) -> Any:  # noqa: ANN401  # a column or a constant
        """Give 0 where the domain does not count, what it earns where it counts, 0 or that where it may count."""
        applies = all_of([self.sight.kept(f"condition_{name}") for name in self.domain.applies])
        layout, nothing = self.sight.layout, self.sight.layout.state(0, 0)
        choices: list[Choice] = [(negated(applies), nothing)]
        if self.domain.excluded_by:
            choices.append((self._excluded(), nothing | layout.excluded(self.domain.name)))
        if applies is True or (self.settled and applies is not None):
            return first_met([*choices, *self._earned(counts=True)], self._open(counts=True))
        may_count = first_met(self._earned(counts=False), self._open(counts=False))
        if applies is None:
            return first_met(choices, may_count)
        return first_met(
            [*choices, (applies, first_met(self._earned(counts=True), self._open(counts=True)))], may_count
        )

    def _excluded(self) -> Truth:
        by = self.domain.excluded_by
        if by is None or by.column not in self.sight.own:
            return False
        if by.names:
            return self.sight.kept(f"excluded_{by.column}") & self.sight.layout.excluded(self.domain.name) != 0
        said = self.sight.read(by.column)
        return False if said is None else said.fill_null(False)

    def _result(self, low: int, high: int, *, counts: bool, high_if_absent: int | None = None) -> int:
        """Give the integer for a domain that earns `low` to `high`, or 0 to that where it only may count."""
        flags = self.sight.layout.missing(self.domain.name) if low < high else 0
        if not counts and high > 0:
            flags |= self.gates
        return self.sight.layout.state(low if counts else 0, high, high_if_absent, flags=flags)

    def _open(self, *, counts: bool) -> int:
        return self._result(self.lowest, self.highest, counts=counts)

    def _earned(self, *, counts: bool) -> list[Choice]:
        """Give what each value earns: the usual ones first, so that most rows are done with one comparison."""
        score = self.sight.scale.score(self.domain.reads)
        column = score.total if score else self.domain.reads
        usual, *others = [
            (self.sight.holds(column, earned_by), self._result(grade, grade, counts=counts))
            for grade, earned_by in self._cells()
        ]
        items = self._from_items(counts=counts) if score or self.measure else []
        nothing = [self._read_as(reading, counts=counts) for reading in self._readings()]
        return [usual, *nothing, (self._unrecorded(), self._open(counts=counts)), *others, *items]

    def _cells(self) -> list[tuple[int, Interval | OneOf]]:
        """Give the first cell, then the others; answers that earn the same grade together."""
        first, *others = self.domain.cells
        found: list[tuple[int, Interval | OneOf]] = [(first.grade, first.earned_by)]
        for grade in self.domain.grades:
            cells = [cell.earned_by for cell in others if cell.grade == grade]
            answers = tuple(answer for one in cells if isinstance(one, OneOf) for answer in one.answers)
            found += [(grade, OneOf(answers))] if answers else [(grade, one) for one in cells]
        return found

    def _from_items(self, *, counts: bool) -> list[Choice]:
        """Give the results of a total known only to lie between two numbers."""
        least, most = self.sight.kept(f"least_{self.domain.reads}"), self.sight.kept(f"most_{self.domain.reads}")
        if least is None:
            return []
        cells = sorted(
            ((cell.earned_by, cell.grade) for cell in self.domain.cells if isinstance(cell.earned_by, Interval)),
            key=lambda cell: cell[0].least,
        )
        choices: list[Choice] = []
        for first, last in combinations_with_replacement(range(len(cells)), 2):
            grades = [grade for _, grade in cells[first : last + 1]]
            lies = within(least, cells[first][0]) & within(most, cells[last][0])
            # Unknown days of a series are read as unremarkable where unrecorded signs are read as absent.
            absent = min(grades) if self.measure and self.absent else None
            choices.append((lies, self._result(min(grades), max(grades), counts=counts, high_if_absent=absent)))
        return choices

    def _readings(self) -> list[Reading]:
        return [reading for reading in self.domain.unrecorded if reading.always or self.absent]

    def _read_as(self, reading: Reading, *, counts: bool) -> Choice:
        grade = self.domain.grade_of(reading.answer)
        when = self.sight.truth(self.sight.scale.condition(reading.when).test) if reading.when else True
        if reading.always:
            return all_of([self._unrecorded(), when]), self._result(grade, grade, counts=counts)
        result = self._result(self.lowest, self.highest, counts=counts, high_if_absent=grade)
        return all_of([self._unrecorded(), when]), result

    def _unrecorded(self) -> Truth:
        score = self.sight.scale.score(self.domain.reads)
        if score is None and self.measure is None:
            return negated(self.sight.recorded(self.domain.reads))
        least = self.sight.kept(f"least_{self.domain.reads}")
        written = score.total if score else self.domain.reads
        return all_of([negated(self.sight.recorded(written)), True if least is None else least.isnull()])
