"""One table graded by one scale: what `icans grade` does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pyarrow.csv import write_csv

from icans import protocol
from icans.engines import connect
from icans.errors import CallError, ScaleError
from icans.output import refuse_input_as_output, whole_file
from icans.records.files import WORKBOOKS
from icans.records.parts import located
from icans.records.reading import read_records, read_table
from icans.records.schema import CRS, EVENTS, LABS, NEURO, PATIENTS, Column
from icans.scales import catalogue
from icans.scales.engine import evaluated
from icans.scales.measured import measured
from icans.scales.observed import observed
from icans.scales.unconfirmed import unconfirmed

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine
    from icans.records.findings import Finding
    from icans.scales.model import Scale

COLUMNS = {column.name: column for table in (EVENTS, PATIENTS, CRS, NEURO) for column in table.columns}
"""Every canonical column a scale can read, with its declaration."""
MEASUREMENTS = (
    *(LABS.column(name) for name in ("value", "limit")),
    *(Column(name, "text", "") for name in ("specimen", "analyte", "unit", "infused_at", "ended_at")),
    *(Column(name, "number", "") for name in ("day", "hour")),
    Column("infusion", "integer", ""),
)
"""Columns of a table of measurements, for scales that read one."""


def grade_table(
    table: Path, scale_id: str, *, out: Path | None, unrecorded: Literal["unknown", "absent"]
) -> list[Finding]:
    """Grade each row of a table and write it with its grade; CSV to standard output where `out` is None.

    A scale of status unconfirmed is said to be so on standard error. A scale that takes measurements also grades a
    table with a row for each of them, or the labs of a study folder, as `icans.scales.measured.measured` says.
    The rows keep their order and their other columns. Added are ``scale``, ``grade``, ``grade_low``, ``grade_high``,
    ``driver``, ``missing`` and ``excluded`` as in `icans.scales.engine.graded`; by a scale that gives a number and no
    grade ``scale``, ``score``, ``score_low``, ``score_high``, ``category`` and ``missing`` as in
    `icans.scales.scoring.scored`.

    Returns
    -------
    list of Finding
        What was found while reading; rows with an error are left out.

    Raises
    ------
    CallError
        There is no such scale or file, or `out` is neither CSV nor Parquet.
    ScaleError
        The scale file is wrong, or the table has none of the scale's columns.
    """
    if out is not None and out.suffix.lower() not in {".csv", ".parquet"}:
        raise CallError(f"--out {out}: the name ends in neither .csv nor .parquet.")
    if out is not None:
        refuse_input_as_output(out, [table, Path(scale_id)])
    scale = catalogue.named(scale_id)
    for sentence in unconfirmed([scale]):
        sys.stderr.write(f"{sentence}\n")
    engine = connect()
    try:
        rows, findings = _rows(table, scale, engine)
        try:
            result = _in_order(evaluated(rows, scale, unrecorded=unrecorded))
        except ScaleError as error:
            if table.suffix.lower() not in WORKBOOKS:
                raise
            where = f"It is the first sheet of {table.name}; other sheets are not read."
            raise ScaleError(f"{error.what} {where}", error.do) from None
        if out is None:
            write_csv(engine.collect(result), sys.stdout.buffer)
        else:
            with whole_file(out) as unfinished:
                if out.suffix.lower() == ".parquet":
                    engine.write(result, unfinished)
                else:
                    write_csv(engine.collect(result), unfinished)
    finally:
        engine.close()
    return findings


def _rows(table: Path, scale: Scale, engine: Engine) -> tuple[ibis.Table, list[Finding]]:
    """Read what is graded: a table; of a study folder its measurements."""
    if not table.is_dir():
        rows, findings = read_table(table, _columns(scale), engine)
        graded, doubts = measured(rows, scale, engine, file=table.name)
        return graded, [*findings, *doubts]
    if not scale.quantities:
        raise CallError(
            f"{table} is a folder, and {scale.id} grades a table in it.",
            "Name the table; icans derive grades a study by the scales of its protocol.",
        )
    records = read_records(table, protocol.read(table), engine)
    if "labs" not in records.present:
        raise ScaleError(f"{table} has no labs, which {scale.id} is made from.")
    graded, doubts = measured(observed(records, scale), scale, engine, file=records.files.get("labs", "labs"))
    unread = (finding for finding in records.findings if finding.severity == "error")
    return graded, [*unread, *located(doubts, records.parts)]


def _columns(scale: Scale) -> list[Column]:
    """Give every column that is read by a declaration: canonical ones, and those of the scale."""
    own = [one.column for one in scale.columns_declared] + [measure.column for measure in scale.measures]
    for quantity in scale.quantities:
        stem = Column(quantity.stem, "number", quantity.label)
        own += [*quantity.columns, stem, Column(f"{quantity.stem}_unit", "text", f"Unit of {quantity.stem}")]
    return [*COLUMNS.values(), *own, *(MEASUREMENTS if scale.quantities else ())]


def _in_order(result: ibis.Table) -> ibis.Table:
    """Put rows in the order of the table, or by patient, infusion and day where they were made from several."""
    if "row" in result.columns:
        return result.order_by("row").drop("row")
    return result.order_by([name for name in ("patient_id", "infusion", "day", "date") if name in result.columns])
