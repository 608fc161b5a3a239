"""Numbers of made-up records, marked so that nobody takes them for evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from icans.results.rows import Result

SYNTHETIC = "synthetic records: this shows the mechanics and is no evidence"


def marked(rows: Sequence[Result], *, synthetic: bool) -> list[Result]:
    """Say with every number of made-up records that it is no evidence.

    Parameters
    ----------
    rows
        Rows of results.
    synthetic
        The records are made, not observed.
    """
    if not synthetic:
        return list(rows)
    return [replace(row, method=f"{row.method}; {SYNTHETIC}" if row.method else SYNTHETIC) for row in rows]
