# ruff: noqa: N802, ARG002  # methods are named by Ibis
# mypy: disable-error-code="misc, no-any-return"
"""What Spark's SQL answers differently from the other engines, and how Ibis's words are put so that it does not.

DuckDB's answer is the one that counts (docs/decisions/0133-same-answers.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import copysign, isfinite
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.schema as sch
import pyarrow as pa
import sqlglot.expressions as sge
from ibis.backends.pyspark import Backend
from ibis.backends.pyspark.datatypes import PySparkSchema, PySparkType
from ibis.backends.sql.compilers.base import NULL
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.backends.sql.dialects import PySpark
from pyspark.sql.types import StructType, TimestampNTZType, TimestampType

from icans.engines.letters import THEIR_SMALL, UNLIKE_OTHERS


class SparkDialect(PySpark):
    """Spark's SQL as sqlglot writes it, but for a vertical tab and its like, which Spark takes for a letter."""


SparkDialect.ESCAPED_SEQUENCES = {sign: SparkDialect.ESCAPED_SEQUENCES[sign] for sign in "\\\n\r\t\b"}

FromMemory = Callable[[str, pa.Table, StructType], None]
"""Puts a table of memory where a query finds it by name."""


class SparkCompiler(PySparkCompiler):
    """Ibis's words in Spark's SQL."""

    __slots__ = ()
    dialect = SparkDialect

    def visit_DefaultLiteral(self, op: ops.Literal, *, value: Any, dtype: dt.DataType) -> sge.Expression:  # noqa: ANN401
        """Write a float as one: in Spark a number with a point is a decimal."""
        if not dtype.is_floating() or not isfinite(value):
            return super().visit_DefaultLiteral(op, value=value, dtype=dtype)
        return _float(value)

    def visit_Cast(self, op: ops.Cast, *, arg: sge.Expression, to: dt.DataType) -> sge.Expression:
        """Round to a whole number, where Spark cuts off; write a float without Java's exponent."""
        held = op.arg.dtype
        if to.is_string() and held.is_floating():
            return self._written(arg)
        return super().visit_Cast(op, arg=self._whole(arg, held) if to.is_integer() else arg, to=to)

    def visit_TryCast(self, op: ops.TryCast, *, arg: sge.Expression, to: dt.DataType) -> sge.Expression:
        """Round to a whole number, likewise."""
        return super().visit_TryCast(op, arg=self._whole(arg, op.arg.dtype) if to.is_integer() else arg, to=to)

    def _whole(self, arg: sge.Expression, held: dt.DataType) -> sge.Expression:
        if held.is_floating():
            return self.f.anon.rint(arg)
        return self.f.anon.round(arg) if held.is_decimal() else arg

    def _written(self, arg: sge.Expression) -> sge.Expression:
        """Write a float with the fewest digits that name it, and an exponent from 1e16 on and below 1e-4."""
        text, size = self.cast(arg, dt.string), self.f.abs(arg)
        in_full = self.cast(self.cast(text, dt.Decimal(38, 21)), dt.string)
        replace = self.f.anon.regexp_replace
        short = replace(replace(self.f.lower(text), r"\.0e", "e"), r"e(\d)", "e+$1")
        return sge.Case(
            ifs=[
                self.if_(self.f.isnan(arg), sge.convert("nan")),
                self.if_(size.eq(self.POS_INF), self.f.anon.replace(text, "Infinity", "inf")),
                self.if_(sge.Or(this=size.eq(0), expression=size.between(_float(1e-3), _float(9999999.5))), text),
                self.if_(
                    sge.And(this=size >= _float(1e-4), expression=size < _float(1e16)),
                    replace(in_full, r"(\.\d+?)0+$", "$1"),
                ),
            ],
            default=replace(short, r"e([+-])(\d)$", "e$10$2"),
        )

    def visit_Lowercase(self, op: ops.Lowercase, *, arg: sge.Expression) -> sge.Expression:
        """Give each letter its one small form, where Spark looks at those around it."""
        return super().visit_Lowercase(op, arg=self.f.translate(arg, UNLIKE_OTHERS, THEIR_SMALL))

    def visit_Round(self, op: ops.Round, *, arg: sge.Expression, digits: sge.Expression | None) -> sge.Expression:
        """Round the float itself, where Spark rounds the shortest decimal that names it."""
        if not op.arg.dtype.is_floating() or not isinstance(op.digits, ops.Literal) or not op.digits.value:
            return super().visit_Round(op, arg=arg, digits=digits)
        scale = _float(10.0**op.digits.value)
        return self.f.anon.round(sge.paren(arg) * scale) / scale

    def visit_Divide(self, op: ops.Divide, *, left: sge.Expression, right: sge.Expression) -> sge.Expression:
        """Give an infinity, or NaN, by zero, where Spark refuses."""
        quotient = sge.paren(left) / sge.paren(right)
        if isinstance(op.right, ops.Literal) and op.right.value:
            return quotient
        return self.if_(sge.paren(right).eq(0), sge.paren(left) * self.POS_INF, quotient)

    def visit_Modulus(self, op: ops.Modulus, *, left: sge.Expression, right: sge.Expression) -> sge.Expression:
        """Give null by zero, where Spark refuses."""
        by = right if isinstance(op.right, ops.Literal) else self.f.nullif(right, 0)
        return sge.paren(left) % sge.paren(by)

    def visit_ArrayIndex(self, op: ops.ArrayIndex, *, arg: sge.Expression, index: sge.Expression) -> sge.Expression:
        """Give null beyond the end, where Spark refuses."""
        place = self.if_(index >= 0, index + 1, index)
        return self.f.anon.try_element_at(arg, self.cast(place, dt.int32))

    def visit_FindInSet(
        self, op: ops.FindInSet, *, needle: sge.Expression, values: Sequence[sge.Expression]
    ) -> sge.Expression:
        """Count from 1 among the values, 0 where it is none of them."""
        return self.f.anon.array_position(self.f.array(*values), needle)

    def visit_ExtractEpochSeconds(self, op: ops.ExtractEpochSeconds, *, arg: sge.Expression) -> sge.Expression:
        """Count parts of seconds too, where Spark counts whole ones."""
        return self.f.anon.unix_micros(self.cast(arg, dt.timestamp)) / _float(1e6)

    def visit_IsNull(self, op: ops.IsNull, *, arg: sge.Expression) -> sge.Expression:
        """Take null alone for null, where Ibis takes NaN for it in Spark."""
        return arg.is_(NULL)

    def visit_NotNull(self, op: ops.NotNull, *, arg: sge.Expression) -> sge.Expression:
        """Take null alone for null, likewise."""
        return sge.Not(this=arg.is_(NULL))

    def visit_IsNan(self, op: ops.IsNan, *, arg: sge.Expression) -> sge.Expression:
        """Give null of null, where Spark says no."""
        return self.if_(arg.is_(NULL), NULL, self.f.isnan(arg))

    def visit_IsInf(self, op: ops.IsInf, *, arg: sge.Expression) -> sge.Expression:
        """Ask the engine, where Ibis compares the words of the question."""
        return self.f.abs(arg).eq(self.POS_INF)


