"""Write the pages of docs/ that are made from declarations: dictionary, definitions, scales, simulation.

    python tools/docs.py

A test fails where a page in the repository is not what this writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from icans.derive.schema import ASKED_FOR, DERIVED
from icans.records import dictionary
from icans.records.definitions import Definition, SectionOfProtocol, sections
from icans.records.dictionary import markdown_table
from icans.scales import catalogue, markdown
from icans.simulate.page import parameters_page

DOCS = Path(__file__).parents[1] / "docs"

DERIVED_TABLES = """\
# Derived tables

What `icans derive` and `icans report` write, one Parquet file each, in `derived/`. Hours count from the infusion that
the row belongs to. `panel` and what follows it are written only where a section of the protocol needs them.
"""

DEFINITIONS = """\
# Definitions

Every key of `study.toml`. Only `[study] title` is required; what is not set keeps the default given here, and the
report prints each definition it used. `icans new` writes a `study.toml` with all of them. Other values of them can be
tried together: see [sensitivity](sensitivity.md).
"""


def main() -> None:
    """Write every page."""
    for name, page in pages():
        (DOCS / name).write_text(page, encoding="utf-8")


def pages() -> Iterator[tuple[str, str]]:
    """Give each page: its file and its text."""
    yield "dictionary.md", f"{dictionary.markdown()}\n{derived()}"
    yield "definitions.md", "\n".join([DEFINITIONS, *(definitions(section) for section in sections())])
    for scale_id in catalogue.ids():
        yield f"scales/{scale_id}.md", markdown.markdown(catalogue.load(scale_id))
    yield "scales/README.md", markdown.index()
    yield "simulation.md", parameters_page()


def derived() -> str:
    """Describe the derived tables."""
    tables = (
        f"## derived/{name}\n\n"
        + markdown_table(
            ("column", "type", "meaning"),
            ((f"`{column}`", kind, meaning) for column, (kind, meaning) in columns.items()),
        )
        for name, columns in (DERIVED | ASKED_FOR).items()
    )
    return "\n".join([DERIVED_TABLES, *tables])


def definitions(section: SectionOfProtocol) -> str:
    """Describe a section of study.toml."""
    keys = markdown_table(("key", "values", "default", "meaning", "source"), map(_cells, section.definitions))
    left_out = " Done only where the section stands." if section.optional else ""
    page = f"## `{section.name}`\n\n{section.meaning[0].upper()}{section.meaning[1:]}.{left_out}\n\n{keys}"
    if section.defaults:
        blocks = (
            "\n".join([section.name, *(f"{key} = {value}" for key, value in values.items())])
            for values in section.defaults
        )
        page += "\nBy default:\n\n```toml\n" + "\n\n".join(blocks) + "\n```\n"
    return page


def _cells(definition: Definition) -> tuple[str, ...]:
    default = f"`{definition.default}`" if definition.default else ""
    return f"`{definition.key}`", definition.kind, default, definition.meaning, definition.source


if __name__ == "__main__":
    main()
