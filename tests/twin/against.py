"""What `icans derive` gives for made cohorts, held against the second derivation row for row."""

from __future__ import annotations

from fractions import Fraction
from math import isclose
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
from tests.twin.cohorts import cohort, faults, never_charted, on_calendars, protocol
from tests.twin.derived import derived
from tests.twin.folders import write
from tests.twin.records import Row

from icans.derive.schema import DERIVED
from icans.engines import connect
from icans.study import Study

STEPS = {"dates": Fraction(1, 3), "hours": Fraction(1, 10), "days": Fraction(6)}
"""The finest difference between two times, in hours, by how a study writes its times."""


def compared(folder: Path, seed: int, *, time: str, patients: int) -> dict[str, int]:
    """Give how many rows of each table are the same; fail where one is not."""
    random = Random(seed)
    records = cohort(random, patients, random.choice([STEPS[time], Fraction(6)]))
    if time == "dates":
        on_calendars(random, records)
    elif random.random() < 0.3:
        records["infusions"].clear()
    if records["infusions"] and random.random() < 0.5:
        faults(random, records)
    if random.random() < 0.5:
        never_charted(random, records)
    definitions = protocol(random, cutoff=time == "dates")
    cutoffs = write(folder, records, definitions, time=time, columnar=random.random() < 0.5)
    expected = derived(records, definitions | {"cutoff_at": cutoffs})
    engine = connect()
    Study.read(folder, engine).derive(folder / "derived", lambda step: None)
    engine.close()
    for name, rows in expected.items():
        assert_same(name, pq.read_table(folder / "derived" / f"{name}.parquet").to_pylist(), rows)
    return {name: len(rows) for name, rows in expected.items()}


def assert_same(name: str, found: list[Row], expected: list[Row]) -> None:
    columns = list(DERIVED[name])
    ours, theirs = (sorted((cells(row, columns) for row in rows), key=order) for rows in (found, expected))
    for one, other in zip(ours, theirs, strict=False):
        assert all(map(same, one, other)), f"{name}\n{columns}\nfound    {one}\nexpected {other}"
    assert len(ours) == len(theirs), f"{name}: {len(ours)} rows found, {len(theirs)} expected"


def cells(row: Row, columns: list[str]) -> list[Any]:
    return [float(row[c]) if isinstance(row[c], Fraction) else row[c] for c in columns]


def order(row: list[Any]) -> list[tuple[float, str]]:
    return [(round(value, 6), "") if isinstance(value, int | float) else (0.0, str(value)) for value in row]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and other is not None:
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return type(one) is type(other) and one == other
