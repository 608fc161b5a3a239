"""What each key of study.toml means: the protocol, described from its own declaration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from pydantic import BaseModel

from icans.protocol import Biomarker, Protocol
from icans.protocols.compare import Compare
from icans.protocols.remission import RemissionRule
from icans.protocols.section import without_none

KINDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
REPEATED: dict[str, type[BaseModel]] = {
    "[[remission.rules]]": RemissionRule,
    "[[biomarkers]]": Biomarker,
    "[[compare]]": Compare,
}
"""Sections that may stand several times."""
ALTERNATIVES = "alternatives"
"""Mirrors the other sections and defines nothing of its own (docs/sensitivity.md)."""
EXAMPLES = {
    ("[survival]", "cutoff"): date(2025, 6, 30),
    ("[[biomarkers]]", "analyte"): "IL-6",
    ("[[biomarkers]]", "specimen"): "csf",
}
"""Values to show where there is no default."""


@dataclass(frozen=True)
class Definition:
    """A key of study.toml.

    Parameters
    ----------
    key
        Name.
    meaning
        What it defines, as a phrase.
    kind
        What may stand there.
    default, example
        Value as TOML; empty where there is none.
    source
        Where the default comes from; empty where it is no clinical definition.
    """

    key: str
    meaning: str
    kind: str
    default: str
    example: str
    source: str


@dataclass(frozen=True)
class SectionOfProtocol:
    """A section of study.toml.

    Parameters
    ----------
    name
        As it is written: ``[episodes]``, or ``[[biomarkers]]`` where it may stand several times.
    meaning
        What it defines, as a phrase.
    definitions
        Its keys.
    defaults
        Where it may stand several times, the values of each by default: key and TOML.
    optional
        A study may do without it; then what it defines is not done.
    """

    name: str
    meaning: str
    definitions: tuple[Definition, ...]
    defaults: tuple[dict[str, str], ...] = field(default=())
    optional: bool = False


def sections() -> list[SectionOfProtocol]:
    """Give every section of study.toml in the order of the protocol, a repeated one after that it belongs to."""
    found = []
    for name, content in Protocol.model_fields.items():
        if name == ALTERNATIVES:
            continue
        model = without_none(content.annotation)
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            found.append(_section(f"[[{name}]]", []))
            continue
        optional = model is not content.annotation
        found.append(replace(_described(f"[{name}]", model), optional=optional))
        for key, inner in model.model_fields.items():
            if (repeated := f"[[{name}.{key}]]") in REPEATED:
                found.append(_section(repeated, inner.get_default(call_default_factory=True)))
    return found


def as_toml(value: object) -> str:
    """Write a value as TOML."""
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            pairs = ", ".join(f"{key} = {as_toml(part)}" for key, part in value.items())
            return f"{{ {pairs} }}" if pairs else "{}"
        case list() | tuple():
            return f"[{', '.join(as_toml(part) for part in value)}]"
        case str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return f"{value}"


def _section(name: str, defaults: list[BaseModel]) -> SectionOfProtocol:
    values = tuple(
        {key: as_toml(value) for key, value in dict(default).items() if value is not None} for default in defaults
    )
    described = _described(name, REPEATED[name])
    return SectionOfProtocol(name, described.meaning, described.definitions, values)


def _described(name: str, model: type[BaseModel]) -> SectionOfProtocol:
    meaning = (model.__doc__ or "").partition(": ")[2].rstrip(".")
    return SectionOfProtocol(name, meaning, tuple(_definitions(name, model)))


def _definitions(section: str, model: type[BaseModel]) -> Iterator[Definition]:
    for key, schema in model.model_json_schema()["properties"].items():
        if f"[{section.removesuffix(']')}.{key}]]" in REPEATED:
            continue
        default = model.model_fields[key].get_default(call_default_factory=True)
        required = model.model_fields[key].is_required()
        example = EXAMPLES.get((section, key), next(iter(schema.get("examples", [])), None))
        yield Definition(
            key,
            schema["description"],
            ("required; " if required else "") + _kind(schema),
            "" if required or default is None else as_toml(default),
            "" if example is None else as_toml(example),
            schema.get("source", ""),
        )


def _kind(schema: dict[str, Any]) -> str:
    """Say in words what a JSON schema allows."""
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "enum" in schema:
        return " or ".join(as_toml(value) for value in schema["enum"])
    if schema.get("format") == "date":
        return "date"
    if "prefixItems" in schema:
        return "list of two numbers"
    if schema["type"] in ("array", "object"):
        items = _kind(schema["items"] if schema["type"] == "array" else schema["additionalProperties"])
        return f"list, each {items}" if schema["type"] == "array" else f"for each table {items}"
    return KINDS[schema["type"]] + _range(schema)


def _range(schema: dict[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if most is not None:
        return f", {least:.10g} to {most:.10g}"
    if least is not None:
        return f", {least:g} or more"
    return f", more than {schema['exclusiveMinimum']:g}" if "exclusiveMinimum" in schema else ""
