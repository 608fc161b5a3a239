"""Rows that stay in the engine: asked whether all is well in a few aggregates, looked into only where it is not."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import ibis

from icans.records.engine_columns import EngineColumn, ReadColumn
from icans.records.findings import MOST_ROWS, Finding
from icans.records.headings import RESERVED, headings
from icans.records.parquet import duration
from icans.records.parsing import parse, trimmed, unreadable
from icans.records.rows import ROW, EngineRows
from icans.records.schema import Column
from icans.records.time import DAY, INSTANT, Clock, parse_times
from icans.records.usable import Cell, Notation, Usable, absent_finding, cell_findings, comma_finding, padded_finding

if TYPE_CHECKING:
    from icans.engines import Engine

MOST_TEXTS = 2_000_000
"""Different texts of a column that are read one by one."""

Readable = EngineColumn | ReadColumn


def checked(
    rows: EngineRows,
    name: str,
    columns: Sequence[Column],
    notation: Notation,
    engine: Engine,
    *,
    reserved: Collection[str] = RESERVED,
    trusted: Collection[str] = (),
) -> Usable:
    """Give the usable rows of a table in the engine, as thin an expression over it as its types allow.

    Three queries ask whether every value can be used: the extremes, other aggregates, the different texts. Only a
    column where the answer is no is looked into. A column of texts that are not values as they stand is read as those
    of a text file are, each different text once.

    Parameters
    ----------
    rows, name, columns, notation, reserved
        As in `icans.records.casting.cast`.
    engine
        Where the rows live.
    trusted
        Columns of texts that are known to be values as they stand, or are looked at later.
    """
    header = rows.table.columns
    found, findings = headings(rows.names or header, columns, rows.file, reserved=reserved)
    schema = rows.table.schema()
    stored = [
        EngineColumn(h.column, header[h.place], schema[header[h.place]], notation.time) for h in found if h.column
    ]
    asked = [column for column in stored if column.is_native and column.column.name not in trusted]
    answers = _answers(rows.table, asked, engine)
    count = int(answers["rows"])
    unclean = _unclean(rows.table, asked, notation.missing, engine)
    reading = _Reading(rows, notation.missing, engine)
    for column in stored:
        if kind := _duration(rows, column):
            reading.refuse(column.column.name, f"is of type {kind}, which cannot be read")
        elif column.is_native and column.column.name not in unclean:
            reading.take(column, doubtful=column.is_doubtful(answers, count))
        else:
            reading.read(column)
    own = {h.name: header[h.place] for h in found if not h.column}
    absent = [column for column in columns if column.required and column.name not in reading.taken]
    findings += reading.notes()
    findings += [absent_finding(rows.file, column, rows.names or header) for column in absent]
    unusable, faults = reading.faults()
    clock = reading.clock(answers)
    used = 0 if absent else count - unusable

    def usable(source: ibis.Table) -> ibis.Table:
        table = reading.usable(source, own, clock)
        return table.filter(ibis.literal(False)) if absent else table

    return Usable(
        name,
        rows.file,
        usable(rows.table),
        lambda: usable(_numbered(rows)),
        (*reading.taken, *own),
        clock,
        count,
        used,
        (*rows.findings, *findings, *faults),
        rows.parts,
    )


def _answers(table: ibis.Table, columns: Sequence[EngineColumn], engine: Engine) -> dict[str, Any]:
    ends = {"rows": table.count()}
    for column in columns:
        ends |= column.extremes(table)
    answers = engine.rows(table.aggregate(**ends))[0]
    questions: dict[str, Any] = {}
    for column in columns:
        questions |= column.questions(table, answers)
    return {**answers, **(engine.rows(table.aggregate(**questions))[0] if questions else {})}


def _unclean(
    table: ibis.Table, columns: Iterable[EngineColumn], missing: Collection[str], engine: Engine
) -> frozenset[str]:
    """Name the columns that hold a text which is not a value as it stands."""
    asked = [answer for column in columns if (answer := column.unclean(table, missing)) is not None]
    return (
        frozenset(row["column"] for row in engine.rows(ibis.union(*asked)) if row["unclean"]) if asked else frozenset()
    )


def _duration(rows: EngineRows, column: EngineColumn) -> str:
    """Give the type of a column of times that only looks like one of whole numbers; empty for any other."""
    if column.unit == "dates" or column.column.kind != "time" or not column.dtype.is_integer():
        return ""
    files = (path for path in rows.paths if path.suffix.lower() == ".parquet")
    return next(filter(None, (duration(path, column.source) for path in files)), "")


def _numbered(rows: EngineRows) -> ibis.Table:
    table = rows.numbered()
    if not rows.number:
        return table.mutate(**{ROW: ibis.null("int64")})
    return table.mutate(**{ROW: table[rows.number] + rows.first}).drop(rows.number)


class _Reading:
    """The columns of one table, those that are taken as they stand and those whose texts are read."""

    def __init__(self, rows: EngineRows, missing: Collection[str], engine: Engine) -> None:
        self._rows = rows
        self._missing = missing
        self._engine = engine
        self._doubtful: list[str] = []
        self._findings: list[Finding] = []
        self.taken: dict[str, Readable] = {}

    def take(self, column: EngineColumn, *, doubtful: bool) -> None:
        """Take a column as it stands."""
        self.taken[column.column.name] = column
        if doubtful:
            self._doubtful.append(column.column.name)

    def read(self, column: EngineColumn) -> None:
        """Read a column by its different texts."""
        name = column.column.name
        if not column.has_texts:
            self.refuse(name, f"is of type {column.dtype}, which cannot be read")
            return
        table = self._rows.table
        texts = table.select(text=column.text(table)).distinct().filter(lambda table: table.text.notnull())
        found = self._engine.collect(texts.limit(MOST_TEXTS + 1))
        different = found.sort_by("text")["text"].to_pylist()  # engines give them in any order, and keys see it
        if len(different) > MOST_TEXTS:
            self.refuse(name, f"is of type {column.dtype} with more than {MOST_TEXTS:,} different values")
            return
        self.taken[name] = ReadColumn.of(column, different, self._missing)
        self._doubtful.append(name)

    def refuse(self, name: str, problem: str) -> None:
        """Leave a column out as one that cannot be read."""
        advice = "Store numbers as numbers, and times as timestamps."
        self._findings.append(Finding("error", self._rows.file, column=name, problem=problem, advice=advice))

    def _joined(self, table: ibis.Table) -> ibis.Table:
        for column in self.taken.values():
            if isinstance(column, ReadColumn):
                table = column.joined(table)
        return table

    def clock(self, answers: Mapping[str, Any]) -> Clock | None:
        """Tell what is known of the times."""
        for column in self.taken.values():
            if column.column.kind == "time":
                return column.clock(answers) if isinstance(column, EngineColumn) else column.clock()
        return None

    def usable(self, source: ibis.Table, own: Mapping[str, str], clock: Clock | None) -> ibis.Table:
        """Give the rows of which every value can be used, with their canonical columns and row number, if any."""
        table = self._joined(source)
        for name in self._doubtful:
            table = table.filter(~self.taken[name].bad(table))
        values = {name: value for column in self.taken.values() for name, value in column.values(table).items()}
        if clock and clock.instants == "none":
            values.pop(INSTANT, None)
        if clock and clock.days == "none":
            values.pop(DAY, None)
        values |= {name: table[written] for name, written in own.items()}
        return table.select(**values, **({ROW: table[ROW]} if ROW in table.columns else {}))

    def notes(self) -> list[Finding]:
        """Note what was read with a grain of salt: blanks around ids, decimal commas."""
        notes = list(self._findings)
        for name, column in self.taken.items():
            if not isinstance(column, ReadColumn):
                continue
            padded = [text for text in column.texts if text != trimmed(text) and trimmed(text)]
            if column.column.kind == "id" and padded:
                for text, rows in self._rows_of(column, padded).items():
                    notes.append(padded_finding(self._rows.file, name, text, rows))
            if column.commas:
                rows_of = self._rows_of(column, column.commas)
                text, rows = next(iter(rows_of.items()))
                count = sum(map(len, rows_of.values()))
                notes.append(comma_finding(self._rows.file, name, rows[0], text, count))
        return notes

    def _rows_of(self, column: ReadColumn, texts: Sequence[str]) -> dict[str, list[int | None]]:
        """Give the numbers of the rows that have one of some texts."""
        numbered = _numbered(self._rows)
        rows = numbered.select(row=numbered[ROW], text=column.as_stored.text(numbered))
        found: dict[str, list[int | None]] = {}
        for row in self._engine.rows(rows.filter(rows.text.isin(texts)).order_by("row").limit(10 * MOST_ROWS)):
            found.setdefault(row["text"], []).append(row["row"])
        return found

    def faults(self) -> tuple[int, list[Finding]]:
        """Count the rows that cannot be used and say why, the first of each column one by one."""
        if not self._doubtful:
            return 0, []
        table = self._joined(_numbered(self._rows))
        bad = {name: self.taken[name].bad(table) for name in self._doubtful}
        questions = {f"bad:{name}": condition.sum() for name, condition in bad.items()}
        counts = self._engine.rows(table.aggregate(any=reduce(or_, bad.values()).sum(), **questions))[0]
        faulty = [name for name in self._doubtful if counts[f"bad:{name}"]]
        self._doubtful = faulty
        findings: list[Finding] = []
        for name in faulty:
            findings += self._faults_of(self.taken[name], table.filter(bad[name]), int(counts[f"bad:{name}"]))
        return int(counts["any"] or 0), findings

    def _faults_of(self, column: Readable, bad: ibis.Table, count: int) -> list[Finding]:
        stored = column.as_stored if isinstance(column, ReadColumn) else column
        patient = self.taken.get("patient_id")
        patients = patient.as_stored if isinstance(patient, ReadColumn) else patient
        named = bad.select(
            row=bad[ROW],
            patient=patients.text(bad) if patients else ibis.literal(""),
            text=stored.text(bad),
        )
        cells = [
            (row["row"], row["patient"] or "", row["text"])
            for row in self._engine.rows(named.order_by("row").limit(MOST_ROWS))
        ]
        return _cell_findings(self._rows.file, stored, cells, count, self._missing)


def _cell_findings(
    file: str, stored: EngineColumn, cells: list[Cell], count: int, missing: Collection[str]
) -> list[Finding]:
    """Say of the first unusable cells of a column what was expected, in the words used for a text file."""
    column = stored.column
    texts = [text for _, _, text in cells]
    unit = stored.unit if column.kind == "time" else None
    problems = {**(parse_times(column, texts, missing, unit) if unit else parse(column, texts, missing)).faults}
    problems |= unreadable(texts)
    findings: list[Finding] = []
    for problem in dict.fromkeys(problems.values()):
        mine = [cells[place] for place, fault in problems.items() if fault == problem]
        findings += cell_findings(file, column, mine, problem, count=len(mine), unit=unit)
    if count > len(cells):
        problem = f"{count - len(cells):,} more rows have a value in this column that cannot be used"
        findings.append(Finding("error", file, column=column.name, problem=problem))
    return findings
