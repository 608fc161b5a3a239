"""`[alternatives]` of study.toml: other values of the study's definitions, each checked as in its own section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from icans.errors import ProtocolError, nearest
from icans.protocol import Protocol, ScalesSection
from icans.protocols.faults import said
from icans.protocols.remission import RemissionRule
from icans.specifications.declared import DEFINITIONS, WITHOUT, Definition

FILE = "study.toml"
OF_LISTS = {
    "population.indications": '[["severe"], ["severe", "steroid_refractory"]]',
    "intervention.drugs": '[["dexamethasone"], ["dexamethasone", "methotrexate"]]',
    "intervention.routes": '[["intrathecal"], []]',
    "steroids.routes": '[["intravenous"], ["intravenous", "oral"]]',
}
"""Definitions whose value is a list, with an example of alternatives."""
RULES = (
    'Name each set of rules under [alternatives.remission.rules]: "grade 0" = [{ baseline = [1, 2, 3, 4], grade = 0 }].'
)
LONGEST_NAME = 40


@dataclass(frozen=True)
class Choice:
    """A value of a definition.

    Parameters
    ----------
    label
        The value in few words, or the name that study.toml gives it.
    value
        The value.
    own
        It is the study's own.
    """

    label: str
    value: Any
    own: bool


@dataclass(frozen=True)
class Alternatives:
    """A definition and the values it may have; one of them is the study's own."""

    definition: Definition
    choices: tuple[Choice, ...]

    @property
    def own(self) -> int:
        """Which choice is the study's own."""
        return next(number for number, choice in enumerate(self.choices) if choice.own)


def read(protocol: Protocol) -> tuple[Alternatives, ...]:
    """Check the alternatives of a protocol; the study's own value is always among them.

    Returns
    -------
    tuple of Alternatives
        In the order of `DEFINITIONS`; empty where the protocol gives none.

    Raises
    ------
    ProtocolError
        A key is no definition or has no alternatives, or a value cannot be meant: all of them are named.
    """
    problems: list[str] = []
    found: dict[str, Alternatives] = {}
    for section, content in protocol.alternatives.items():
        for key, given in _keys(section, content, problems):
            definition = next((one for one in DEFINITIONS if one.name == f"{section}.{key}"), None)
            if definition is None:
                problems.append(_no_alternatives(section, key))
                continue
            try:
                found[definition.name] = alternatives(protocol, definition, given)
            except ProtocolError as error:
                problems.append(str(error))
    if problems:
        raise ProtocolError("\n".join(problems))
    return tuple(found[definition.name] for definition in DEFINITIONS if definition.name in found)


def scales_named(protocol: Protocol) -> list[ScalesSection]:
    """Give `[scales]` with each scale for ICANS that the alternatives name; checks all alternatives.

    Raises
    ------
    ProtocolError
        The alternatives cannot be meant.
    """
    return [
        protocol.scales.model_copy(update={"icans": choice.value})
        for one in read(protocol)
        if one.definition.name == "scales.icans"
        for choice in one.choices
    ]


def alternatives(protocol: Protocol, definition: Definition, given: Any) -> Alternatives:  # noqa: ANN401  # as written
    """Check the values given for one definition, a list of them or a table by name; add the study's own."""
    named = _named(definition, given)
    own = getattr(getattr(protocol, definition.section), definition.key)
    choices: list[Choice] = []
    for name, raw in named:
        value = _checked(protocol, definition, name, raw)
        before = next((choice for choice in choices if _meaning(choice.value) == _meaning(value)), None)
        if before:
            raise _refused(definition, f"{name} is the same as {before.label}", "Take one of the two out.")
        choices.append(
            Choice(
                name if isinstance(given, dict) else definition.words(value), value, _meaning(value) == _meaning(own)
            )
        )
    if not any(choice.own for choice in choices):
        choices.insert(0, Choice(definition.words(own), own, own=True))
    if len(choices) == 1:
        raise _refused(definition, f"the study's own value ({choices[0].label}) is the only one", "Give another value.")
    labels = [choice.label for choice in choices]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice:
        raise _refused(definition, f"two values would both be called {twice}", "Give each a name of its own.")
    return Alternatives(definition, tuple(choices))


