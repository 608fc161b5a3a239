"""The series of a scale file, and the measures it gives for domains to grade."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from icans.errors import nearest
from icans.records.schema import EVENTS
from icans.scales.conditions import Interval, Limits
from icans.scales.measures import GIVES, RUNS, VALUES, Gives, Measure, Quantity, Series
from icans.scales.reading.cells import interval
from icans.scales.reading.declared import CANONICAL, NAME
from icans.scales.reading.entries import Entry

LONGEST = 3660
"""Days of the longest window."""


def series(entry: Entry, quantities: Mapping[str, Quantity]) -> Series:
    """Read the `[series]`.

    Raises
    ------
    ScaleError
        Its quantity is not there, its days are none, or an event is none of the records.
    """
    name = entry.text("quantity")
    if name not in quantities:
        advice = nearest(name, quantities) if quantities else "The file has no quantity."
        entry.refuse(f"there is no [quantity.{name}]", advice, key="quantity")
    first, last = entry.reals("days", 2)
    if first != int(first) or last != int(last) or not first <= last < first + LONGEST:
        entry.refuse(
            f"days takes two whole numbers, the first no later than the last, at most {LONGEST} days", key="days"
        )
    ends = entry.texts("ends_at")
    known = EVENTS.column("event").allowed
    for event in ends:
        if event not in known:
            entry.refuse(f'"{event}" is no event', nearest(event, known), key="ends_at")
    return Series(name, int(first), int(last), entry.whole("filled_days", 0, LONGEST), ends)


def measure(entry: Entry, of: Series | None, quantities: Mapping[str, Quantity]) -> Measure:
    """Read a `[[measure]]`.

    Raises
    ------
    ScaleError
        There is no series, or the measure lacks or has a key that what it gives does not need.
    """
    if of is None:
        entry.refuse("there is no [series] that could give it")
    name = entry.text("name")
    if not NAME.fullmatch(name):
        entry.refuse(f'"{name}" is no name of a column', "Use small letters, digits and underscores, a letter first.")
    if name in CANONICAL:
        entry.refuse(f"{name} is a column of the table {CANONICAL[name]} already, and cannot be a measure", key="name")
    gives = cast(Gives, entry.one_of("gives", GIVES))
    quantity = quantities[of.quantity]
    highest = quantity.converted(quantity.most)
    holds = None if gives in VALUES else _holds(entry, Limits(0, highest, whole=False))
    return Measure(
        name,
        entry.text("label"),
        gives,
        holds,
        recovery_days=entry.whole("recovery_days", 1, LONGEST) if gives in RUNS else 1,
        starts_by=entry.whole("starts_by_day", of.first_day, of.last_day) if gives == "unrecovered" else of.last_day,
        fewest=entry.whole("fewest_tests", 1, of.length) if gives == "unrecovered" else 1,
        most=highest if gives in VALUES else of.length,
    )


def _holds(entry: Entry, limits: Limits) -> Interval:
    """Read the values below a threshold; a threshold from below has no meaning for what is lowest of a day."""
    if entry.has("at_least") or entry.has("above") or entry.has("range"):
        entry.refuse("a measure counts what lies at_most or below a threshold")
    return interval(entry, limits)
