"""Parquet files on their way into PostgreSQL, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from icans.errors import EngineError

NUMBERS = ("file_row_number", "file_number")
"""Place of a row in its file, and of its file among the files, both from 0."""
ROWS = 100_000
"""Rows of a batch."""


class Files:
    """The files of one table.

    Parameters
    ----------
    paths
        The files; a folder stands for the files in it.
    by_file
        Columns (string) that are not in the files, with a value for each file.

    Raises
    ------
    EngineError
        One is no Parquet file, or a column has two types.
    """

    def __init__(self, paths: Sequence[Path], by_file: Mapping[str, Sequence[str | None]]) -> None:
        self._paths = [path for given in paths for path in _files(given)]
        self._by_file = by_file
        found = [_opened(path) for path in self._paths]
        try:
            columns = pa.unify_schemas([one.remove_metadata() for one in found])
        except pa.ArrowInvalid as error:
            raise EngineError(f"{paths[0]}: the files of the table differ ({error}).", "Export them alike.") from None
        self._read = pa.schema([field.with_type(_decoded(field.type)) for field in columns])
        added = [*((name, pa.string()) for name in by_file), *((name, pa.int64()) for name in NUMBERS)]
        self.schema = pa.schema([*self._read, *(pa.field(name, kind) for name, kind in added)])

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Give the rows of all files with the columns of `schema`."""
        for number, path in enumerate(self._paths):
            first = 0
            try:
                with pq.ParquetFile(path) as file:
                    for batch in file.iter_batches(ROWS):
                        yield self._whole(batch, number, first)
                        first += batch.num_rows
            except (pa.ArrowException, OSError) as error:
                raise _damaged(path, error) from None

    def _whole(self, batch: pa.RecordBatch, number: int, first: int) -> pa.RecordBatch:
        rows = batch.num_rows
        there = set(batch.schema.names)
        columns = [
            _as(batch.column(field.name), field.type) if field.name in there else pa.nulls(rows, field.type)
            for field in self._read
        ]
        columns += [pa.array([values[number]] * rows, pa.string()) for values in self._by_file.values()]
        columns += [pa.array(range(first, first + rows), pa.int64()), pa.array([number] * rows, pa.int64())]
        return pa.record_batch(columns, schema=self.schema)


def _files(path: Path) -> list[Path]:
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def _opened(path: Path) -> pa.Schema:
    try:
        return pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> EngineError:
    return EngineError(f"{path}: the database refused: {str(error).splitlines()[0]}")


def _decoded(kind: pa.DataType) -> pa.DataType:
    """Give the type that a column is read by; where nothing says one, DuckDB's."""
    if pa.types.is_null(kind):
        return pa.int32()
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _as(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column if column.type == kind else column.cast(kind)
