"""What is known of methods where groups are small: sentences with their sources, from a small table."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from icans.report.validity import false_positives


@dataclass(frozen=True)
class Caution:
    """What to know of a method where groups are small.

    Parameters
    ----------
    method
        The method, as levels of results name it, without the design or time before or after it.
    below
        Patients of the smaller group under which it is said.
    sentence
        What is to be known: what follows the method's name.
    source
        Where that is published.
    measured
        What was measured with this software, as a sentence; empty where nothing was.
    """

    method: str
    below: int
    sentence: str
    source: str
    measured: str = ""


def caution(level: str, smallest: int) -> Caution | None:
    """Give what to know of a method in groups as small as these; None where nothing is to be said.

    Parameters
    ----------
    level
        Level of a row of results: the method, perhaps with a design before it and a time after it.
    smallest
        Patients of the smaller group.

    Examples
    --------
    >>> caution("landmark 7 days: log-rank test", 6).source
    'Wang, Lagakos and Gray 2010, doi:10.1093/biostatistics/kxq021'
    """
    method = level.rpartition(": ")[2].partition(" at ")[0]
    found = next((one for one in _table() if one.method == method and smallest < one.below), None)
    if found is None or found.measured:
        return found
    return replace(found, measured=false_positives(method, 2 * smallest))


@cache
def _table() -> tuple[Caution, ...]:
    text = files("icans.report").joinpath("cautions.toml").read_text(encoding="utf-8")
    return tuple(Caution(**entry) for entry in tomllib.loads(text)["caution"])
