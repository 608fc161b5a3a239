"""Arrays to the columns of a Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

ROWS = 131_072
"""Rows of a row group: near what DuckDB reads at a time in one thread."""


def words(codes: NDArray[Any], values: Sequence[str], *, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Make a column of texts, each given by its place in `values`, where a text may stand twice."""
    places, different = np.asarray(codes, dtype=np.int32), list(dict.fromkeys(values))
    if len(different) < len(values):  # of a dictionary with one twice Arrow writes bytes that it never set
        places = np.array([different.index(text) for text in values], dtype=np.int32)[places]
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=missing), pa.array(different, pa.string()))


def numbers(values: NDArray[Any], *, missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """Make a column of numbers, int64 or float64 as the array is; what is missing is null."""
    return pa.array(values, mask=missing)


class GrowingFile:
    """A Parquet file that grows by tables, with row groups of one size; at most one row group waits in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._write(keep_rest=False)
        if self._writer:
            self._writer.close()

    def add(self, table: pa.Table) -> None:
        """Add rows at the end."""
        self._waiting.append(table)
        if sum(waiting.num_rows for waiting in self._waiting) >= ROWS:
            self._write(keep_rest=True)

    def _write(self, *, keep_rest: bool) -> None:
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting).unify_dictionaries()
        whole = table.num_rows - table.num_rows % ROWS if keep_rest else table.num_rows
        self._waiting = [_own_words(table.slice(whole))] if keep_rest else []
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression="zstd", store_schema=False)
        self._writer.write_table(table.slice(0, whole), row_group_size=ROWS)


def _own_words(rows: pa.Table) -> pa.Table:
    """Keep of each column's dictionary what these rows hold; else every row group would carry the ids of all before."""
    for place, column in enumerate(rows.columns):
        if pa.types.is_dictionary(column.type):
            own = column.cast(column.type.value_type).dictionary_encode()
            rows = rows.set_column(place, rows.schema.field(place), own)
    return rows
