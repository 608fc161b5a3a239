"""Tables of a database: SQLite as text, DuckDB where it lies, PostgreSQL brought across; none is written to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

import duckdb
import ibis
from ibis.common.exceptions import TableNotFound

from icans.errors import RecordsError
from icans.records.delimited import decoded_as_windows
from icans.records.findings import Finding, shown
from icans.records.headings import name_key
from icans.records.rows import EngineRows, TextRows, as_columns
from icans.records.schema import TABLES
from icans.records.workbook import value_text

if TYPE_CHECKING:
    from icans.engines import Engine

SQLITE = b"SQLite format 3\0"
DUCKDB = b"DUCK"
"""At byte 8 of a DuckDB file."""


def kind_of(path: Path) -> str:
    """Tell sqlite from duckdb by what the file begins with; empty where it is neither."""
    with path.open("rb") as file:
        start = file.read(16)
    return "sqlite" if start == SQLITE else "duckdb" if start[8:12] == DUCKDB else ""


def _misspelt(name: str) -> bool:
    return bool(get_close_matches(name_key(name), TABLES, cutoff=0.7))


class SQLiteFile:
    """The tables of an SQLite file, read as text.

    Raises
    ------
    RecordsError
        From every method: it is not an SQLite file, or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        """Give the names of its tables and views."""
        with self._connected() as connection:
            found = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY rowid")
            return [str(name) for (name,) in found if not str(name).startswith("sqlite_")]

    def matters(self, name: str) -> bool:
        """Tell whether a table that is not one of records may have been meant as one."""
        return _misspelt(name)

    def label(self, name: str) -> str:
        """Name a table as a finding does."""
        return f"{self._path.name}, table {shown(name)}"

    def read(self, name: str) -> TextRows:
        """Read a table."""
        quoted = name.replace('"', '""')
        with self._connected() as connection:
            connection.text_factory = bytes
            cursor = connection.execute(f'SELECT * FROM "{quoted}"')
            header = tuple(column[0] for column in cursor.description)
            assumed: list[int] = []

            def records() -> Iterator[tuple[int, list[str]]]:
                for number, values in enumerate(cursor, start=2):
                    yield number, [_text(value, number, assumed) for value in values]

            columns, numbers = as_columns(records(), len(header))
        findings = _not_utf8(self.label(name), assumed)
        return TextRows(self.label(name), header, columns, numbers, len(numbers), findings)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(f"file:{quote(str(self._path.resolve()))}?mode=ro", uri=True)) as connection:
                connection.text_factory = lambda text: text.decode("utf-8", "replace")
                yield connection
        except sqlite3.Error as error:
            raise RecordsError(
                f"{self._path.name}: SQLite cannot read the file ({error}).", "Mend it, or take an earlier copy."
            ) from None


def _text(value: object, row: int, assumed: list[int]) -> str:
    """Write a value as a CSV would have it, and keep the row in mind where its encoding had to be assumed."""
    if not isinstance(value, bytes):
        return value_text(value)
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        assumed.append(row)
        return decoded_as_windows(value)


def _not_utf8(file: str, assumed: list[int]) -> tuple[Finding, ...]:
    if not assumed:
        return ()
    cells = "1 cell is" if len(assumed) == 1 else f"{len(assumed):,} cells are"
    problem = f"{cells} not UTF-8 and read as Windows-1252"
    return (Finding("warning", file, assumed[0], problem=problem, advice="Check names with accents."),)


