"""DuckDB inside this process, the default: no server, two cores or many, also more rows than memory holds."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icans.engines.duckdb_refusals import SourceFiles, refusals
from icans.engines.limits import NO_LIMITS, Limits
from icans.numbered import SEPARATOR, Numbered

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa

OUTSIDE = 400 * 1000**2
"""Bytes of the process that DuckDB does not count: Python, the libraries, and what it holds for a moment."""


class DuckDBEngine:
    """DuckDB inside this process, the default.

    Parameters
    ----------
    scratch
        Folder for what does not fit in memory; None: DuckDB's own choice.
    limits
        What it may take of memory and threads.
    """

    name = "duckdb"

    def __init__(self, scratch: Path | None = None, limits: Limits = NO_LIMITS) -> None:
        import ibis  # noqa: PLC0415  # start-up counts

        from icans.engines.duckdb_memory import CopyingBackend  # noqa: PLC0415  # as above

        _pass_over_pandas()
        settings: dict[str, Any] = {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "preserve_insertion_order": False,
        }
        if scratch:
            settings["temp_directory"] = str(scratch)
        if limits.memory is not None:
            settings["memory_limit"] = f"{max(limits.memory - OUTSIDE, limits.memory // 2)}B"
        if limits.threads is not None:
            settings["threads"] = limits.threads
        # Merging nested selects takes Ibis longer than it takes DuckDB to see through them.
        ibis.options.sql.fuse_selects = False
        self.backend = CopyingBackend().connect(**settings)
        self.backend.con.execute("SET enable_progress_bar = false")
        self._kept = 0
        self._opened = 0
        self._files = SourceFiles()

    def watch(self) -> Callable[[], float | None]:
        """Give what tells, from another thread, how much of the query that runs is done: 0 to 1, None: not known."""
        connection = self.backend.con
        connection.execute("SET enable_progress_bar = true")
        connection.execute("SET enable_progress_bar_print = false")

        def done() -> float | None:
            percent = float(connection.query_progress())
            return None if percent < 0 else min(percent / 100, 1.0)

        return done

    def read_parquet(
        self,
        path: Path | str | Sequence[Path],
        *,
        numbered: bool = False,
        by_file: Mapping[str, Sequence[str | None]] | None = None,
    ) -> ibis.Table:
        """Open a Parquet file, or the files of one table, as a table; nothing is read yet.

        With `numbered` it has the column ``file_row_number`` (int64, from 0) and, where `path` is a list,
        ``file_number`` (int64, from 0); `by_file` has columns (string) with a value for each file.
        """
        if not isinstance(path, Path | str):
            return self._read_files(path, numbered, by_file or {})
        self._files.add([path])
        return self._read_file(path, numbered=numbered)

    def _read_file(self, path: Path | str, *, numbered: bool = False) -> ibis.Table:
        with self._refusals(f"{path}"):
            return self.backend.read_parquet(_literal(path), file_row_number=numbered, hive_partitioning=False)

    def _read_files(
        self, paths: Sequence[Path], numbered: bool, by_file: Mapping[str, Sequence[str | None]]
    ) -> ibis.Table:
        """Open the files of one table; DuckDB numbers the files in the order of the list."""
        columns = ["*", *(["CAST(file_index AS BIGINT) AS file_number"] if numbered else [])]
        for name, values in by_file.items():
            listed = ", ".join("NULL" if value is None else _text(value) for value in values)
            columns.append(f"CAST([{listed}] AS VARCHAR[])[CAST(file_index AS BIGINT) + 1] AS {_name(name)}")
        self._files.add(paths)
        self._opened += 1
        view = f"files_{self._opened}"
        files = ", ".join(_text(_literal(path)) for path in paths)
        options = f"union_by_name = true, hive_partitioning = false, file_row_number = {str(numbered).lower()}"
        with self._refusals(f"{paths[0]} and {len(paths) - 1} more files"):
            self.backend.con.execute(
                f"CREATE TEMP VIEW {view} AS SELECT {', '.join(columns)} FROM read_parquet([{files}], {options})"
            )
            return self.backend.table(view)

    def keep(self, table: ibis.Table) -> ibis.Table:
        """Compute a table once and keep it for the steps that follow."""
        self._kept += 1
        with self._refusals("a table"):
            return self.backend.create_table(f"kept_{self._kept}", table, temp=True)

    def write(self, table: ibis.Table | Numbered, path: Path) -> ibis.Table:
        """Compute a table into a Parquet file and give the table as read from there.

        What comes as numbers is written by number, as values of an enumeration, and read as text.
        """
        found = table if isinstance(table, Numbered) else Numbered(table, {})
        self.backend._run_pre_execute_hooks(found.table)  # noqa: SLF001  # puts tables of memory where the query finds them
        numbered = [f"{_enumerated(column, texts)} AS {_name(column)}" for column, texts in found.texts.items()]
        replaced = f" REPLACE ({', '.join(numbered)})" if numbered else ""
        with self._refusals(path.name):
            self.backend.con.execute(
                f"COPY (SELECT *{replaced} FROM ({self.backend.compile(found.table)})) TO {_text(str(path))} "
                "(FORMAT PARQUET, COMPRESSION LZ4_RAW, WRITE_BLOOM_FILTER FALSE)"
            )
        self._files.refuse_changed()
        return self._read_file(path)

    def collect(self, table: ibis.Table) -> pa.Table:
        """Bring a small table to Python."""
        with self._found(table) as found:
            return found.to_arrow_table().cast(table.schema().to_pyarrow())

    def rows(self, table: ibis.Table) -> list[dict[str, Any]]:
        """Bring a small table to Python as a list of rows."""
        with self._found(table) as found:
            return [dict(zip(table.columns, row, strict=True)) for row in found.fetchall()]

    @contextmanager
    def _found(self, table: ibis.Table) -> Iterator[Any]:
        """Execute a query past Ibis's own way, which imports pandas: that alone takes longer than most queries."""
        self.backend._run_pre_execute_hooks(table)  # noqa: SLF001  # puts tables of memory where the query finds them
        with self._refusals("a table"):
            yield self.backend.con.execute(self.backend.compile(table))

    def _refusals(self, what: str) -> AbstractContextManager[None]:
        return refusals(what, self._files, self._read_to_its_end)

    def _read_to_its_end(self, path: Path) -> None:
        file = _text(_literal(path))
        self.backend.con.execute(f"SELECT max(hash(COLUMNS(*))) FROM read_parquet({file}, hive_partitioning = false)")

    def close(self) -> None:
        """Let go of the tables."""
        self.backend.disconnect()


def _pass_over_pandas() -> None:
    """Keep Arrow from importing pandas, which takes a fifth of a second.

    It tries to once, at the first list it is given, to ask whether that is a series; here it finds none to import. Who
    calls for pandas by name still gets it.
    """
    import pyarrow as pa  # noqa: PLC0415  # start-up counts

    path, sys.path = sys.path, []
    try:
        pa.array([])
    finally:
        sys.path = path


def _literal(path: Path | str) -> str:
    """Write a path so that no sign in it stands for others."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def _enumerated(column: str, texts: Sequence[str]) -> str:
    """Give the text of a number as a value of an enumeration, which takes no comparing of texts."""
    kind = f"ENUM({', '.join(map(_text, dict.fromkeys(texts)))})"
    return f"CAST(string_split({_text(SEPARATOR.join(texts))}, {_text(SEPARATOR)}) AS {kind}[])[{_name(column)} + 1]"


def _name(column: str) -> str:
    doubled = column.replace('"', '""')
    return f'"{doubled}"'


def _text(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"
