"""Markdown that reads well on a screen, and files in which parts of it are replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give a table with its columns in line."""
    widths = [max(len(cells[column]) for cells in (header, *rows)) for column in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
        for cells in (header, *rows)
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def with_parts(text: str, parts: Mapping[str, str]) -> str:
    """Put parts of a text in place of those that stand between `<!-- NAME -->` and `<!-- end of NAME -->`.

    Raises
    ------
    ValueError
        The text has no such part.
    """
    for name, part in parts.items():
        begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
        before, opened, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not opened or not closed:
            raise ValueError(f"there is no {begin} ... {end}")
        text = f"{before}{begin}\n{part}{end}{after}"
    return text


def replace_parts(file: Path, parts: Mapping[str, str]) -> None:
    """Replace parts of a file, as `with_parts` does; the others stay as they are."""
    file.write_text(with_parts(file.read_text(encoding="utf-8"), parts), encoding="utf-8")
