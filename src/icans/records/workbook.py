"""Workbooks: one sheet a table, cells as they were last calculated, nothing evaluated."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any

from icans.errors import RecordsError
from icans.records.findings import Finding, shown
from icans.records.rows import TextRows, as_columns, empty

MOST_ROWS = 1_048_576
"""Rows of the largest sheet a spreadsheet can have; a file that claims more is not believed."""
MOST_BYTES = 2 * 1024**3
"""Largest content that is unpacked."""
COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
"""How an old .xls begins, and a workbook with a password."""
SHOWS_HOURS = re.compile(r'(?:"[^"]*"|\\.|\[\$[^\]]*\])|(h)', re.IGNORECASE)
"""An hour in a number format, outside of what is printed as it stands."""
DAMAGED = (
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a damaged workbook can raise, as openpyxl passes on whatever its parts do."""


@contextmanager
def opened(path: Path) -> Iterator[Workbook]:
    """Open a workbook for reading.

    Raises
    ------
    RecordsError
        It is damaged, protected with a password, or not a workbook; also while its sheets are read.
    """
    import openpyxl  # noqa: PLC0415  # most studies have no workbook

    with ExitStack() as stack:
        stack.enter_context(_sentences(path))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")  # on charts, styles and extensions, none of which is read
        computed = _has_formulas(path)

        def loaded(*, data_only: bool) -> Any:  # noqa: ANN401  # openpyxl's Workbook
            file = stack.enter_context(path.open("rb"))
            return stack.enter_context(closing(openpyxl.load_workbook(file, read_only=True, data_only=data_only)))

        yield Workbook(path, loaded(data_only=True), loaded(data_only=False) if computed else None)


@contextmanager
def _sentences(path: Path) -> Iterator[None]:
    try:
        with path.open("rb") as file:
            if file.read(4) == COMPOUND_FILE:
                raise RecordsError(
                    f"{path.name}: the workbook is protected with a password, or is an old .xls.",
                    "Save it without a password as .xlsx.",
                )
        yield
    except DAMAGED as error:
        reason = getattr(error, "strerror", None) or f"{type(error).__name__} while unpacking"
        raise RecordsError(
            f"{path.name}: the workbook cannot be read ({reason}).",
            "Open it in a spreadsheet program and save it again as .xlsx.",
        ) from None


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as parts:
        if sum(part.file_size for part in parts.infolist()) > MOST_BYTES:
            raise RecordsError(
                f"{path.name}: the workbook unpacks to more than {MOST_BYTES // 1024**3} GiB and is not read.",
                "Save each table as CSV or Parquet.",
            )
        sheets = [part for part in parts.infolist() if part.filename.startswith("xl/worksheets/")]
        return any(_mentions_formula(parts, sheet) for sheet in sheets)


def _mentions_formula(parts: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> bool:
    with parts.open(sheet) as file:
        before = b""
        while block := file.read(1 << 20):
            if re.search(rb"<(\w+:)?f[ />]", before + block):
                return True
            before = block[-20:]
    return False


class Workbook:
    """A workbook that is open for reading."""

    def __init__(self, path: Path, values: Any, formulas: Any) -> None:  # noqa: ANN401  # openpyxl's Workbook
        self._path = path
        self._values = {sheet.title: sheet for sheet in values.worksheets}
        self._formulas = {sheet.title: sheet for sheet in formulas.worksheets} if formulas else None

    def names(self) -> list[str]:
        """Give the names of the sheets."""
        return list(self._values)

    def label(self, sheet: str) -> str:
        """Name a sheet as a finding does."""
        return f"{self._path.name}, sheet {shown(sheet)}"

    def matters(self, sheet: str) -> bool:
        """Tell whether something stands in a sheet."""
        return any(any(map(str.strip, cells)) for _, cells in self._rows(sheet))

    def read(self, sheet: str, file: str = "") -> TextRows:
        """Read a sheet into rows of text; the first row with something in it is the header."""
        file = file or self.label(sheet)
        filled = ((number, cells) for number, cells in self._rows(sheet) if any(map(str.strip, cells)))
        header = list(next(filled, (0, []))[1])
        while header and not header[-1].strip():
            header.pop()
        if not header:
            return empty(file)
        width = len(header)
        outside: list[int] = []

        def records() -> Iterator[tuple[int, Sequence[str]]]:
            for number, cells in filled:
                if any(map(str.strip, cells[width:])):
                    outside.append(number)
                yield number, [*cells[:width], *[""] * (width - len(cells))]

        columns, numbers = as_columns(records(), width)
        findings = _outside(file, outside)
        return TextRows(file, tuple(header), columns, numbers, len(numbers), findings)

    def _rows(self, sheet: str) -> Iterator[tuple[int, list[str]]]:
        """Give each row with its number; a formula whose result was never stored stands as it is written."""
        rows = self._cells(self._values[sheet])
        if self._formulas is None:
            for number, cells in enumerate(rows, start=1):
                yield number, [cell_text(cell) for cell in cells]
            return
        for number, (cells, written) in enumerate(zip(rows, self._cells(self._formulas[sheet]), strict=False), start=1):
            yield (
                number,
                [
                    cell_text(formula if cell.value is None else cell)
                    for cell, formula in zip(cells, written, strict=False)
                ],
            )

    @staticmethod
    def _cells(sheet: Any) -> Iterator[Sequence[Any]]:  # noqa: ANN401  # openpyxl's worksheet
        sheet.reset_dimensions()
        return islice(sheet.iter_rows(), MOST_ROWS)


def _outside(file: str, rows: list[int]) -> tuple[Finding, ...]:
    if not rows:
        return ()
    count = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
    problem = f"in {count} something stands right of the last named column, and is not read"
    return (Finding("warning", file, rows[0], problem=problem, advice="Give each column a name in the header."),)


def cell_text(cell: Any) -> str:  # noqa: ANN401  # openpyxl's cell
    """Write a cell as a CSV would have it; a time at midnight is a date where the cell shows no hours."""
    value = cell.value
    match value:
        case str():
            return value.encode("utf-8", "replace").decode("utf-8") if not value.isascii() else value
        case datetime() if value.time() == time() and not _shows_hours(cell.number_format):
            return value.date().isoformat()
        case _:
            return value_text(value)


def value_text(value: object) -> str:
    """Write a typed value as a CSV would have it."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() | date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _shows_hours(number_format: str) -> bool:
    return any(match.group(1) for match in SHOWS_HOURS.finditer(number_format))
