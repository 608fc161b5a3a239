"""Times: as written, on a clock, and in hours from infusion.

Times with an offset from UTC are instants. Times without are read off the clock on the wall and subtracted as they
stand, so that an hour is lost or gained where clocks change between infusion and record. A date is a whole day: it is
compared with the day of the infusion, and is a multiple of 24 hours from it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from icans.records.parsing import AMBIGUOUS, EMPTY, parse, trimmed
from icans.records.schema import Column
from icans.units import HOURS_PER_DAY

if TYPE_CHECKING:
    import ibis

TimeUnit = Literal["dates", "hours", "days"]

CLOCK = "_clock"
"""Time on the wall: seconds since 1970-01-01T00:00 (float64), or hours from infusion in a study of relative times."""
INSTANT = "_instant"
"""Seconds since 1970-01-01T00:00Z (float64); null where the time was written without an offset from UTC."""
DAY = "_day"
"""The time is a date (boolean); its clock stands at midnight."""

SECONDS_PER_HOUR = 3600.0
SECONDS_PER_DAY = 86400.0
FURTHEST_HOURS = 50 * 365.25 * HOURS_PER_DAY
"""Hours from infusion beyond which a time cannot be meant: 50 years."""
FURTHEST = "lies more than 50 years from infusion"
EARLIEST_YEAR = 1905
"""Spreadsheets count days from 1900 or 1904 and show small numbers as dates of those years."""

WRITTEN = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?(?:(Z)|([+-])(\d{2}):?(\d{2})?)?)?",
    re.ASCII | re.IGNORECASE,
)
NOT_A_TIME = "is not an ISO 8601 date or date-time such as 2024-03-05T08:00"
NOT_A_DAY = "is not a date and time of the calendar"
NOT_AN_OFFSET = "ends in what is no offset from UTC"
FURTHEST_OFFSET = timedelta(hours=14)
TOO_EARLY = f"is a date before {EARLIEST_YEAR}, as spreadsheets make of small numbers"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = (datetime(EARLIEST_YEAR, 1, 1, tzinfo=UTC) - EPOCH).total_seconds()
"""Clock of the first moment that is taken for a time."""
LATEST = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - EPOCH).total_seconds()
"""Clock of the last one; infinity, which databases know, comes after it."""


@dataclass
class Moments:
    """What the different texts of a column of times mean; None where one is missing or cannot be used."""

    clock: list[float | None] = field(default_factory=list)
    instant: list[float | None] = field(default_factory=list)
    day: list[bool | None] = field(default_factory=list)
    faults: dict[int, str] = field(default_factory=dict)
    commas: list[int] = field(default_factory=list)


def parse_times(column: Column, texts: Sequence[str | None], missing: Collection[str], unit: TimeUnit) -> Moments:
    """Read the different texts of a column of times as the protocol says they are written."""
    if unit == "dates":
        return _dates(column, texts, missing)
    furthest = FURTHEST_HOURS if unit == "hours" else FURTHEST_HOURS / HOURS_PER_DAY
    number = replace(column, kind="number", least=-furthest, most=furthest)
    parsed = parse(number, texts, missing)
    hours = [value if value is None or unit == "hours" else value * HOURS_PER_DAY for value in parsed.values]
    nothing: list[None] = [None] * len(hours)
    faults = {place: _relative_fault(problem, unit) for place, problem in parsed.faults.items()}
    return Moments(hours, list(nothing), list(nothing), faults, parsed.commas)


def _relative_fault(problem: str, unit: TimeUnit) -> str:
    if problem in (EMPTY, AMBIGUOUS):
        return problem
    return f"is not a number of {unit} from infusion" if problem == "is not a number" else FURTHEST


def _dates(column: Column, texts: Sequence[str | None], missing: Collection[str]) -> Moments:
    moments = Moments()
    for place, text in enumerate(texts):
        word = trimmed(text)
        clock, instant, day = None, None, None
        if word.casefold() in missing:
            if column.required:
                moments.faults[place] = EMPTY
        else:
            moment = _moment(word)
            if isinstance(moment, str):
                moments.faults[place] = moment
            else:
                clock, instant, day = moment
        moments.clock.append(clock)
        moments.instant.append(instant)
        moments.day.append(day)
    return _as_days_if_all_midnight(moments)


def _moment(word: str) -> tuple[float, float | None, bool] | str:
    """Read one time: its clock, instant and whether it is a date; or what was expected."""
    match = WRITTEN.fullmatch(word)
    if not match:
        return NOT_A_TIME
    year, month, day, hour, minute, second, fraction, zulu, sign, offset_hours, offset_minutes = match.groups()
    midnight_after = hour == "24" and not int(minute) and not int(second or 0)
    try:
        moment = datetime(
            int(year),
            int(month),
            int(day),
            0 if midnight_after else int(hour or 0),
            int(minute or 0),
            int(second or 0),
            int(f"{fraction or 0:<06}"[:6]),
            tzinfo=UTC,
        )
        offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
    except (ValueError, OverflowError):
        return NOT_A_DAY
    if offset > FURTHEST_OFFSET or int(offset_minutes or 0) % 15:
        return NOT_AN_OFFSET
    if moment.year < EARLIEST_YEAR:
        return TOO_EARLY
    clock = (moment - EPOCH) / timedelta(seconds=1) + (SECONDS_PER_DAY if midnight_after else 0.0)
    if not (zulu or sign):
        return clock, None, hour is None
    return clock, clock - (offset / timedelta(seconds=1)) * (-1 if sign == "-" else 1), False


def _as_days_if_all_midnight(moments: Moments) -> Moments:
    """Take date-times for dates where every one of a column stands at midnight, as exports write dates."""
    clocks = [clock for clock in moments.clock if clock is not None]
    local = all(instant is None for instant in moments.instant)
    if clocks and local and all(clock % SECONDS_PER_DAY == 0 for clock in clocks):
        moments.day = [None if clock is None else True for clock in moments.clock]
    return moments


def time_advice(text: str, unit: TimeUnit, problem: str) -> str:
    """Say what to do about a time that cannot be used."""
    word = trimmed(text)
    if unit != "dates":
        dated = WRITTEN.fullmatch(word)
        return 'For dates, set [records] time = "dates" in study.toml.' if dated else "Correct it."
    if problem == TOO_EARLY or re.fullmatch(r"[2-7]\d{4}(\.\d+)?", word):
        return "Format the column as a date in the spreadsheet, and save it again."
    if re.fullmatch(r"[+-]?\d{1,4}([.,]\d+)?", word):
        return 'For times from infusion, set [records] time = "hours" or "days" in study.toml.'
    if re.match(r"\d{1,4}[./]\d{1,2}[./]\d{1,4}", word):
        return "Write year-month-day: day and month cannot be told apart here."
    return "" if not word else "Correct it."


Share = Literal["none", "some", "all"]


def share(count: int, of: int) -> Share:
    """Tell whether none, some or all of the rows have something."""
    return "none" if not count else "all" if count == of else "some"


@dataclass(frozen=True)
class Clock:
    """What is known of a column of times before its rows are looked at.

    Parameters
    ----------
    unit
        How times are written.
    instants, days
        Whether all, some or none of them have an offset from UTC, or are dates.
    local
        Whether some time of day has no offset from UTC.
    low, high
        First and last clock; None where there is no row.
    utc
        There are times with an offset, and all of them stand in UTC: where they were taken it may be another day.
    """

    unit: TimeUnit
    instants: Share = "none"
    days: Share = "none"
    local: bool = False
    low: float | None = None
    high: float | None = None
    utc: bool = False

    @property
    def per_hour(self) -> float:
        """Clock units in an hour."""
        return SECONDS_PER_HOUR if self.unit == "dates" else 1.0


def hours_since(
    table: ibis.Table, clock: Clock, start: ibis.Value, start_instant: ibis.Value | None
) -> ibis.FloatingValue:
    """Give the hours from an infusion to the time of each row.

    Parameters
    ----------
    table
        Rows with `CLOCK`, and `INSTANT` and `DAY` where `clock` says that some of them have it.
    clock
        What is known of the times of `table`.
    start
        Clock of the infusion.
    start_instant
        Instant of the infusion; None unless every infusion has one.
    """
    import ibis  # noqa: PLC0415  # this module is also read where no table is

    day_start = (start / SECONDS_PER_DAY).floor() * SECONDS_PER_DAY
    if clock.days == "all":
        return (table[CLOCK] - day_start) / clock.per_hour
    seconds = table[CLOCK] - start
    if start_instant is not None and clock.instants == "all":
        seconds = table[INSTANT] - start_instant
    elif start_instant is not None and clock.instants == "some":
        seconds = ibis.coalesce(table[INSTANT] - start_instant, seconds)
    if clock.days == "some":
        seconds = ibis.ifelse(table[DAY], table[CLOCK] - day_start, seconds)
    return seconds / clock.per_hour if clock.per_hour != 1.0 else seconds
