"""The table of results on disk: `results.json` for people and scripts, `results.parquet` for tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from icans.errors import CallError, StudyError
from icans.results.rows import Result

JSON = "results.json"
PARQUET = "results.parquet"

COLUMNS = (
    "analysis",
    "group",
    "variable",
    "level",
    "statistic",
    "value",
    "unit",
    "method",
    "n",
    "patients",
    "reason",
)
"""Columns of the table of results, in the order they are written."""

TEXTS = tuple(name for name in COLUMNS if name not in {"value", "n", "patients"})


def write(results: Sequence[Result], folder: Path) -> None:
    """Write the table of results into a folder, as `results.json` and `results.parquet`.

    The order of the rows is kept. `results.json` has one row a line, so that two runs can be compared line by line.

    Columns
    -------
    analysis, group, variable, level, statistic, unit, method, reason : string (group, level and reason may be null)
    value : float64, null where `reason` says why
    n : int64
    patients : list of string
    """
    write_rows([to_row(result) for result in results], folder)


def write_rows(
    rows: Sequence[Mapping[str, Any]],
    folder: Path,
    name: str = "results",
    more: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write rows with the columns of `write` and more, as `NAME.json` and `NAME.parquet`.

    Parameters
    ----------
    rows
        A value for each column.
    folder
        An existing folder.
    name
        What the files are called.
    more
        Further columns, each with its type as Arrow calls it.
    """
    lines = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    (folder / f"{name}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    _write_parquet(rows, folder / f"{name}.parquet", more)


def read(path: Path) -> list[Result]:
    """Read the table of results back, from its folder, `results.json` or `results.parquet`.

    Raises
    ------
    CallError
        There is no such file.
    StudyError
        The file is not a table of results.
    """
    return [result for result, _ in read_rows(path)]


def read_rows(path: Path) -> list[tuple[Result, dict[str, Any]]]:
    """Read the table of results, each row also as it stands in the file, with whatever columns it has.

    Raises
    ------
    CallError, StudyError
        As `read`.
    """
    file = path / JSON if path.is_dir() else path
    if not file.is_file():
        raise CallError(f"{file}: there are no results here.", "icans report STUDY --out DIR writes them.")
    try:
        rows = _parquet_rows(file) if file.suffix == ".parquet" else _json_rows(file)
        return [(from_row(row), row) for row in rows]
    except (ValueError, TypeError, KeyError):
        raise StudyError(f"{file} is not a table of results.", "icans report STUDY --out DIR writes it anew.") from None


def to_row(result: Result) -> dict[str, Any]:
    """Give a row as plain columns, as results.json holds it."""
    return {column: getattr(result, column) for column in COLUMNS} | {"patients": list(result.patients)}


def from_row(row: dict[str, Any]) -> Result:
    """Read a row back from its columns."""
    content = {column: row[column] for column in COLUMNS}
    if not (_are_texts(content[name] for name in TEXTS) and _are_texts(row["patients"])):
        raise TypeError("a text was expected")
    if not isinstance(row["n"], int | None):
        raise TypeError("a whole number was expected")
    return Result(**content | {"patients": tuple(row["patients"]), "n": row["n"] or 0})


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str | None) for value in values)


def _json_rows(file: Path) -> Iterable[dict[str, Any]]:
    rows = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(rows, list):
        raise TypeError("a list was expected")
    return rows


def _parquet_rows(file: Path) -> Iterable[dict[str, Any]]:
    import pyarrow.parquet as pq  # noqa: PLC0415  # start-up counts

    rows: list[dict[str, Any]] = pq.read_table(file).to_pylist()
    return rows


def _write_parquet(rows: Sequence[Mapping[str, Any]], file: Path, more: Mapping[str, str]) -> None:
    import pyarrow as pa  # noqa: PLC0415  # start-up counts
    import pyarrow.parquet as pq  # noqa: PLC0415

    kinds = {"value": pa.float64(), "n": pa.int64(), "patients": pa.list_(pa.string())}
    kinds |= {column: pa.type_for_alias(kind) for column, kind in more.items()}
    schema = pa.schema([(column, kinds.get(column, pa.string())) for column in (*COLUMNS, *more)])
    pq.write_table(pa.Table.from_pylist(list(rows), schema=schema), file)
