"""Findings as a table on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from icans.records.findings import SEVERITIES, Finding, Severity, shown

STYLES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow", "note": "bold cyan"}


WIDE = 140
"""Characters of a line where there is no terminal to ask."""


def print_findings(findings: Iterable[Finding]) -> None:
    """Print findings as a table to standard output, as wide as the terminal."""
    console = Console(width=None if sys.stdout.isatty() else WIDE)
    console.print(findings_table(findings))


def findings_table(findings: Iterable[Finding]) -> RenderableType:
    """Lay out findings for a terminal: a table for each severity, errors first, and how many there are of each.

    Texts from records are printed as they are: neither Rich markup nor control characters in them have an effect.
    """
    listed = list(findings)
    tables = [_table(severity, of_it) for severity in SEVERITIES if (of_it := in_order(listed, severity))]
    return Group(*tables, Text(summary(listed)))


def summary(findings: Iterable[Finding]) -> str:
    """Count findings in a line: 3 errors, 2 warnings, 1 note."""
    listed = list(findings)
    counts = [counted(severity, listed) for severity in SEVERITIES]
    return ", ".join(count for count in counts if count) or "no findings"


def counted(severity: Severity, findings: Sequence[Finding]) -> str:
    """Count the findings of a severity, empty where there is none."""
    number = sum(finding.severity == severity for finding in findings)
    return f"{number:,} {severity}{'s' if number > 1 else ''}" if number else ""


def in_order(findings: Iterable[Finding], severity: Severity) -> list[Finding]:
    """Give the findings of a severity by file and row, what is about a whole table first."""
    chosen = [finding for finding in findings if finding.severity == severity]
    return sorted(chosen, key=lambda finding: (finding.file, finding.row or 0))


def _table(severity: Severity, findings: Sequence[Finding]) -> Table:
    title = Text(counted(severity, findings), style=STYLES[severity])
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, leading=1)
    for heading, widest in (("Where", 24), ("Column", 24), ("Value", 20), ("What was expected", None)):
        table.add_column(heading, max_width=widest, overflow="fold")
    for finding in findings:
        row = f"row {finding.row}" if finding.row else ""
        where = "\n".join(_harmless(part) for part in (finding.file, row, finding.patient_id) if part)
        cells = (where, _harmless(finding.column), _harmless(finding.value))
        table.add_row(*(Text(cell) for cell in cells), _expected(finding))
    return table


def _expected(finding: Finding) -> Text:
    expected = Text(_harmless(f"{finding.problem}."))
    return expected.append(f"\n{_harmless(finding.advice)}", style="dim") if finding.advice else expected


def _harmless(text: str) -> str:
    return shown(text, most=len(text))
