"""Rows of a table that lies in several files: one number says which file, and which row of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from icans.records.findings import Finding

STRIDE = 1 << 40
"""Row numbers of the first file begin behind this one, of the second behind twice this one, and so on."""


def first_number(file: int) -> int:
    """Give what is added to the row numbers of a file of several, which are counted from 0."""
    return (file + 1) * STRIDE


def in_file(row: int) -> int:
    """Give the number that a row has in its own file."""
    return row % STRIDE


def named_row(row: int, names: Sequence[str]) -> str:
    """Name a row in the middle of a sentence, with its file where the table has several."""
    return f"row {in_file(row)} of {names[row // STRIDE - 1]}" if names and row >= STRIDE else f"row {row}"


def located(findings: Iterable[Finding], parts: Mapping[str, Sequence[str]]) -> list[Finding]:
    """Name in each finding the file of several that its row stands in, and the row as that file numbers it.

    Parameters
    ----------
    findings
        What was found in tables; `Finding.file` is the table.
    parts
        For a table of several files, the names of those.
    """
    return [_located(finding, parts.get(finding.file, ())) for finding in findings]


def _located(finding: Finding, names: Sequence[str]) -> Finding:
    if not names or finding.row is None or finding.row < STRIDE:
        return finding
    return replace(finding, file=names[finding.row // STRIDE - 1], row=in_file(finding.row))
