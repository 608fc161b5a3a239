"""Where the tables of a study are: files of its folder, sheets of a workbook, or tables of a database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from icans.engines import is_misspelt_url
from icans.errors import EngineError, RecordsError, nearest
from icans.records.delimited import read_delimited
from icans.records.findings import Finding, shown
from icans.records.headings import name_key
from icans.records.parquet import written_names
from icans.records.places import TABLE_FILES, TableFiles, by_pattern, iceberg_metadata, in_folder, is_delta
from icans.records.rows import EngineRows, SourceRows, TextRows
from icans.records.schema import TABLES
from icans.records.several import rows_of_files, unread, unreadable_parquet

if TYPE_CHECKING:
    from icans.engines import Engine

WORKBOOKS = (".xlsx", ".xlsm")
OTHER_WORKBOOKS = (".xls", ".xlsb", ".ods")
PACKED = (".gz", ".zip", ".bz2", ".xz", ".zst", ".7z")
OTHER_FILES = (
    *(*OTHER_WORKBOOKS, *PACKED, ".tsv", ".tab", ".dat", ".txt", ".sav", ".dta", ".sas7bdat", ".xpt", ".rds"),
    *(".json", ".jsonl", ".ndjson", ".xml", ".feather", ".arrow", ".orc", ".avro", ".html"),
)
"""Files that may hold tables and are not read."""
OUTPUTS = frozenset({"findings", "results"})
"""Tables this software writes, which may lie in a study folder."""


class Container(Protocol):
    """What holds several tables: a workbook or a database."""

    def names(self) -> list[str]:
        """Give the names of its tables."""

    def label(self, name: str) -> str:
        """Name a table as a finding does."""

    def read(self, name: str) -> SourceRows:
        """Read or open a table."""

    def matters(self, name: str) -> bool:
        """Tell whether a table that is not one of records deserves a word."""


def source_tables(
    folder: Path, source: str, engine: Engine, named: Mapping[str, str] = MappingProxyType({})
) -> tuple[dict[str, SourceRows], list[Finding]]:
    """Find and open the tables of a study.

    Parameters
    ----------
    folder
        The study folder.
    source
        The protocol's ``[records] source``: empty, a database URL, or a file or folder relative to the study folder.
    engine
        Where tables that have types stay.
    named
        The protocol's ``[records.files]``: by table, a file, a folder or a pattern relative to the study folder.

    Raises
    ------
    RecordsError
        There is no such source, a table is in two places, or a workbook, database, Delta or Iceberg table cannot be
        read.
    """
    places = {table: _named_place(table, pattern, folder) for table, pattern in named.items()}
    found, findings = _from_source(folder, source, engine, _paths(places.values()))
    own = {table: _rows_at(place, folder, TABLES[table].names, engine) for table, place in places.items()}
    _refuse_two_places({table: [found[table].file, rows.file] for table, (rows, _) in own.items() if table in found})
    found |= {table: rows for table, (rows, _) in own.items()}
    return found, [*findings, *(finding for _, more in own.values() for finding in more)]


def source_path(folder: Path, source: str) -> Path | None:
    """Give the file or folder that a protocol names as the source of records; None where it is a database server.

    Raises
    ------
    RecordsError
        It is a URL of something else.
    """
    scheme, colon, rest = source.partition("://")
    if not colon:
        return folder / source
    if scheme in ("sqlite", "duckdb"):
        return folder / rest.removeprefix("/")
    if scheme in ("postgres", "postgresql"):
        return None
    raise RecordsError(
        f"study.toml: [records] source: {shown(scheme)} is not a database that can be read.",
        "Known are: sqlite, duckdb, postgresql.",
    )


def _from_source(
    folder: Path, source: str, engine: Engine, taken: Collection[Path]
) -> tuple[dict[str, SourceRows], list[Finding]]:
    path = source_path(folder, source)
    if path is None:
        from icans.records.database import PostgresDatabase  # noqa: PLC0415  # most studies have no database

        with closing(PostgresDatabase(source, engine)) as database:
            return _from_container(database)
    if path.is_dir():
        return _from_folder(path, engine, taken)
    if not path.is_file():
        if is_misspelt_url(source):
            raise RecordsError(
                "study.toml: [records] source is neither a file nor a URL.", "Write postgresql://USER@HOST/DATABASE."
            )
        raise RecordsError(f"study.toml: [records] source names {shown(source, 200)}, and there is no such file.")
    found, findings = _from_file(path, engine)
    return found, [*findings, *_left_aside(folder, path)]


def _from_file(path: Path, engine: Engine) -> tuple[dict[str, SourceRows], list[Finding]]:
    from icans.records.database import DuckDBFile, SQLiteFile, kind_of  # noqa: PLC0415  # most studies have no database

    kind = kind_of(path)
    if kind == "sqlite":
        return _from_container(SQLiteFile(path), path)
    if kind == "duckdb":
        return _from_container(DuckDBFile(path, engine), path)
    if path.suffix.lower() in WORKBOOKS:
        return _from_workbook(path)
    raise RecordsError(
        f"study.toml: [records] source: {path.name} is neither a workbook (.xlsx) nor an SQLite or DuckDB file.",
        "Leave source empty to read files of the study folder.",
    )


def _from_workbook(path: Path) -> tuple[dict[str, SourceRows], list[Finding]]:
    from icans.records.workbook import opened  # noqa: PLC0415  # most studies have no workbook

    with opened(path) as workbook:
        return _from_container(workbook, path)


def _from_container(container: Container, *paths: Path) -> tuple[dict[str, SourceRows], list[Finding]]:
    """Read the tables of records that a workbook or database has, in these files, and warn of the others."""
    names = container.names()
    places: dict[str, list[str]] = {}
    for name in names:
        places.setdefault(name_key(name), []).append(name)
    known = {key: written for key, written in places.items() if key in TABLES}
    _refuse_two_places({key: [container.label(name) for name in written] for key, written in known.items()})
    others = [name for key, written in places.items() if key not in TABLES for name in written]
    found = {key: replace(container.read(written[0]), paths=paths) for key, written in known.items()}
    return found, [_unknown(container.label(name), name) for name in others if container.matters(name)]


def _from_folder(folder: Path, engine: Engine, taken: Collection[Path]) -> tuple[dict[str, SourceRows], list[Finding]]:
    files = sorted(p for p in folder.iterdir() if not p.name.startswith((".", "~$")) and p not in taken)
    tables: dict[str, list[Path]] = {}
    for path in files:
        if path.suffix.lower() in TABLE_FILES:
            tables.setdefault(name_key(path.stem), []).append(path)
        elif path.is_dir() and name_key(path.name) in TABLES:
            tables.setdefault(name_key(path.name), []).append(path)
    workbooks = [path for path in files if path.suffix.lower() in WORKBOOKS]
    if len(workbooks) > 1:
        raise RecordsError(
            f"There are {len(workbooks)} workbooks: {' and '.join(path.name for path in workbooks)}.",
            "Keep the one with the records in the study folder, or name it in study.toml as [records] source.",
        )
    found, findings = _from_workbook(workbooks[0]) if workbooks else ({}, [])
    known = {key: paths for key, paths in tables.items() if key in TABLES}
    places = {key: [_label(path, folder) for path in paths] for key, paths in known.items()}
    for key, rows in found.items():
        places.setdefault(key, []).append(rows.file)
    _refuse_two_places(places)
    for key, paths in known.items():
        found[key], more = _rows_at(paths[0], folder, TABLES[key].names, engine)
        findings += more
    unknown = [path for key, paths in tables.items() if key not in TABLES and key not in OUTPUTS for path in paths]
    findings += [_unknown(path.name, path.stem) for path in unknown]
    findings += [_other_kind(path) for path in files if _holds_tables_unread(path)]
    return found, findings


def _named_place(table: str, pattern: str, folder: Path) -> TableFiles | Path:
    """Find what the protocol names for a table."""
    if table not in TABLES:
        raise RecordsError(f"study.toml: [records.files] {shown(table)} is not a table.", nearest(table, TABLES))
    place = by_pattern(table, pattern, folder)
    if isinstance(place, TableFiles) or place.is_dir() or iceberg_metadata(place):
        return place
    if place.suffix.lower() not in TABLE_FILES:
        raise RecordsError(
            f"study.toml: [records.files] {table} names {_label(place, folder)}, "
            "which is neither a CSV nor a Parquet file.",
            "A workbook or a database is named as [records] source.",
        )
    return place


def _paths(places: Iterable[TableFiles | Path]) -> set[Path]:
    return {path for place in places for path in ([place] if isinstance(place, Path) else place.paths)}


def _rows_at(
    place: TableFiles | Path, folder: Path, names: Collection[str], engine: Engine
) -> tuple[SourceRows, list[Finding]]:
    """Read or open the table that lies in a file, in a folder, or in files that a pattern names."""
    if isinstance(place, Path):
        label = _label(place, folder)
        if metadata := iceberg_metadata(place):
            from icans.records.iceberg import iceberg_files  # noqa: PLC0415  # most studies have no such table

            place = iceberg_files(metadata, label)
        elif is_delta(place):
            from icans.records.delta import delta_files  # noqa: PLC0415  # most studies have no such table

            place = delta_files(place, label)
        elif place.is_dir():
            place = in_folder(place, folder)
        else:
            return file_rows(place, names, engine, label), []
    if not place.paths:
        problem = "holds no CSV or Parquet file, and counts as absent"
        meant = place.label.lower().rstrip("/").endswith(TABLE_FILES)
        empty = Finding("error" if meant else "warning", place.label, problem=problem)
        return TextRows(place.label, findings=(empty,)), unread(place)
    return rows_of_files(place, names, engine), unread(place)


def _label(place: Path, folder: Path) -> str:
    name = place.relative_to(folder) if place.is_relative_to(folder) else place
    return f"{name}/" if place.is_dir() else f"{name}"


def file_rows(path: Path, names: Collection[str], engine: Engine, label: str = "") -> SourceRows:
    """Read or open one table in a file of its own."""
    label = label or path.name
    if not path.is_file():
        return TextRows(label, findings=(Finding("error", label, problem="is not a file"),), lost=True)
    if path.suffix.lower() == ".csv":
        return replace(read_delimited(path, names, label), paths=(path,))
    try:
        table = engine.read_parquet(path)
    except EngineError as error:
        said = error.what.removeprefix(f"{path}: the file cannot be read (").removesuffix(").")
        fault = unreadable_parquet(label, (said.partition("refused: ")[2] or said).replace(str(path), path.name))
        return TextRows(label, findings=(fault,), paths=(path,), lost=True)
    written = written_names(path, table.columns, names)
    if "file_row_number" in map(str.casefold, table.columns):  # what engines call the number of a row
        return EngineRows(label, table, lambda: table, paths=(path,), names=written)
    numbered = partial(engine.read_parquet, path, numbered=True)
    return EngineRows(label, table, numbered, "file_row_number", 2, paths=(path,), names=written)


def _left_aside(folder: Path, source: Path) -> list[Finding]:
    """Warn of tables in the study folder that are not read because the protocol names another source."""
    problem = f"is not read, as study.toml names {source.name} as the source of records"
    return [
        Finding("warning", path.name, problem=problem)
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in TABLE_FILES and name_key(path.stem) in TABLES
    ]


def _refuse_two_places(places: Mapping[str, list[str]]) -> None:
    for key, labels in places.items():
        if len(labels) > 1:
            raise RecordsError(f"The table {key} is in two places: {' and '.join(labels)}.", "Keep one of them.")


def _unknown(file: str, name: str) -> Finding:
    problem = "is not a table of records and is not read"
    return Finding("warning", file, problem=problem, advice=nearest(name_key(name), TABLES))


def _holds_tables_unread(path: Path) -> bool:
    suffix = path.suffix.lower()
    name = path.name.partition(".")[0]
    return suffix in OTHER_WORKBOOKS or (suffix in OTHER_FILES and name_key(name) in TABLES)


def _other_kind(path: Path) -> Finding:
    problem = f"is not read, as {path.suffix} files are not"
    return Finding("warning", path.name, problem=problem, advice="Save it as CSV, Parquet or XLSX.")
