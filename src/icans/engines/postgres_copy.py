"""Rows on their way into PostgreSQL and out of it: Arrow on this side, COPY of CSV on the other, a batch at a time."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from icans.errors import EngineError

if TYPE_CHECKING:
    import psycopg

BLOCK = 1 << 22
"""Bytes of CSV read at a time."""


def copy_in(connection: psycopg.Connection[Any], table: str, batches: Iterable[pa.RecordBatch]) -> None:
    """Put rows into a table: an empty cell is null, an empty text stands in quotes.

    Raises
    ------
    EngineError
        A column is of a type that PostgreSQL has not.
    """
    settings = csv.WriteOptions(include_header=False, quoting_style="needed")
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
        for batch in batches:
            if batch.num_columns and batch.num_rows:
                buffer = io.BytesIO()
                csv.write_csv(plain(batch), buffer, settings)
                copy.write(buffer.getvalue())


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Give rows in types that can be written as CSV."""
    return pa.record_batch(
        [_plain(name, column) for name, column in zip(batch.schema.names, batch.columns, strict=True)],
        names=batch.schema.names,
    )


def _plain(name: str, column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(name, column.dictionary_decode())
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_float16(kind):
        return column.cast(pa.float32())
    if pa.types.is_null(kind):
        return column.cast(pa.string())
    if pa.types.is_nested(kind) or pa.types.is_duration(kind) or pa.types.is_interval(kind):
        raise EngineError(
            f"Column {name} is of type {kind}, which the PostgreSQL engine cannot take.",
            "Leave the column out, write it as text, or use --engine duckdb.",
        )
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if one is None else f"\\x{one.hex()}" for one in column.to_pylist()], pa.string())
    return column


@contextmanager
def copied_out(
    connection: psycopg.Connection[Any], query: str, schema: pa.Schema
) -> Iterator[Iterator[pa.RecordBatch]]:
    """Read the rows of a query as they come.

    Parameters
    ----------
    connection
        The session.
    query
        A query.
    schema
        Names and types of its columns.
    """
    names = [f"c{place}" for place in range(len(schema))]
    kinds = {name: _read_as(field.type) for name, field in zip(names, schema, strict=True)}
    select = f"SELECT * FROM ({query}) AS t({', '.join(names)})"
    convert = csv.ConvertOptions(
        column_types=kinds,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["t"],
        false_values=["f"],
    )
    parse = csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
    read = csv.ReadOptions(block_size=BLOCK, use_threads=False)
    command = f"COPY ({select}) TO STDOUT (FORMAT csv, HEADER)"
    with connection.transaction(), connection.cursor() as cursor, cursor.copy(command) as copy:
        reader = csv.open_csv(io.BufferedReader(_Stream(iter(copy)), BLOCK), read, parse, convert)
        yield (pa.record_batch(_typed(batch.columns, schema), schema=schema) for batch in reader)
        for _ in copy:  # whatever the reader left, so that the session can go on
            pass


def collected(connection: psycopg.Connection[Any], query: str, schema: pa.Schema) -> pa.Table:
    """Bring the rows of a query to Python."""
    with copied_out(connection, query, schema) as batches:
        return pa.Table.from_batches(batches, schema)


def write_parquet(connection: psycopg.Connection[Any], query: str, schema: pa.Schema, path: Path) -> None:
    """Write the rows of a query into a Parquet file, a batch at a time."""
    with (
        pq.ParquetWriter(path, schema, compression="lz4") as writer,
        copied_out(connection, query, schema) as batches,
    ):
        for batch in batches:
            writer.write_batch(batch)


def _typed(columns: Iterable[pa.Array], schema: pa.Schema) -> list[pa.Array]:
    return [
        column if column.type == field.type else column.cast(field.type)
        for column, field in zip(columns, schema, strict=True)
    ]


def _read_as(kind: pa.DataType) -> pa.DataType:
    return pa.string() if pa.types.is_null(kind) or pa.types.is_binary(kind) else kind


class _Stream(io.RawIOBase):
    """The bytes of COPY as a file."""

    def __init__(self, blocks: Iterator[Any]) -> None:
        self._blocks = blocks
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # any writable buffer
        filled, room = 0, len(buffer)
        while filled < room:
            if not self._left:
                block = next(self._blocks, None)
                if block is None:
                    break
                self._left = memoryview(block)
            part = self._left[: room - filled]
            buffer[filled : filled + len(part)] = part
            self._left = self._left[len(part) :]
            filled += len(part)
        return filled
