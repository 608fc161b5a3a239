"""What must hold of any row by any scale of the catalogue, against a twin that reads the scale file row by row."""

from math import inf
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from icans.scales import catalogue
from icans.scales.conditions import AllOf, AnyOf, ColumnTest, DomainTest, Interval, Limits, ScoreTest
from icans.scales.model import columns

SCALES = {
    scale.id: scale for scale in map(catalogue.load, catalogue.ids()) if scale.result == "grade" and not scale.measures
}
FEW = settings(max_examples=3, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
ROWS = 80


def numbers(scale, column, limits):
    """Give numbers at and beside every limit of a cell or test that reads the column, and the ends of what it holds."""
    cells = [cell.earned_by for domain in scale.domains if domain.reads == column for cell in domain.cells]
    tests = [test.passes for condition in scale.conditions for test in leaves(condition.test) if reads(test, column)]
    ends = {end for one in (*cells, *tests) if isinstance(one, Interval) for end in (one.least, one.most)}
    step = 1 if limits.whole else 0.5
    beside = {end + move for end in ends | {limits.least, limits.most} for move in (-step, 0, step) if abs(end) < inf}
    return sorted((int if limits.whole else float)(number) for number in beside if number in limits)


def values(scale, column):
    """Give values of a column, lists of domains left out."""
    held = scale.values(column)
    return numbers(scale, column, held) if isinstance(held, Limits) else list(held)


def leaves(test):
    return [leaf for part in test.parts for leaf in leaves(part)] if isinstance(test, AnyOf | AllOf) else [test]


def reads(test, column):
    return isinstance(test, ColumnTest) and test.column == column


def read_columns(scale):
    """Give the columns that hold a value; a list of domains with another cause holds several."""
    lists = {one.excluded_by.column for one in scale.domains if one.excluded_by and one.excluded_by.names}
    return [name for name in columns(scale) if name not in lists]


def rows(scale, chance, *, missing):
    """Give rows of values that can be, each missing now and then."""
    holds = {name: values(scale, name) for name in read_columns(scale)}
    return [
        {name: None if missing and chance.random() < 0.3 else chance.choice(one) for name, one in holds.items()}
        for _ in range(ROWS)
    ]


def total(scale, row, name):
    """Give the least and greatest a total can be, None where nothing of it was recorded."""
    score = scale.score(name)
    if row[score.total] is not None:
        return row[score.total], row[score.total]
    if all(row[item.column] is None for item in score.items):
        return None
    points = [(dict(item.points).get(row[item.column], row[item.column]), item.most) for item in score.items]
    return sum(given or 0 for given, _ in points), sum(most if given is None else given for given, most in points)


def truth(scale, row, test):
    """Tell whether a condition without tests of domains is met; None where that is open."""
    match test:
        case AnyOf() | AllOf():
            parts = [truth(scale, row, part) for part in test.parts]
            settling = isinstance(test, AnyOf)
            return settling if settling in parts else None if None in parts else not settling
        case ColumnTest():
            if row[test.column] is None:
                return {"met": True, "not met": False, "open": None}[test.missing]
            return row[test.column] in test.passes
        case ScoreTest():
            bounds = total(scale, row, test.score)
            if test.at_least is None or bounds is None:
                return (bounds is not None) if test.at_least is None else None
            return bounds[0] >= test.at_least if bounds[0] == bounds[1] else None
    raise TypeError(test)


def twin(scale, row):
    """Grade a row in which everything is known."""
    earned = {}

    def met(test):
        if isinstance(test, DomainTest):
            return earned[test.domain] >= test.at_least
        if isinstance(test, AnyOf | AllOf):
            return (any if isinstance(test, AnyOf) else all)(met(part) for part in test.parts)
        return truth(scale, row, test)

    for domain in scale.domains:
        value = total(scale, row, domain.reads)[0] if scale.score(domain.reads) else row[domain.reads]
        by = domain.excluded_by
        excluded = by and not by.names and row[by.column]
        counts = not excluded and all(met(scale.condition(name).test) for name in domain.applies)
        earned[domain.name] = domain.grade_of(value) if counts else 0
    died = scale.fatal and row[scale.fatal.column] == scale.fatal.event
    return 5 if died else max(earned.values())


def settled(scale, row):
    """Give what the scale file says a missing value is under any convention, by column."""
    found = {}
    for domain in scale.domains:
        for reading in domain.unrecorded:
            when = scale.condition(reading.when).test if reading.when else None
            if reading.always and row.get(domain.reads, 0) is None and (when is None or truth(scale, row, when)):
                found.setdefault(domain.reads, reading.answer)
    return found


def fillings(scale, row):
    """Give for each missing column the values it may have had.

    What the file says of a missing value holds: one that a condition takes as met, or as not met, is filled in so. Of a
    total that is missing the items are filled in, if any was answered. A death nobody recorded did not happen,
    and another cause nobody recorded is none.
    """
    choices = {name: values(scale, name) for name in row if row[name] is None}
    gates = {name for domain in scale.domains for name in domain.applies}
    for test in (leaf for name in gates for leaf in leaves(scale.condition(name).test)):
        if isinstance(test, ColumnTest) and test.column in choices and test.missing != "open":
            wanted = test.missing == "met"
            kept = [value for value in choices[test.column] if (value in test.passes) is wanted]
            choices[test.column] = kept or choices[test.column]
    if scale.fatal and scale.fatal.column in choices:
        choices[scale.fatal.column] = [None]
    another_cause = {domain.excluded_by.column for domain in scale.domains if domain.excluded_by}
    choices |= {name: [False] for name in another_cause & choices.keys()}
    choices |= {name: [answer] for name, answer in settled(scale, row).items()}
    for score in scale.scores:
        if score.total in choices and total(scale, row, score.name) is not None:
            choices[score.total] = [None]
    for name, one in choices.items():
        untested = {answer for domain in scale.domains if domain.reads == name for answer in domain.open_answers}
        choices[name] = [value for value in one if value not in untested]
    return choices


def known(scale, row):
    """Tell whether every answer of a row earns a grade."""
    return not any(row[domain.reads] in domain.open_answers for domain in scale.domains if domain.open_answers)


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
@FEW
@given(seed=st.integers(0, 10**9))
def test_a_row_in_which_everything_is_known_has_the_grade_of_its_worst_domain(grade, scale, seed):
    given_rows = [row for row in rows(scale, Random(seed), missing=False) if known(scale, row)]
    assert given_rows
    for row, graded in zip(given_rows, grade(scale, given_rows), strict=True):
        assert graded["grade_low"] == graded["grade"] == graded["grade_high"] == twin(scale, row), row
        assert graded["missing"] == "", row
        assert bool(graded["driver"]) == (graded["grade"] > 0), row


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
@FEW
@given(seed=st.integers(0, 10**9))
def test_the_bounds_hold_every_way_of_filling_in_what_is_missing(grade, scale, seed):
    chance = Random(seed)
    given_rows = [row for row in rows(scale, chance, missing=True) if known(scale, row)]
    filled = [
        row | {name: chance.choice(choices) for name, choices in fillings(scale, row).items()} for row in given_rows
    ]
    for open_row, whole, graded in zip(given_rows, filled, grade(scale, given_rows), strict=True):
        assert graded["grade_low"] <= twin(scale, whole) <= graded["grade_high"], (open_row, whole)


@pytest.mark.parametrize("unrecorded", ["absent", "unknown"])
@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
@FEW
@given(seed=st.integers(0, 10**9))
def test_the_grade_never_falls_when_a_sign_worsens(grade, scale, unrecorded, seed):
    chance = Random(seed)
    given_rows = rows(scale, chance, missing=True)
    pairs = [(place, worse) for place, row in enumerate(given_rows) for worse in worsened(scale, row, chance)]
    assert pairs
    graded = grade(scale, [*given_rows, *(worse for _, worse in pairs)], unrecorded=unrecorded)
    for (place, worse), after in zip(pairs, graded[len(given_rows) :], strict=True):
        before = graded[place]
        assert before["grade_low"] <= after["grade_low"], (given_rows[place], worse)
        assert before["grade_high"] <= after["grade_high"], (given_rows[place], worse)
        if before["grade"] is not None and after["grade"] is not None:
            assert before["grade"] <= after["grade"], (given_rows[place], worse)


def worsened(scale, row, chance):
    """Give a row for each sign in which it is worse, where it can be: no domain that reads it earns less, one more."""
    for column in {domain.reads for domain in scale.domains if not scale.score(domain.reads)}:
        readers = [domain for domain in scale.domains if domain.reads == column]
        if row[column] is None or any(row[column] in domain.open_answers for domain in readers):
            continue
        worse = [
            value
            for value in values(scale, column)
            if not any(value in domain.open_answers for domain in readers)
            and all(domain.grade_of(value) >= domain.grade_of(row[column]) for domain in readers)
            and any(domain.grade_of(value) > domain.grade_of(row[column]) for domain in readers)
        ]
        if worse:
            yield row | {column: chance.choice(worse)}
