"""A table in several files, read as one: columns matched by name, one that a file lacks missing there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from icans.records.delimited import read_delimited
from icans.records.findings import Finding, shown
from icans.records.headings import name_key
from icans.records.parquet import extremes
from icans.records.parsing import trimmed
from icans.records.parts import STRIDE, first_number
from icans.records.places import TableFiles
from icans.records.rows import EngineRows, SourceRows, TextRows

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine

ENGINE_NAMES = frozenset({"file_row_number", "file_number", "file_index", "filename"})
"""Names by which an engine knows files and their rows."""
UNLIKE = "Export the files with the same types, or read them as CSV."

Columns = dict[str, tuple[str, str]]
"""For each column of a Parquet file its type as the file says it, and as a reader is told it."""


def rows_of_files(files: TableFiles, names: Collection[str], engine: Engine) -> SourceRows:
    """Read or open a table in several files of one kind.

    Where a file cannot be read, or does not agree with the others, no row of the table is used.
    """
    if files.paths[0].suffix.lower() == ".csv":
        return _text(files, names)
    return _parquet(files, names, engine)


def unread(files: TableFiles) -> list[Finding]:
    """Warn of files beside those of a table."""
    if not files.aside:
        return []
    named = ", ".join(map(shown, files.aside[:3])) + (", …" if len(files.aside) > 3 else "")
    number = "1 file" if len(files.aside) == 1 else f"{len(files.aside):,} files"
    problem = f"holds {number} that are not read ({named})"
    return [Finding("warning", files.label, problem=problem, advice="A table's files are CSV, or Parquet.")]


def _parquet(files: TableFiles, names: Collection[str], engine: Engine) -> SourceRows:
    schemas: list[Columns] = []
    faults: list[Finding] = []
    for path, name in zip(files.paths, files.names, strict=True):
        try:
            schemas.append(parquet_columns(path))
        except (pa.ArrowException, OSError) as error:
            faults.append(unreadable_parquet(name, f"{error}".splitlines()[0]))
    faults = faults or [*_unlike(files, schemas), *_engine_names(files, schemas)]
    by_file, more = _by_file(files, schemas)
    if faults or more:
        return TextRows(files.label, findings=(*faults, *more), paths=files.paths, lost=True)
    folders = _said_by_folders(files, names)
    kept = {name for columns in schemas for name in columns if files.only is None or name in files.only}

    def opened(*, numbered: bool) -> ibis.Table:
        table = engine.read_parquet(files.paths, numbered=numbered, by_file=by_file)
        numbers = ("file_number", "file_row_number")
        if files.only is not None:
            table = table.select([name for name in table.columns if name in {*kept, *by_file, *numbers}])
        if not numbered:
            return table
        before = (table.file_number + 1) * STRIDE
        return table.mutate(file_row_number=before + table.file_row_number).drop("file_number")

    return EngineRows(
        files.label,
        opened(numbered=False),
        lambda: opened(numbered=True),
        "file_row_number",
        2,
        paths=files.paths,
        parts=files.names,
        findings=tuple(
            finding
            for place, columns in enumerate(schemas)
            for name in columns
            if (said := folders.get(name_key(name)))
            for finding in _stray(files.names[place], name_key(name), said[place], extremes(files.paths[place], name))
        ),
    )


def unreadable_parquet(file: str, reason: str) -> Finding:
    """Say that a Parquet file is none, or damaged."""
    advice = f"Copy or export it again ({shown(reason.rstrip('.'), 120)})."
    return Finding("error", file, problem="is not a Parquet file that can be read", advice=advice)


def parquet_columns(path: Path) -> Columns:
    """Read the types of a Parquet file's columns."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # most studies lie in single files

    with pq.ParquetFile(path) as file:
        schema = file.schema
        twice = [name for name, times in Counter(map(str.casefold, file.schema_arrow.names)).items() if times > 1]
        if twice:
            raise pa.ArrowInvalid(f"the column {twice[0]} stands twice in it")
        told = {field.name: str(field.type) for field in file.schema_arrow}
    stored: dict[str, list[str]] = {}
    for place in range(len(schema)):
        leaf = schema.column(place)
        name, _, inner = leaf.path.partition(".")
        name = name if name in told else leaf.path
        stored.setdefault(name, []).append(f"{inner} {leaf.physical_type} {leaf.logical_type}")
    return {name: ("; ".join(kinds), told[name]) for name, kinds in stored.items()}


def _unlike(files: TableFiles, schemas: Sequence[Columns]) -> Iterator[Finding]:
    """Find each column that has another type in a file than in the first that has it.

    One of nothing but missing values agrees with any type; lengths of time are stored as whole numbers and are none.
    """
    first: dict[str, tuple[str, str, str]] = {}
    told: set[str] = set()
    for file, columns in zip(files.names, schemas, strict=True):
        for name, (stored, kind) in columns.items():
            if kind == "null":
                continue
            before, was, where = first.setdefault(name_key(name), (stored, kind, file))
            differs = before != stored or kind.startswith("duration") != was.startswith("duration")
            if differs and name_key(name) not in told:
                told.add(name_key(name))
                problem = f"is of type {kind}, and of type {was} in {where}, a file of the same table"
                yield Finding("error", file, column=name, problem=problem, advice=UNLIKE)


