"""A protocol as a record shows it: each definition with its value, and nothing of the machine or of access."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icans.protocol import Protocol

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
PLACES = (("records", "source"), ("natural_history", "reference"))
"""Keys whose value is a place."""


def shown_place(place: str) -> str:
    """Give a place without what is nobody's business: of a URL host and database, of an absolute path the last name."""
    if URL.match(place):
        try:
            parts = urlsplit(place)
            port = f":{parts.port}" if parts.port else ""
        except ValueError:
            return f"{place.partition('://')[0]}://"
        if parts.hostname:
            return f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
        return f"{parts.scheme}://{PurePosixPath(parts.path).name}"
    for path in (PurePosixPath(place), PureWindowsPath(place)):
        if path.is_absolute() or place.startswith("~"):
            return path.name
    return place


def definitions(protocol: Protocol) -> dict[str, Any]:
    """Give every definition of a protocol as plain values, defaults filled in, its places as `shown_place`."""
    found = protocol.model_dump(mode="json")
    for section, key in PLACES:
        if found.get(section) and found[section].get(key):
            found[section][key] = shown_place(found[section][key])
    files = found["records"].get("files", {})
    found["records"] |= {"files": {table: shown_place(place) for table, place in files.items()}} if files else {}
    return found


def meaning(content: Mapping[str, Any], own_scales: Iterable[tuple[str, str]]) -> str:
    """Give the digest of what a protocol means: its definitions, and id and digest of each scale of the study's own."""
    text = json.dumps([content, sorted(own_scales)], sort_keys=True, ensure_ascii=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Give the definitions in which two protocols differ: name, and the value in each; None where it has none.

    A name is written as study.toml has it: ``[episodes] quiet_hours``, ``[[biomarkers]] #2 analyte``.
    """
    before, after = dict(_flat(one)), dict(_flat(other))
    return [
        (name, before.get(name), after.get(name))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]


def _flat(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for section, keys in content.items():
        yield from _named(keys, section)


def _named(value: Any, section: str, number: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401  # any definition
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if _is_sections(inner):
                yield from _named(inner, f"{section}.{key}")
            elif isinstance(inner, Mapping):
                yield from _named(inner, f"{section}.{key}", number)
            else:
                yield f"[[{section}]] {number} {key}" if number else f"[{section}] {key}", inner
    elif _is_sections(value):
        for place, inner in enumerate(value, start=1):
            yield from _named(inner, section, f"#{place}")
    elif value not in (None, []):
        yield f"[{section}]", value


def _is_sections(value: Any) -> bool:  # noqa: ANN401  # any definition
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)
