"""Records in the course of their patient: each belongs to the last infusion at or before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from math import floor
from typing import Any

Row = dict[str, Any]
Tables = dict[str, list[Row]]
TIMED = ("neuro", "crs", "treatments", "labs", "events")


@dataclass(frozen=True)
class Day:
    """A date without a time of day."""

    number: int


Time = Fraction | Day
"""Hours on the patient's calendar, or a date on it."""


@dataclass(frozen=True)
class Placed:
    """Records with ``infusion`` and ``hour``, and ``at``, the hours from the patient's first infusion.

    ``starts`` are the infusions in those hours; ``infused`` gives them on the calendar.
    """

    patients: dict[str, Row]
    infused: dict[str, list[Fraction]]
    starts: dict[str, list[Fraction]]
    tables: Tables

    def of(self, table: str, patient: str, infusion: int | None = None) -> list[Row]:
        """Give a patient's rows in the order of time; of one infusion, if it is named."""
        mine = [row for row in self.tables[table] if row["patient_id"] == patient]
        mine = [row for row in mine if infusion in {None, row["infusion"]}]
        return sorted(mine, key=lambda row: (row["infusion"], row["hour"]))


def placed(records: Tables) -> Placed:
    """Place the usable records: a score of 11 is none, and nobody knows the time of a patient without an infusion.

    A study without infusions gave everyone one, at hour 0.
    """
    at_zero = [{"patient_id": row["patient_id"], "infused_at": Fraction(0)} for row in records["patients"]]
    infused: dict[str, list[Time]] = {}
    for row in records["infusions"] or at_zero:
        times = infused.setdefault(row["patient_id"], [])
        if row["infused_at"] not in times:
            times.append(row["infused_at"])
            times.sort(key=clock)
    tables: Tables = {}
    for name in TIMED:
        tables[name] = []
        for row in records[name]:
            times = infused.get(row["patient_id"], [])
            if not times or (row.get("ice") or 0) > 10:
                continue
            infusion = max(1, sum(began(time, row["time"]) for time in times))
            hour = hours(times[infusion - 1], row["time"])
            at = hours(times[0], times[infusion - 1]) + hour
            tables[name].append(row | {"infusion": infusion, "hour": hour, "at": at})
    patients = {row["patient_id"]: row for row in records["patients"] if row["patient_id"] in infused}
    clocks = {patient: [clock(time) for time in times] for patient, times in infused.items()}
    starts = {patient: [hours(times[0], time) for time in times] for patient, times in infused.items()}
    return Placed(patients, clocks, starts, tables)


def clock(time: Time) -> Fraction:
    return Fraction(24 * time.number) if isinstance(time, Day) else time


def day(time: Time) -> int:
    return time.number if isinstance(time, Day) else floor(time / 24)


def began(infusion: Time, time: Time) -> bool:
    """Tell whether an infusion was at or before a time; a date belongs to the infusion of its day."""
    return day(infusion) <= time.number if isinstance(time, Day) else clock(infusion) <= time


def hours(since: Time, until: Time) -> Fraction:
    """Give the hours from an infusion; a date is a whole number of days from the day of the infusion."""
    if isinstance(until, Day):
        return Fraction(24 * (until.number - day(since)))
    return until - clock(since)


def between(since: Fraction, until: Fraction) -> Fraction:
    """Give the hours from one time to another, to a millionth."""
    return round(until - since, 6)


def grouped(rows: Iterable[Row], *columns: str) -> list[tuple[tuple[Any, ...], list[Row]]]:
    """Give rows by what stands in some columns."""

    def key(row: Row) -> tuple[Any, ...]:
        return tuple(row[column] for column in columns)

    return [(found, list(of)) for found, of in groupby(sorted(rows, key=key), key)]
