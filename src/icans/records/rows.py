"""The rows of a table as its source has them, before they mean anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from icans.records.findings import Finding

if TYPE_CHECKING:
    import ibis

ROW = "row"
"""Column (int64) with a row's number as a spreadsheet shows it (the header is row 1)."""

CHUNK = 50_000
"""Rows brought to Arrow at a time."""


@dataclass(frozen=True)
class TextRows:
    """Rows of text, from a file that has no types.

    Parameters
    ----------
    file
        File, sheet or table as the user knows it.
    header
        Names of the columns as written; empty where the file could not be read.
    columns
        A string array a column.
    numbers
        Number of each row as a spreadsheet shows it.
    read
        Rows there were, with those that had to be left out.
    findings
        What was found on the way; errors name rows that are left out.
    paths
        The files it was read from.
    parts
        Names of the files, where they are several; the numbers of rows then say which (`icans.records.parts`).
    lost
        There may be rows, nobody knows how many, that cannot be read.
    """

    file: str
    header: tuple[str, ...] = ()
    columns: tuple[pa.ChunkedArray, ...] = ()
    numbers: pa.ChunkedArray = field(default_factory=lambda: pa.chunked_array([], pa.int64()))
    read: int = 0
    findings: tuple[Finding, ...] = ()
    paths: tuple[Path, ...] = ()
    parts: tuple[str, ...] = ()
    lost: bool = False


@dataclass(frozen=True)
class EngineRows:
    """Rows that have types and stay in the engine.

    Parameters
    ----------
    file
        File or table as the user knows it.
    table
        The rows.
    numbered
        Gives the same with a column `number`.
    number
        Column of `numbered` with the number of each row; empty where the source has no order.
    first
        Number of the first row there.
    paths, parts, findings
        As for `TextRows`.
    names
        Names of the columns as the source has them, where the engine had to name some anew.
    """

    file: str
    table: ibis.Table
    numbered: Callable[[], ibis.Table]
    number: str = ""
    first: int = 0
    paths: tuple[Path, ...] = ()
    parts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


SourceRows = TextRows | EngineRows


def empty(file: str) -> TextRows:
    """Give what is read from a file or sheet with nothing in it."""
    advice = "A header row with the names of the columns was expected."
    return TextRows(file, findings=(Finding("error", file, problem="is empty", advice=advice),))


def as_columns(
    records: Iterable[tuple[int, Sequence[str]]], width: int
) -> tuple[tuple[pa.ChunkedArray, ...], pa.ChunkedArray]:
    """Turn numbered records of `width` texts into string columns and row numbers."""
    numbers: list[pa.Array] = []
    chunks: list[list[pa.Array]] = [[] for _ in range(width)]
    for chunk in _in_chunks(records):
        numbers.append(pa.array([number for number, _ in chunk], pa.int64()))
        for column, texts in zip(chunks, zip(*(record for _, record in chunk), strict=True), strict=True):
            column.append(pa.array(texts, pa.string()))
    return (
        tuple(pa.chunked_array(column, pa.string()) for column in chunks),
        pa.chunked_array(numbers, pa.int64()),
    )


def _in_chunks(
    records: Iterable[tuple[int, Sequence[str]]],
) -> Iterator[list[tuple[int, Sequence[str]]]]:
    chunk = []
    for record in records:
        chunk.append(record)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
