"""A study's records, from where they lie to the canonical tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from icans.errors import CallError, EngineError, RecordsError
from icans.records.canonical import absent, canonical
from icans.records.casting import cast
from icans.records.files import WORKBOOKS, file_rows, source_tables
from icans.records.findings import Finding, shown
from icans.records.parsing import missing_texts
from icans.records.parts import located
from icans.records.places import TABLE_FILES
from icans.records.placing import Infusions, infusions_at_zero, numbered_infusions, placed
from icans.records.repeats import without_repeats
from icans.records.rows import ROW, SourceRows, TextRows
from icans.records.schema import TABLES, Column, Table
from icans.records.stored import checked
from icans.records.strangers import far_rows, of_known_patients, strangers, with_strangers, without_strangers
from icans.records.tables import Records, RowCount
from icans.records.time import CLOCK, Clock
from icans.records.usable import Notation, Usable

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine
    from icans.protocol import Protocol

PLACED = ("neuro", "crs", "treatments", "labs", "events")
"""Tables whose rows have a time."""
SIGNS = {name: frozenset(TABLES[name].names) - {"patient_id", "time", "other_cause"} for name in ("neuro", "crs")}
"""Grades and signs, of which a study needs at least one column."""


def read_records(
    folder: Path, protocol: Protocol, engine: Engine, declared: Mapping[str, Sequence[Column]] | None = None
) -> Records:
    """Read the records of a study into the canonical tables.

    A row that cannot be used (a value that cannot be read or is impossible, an unknown patient, a time that cannot be
    placed) is left out and is an error among the findings. Text is read cell by cell; tables that have types (Parquet,
    DuckDB) stay where they lie. A table with a header and no rows counts as absent.

    Parameters
    ----------
    folder
        The study folder.
    protocol
        Its definitions, of which ``[records]`` is used.
    engine
        Where the tables live.
    declared
        By table, the columns that the study's scales declare beside the canonical ones; they are read and checked like
        those.

    Raises
    ------
    RecordsError
        There are no patients, no grades or signs, or no infusions in a study of dates; a table is in two places; a
        workbook or database cannot be read.
    """
    notation = Notation(missing_texts(protocol.records.missing), protocol.records.time)
    schema = _with_declared(declared or {})
    sources, findings = source_tables(folder, protocol.records.source, engine, protocol.records.files)
    patients = _patients(sources, schema["patients"], notation, engine)
    known = of_known_patients(sources, patients, engine)
    others = [
        _usable(sources[name], table, notation, engine, trusted=("patient_id",) if name in known else ())
        for name, table in schema.items()
        if name in sources and name != "patients"
    ]
    findings += [finding for table in others if not table.read for finding in table.findings or [_no_rows(table)]]
    tables = {table.name: table for table in [patients, *others] if table.read}
    _refuse_unusable_infusions(others)
    _refuse_without_signs(tables, others, declared or {})
    _refuse_without_infusions(tables, notation)
    infusions = _infusions(tables, patients, notation, engine, known=known)
    findings += _mixed_clocks(tables.values())
    findings += _dates_beside_utc(tables)
    expressions = {"patients": canonical(patients.table, schema["patients"])}
    expressions["infusions"] = canonical(infusions.table, schema["infusions"])
    expressions |= _placed(tables, schema, patients, infusions, engine, known=known)
    findings += [finding for table in tables.values() for finding in table.findings]
    expressions |= {name: absent(table) for name, table in schema.items() if name not in expressions}
    parts = {table.file: table.parts for table in tables.values() if table.parts}
    return Records(
        **expressions,
        present=frozenset(tables),
        columns={name: frozenset(table.columns) for name, table in tables.items()},
        rows={name: RowCount(table.read, table.used) for name, table in tables.items()},
        findings=tuple(located(findings, parts)),
        files={name: table.file for name, table in tables.items()},
        paths={name: rows.paths for name, rows in sources.items()},
        parts=parts,
        lost=_lost(sources),
    )


def _lost(sources: Mapping[str, SourceRows]) -> dict[str, Finding]:
    lost = {name: rows.findings for name, rows in sources.items() if isinstance(rows, TextRows) and rows.lost}
    return {name: next(one for one in found if one.severity == "error") for name, found in lost.items()}


def _with_declared(declared: Mapping[str, Sequence[Column]]) -> dict[str, Table]:
    """Give the tables of records with the columns that are declared beside the canonical ones."""
    return {name: replace(table, columns=(*table.columns, *declared.get(name, ()))) for name, table in TABLES.items()}


def _usable(
    rows: SourceRows, table: Table, notation: Notation, engine: Engine, *, trusted: Collection[str] = ()
) -> Usable:
    if isinstance(rows, TextRows):
        return cast(rows, table.name, table.columns, notation)
    try:
        return checked(rows, table.name, table.columns, notation, engine, trusted=trusted)
    except EngineError as error:
        if error.do:
            raise
        reason = shown(error.what.partition("refused: ")[2], 120)
        raise RecordsError(f"{rows.file}: the table cannot be read ({reason}).", "Export it again.") from None


def _patients(sources: Mapping[str, SourceRows], table: Table, notation: Notation, engine: Engine) -> Usable:
    """Read the patients, without whom there is no study."""
    patients = _usable(sources["patients"], table, notation, engine) if "patients" in sources else None
    if patients:
        _refuse_if_unusable(patients)
    if not patients or not patients.read:
        what = f"{patients.file} has no rows" if patients else "There is no table patients"
        raise RecordsError(
            f"{what}: a study needs patients, and neuro or crs, each as NAME.csv, NAME.parquet or a sheet NAME.",
            "icans new DIR writes a study folder to fill in.",
        )
    return without_repeats(patients, ["patient_id"], "patient", engine)


def _errors(table: Usable) -> list[Finding]:
    return [finding for finding in table.findings if finding.severity == "error"]


def _refuse_if_unusable(table: Usable) -> None:
    """Refuse a study in which no row of this table can be used."""
    errors = _errors(table)
    if errors and not table.used:
        what = str(replace(errors[0], advice=""))
        raise RecordsError(f"{what} No study can be read without {table.name}.", errors[0].advice)


def _no_rows(table: Usable) -> Finding:
    return Finding("note", table.file, problem="has a header and no rows, and counts as absent")


def _refuse_unusable_infusions(tables: Sequence[Usable]) -> None:
    for table in tables:
        if table.name == "infusions":
            _refuse_if_unusable(table)


def _refuse_without_signs(
    tables: Mapping[str, Usable], read: Sequence[Usable], declared: Mapping[str, Sequence[Column]]
) -> None:
    signs = {name: canonical | {column.name for column in declared.get(name, ())} for name, canonical in SIGNS.items()}
    if any(set(tables[name].columns) & those for name, those in signs.items() if name in tables):
        return
    unread = [error for table in read if table.name in SIGNS for error in _errors(table)]
    raise RecordsError(
        "Neither neuro nor crs has a row with a column of grades or signs, such as icans_grade, ice or crs_grade.",
        str(unread[0]) if unread else "Add one of the two tables; icans new DIR writes them to fill in.",
    )


def _refuse_without_infusions(tables: Mapping[str, Usable], notation: Notation) -> None:
    if notation.time == "dates" and "infusions" not in tables:
        raise RecordsError(
            "Times are dates, and there is no table infusions to count hours from.",
            'Add infusions with patient_id and infused_at, or set [records] time = "hours" or "days" in study.toml.',
        )


def _infusions(
    tables: dict[str, Usable], patients: Usable, notation: Notation, engine: Engine, *, known: Collection[str]
) -> Infusions:
    """Give the infusions, numbered, and put the table without the rows that had to be left out into `tables`."""
    if "infusions" not in tables:
        return infusions_at_zero(patients, Clock(notation.time, low=0.0, high=0.0))
    table = without_repeats(tables["infusions"], ["patient_id", CLOCK], "infusion", engine)
    if "infusions" not in known:
        table = without_strangers(table, patients, engine)
    infusions = numbered_infusions(table, table.clock or Clock(notation.time), patients.used, engine)
    if infusions.screened:
        count = "1 patient has" if infusions.screened == 1 else f"{infusions.screened:,} patients have"
        note = Finding("note", table.file, problem=f"{count} no infusion: screened, not infused")
        table = replace(table, findings=(*table.findings, note))
    tables["infusions"] = table
    return infusions


def _mixed_clocks(tables: Collection[Usable]) -> list[Finding]:
    """Warn where some times of day have an offset from UTC and others none."""
    clocks = {table.file: table.clock for table in tables if table.clock}
    if all(clock.instants == "none" for clock in clocks.values()):
        return []
    problem = "has times without an offset from UTC while others of the study have one; they are compared by the clock"
    advice = "Write all times with an offset, or all without."
    return [Finding("warning", file, problem=problem, advice=advice) for file, clock in clocks.items() if clock.local]


def _dates_beside_utc(tables: Mapping[str, Usable]) -> list[Finding]:
    """Warn where a date counts from the day that a time has in UTC, which may be another one than at the bedside."""
    clocks = [(table.file, table.clock) for table in tables.values() if table.clock]
    infused = tables["infusions"].clock if "infusions" in tables else None
    if not infused:
        return []
    problem = "has dates while {} has times in UTC: the days of those are days in UTC, and may be others at the bedside"
    advice = "Write times with the offset of their place, or as the clock there shows them."
    file = tables["infusions"].file
    pairs = [(one, file) for one, clock in clocks if infused.utc and clock.days != "none"]
    pairs += [(file, one) for one, clock in clocks if clock.utc and infused.days != "none"]
    return [Finding("warning", dated, problem=problem.format(utc), advice=advice) for dated, utc in pairs]


def _placed(
    tables: dict[str, Usable],
    schema: Mapping[str, Table],
    patients: Usable,
    infusions: Infusions,
    engine: Engine,
    *,
    known: Collection[str],
) -> dict[str, ibis.Table]:
    """Place the dated rows, and put the tables without those that nobody can place into `tables`."""
    timed = {name: tables[name] for name in PLACED if name in tables}
    doubtful = {
        name: table.table for name, table in timed.items() if table.used and (infusions.screened or name not in known)
    }
    strange = with_strangers(doubtful, infusions.patients, engine)
    expressions = {}
    for name, table in timed.items():
        if not table.used or table.clock is None:
            expressions[name] = absent(schema[name])
            continue
        given = tables.get("infusions")
        unknown, findings = (
            strangers(table, patients, infusions.patients, engine, given) if name in strange else (0, [])
        )
        far, more = far_rows(table, infusions, engine)
        rows = placed(table.table, table.clock, infusions, known=name not in strange, near=not far)
        expressions[name] = canonical(rows, schema[name])
        tables[name] = replace(table, used=table.used - unknown - far, findings=(*table.findings, *findings, *more))
    return expressions


def read_table(
    path: Path, columns: Sequence[Column], engine: Engine, missing: Collection[str] = ("", "NA")
) -> tuple[ibis.Table, list[Finding]]:
    """Read one table whose columns may be any of those declared: CSV, Parquet, or the first sheet of a workbook.

    Parameters
    ----------
    path
        The file.
    columns
        Declarations of the columns that are read by them; none is required, and times stay as they are written.
    engine
        Where the table lives.
    missing
        Texts that mean: not recorded.

    Returns
    -------
    table
        The rows that can be used: declared columns by their type, the others as they are (text from a file without
        types), and ``row`` (int64), the row's number as a spreadsheet shows it, in place of any column of that name.
    findings
        What was found; rows with an error are left out.

    Raises
    ------
    CallError
        There is no such file, or it is of another kind.
    RecordsError
        It is empty or cannot be read.
    """
    suffix = path.suffix.lower()
    if not path.is_file():
        raise CallError(f"{path}: there is no such file.")
    if suffix not in (*TABLE_FILES, *WORKBOOKS):
        raise CallError(f"{path}: a table is a .csv, .parquet or .xlsx file.")
    asked = [replace(c, required=False, kind="text" if c.kind == "time" else c.kind) for c in columns]
    rows = _first_sheet(path) if suffix in WORKBOOKS else file_rows(path, [c.name for c in asked], engine)
    notation = Notation(missing_texts(missing), "dates")
    if isinstance(rows, TextRows):
        if not rows.header:
            raise RecordsError(f"{rows.findings[0]}")
        usable = cast(rows, path.stem, asked, notation, infer=False, reserved={ROW})
    else:
        usable = checked(rows, path.stem, asked, notation, engine, reserved={ROW})
    return usable.numbered(), list(usable.findings)


def _first_sheet(path: Path) -> TextRows:
    from icans.records.workbook import opened  # noqa: PLC0415  # most tables are no workbook

    with opened(path) as workbook:
        return workbook.read(workbook.names()[0], path.name)
