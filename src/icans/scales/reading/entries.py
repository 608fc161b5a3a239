"""The entries of a scale file: what a key holds, and on which line it stands when it is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any, NoReturn

from icans.errors import ScaleError, nearest

HEADER = re.compile(r"^\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}\s*(#.*)?$")


class ScaleFile:
    """The text of a scale file, to find lines in."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.lines = [re.sub(r"^\s*#.*", "", line) for line in text.splitlines()]

    def line(self, header: str, number: int, key: str, occurrence: int = 0) -> int | None:
        """Find the line of a key's nth occurrence in the nth section of that header, or that of the header.

        The header is empty for what stands above all sections; a key that is none of it may be a section's header.
        """
        start, end = self._section(header, number)
        pattern = re.compile(rf"(?<![\w.-])[\"']?{re.escape(key)}[\"']?\s*[=.]")
        found = [place + 1 for place in range(start, end) for _ in pattern.findall(self.lines[place])] if key else []
        if occurrence < len(found):
            return found[occurrence]
        if not header:
            return next((place + 1 for place, name in self._headers() if name.split(".")[0] == key), None)
        return start + 1 if end else None

    def _headers(self) -> list[tuple[int, str]]:
        return [(place, match[1]) for place, line in enumerate(self.lines) if (match := HEADER.match(line))]

    def _section(self, header: str, number: int) -> tuple[int, int]:
        headers = self._headers()
        ends = [place for place, _ in headers[1:]] + [len(self.lines)]
        if not header:
            return 0, headers[0][0] if headers else len(self.lines)
        sections = [(place, end) for (place, name), end in zip(headers, ends, strict=False) if name == header]
        return sections[number] if number < len(sections) else (0, 0)


class Entry:
    """A table of the file, read key by key; `close` refuses the keys nobody read.

    Parameters
    ----------
    file
        Where it stands.
    header, number
        Its section, and which of those with the same header.
    content
        Its keys and values.
    called
        How a sentence names it: ``[[domain]] ice``.
    within
        For a table inside a section: a key it holds, and which of that key's occurrences in the section it is.
    """

    def __init__(
        self,
        file: ScaleFile,
        header: str,
        number: int,
        content: Any,  # noqa: ANN401  # whatever the file holds there
        *,
        called: str,
        within: tuple[str, int] | None = None,
    ) -> None:
        self.file, self.header, self.number, self.called, self.within = file, header, number, called, within
        self.content: dict[str, Any] = content if isinstance(content, dict) else {}
        self._read: set[str] = set()
        if not isinstance(content, dict):
            self.refuse(f"{content!r} is not a table of keys")

    def refuse(self, problem: str, advice: str = "", *, key: str = "") -> NoReturn:
        """Raise the error that says where the entry stands and what is wrong with it."""
        line = self.file.line(self.header, self.number, *(self.within or (key, 0)))
        place = ", ".join(part for part in (self.file.name, f"line {line}" if line else "", self.called) if part)
        raise ScaleError(f"{place}: {problem}.", advice)

    def has(self, key: str) -> bool:
        """Tell whether the key is there."""
        return key in self.content

    def take(self, key: str) -> Any:  # noqa: ANN401  # whatever the file holds there
        """Give what the key holds, None where it is not there."""
        self._read.add(key)
        return self.content.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """Give the text the key holds; without `default` it must be there."""
        value = self.take(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            self.refuse(f"{key} is missing" if value is None else f"{key} = {value!r} is not a text", key=key)
        return value

    def one_of(self, key: str, allowed: Iterable[str], default: str | None = None) -> str:
        """Give the text the key holds, one of some."""
        known = tuple(allowed)
        value = self.text(key, default)
        if value not in known:
            self.refuse(f'{key} = "{value}" is not one of {", ".join(known)}', nearest(value, known), key=key)
        return value

    def whole(self, key: str, least: int, most: int) -> int:
        """Give the whole number the key holds."""
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            there = f"{key} is missing" if value is None else f"{key} = {value!r}"
            self.refuse(f"{there}; a whole number from {least} to {most} was expected", key=key)
        return value

    def real(self, key: str, default: float | None = None) -> float:
        """Give the number the key holds; without `default` it must be there."""
        value = self.take(key)
        if value is None and default is not None:
            return default
        if not _is_number(value):
            there = f"{key} is missing" if value is None else f"{key} = {value!r}"
            self.refuse(f"{there}; a number was expected", key=key)
        return float(value)

    def reals(self, key: str, count: int) -> tuple[float, ...]:
        """Give the list of so many numbers that the key holds."""
        values = self.listing(key)
        if len(values) != count or not all(_is_number(value) for value in values):
            self.refuse(f"{key} takes a list of {count} numbers", key=key)
        return tuple(float(value) for value in values)

    def listing(self, key: str) -> list[Any]:
        """Give the list the key holds, empty where it is not there."""
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.refuse(f"{key} = {value!r} is not a list", key=key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Give the list of texts the key holds."""
        values = self.listing(key)
        if not all(isinstance(value, str) for value in values):
            self.refuse(f"{key} is not a list of texts", key=key)
        return tuple(values)

    def inner(self, key: str, marker: str) -> list[Entry]:
        """Give the tables in the list the key holds; `marker` is a key in each, by which its line is found."""
        return [self._part(content, marker, nth) for nth, content in enumerate(self.listing(key))]

    def table(self, key: str) -> Entry | None:
        """Give the table the key holds, None where it is not there."""
        content = self.take(key)
        return None if content is None else self._part(content, key, 0)

    def close(self) -> None:
        """Refuse keys that were never asked for."""
        for key in self.content.keys() - self._read:
            self.refuse(f"{key} is not a key here", nearest(key, self._read), key=key)

    def _part(self, content: Any, marker: str, nth: int) -> Entry:  # noqa: ANN401  # whatever the file holds there
        return Entry(self.file, self.header, self.number, content, called=self.called, within=(marker, nth))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
