"""CSV files as people save them: any of three delimiters, several encodings, ragged rows."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from icans.records.findings import Finding, Tally, shown
from icans.records.headings import name_key
from icans.records.rows import TextRows, as_columns, empty

DELIMITERS = (",", ";", "\t")
UNCLOSED = "a quotation mark opened in this row is never closed, so that all that follows is one cell"
SWALLOWED = "a quotation mark opened in this row is closed too late: a cell of it has other rows of the table in it"


def read_delimited(path: Path, names: Collection[str], file: str = "") -> TextRows:
    """Read a CSV file into rows of text.

    UTF-8 (with or without a byte order mark), UTF-16, else Windows-1252 line by line, which is noted. The delimiter is
    the comma, semicolon or tab that gives most of the known `names`. A row is numbered as a spreadsheet shows it: a
    quoted cell of several lines is one row, and empty rows count. A row with too few or too many cells cannot be used.
    """
    file = file or path.name
    try:
        data = path.read_bytes()
    except OSError as error:
        fault = Finding("error", file, problem=f"cannot be opened ({error.strerror})")
        return TextRows(file, findings=(fault,), lost=True)
    text, findings = decoded(data, file)
    if not text.strip():
        return empty(file)
    with _cells_of_any_size():
        return _rows(text, names, file, findings)


def decoded(data: bytes, file: str) -> tuple[str, list[Finding]]:
    """Turn the bytes of a file into text, with a note where the encoding had to be assumed."""
    start = data[:1000]
    for mark, encoding, zeros in ((b"\xff\xfe", "utf-16-le", start[1::2]), (b"\xfe\xff", "utf-16-be", start[::2])):
        if data.startswith(mark) or (zeros and zeros.count(0) > 0.9 * len(zeros)):
            return _decoded_as_utf16(data.removeprefix(mark), encoding, file)
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        return _decoded_by_line(data, file)


def _decoded_as_utf16(data: bytes, encoding: str, file: str) -> tuple[str, list[Finding]]:
    try:
        return data.decode(encoding), []
    except UnicodeDecodeError:
        problem = "is damaged: some of it is not UTF-16, and is read as �"
        return data.decode(encoding, "replace"), [Finding("warning", file, problem=problem, advice="Export it again.")]


def _decoded_by_line(data: bytes, file: str) -> tuple[str, list[Finding]]:
    lines: list[str] = []
    assumed: list[int] = []
    utf8 = False
    for number, line in enumerate(data.split(b"\n"), start=1):
        try:
            lines.append(line.decode("utf-8"))
            utf8 = utf8 or not line.isascii()
        except UnicodeDecodeError:
            assumed.append(number)
            lines.append(decoded_as_windows(line))
    where = f"line {assumed[0]}" if len(assumed) == 1 else f"line {assumed[0]} and {len(assumed) - 1} more"
    advice = "Check names with accents; save the file as UTF-8 to be sure."
    if utf8:
        problem = f"mixes encodings: most of it is UTF-8, but {where} not, read as Windows-1252"
        return "\n".join(lines), [Finding("warning", file, problem=problem, advice=advice)]
    problem = f"is not UTF-8 ({where}) and was read as Windows-1252"
    return "\n".join(lines), [Finding("note", file, problem=problem, advice=advice)]


def decoded_as_windows(line: bytes) -> str:
    """Turn bytes that are not UTF-8 into text."""
    try:
        return line.decode("cp1252")
    except UnicodeDecodeError:
        return line.decode("latin-1")


@contextmanager
def _cells_of_any_size() -> Iterator[None]:
    """Lift the reader's limit, so that one huge cell is one finding and not the end of the file."""
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _rows(text: str, names: Collection[str], file: str, findings: list[Finding]) -> TextRows:
    declared, text = _declared_delimiter(text)
    delimiter = declared or _delimiter(text, names)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records = enumerate(reader, start=1)
    header = next((record for _, record in records if any(map(str.strip, record))), [])
    while header and not header[-1].strip():
        header.pop()
    if not header:
        return empty(file)
    kept = _Kept(file, len(header))
    columns, numbers = as_columns(kept.of(records, lambda: reader.line_num), len(header))
    quoted = _swallowing(kept.over_lines, header, columns, delimiter)
    if reader.line_num - kept.last_starts > 1 and _ends_inside_quotes(text, kept.last_starts, delimiter):
        quoted[kept.last] = UNCLOSED
    faults = [fault for fault in kept.faults.findings() if fault.row not in quoted]
    faults += [
        Finding("error", file, row, problem=why, advice="Close it, or remove it.") for row, why in quoted.items()
    ]
    if quoted:
        whole = pc.invert(pc.is_in(numbers, pa.array(quoted, numbers.type)))
        columns, numbers = tuple(column.filter(whole) for column in columns), numbers.filter(whole)
    return TextRows(file, tuple(header), columns, numbers, kept.read, (*findings, *faults))


