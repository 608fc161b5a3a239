"""Whether another tool wrote what we did: the grades counted and hashed, every other table row for row."""

from __future__ import annotations

from pathlib import Path

import duckdb

KEYS = {
    "episodes": ("patient_id", "toxicity", "episode"),
    "courses": ("patient_id", "course"),
    "endpoints": ("patient_id", "episode"),
}
CONSTANT = {"infusion": 1, "excluded": ""}
"""Columns that hold one value in a simulated cohort; a script for it leaves them out."""

NEAR = 1e-9
"""How far two numbers that were summed in another order may be apart, relative to their size."""


def differences(ours: Path, theirs: Path) -> list[str]:
    """Say where the tables of another tool differ from ours; nothing where they are equal.

    Parameters
    ----------
    ours
        Folder of our derived tables.
    theirs
        Folder of theirs: Parquet or CSV files of the same names and columns, but for those of `CONSTANT`.
    """
    found = []
    with duckdb.connect() as connection:
        for name in ("grades", *KEYS):
            file = f"'{ours / name}.parquet'"
            kinds = _columns(connection, file)
            shared = {column: kind for column, kind in kinds.items() if column not in CONSTANT}
            connection.execute(f"create or replace view a as {_canonical(file, shared)}")
            connection.execute(f"create or replace view b as {_canonical(_source(theirs, name), shared)}")
            for column in CONSTANT.keys() & kinds.keys():
                query = f"select count(*) from {file} where {column} is distinct from ?"
                if _one(connection, query, CONSTANT[column]):
                    found.append(f"{name}: our {column} is not always {CONSTANT[column]!r}")
            found += _keyed(connection, name, shared) if name in KEYS else _hashed(connection, name, shared)
    return found


def _source(folder: Path, name: str) -> str:
    written = folder / f"{name}.csv"
    return f"read_csv('{written}', all_varchar = true)" if written.exists() else f"'{folder / name}.parquet'"


def _canonical(source: str, kinds: dict[str, str]) -> str:
    """Give a table in our types; an empty text and none are the same, as CSV cannot tell them apart."""
    columns = [
        f"coalesce({name}::varchar, '') as {name}" if kind == "VARCHAR" else f"{name}::{kind} as {name}"
        for name, kind in kinds.items()
    ]
    return f"select {', '.join(columns)} from {source}"


def _columns(connection: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    return {row[0]: row[1] for row in connection.execute(f"describe from {source}").fetchall()}


def _one(connection: duckdb.DuckDBPyConnection, query: str, *values: object) -> object:
    row = connection.execute(query, values).fetchone()
    return row[0] if row else None


def _hashed(connection: duckdb.DuckDBPyConnection, name: str, kinds: dict[str, str]) -> list[str]:
    query = f"select count(*) || ' rows, sum of hashes ' || sum(hash({', '.join(kinds)})::hugeint) from "
    ours, theirs = (_one(connection, query + table) for table in "ab")
    return [] if ours == theirs else [f"{name}: {ours} here, {theirs} there"]


def _keyed(connection: duckdb.DuckDBPyConnection, name: str, kinds: dict[str, str]) -> list[str]:
    key = KEYS[name]
    found = []
    counts = [_one(connection, f"select count(*) from {table}") for table in "ab"]
    if counts[0] != counts[1]:
        found.append(f"{name}: {counts[0]} rows here, {counts[1]} there")
    tests = {column: _same(column, kind) for column, kind in kinds.items() if column not in key}
    asked = ", ".join(f"count(*) filter (not ({test}))" for test in tests.values())
    joined = f"a full join b on {' and '.join(f'a.{column} = b.{column}' for column in key)}"
    row = connection.execute(f"select {asked} from {joined}").fetchone() or ()
    return found + [f"{name}: {column} differs in {n} rows" for column, n in zip(tests, row, strict=True) if n]


def _same(column: str, kind: str) -> str:
    same = f"a.{column} is not distinct from b.{column}"
    if kind != "DOUBLE":
        return same
    near = f"abs(a.{column} - b.{column}) <= {NEAR} * greatest(1, abs(a.{column}))"
    return f"{same} or coalesce({near}, false)"
