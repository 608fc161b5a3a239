"""Scale files of a study, checked at the door: nothing in one can harm, and none passes for a published scale."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from icans.errors import CallError, ScaleError
from icans.scales.layout import Layout
from icans.scales.model import Scale
from icans.scales.reading.entries import ScaleFile

LARGEST = 64_000
"""Most bytes of a scale file: eight times the longest published one."""
MOST_ENTRIES = 64
DEEPEST = 16
LONGEST_LINE = 4_000
BITS = 63
"""Bits of the integer that holds the result of all domains."""

ID = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([bf]))")
NOT_PRINTED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories of what moves a cursor, turns text round or has no sign."""


def printed(text: str) -> str:
    """Give a name someone wrote as a message shows it: shortened, and with nothing that does not print."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text[:64])


def read_bytes(path: Path) -> bytes:
    """Give what a scale file holds.

    Raises
    ------
    CallError
        There is no such file.
    ScaleError
        It is larger than a scale can be, or may not be read.
    """
    if not path.is_file():
        raise CallError(f"{path}: there is no such file.")
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
    except OSError as error:
        raise ScaleError(f"{path.name}: may not be read ({error.strerror}).") from None
    if len(text) > LARGEST:
        raise ScaleError(f"{path.name}: is larger than {LARGEST:,} bytes, and no scale is.")
    return text


def refuse_harmful(text: bytes, name: str) -> None:
    """Refuse what no scale needs and what could harm a reader or the program, before anything else is read.

    Raises
    ------
    ScaleError
        A character does not print; a line, a list or a section is too long; lists are nested too deeply. Text that is
        not UTF-8 or not TOML is left to the reader of scales.
    """
    try:
        written = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        return
    problems = list(_harmful_lines(written, name))
    if not problems:
        try:
            problems = list(_too_large(tomllib.loads(written), name))
        except (tomllib.TOMLDecodeError, RecursionError):
            return
    if problems:
        raise ScaleError("\n".join(problems))


def identity_problems(text: bytes, path: Path, taken: Collection[str]) -> list[ScaleError]:
    """Say what is wrong with the names a scale file gives: its id, and those that stand in results.

    Parameters
    ----------
    text, path
        The file; text that cannot be read has no names.
    taken
        Ids of the published scales.
    """
    try:
        written = text.decode("utf-8-sig")
        content = tomllib.loads(written)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError):
        return []
    file = ScaleFile(path.name, written)
    return [
        ScaleError(f"{path.name}, line {line}: {problem}." if line else f"{path.name}: {problem}.", advice)
        for line, problem, advice in (*_wrong_id(file, content, path, taken), *_wrong_names(file, content))
    ]


def refuse_too_many_domains(scale: Scale, name: str) -> None:
    """Refuse a scale whose domains the engine cannot hold at once.

    Raises
    ------
    ScaleError
        It has too many.
    """
    layout = Layout(scale)
    bits = layout.excluded_at + len(layout.excludable)
    if bits > BITS:
        raise ScaleError(f"{name}: has {len(scale.domains)} domains, more than can be graded at once.")


def _harmful_lines(written: str, name: str) -> Iterator[str]:
    for number, line in enumerate(written.split("\n"), start=1):
        if len(line) > LONGEST_LINE:
            yield f"{name}, line {number}: is longer than {LONGEST_LINE:,} characters."
        signs = {*line.rstrip("\r"), *(_meant(match) for match in ESCAPED.finditer(line))} - {"\t"}
        for sign in sorted(sign for sign in signs if unicodedata.category(sign) in NOT_PRINTED):
            yield f"{name}, line {number}: the character U+{ord(sign):04X} does not print; remove it."


def _meant(match: re.Match[str]) -> str:
    short, long, letter = match.groups()
    if letter:
        return "\b" if letter == "b" else "\f"
    code = int(short or long, 16)
    return chr(code) if code <= 0x10FFFF else "\0"


def _too_large(content: dict[str, Any], name: str) -> Iterator[str]:
    """Look through everything the file holds, without recursion."""
    left: list[tuple[Any, int]] = [(content, 0)]
    while left:
        value, depth = left.pop()
        if not isinstance(value, dict | list):
            continue
        if depth > DEEPEST:
            yield f"{name}: lists and sections are nested more than {DEEPEST} deep."
            return
        if len(value) > MOST_ENTRIES:
            yield f"{name}: a list or section has {len(value):,} entries; a scale has at most {MOST_ENTRIES}."
            return
        left += [(inner, depth + 1) for inner in (value.values() if isinstance(value, dict) else value)]


def _wrong_id(
    file: ScaleFile, content: dict[str, Any], path: Path, taken: Collection[str]
) -> Iterator[tuple[int | None, str, str]]:
    scale_id = content.get("id")
    line = file.line("", 0, "id")
    if not isinstance(scale_id, str):
        return
    if not ID.fullmatch(scale_id):
        advice = "An id is made of small letters, digits, hyphens and dots, such as mycentre-2024-icans."
        yield line, f'"{printed(scale_id)}" is no id', advice
    elif scale_id in taken:
        advice = f"The published name means the published rule: give yours a name of its own, such as own-{scale_id}."
        yield line, f'"{scale_id}" is the id of a published scale', advice
    elif scale_id != path.stem:
        yield line, f'the id "{scale_id}" is not the name of the file', f"Name the file {scale_id}.toml."


def _wrong_names(file: ScaleFile, content: dict[str, Any]) -> Iterator[tuple[int | None, str, str]]:
    advice = "Use small letters, digits and underscores: names stand in results with semicolons between."
    for header in ("domain", "score"):
        sections = content.get(header)
        for nth, section in enumerate(sections if isinstance(sections, list) else []):
            name = section.get("name") if isinstance(section, dict) else None
            if isinstance(name, str) and not NAME.fullmatch(name):
                yield file.line(header, nth, "name"), f'"{printed(name)}" is no name for a {header}', advice
