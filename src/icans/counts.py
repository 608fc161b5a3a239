"""How a number of things is said: one patient, two patients."""

from __future__ import annotations


def counted(number: int, thing: str, things: str = "") -> str:
    """Write a number of things: ``1 patient``, ``13 patients``."""
    return f"{number:,} {named(number, thing, things)}"


def named(number: float | None, thing: str, things: str = "") -> str:
    """Name what stands after its number: ``patient`` after 1, ``patients`` after any other or an unknown one."""
    return thing if number == 1 else things or f"{thing}s"
