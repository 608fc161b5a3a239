"""Parquet files through Spark: as they are named, with the types and numbers the other engines read in them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812  # the name PySpark's own documentation gives it
from pyspark.sql.types import StructType

from icans.errors import EngineError

ROW_NUMBER, FILE_NUMBER = "file_row_number", "file_number"
FILE = "_file"

OLD_TIME = "CAST({0} AS TIMESTAMP_NTZ)"
NANOSECONDS = "TIMESTAMP_MICROS({0} DIV 1000)"
NANOSECONDS_LOCAL = f"CAST({NANOSECONDS} AS TIMESTAMP_NTZ)"


def read_file(spark: SparkSession, path: Path, *, numbered: bool) -> DataFrame:
    """Open a Parquet file or a folder of part files; nothing is read yet."""
    found = spark.read.parquet(literal(path))
    rows = [f"_metadata.row_index AS {ROW_NUMBER}"] if numbered else []
    return found.selectExpr(*_columns(found, [path]), *rows)


def read_files(
    spark: SparkSession,
    paths: Sequence[Path],
    *,
    numbered: bool,
    by_file: Mapping[str, Sequence[str | None]],
    beside: Path,
) -> DataFrame:
    """Open the files of one table, columns matched by name.

    Parameters
    ----------
    spark
        The session.
    paths
        The files.
    numbered
        Add the number of the file and of the row in it.
    by_file
        Columns that are not in the files: for each its value in each file.
    beside
        Where to write what is known of each file.
    """
    # A search below a folder is what keeps Spark from making columns of folders' names.
    reader = spark.read.option("mergeSchema", True).option("recursiveFileLookup", True)
    alike = [(reader.parquet(*map(literal, some)).drop(*empty), some) for empty, some in _alike(paths).items()]
    if not (numbered or by_file):
        return _together([found.selectExpr(*_columns(found, some)) for found, some in alike])
    known = {FILE: [str(path.absolute()) for path in paths], **by_file}
    types = {FILE: pa.string(), **dict.fromkeys(by_file, pa.string())}
    if numbered:
        known[FILE_NUMBER], types[FILE_NUMBER] = range(len(paths)), pa.int64()  # type: ignore[assignment]
    pq.write_table(pa.table({name: pa.array(values, types[name]) for name, values in known.items()}), beside)
    rows = [f"_metadata.row_index AS {ROW_NUMBER}"] if numbered else []
    file = f"regexp_replace(url_decode(replace(_metadata.file_path, '+', '%2B')), '^[a-z]+:/*', '/') AS {FILE}"
    placed = _together([found.selectExpr(*_columns(found, some), *rows, file) for found, some in alike])
    return placed.join(F.broadcast(spark.read.parquet(literal(beside))), FILE).drop(FILE)


def read_written(spark: SparkSession, path: Path, schema: StructType) -> DataFrame:
    """Open what was written with a schema."""
    return spark.read.schema(schema).parquet(literal(path))


def write_files(found: DataFrame, path: Path, *, shared: bool) -> None:
    """Compute a table into a folder of part files.

    Parameters
    ----------
    found
        The table.
    path
        The folder, which is not there yet.
    shared
        Several machines write: see that what they wrote has arrived.

    Raises
    ------
    EngineError
        Rows that workers wrote are not in the folder.
    """
    counted = Observation()
    if shared:
        found = found.observe(counted, F.count(F.lit(1)).alias("rows"))
    found.write.option("mapreduce.fileoutputcommitter.marksuccessfuljobs", "false").parquet(literal(path))
    for checksum in path.glob(".*.crc"):
        checksum.unlink()
    if shared:
        refuse_missing(path, counted.get["rows"])


def refuse_missing(path: Path, written: int) -> None:
    """Refuse a folder that lacks rows: each worker wrote to a disk of its own."""
    arrived = sum(pq.read_metadata(part).num_rows for part in path.glob("*.parquet"))
    if arrived != written:
        raise EngineError(
            f"{path}: Spark's workers wrote {written:,} rows, of which {arrived:,} arrived: they do not share this "
            "folder.",
            "Put the study, --out and the scratch folder (TMPDIR) into a file system that all workers share.",
        )


def from_memory(spark: SparkSession, rows: pa.Table, schema: StructType, path: Path) -> DataFrame:
    """Bring a table of Python's memory to Spark through a file; one without rows needs none."""
    if rows.num_rows:
        pq.write_table(rows, path)
        return read_written(spark, path, schema)
    nothing = ", ".join(f"CAST(NULL AS {field.dataType.simpleString()}) AS {quoted(field.name)}" for field in schema)
    return spark.sql(f"SELECT {nothing} WHERE false")


def literal(path: Path) -> str:
    """Write a path so that no sign in it stands for others."""
    return "file://" + re.sub(r"([*?\[\]{}\\])", r"\\\1", str(path.absolute()))


def quoted(name: str) -> str:
    """Write the name of a column as SQL."""
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


def _columns(found: DataFrame, paths: Sequence[Path]) -> list[str]:
    """Give the columns of files as expressions, times as the other engines read them."""
    odd: dict[str, str] = {}
    for path in paths:
        odd |= _odd_times(path)
    return [f"{odd.get(name, '{0}').format(quoted(name))} AS {quoted(name)}" for name in found.columns]


def _together(found: Sequence[DataFrame]) -> DataFrame:
    return reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), found)


def _alike(paths: Sequence[Path]) -> dict[frozenset[str], list[Path]]:
    """Group files by their columns without a type, of nothing but missing values, that have one in another file.

    Spark takes such a column for one of numbers.
    """
    schemas = [pq.read_schema(path) for path in paths]
    empty = [frozenset(field.name for field in schema if pa.types.is_null(field.type)) for schema in schemas]
    typed = {name for schema, none in zip(schemas, empty, strict=True) for name in schema.names if name not in none}
    groups: dict[frozenset[str], list[Path]] = {}
    for path, none in zip(paths, empty, strict=True):
        groups.setdefault(none & typed, []).append(path)
    return groups


def _odd_times(path: Path) -> dict[str, str]:
    """Name the columns of times that Spark gives as numbers, or as instants which they are not."""
    if path.is_dir():
        return {}
    found = {}
    schema = pq.read_metadata(path).schema
    for place in range(len(schema)):
        column = schema.column(place)
        kind = json.loads(column.logical_type.to_json())
        if column.physical_type == "INT96":
            found[column.path] = OLD_TIME
        elif kind.get("Type") == "Timestamp" and kind.get("timeUnit") == "nanoseconds":
            found[column.path] = NANOSECONDS if kind["isAdjustedToUTC"] else NANOSECONDS_LOCAL
    return found
