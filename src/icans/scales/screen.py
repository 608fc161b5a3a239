"""Scales on the screen."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from icans.scales import catalogue
from icans.scales.model import Scale
from icans.scales.page import page
from icans.scales.table import Described, catalogue_tables, scales_table

if TYPE_CHECKING:
    from rich.console import Console

PIPE_WIDTH = 120
"""Characters a line may have where the output is no terminal."""
NARROW = 100
"""Below this width a wide table is written as lists: its columns would break words."""
MOST_COLUMNS = 5
"""Columns of a table that is no wide one."""


def show(scale: Scale) -> None:
    """Print a scale."""
    about = page(scale)
    console = _console()
    console.print(about.title, style="bold")
    _print_sentences(console, about.about)
    for part in about.parts:
        console.print()
        if part.heading:
            console.print(part.heading, style="bold")
        _print(console, part.described)
    if about.sources:
        console.print()
        console.print("Read in", style="bold")
    for source in about.sources:
        console.print(f"- {source}", soft_wrap=True)


def show_catalogue(study: Path | None = None) -> None:
    """Print the catalogue, a table for each toxicity; then the scales of a study's own, if it has any."""
    console = _console()
    own = [catalogue.read(file) for file in catalogue.own_files(study).values()] if study else []
    tables = [*catalogue_tables(), *([scales_table("The study's own", own)] if own else [])]
    for described in tables:
        console.print(described.title, style="bold")
        _print_scales(console, described)
        console.print()
    console.print("One of them, with its traps and its source: icans scales ID")


def _console() -> Console:
    from rich.console import Console  # noqa: PLC0415  # start-up counts

    console = Console(markup=False, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPE_WIDTH
    return console


def _print(console: Console, described: Described) -> None:
    if described.rows and len(described.header) > MOST_COLUMNS and console.width < NARROW:
        _print_lists(console, described)
    elif described.rows:
        _print_table(console, described)
    _print_sentences(console, described.notes)


def _print_table(console: Console, described: Described) -> None:
    from rich import box  # noqa: PLC0415  # start-up counts
    from rich.table import Table  # noqa: PLC0415  # start-up counts

    table = Table(box=box.HORIZONTALS, show_lines=True, pad_edge=False)
    for column in described.header:
        table.add_column(column, overflow="fold")
    for row in described.rows:
        table.add_row(*(cell.replace("`", "") for cell in row))
    console.print(table)


def _print_lists(console: Console, described: Described) -> None:
    """Print each row as a list of its cells that are not empty."""
    from rich.table import Table  # noqa: PLC0415  # start-up counts

    for name, *cells in described.rows:
        console.print(name, style="underline")
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 2))
        for header, cell in zip(described.header[1:], cells, strict=True):
            if cell:
                table.add_row(header, cell)
        console.print(table)


def _print_scales(console: Console, described: Described) -> None:
    """Print the scales of a toxicity."""
    from rich import box  # noqa: PLC0415  # start-up counts
    from rich.table import Table  # noqa: PLC0415  # start-up counts

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("Id", no_wrap=True)
    narrow = console.width < NARROW
    for name in ("Name, and for whom",) if narrow else ("For", "Name"):
        table.add_column(name)
    table.add_column("Gives", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    for scale_id, population, name, *others in described.rows:
        table.add_row(scale_id, *([f"{name}: {population}"] if narrow else [population, name]), *others)
    console.print(table)


def _print_sentences(console: Console, sentences: Sequence[str]) -> None:
    from rich.table import Table  # noqa: PLC0415  # start-up counts

    table = Table(box=None, show_header=False, padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for sentence in sentences:
        table.add_row("-", sentence)
    console.print(table)
