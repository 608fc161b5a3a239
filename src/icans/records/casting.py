"""Rows of text to rows of typed values, by the declaration of their columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from icans.records.findings import Finding
from icans.records.headings import RESERVED, Heading, headings, name_key
from icans.records.parsing import inferred, may_part_thousands, parse, trimmed, unreadable
from icans.records.rows import ROW, TextRows
from icans.records.schema import Column
from icans.records.time import CLOCK, DAY, INSTANT, Clock, TimeUnit, parse_times, share
from icans.records.usable import (
    ARROW,
    Cell,
    Notation,
    Usable,
    absent_finding,
    cell_findings,
    comma_finding,
    padded_finding,
    thousands_finding,
)

Note = Callable[[str, str, int, str, int], Finding]
"""Makes a finding of a file, a column, a row, its text, and how many rows there are like it."""
OWN = Column("", "text", "")
"""Reads a column of the study's own that is not looked into."""


def cast(
    rows: TextRows,
    name: str,
    columns: Sequence[Column],
    notation: Notation,
    *,
    infer: bool = True,
    reserved: Collection[str] = RESERVED,
) -> Usable:
    """Give the usable rows of a table of text.

    Parameters
    ----------
    rows
        The rows.
    name
        Name of the table.
    columns
        Its declared columns.
    notation
        How the study writes missing values and times.
    infer
        Read a column of the study's own that holds only numbers as numbers.
    reserved
        Names no column may have.
    """
    found, findings = headings(rows.header, columns, rows.file, reserved=reserved)
    findings += _nameless(rows)
    casting = _Casting(rows, notation.missing, notation.time, infer)
    for heading in found:
        casting.add(heading)
    if rows.header:
        absent = [column for column in columns if column.required and column.name not in casting.columns]
        findings += [absent_finding(rows.file, column, rows.header) for column in absent]
        casting.bad |= bool(absent)
    typed = pa.table(casting.values).filter(pa.array(~casting.bad))
    table = ibis.memtable(typed)
    return Usable(
        name,
        rows.file,
        table,
        lambda: table,
        tuple(casting.columns),
        _clock(typed, notation.time),
        rows.read,
        typed.num_rows,
        (*rows.findings, *findings, *casting.findings),
        rows.parts,
    )


@dataclass
class _Casting:
    """The columns of a table as they are cast, one after another."""

    rows: TextRows
    missing: Collection[str]
    unit: TimeUnit
    infer: bool
    columns: list[str] = field(default_factory=list)
    values: dict[str, pa.Array | pa.ChunkedArray] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    bad: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.values[ROW] = self.rows.numbers
        self.bad = np.zeros(len(self.rows.numbers), dtype=bool)
        self._numbers = self.rows.numbers.to_numpy()
        keys = [name_key(name) for name in self.rows.header]
        self._patients = self.rows.columns[keys.index("patient_id")] if "patient_id" in keys else None

    def add(self, heading: Heading) -> None:
        """Cast one column and note what was found in it."""
        encoded = self.rows.columns[heading.place].dictionary_encode().unify_dictionaries().combine_chunks()
        texts: list[str] = encoded.dictionary.to_pylist()
        codes = encoded.indices
        self.columns.append(heading.name)
        column = heading.column or (inferred(texts, self.missing) if self.infer else OWN)
        parsed: Any
        if column.kind == "time":
            parsed = parse_times(column, texts, self.missing, self.unit)
            self.values[CLOCK] = pa.array(parsed.clock, pa.float64()).take(codes)
            self.values[INSTANT] = pa.array(parsed.instant, pa.float64()).take(codes)
            self.values[DAY] = pa.array(parsed.day, pa.bool_()).take(codes)
        else:
            parsed = parse(column, texts, self.missing)
            self.values[heading.name] = pa.array(parsed.values, ARROW[column.kind]).take(codes)
        places = codes.to_numpy()
        faults = {**(parsed.faults if heading.column else {}), **unreadable(texts)}
        self._faults(replace(column, name=heading.name), texts, places, faults)
        if column.kind == "id":
            self._padded(column, texts, places)
        self._noted(comma_finding, heading.name, texts, places, parsed.commas)
        if heading.column and column.kind == "number" and not parsed.commas:
            self._noted(thousands_finding, heading.name, texts, places, may_part_thousands(texts, parsed))

    def _noted(self, finding: Note, name: str, texts: list[str], places: NDArray[Any], noted: Collection[int]) -> None:
        """Note once of a column how some of its texts are read."""
        rows = np.flatnonzero(np.isin(places, list(noted)))
        if rows.size:
            row = int(self._numbers[rows[0]])
            self.findings.append(finding(self.rows.file, name, row, texts[places[rows[0]]], len(rows)))

    def _faults(self, column: Column, texts: list[str], places: NDArray[Any], faults: dict[int, str]) -> None:
        for problem in dict.fromkeys(faults.values()):
            mask = np.isin(places, [place for place, fault in faults.items() if fault == problem])
            self.bad |= mask
            rows = np.flatnonzero(mask)
            cells = self._cells(rows, (texts[place] for place in places[rows]))
            unit = self.unit if column.kind == "time" else None
            self.findings += cell_findings(self.rows.file, column, cells, problem, count=len(rows), unit=unit)

    def _cells(self, rows: NDArray[Any], texts: Iterable[str]) -> Iterable[Cell]:
        for row, text in zip(rows, texts, strict=True):
            patient = "" if self._patients is None else self._patients[int(row)].as_py()
            yield int(self._numbers[row]), patient, text

    def _padded(self, column: Column, texts: list[str], places: NDArray[Any]) -> None:
        for place, text in enumerate(texts):
            if text != trimmed(text) and trimmed(text):
                rows = np.flatnonzero(places == place)
                numbers: list[int | None] = [int(number) for number in self._numbers[rows]]
                self.findings.append(padded_finding(self.rows.file, column.name, text, numbers))


def _nameless(rows: TextRows) -> list[Finding]:
    """Warn of columns without a name that hold something."""
    return [
        Finding(
            "warning",
            rows.file,
            1,
            problem=f"column {place} has no name, and what it holds is not read",
            advice="Give it a name in the header.",
        )
        for place, (name, column) in enumerate(zip(rows.header, rows.columns, strict=True), start=1)
        if not name_key(name) and any(map(trimmed, column.unique().to_pylist()))
    ]


def _clock(typed: pa.Table, unit: TimeUnit) -> Clock | None:
    if CLOCK not in typed.column_names:
        return None
    extent = pc.min_max(typed[CLOCK]).as_py()
    instants = pc.count(typed[INSTANT]).as_py()
    days = pc.sum(typed[DAY]).as_py() or 0
    local = unit == "dates" and instants + days < typed.num_rows
    shares = (share(instants, typed.num_rows), share(days, typed.num_rows))
    utc = instants > 0 and pc.all(pc.equal(typed[INSTANT], typed[CLOCK])).as_py()
    return Clock(unit, *shares, local, extent["min"], extent["max"], utc=utc)
