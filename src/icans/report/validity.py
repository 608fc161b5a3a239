"""How methods did on simulated patients, as measured for docs/validity.md: sentences where groups are small."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from icans.results import display

SMALL_UP_TO = 100
"""Patients up to which what was measured with few is said: between the 40 and the 200 that were measured."""

TESTS = {
    "log-rank test": ("randomised", "log-rank test"),
    "permutation log-rank test": ("randomised", "permutation log-rank test"),
    "restricted mean difference": ("randomised", "restricted mean difference"),
    "Gray's test": ("randomised", "Gray's test"),
    "hazard ratio": ("randomised", "hazard ratio, Firth"),
    "incidence difference": ("randomised", "incidence difference"),
    "Mantel-Byar test": ("late", "Mantel-Byar test"),
}
"""For methods as comparisons name them, where their error rate stands in the table."""


@dataclass(frozen=True)
class Measured:
    """How a method did with so many simulated patients.

    Parameters
    ----------
    kind
        ``coverage`` of 95% intervals; ``randomised`` groups between which nothing differs; ``late`` treatment that does
        nothing.
    method
        The method.
    n
        Patients in all.
    samples
        Samples.
    percent, error
        Percent of intervals that hold the true value, or of tests that reject at 5%, and its Monte Carlo error; None
        where the method never gave an answer.
    holds
        It errs by no more than a point beyond 5%, as far as the samples tell.
    """

    kind: str
    method: str
    n: int
    samples: int
    percent: float | None
    error: float | None
    holds: bool


def false_positives(method: str, patients: int) -> str:
    """Say how often a test found a difference where there was none; empty where nothing was measured for so few.

    Parameters
    ----------
    method
        The method as comparisons name it.
    patients
        Patients in both groups.
    """
    found = _nearest(*TESTS[method], patients) if method in TESTS else None
    if found is None or found.percent is None:
        return ""
    what = "treated late, without effect," if found.kind == "late" else "in two groups between which nothing differed"
    verdict = "" if found.holds else ": it does not hold its level there"
    return (
        f"In {found.samples:,} samples of {found.n} simulated patients {what} it found a difference in "
        f"{display.percent(found.percent)}, where 5% would be right{verdict} (docs/validity.md)."
    )


def coverage(methods: Sequence[str], patients: int) -> list[Measured]:
    """Give how often intervals held the true value with so few patients; nothing where there are enough of them."""
    found = (_nearest("coverage", method, patients) for method in methods)
    return [one for one in found if one is not None]


def _nearest(kind: str, method: str, patients: int) -> Measured | None:
    """Give what was measured with the number of patients nearest by ratio; None where there are enough of them."""
    own = [one for one in _table() if (one.kind, one.method) == (kind, method) and one.percent is not None]
    if not own or not 0 < patients <= SMALL_UP_TO:
        return None
    return min(own, key=lambda one: max(one.n / patients, patients / one.n))


@cache
def _table() -> tuple[Measured, ...]:
    text = files("icans.report").joinpath("validity.csv").read_text(encoding="utf-8")
    return tuple(
        Measured(
            kind=row["kind"],
            method=row["method"],
            n=int(row["n"]),
            samples=int(row["samples"]),
            percent=float(row["percent"]) if row["percent"] else None,
            error=float(row["error"]) if row["error"] else None,
            holds=row["holds"] == "yes",
        )
        for row in csv.DictReader(text.splitlines())
    )