class DuckDBFile:
    """The tables of a DuckDB file: they stay where they lie, but for an engine other than DuckDB are brought across.

    Raises
    ------
    RecordsError
        From every method: it is not a DuckDB file, is of a later version, or another program is writing to it.
    """

    def __init__(self, path: Path, engine: Engine) -> None:
        self._path = path
        self._engine = engine
        self._stays = engine.name == "duckdb"
        self._backend = engine.backend if self._stays else ibis.duckdb.connect()
        self._catalog = f"records_{sha256(str(path.resolve()).encode()).hexdigest()[:12]}"

    def names(self) -> list[str]:
        """Give the names of its tables and views."""
        with self._attached():
            return [*self._found("table"), *self._found("view")]

    def matters(self, name: str) -> bool:
        """Tell whether a table that is not one of records may have been meant as one."""
        return _misspelt(name)

    def label(self, name: str) -> str:
        """Name a table as a finding does."""
        return f"{self._path.name}, table {shown(name)}"

    def read(self, name: str) -> EngineRows:
        """Open a table."""
        with self._attached():
            table = self._backend.table(name, database=(self._catalog, "main"))
            has_order = name in self._found("table") and "rowid" not in map(str.casefold, table.columns)
        if not self._stays:
            numbered = table.mutate(_rowid=table.rowid()) if has_order else table
            table = self._engine.keep(ibis.memtable(self._backend.to_pyarrow(numbered)))
        if not has_order:
            return EngineRows(self.label(name), table, lambda: table)
        if not self._stays:
            return EngineRows(self.label(name), table.drop("_rowid"), lambda: table, "_rowid", 2)
        return EngineRows(self.label(name), table, lambda: table.mutate(_rowid=table.rowid()), "_rowid", 2)

    @contextmanager
    def _attached(self) -> Iterator[None]:
        try:
            attached = "SELECT 1 FROM duckdb_databases() WHERE database_name = ?"
            if not self._backend.con.execute(attached, [self._catalog]).fetchone():
                self._backend.attach(str(self._path), self._catalog, read_only=True)
            yield
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise RecordsError(
                f"{self._path.name}: DuckDB cannot read the file ({reason}).",
                "Mend it, or close what has it open.",
            ) from None
        except TableNotFound as error:
            raise RecordsError(
                f"{self._path.name}: the view {error} shows a table that is not there, or not as the view expects it.",
                "Mend the view.",
            ) from None

    def _found(self, kind: Literal["table", "view"]) -> list[str]:
        found = f"SELECT {kind}_name FROM duckdb_{kind}s()"
        names = f"{found} WHERE database_name = ? AND schema_name = 'main' AND NOT internal"
        return [name for (name,) in self._backend.con.execute(names, [self._catalog]).fetchall()]


class PostgresDatabase:
    """The tables of a PostgreSQL database: where they lie if the engine is that database, else brought across.

    Raises
    ------
    EngineError
        The driver is not installed, or the database refuses.
    """

    def __init__(self, url: str, engine: Engine) -> None:
        from icans.engines.postgres_refusals import Place  # noqa: PLC0415  # most studies have no such database
        from icans.engines.postgres_session import Session  # noqa: PLC0415  # as above

        holds: Any = getattr(engine, "holds", None)  # only an engine that is such a database has it
        self._engine: Any = engine
        self._schema = Place.of(url).schema
        self._session = None if holds and holds(url) else Session(url)

    def close(self) -> None:
        """Let go of the database."""
        if self._session:
            self._session.close()

    def names(self) -> list[str]:
        """Give the names of its tables and views."""
        names: list[str] = (self._session or self._engine).names(self._schema)
        return names

    def matters(self, name: str) -> bool:
        """Tell whether a table that is not one of records may have been meant as one."""
        return _misspelt(name)

    def label(self, name: str) -> str:
        """Name a table as a finding does."""
        return f"database, table {shown(name)}"

    def read(self, name: str) -> EngineRows:
        """Open a table, or bring it across."""
        if not self._session:
            table = self._engine.stored(name, self._schema)
            return EngineRows(self.label(name), table, lambda: table)
        brought = self._session.brought(name, self._schema)
        names = tuple(brought.column_names)
        if len({name.casefold() for name in names}) < len(names):  # PostgreSQL tells "time" from "Time"
            brought = brought.rename_columns([f"column_{place}" for place in range(len(names))])
        table = self._engine.keep(ibis.memtable(brought))
        return EngineRows(self.label(name), table, lambda: table, names=names)
