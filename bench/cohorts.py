"""Simulated cohorts of a size, in order of patient and time as they are made, or in no order."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from bench.processes import icans, run

ASSESSMENTS_EACH = 54.99
"""Assessments of a simulated patient: neurological ones and observations of CRS."""

TO_REMISSION = {
    "patients": ("patient_id", "age_years"),
    "infusions": ("patient_id", "infused_at"),
    "neuro": ("patient_id", "time", "ice", "capd", "consciousness", "seizure", "motor", "icp_edema", "icans_grade"),
    "crs": (
        *("patient_id", "time", "temperature_c", "antipyretic_or_anticytokine"),
        *("hypotension", "vasopressors", "oxygen", "oxygen_flow_l_min", "crs_grade"),
    ),
    "treatments": ("patient_id", "time", "drug", "dose", "route"),
    "events": ("patient_id", "time", "event"),
}
"""The columns read on the way from grades to remission."""


def simulated(assessments: int, folder: Path) -> Path:
    """Simulate a cohort of about as many assessments."""
    patients = round(assessments / ASSESSMENTS_EACH)
    run(icans("simulate", "--patients", str(patients), "--seed", "1", "--out", str(folder)))
    return folder


def shuffled(cohort: Path, folder: Path) -> Path:
    """Copy a cohort with the rows of every table in no order; row groups and compression stay as they are."""
    folder.mkdir()
    shutil.copy(cohort / "study.toml", folder)
    with duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(folder / "spilled")}) as connection:
        for file in sorted(cohort.glob("*.parquet")):
            names = columns(file)
            key = ", ".join(f'"{name}"' for name in names[: 2 if "time" in names else 1])
            connection.execute(
                f"copy (from '{file}' order by hash({key}, 'shuffled')) to '{folder / file.name}' "
                "(format parquet, compression zstd, row_group_size 131072)"
            )
    shutil.rmtree(folder / "spilled", ignore_errors=True)
    return folder


def as_csv(cohort: Path, folder: Path) -> Path:
    """Write the columns that lead to remission as CSV, for programs that cannot read Parquet."""
    folder.mkdir()
    with duckdb.connect(config={"memory_limit": "4GB"}) as connection:
        connection.execute("set preserve_insertion_order = false")
        for name, read in TO_REMISSION.items():
            connection.execute(
                f"copy (select {', '.join(read)} from '{cohort / name}.parquet') to '{folder / name}.csv'"
            )
    return folder


def columns(file: Path) -> list[str]:
    """Give the names of a Parquet file's columns."""
    return [field.name for field in pq.read_schema(file)]


def assessments(cohort: Path) -> int:
    """Count the rows that hold an assessment."""
    return sum(pq.read_metadata(cohort / f"{name}.parquet").num_rows for name in ("neuro", "crs"))


def patients(cohort: Path) -> int:
    """Count the patients."""
    return int(pq.read_metadata(cohort / "patients.parquet").num_rows)


def megabytes(cohort: Path) -> float:
    """Give the size of a cohort's files."""
    return sum(file.stat().st_size for file in cohort.glob("*.parquet")) / 1e6
