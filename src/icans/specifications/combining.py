"""Every combination of definitions: a specification of the study each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from pydantic import ValidationError

from icans.errors import ProtocolError
from icans.protocol import Protocol
from icans.protocols.section import CONVENTION, IDM_2025
from icans.specifications.declared import DEFINITIONS
from icans.specifications.reading import Alternatives, alternatives

MOST = 10_000
"""Most combinations of one run."""


@dataclass(frozen=True)
class Specification:
    """A combination of definitions.

    Parameters
    ----------
    id
        Its name: ``S001`` is the first combination.
    choices
        Which value of each definition, in the order of the alternatives.
    own
        It is the study as its protocol has it.
    protocol
        The protocol with these definitions; None where they cannot stand together.
    reason
        Why it cannot be applied, empty where it can.
    """

    id: str
    choices: tuple[int, ...]
    own: bool
    protocol: Protocol | None = field(repr=False)
    reason: str = ""


def combined(protocol: Protocol, among: Sequence[Alternatives]) -> list[Specification]:
    """Give every combination of the alternatives, in the order in which they are written.

    Raises
    ------
    ProtocolError
        They make more than 10,000.
    """
    count = prod(len(one.choices) for one in among)
    if count > MOST:
        sizes = ", ".join(f"{one.definition.name} {len(one.choices)}" for one in among)
        raise ProtocolError(
            f"study.toml: [alternatives] make {count:,} combinations ({sizes}); at most {MOST:,} are computed.",
            "Leave out the values that nobody would have chosen.",
        )
    width = max(3, len(str(count)))
    own = tuple(one.own for one in among)
    return [
        _specification(f"S{number:0{width}d}", choices, choices == own, protocol, among)
        for number, choices in enumerate(product(*(range(len(one.choices)) for one in among)), start=1)
    ]


def standard(protocol: Protocol) -> tuple[Alternatives, ...]:
    """Give the alternatives that are used where a protocol has none (docs/decisions/0070-sensitivity.md)."""
    found = [one for one in DEFINITIONS if one.name in STANDARD]
    if "steroid_refractory" not in protocol.population.indications:
        found = [one for one in found if one.name != "population.refractory_hours"]
    return tuple(_standard(protocol, one.name) for one in found)


STANDARD: dict[str, tuple[list[Any], str]] = {
    "grading.unrecorded": (["absent", "unknown"], CONVENTION),
    "episodes.quiet_hours": (
        [24.0, 72.0, 168.0],
        "no published standard; a day, the three days of haematological recovery, a week",
    ),
    "population.refractory_hours": ([24.0, 48.0, 72.0], "24 to 72 hours in practice, unconfirmed in print"),
    "remission.baseline": (["first_course", "peak"], CONVENTION),
    "remission.rules": (
        [
            [{"baseline": [3, 4], "grade": 1}, {"baseline": [1, 2], "ice": 10, "grade_without_ice": 0}],
            [{"baseline": [1, 2, 3, 4], "grade": 0}],
        ],
        f"{IDM_2025}; resolution, as registries date it",
    ),
    "remission.hold_hours": ([0.0, 24.0], f"{IDM_2025} states no holding time; a day without relapse"),
}
"""Values of each definition that the standard set tries, and where they come from."""


def _standard(protocol: Protocol, name: str) -> Alternatives:
    definition = next(one for one in DEFINITIONS if one.name == name)
    values = STANDARD[name][0]
    return alternatives(protocol, definition, values)


def _specification(
    identity: str, choices: tuple[int, ...], own: bool, protocol: Protocol, among: Sequence[Alternatives]
) -> Specification:
    values: dict[str, dict[str, Any]] = {}
    for number, one in zip(choices, among, strict=True):
        values.setdefault(one.definition.section, {})[one.definition.key] = one.choices[number].value
    try:
        sections = {name: _section(protocol, name, content) for name, content in values.items()}
        made = Protocol.model_validate({**dict(protocol), **sections})
    except ValidationError as error:
        reason = "; ".join(problem["msg"].removeprefix("Value error, ") for problem in error.errors())
        return Specification(identity, choices, own, None, reason)
    return Specification(identity, choices, own, made)


def _section(protocol: Protocol, name: str, values: dict[str, Any]) -> Any:  # noqa: ANN401  # any section
    section = getattr(protocol, name)
    kept = {key: getattr(section, key) for key in section.model_fields_set}
    return type(section).model_validate({**kept, **values})
