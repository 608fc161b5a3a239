"""What a run writes, read back and compared with what another engine wrote."""

import csv
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

RELATIVE = 1e-12
"""Engines add floats in orders of their own."""

Row = tuple[Any, ...]


def derived(folder: Path) -> dict[str, pa.Table]:
    """Read every derived table, a file or a folder of files."""
    return {path.stem: pq.read_table(path) for path in sorted((folder / "derived").glob("*.parquet"))}


def results(folder: Path) -> list[dict[str, Any]]:
    """Read the table of results."""
    found: list[dict[str, Any]] = pq.read_table(folder / "results.parquet").to_pylist()
    assert len(found) == len(json.loads((folder / "results.json").read_text(encoding="utf-8")))
    return found


def lists(folder: Path) -> dict[str, list[Row]]:
    """Read the findings and every other list for a spreadsheet."""
    found = {}
    for path in sorted(folder.rglob("*.csv")):
        with path.open(newline="", encoding="utf-8-sig") as file:
            found[str(path.relative_to(folder))] = [tuple(row) for row in csv.reader(file)]
    return found


def figures(folder: Path) -> dict[str, Any]:
    """Read what every figure draws."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in (folder / "figures").glob("*.json")}


def assert_same_table(name: str, found: pa.Table, expected: pa.Table) -> None:
    """Compare types exactly, rows in any order."""
    assert _types(found) == _types(expected), f"{name}: other columns or types"
    assert_same_rows(name, _rows(found), _rows(expected))


def assert_same_rows(name: str, found: Iterable[Row], expected: Iterable[Row]) -> None:
    """Compare rows in any order, floats to `RELATIVE`."""
    mine, theirs = list(found), list(expected)
    if Counter(map(repr, mine)) == Counter(map(repr, theirs)):
        return
    mine, theirs = sorted(mine, key=_order), sorted(theirs, key=_order)
    assert len(mine) == len(theirs), f"{name}: {_surplus(mine, theirs)}"
    left = [row for row in mine if not _taken(row, theirs)]
    assert not left, f"{name}: {_surplus(left, theirs)}"


def close(one: Any, other: Any) -> bool:
    """Tell whether two values are the same, floats to `RELATIVE`, deep inside lists and objects too."""
    match one, other:
        case bool(), bool():
            return one is other
        case (float() | int(), float() | int()) if not isinstance(one, bool) and not isinstance(other, bool):
            both_nan = isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)
            return both_nan or one == other or math.isclose(one, other, rel_tol=RELATIVE, abs_tol=1e-14)
        case (list() | tuple(), list() | tuple()):
            return len(one) == len(other) and all(map(close, one, other))
        case dict(), dict():
            return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
        case _:
            return bool(one == other) and type(one) is type(other)


def _types(table: pa.Table) -> list[tuple[str, str]]:
    return [(field.name, str(field.type)) for field in table.schema]


def _rows(table: pa.Table) -> list[Row]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True)) if table.num_rows else []


def _order(row: Row) -> str:
    """Bring rows that may be the same near each other: floats by their first digits only."""
    return repr(tuple(f"{value:.9g}" if isinstance(value, float) else value for value in row))


def _taken(row: Row, among: list[Row]) -> bool:
    """Take the row that is the same out of others."""
    for place, other in enumerate(among):
        if close(row, other):
            del among[place]
            return True
    return False


def _surplus(mine: Sequence[Row], theirs: Sequence[Row]) -> str:
    known = Counter(map(repr, theirs))
    mine_only = [row for row in mine if repr(row) not in known][:3]
    known = Counter(map(repr, mine))
    theirs_only = [row for row in theirs if repr(row) not in known][:3]
    lines = [f"{len(mine)} and {len(theirs)} rows differ, such as"]
    return "\n".join([*lines, *map(repr, mine_only), "where the reference has", *map(repr, theirs_only)])
