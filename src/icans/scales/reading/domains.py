"""The domains of a scale file."""

from __future__ import annotations

from collections.abc import Mapping

from icans.errors import nearest
from icans.records.schema import Column
from icans.scales.conditions import Condition, Limits, Values, domain_tests
from icans.scales.model import DEATH, Domain, Exclusion, Reading, Score
from icans.scales.reading.cells import cells
from icans.scales.reading.entries import Entry
from icans.scales.reading.vocabulary import answers, check_answer, column, graded_values, word


def domain(
    entry: Entry,
    known: Mapping[str, Column],
    scores: Mapping[str, Score],
    conditions: Mapping[str, Condition],
    above: Mapping[str, Domain | None],
) -> Domain:
    """Read a domain.

    Parameters
    ----------
    entry
        Its section.
    known, scores, conditions
        What it may read and refer to.
    above
        The domains that stand above it, which its conditions may test; None for one that cannot be read.

    Raises
    ------
    ScaleError
        It reads or refers to what is not there, or its cells do not hold every value once.
    """
    if entry.text("name") == DEATH:
        entry.refuse(f'"{DEATH}" is the name of the fatal event', key="name")
    held = _held(entry, known, scores)
    applies = entry.texts("applies")
    for name in applies:
        _check_applies(entry, name, conditions, above)
    earns = cells(entry, held)
    untested = () if isinstance(held, Limits) else answers(entry, "open", held)
    read = Domain(
        entry.text("name"),
        entry.text("label"),
        entry.text("reads"),
        earns,
        untested,
        applies,
        excluded_by=_exclusion(entry, known),
        printed=_printed(entry),
    )
    readings = tuple(_reading(part, read, held, conditions) for part in entry.inner("unrecorded", marker="as"))
    return Domain(**{**vars(read), "unrecorded": readings})


def _held(entry: Entry, known: Mapping[str, Column], scores: Mapping[str, Score]) -> Values:
    reads = entry.text("reads")
    if reads in scores:
        return Limits(0, scores[reads].most, whole=True)
    if reads not in known:
        advice = nearest(reads, (*scores, *known))
        entry.refuse(f'it reads "{reads}", which is no column and no score', advice, key="reads")
    return graded_values(entry, known[reads], "reads")


def _check_applies(
    entry: Entry, name: str, conditions: Mapping[str, Condition], above: Mapping[str, Domain | None]
) -> None:
    """Refuse a condition that needs a domain whose grade is not settled before this one, under either convention."""
    _check_condition(entry, name, conditions, "applies")
    for test in domain_tests(conditions[name].test):
        if test.domain not in above:
            advice = nearest(test.domain, above) if above else "No domain stands above."
            entry.refuse(f'{name} tests the domain "{test.domain}", which does not stand above', advice, key="applies")
        tested = above[test.domain]
        if tested and any(not reading.always for reading in tested.unrecorded):
            problem = f"{name} tests the domain {tested.name}, whose missing value may be read as absent"
            entry.refuse(problem, key="applies")


def _check_condition(entry: Entry, name: str, conditions: Mapping[str, Condition], key: str) -> None:
    if name not in conditions:
        advice = nearest(name, conditions) if conditions else "The file has no condition."
        entry.refuse(f"there is no [condition.{name}]", advice, key=key)


def _reading(entry: Entry, read: Domain, held: Values, conditions: Mapping[str, Condition]) -> Reading:
    answer = entry.take("as")
    if not isinstance(held, Limits):
        check_answer(entry, answer, held, "as")
    elif isinstance(answer, bool) or not isinstance(answer, int | float) or answer not in held:
        entry.refuse(f"{answer!r} is not a number from {held.least:g} to {held.most:g}")
    if answer in read.open_answers:
        entry.refuse(f"{word(answer)} earns no grade, so a missing value cannot be read as it")
    always = entry.one_of("under", ("absent", "always")) == "always"
    if not always and read.grade_of(answer) != read.grades[0]:
        entry.refuse(f"a sign read as absent earns the lowest grade of its domain, {read.grades[0]}")
    when = entry.text("when", "") or None
    if when is not None:
        _check_condition(entry, when, conditions, "when")
        if domain_tests(conditions[when].test):
            entry.refuse(f"{when} tests a domain; a missing value may be read from columns and scores only")
    entry.close()
    return Reading(answer, always, when)


def _exclusion(entry: Entry, known: Mapping[str, Column]) -> Exclusion | None:
    table = entry.table("excluded_by")
    if table is None:
        return None
    by = column(table, known)
    if by.kind not in ("categories", "boolean"):
        table.refuse(f"{by.name} is neither yes or no nor a list of domains")
    named = table.one_of("names", by.allowed) if by.kind == "categories" else None
    table.close()
    return Exclusion(by.name, named)


def _printed(entry: Entry) -> tuple[tuple[int, str], ...]:
    table = entry.table("printed")
    if table is None:
        return ()
    printed = tuple((grade, table.text(str(grade))) for grade in range(6) if table.has(str(grade)))
    table.close()
    return printed
