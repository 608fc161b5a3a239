"""The columns that scales declare of their own, gathered for the reading of records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from icans.errors import ScaleError
from icans.records.findings import Finding

if TYPE_CHECKING:
    from icans.records.schema import Column
    from icans.records.tables import Records
    from icans.scales.model import Declared, Scale


def declared_columns(scales: Iterable[Scale]) -> dict[str, tuple[Column, ...]]:
    """Give the columns that some scales declare, by table of records, each once.

    Raises
    ------
    ScaleError
        Two scales declare a column of one name for different tables, or with different values.
    """
    found: dict[str, tuple[str, Declared]] = {}
    for scale in scales:
        for one in scale.columns_declared:
            first, before = found.setdefault(one.name, (scale.id, one))
            if _held(before) != _held(one):
                raise ScaleError(
                    f"{first} and {scale.id} declare the column {one.name} differently.",
                    "Give it the same table and values in both, or another name in one of them.",
                )
    tables: dict[str, tuple[Column, ...]] = {}
    for _, one in found.values():
        tables[one.table] = (*tables.get(one.table, ()), one.column)
    return tables


def _held(one: Declared) -> tuple[object, ...]:
    column = one.column
    return one.table, column.kind, column.unit, column.least, column.most, column.allowed


def lacking(scales: Iterable[Scale], records: Records) -> list[Finding]:
    """Note for each table of a study the columns that its scales declare and the table lacks."""
    found = []
    for scale in scales:
        for table, file in records.files.items():
            absent = [
                one.name
                for one in scale.columns_declared
                if one.table == table and one.name not in records.columns[table]
            ]
            if absent:
                problem = f"lacks columns that {scale.id} reads, which count as not recorded: {', '.join(absent)}"
                found.append(Finding("note", file, problem=problem))
    return found
