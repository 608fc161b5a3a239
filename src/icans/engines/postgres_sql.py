"""What PostgreSQL answers differently from DuckDB, and how it is asked so that it answers the same.

Each difference is a method here. The few that need more than an expression are functions of the session
(`FUNCTIONS`), in the schema of its temporary tables, which end with it.
"""

# ruff: noqa: ANN401, D102, N802  # Ibis ships no types, and names what it visits
# mypy: disable-error-code="misc, no-any-return"

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, ClassVar

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import psycopg
import sqlglot as sg
import sqlglot.expressions as sge
from ibis.backends.postgres import Backend
from ibis.backends.sql.compilers.base import NULL
from ibis.backends.sql.compilers.postgres import PostgresCompiler
from ibis.backends.sql.datatypes import PostgresType

from icans.engines.letters import THEIR_SMALL, UNLIKE_OTHERS
from icans.engines.postgres_copy import copy_in

LONGEST_NAME = 63
"""Bytes of a name; PostgreSQL cuts off the rest, and names that begin alike become one."""

FUNCTIONS = r"""
CREATE FUNCTION pg_temp.icans_round(x float8, scale float8) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN abs(x) < 4503599627370496 / scale THEN
      (trunc(x * scale) + CASE WHEN abs(x * scale - trunc(x * scale)) >= 0.5 THEN sign(x) ELSE 0 END) / scale
    ELSE x END
$$;
CREATE FUNCTION pg_temp.icans_plain(x text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN x::numeric::text LIKE '%.%' THEN x::numeric::text ELSE x::numeric::text || '.0' END
$$;
CREATE FUNCTION pg_temp.icans_text(x text, size float8) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN size = 'NaN' THEN 'nan'
    WHEN size = 'Infinity' THEN 'inf'
    WHEN size = '-Infinity' THEN '-inf'
    WHEN size = 0 THEN x || '.0'
    WHEN abs(size) >= 0.0001 AND abs(size) < 1e16 THEN pg_temp.icans_plain(x)
    ELSE x END
$$;
CREATE FUNCTION pg_temp.icans_number(x text) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF x ~* '^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$' OR x ~* '^\s*[+-]?(inf|infinity|nan)\s*$' THEN
    RETURN x::float8;
  END IF;
  RETURN NULL;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;
CREATE FUNCTION pg_temp.icans_moment(x text) RETURNS timestamp LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF x ~* '^\s*\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s*(Z|[+-]\d{2}(:?\d{2})?)?)?\s*$' THEN
    RETURN x::timestamptz AT TIME ZONE 'UTC';
  END IF;
  RETURN NULL;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;
"""
"""Functions of the session: rounding half away from zero, floats as texts as DuckDB writes them, texts that may be
numbers or times."""

_QUOTED = re.compile(r"""'(?:[^']|'')*'|"((?:[^"]|"")*)\"""")
_CODE_POINT = re.compile(r"\\x\{([0-9a-fA-F]{1,4})\}")


def short(name: str) -> str:
    """Give a name that PostgreSQL keeps whole: a long one ends in a digest."""
    if len(name.encode()) <= LONGEST_NAME:
        return name
    return f"{name.encode()[:46].decode(errors='ignore')}_{sha256(name.encode()).hexdigest()[:16]}"


def shortened(sql: str) -> str:
    """Shorten every name of a statement that PostgreSQL would cut off; texts stay as they are."""

    def one(found: re.Match[str]) -> str:
        name = found[1]
        if name is None or len(name.encode()) <= LONGEST_NAME:
            return found[0]
        return quoted(name.replace('""', '"'))

    return _QUOTED.sub(one, sql)


def quoted(name: str) -> str:
    """Give a name as it stands in a statement."""
    doubled = short(name).replace('"', '""')
    return f'"{doubled}"'


def lower_collation(version: int, *, has_icu: bool) -> str:
    """Give the collation that knows the small form of every letter; empty: that of the database has to do."""
    if version >= 180000:
        return "pg_unicode_fast"
    return "und-x-icu" if has_icu else "pg_c_utf8" if version >= 170000 else ""


class PostgresTypes(PostgresType):
    """Types of Ibis that PostgreSQL lacks, by the next wider one it has."""

    dialect = "postgres"
    WIDER: ClassVar[dict[type, dt.DataType]] = {
        dt.Int8: dt.int16,
        dt.UInt8: dt.int16,
        dt.UInt16: dt.int32,
        dt.UInt32: dt.int64,
        dt.UInt64: dt.Decimal(20, 0),
        dt.Float16: dt.float32,
        dt.Null: dt.string,
    }

    @classmethod
    def from_ibis(cls, dtype: dt.DataType) -> sge.DataType:
        """Give the type of a column."""
        return super().from_ibis(cls.WIDER.get(type(dtype), dtype))


def _collate(value: Any, collation: str) -> sge.Paren:
    by = sge.Collate(this=sge.paren(value, copy=False), expression=sg.to_identifier(collation, quoted=True))
    return sge.paren(by, copy=False)


