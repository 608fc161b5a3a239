"""How much memory and how many threads an engine may take."""

from __future__ import annotations

import re
from dataclasses import dataclass

from icans.errors import CallError

UNITS = {
    "MB": 1000**2,
    "GB": 1000**3,
    "TB": 1000**4,
    "MIB": 1024**2,
    "GIB": 1024**3,
    "TIB": 1024**4,
}
AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.IGNORECASE)
LEAST_MEMORY = 500 * UNITS["MB"]
"""Python and the libraries alone take half of it."""


@dataclass(frozen=True)
class Limits:
    """What an engine of this process may take.

    Parameters
    ----------
    memory
        Bytes of the whole process; None: what the engine takes by itself.
    threads
        Threads; None: one for each core.
    """

    memory: int | None = None
    threads: int | None = None


NO_LIMITS = Limits()


def limits(memory: str = "", threads: int | None = None) -> Limits:
    """Read limits as they are given to a command.

    Parameters
    ----------
    memory
        A number with its unit, such as ``4GB``; empty: no limit.
    threads
        Threads.

    Raises
    ------
    CallError
        It is no amount of memory, or too little to work with; there are fewer threads than one.
    """
    if threads is not None and threads < 1:
        raise CallError(f"--threads {threads}: at least one thread is needed.")
    return Limits(_bytes(memory) if memory else None, threads)


def _bytes(memory: str) -> int:
    found = AMOUNT.fullmatch(memory)
    unit = UNITS.get(found.group(2).upper()) if found else None
    if not found or unit is None:
        raise CallError(f"--memory {memory}: is not an amount of memory.", "Give a number with its unit: 4GB, 800MB.")
    amount = int(float(found.group(1)) * unit)
    if amount < LEAST_MEMORY:
        raise CallError(f"--memory {memory}: is too little to work with.", "Give at least 500MB.")
    return amount