def _engine_names(files: TableFiles, schemas: Sequence[Columns]) -> Iterator[Finding]:
    named = zip((*files.names, files.label), (*schemas, files.by_file), strict=True)
    for file, columns in named:
        for name in sorted(name for name in columns if name.casefold() in ENGINE_NAMES):
            yield Finding("error", file, column=name, problem="is a name that files cannot use for a column")
            return


def _by_file(
    files: TableFiles, columns: Sequence[Collection[str]]
) -> tuple[dict[str, tuple[str | None, ...]], list[Finding]]:
    """Give the columns that the folders' names make; what the files themselves have of that name counts instead.

    A file without any `columns` says nothing about them.
    """
    by_file, faults = {}, []
    for name, values in files.by_file.items():
        having = {
            file: name_key(name) in map(name_key, own) for file, own in zip(files.names, columns, strict=True) if own
        }
        if not any(having.values()):
            by_file[name] = values
        elif not all(having.values()):
            file = next(file for file in having if having[file])
            problem = f"is a column of this file, and of other files of {files.label} by the name of their folder"
            faults.append(Finding("error", file, column=name, problem=problem, advice="Keep one of the two."))
    return by_file, faults


def _said_by_folders(files: TableFiles, names: Collection[str]) -> dict[str, tuple[str | None, ...]]:
    """Give the declared columns that folders name, as `TableFiles.by_file` does."""
    return {name_key(name): values for name, values in files.by_file.items() if name_key(name) in names}


def _stray(file: str, column: str, folder: str | None, values: Iterable[str]) -> list[Finding]:
    """Warn where a file says something else in a column than the folder that names the same column."""
    other = sorted(value for value in values if value != folder)
    if folder is None or not other:
        return []
    problem = f"stands in this file, and its folder says {shown(folder)}; what the file says counts"
    return [Finding("warning", file, None, column, shown(other[0]), problem, "Correct the one that is wrong.")]


def _text(files: TableFiles, names: Collection[str]) -> TextRows:
    """Put the rows of CSV files under each other; a column of one name is the same column.

    An empty file has no rows, here as where it is the only one, and is an error among the findings.
    """
    read = [read_delimited(path, names, name) for path, name in zip(files.paths, files.names, strict=True)]
    findings = [finding for one in read for finding in one.findings]
    own, faults = _by_file(files, [one.header for one in read])
    if faults or any(one.lost for one in read):
        findings += faults
        return TextRows(files.label, findings=tuple(findings), paths=files.paths, lost=True)
    keyed = [_keyed(one.header) for one in read]
    header: dict[tuple[str, int], str] = {}
    for keys, one in zip(keyed, read, strict=True):
        for key, name in zip(keys, one.header, strict=True):
            header.setdefault(key, name)
    folders = _said_by_folders(files, names)
    for place, one in enumerate(read):
        for name, column in zip(one.header, one.columns, strict=True):
            if said := folders.get(name_key(name)):
                texts = map(trimmed, column.unique().to_pylist())
                findings += _stray(files.names[place], name_key(name), said[place], texts)
    columns: list[list[pa.Array | pa.ChunkedArray]] = [[] for _ in range(len(header) + len(own))]
    for number, (keys, one) in enumerate(zip(keyed, read, strict=True)):
        there = dict(zip(keys, one.columns, strict=True))
        absent = _repeated("", len(one.numbers))
        parts = [there.get(key, absent) for key in header]
        parts += [_repeated(values[number] or "", len(one.numbers)) for values in own.values()]
        for place, part in enumerate(parts):
            columns[place] += part.chunks
    numbers = [pc.add(one.numbers, first_number(number)) for number, one in enumerate(read)]
    return TextRows(
        files.label,
        (*header.values(), *own),
        tuple(pa.chunked_array(column, pa.string()) for column in columns),
        pa.chunked_array([chunk for part in numbers for chunk in part.chunks], pa.int64()),
        sum(one.read for one in read),
        tuple(findings),
        paths=files.paths,
        parts=files.names,
    )


def _repeated(text: str, times: int) -> pa.ChunkedArray:
    return pa.chunked_array([pa.repeat(pa.scalar(text, pa.string()), times)])


def _keyed(header: Sequence[str]) -> list[tuple[str, int]]:
    """Give names as they are compared, and which of that name each one is."""
    counts: Counter[str] = Counter()
    keys = []
    for name in header:
        counts[name_key(name)] += 1
        keys.append((name_key(name), counts[name_key(name)]))
    return keys