def _in_c(value: Any) -> sge.Paren:
    """Compare texts byte by byte, as DuckDB does, whatever the language of the database."""
    return _collate(value, "C")


class Compiler(PostgresCompiler):
    """Ibis's PostgreSQL with DuckDB's answers.

    Parameters
    ----------
    lower
        Collation that knows the small form of every letter.
    """

    __slots__ = ("_lower",)
    type_mapper = PostgresTypes
    SIMPLE_OPS: ClassVar[dict[type, str]] = {}
    """Those of Ibis's own class stay there; repeated here they would replace the methods below."""

    def __init__(self, lower: str = "") -> None:
        super().__init__()
        self._lower = lower

    def to_sqlglot(self, expr: Any, **settings: Any) -> Any:
        # PostgreSQL writes a step's columns out wherever the next one names them, so that a column of a long chain of
        # conditions is computed many times over; OFFSET 0 keeps a step to itself.
        tree = super().to_sqlglot(expr, **settings)
        for select in tree.find_all(sge.Select):
            apart = isinstance(select.parent, sge.Subquery | sge.CTE) and not select.args.get("offset")
            if apart and any(column.find(sge.Case) for column in select.expressions):
                select.set("offset", sge.Offset(expression=sge.convert(0)))
        return tree

    # Texts: sorted and compared by their bytes.

    def visit_SortKey(self, op: Any, *, arg: Any, ascending: Any, nulls_first: Any) -> Any:
        key = _in_c(arg) if op.arg.dtype.is_string() else arg
        return super().visit_SortKey(op, arg=key, ascending=ascending, nulls_first=nulls_first)

    def visit_Min(self, op: Any, *, arg: Any, where: Any) -> Any:
        return super().visit_Min(op, arg=_in_c(arg) if op.arg.dtype.is_string() else arg, where=where)

    def visit_Max(self, op: Any, *, arg: Any, where: Any) -> Any:
        return super().visit_Max(op, arg=_in_c(arg) if op.arg.dtype.is_string() else arg, where=where)

    def _compared(self, sign: type, op: Any, left: Any, right: Any) -> Any:
        if op.left.dtype.is_string():
            left = _in_c(left)
        return self.binop(sign, left, right)

    def visit_Less(self, op: Any, *, left: Any, right: Any) -> Any:
        return self._compared(sge.LT, op, left, right)

    def visit_LessEqual(self, op: Any, *, left: Any, right: Any) -> Any:
        return self._compared(sge.LTE, op, left, right)

    def visit_Greater(self, op: Any, *, left: Any, right: Any) -> Any:
        return self._compared(sge.GT, op, left, right)

    def visit_GreaterEqual(self, op: Any, *, left: Any, right: Any) -> Any:
        return self._compared(sge.GTE, op, left, right)

    def visit_Lowercase(self, _op: Any, *, arg: Any) -> Any:
        # In the collation C only the letters of English have a small form; elsewhere a sigma's depends on its place.
        plain = self.f.translate(arg, UNLIKE_OTHERS, THEIR_SMALL)
        return _in_c(self.f.lower(_collate(plain, self._lower) if self._lower else plain))

    def visit_RegexSearch(self, _op: Any, *, arg: Any, pattern: Any) -> Any:
        # Signs by number are \uXXXX; no text holds NUL; regexp_like is not there before PostgreSQL 15.
        if isinstance(pattern, sge.Literal):
            written = _CODE_POINT.sub(lambda found: f"\\u{int(found[1], 16):04x}", pattern.this)
            pattern = sge.convert(written.replace(r"|\x00", ""))
        return sge.RegexpLike(this=arg, expression=pattern)

    # Numbers: fractions of whole numbers, nothing raised by 0, types as Ibis takes them for.

    def visit_Divide(self, op: Any, *, left: Any, right: Any) -> Any:
        numerator = left if op.left.dtype.is_float64() else self.cast(left, dt.float64)
        if isinstance(right, sge.Literal) or _is_number(right):
            return self.binop(sge.Div, numerator, right)
        return self.if_(
            sge.paren(right).eq(0), self.binop(sge.Mul, numerator, self.POS_INF), self.binop(sge.Div, numerator, right)
        )

    def visit_Modulus(self, op: Any, *, left: Any, right: Any) -> Any:
        # Whole numbers have no remainder by 0; floats by way of numeric would know 15 digits.
        by_number = isinstance(right, sge.Literal) or _is_number(right)
        if not (op.left.dtype.is_floating() or op.right.dtype.is_floating()):
            return self.binop(sge.Mod, left, right if by_number else self.f.nullif(right, 0))
        left, right = self.cast(left, dt.float64), self.cast(right, dt.float64)
        remainder = sge.paren(left - right * self.f.trunc(left / right))
        return remainder if by_number else self.if_(right.eq(0), self.NAN, remainder)

    def visit_Round(self, op: Any, *, arg: Any, digits: Any) -> Any:
        # PostgreSQL rounds floats half to even, and to decimals only as numeric, which knows 15 digits.
        if not op.arg.dtype.is_floating():
            return super().visit_Round(op, arg=arg, digits=digits)
        scale = 10.0 ** int(op.digits.value) if op.digits is not None else 1.0
        rounded = self.f["pg_temp.icans_round"](self.cast(arg, dt.float64), self.cast(sge.convert(scale), dt.float64))
        return self.cast(rounded, op.dtype)

    def visit_Sum(self, op: Any, *, arg: Any, where: Any) -> Any:
        return self.cast(super().visit_Sum(op, arg=arg, where=where), op.dtype)

    def visit_Mean(self, op: Any, *, arg: Any, where: Any) -> Any:
        return self.cast(super().visit_Mean(op, arg=arg, where=where), dt.float64)

    def visit_WindowFunction(self, op: Any, *, func: Any, **window: Any) -> Any:
        # OVER follows the sum itself, not the type given to it.
        if isinstance(op.func, ops.Sum | ops.Mean):
            return self.cast(super().visit_WindowFunction(op, func=func.this, **window), op.dtype)
        return super().visit_WindowFunction(op, func=func, **window)

    def visit_Quantile(self, op: Any, *, arg: Any, quantile: Any, where: Any) -> Any:
        return self.cast(super().visit_Quantile(op, arg=arg, quantile=quantile, where=where), op.dtype)

    def visit_FindInSet(self, op: Any, *, needle: Any, values: Any) -> Any:
        # A null is in no set and not the place before its beginning.
        return self.if_(needle.is_(NULL), NULL, super().visit_FindInSet(op, needle=needle, values=values))

    def visit_Log10(self, _op: Any, *, arg: Any) -> Any:
        return self.f.log(self.cast(arg, dt.float64))

    # Types: floats as texts, and texts that may not be what is asked for.

    def visit_Cast(self, op: Any, *, arg: Any, to: Any) -> Any:
        if op.arg.dtype.is_floating() and to.is_string():
            return self.f["pg_temp.icans_text"](self.cast(arg, dt.string), self.cast(arg, dt.float64))
        if op.arg.dtype.is_boolean() and to.is_numeric():
            arg = self.cast(arg, dt.int32)  # the only number that a truth value becomes
        return super().visit_Cast(op, arg=arg, to=to)

    def visit_TryCast(self, op: Any, *, arg: Any, to: Any) -> Any:
        from_ = op.arg.dtype
        if from_.is_string() and to.is_floating():
            return self.cast(self.f["pg_temp.icans_number"](arg), to)
        if from_.is_string() and to.is_timestamp() and to.timezone is None:
            return self.f["pg_temp.icans_moment"](arg)
        if from_.is_string() and to.is_date():
            return self.cast(self.f["pg_temp.icans_moment"](arg), to)
        if from_.is_floating() and to.is_int64():
            fits = sg.and_(sge.paren(arg) >= sge.convert(-(2.0**63)), sge.paren(arg) < sge.convert(2.0**63))
            return self.if_(fits, self.cast(arg, to), NULL)
        return self.visit_Cast(op, arg=arg, to=to)


