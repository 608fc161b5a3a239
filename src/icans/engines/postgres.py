"""PostgreSQL, where the records of a centre often lie already: computed there, in temporary tables of one session.

What is done differently, beside the SQL (`icans.engines.postgres_sql`):

- Everything happens in one transaction that sees the database as it was at its beginning, and that is given up at the
  end: records that change meanwhile change no number, and nothing is left behind (docs/decisions/0132-postgresql.md).
- The right to make temporary tables (TEMP) and to read the records is all that is needed.
- Files of records and tables of memory go in by COPY; derived tables are kept there, and come out by COPY as Parquet, a
  batch at a time. Records of the same database stay where they are, behind a temporary view.
- PostgreSQL has no ENUM of the moment, so that texts are written as texts; it has no times in nanoseconds, which are
  cut to microseconds, and no text with a NUL character, which is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icans.engines.postgres_refusals import refusals
from icans.engines.postgres_session import Session
from icans.numbered import Numbered, in_words

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa


class PostgresEngine:
    """A PostgreSQL database.

    Parameters
    ----------
    url
        Its URL; `icans.engines.postgres_refusals.Place.of` says what it may hold. What it leaves out the driver takes
        from where it always does (``PGHOST``, ``PGPASSWORD``, ``~/.pgpass``, ``~/.pg_service.conf``).

    Raises
    ------
    EngineError
        The driver is not installed, the server does not let us in, or a right is lacking.
    """

    name = "postgres"

    def __init__(self, url: str) -> None:
        import ibis  # noqa: PLC0415  # start-up counts

        self._session = Session(url, makes_tables=True)
        from icans.engines.postgres_sql import FUNCTIONS, Compiler, PostgresBackend, lower_collation  # noqa: PLC0415

        self._connection = self._session.connection
        self._place = self._session.place
        try:
            with refusals(self._place, self._place.shown):
                self._connection.execute(FUNCTIONS)
                (icu,) = self._session.first("SELECT count(*) > 0 FROM pg_collation WHERE collname = 'und-x-icu'")
        except BaseException:
            self._session.close()
            raise
        ibis.options.sql.fuse_selects = False
        lower = lower_collation(self._connection.info.server_version, has_icu=icu)
        self.backend = PostgresBackend.on(self._connection, Compiler(lower))
        self._made = 0
        self._read: dict[tuple[object, ...], ibis.Table] = {}

    def read_parquet(
        self,
        path: Path | str | Sequence[Path],
        *,
        numbered: bool = False,
        by_file: Mapping[str, Sequence[str | None]] | None = None,
    ) -> ibis.Table:
        """Bring a Parquet file, or the files of one table, into the database, once however often it is opened.

        With `numbered` it has the column ``file_row_number`` (int64, from 0) and, where `path` is a list,
        ``file_number`` (int64, from 0); `by_file` has columns (string) with a value for each file.
        """
        from icans.engines.postgres_files import NUMBERS, Files  # noqa: PLC0415  # only where records are files

        several = not isinstance(path, Path | str)
        paths = [Path(one) for one in ([path] if isinstance(path, Path | str) else path)]
        key = (*paths, *((name, *values) for name, values in (by_file or {}).items()))
        if key not in self._read:
            files = Files(paths, by_file or {})
            self._read[key] = self._filled(files.schema, files.batches(), f"{paths[0]}")
        unwanted = NUMBERS[len(NUMBERS) if several else 1 :] if numbered else NUMBERS
        if not unwanted:
            return self._read[key]
        if (key, unwanted) not in self._read:
            self._read[key, unwanted] = self._without(self._read[key], unwanted)
        return self._read[key, unwanted]

    def keep(self, table: ibis.Table) -> ibis.Table:
        """Compute a table once, into a temporary one, and keep it for the steps that follow."""
        from icans.engines.postgres_sql import quoted  # noqa: PLC0415  # needs the driver

        name = self._new()
        with refusals(self._place, "a table"), self._connection.transaction():
            self._connection.execute(f"CREATE TEMPORARY TABLE {quoted(name)} AS {self._typed(table)}")
            self._connection.execute(f"ANALYZE {quoted(name)}")
        return self._table(name, table.schema())

    def write(self, table: ibis.Table | Numbered, path: Path) -> ibis.Table:
        """Compute a table, keep it in the database and write it as one Parquet file, a batch at a time."""
        from icans.engines.postgres_copy import write_parquet  # noqa: PLC0415  # start-up counts

        kept = self.keep(in_words(table))
        with refusals(self._place, f"{path}"):
            write_parquet(self._connection, self._typed(kept), kept.schema().to_pyarrow(), path)
        return kept

    def collect(self, table: ibis.Table) -> pa.Table:
        """Bring a small table to Python."""
        from icans.engines.postgres_copy import collected  # noqa: PLC0415  # start-up counts

        with refusals(self._place, "a table"):
            return collected(self._connection, self._typed(table), table.schema().to_pyarrow())

    def rows(self, table: ibis.Table) -> list[dict[str, Any]]:
        """Bring a small table to Python as a list of rows."""
        found: list[dict[str, Any]] = self.collect(table).to_pylist()
        return found

    def close(self) -> None:
        """Give up the transaction, and with it every temporary table."""
        self._connection.close()

    def holds(self, url: str) -> bool:
        """Tell whether a URL names this database, so that records need not be brought here."""
        return self._session.is_of(url)

    def names(self, schema: str = "") -> list[str]:
        """Give the names of the tables and views of a schema; empty: that of the URL."""
        return self._session.names(schema)

    def stored(self, name: str, schema: str = "") -> ibis.Table:
        """Open a table of the database where it lies, behind a temporary view.

        Raises
        ------
        EngineError
            The user may not read it.
        """
        import ibis  # noqa: PLC0415  # start-up counts

        query, kinds = self._session.selection(name, schema)
        with refusals(self._place, f"database, table {name}"):
            return self._viewed(query, ibis.schema(kinds))

    def _without(self, table: ibis.Table, columns: Collection[str]) -> ibis.Table:
        """Give a table without some columns, under a name of its own."""
        found = table.drop(*columns)
        with refusals(self._place, "a table"):
            return self._viewed(self._query(found), found.schema())

    def _viewed(self, query: str, schema: ibis.Schema) -> ibis.Table:
        from icans.engines.postgres_sql import quoted  # noqa: PLC0415  # needs the driver

        name = self._new()
        with self._connection.transaction():
            self._connection.execute(f"CREATE TEMPORARY VIEW {quoted(name)} AS {query}")
        return self._table(name, schema)

    def _filled(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], what: str) -> ibis.Table:
        import ibis  # noqa: PLC0415  # start-up counts

        from icans.engines.postgres_copy import copy_in  # noqa: PLC0415  # as above
        from icans.engines.postgres_sql import create, quoted  # noqa: PLC0415  # needs the driver

        name, asked = self._new(), ibis.schema(schema)
        with refusals(self._place, what), self._connection.transaction():
            create(self.backend, name, asked)
            copy_in(self._connection, quoted(name), batches)
            self._connection.execute(f"ANALYZE {quoted(name)}")
        return self._table(name, asked)

    def _query(self, table: ibis.Table) -> str:
        self.backend._run_pre_execute_hooks(table)  # noqa: SLF001  # puts tables of memory where the query finds them
        query: str = self.backend.compile(table)
        return query

    def _typed(self, table: ibis.Table) -> str:
        """Give the query of an expression, its columns of the types that Ibis takes them for."""
        from icans.engines.postgres_sql import cast, columns  # noqa: PLC0415  # needs the driver

        found = columns(self.backend, table.schema())
        typed = ", ".join(f"{cast(column, kind)} AS {column}" for column, kind in found)
        return f"SELECT {typed} FROM ({self._query(table)}) AS t"

    def _table(self, name: str, schema: ibis.Schema) -> ibis.Table:
        import ibis.expr.operations as ops  # noqa: PLC0415  # start-up counts

        return ops.DatabaseTable(name, schema=schema, source=self.backend, namespace=ops.Namespace()).to_expr()

    def _new(self) -> str:
        self._made += 1
        return f"icans_{self._made}"
