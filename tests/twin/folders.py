"""A made cohort and its protocol as a study folder, in relative times or in dates."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from tests.twin.records import Day, Row, Tables

EPOCH = datetime(2024, 2, 20, tzinfo=UTC)
IN_UNIT = {"hours": Fraction(1), "days": Fraction(24)}


def write(folder: Path, cohort: Tables, protocol: dict[str, Any], *, time: str, columnar: bool) -> Row:
    """Write the study; give each patient's end of the day of cutoff in hours on the calendar, None without one."""
    lines = ['[study]\ntitle = "made"', f'[records]\ntime = "{time}"']
    for section, definitions in protocol.items():
        if isinstance(definitions, list):
            lines += [table(f"[[{section}]]", entry) for entry in definitions]
            continue
        lines.append(table(f"[{section}]", {k: v for k, v in definitions.items() if k != "rules"}))
        lines += [table(f"[[{section}.rules]]", rule) for rule in definitions.get("rules", [])]
    (folder / "study.toml").write_text("\n".join(lines), encoding="utf-8")
    for name, rows in cohort.items():
        if rows:
            cells = [{column: cell(value, row["patient_id"], time) for column, value in row.items()} for row in rows]
            write_rows(folder / name, cells, columnar=columnar)
    names = [row["patient_id"] for row in cohort["patients"]]
    if "cutoff" not in protocol["survival"]:
        return dict.fromkeys(names)
    end = datetime.fromisoformat(protocol["survival"]["cutoff"]).replace(tzinfo=UTC) + timedelta(days=1)
    return {name: Fraction((end - calendar(name)) // timedelta(hours=1)) for name in names}


def table(header: str, entries: dict[str, Any]) -> str:
    bare = {"cutoff"}
    lines = [f"{key} = {value if key in bare else json.dumps(value)}" for key, value in entries.items()]
    return "\n".join([header, *lines])


def calendar(patient: str) -> datetime:
    """Give the midnight from which a patient's hours count."""
    return EPOCH + timedelta(days=int(patient[1:]) % 40)


def cell(value: Any, patient: str, time: str) -> Any:
    """Give a value as it is written; an exact number of hours is a time."""
    match value:
        case Day():
            return f"{calendar(patient) + timedelta(days=value.number):%Y-%m-%d}"
        case Fraction() if time == "dates":
            return f"{calendar(patient) + timedelta(seconds=int(value * 3600)):%Y-%m-%dT%H:%M}"
        case Fraction():
            return float(value / IN_UNIT[time])
    return value


def write_rows(path: Path, rows: list[Row], *, columnar: bool) -> None:
    """Write the columns that hold anything, as Parquet with types or as CSV."""
    columns = [column for column in rows[0] if any(row[column] is not None for row in rows)]
    if columnar:
        pq.write_table(
            pa.table({column: [row[column] for row in rows] for column in columns}), path.with_suffix(".parquet")
        )
        return
    with path.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([text(row[column]) for column in columns] for row in rows)


def text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
