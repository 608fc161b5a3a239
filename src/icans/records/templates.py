"""A study folder to fill in: `study.toml` with every definition, a template of each table, the data dictionary."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote
from textwrap import wrap

from icans.errors import CallError
from icans.records.definitions import Definition, SectionOfProtocol, sections
from icans.records.dictionary import markdown
from icans.records.schema import TABLES

WIDTH = 100
TITLE = "Untitled study"

PREAMBLE = """\
# What the study is, and how its terms are defined. Only the title is required.
#
# Each key stands below its meaning with its default, behind a "#". To set another value, delete that "#" and change
# the value; what is not set keeps its default, and the report names it with its source.
"""

ALTERNATIVES = """\
# What would the answer be had a definition been another? Give other values under [alternatives], section by section,
# for example
#   [alternatives.episodes]
#   quiet_hours = [24, 72, 168]
# and call: icans sensitivity
"""

README = """\
This is a study folder of icans.

1. study.toml: give the study a title. Every definition stands there with its default; change what your study defines
   otherwise, above all [records] time (dates, hours or days) and [intervention].
2. *.csv: fill in patients, and neuro or crs (times that are dates also need infusions), then what else you have.
   dictionary.md says what each column holds. An empty cell means not recorded; a table without rows counts as absent.
   Use pseudonyms: names, addresses and dates of birth do not belong here.
3. icans check {folder}
   lists what cannot be used and what is implausible. Correct it and check again.
4. icans report {folder} --out report
   writes the derived tables, the results, the figures and report.html.
5. claims.toml: what your manuscript states, each figure with the names that results.json of the report has for it:
     [[claim]]
     id = "response"
     analysis = "remission"
     statistic = "percent"
     stated = "92.3"
   icans verify {folder}
   recomputes each and compares it at the precision stated.
"""


def write_study(folder: Path) -> None:
    """Write a study folder to fill in.

    It appears whole: `study.toml`, without which a folder is no study, comes last. A folder with anything in it is
    never touched, for it may be a study someone has filled in.

    Raises
    ------
    CallError
        The folder is not empty, is a file, or cannot be made.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CallError(f"{folder} exists and is not an empty folder.", "Name a new folder, so that nothing is lost.")
    place = folder.resolve()
    if place.parent.exists() and not place.parent.is_dir():
        raise CallError(f"{folder} cannot be made: {folder.parent} is not a folder.", "Name another folder.")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{place.name}.", dir=place.parent) as beside:
            new = Path(beside) / "new"
            _write_files(new, folder)
            _put_in_place(new, folder)
    except OSError as error:
        raise CallError(f"{folder} cannot be made: {error.strerror}.", "Name another folder.") from None


def study_toml() -> str:
    """Write a `study.toml` in which every definition stands with its meaning, default and source; the title is set."""
    return "\n".join([PREAMBLE, *(_section(section) for section in sections()), ALTERNATIVES])


def _write_files(new: Path, folder: Path) -> None:
    new.mkdir()
    for table in TABLES.values():
        (new / f"{table.name}.csv").write_text(",".join(table.names) + "\n", encoding="utf-8")
    (new / "dictionary.md").write_text(markdown(), encoding="utf-8")
    (new / "README.txt").write_text(README.format(folder=quote(str(folder))), encoding="utf-8")
    (new / "study.toml").write_text(study_toml(), encoding="utf-8")


def _put_in_place(new: Path, folder: Path) -> None:
    """Move the files where they belong: into an empty folder, perhaps the one the user stands in, or as a new one."""
    if not folder.exists():
        new.rename(folder)
        return
    for file in sorted(new.iterdir(), key=lambda file: file.name == "study.toml"):
        file.rename(folder / file.name)


def _section(section: SectionOfProtocol) -> str:
    if section.name.startswith("[["):
        return "\n".join(_repeated(section)) + "\n"
    if section.optional:
        return "\n".join(_left_out(section)) + "\n"
    heading = [section.name, *_comment(_sentence(section.meaning))]
    return "\n".join([*heading, *(line for definition in section.definitions for line in _single(definition))]) + "\n"


def _single(definition: Definition) -> Iterator[str]:
    yield ""
    yield from _comment(f"{definition.meaning} ({definition.kind}).")
    if definition.source:
        yield from _comment(_sentence(f"default from: {definition.source}"))
    if definition.default:
        yield f"#{definition.key} = {definition.default}"
    elif definition.example:
        yield from _comment("No default; for example:")
        yield f"#{definition.key} = {definition.example}"
    else:
        yield f'{definition.key} = "{TITLE}"'


def _left_out(section: SectionOfProtocol) -> Iterator[str]:
    """Write a section that a study may do without, every line of it behind a sign."""
    yield f"#{section.name}"
    yield from _comment(f"{_sentence(section.meaning)} Left out by default: it is done only where the section stands.")
    yield from (line for definition in section.definitions for line in _single(definition))


def _repeated(section: SectionOfProtocol) -> Iterator[str]:
    yield from _comment(f"{section.name}: {section.meaning}. It may stand several times.")
    for definition in section.definitions:
        source = f"; default from: {definition.source}" if definition.source else ""
        yield from _comment(f"  {definition.key}: {definition.meaning} ({definition.kind}{source})", indent="#     ")
    yield from _comment(
        "The default; setting one replaces all:" if section.defaults else "None by default; for example:"
    )
    for values in section.defaults or (_examples(section),):
        yield f"#{section.name}"
        yield from (f"#{key} = {value}" for key, value in values.items())


def _examples(section: SectionOfProtocol) -> Mapping[str, str]:
    shown = {definition.key: definition.example or definition.default for definition in section.definitions}
    return {key: value for key, value in shown.items() if value}


def _sentence(phrase: str) -> str:
    return f"{phrase[0].upper()}{phrase[1:]}."


def _comment(text: str, indent: str = "# ") -> list[str]:
    return wrap(f"# {text}", WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
