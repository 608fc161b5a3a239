"""Names of columns as written, matched to the declaration."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from icans.records.findings import Finding, shown
from icans.records.schema import TABLES, Column

LONGEST_NAME = 200
"""Characters of the longest name of a column."""
RESERVED = frozenset({"row", "infusion", "hour", "start_hour", "infused_epoch_hour", "file_row_number"})
"""Names the canonical tables give to columns of their own."""


@dataclass(frozen=True)
class Heading:
    """A column that is read.

    Parameters
    ----------
    place
        Its place in the source, from 0.
    name
        Its name in the canonical table.
    column
        Its declaration; None for one of the study's own.
    """

    place: int
    name: str
    column: Column | None


def name_key(name: str) -> str:
    """Give the form in which names of columns and tables are compared."""
    return re.sub(r"[\s\-]+", "_", name.strip(" \t\r\n\xa0\ufeff\u200b").casefold())


def headings(
    header: Sequence[str], declared: Sequence[Column], file: str, *, reserved: Collection[str] = RESERVED
) -> tuple[list[Heading], list[Finding]]:
    """Match a header to the declared columns.

    Names are compared without case, blanks around them, and with blanks and hyphens as underscores. Two columns of one
    name are both left out: which of them is meant cannot be known.
    """
    columns = {column.name: column for column in declared}
    keys = [name_key(name) for name in header]
    times_used = Counter(keys)
    found: list[Heading] = []
    findings: list[Finding] = []
    for key, times in times_used.items():
        if key and times > 1:
            problem = f"stands {times} times in the header, and none of them is read"
            findings.append(Finding("error", file, 1, shown(key), problem=problem, advice="Keep one of them."))
    for place, (name, key) in enumerate(zip(header, keys, strict=True)):
        if not key or times_used[key] > 1:
            continue
        if key in columns:
            found.append(Heading(place, key, columns[key]))
            if name != key:
                findings.append(Finding("note", file, 1, key, shown(name), f"is read as {key}"))
        elif why := _unusable(key, reserved):
            problem, advice = f"has a name {why}, and is not read", "Give the column another name."
            findings.append(Finding("warning", file, 1, shown(key), problem=problem, advice=advice))
        else:
            found.append(Heading(place, name.strip(), None))
            findings += _doubts(key, set(columns) - set(keys), columns, file)
    return found, findings


def _unusable(key: str, reserved: Collection[str]) -> str:
    if key in reserved or key.startswith("_"):
        return "this software uses itself"
    if not key.isprintable():
        return "with a character that cannot be shown"
    return f"of more than {LONGEST_NAME} characters" if len(key) > LONGEST_NAME else ""


def _doubts(key: str, absent: Collection[str], columns: Collection[str], file: str) -> list[Finding]:
    """Ask about a column of the study's own that looks like a declared one."""
    close = get_close_matches(key, sorted(absent), n=1, cutoff=0.8)
    if close:
        problem = "is not a column of this table and is kept as the study's own"
        return [Finding("warning", file, 1, key, problem=problem, advice=f"Did you mean {close[0]}?")]
    homes = [table.name for table in TABLES.values() if key in table.names]
    if homes and columns:
        problem = "is not a column of this table and is kept as the study's own"
        return [Finding("warning", file, 1, key, problem=problem, advice=f"It is read from {' and '.join(homes)}.")]
    return []
