"""How patients are named in figures, and small words about numbers of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

LONGEST = 12
"""Most characters of a patient's name in a figure; pointing at the mark gives the whole."""


def short_names(names: Sequence[str], longest: int = LONGEST) -> dict[str, str]:
    """Shorten long names so that no two look the same.

    What all long names begin or end with is left out first, since it tells nobody apart; then the middle of a name;
    where that makes two look alike, a number tells them apart. Names that are short enough stay as they are.
    """
    long = [name for name in dict.fromkeys(names) if len(name) > longest]
    if not long:
        return {name: name for name in names}
    start, end = _shared(long), _shared([name[::-1] for name in long])
    if min(len(name) for name in long) <= start + end:
        start, end = 0, 0
    shortened = {name: name for name in names if len(name) <= longest}
    taken = set(shortened)
    for name in long:
        part = "…" * bool(start) + name[start : len(name) - end] + "…" * bool(end)
        short, number = _middle_out(part, longest), 1
        while short in taken:
            number += 1
            short = f"{_middle_out(part, longest)[: longest - 4]}~{number}"
        taken.add(short)
        shortened[name] = short
    return shortened


def _shared(names: Sequence[str]) -> int:
    """Count the characters with which all names begin, to the last break between words where there is one."""
    first, last = min(names), max(names)
    alike = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), 0)
    whole = next((at for at in range(alike, 0, -1) if not first[at - 1].isalnum()), alike)
    return whole if whole > 2 else 0


def _middle_out(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    head = (longest - 1) // 2
    return f"{text[:head]}…{text[-(longest - 1 - head) :]}"


def listed(parts: Iterable[str], last: str = "and") -> str:
    """Join parts as a sentence does: ``a, b and c``."""
    every = list(parts)
    return f" {last} ".join([", ".join(every[:-1]), every[-1]]) if len(every) > 1 else "".join(every)


def day(value: float) -> str:
    """Write a time in days from infusion with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def grade_text(low: int | None, high: int | None) -> str:
    """Write a grade, or that it is open and between which bounds."""
    if low is None or high is None:
        return "grade not known"
    return f"grade {low}" if low == high else f"grade open, {low} to {high}"


def told(*parts: Any) -> str:  # noqa: ANN401  # None leaves a part out
    """Join what a reader is told on pointing at a mark, one part a line."""
    return "\n".join(str(part) for part in parts if part)


def capitalised(text: str) -> str:
    """Begin a text with a capital and leave the rest as it is."""
    return text[:1].upper() + text[1:]


def uncapitalised(text: str) -> str:
    """Begin a text with a small letter, unless it begins with an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def sentence(parts: Iterable[str]) -> str:
    """Join sentences, leaving out empty ones."""
    return " ".join(part for part in parts if part)
