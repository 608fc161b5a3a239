"""Where the tables of a study are: files of its folder, sheets of a workbook, or tables of a database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from icans.errors import EngineError, RecordsError, nearest
from icans.records.delimited import read_delimited
from icans.records.findings import Finding, shown
from icans.records.headings import name_key
from icans.records.rows import EngineRows, SourceRows, TextRows
from icans.records.schema import TABLES

if TYPE_CHECKING:
    from icans.engines import Engine

TABLE_FILES = (".csv", ".parquet")
WORKBOOKS = (".xlsx", ".xlsm")
OTHER_WORKBOOKS = (".xls", ".xlsb", ".ods")
OTHER_FILES = (*OTHER_WORKBOOKS, ".tsv", ".txt", ".sav", ".dta", ".sas7bdat", ".rds")
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


def source_tables(folder: Path, source: str, engine: Engine) -> tuple[dict[str, SourceRows], list[Finding]]:
    """Find and open the tables of a study.

    Parameters
    ----------
    folder
        The study folder.
    source
        The protocol's ``[records] source``: empty, a database URL, or a file or folder relative to the study folder.
    engine
        Where tables that have types stay.

    Raises
    ------
    RecordsError
        There is no such source, a table is in two places, or a workbook or database cannot be read.
    """
    scheme, colon, rest = source.partition("://")
    if not colon:
        path = folder / source
    elif scheme in ("sqlite", "duckdb"):
        path = folder / rest.removeprefix("/")
    elif scheme in ("postgres", "postgresql"):
        from icans.records.database import PostgresDatabase  # noqa: PLC0415  # most studies have no database

        with closing(PostgresDatabase(source, engine)) as database:
            return _from_container(database)
    else:
        raise RecordsError(
            f"study.toml: [records] source: {shown(scheme)} is not a database that can be read.",
            "Known are: sqlite, duckdb, postgresql.",
        )
    if path.is_dir():
        return _from_folder(path, engine)
    if not path.is_file():
        raise RecordsError(f"study.toml: [records] source names {shown(source, 200)}, and there is no such file.")
    found, findings = _from_file(path, engine)
    return found, [*findings, *_left_aside(folder, path)]


def _from_file(path: Path, engine: Engine) -> tuple[dict[str, SourceRows], list[Finding]]:
    from icans.records.database import DuckDBFile, SQLiteFile, kind_of  # noqa: PLC0415  # most studies have no database

    kind = kind_of(path)
    if kind == "sqlite":
        return _from_container(SQLiteFile(path))
    if kind == "duckdb":
        return _from_container(DuckDBFile(path, engine))
    if path.suffix.lower() in WORKBOOKS:
        return _from_workbook(path)
    raise RecordsError(
        f"study.toml: [records] source: {path.name} is neither a workbook (.xlsx) nor an SQLite or DuckDB file.",
        "Leave source empty to read files of the study folder.",
    )


def _from_workbook(path: Path) -> tuple[dict[str, SourceRows], list[Finding]]:
    from icans.records.workbook import opened  # noqa: PLC0415  # most studies have no workbook

    with opened(path) as workbook:
        return _from_container(workbook)


def _from_container(container: Container) -> tuple[dict[str, SourceRows], list[Finding]]:
    """Read the tables of records that a workbook or database has, and warn of the others."""
    names = container.names()
    places: dict[str, list[str]] = {}
    for name in names:
        places.setdefault(name_key(name), []).append(name)
    known = {key: written for key, written in places.items() if key in TABLES}
    _refuse_two_places({key: [container.label(name) for name in written] for key, written in known.items()})
    others = [name for key, written in places.items() if key not in TABLES for name in written]
    found = {key: container.read(written[0]) for key, written in known.items()}
    return found, [_unknown(container.label(name), name) for name in others if container.matters(name)]


def _from_folder(folder: Path, engine: Engine) -> tuple[dict[str, SourceRows], list[Finding]]:
    files = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "~$")))
    tables: dict[str, list[Path]] = {}
    for path in files:
        if path.suffix.lower() in TABLE_FILES:
            tables.setdefault(name_key(path.stem), []).append(path)
    workbooks = [path for path in files if path.suffix.lower() in WORKBOOKS]
    if len(workbooks) > 1:
        raise RecordsError(
            f"There are {len(workbooks)} workbooks: {' and '.join(path.name for path in workbooks)}.",
            "Keep the one with the records in the study folder, or name it in study.toml as [records] source.",
        )
    found, findings = _from_workbook(workbooks[0]) if workbooks else ({}, [])
    known = {key: paths for key, paths in tables.items() if key in TABLES}
    places = {key: [path.name for path in paths] for key, paths in known.items()}
    for key, rows in found.items():
        places.setdefault(key, []).append(rows.file)
    _refuse_two_places(places)
    for key, paths in known.items():
        found[key] = file_rows(paths[0], TABLES[key].names, engine)
    unknown = [path for key, paths in tables.items() if key not in TABLES and key not in OUTPUTS for path in paths]
    findings += [_unknown(path.name, path.stem) for path in unknown]
    findings += [_other_kind(path) for path in files if _holds_tables_unread(path)]
    return found, findings


def file_rows(path: Path, names: Collection[str], engine: Engine) -> SourceRows:
    """Read or open one table in a file of its own."""
    if not path.is_file():
        return TextRows(path.name, findings=(Finding("error", path.name, problem="is not a file"),))
    if path.suffix.lower() == ".csv":
        return read_delimited(path, names)
    try:
        table = engine.read_parquet(path)
    except EngineError as error:
        problem = "is not a Parquet file that can be read"
        reason = shown(error.what.partition("refused: ")[2], 120)
        return TextRows(path.name, findings=(Finding("error", path.name, problem=problem, advice=reason),))
    return EngineRows(path.name, table, partial(engine.read_parquet, path, numbered=True), "file_row_number", 2)


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
    return suffix in OTHER_FILES and (name_key(path.stem) in TABLES or suffix in OTHER_WORKBOOKS)


def _other_kind(path: Path) -> Finding:
    problem = f"is not read, as {path.suffix} files are not"
    return Finding("warning", path.name, problem=problem, advice="Save it as CSV, Parquet or XLSX.")
