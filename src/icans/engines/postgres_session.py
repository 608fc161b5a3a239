"""A session of a PostgreSQL server, and the tables it lets us read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from icans.engines.postgres_refusals import Place, refusals, unreachable
from icans.errors import EngineError

if TYPE_CHECKING:
    import psycopg
    import pyarrow as pa

SETTINGS = {
    "timezone": "UTC",
    "datestyle": "ISO",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "enable_nestloop": "off",  # of a step in between it expects one row, and would go through all of another for each
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

COLUMNS = """
SELECT a.attname, format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid),
  CASE WHEN t.typbasetype <> 0 THEN t.typtypmod ELSE a.atttypmod END), has_table_privilege(a.attrelid, 'SELECT')
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
"""Name and type of each column of a table, and whether it may be read; a domain counts as what it is made of."""
NAMES = """
SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
WHERE nspname = %s AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY relname
"""
SCHEMA = """
SELECT coalesce(nullif(%(asked)s, ''), current_schema()), (SELECT has_schema_privilege(oid, 'USAGE')
  FROM pg_namespace WHERE nspname = coalesce(nullif(%(asked)s, ''), current_schema()))
"""


class Session:
    """A session that sees the database as it was when it began.

    Parameters
    ----------
    url
        URL of the database (`icans.engines.postgres_refusals.Place.of`). What it leaves out the driver takes from where
        it always does (``PGHOST``, ``PGPASSWORD``, ``~/.pgpass``, ``~/.pg_service.conf``).
    makes_tables
        Temporary tables are needed.

    Raises
    ------
    EngineError
        The driver is not installed, the server does not let us in, or a right is lacking.
    """

    def __init__(self, url: str, *, makes_tables: bool = False) -> None:
        try:
            import psycopg  # noqa: PLC0415  # start-up counts
        except ImportError:
            raise EngineError(
                "A PostgreSQL database is asked for, and its driver is not installed.",
                "Install it with: pip install 'icans[postgres]'",
            ) from None
        self.place = Place.of(url)
        try:
            self.connection: psycopg.Connection[Any] = psycopg.connect(
                self.place.url, autocommit=True, client_encoding="UTF8", application_name="icans"
            )
        except psycopg.Error as error:
            raise unreachable(self.place, error) from None
        try:
            with refusals(self.place, self.place.shown):
                self._begin(makes_tables=makes_tables)
        except BaseException:
            self.connection.close()
            raise

    def _begin(self, *, makes_tables: bool) -> None:
        for setting, value in SETTINGS.items():
            self.connection.execute("SELECT set_config(%s, %s, false)", (setting, value))
        if makes_tables:
            self._refuse_without_tables()
        self.schema = self._schema()
        self.connection.execute(f"BEGIN ISOLATION LEVEL REPEATABLE READ{'' if makes_tables else ' READ ONLY'}")

    def _refuse_without_tables(self) -> None:
        read_only, temporary, user, database = self.first(
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
        found, usable = self.first(SCHEMA, {"asked": asked})
        if usable:
            return str(found)
        what = "the user may use no schema"
        if asked:
            what = f"there is no schema {asked}" if usable is None else f"the user may not use the schema {asked}"
        raise EngineError(
            f"{self.place.shown}: {what}.", "Correct the URL (…/DATABASE/SCHEMA), or ask for USAGE on it."
        )

    def first(self, query: str, values: Sequence[object] | Mapping[str, object] = ()) -> tuple[Any, ...]:
        """Give the first row of a query."""
        return tuple(self.connection.execute(query, values).fetchone() or ())

    def is_of(self, url: str) -> bool:
        """Tell whether a URL names the database of this session."""
        import psycopg.conninfo  # noqa: PLC0415  # start-up counts

        asked = psycopg.conninfo.conninfo_to_dict(Place.of(url).url)
        mine = (self.connection.info.host, str(self.connection.info.port), self.connection.info.dbname)
        named = (asked.get("host"), asked.get("port"), asked.get("dbname"))
        return mine == tuple(str(one or other) for one, other in zip(named, mine, strict=True))

    def names(self, schema: str = "") -> list[str]:
        """Give the names of the tables and views of a schema; empty: that of the URL."""
        with refusals(self.place, self.place.shown):
            return [str(name) for (name,) in self.connection.execute(NAMES, (schema or self.schema,))]

    def selection(self, name: str, schema: str = "") -> tuple[str, dict[str, str]]:
        """Give the query by which a table is read, and the type of each column as Ibis names it.

        Numbers, times and booleans keep their types; numeric without a number of digits is float64; all else is text.

        Raises
        ------
        EngineError
            The user may not read it.
        """
        from icans.engines.postgres_sql import quoted  # noqa: PLC0415  # needs the driver

        schema = schema or self.schema
        with refusals(self.place, f"database, table {name}"):
            found = self.connection.execute(COLUMNS, (schema, name)).fetchall()
        if not all(readable for *_, readable in found):
            user = self.connection.info.user
            raise EngineError(
                f"{self.place.shown}: {user} may not read the table {schema}.{name}.",
                f"Ask for the right: GRANT SELECT ON {quoted(schema)}.{quoted(name)} TO {user}",
            )
        read = {str(column): read_as(quoted(column), kind) for column, kind, _ in found}
        columns = ", ".join(f"{sql} AS {quoted(column)}" for column, (sql, _) in read.items())
        query = f"SELECT {columns} FROM {quoted(schema)}.{quoted(name)}"
        return query, {column: kind for column, (_, kind) in read.items()}

    def brought(self, name: str, schema: str = "") -> pa.Table:
        """Bring a table to Python."""
        import ibis  # noqa: PLC0415  # start-up counts

        from icans.engines.postgres_copy import collected  # noqa: PLC0415  # start-up counts

        query, kinds = self.selection(name, schema)
        with refusals(self.place, f"database, table {name}"):
            return collected(self.connection, query, ibis.schema(kinds).to_pyarrow())

    def close(self) -> None:
        """Give up the transaction, and with it whatever is temporary."""
        self.connection.close()


def read_as(column: str, kind: str) -> tuple[str, str]:
    """Give the SQL by which a column of a type is read, and the type Ibis takes it for.

    A moment of no year from 1 to 9999, such as infinity, is none.
    """
    base, _, rest = kind.partition("(")
    digits, _, tail = rest.partition(")")
    if base == "numeric":
        most, scale = (int(number) for number in digits.split(",")) if digits else (MOST_DIGITS + 1, 0)
        if most > MOST_DIGITS or not 0 <= scale <= most:
            return f"{column}::float8", "float64"
        return column, f"decimal({most}, {scale})"
    kind = TYPES.get(f"{base}{tail}", "")
    if kind.startswith(("date", "timestamp")):
        return f"CASE WHEN {column} >= '0001-01-01' AND {column} < '10000-01-01' THEN {column} END", kind
    if kind:
        return column, kind
    return f'{column}::text COLLATE "C"', "string"
