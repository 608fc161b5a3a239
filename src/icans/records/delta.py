"""A Delta table as the files of its current version; none of them is written to."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from icans.errors import RecordsError
from icans.records.findings import shown
from icans.records.places import TableFiles, unreadable

READ = frozenset({"timestampNtz", "v2Checkpoint", "vacuumProtocolCheck", "deletionVectors", "columnMapping"})
"""Features of a table that change nothing in its files, or are looked for."""


def delta_files(folder: Path, label: str) -> TableFiles:
    """Give the files of a Delta table's current version, with the columns that its log keeps for them.

    Raises
    ------
    RecordsError
        The reader is not installed, the log is damaged, or the files alone do not say what the rows are: some are
        deleted only by a mark, or columns have other names in the files.
    """
    try:
        reader: Any = import_module("deltalake")
    except ImportError:
        raise RecordsError(
            f"{label} is a Delta table, and its reader is not installed.",
            "Install it with: pip install 'icans[delta]'",
        ) from None
    try:
        table = reader.DeltaTable(str(folder))
        _refuse_unread(table, label)
        actions = _arrow(table.get_add_actions(flatten=True)).to_pylist()
    except (reader.exceptions.DeltaError, OSError, ValueError) as error:
        raise unreadable("Delta", label, error) from None
    actions.sort(key=lambda action: str(action["path"]))
    paths = tuple(folder / _local(str(action["path"]), label) for action in actions)
    gone = next((path for path in paths if not path.is_file()), None)
    if gone:
        raise RecordsError(
            f"{label}: {gone} is a file of the Delta table's version {table.version()}, and it is not there.",
            "Copy the whole table.",
        )
    keys = table.metadata().partition_columns
    return TableFiles(
        label,
        paths,
        tuple(f"{label}{path.relative_to(folder) if path.is_relative_to(folder) else path}" for path in paths),
        {key: tuple(_text(action.get(f"partition.{key}")) for action in actions) for key in keys},
    )


def _refuse_unread(table: Any, label: str) -> None:  # noqa: ANN401  # a DeltaTable
    protocol = table.protocol()
    unknown = sorted(set(protocol.reader_features or ()) - READ)
    if unknown:
        raise RecordsError(
            f"{label}: the Delta table uses {', '.join(unknown)}, which is not read.",
            "Write the table again without it, or as Parquet.",
        )
    if table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none":
        raise RecordsError(
            f"{label}: the columns of the Delta table have other names in its files (column mapping).",
            "Write the table again without column mapping, or as Parquet.",
        )
    if "deletionVectors" in (protocol.reader_features or ()) and _arrow(table.deletion_vectors()).num_rows:
        raise RecordsError(
            f"{label}: rows of the Delta table are deleted by a mark (deletion vectors), which its files do not show.",
            "Write them out with REORG TABLE … APPLY (PURGE), or write the table as Parquet.",
        )


def _arrow(table: Any) -> Any:  # noqa: ANN401  # what offers Arrow's stream, as an Arrow table
    import pyarrow as pa  # noqa: PLC0415  # beside its only use

    return pa.table(table) if hasattr(table, "__arrow_c_stream__") else table.read_all()


def _local(path: str, label: str) -> str:
    place = path.removeprefix("file://")
    if "://" in place:
        raise RecordsError(f"{label}: the file {shown(path, 200)} of the Delta table lies elsewhere.", "Copy it here.")
    return unquote(place)


def _text(value: object) -> str | None:
    """Write the value of a whole file as a text file would have it."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date) else f"{value}"
