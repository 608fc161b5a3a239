"""An Iceberg table as the files of its current snapshot; none of them is written to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from icans.errors import RecordsError
from icans.records.findings import shown
from icans.records.places import ICEBERG_METADATA, TableFiles, unreadable

VERSION = re.compile(r"v?(\d+)")
PARQUET = "PARQUET"
PLAIN = frozenset({"string", "int", "long"})


def iceberg_files(metadata: Sequence[Path], label: str) -> TableFiles:
    """Give the data files of an Iceberg table's current snapshot.

    Parameters
    ----------
    metadata
        Its descriptions, of which the one that ``version-hint.text`` names counts, else the one of the highest number.
    label
        The table as the user knows it.

    Raises
    ------
    RecordsError
        The reader is not installed, a file is damaged or gone, or the data files alone do not say what the rows are:
        some are deleted by another file, or a column was renamed since.
    """
    try:
        tables: Any = import_module("pyiceberg.table")
        errors: Any = import_module("pyiceberg.exceptions")
    except ImportError:
        raise RecordsError(
            f"{label} is an Iceberg table, and its reader is not installed.",
            "Install it with: pip install 'icans[iceberg]'",
        ) from None
    current = _current(metadata, label)
    faults: tuple[type[Exception], ...] = (OSError, ValueError, KeyError, NotImplementedError, *_errors(errors))
    try:
        table = tables.StaticTable.from_metadata(str(current.resolve()))
        tasks = list(table.scan().plan_files())
        schema = table.schema()
        partitions = [_identities(task.file, table.specs(), schema) for task in tasks]
    except faults as error:
        raise unreadable("Iceberg", label, error) from None
    if any(task.delete_files for task in tasks):
        raise RecordsError(
            f"{label}: rows of the Iceberg table are deleted by other files, which its data files do not show.",
            "Write them out with rewrite_data_files, or write the table as Parquet.",
        )
    paths = [_local(task.file.file_path, label) for task in tasks]
    ids = {field.field_id: field.name for field in schema.fields}
    _refuse_defaults(schema, label)
    for task, path in zip(tasks, paths, strict=True):
        if task.file.file_format.value.upper() != PARQUET:
            raise RecordsError(f"{label}: {path.name} is not a Parquet file.", "Write the table as Parquet.")
        _refuse_renamed(path, ids, label)
    order = sorted(range(len(paths)), key=lambda place: str(paths[place]))
    keys = dict.fromkeys(key for one in partitions for key in one)
    return TableFiles(
        label,
        tuple(paths[place] for place in order),
        tuple(f"{label}{paths[place].name}" for place in order),
        {key: tuple(partitions[place].get(key) for place in order) for key in keys},
        frozenset(ids.values()),
    )


def _errors(module: Any) -> list[type[Exception]]:  # noqa: ANN401  # pyiceberg.exceptions
    return [one for one in vars(module).values() if isinstance(one, type) and issubclass(one, Exception)]


def _current(metadata: Sequence[Path], label: str) -> Path:
    """Give the description that is in force."""
    hint = metadata[0].parent / "version-hint.text"
    if len(metadata) > 1 and hint.is_file():
        named = hint.read_text(encoding="utf-8", errors="replace").strip()
        for name in (named, f"v{named}{ICEBERG_METADATA}", f"{named}{ICEBERG_METADATA}"):
            if hint.with_name(name) in metadata:
                return hint.with_name(name)
    numbers = {path: int(found.group(1)) if (found := VERSION.match(path.name)) else -1 for path in metadata}
    highest = [path for path in metadata if numbers[path] == max(numbers.values())]
    if len(highest) > 1:
        raise RecordsError(
            f"{label}: {highest[0].name} and {highest[1].name} both may describe the Iceberg table as it is now.",
            "Name the one its catalog names, in study.toml under [records.files].",
        )
    return highest[0]


def _identities(file: Any, specs: Mapping[int, Any], schema: Any) -> dict[str, str | None]:  # noqa: ANN401  # pyiceberg's
    """Give the columns that a file is partitioned by as they are, which a file taken over from Hive has nowhere else.

    The values of other types than texts and whole numbers are written in a form of Iceberg's own.
    """
    found: dict[str, str | None] = {}
    for place, part in enumerate(specs[file.spec_id].fields):
        name = schema.find_column_name(part.source_id)
        if name and str(part.transform) == "identity" and str(schema.find_type(name)) in PLAIN:
            value = file.partition[place]
            found[name] = None if value is None else f"{value}"
    return found


def _refuse_defaults(schema: Any, label: str) -> None:  # noqa: ANN401  # pyiceberg's
    for field in schema.fields:
        if getattr(field, "initial_default", None) is not None:
            raise RecordsError(
                f"{label}: the column {field.name} of the Iceberg table has a value where older files have none.",
                "Write it out with rewrite_data_files, or write the table as Parquet.",
            )


def _refuse_renamed(path: Path, ids: Mapping[int, str], label: str) -> None:
    """Refuse a file in which a column stands under another name than now: Iceberg goes by numbers, not by names."""
    import pyarrow as pa  # noqa: PLC0415  # beside its only use
    import pyarrow.parquet as pq  # noqa: PLC0415  # as above

    try:
        fields = list(pq.read_schema(path))
    except FileNotFoundError:
        raise RecordsError(
            f"{label}: {path} is a file of the Iceberg table, and it is not there.",
            "An Iceberg table names its files by their whole path: read it where it was written.",
        ) from None
    except (pa.ArrowException, OSError) as error:
        raise RecordsError(f"{label}: {path} cannot be read ({shown(str(error).splitlines()[0], 120)}).") from None
    numbered = {field.name: number for field in fields if (number := _number(field)) is not None}
    for name, number in numbered.items():
        now = ids.get(number)
        if now != name and (now is not None or name in ids.values()):
            raise RecordsError(
                f"{label}: the column {name} of {path.name} is called {now or 'otherwise'} in the Iceberg table now.",
                "Write it out with rewrite_data_files, or write the table as Parquet.",
            )


def _number(field: Any) -> int | None:  # noqa: ANN401  # an Arrow field
    number = (field.metadata or {}).get(b"PARQUET:field_id")
    return int(number) if number else None


def _local(path: str, label: str) -> Path:
    place = re.sub(r"^file:(//)?", "", path)
    if "://" in place:
        raise RecordsError(f"{label}: the file {shown(path, 200)} of the Iceberg table lies elsewhere.")
    written = Path(place)
    return written if written.exists() else Path(unquote(place))
