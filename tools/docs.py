"""Write the pages of docs/ that are made from declarations, and the index of the decisions.

    python tools/docs.py

A test fails where a page in the repository is not what this writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from icans.derive.schema import ASKED_FOR, DERIVED
from icans.records import dictionary
from icans.records.definitions import Definition, SectionOfProtocol, sections
from icans.records.dictionary import markdown_table
from icans.runs.record import Part, Run
from icans.scales import catalogue, markdown
from icans.simulate.page import parameters_page

DOCS = Path(__file__).parents[1] / "docs"

DERIVED_TABLES = """\
# Derived tables

What `icans derive` and `icans report` write, one Parquet file each, in `derived/`. Hours count from the infusion that
the row belongs to. `panel` and what follows it are written only where a section of the protocol needs them.
"""

DECISIONS = """\
# Decisions

A page for each choice between conventions: the question, the options with their sources, the choice, and what follows
from it. Comments in the code name the page.
"""

DEFINITIONS = """\
# Definitions

Every key of `study.toml`. Only `[study] title` is required; what is not set keeps the default given here, and the
report prints each definition it used. `icans new` writes a `study.toml` with all of them. Other values of them can be
tried together: see [sensitivity](sensitivity.md).
"""

RUNS = """\
# Runs

`icans derive` and `icans report` leave `run.json` beside what they write: what the run was made of and by. It names
no patient, no password and no place of the machine, and can be published with the results.

## What is computed again

A second run into the same folder takes over each derived table that still holds, and says so:

```console
$ icans report my-study --out my-report
Report: my-report/report.html
Reused: grades, steroids; computed: episodes, courses, endpoints, survival, biomarkers.
```

A derived table still holds where nothing it is made of has changed: the definitions that go into it, the values of
the records it reads (of Parquet and DuckDB files, their bytes; of text, workbooks and SQLite, the values as they were
read), the tables before it, the engine, and the versions that decide on numbers. A comment in `study.toml`, a
landmark that only results use, or a file that was only copied changes nothing. A table whose file is no longer what
was written is computed anew, and so is everything where `run.json` is missing or damaged. `--fresh` computes
everything.

What nobody can promise is never reused: tables of a PostgreSQL database that computes where they lie, and views of a
DuckDB file, as what they show can change unseen. Tables of PostgreSQL that are brought to DuckDB are known by their
values. Findings, results, figures and the report are made anew each time.

An output that is stopped leaves the old one whole. A file that changes while it is read stops the run; so does an
earlier output that another run replaces while its tables are put to use. Of two runs into one folder that need nothing
of an earlier one, the last to end stays.

## Comparing two runs

```console
$ icans compare before after --out moved.csv
```

prints what of records, protocol (definitions, and `claims.toml`) and software is not the same, which derived tables
differ and in how many rows and patients, and which results moved: value and interval before and after, the difference,
observations, and how many patients came and went. A result counts as moved where its value differs by more than 1e-12
of itself, or its observations, patients, unit, method or the reason for having no value differ. Derived tables are
compared row by row, numbers to nine decimals; those of which the records say that they are the same are not read.
Results are not compared where a run is one of `icans derive`.

Where several things changed, the command says which did, not which of them moved what: change one and run again.

Exit 0: everything that came out is the same, whatever went in. Exit 1: something differs, so that a study under
continuous integration stops where a number moves. Exit 2: the folders cannot be compared. A record that is damaged
ends with 1, too.

`--out` writes all of it as one CSV: `kind` (records, protocol, software, derived table, result), `what`, `change`,
the names of a result as [results](results.md) has them, `before`, `after`, `difference`, `unit`, `n_before`,
`n_after` (rows, of a derived table), `patients_gained` and `patients_lost` (empty where a result has too many to
name).

## run.json
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
    yield "runs.md", f"{RUNS}\n{record(Run)}"
    yield "decisions/README.md", "\n".join([DECISIONS, *decisions()])


def decisions() -> Iterator[str]:
    """Name every decision by its heading."""
    for page in sorted(DOCS.glob("decisions/0*.md")):
        number, _, title = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(" ")
        yield f"- [{number}]({page.name}) {title}"
    yield ""


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


def record(model: type[Part]) -> str:
    """Describe a part of the record of a run, then the parts it holds."""
    parts = []
    rows = []
    for name, field in model.model_fields.items():
        inner = [kind for kind in (field.annotation, *get_args(field.annotation)) if _is_part(kind)]
        meaning = field.description or _said(inner[0])
        rows.append((f"`{name}`", meaning))
        parts += inner
    page = f"{_said(model)}\n\n{markdown_table(('key', 'meaning'), rows)}"
    below = (f"### {(part.__doc__ or '').partition(': ')[0]}\n\n{record(part)}" for part in parts)
    return "\n".join([page, *below])


def _said(part: type[Part]) -> str:
    said = (part.__doc__ or "").partition(": ")[2]
    return f"{said[0].upper()}{said[1:]}"


def _is_part(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Part)


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
