"""What a Parquet file says of its columns and an engine passes over."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

NUMBERED = re.compile(r"(.+)_\d+")


def written_names(path: Path, columns: Sequence[str], declared: Collection[str]) -> tuple[str, ...]:
    """Give the names of the columns as the file has them; none where the engine's `columns` are those.

    Of two names that differ only in case, or not at all, DuckDB has the second with a number behind it.
    """
    keys = {name.casefold() for name in columns}
    numbered = [match[1] for key in keys.difference(declared) if (match := NUMBERED.fullmatch(key))]
    if not keys.intersection(numbered):
        return ()
    names = _schema(path).names
    return tuple(names) if len(names) == len(columns) else ()


def duration(path: Path, column: str) -> str:
    """Give the type of a column of lengths of time, which engines take for whole numbers; empty for any other."""
    schema = _schema(path)
    kind = schema.field(column).type if schema.get_field_index(column) >= 0 else None
    return f"{kind}" if kind and pa.types.is_duration(kind) else ""


def extremes(path: Path, column: str) -> set[str]:
    """Give the smallest and largest value that a file's statistics know of a column, as far as they do."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # as below

    metadata = pq.read_metadata(path)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = [group.column(place) for group in groups for place in range(group.num_columns)]
    known = [one.statistics for one in chunks if one.path_in_schema == column and one.is_stats_set]
    return {f"{end}" for found in known if found.has_min_max for end in (found.min, found.max)}


def _schema(path: Path) -> Any:  # noqa: ANN401  # Arrow ships no types
    import pyarrow.parquet as pq  # noqa: PLC0415  # start-up counts, and few files are asked

    return pq.read_schema(path)
