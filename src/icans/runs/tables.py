"""Derived tables of two outputs, row by row: how many are in one and not in the other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from icans.runs.record import Run
from icans.runs.recorder import derived_file

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine

DECIMALS = 9
"""Hours and amounts that agree to so many decimals are the same."""


@dataclass(frozen=True)
class TableDifference:
    """A derived table that is not the same in two outputs.

    Parameters
    ----------
    name
        The table.
    before, after
        Its rows in each output; None where it is not there.
    gone, new
        Rows that are in the first alone, and in the second alone.
    patients
        Patients who have such a row; None where the tables have different columns, or one is not there.
    """

    name: str
    before: int | None
    after: int | None
    gone: int
    new: int
    patients: int | None


def table_differences(one: tuple[Path, Run], other: tuple[Path, Run], engine: Engine) -> list[TableDifference]:
    """Compare the derived tables of two outputs; only those are read that their records do not say are the same.

    Parameters
    ----------
    one, other
        Folder and record of each output.
    engine
        Where the tables are compared.
    """
    names = dict.fromkeys([*one[1].derived, *other[1].derived])
    found = (_difference(name, one, other, engine) for name in names if not _same(name, one[1], other[1]))
    return [difference for difference in found if difference.gone or difference.new or _lacks(difference)]


def _same(name: str, one: Run, other: Run) -> bool:
    first, second = one.derived.get(name), other.derived.get(name)
    if not (first and second):
        return False
    return first.sha256 == second.sha256 or (first.key is not None and first.key == second.key)


def _lacks(difference: TableDifference) -> bool:
    return difference.before is None or difference.after is None


def _difference(name: str, one: tuple[Path, Run], other: tuple[Path, Run], engine: Engine) -> TableDifference:
    before, after = (run.derived[name].rows if name in run.derived else None for _, run in (one, other))
    every = TableDifference(name, before, after, before or 0, after or 0, None)
    if before is None or after is None:
        return every
    first, second = (_comparable(derived_file(folder, name), engine) for folder, _ in (one, other))
    if first.columns != second.columns:
        return every
    gone, new = first.difference(second, distinct=False), second.difference(first, distinct=False)
    sides = gone.select("patient_id", new=False).union(new.select("patient_id", new=True))
    counts = {"gone": (~sides.new).sum(), "new": sides.new.sum(), "patients": sides.patient_id.nunique()}
    found = {which: int(count or 0) for which, count in engine.rows(sides.aggregate(**counts))[0].items()}
    return TableDifference(name, before, after, found["gone"], found["new"], found["patients"])


def _comparable(file: Path, engine: Engine) -> ibis.Table:
    """Open a derived table, its numbers rounded so that the last bits of a sum do not count."""
    table = engine.read_parquet(sorted(file.glob("*.parquet")) if file.is_dir() else file)
    columns = {name: table[name] for name in sorted(table.columns)}
    return table.select(
        **{name: column.round(DECIMALS) if column.type().is_floating() else column for name, column in columns.items()}
    )
