"""The table that `icans verify` prints."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from icans.results.claims import Verdict

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS = ("claim", "stated", "ours", "verdict", "n", "row of results, and where to look")
STYLES = {"agrees": "green", "compatible with rounding": "yellow", "contradicts": "bold red", "not available": "red"}
PATIENTS_SHOWN = 12
WIDTH_OF_A_FILE = 150


def cells(verdict: Verdict) -> tuple[str, ...]:
    """Write a verdict as the cells of a row, in the order of `COLUMNS`."""
    row = verdict.result
    full = "" if row.value is None else f"{row.value:.10g}"
    ours = verdict.ours if full in {"", verdict.ours} else f"{verdict.ours} ({full})"
    return tuple(
        _printable(text)
        for text in (
            verdict.claim.id,
            verdict.claim.stated.text,
            ours or "-",
            "disputed: " + verdict.verdict if verdict.claim.disputed else verdict.verdict,
            str(row.n),
            _where(verdict),
        )
    )


def table(verdicts: Sequence[Verdict]) -> Table:
    """Make the table of verdicts for a terminal."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415  # start-up counts
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    made = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in COLUMNS:
        made.add_column(name, justify="right" if name in {"stated", "n"} else "left", overflow="fold")
    for verdict in verdicts:
        styles = {"verdict": STYLES[verdict.verdict]}
        made.add_row(*(Text(cell, styles.get(name, "")) for name, cell in zip(COLUMNS, cells(verdict), strict=True)))
    return made


def summary(verdicts: Sequence[Verdict]) -> str:
    """Count the verdicts in a sentence."""
    counts = Counter[str](verdict.verdict for verdict in verdicts)
    parts = [f"{name} {counts[name]}" for name in STYLES if counts[name]]
    if disputed := sum(bool(verdict.claim.disputed) for verdict in verdicts):
        parts.append(f"disputed by their own source {disputed}")
    return f"{len(verdicts)} claims: {', '.join(parts) or 'none'}."


def print_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Print the table of verdicts and their count."""
    from rich.console import Console  # noqa: PLC0415  # start-up counts

    watched = sys.stdout.isatty() or "COLUMNS" in os.environ
    console = Console(width=None if watched else WIDTH_OF_A_FILE, markup=False, highlight=False)
    console.print(table(verdicts))
    console.print(summary(verdicts))


def _where(verdict: Verdict) -> str:
    """Name the row; where it does not agree, also the rounding or reason, and what to look at."""
    parts = [verdict.result.name]
    if verdict.explanation:
        parts.append(verdict.explanation)
    if verdict.verdict in {"contradicts", "not available"}:
        parts += _to_look_at(verdict)
    if verdict.claim.disputed:
        parts.append(f"disputed: {verdict.claim.disputed}")
    return "; ".join(parts)


def _to_look_at(verdict: Verdict) -> list[str]:
    """Name the patients behind a number that differs, and where the figure is stated."""
    ids, source = verdict.result.patients, verdict.claim.source
    more = f" and {len(ids) - PATIENTS_SHOWN} more" if len(ids) > PATIENTS_SHOWN else ""
    patients = [f"patients {', '.join(ids[:PATIENTS_SHOWN])}{more}"] if ids else []
    return patients + ([f"stated in: {source}"] if source else [])


def _printable(text: str) -> str:
    """Keep control characters of records from a terminal."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
