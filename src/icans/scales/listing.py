"""Names joined by semicolons from the bits of an integer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis

from icans.numbered import looked_up

CHUNK = 8
"""Names looked up at once, in a list of every combination of them."""


def few(names: Sequence[str]) -> bool:
    """Tell whether the lists of some names are few enough to be looked up at once."""
    return len(names) <= CHUNK


def listed(bits: Any, names: Sequence[str]) -> Any:  # noqa: ANN401  # a column
    """Give the names whose bit is set, first name lowest bit, ``;`` between; empty where none is."""
    parts = [
        looked_up(
            (bits >> start) & ((1 << len(names[start : start + CHUNK])) - 1), every_list(names[start : start + CHUNK])
        )
        for start in range(0, len(names), CHUNK)
    ]
    if len(parts) == 1:
        return parts[0]
    return ibis.literal(";").join([part.nullif("") for part in parts])


def every_list(names: Sequence[str]) -> list[str]:
    """Give every text that `listed` can give, in the order of the bits."""
    return [";".join(name for bit, name in enumerate(names) if chosen >> bit & 1) for chosen in range(1 << len(names))]
