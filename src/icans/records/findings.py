"""What is wrong, doubtful or worth knowing in the records: one finding a fault, all of them at once."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True, order=True)
class Finding:
    """A fault of the records, where it stands and what was expected.

    Parameters
    ----------
    severity
        ``error``: the row cannot be used; ``warning``: implausible; ``note``: worth knowing.
    file
        File, sheet or table as the user knows it.
    row
        Row as a spreadsheet numbers it (the header is row 1); None where the finding is about the whole table.
    column
        Column, empty where the finding is about the row or table.
    value
        What was there, shortened where long.
    problem
        What was expected, as the end of a sentence: "is not one of awake, voice, touch".
    advice
        What to do next.
    patient_id
        The patient, where there is one.
    """

    severity: Severity
    file: str
    row: int | None = None
    column: str = ""
    value: str = ""
    problem: str = ""
    advice: str = ""
    patient_id: str = ""

    def __str__(self) -> str:
        where = ", ".join(
            part
            for part in (
                self.file,
                f"row {self.row}" if self.row else f"patient {self.patient_id}" if self.patient_id else "",
                f"column {self.column}" if self.column else "",
            )
            if part
        )
        what = f'"{self.value}" {self.problem}' if self.value else self.problem
        return f"{where}: {what}." + (f"\n  {self.advice}" if self.advice else "")


def shown(text: str, most: int = 40) -> str:
    """Give a text of the records as a message shows it: one line, shortened, nothing that moves a terminal's cursor."""
    short = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(sign if sign.isprintable() else " " if sign.isspace() else "�" for sign in short)


MOST_ROWS = 1_000
"""Rows named one by one for a fault that many rows of a column share."""


class Tally:
    """Findings as they come; of a fault that many rows of a column share, the first 1,000 and how many more."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self._named: list[Finding] = []
        self._counts: Counter[Finding] = Counter()
        for finding in findings:
            self.add(finding)

    def add(self, finding: Finding) -> None:
        """Take one finding."""
        fault = replace(finding, row=None, value="", advice="", patient_id="")
        self._counts[fault] += 1
        if self._counts[fault] <= MOST_ROWS:
            self._named.append(finding)

    def findings(self) -> list[Finding]:
        """Give them, those that were only counted as one line a fault."""
        more = [
            more_rows(fault, count - MOST_ROWS, fault.problem)
            for fault, count in self._counts.items()
            if count > MOST_ROWS
        ]
        return [*self._named, *more]


def more_rows(like: Finding, count: int, problem: str) -> Finding:
    """Make the line that stands for `count` rows with a fault like one that was named."""
    rows = "1 more row" if count == 1 else f"{count:,} more rows"
    return Finding(like.severity, like.file, column=like.column, problem=f"{rows} with the same fault: {problem}")


def write_csv(findings: Iterable[Finding], path: Path) -> None:
    """Write findings as a table for a spreadsheet; no cell can be read as a formula there."""
    columns = ("severity", "file", "row", "column", "value", "problem", "advice", "patient_id")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for finding in findings:
            writer.writerow([harmless(getattr(finding, column)) for column in columns])


NUMBER = re.compile(r"\s*[+-]?\d[\d.,]*([eE][+-]?\d+)?\s*")
FORMULA = re.compile(r"(^|[;\t\r\n])(?=[\x00-\x20\s\ufeff]*[=+\-@＝＋－＠])|^(?=[\x00\t\r\n])")
"""Where a spreadsheet would begin a formula (OWASP): also after blanks, and after what some take to part cells."""


def harmless(cell: object) -> object:
    """Keep a spreadsheet from running a text taken from records as a formula; a negative number stays one."""
    if not isinstance(cell, str) or NUMBER.fullmatch(cell):
        return cell
    return FORMULA.sub(r"\1'", cell)
