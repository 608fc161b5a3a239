"""Lists to work through, chart by chart: grades that differ, and patients who change severity group."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from icans.derive.comparison import discordant
from icans.records.findings import harmless
from icans.results.comparison import Comparison, changes

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine
    from icans.protocol import Protocol
    from icans.records.tables import Records
    from icans.results.cohort import Cohort
    from icans.results.gathered import Assessed, Gathered

DISCORDANT = "discordant.csv"
CHANGES = "severity_changes.csv"
IMMORTAL = "immortal_time.csv"
MOST = 100_000
"""Most assessments listed: a spreadsheet opens ten times as many rows, and nobody reviews so many charts."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = ("patient_id", "infusion", "time", "hour", "toxicity", "recorded_grade", "grade", "grade_low", "grade_high")
LAST = ("difference", "driver", "missing")


def write_discordant(
    study: Gathered | Assessed, grades: ibis.Table, records: Records, engine: Engine, folder: Path
) -> int:
    """Write the assessments whose recorded grade is not the derived one, the largest differences first.

    Nothing is written where there are none.

    Parameters
    ----------
    study
        The study as arrays.
    grades
        Its derived grades.
    records
        Its records.
    engine
        Where the tables live.
    folder
        Where `discordant.csv` is written.

    Returns
    -------
    int
        Assessments written.
    """
    pairs = study.grade_pairs
    differ = ~np.isnan(pairs["grade"]) & (pairs["grade"] != pairs["recorded_grade"])
    if not (differ.any() or any(counts["outside"].any() for counts in study.assessments.values())):
        return 0
    found = discordant(grades, records.infusions)
    order = [found["difference"].abs().desc(), "toxicity", "patient_id", "infusion", "hour", "recorded_grade"]
    rows = engine.rows(found.order_by(order).limit(MOST))
    for row in rows:
        row["time"] = _time(row["clock_hour"])
    _write(folder / DISCORDANT, (*FIRST, *LAST), rows)
    return len(rows)


def write_changes(comparisons: Sequence[Comparison], protocol: Protocol, cohort: Cohort, folder: Path) -> int:
    """Write the patients who change severity group between two scales, where there are any, and count the rows."""
    rows = [row for one in comparisons for row in changes(one, protocol, cohort)]
    if rows:
        _write(folder / CHANGES, tuple(rows[0]), rows)
    return len(rows)


def write_immortal(rows: Sequence[dict[str, Any]], folder: Path) -> int:
    """Write the patients with immortal time, where there are any, and count the rows."""
    if rows:
        _write(folder / IMMORTAL, tuple(rows[0]), rows)
    return len(rows)


def _write(path: Path, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    """Write rows for a spreadsheet; no cell can be read as a formula there."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([_cell(row[column]) for column in columns] for row in rows)


def _cell(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else harmless(value)


def _time(clock_hour: float | None) -> str:
    """Write a time on the clock as ISO 8601, to the minute."""
    if clock_hour is None:
        return ""
    return (EPOCH + timedelta(minutes=round(clock_hour * 60))).strftime("%Y-%m-%dT%H:%M")
