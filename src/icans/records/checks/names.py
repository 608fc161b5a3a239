"""Names that are most likely one name, written in two ways."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

SHORTEST = 6
"""Letters a name needs before one of them can be called a slip."""


def folded(name: str | None) -> str:
    """Give a name as names are compared: without case and without blanks around it."""
    return (name or "").strip().lower()


def plain(name: str) -> str:
    """Give a name without case, spaces, hyphens and the like."""
    return re.sub(r"[^\w+<>%/]|_", "", name).casefold()


def times(number: int) -> str:
    """Say how often a name occurs."""
    return "once" if number == 1 else f"{number:,} times"


def spelling_twins(counts: Mapping[str, int], *, one_letter: bool) -> list[tuple[str, str]]:
    """Pair each rarer spelling with the more common name it resembles.

    Parameters
    ----------
    counts
        How often each name occurs.
    one_letter
        Whether one letter may differ too (added, left out, changed or swapped with its neighbour), in names of at
        least `SHORTEST` letters. Digits never count as slips: IL-2 is not IL-6.

    Returns
    -------
    list of (str, str)
        The rarer spelling and the more common one.
    """
    common_first = sorted(counts, key=lambda name: (-counts[name], name))
    seen: dict[str, str] = {}
    twins = []
    for name in common_first:
        traces = _traces(plain(name)) if one_letter else {plain(name)}
        twin = next((seen[trace] for trace in sorted(traces) if trace in seen), None)
        if twin:
            twins.append((name, twin))
        else:
            seen.update(dict.fromkeys(traces, name))
    return twins


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Give the known name that resembles one most, empty where none does."""
    spelled = defaultdict(list)
    for other in known:
        spelled[plain(other)].append(other)
    close = get_close_matches(plain(name), spelled, n=1, cutoff=0.75)
    return min(spelled[close[0]]) if close else ""


def _traces(name: str) -> set[str]:
    """Give the name and what is left of it without one letter: one slip apart, two names share a trace."""
    if sum(letter.isalpha() for letter in name) < SHORTEST:
        return {name}
    return {name} | {name[:place] + name[place + 1 :] for place in range(len(name)) if name[place].isalpha()}
