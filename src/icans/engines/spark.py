"""Apache Spark, on one machine or on a cluster, for records that one machine does not hold.

Which Spark: a session that is there already (a notebook, a job) is used; otherwise one is made from the ordinary
configuration (``spark-submit``, ``PYSPARK_SUBMIT_ARGS``, ``spark-defaults.conf``), and without any it runs on all cores
of this machine. On a cluster the study, the output and the scratch folder (``TMPDIR``) must lie in a file system that
all workers share; a table of which rows are missing there is refused. Java 17 or later is needed.

What Spark does differently, beside its SQL (`icans.engines.spark_sql`):

- A table is written by many at once, as a folder ``NAME.parquet`` of part files (docs/decisions/0130-folders.md).
- A computed table goes through Parquet in the scratch folder: Spark then forgets how it came about, and computes it
  once. A table of Python's memory goes the same way, as Ibis's own makes floats of integers with nulls.
- It has no times in nanoseconds: those of a file are cut to microseconds. Times of its old format (INT96), which does
  not say whether they are instants, are read off the clock as elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, filterwarnings

from icans.engines.spark_refusals import refusals
from icans.numbered import Numbered, in_words

if TYPE_CHECKING:
    import ibis
    import pyarrow as pa
    from pyspark.sql import DataFrame
    from pyspark.sql.types import StructType


class SparkEngine:
    """Apache Spark.

    Parameters
    ----------
    scratch
        Folder for computed tables and for what does not fit in memory, which all workers share; None: one of its own,
        removed at the end.

    Raises
    ------
    EngineError
        PySpark or Java is not there, or Spark does not start.
    """

    name = "spark"

    def __init__(self, scratch: Path | None = None) -> None:
        from icans.engines.spark_session import Session  # noqa: PLC0415  # start-up counts

        self._session = Session(scratch)
        from icans.engines.spark_sql import SparkBackend  # noqa: PLC0415  # needs PySpark, which is there now

        with refusals("Spark"):
            self.backend = SparkBackend(self._from_memory).connect(self._session.spark)
        self._made = 0

    def read_parquet(
        self,
        path: Path | str | Sequence[Path],
        *,
        numbered: bool = False,
        by_file: Mapping[str, Sequence[str | None]] | None = None,
    ) -> ibis.Table:
        """Open a Parquet file, a folder of part files, or the files of one table; nothing is read yet.

        With `numbered` it has the column ``file_row_number`` (int64, from 0) and, where `path` is a list,
        ``file_number`` (int64, from 0); `by_file` has columns (string) with a value for each file.
        """
        from icans.engines.spark_files import read_file, read_files  # noqa: PLC0415  # needs PySpark

        if isinstance(path, Path | str):
            with refusals(f"{path}"):
                return self._table(read_file(self._session.spark, Path(path), numbered=numbered))
        with refusals(f"{path[0]} and {len(path) - 1} more files"):
            found = read_files(
                self._session.spark, path, numbered=numbered, by_file=by_file or {}, beside=self._new("files")
            )
            return self._table(found)

    def keep(self, table: ibis.Table) -> ibis.Table:
        """Compute a table once, into the scratch folder, and keep it for the steps that follow."""
        return self.write(table, self._new("kept"))

    def write(self, table: ibis.Table | Numbered, path: Path) -> ibis.Table:
        """Compute a table into a folder of Parquet files and give the table as read from there."""
        from icans.engines.spark_files import read_written, write_files  # noqa: PLC0415  # needs PySpark

        table = in_words(table)
        with refusals(f"{path}"):
            write_files(self._computed(table), path, shared=not self._session.is_local)
            return self._table(read_written(self._session.spark, path, self._schema(table)))

    def collect(self, table: ibis.Table) -> pa.Table:
        """Bring a small table to Python."""
        with refusals("a table"), catch_warnings():
            filterwarnings("ignore", "unclosed <socket", ResourceWarning)  # PySpark closes none of its own
            return self._computed(table).toArrow().cast(table.schema().to_pyarrow())

    def rows(self, table: ibis.Table) -> list[dict[str, Any]]:
        """Bring a small table to Python as a list of rows."""
        return self.collect(table).to_pylist()  # type: ignore[no-any-return]

    def close(self) -> None:
        """Let go of the tables; of Spark only where it was started for them."""
        self._session.close()

    def _computed(self, table: ibis.Table) -> DataFrame:
        """Give the query of an expression, its columns of the types that Ibis takes them for."""
        self.backend._run_pre_execute_hooks(table)  # noqa: SLF001  # puts tables of memory where the query finds them
        found = self._session.spark.sql(self.backend.compile(table))
        asked = self._schema(table)
        if [field.dataType for field in found.schema] == [field.dataType for field in asked]:
            return found
        return found.to(asked)

    def _schema(self, table: ibis.Table) -> StructType:
        from icans.engines.spark_sql import spark_schema  # noqa: PLC0415  # needs PySpark

        return spark_schema(table.schema())

    def _table(self, found: DataFrame) -> ibis.Table:
        self._made += 1
        view = f"opened_{self._made}"
        found.createOrReplaceTempView(view)
        return self.backend.table(view)

    def _new(self, kind: str) -> Path:
        self._made += 1
        return self._session.scratch / f"{kind}_{self._made}.parquet"

    def _from_memory(self, name: str, rows: pa.Table, schema: StructType) -> None:
        """Put a table of memory where a query finds it by name."""
        from icans.engines.spark_files import from_memory  # noqa: PLC0415  # needs PySpark

        from_memory(self._session.spark, rows, schema, self._new("memory")).createOrReplaceTempView(name)