def _is_number(value: Any) -> bool:
    return isinstance(value, sge.Cast) and isinstance(value.this, sge.Literal) and float(value.this.this) != 0.0


class PostgresBackend(Backend):  # Ibis ships no types
    """Ibis's PostgreSQL, with tables of memory put in by COPY, long names, and the answers of `Compiler`."""

    @classmethod
    def on(cls, connection: psycopg.Connection[Any], compiler: Compiler) -> PostgresBackend:
        """Work on an open connection."""
        backend = cls()
        backend.compiler = compiler
        backend._can_reconnect = False
        backend.con = connection
        return backend

    def compile(self, expr: Any, /, **settings: Any) -> str:
        """Give the statement of an expression."""
        return shortened(super().compile(expr, **settings))

    def _register_in_memory_table(self, op: Any) -> None:
        create(self, op.name, op.schema)
        copy_in(self.con, quoted(op.name), op.data.to_pyarrow(op.schema).to_batches())

    def _make_memtable_finalizer(self, name: str) -> None:
        """Tables of memory go with the session."""


def columns(backend: PostgresBackend, schema: Any) -> list[tuple[str, str]]:
    """Give the name and type of each column as they stand in a statement."""
    mapper = backend.compiler.type_mapper
    return [(quoted(name), mapper.from_ibis(dtype).sql("postgres")) for name, dtype in schema.items()]


def create(backend: PostgresBackend, name: str, schema: Any) -> None:
    """Make a temporary table, its texts compared byte by byte."""
    parts = [f"{column} {kind}{_collated(kind)}" for column, kind in columns(backend, schema)]
    backend.con.execute(f"CREATE TEMPORARY TABLE {quoted(name)} ({', '.join(parts)})")


def cast(column: str, kind: str) -> str:
    """Give a column by exactly its type."""
    return f"CAST({column} AS {kind}){_collated(kind)}"


def _collated(kind: str) -> str:
    return ' COLLATE "C"' if kind in ("TEXT", "VARCHAR") else ""
