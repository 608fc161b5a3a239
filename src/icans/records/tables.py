"""The records of a study once read: canonical tables, every time in hours from infusion."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from icans.records.findings import Finding

if TYPE_CHECKING:
    import ibis


@dataclass(frozen=True)
class RowCount:
    """How many rows a table has and how many of them could be used."""

    read: int
    used: int


@dataclass(frozen=True)
class Records:
    """The canonical tables of a study, usable rows only.

    Every table is there, empty where the study has none, with every declared column (null where the study has none),
    then the study's own columns as they are. In place of ``time`` stand ``infusion`` (int64, number of the last
    infusion at or before it, from 1; the first one for what came before it) and ``hour`` (float64, hours from it).
    Types: id, text, category and categories are strings (categories normalised to names with ``;`` between and no
    spaces), integer int64, number float64, boolean boolean. Tables read from text end with ``row`` (int64, the row as
    a spreadsheet numbers it); tables that stay in the engine have none.

    Parameters
    ----------
    patients
        One row a patient, ``patient_id`` unique.
    infusions
        One row an infusion: ``patient_id``, ``infusion`` (int64, from 1 in order of time), ``start_hour`` (float64,
        hours from the patient's first infusion), ``infused_epoch_hour`` (float64, hours from 1970-01-01T00:00 on the
        clock where it was written; null with relative times), then product, target, dose_cells_per_kg. Without a table
        of infusions every patient has one at 0.
    neuro, crs, treatments, labs, events
        One row an assessment, observation, dose, measurement, event; unordered.
    present
        Names of the tables the study has.
    columns
        For each table the study has, the columns found in it.
    rows
        For each table the study has, rows read and used.
    findings
        What was found while reading: errors (rows left out) and notes.
    files
        For each table the study has, its file, sheet or table as the user knows it.
    paths
        For each table that was found, also without rows, the files it was read from; none for a table of a database
        server.
    parts
        For a table of several files, by what `files` calls it, the names of those.
    lost
        For each table that is there and cannot be read, why.
    """

    patients: ibis.Table
    infusions: ibis.Table
    neuro: ibis.Table
    crs: ibis.Table
    treatments: ibis.Table
    labs: ibis.Table
    events: ibis.Table
    present: frozenset[str]
    columns: dict[str, frozenset[str]]
    rows: dict[str, RowCount]
    findings: tuple[Finding, ...]
    files: dict[str, str] = field(default_factory=dict)
    paths: dict[str, tuple[Path, ...]] = field(default_factory=dict)
    parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lost: dict[str, Finding] = field(default_factory=dict)

    @property
    def timed(self) -> tuple[ibis.Table, ...]:
        """The tables whose rows have a time: each row says that the patient was alive then."""
        return self.neuro, self.crs, self.treatments, self.labs, self.events
