"""Why two runs can differ: what of records, protocol and software is not the same in both."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from icans.counts import counted
from icans.errors import CallError
from icans.runs.definitions import differences
from icans.runs.record import Input, Run
from icans.runs.software import DECIDES

Kind = Literal["records", "protocol", "software"]
ABSENT = "-"
CLAIMS = "claims.toml"
"""What a manuscript states; read where the protocol has alternatives."""
DIGITS = 12
"""Digits of a digest that tell one version of a file from another."""
UNKNOWN = "content not on record"


@dataclass(frozen=True)
class Cause:
    """Something that is not the same in two runs.

    Parameters
    ----------
    kind
        What it is a part of.
    what
        A table of records, a definition as study.toml names it, a library.
    before, after
        What it was in each; `ABSENT` where it was not.
    """

    kind: Kind
    what: str
    before: str
    after: str


def causes(one: Run, other: Run) -> list[Cause]:
    """Give everything that is not the same in two runs: records, then protocol, then software.

    Raises
    ------
    CallError
        They are runs of different studies: neither their title nor any file of records is the same.
    """
    _refuse_different_studies(one, other)
    return [*_records(one, other), *_protocol(one, other), *_software(one, other)]


def _refuse_different_studies(one: Run, other: Run) -> None:
    files = [{held.sha256 for held in _of_records(run).values() if held.sha256} for run in (one, other)]
    if one.title != other.title and not files[0] & files[1]:
        raise CallError(
            f'These are outputs of different studies: "{one.title}" and "{other.title}".',
            "Name two outputs of one study; icans results merge combines those of several sites.",
        )


def _of_records(run: Run) -> dict[str, Input]:
    """Give what holds records by its name; files of one name, in different places, are told apart by their tables."""
    found = [held for held in run.inputs if not held.name.endswith(".toml")]
    times = Counter(held.name for held in found)
    return {held.name if times[held.name] == 1 else f"{held.name} ({', '.join(held.tables)})": held for held in found}


def _records(one: Run, other: Run) -> Iterator[Cause]:
    before, after = _of_records(one), _of_records(other)
    for name in dict.fromkeys([*before, *after]):
        first, second = before.get(name), after.get(name)
        if first and second and first.sha256 == second.sha256 and first.sha256:
            continue
        rows = [_rows(held, run) for held, run in ((first, one), (second, other))]
        known = all(held is None or held.sha256 for held in (first, second))
        same = f"{rows[1]}, other values" if known else f"{rows[1]}, {UNKNOWN}"
        yield Cause("records", name, rows[0], same if rows[0] == rows[1] else rows[1])


def _rows(held: Input | None, run: Run) -> str:
    if held is None:
        return ABSENT
    counts = [run.tables[table].read for table in held.tables if table in run.tables]
    return counted(sum(counts), "row") if counts else f"{held.bytes or 0:,} bytes"


def _protocol(one: Run, other: Run) -> Iterator[Cause]:
    for name, before, after in differences(one.protocol.definitions, other.protocol.definitions):
        yield Cause("protocol", name, _written(before), _written(after))
    yield from _scales(one, other, "protocol", own=True)
    stated = (
        {held.name: (held.sha256 or "")[:DIGITS] for held in run.inputs if held.name == CLAIMS} for run in (one, other)
    )
    yield from _different("protocol", *stated)


def _software(one: Run, other: Run) -> Iterator[Cause]:
    yield from _different("software", one.software, other.software)
    engines = [
        {"engine": f"{run.engine.name} {run.engine.version}"}
        | {f"engine, {name}": value for name, value in run.engine.settings.items() if name in DECIDES}
        for run in (one, other)
    ]
    if one.engine.name == other.engine.name and one.engine.name in one.software:
        engines = [{name: value for name, value in engine.items() if name != "engine"} for engine in engines]
    yield from _different("software", *engines)
    yield from _scales(one, other, "software", own=False)


def _scales(one: Run, other: Run, kind: Kind, *, own: bool) -> Iterator[Cause]:
    before, after = (
        {f"file of the scale {scale.id}": scale.sha256 for scale in run.scales if scale.own == own}
        for run in (one, other)
    )
    shared = before.keys() & after.keys()
    yield from _different(kind, *({name: files[name] for name in files if name in shared} for files in (before, after)))


def _different(kind: Kind, one: dict[str, str], other: dict[str, str]) -> Iterator[Cause]:
    for name in dict.fromkeys([*one, *other]):
        if one.get(name) != other.get(name):
            yield Cause(kind, name, one.get(name, ABSENT), other.get(name, ABSENT))


def _written(value: Any) -> str:  # noqa: ANN401  # any definition
    """Write a definition as study.toml would."""
    return ABSENT if value is None else json.dumps(value, ensure_ascii=False)