def _float(value: float) -> sge.Expression:
    literal = sge.Literal.number(f"{abs(value)!r}D")
    return sge.Neg(this=literal) if copysign(1.0, value) < 0 else literal


class SparkBackend(Backend):
    """Ibis's backend with these words, its tables of memory brought by another way.

    Parameters
    ----------
    from_memory
        That way.
    """

    compiler = SparkCompiler()

    def __init__(self, from_memory: FromMemory, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # Ibis's own
        super().__init__(from_memory, *args, **kwargs)
        self._from_memory = from_memory

    def connect(self, *args: Any, **kwargs: Any) -> SparkBackend:  # noqa: ANN401  # Ibis's own
        """Connect to a session."""
        _ = ibis.pyspark  # makes the options that Ibis's compiler asks for
        self.do_connect(*args, **kwargs)
        return self

    def _register_in_memory_table(self, op: ops.InMemoryTable) -> None:
        self._from_memory(op.name, op.data.to_pyarrow(op.schema), spark_schema(op.schema))

    def get_schema(self, table_name: str, *, catalog: str | None = None, database: str | None = None) -> sch.Schema:
        """Give the columns of a view; a time that is an instant says so."""
        return sch.Schema(
            {
                field.name: dt.Timestamp(timezone="UTC")
                if isinstance(field.dataType, TimestampType)
                else PySparkType.to_ibis(field.dataType)
                for field in self._session.table(table_name).schema
            }
        )


def spark_schema(schema: sch.Schema) -> StructType:
    """Give Spark's types of columns, all of which may be null."""
    found = PySparkSchema.from_ibis(schema)
    for field in found:
        field.nullable = True
        if isinstance(field.dataType, TimestampType) and not schema[field.name].timezone:
            field.dataType = TimestampNTZType()
    return found
