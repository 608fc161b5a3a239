"""The columns a scale may read, and what each can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from icans.errors import nearest
from icans.records.schema import CRS, EVENTS, NEURO, PATIENTS, Column
from icans.scales.conditions import Answer, Limits, Values
from icans.scales.reading.entries import Entry

COLUMNS: Mapping[str, Column] = {
    column.name: column for table in (PATIENTS, NEURO, CRS, EVENTS) for column in table.columns
}


def column(entry: Entry, known: Mapping[str, Column], key: str = "column") -> Column:
    """Give the column an entry names.

    Raises
    ------
    ScaleError
        The records have no such column.
    """
    name = entry.text(key)
    if name not in known:
        entry.refuse(f'there is no column "{name}" in the records', nearest(name, known), key=key)
    return known[name]


def held(column: Column) -> Values:
    """Give what a column can hold; nothing that can be graded where it holds free text."""
    if column.kind == "boolean":
        return (False, True)
    if column.kind in ("integer", "number") and column.least is not None and column.most is not None:
        return Limits(column.least, column.most, whole=column.kind == "integer")
    return column.allowed


def graded_values(entry: Entry, column: Column, key: str = "column") -> Values:
    """Give what a column can hold, for cells or a test to choose from.

    Raises
    ------
    ScaleError
        It holds what cannot be graded, such as free text.
    """
    values = held(column)
    if not isinstance(values, Limits) and (not values or column.kind == "categories"):
        entry.refuse(f"the column {column.name} holds {column.kind}, which cannot be graded", key=key)
    return values


def counts_to(column: Column, most: int) -> bool:
    """Tell whether a column holds whole numbers from 0 to `most`."""
    return held(column) == Limits(0, most, whole=True)


def answers(entry: Entry, key: str, allowed: Sequence[Answer]) -> tuple[Answer, ...]:
    """Read a list of answers, each one that the column can hold."""
    given = entry.listing(key)
    for one in given:
        check_answer(entry, one, allowed, key)
    return tuple(given)


def check_answer(entry: Entry, given: object, allowed: Sequence[Answer], key: str) -> None:
    """Refuse an answer the column cannot hold."""
    if not any(given == one and type(given) is type(one) for one in allowed):
        words = [word(one) for one in allowed]
        entry.refuse(f'"{word(given)}" is not one of {", ".join(words)}', nearest(word(given), words), key=key)


def word(answer: object) -> str:
    """Write an answer as the file does."""
    return str(answer).lower() if isinstance(answer, bool) else str(answer)
