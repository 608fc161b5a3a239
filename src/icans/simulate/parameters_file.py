"""Parameters of a simulated cohort from a file."""

from __future__ import annotations

import json
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from icans.errors import CallError, nearest
from icans.simulate.parameters import Parameters

HOW = "A file has lines such as icans_probability = 0.4; docs/simulation.md lists the parameters."


def read_parameters(path: Path) -> Parameters:
    """Read parameters from a TOML file, or from the ``simulation.json`` of a simulated study; the rest are defaults.

    Raises
    ------
    CallError
        There is no such file, it cannot be read, or it has a parameter or a value that cannot be meant.
    """
    file = path / "simulation.json" if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise CallError(f"{path}: parameters cannot be read ({reason}).", HOW) from None
    try:
        given = json.loads(text).get("parameters", {}) if file.suffix == ".json" else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, AttributeError) as error:
        raise CallError(f"{path}: not readable as {file.suffix.lstrip('.') or 'TOML'} ({error}).", HOW) from None
    if not isinstance(given, dict):
        raise CallError(f"{path}: parameters holds no parameters (it is {given!r}).", HOW)
    defaults = Parameters()
    known = [field.name for field in fields(Parameters)]
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name not in known:
            raise CallError(f"{path}: {name} is no parameter of a simulated cohort.", nearest(name, known))
        values[name] = _like(getattr(defaults, name), value, f"{path}: {name}")
    try:
        return Parameters(**values)
    except CallError as error:
        raise CallError(f"{path}: {error.what}", error.do) from None


def _like(default: Any, value: Any, where: str) -> Any:  # noqa: ANN401  # a number, or a tuple of numbers
    """Give a value in the shape of the default."""
    several = isinstance(default, tuple)
    numbers = value if isinstance(value, list) else [value]
    if isinstance(value, list) != several or not all(
        isinstance(number, int | float) and not isinstance(number, bool) for number in numbers
    ):
        shape = f"{len(default)} numbers in brackets" if several else "a number"
        raise CallError(f"{where} is {shape} (it is {value!r}).")
    if several and len(numbers) != len(default):
        raise CallError(f"{where} takes {len(default)} numbers (it has {len(numbers)}).")
    if isinstance(default, int):
        return value
    try:
        given = tuple(map(float, numbers))
    except OverflowError:
        raise CallError(f"{where} is larger than any number that can be reckoned with.") from None
    return given if several else given[0]
