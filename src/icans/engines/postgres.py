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

from icans.engines.postgres_refusals import Place, refusals, unreachable
from icans.errors import EngineError

if TYPE_CHECKING:
    import ibis
    import psycopg
    import pyarrow as pa

SETTINGS = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "jit": "off",  # compiling these long expressions takes longer than running them
    "idle_in_transaction_session_timeout": "0",  # Python also takes its time between two queries
    "client_min_messages": "warning",
}
TYPES = {
    "boolean": "boolean",
    "smallint": "int16",
    "integer": "int32",
    "bigint": "int64",
    "real": "float32",
    "double precision": "float64",
    "date": "date",
    "timestamp without time zone": "timestamp(6)",
    "timestamp with time zone": "timestamp('UTC', 6)",
    "time without time zone": "time",
    "uuid": "uuid",
}
"""Types that records are read in; numeric by its digits, all others as text."""
MOST_DIGITS = 38


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
        try:
            import psycopg  # noqa: PLC0415  # start-up counts
        except ImportError:
            raise EngineError(
                "The driver of PostgreSQL is not installed.", "Install it with: pip install 'icans[postgres]'"
            ) from None
        self.place = Place.of(url)
        try:
            self._connection: psycopg.Connection[Any] = psycopg.connect(
                self.place.url, autocommit=True, client_encoding="UTF8", application_name="icans"
            )
        except psycopg.Error as error:
            raise unreachable(self.place, error) from None
        try:
            with refusals(self.place, self.place.shown):
                self._begin()
        except BaseException:
            self._connection.close()
            raise
        self._kept = 0
        self._read: dict[Any, ibis.Table] = {}

    def _begin(self) -> None:
        import ibis  # noqa: PLC0415  # start-up counts

        from icans.engines.postgres_sql import FUNCTIONS, Compiler, PostgresBackend, lower_collation  # noqa: PLC0415

        run = self._connection.execute
        for setting, value in SETTINGS.items():
            run("SELECT set_config(%s, %s, false)", (setting, value))
        self._refuse_without_rights()
        self.schema = self._schema()
        run("BEGIN ISOLATION LEVEL REPEATABLE READ")
        run(FUNCTIONS)
        (icu,) = self._first("SELECT count(*) > 0 FROM pg_collation WHERE collname = 'und-x-icu'")
        ibis.options.sql.fuse_selects = False
        lower = lower_collation(self._connection.info.server_version, icu)
        self.backend = PostgresBackend.on(self._connection, Compiler(lower))

    def _refuse_without_rights(self) -> None:
        read_only, temporary, user, database = self._first(
            "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool, "
            "has_database_privilege(current_database(), 'TEMP'), current_user, current_database()"
        )
        if read_only:
            raise EngineError(
                f"{self.place.shown}: the database can only be read, and temporary tables are needed.",
                "Ask for one that is not a read-only copy, or use --engine duckdb, which only reads.",
            )
        if not temporary:
            raise EngineError(
                f"{self.place.shown}: {user} may not make temporary tables.",
                f"Ask for the right (GRANT TEMPORARY ON DATABASE {database} TO {user}), or use --engine duckdb.",
            )

    def _schema(self) -> str:
        """Give the schema whose tables are the records."""
        asked = self.place.schema
        found, usable = self._first(
            "SELECT coalesce(nullif(%s, ''), current_schema()), "
            "(SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace "
            "WHERE nspname = coalesce(nullif(%s, ''), current_schema()))",
            (asked, asked),
        )
        if not usable:
            what = f"there is no schema {asked}" if found and usable is None else "the user may use no schema"
            what = f"the user may not use the schema {asked}" if asked and usable is False else what
            raise EngineError(
                f"{self.place.shown}: {what}.", "Correct the URL (…/DATABASE/SCHEMA), or ask for USAGE on it."
            )
        return str(found)

    def _first(self, query: str, values: Sequence[object] = ()) -> tuple[Any, ...]:
        row = self._connection.execute(query, values).fetchone()
        return tuple(row or ())

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
        table = self._read[key]
        unwanted = () if numbered and several else NUMBERS[1:] if numbered else NUMBERS
        return table.drop(*unwanted) if unwanted else table

    def keep(self, table: ibis.Table) -> ibis.Table:
        """Compute a table once, into a temporary one, and keep it for the steps that follow."""
        from icans.engines.postgres_sql import cast, columns, quoted  # noqa: PLC0415  # needs the driver

        schema = table.schema()
        typed = ", ".join(f"{cast(column, kind)} AS {column}" for column, kind in columns(self.backend, schema))
        name = self._new()
        self._compute(f"CREATE TEMPORARY TABLE {quoted(name)} AS SELECT {typed} FROM ({self._query(table)}) AS t", name)
        return self._table(name, schema)

    def write(
        self,
        table: ibis.Table,
        path: Path,
        *,
        levels: Mapping[str, Collection[str]] | None = None,  # noqa: ARG002  # texts are texts here
    ) -> ibis.Table:
        """Compute a table, keep it in the database and write it as one Parquet file, a batch at a time."""
        import pyarrow.parquet as pq  # noqa: PLC0415  # start-up counts

        kept = self.keep(table)
        schema = kept.schema().to_pyarrow()
        with (
            pq.ParquetWriter(path, schema, compression="lz4") as writer,
            refusals(self.place, f"{path}"),
            self._out(kept) as batches,
        ):
            for batch in batches:
                writer.write_batch(batch)
        return kept

    def collect(self, table: ibis.Table) -> pa.Table:
        """Bring a small table to Python."""
        import pyarrow as pa  # noqa: PLC0415  # start-up counts

        with refusals(self.place, "a table"), self._out(table) as batches:
            return pa.Table.from_batches(batches, table.schema().to_pyarrow())

    def rows(self, table: ibis.Table) -> list[dict[str, Any]]:
        """Bring a small table to Python as a list of rows."""
        found: list[dict[str, Any]] = self.collect(table).to_pylist()
        return found

    def close(self) -> None:
        """Give up the transaction, and with it every temporary table."""
        self._connection.close()

    def holds(self, url: str) -> bool:
        """Tell whether a URL names this database, so that records need not be brought here."""
        import psycopg.conninfo  # noqa: PLC0415  # start-up counts

        asked = psycopg.conninfo.conninfo_to_dict(Place.of(url).url)
        mine = self._connection.info
        at = (str(asked.get("host") or mine.host), str(asked.get("port") or mine.port))
        return (*at, str(asked.get("dbname") or mine.dbname)) == (mine.host, str(mine.port), mine.dbname)

    def names(self, schema: str = "") -> list[str]:
        """Give the names of the tables and views of a schema; empty: that of the URL."""
        with refusals(self.place, self.place.shown):
            found = self._connection.execute(
                "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
                "WHERE nspname = %s AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY relname",
                (schema or self.schema,),
            )
            return [str(name) for (name,) in found]

    def stored(self, name: str, schema: str = "") -> ibis.Table:
        """Open a table of the database where it lies.

        Numbers, times and booleans keep their types; numeric without a number of digits is float64; all else is text.

        Raises
        ------
        EngineError
            The user may not read it.
        """
        schema = schema or self.schema
        with refusals(self.place, f"database, table {name}"):
            readable, kinds = self._described(schema, name)
        if not readable:
            user = self._connection.info.user
            raise EngineError(
                f"{self.place.shown}: {user} may not read the table {schema}.{name}.",
                f'Ask for the right: GRANT SELECT ON {schema}."{name}" TO {user}',
            )
        return self._viewed(schema, name, kinds)

    def _described(self, schema: str, name: str) -> tuple[bool, dict[str, tuple[str, str]]]:
        """Tell whether a table may be read, and give the SQL and the type of each of its columns."""
        from icans.engines.postgres_sql import quoted  # noqa: PLC0415  # needs the driver

        found = self._connection.execute(
            "SELECT a.attname, format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), "
            "CASE WHEN t.typbasetype <> 0 THEN t.typtypmod ELSE a.atttypmod END), "
            "has_table_privilege(a.attrelid, 'SELECT') FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
            "WHERE attrelid = format('%%I.%%I', %s::text, %s::text)::regclass AND attnum > 0 AND NOT attisdropped "
            "ORDER BY attnum",
            (schema, name),
        ).fetchall()
        return all(may for *_, may in found), {str(column): read_as(quoted(column), kind) for column, kind, _ in found}

    def _viewed(self, schema: str, name: str, kinds: Mapping[str, tuple[str, str]]) -> ibis.Table:
        import ibis  # noqa: PLC0415  # start-up counts

        from icans.engines.postgres_sql import quoted  # noqa: PLC0415  # needs the driver

        view = self._new()
        selected = ", ".join(f"{sql} AS {quoted(column)}" for column, (sql, _) in kinds.items())
        with refusals(self.place, f"database, table {name}"):
            where = f"{quoted(schema)}.{quoted(name)}"
            self._connection.execute(f"CREATE TEMPORARY VIEW {quoted(view)} AS SELECT {selected} FROM {where}")
        return self._table(view, ibis.schema({column: kind for column, (_, kind) in kinds.items()}))

    def _filled(self, schema: pa.Schema, batches: Iterator[pa.RecordBatch], what: str) -> ibis.Table:
        import ibis  # noqa: PLC0415  # start-up counts

        from icans.engines.postgres_copy import copy_in  # noqa: PLC0415  # as above
        from icans.engines.postgres_sql import create, quoted  # noqa: PLC0415  # needs the driver

        name, asked = self._new(), ibis.schema(schema)
        with refusals(self.place, what), self._connection.transaction():
            create(self.backend, name, asked)
            copy_in(self._connection, quoted(name), batches)
            self._connection.execute(f"ANALYZE {quoted(name)}")
        return self._table(name, asked)

    def _query(self, table: ibis.Table) -> str:
        self.backend._run_pre_execute_hooks(table)  # noqa: SLF001  # puts tables of memory where the query finds them
        query: str = self.backend.compile(table)
        return query

    def _compute(self, statement: str, name: str) -> None:
        from icans.engines.postgres_sql import quoted  # noqa: PLC0415  # needs the driver

        with refusals(self.place, "a table"), self._connection.transaction():
            self._connection.execute(statement)
            self._connection.execute(f"ANALYZE {quoted(name)}")

    def _out(self, table: ibis.Table) -> Any:  # noqa: ANN401  # a context that gives batches
        from icans.engines.postgres_copy import copied_out  # noqa: PLC0415  # start-up counts
        from icans.engines.postgres_sql import cast, columns  # noqa: PLC0415  # needs the driver

        schema = table.schema()
        found = [cast(column, kind) for column, kind in columns(self.backend, schema)]
        typed = ", ".join(f"{sql} AS c{place}" for place, sql in enumerate(found))
        return copied_out(self._connection, f"SELECT {typed} FROM ({self._query(table)}) AS t", schema.to_pyarrow())

    def _table(self, name: str, schema: Any) -> ibis.Table:  # noqa: ANN401  # Ibis ships no types
        import ibis.expr.operations as ops  # noqa: PLC0415  # start-up counts

        return ops.DatabaseTable(name, schema=schema, source=self.backend, namespace=ops.Namespace()).to_expr()

    def _new(self) -> str:
        self._kept += 1
        return f"icans_{self._kept}"


def read_as(column: str, kind: str) -> tuple[str, str]:
    """Give the SQL by which a column of a type is read, and the type Ibis takes it for."""
    numbers = kind.removeprefix("numeric(").removesuffix(")").split(",") if kind.startswith("numeric(") else []
    if kind == "numeric" or (numbers and (int(numbers[0]) > MOST_DIGITS or int(numbers[1]) < 0)):
        return f"{column}::float8", "float64"
    if numbers:
        return column, f"decimal({numbers[0]}, {numbers[1]})"
    plain = kind.replace("timestamp(", "timestamp (")
    base = plain.split("(")[0].strip() + (plain.partition(")")[2] if "(" in plain else "")
    if base in TYPES:
        return column, TYPES[base]
    return f'{column}::text COLLATE "C"', "string"