def _keys(section: str, content: Mapping[str, Any], problems: list[str]) -> Iterator[tuple[str, Any]]:
    sections = {definition.section for definition in DEFINITIONS}
    if section in sections:
        yield from content.items()
    elif section in WITHOUT:
        problems.append(f"{FILE}: [alternatives.{section}]: [{section}] {WITHOUT[section]} and has no alternatives.")
    else:
        problems.append(f"{FILE}: [alternatives.{section}] is no section of definitions. {nearest(section, sections)}")


def _no_alternatives(section: str, key: str) -> str:
    where = f"{FILE}: [alternatives.{section}] {key}"
    if reason := WITHOUT.get(f"{section}.{key}"):
        return f"{where}: it {reason} and has no alternatives."
    known = [definition.key for definition in DEFINITIONS if definition.section == section]
    return f"{where} is not a definition that has alternatives. {nearest(key, known)}"


def _named(definition: Definition, given: Any) -> list[tuple[str, Any]]:  # noqa: ANN401  # as written
    """Give each value with what an error calls it."""
    if isinstance(given, dict) and given:
        for name in given:
            if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
                raise _refused(definition, f"{name[:60]!r} is no name", f"A name has 1 to {LONGEST_NAME} characters.")
        return list(given.items())
    rules = definition.name == "remission.rules"
    if not isinstance(given, list) or not given or (rules and isinstance(given[0], dict)):
        what = "it needs a list of values, or a table that names them"
        raise _refused(definition, what, RULES if rules else "")
    return [(f"value {number}", value) for number, value in enumerate(given, start=1)]


def _checked(protocol: Protocol, definition: Definition, name: str, raw: Any) -> Any:  # noqa: ANN401  # any definition
    """Check a value as if it stood in its own section."""
    section = getattr(protocol, definition.section)
    content = {key: getattr(section, key) for key in section.model_fields_set} | {definition.key: raw}
    try:
        checked: BaseModel = type(section).model_validate(content)
    except ValidationError as error:
        faults = "; ".join(_sentence(problem) for problem in error.errors())
        advice = ""
        if definition.name in OF_LISTS and not isinstance(raw, list):
            advice = f"Each value is a list, such as {OF_LISTS[definition.name]}."
        elif definition.name == "remission.rules" and not isinstance(raw, list):
            advice = RULES
        raise _refused(definition, f"{name}: {faults}", advice) from None
    return getattr(checked, definition.key)


def _meaning(value: Any) -> Any:  # noqa: ANN401  # any definition
    """Give what two ways of writing a value share: the order of names and of rules means nothing."""
    if not isinstance(value, list):
        return value
    rules = [
        (frozenset(one.baseline), one.grade, one.ice, one.grade_without_ice)
        for one in value
        if not isinstance(one, str)
    ]
    return frozenset(rules or (name.strip().lower() for name in value))


def _sentence(problem: Any) -> str:  # noqa: ANN401  # Pydantic's ErrorDetails
    inner = problem["loc"][1:]
    where = " ".join(str(part) if isinstance(part, str) else f"#{part + 1}" for part in inner)
    if problem["type"] == "extra_forbidden":
        return f"{where} is no key of a rule. {nearest(str(inner[-1]), RemissionRule.model_fields)}".rstrip(".")
    return f"{where}{': ' if where else ''}{said(problem)}"


def _refused(definition: Definition, what: str, do: str = "") -> ProtocolError:
    stop = "" if what.endswith("?") else "."
    return ProtocolError(f"{FILE}: [alternatives.{definition.section}] {definition.key}: {what}{stop}", do)