def _declared_delimiter(text: str) -> tuple[str, str]:
    """Split off the first line `sep=;` that Excel writes and hides."""
    first, _, rest = text.partition("\n")
    word = first.strip().lower()
    return (word[4], rest) if word[:4] == "sep=" and len(word) == 5 and word[4] in DELIMITERS else ("", text)


def _delimiter(text: str, names: Collection[str]) -> str:
    known = set(names)

    def score(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        header = next((record for record in reader if any(map(str.strip, record))), [])
        return sum(name_key(cell) in known for cell in header), len(header)

    return max(DELIMITERS, key=score)


@dataclass
class _Kept:
    """The records of a file that have a cell for each column; the others become findings."""

    file: str
    width: int
    read: int = 0
    last: int = 1
    last_starts: int = 0
    faults: Tally = field(default_factory=Tally)
    over_lines: dict[int, list[str]] = field(default_factory=dict)

    def of(
        self, records: Iterator[tuple[int, list[str]]], line: Callable[[], int]
    ) -> Iterator[tuple[int, Sequence[str]]]:
        starts = line()
        for number, record in records:
            if any(map(str.strip, record)):
                self.read += 1
                self.last, self.last_starts = number, starts
                if line() - starts > 1:
                    self.over_lines[number] = record
                problem, advice = self._fault(record)
                if problem:
                    first = shown(record[0].strip())
                    self.faults.add(Finding("error", self.file, number, "", first, problem, advice, first))
                else:
                    yield number, record[: self.width]
            starts = line()

    def _fault(self, record: list[str]) -> tuple[str, str]:
        cells = len(record)
        ragged = f"begins a row of {cells} cells where the header has {self.width}"
        if cells < self.width:
            return ragged, "Add the missing cells, or their delimiters."
        if cells > self.width and any(map(str.strip, record[self.width :])):
            if self.width == 1:
                return ragged, "The first row with something in it has to be the names of the columns."
            return ragged, "A text with the delimiter in it belongs between quotation marks."
        return "", ""


def _swallowing(
    records: Mapping[int, list[str]], header: Sequence[str], columns: Sequence[pa.ChunkedArray], delimiter: str
) -> dict[int, str]:
    """Find records with a cell in which other rows stand: lines with as many cells, that name a patient of the file."""
    place = next((place for place, name in enumerate(header) if name_key(name) == "patient_id"), None)
    if place is None or not records:
        return {}
    patients = {*columns[place].unique().to_pylist(), *(record[place] for record in records.values() if record[place:])}
    return {
        number: SWALLOWED
        for number, record in records.items()
        if any(row[place] in patients for row in _rows_inside(record, len(header), delimiter) if row[place:])
    }


def _rows_inside(record: Sequence[str], width: int, delimiter: str) -> Iterator[list[str]]:
    """Give the lines within cells that have the form of a row, or in the end of its part up to the mark that closes."""
    for before, cell in enumerate(record):
        lines = cell.splitlines()[1:]
        for place, line in enumerate(lines, start=1):
            row = next(csv.reader([line], delimiter=delimiter), [])
            if len(row) == width or (place == len(lines) and before and len(row) == before + 1):
                yield row


def _ends_inside_quotes(text: str, last_starts: int, delimiter: str) -> bool:
    """Tell whether the last record, which runs over several lines, ends only because the file does."""
    tail = list(io.StringIO(text, newline=""))[last_starts:]
    try:
        for _ in csv.reader(tail, delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        return "end of data" in str(error)
    return False
