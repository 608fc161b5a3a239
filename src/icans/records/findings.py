"""What is wrong, doubtful or worth knowing in the records: one finding a fault, all of them at once."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
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
                f"row {self.row}" if self.row else "",
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


def write_csv(findings: Iterable[Finding], path: Path) -> None:
    """Write findings as a table for a spreadsheet; no cell can be read as a formula there."""
    columns = ("severity", "file", "row", "column", "value", "problem", "advice", "patient_id")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for finding in findings:
            writer.writerow([_harmless(getattr(finding, column)) for column in columns])


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from running a text taken from records as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
