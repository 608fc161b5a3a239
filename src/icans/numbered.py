"""Columns of few different texts as numbers: the place of each text in a list of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis

SEPARATOR = ","
NUMBER = "int16"
"""Type of a column that stands for texts."""


@dataclass(frozen=True)
class Numbered:
    """A table in which some columns of text hold numbers.

    Texts are long to compare, to look up and to write; a table of millions of rows says each by its number and is put
    into words once, where it is written (`icans.engines.engine.Engine.write`) or read.

    Parameters
    ----------
    table
        Any table.
    texts
        For each column that holds numbers (integers from 0, never null) the texts that they stand for, none with a
        comma. A text may be there twice.
    """

    table: ibis.Table
    texts: Mapping[str, Sequence[str]]

    def worded(self) -> ibis.Table:
        """Give the table with its texts."""
        if not self.texts:
            return self.table
        return self.table.mutate(**{name: looked_up(self.table[name], texts) for name, texts in self.texts.items()})


def in_words(table: ibis.Table | Numbered) -> ibis.Table:
    """Give a table with its texts."""
    return table.worded() if isinstance(table, Numbered) else table


def stacked(parts: Sequence[Numbered]) -> Numbered:
    """Put the rows of some tables with the same columns into one; what is a number in all of them stays one.

    Each union copies the query of both its sides: the last table should be the one with the longest.
    """
    columns = [name for name in parts[0].texts if all(name in part.texts for part in parts)]
    texts: dict[str, list[str]] = {name: [] for name in columns}
    tables = []
    for part in parts:
        moved = {name: part.table[name] + len(texts[name]) for name in columns if texts[name]}
        rest = {name: those for name, those in part.texts.items() if name not in texts}
        table = Numbered(part.table, rest).worded()
        tables.append(table.mutate(**{name: number.cast(NUMBER) for name, number in moved.items()}) if moved else table)
        for name in columns:
            texts[name] += part.texts[name]
    return Numbered(reduce(lambda one, other: other.union(one), tables), texts)


def looked_up(number: ibis.Value, texts: Sequence[str]) -> ibis.Value:
    """Give the text of a number, from a list made by splitting one text, since an engine takes long to read many."""
    import ibis  # noqa: PLC0415  # start-up counts

    if len(texts) == 1:
        return ibis.literal(texts[0])
    found = ibis.literal(SEPARATOR.join(texts)).split(SEPARATOR)[number]
    return (number == 0).ifelse(texts[0], found)
