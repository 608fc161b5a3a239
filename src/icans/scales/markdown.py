"""Pages about scales as Markdown, for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from icans.scales.model import Scale
from icans.scales.page import page
from icans.scales.table import Described, catalogue_tables

INDEX = """\
# Scales

Every published scale that comes with this software, by what it grades. Each is a data file; its page shows the table,
the traps and the source. A scale of status unconfirmed could not be checked against its publication: it prints a
warning whenever it is used, and is never a default. On the screen: `icans scales`.
"""


def markdown(scale: Scale) -> str:
    """Write the page of the documentation about a scale."""
    about = page(scale)
    parts = [f"# {about.title}", "\n".join(f"- {_linked(sentence)}" for sentence in about.about)]
    for part in about.parts:
        parts += [f"## {part.heading}"] if part.heading else []
        parts += _described(part.described)
    parts += ["## Read in", "\n".join(f"- <{source}>" for source in about.sources)]
    return "\n\n".join(parts) + "\n"


def index() -> str:
    """Write the page that lists every scale."""
    parts = [INDEX.rstrip()]
    for table in catalogue_tables():
        rows = [(f"[{scale_id}]({scale_id}.md)", *cells) for scale_id, *cells in table.rows]
        parts += [f"## {table.title}", _table(table.header, rows)]
    return "\n\n".join(parts) + "\n"


def _described(described: Described) -> list[str]:
    notes = "\n".join(f"- {_linked(note)}" for note in described.notes)
    table = _table(described.header, described.rows) if described.rows else ""
    return [block for block in (table, notes) if block]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _linked(note: str) -> str:
    """Make links of the addresses in a note."""
    return " ".join(
        f"({_link(word[1:-1])})" if word.startswith("(http") and word.endswith(")") else _link(word)
        for word in note.split(" ")
    )


def _link(word: str) -> str:
    if word.startswith(("https://", "http://")):
        return f"<{word}>"
    if word.startswith("doi:"):
        return f"[{word}](https://doi.org/{word.removeprefix('doi:')})"
    return word
