"""A scale file as a whole: its sections in the order in which they refer to each other."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from icans.errors import ScaleError
from icans.records.schema import Column
from icans.scales.conditions import Condition
from icans.scales.measures import Measure, Quantity
from icans.scales.model import Declared, Domain, Fatal, Note, Scale, Score, columns
from icans.scales.reading.conditions import condition
from icans.scales.reading.declared import declared
from icans.scales.reading.domains import domain
from icans.scales.reading.entries import Entry, ScaleFile
from icans.scales.reading.quantities import quantity
from icans.scales.reading.scores import formula, score
from icans.scales.reading.series import measure, series
from icans.scales.reading.vocabulary import COLUMNS, column, held

Part = TypeVar("Part")
Named = TypeVar("Named", Score, Condition, Declared, Quantity, Measure)

TABLES = ("condition", "column", "quantity")
"""Sections written [SECTION.NAME]."""
ONCE = ("fatal", "formula", "series")
"""Sections written [SECTION]; the others are lists, [[SECTION]]."""


def parse(text: bytes, name: str, known: Mapping[str, Column] = COLUMNS) -> Scale:
    """Read the text of a scale file.

    Parameters
    ----------
    text
        The file, TOML in UTF-8.
    name
        The file that an error speaks of.
    known
        The columns a scale may read beside those it declares, with what each can hold.

    Raises
    ------
    ScaleError
        The file is not TOML; a key is unknown or missing; a column, score, condition or domain is not there; a value
        has two grades or none. Every section that is wrong is named.
    """
    try:
        written = text.decode("utf-8-sig")
        content = tomllib.loads(written)
    except UnicodeDecodeError as error:
        raise ScaleError(f"{name}: byte {error.start + 1} is not UTF-8.", "Save the file as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ScaleError(f"{name}: not TOML: {error}.") from None
    except RecursionError:
        raise ScaleError(f"{name}: not TOML that can be read: nested too deeply.") from None
    return Reader(ScaleFile(name, written), content, known).scale()


class Reader:
    """The sections of one file; what is wrong with one does not hide what is wrong with the next."""

    def __init__(self, file: ScaleFile, content: dict[str, Any], known: Mapping[str, Column]) -> None:
        self.file, self.known = file, known
        self.top = Entry(file, "", 0, content, called="")
        self.problems: list[ScaleError] = []

    def scale(self) -> Scale:
        """Give the scale, or raise every problem that was found."""
        own = self._named("column", declared)
        self._stop_if_wrong()
        self.known = {**self.known, **{name: one.column for name, one in own.items()}}
        quantities = self._named("quantity", quantity)
        self._stop_if_wrong()
        observed = self._one("series", lambda entry: series(entry, quantities))
        measures = self._named("measure", lambda entry: measure(entry, observed, quantities))
        product = self._one("formula", lambda entry: formula(entry, quantities))
        self._stop_if_wrong()
        measured = [one.column for one in measures.values()] + [c for q in quantities.values() for c in q.columns]
        self.known = {**self.known, **{one.name: one for one in measured}}
        scores = self._named("score", lambda entry: score(entry, self.known, quantities))
        conditions = self._named("condition", lambda entry: condition(entry, self.known, scores))
        self._stop_if_wrong()
        domains = self._domains(scores, conditions)
        fatal = self._one("fatal", self._fatal)
        notes = [part for entry in self._sections("note") for part in self._tried(_note, entry)]
        identity = self._tried(partial(_identity, scores=len(scores) + bool(product), domains=len(domains)), self.top)
        self._stop_if_wrong()
        scale = Scale(
            **identity[0],
            scores=tuple(scores.values()),
            conditions=tuple(conditions.values()),
            domains=tuple(one for one in domains.values() if one),
            fatal=fatal,
            notes=tuple(notes),
            held=(),
            columns_declared=tuple(own.values()),
            quantities=tuple(quantities.values()),
            formula=product,
            series=observed,
            measures=tuple(measures.values()),
        )
        return replace(scale, held=tuple((name, held(self.known[name])) for name in columns(scale)))

    def _stop_if_wrong(self) -> None:
        if self.problems:
            raise ScaleError("\n".join(str(problem) for problem in self.problems))

    def _named(self, header: str, read: Callable[[Entry], Named]) -> dict[str, Named]:
        named: dict[str, Named] = {}
        for entry in self._sections(header):
            for part in self._tried(partial(_once, above=named, read=read), entry):
                named[part.name] = part
        return named

    def _one(self, header: str, read: Callable[[Entry], Part]) -> Part | None:
        """Read a section that a file has once or not at all."""
        return next((part for entry in self._sections(header) for part in self._tried(read, entry)), None)

    def _domains(self, scores: Mapping[str, Score], conditions: Mapping[str, Condition]) -> dict[str, Domain | None]:
        """Read the domains; one that cannot be read keeps its place as None, for those below that test it."""
        above: dict[str, Domain | None] = {}
        read = partial(domain, known=self.known, scores=scores, conditions=conditions, above=above)
        for entry in self._sections("domain"):
            found = self._tried(partial(_once, above=above, read=read), entry)
            above.setdefault(str(entry.content.get("name")), found[0] if found else None)
        return above

    def _sections(self, header: str) -> list[Entry]:
        content = self.top.take(header)
        if content is None:
            return []
        if header in ONCE:
            return [Entry(self.file, header, 0, content, called=f"[{header}]")]
        if header in TABLES:
            if not isinstance(content, dict):
                self.top.refuse(f"a {header} is written [{header}.NAME]", key=header)
            return [self._table(header, name, one) for name, one in content.items()]
        if not isinstance(content, list):
            self.top.refuse(f"[{header}] is written [[{header}]], once for each", key=header)
        names = [str(one.get("name", "")) if isinstance(one, dict) else "" for one in content]
        return [
            Entry(self.file, header, nth, one, called=f"[[{header}]] {names[nth]}".rstrip())
            for nth, one in enumerate(content)
        ]

    def _table(self, header: str, name: str, content: object) -> Entry:
        named = {"name": name, **content} if isinstance(content, dict) else content
        return Entry(self.file, f"{header}.{name}", 0, named, called=f"[{header}.{name}]")

    def _tried(self, read: Callable[[Entry], Part], entry: Entry) -> list[Part]:
        """Read a section; its error is kept, and there is nothing then."""
        try:
            part = read(entry)
            entry.close()
        except ScaleError as problem:
            self.problems.append(problem)
            return []
        return [part]

    def _fatal(self, entry: Entry) -> Fatal:
        read = column(entry, self.known)
        return Fatal(read.name, entry.one_of("value", read.allowed), entry.text("label"))


def _once(entry: Entry, *, above: Mapping[str, object], read: Callable[[Entry], Part]) -> Part:
    if entry.text("name") in above:
        entry.refuse("its name stands twice", key="name")
    return read(entry)


def _identity(top: Entry, *, scores: int, domains: int) -> dict[str, Any]:
    result = top.one_of("result", ("grade", "score"), "grade")
    if result == "grade" and not domains:
        top.refuse("it has no [[domain]]")
    if result == "score" and (domains or scores != 1):
        top.refuse('result = "score" takes one [[score]] or [formula] and no [[domain]]', key="result")
    texts = {key: top.text(key) for key in ("id", "name", "version", "toxicity", "population", "citation")}
    return {
        **texts,
        "doi": top.text("doi", ""),
        "result": result,
        "status": top.one_of("status", ("confirmed", "unconfirmed")),
        "sources": top.texts("sources"),
    }


def _note(entry: Entry) -> Note:
    return Note(entry.text("text"), entry.text("source", ""))
