"""Workbooks: one sheet a table, cells as they were last calculated, nothing evaluated."""

from __future__ import annotations

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime, time
from functools import cache
from itertools import islice
from pathlib import Path
from typing import IO, Any

from icans.errors import RecordsError
from icans.records.findings import Finding, shown
from icans.records.rows import TextRows, as_columns, empty

MOST_ROWS = 1_048_576
"""Rows of the largest sheet a spreadsheet can have; a file that claims more is not believed."""
MOST_BYTES = 2 * 1024**3
"""Largest content that is unpacked."""
COMPOUND_FILE = b"\xd0\xcf\x11\xe0"
"""How an old .xls begins, and a workbook with a password."""
AS_IT_STANDS = re.compile(r'"[^"]*"|\\.|\[\$[^\]]*\]')
"""What a number format prints as it stands."""
MERGED = re.compile(rb'<(?:\w+:)?mergeCell [^>]*?ref="([A-Z]+\d+):[A-Z]+(\d+)"')
"""First cell and last row of merged cells."""
OUTSIDE = (
    "something stands right of the last named column, and is not read",
    "Give each column a name in the header.",
)
UNKNOWN = (
    "stands a formula whose result was never stored, and is read as it is written",
    "Save it again in a spreadsheet program.",
)
"""What may be so in some rows, and what to do."""
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
        return any(re.search(rb"<(\w+:)?f[ />]", block) for block in _blocks(file))


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    """Give a sheet piece by piece, each with the end of the one before it."""
    before = b""
    while block := file.read(1 << 20):
        yield before + block
        before = block[-100:]


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
        unknown: list[int] = []
        filled = ((number, cells) for number, cells in self._rows(sheet, unknown) if any(map(str.strip, cells)))
        first, cells = next(filled, (0, []))
        header = list(cells)
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
        findings = (
            *_in_rows(file, outside, *OUTSIDE),
            *_in_rows(file, unknown, *UNKNOWN),
            *_merged(file, self._merged(sheet, first)),
        )
        return TextRows(file, tuple(header), columns, numbers, len(numbers), findings)

    def _merged(self, sheet: str, header: int) -> list[str]:
        """Give the first of each group of merged cells that reaches below the header."""
        with self._values[sheet]._get_source() as file:  # noqa: SLF001  # openpyxl leaves them out when it only reads
            found = (match.groups() for block in _blocks(file) for match in MERGED.finditer(block))
            return list(dict.fromkeys(cell.decode() for cell, last in found if int(last) > header))

    def _rows(self, sheet: str, unknown: list[int] | None = None) -> Iterator[tuple[int, list[str]]]:
        """Give each row with its number; a formula whose result was never stored stands as it is written.

        The numbers of rows with such a formula are put into `unknown`.
        """
        rows = self._cells(self._values[sheet])
        if self._formulas is None:
            for number, cells in enumerate(rows, start=1):
                yield number, [cell_text(cell) for cell in cells]
            return
        for number, (cells, written) in enumerate(zip(rows, self._cells(self._formulas[sheet]), strict=False), start=1):
            found = [
                formula if cell.value is None and cell.data_type != "str" else cell  # an empty text is a result too
                for cell, formula in zip(cells, written, strict=False)
            ]
            if unknown is not None and any(cell.data_type == "f" for cell in found):
                unknown.append(number)
            yield number, [cell_text(cell) for cell in found]

    @staticmethod
    def _cells(sheet: Any) -> Iterator[Sequence[Any]]:  # noqa: ANN401  # openpyxl's worksheet
        sheet.reset_dimensions()
        return islice(sheet.iter_rows(), MOST_ROWS)


def _in_rows(file: str, rows: list[int], what: str, advice: str) -> tuple[Finding, ...]:
    """Warn of what is so in some rows, if in any."""
    count = "1 row" if len(rows) == 1 else f"{len(rows):,} rows"
    return (Finding("warning", file, rows[0], problem=f"in {count} {what}", advice=advice),) if rows else ()


def _merged(file: str, cells: list[str]) -> tuple[Finding, ...]:
    if not cells:
        return ()
    named = ", ".join(cells[:5]) + (", …" if len(cells) > 5 else "")
    problem = f"has merged cells, and only the first of each group is read with its value ({named})"
    return (Finding("warning", file, problem=problem, advice="Part them, and fill in each cell."),)


def cell_text(cell: Any) -> str:  # noqa: ANN401  # openpyxl's cell
    """Write a cell as a CSV would have it; a time at midnight is a date where the cell shows no hours.

    What a cell shows as a percentage is one.
    """
    value = getattr(cell.value, "text", cell.value)  # a formula of several cells
    match value:
        case str():
            return value.encode("utf-8", "replace").decode("utf-8") if not value.isascii() else value
        case datetime() if value.time() == time() and not _shows("h", cell):
            return value.date().isoformat()
        case int() | float() if not isinstance(value, bool) and _shows("%", cell):
            return f"{value * 100:.15g}%"
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


def _shows(sign: str, cell: Any) -> bool:  # noqa: ANN401  # openpyxl's cell
    return sign in _own_signs(cell.number_format)


@cache
def _own_signs(number_format: str) -> str:
    return AS_IT_STANDS.sub("", number_format).lower()
