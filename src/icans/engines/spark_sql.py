# ruff: noqa: N802, ARG002  # methods are named by Ibis
# mypy: disable-error-code="misc, no-any-return"
"""What Spark's SQL answers differently from the other engines, and how Ibis's words are put so that it does not."""

from __future__ import annotations

from collections.abc import Callable
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
        literal = sge.Literal.number(f"{abs(value)!r}D")
        return sge.Neg(this=literal) if copysign(1.0, value) < 0 else literal

    def visit_ExtractEpochSeconds(self, op: ops.ExtractEpochSeconds, *, arg: sge.Expression) -> sge.Expression:
        """Count parts of seconds too, where Spark counts whole ones."""
        return self.f.anon.unix_micros(self.cast(arg, dt.timestamp)) / sge.Literal.number("1000000D")

    def visit_IsNull(self, op: ops.IsNull, *, arg: sge.Expression) -> sge.Expression:
        """Take null alone for null, where Ibis takes NaN for it in Spark."""
        return arg.is_(NULL)

    def visit_NotNull(self, op: ops.NotNull, *, arg: sge.Expression) -> sge.Expression:
        """Take null alone for null, likewise."""
        return sge.Not(this=arg.is_(NULL))


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
