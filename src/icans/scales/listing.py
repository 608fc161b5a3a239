"""Names joined by semicolons from the bits of an integer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis

CHUNK = 8
"""Names looked up at once, in a list of every combination of them."""

SEPARATOR = ","


def listed(bits: Any, names: Sequence[str]) -> Any:  # noqa: ANN401  # a column
    """Give the names whose bit is set, first name lowest bit, ``;`` between; empty where none is."""
    parts = [
        _combinations(names[start : start + CHUNK])[(bits >> start) & ((1 << len(names[start : start + CHUNK])) - 1)]
        for start in range(0, len(names), CHUNK)
    ]
    if len(parts) == 1:
        return parts[0]
    return ibis.literal(";").join([part.nullif("") for part in parts])


def lists(names: Sequence[str]) -> list[str]:
    """Give every text that `listed` can give, in the order of the bits."""
    return [";".join(name for bit, name in enumerate(names) if chosen >> bit & 1) for chosen in range(1 << len(names))]


def _combinations(names: Sequence[str]) -> Any:  # noqa: ANN401  # an array
    """Give an array of every combination; made by splitting one text, since an engine takes long to read many."""
    return ibis.literal(SEPARATOR.join(lists(names))).split(SEPARATOR)
