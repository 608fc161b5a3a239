"""Names joined by semicolons from the bits of an integer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis

CHUNK = 8
"""Names looked up at once, in a list of every combination of them."""


def listed(bits: Any, names: Sequence[str]) -> Any:  # noqa: ANN401  # a column
    """Give the names whose bit is set, first name lowest bit, ``;`` between; empty where none is."""
    parts = [
        _combinations(names[start : start + CHUNK])[(bits >> start) & ((1 << len(names[start : start + CHUNK])) - 1)]
        for start in range(0, len(names), CHUNK)
    ]
    if len(parts) == 1:
        return parts[0]
    return ibis.literal(";").join([part.nullif("") for part in parts])


def _combinations(names: Sequence[str]) -> Any:  # noqa: ANN401  # an array
    sets = range(1 << len(names))
    return ibis.array([";".join(name for bit, name in enumerate(names) if chosen >> bit & 1) for chosen in sets])
