"""A column of a table that stays in the engine: what is asked of it, and its value as an expression."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from math import inf, isfinite, isinf
from operator import or_
from typing import TYPE_CHECKING, Any

import ibis
import pyarrow as pa

from icans.records.parsing import BLANKS, LONGEST, NOBODY, SPREADSHEET_ERRORS, parse, unreadable
from icans.records.schema import Column
from icans.records.time import (
    CLOCK,
    DAY,
    EARLIEST,
    FURTHEST_HOURS,
    INSTANT,
    LATEST,
    SECONDS_PER_DAY,
    Clock,
    Moments,
    TimeUnit,
    parse_times,
    share,
)
from icans.records.usable import ARROW
from icans.units import HOURS_PER_DAY

if TYPE_CHECKING:
    import ibis.expr.datatypes as dt
    import ibis.expr.types as ir

BLANK = "[" + "".join(f"\\x{{{ord(blank):x}}}" for blank in BLANKS) + "]"
UNTIDY = f"^{BLANK}|{BLANK}$|\\x00|^##+$|^[0-9][.,][0-9]+[eE]"
"""Texts with a blank at an end, or damaged; cells too narrow for their number, numbers cut short."""
TEXT_KINDS = ("id", "text", "category", "categories")


def _epoch(moment: ir.TimestampValue) -> ir.FloatingValue:
    return moment.epoch_seconds().cast("float64")


@dataclass(frozen=True)
class EngineColumn:
    """A declared column as the engine has it, of a type that can be taken as it is.

    Parameters
    ----------
    column
        Its declaration.
    source
        Its name in the source.
    dtype
        Its type there.
    unit
        How times are written.
    """

    column: Column
    source: str
    dtype: dt.DataType
    unit: TimeUnit

    @cached_property
    def is_native(self) -> bool:
        """Whether the type can be taken as it is; other columns are read by their texts."""
        match self.column.kind:
            case "id" | "text":
                return bool(self.dtype.is_string() or self.is_nameable)
            case "category" | "categories":
                return bool(self.dtype.is_string())
            case "boolean":
                return bool(self.dtype.is_boolean())
            case "time" if self.unit == "dates":
                return bool(self.dtype.is_timestamp() or self.dtype.is_date())
            case _:
                return bool(self.dtype.is_numeric() and not self.dtype.is_boolean())

    @property
    def is_nameable(self) -> bool:
        """Whether a value can be written as a text without doubt."""
        return bool(self.dtype.is_numeric() or self.dtype.is_date() or self.dtype.is_uuid())

    @property
    def has_texts(self) -> bool:
        """Whether the values can be written as texts at all."""
        other = self.dtype.is_timestamp() or self.dtype.is_time() or self.dtype.is_boolean()
        return bool(self.dtype.is_string() or self.is_nameable or other)

    def text(self, table: ibis.Table) -> ir.StringValue:
        """Give the values as texts; a whole number has no decimals."""
        value = table[self.source]
        if self.dtype.is_string():
            return value
        text = value.cast("string")
        return text.re_replace(r"\.0$", "") if self.dtype.is_floating() and self.column.kind in TEXT_KINDS else text

    def numeric(self, table: ibis.Table) -> ir.NumericValue | None:
        """Give the values as the numbers whose range is asked for; None for texts and booleans."""
        value = table[self.source]
        if self.column.kind in ("integer", "number"):
            return value
        if self.column.kind != "time":
            return None
        if self.dtype.is_date():
            return value.epoch_days() * SECONDS_PER_DAY
        return _epoch(value) if self.dtype.is_timestamp() else value

    @property
    def limits(self) -> tuple[float, float]:
        """Smallest and largest possible number."""
        if self.column.kind != "time":
            least, most = self.column.least, self.column.most
            return -inf if least is None else least, inf if most is None else most
        if self.unit == "dates":
            return EARLIEST, LATEST
        furthest = FURTHEST_HOURS if self.unit == "hours" else FURTHEST_HOURS / HOURS_PER_DAY
        return -furthest, furthest

    def _may_be_fractional(self) -> bool:
        return self.column.kind == "integer" and not self.dtype.is_integer()

    def extremes(self, table: ibis.Table) -> dict[str, ir.Scalar]:
        """Give the smallest and largest number, which an engine can often take from a file's statistics."""
        number = self.numeric(table)
        if number is None:
            return {}
        ends = {"low": number.min(), "high": number.max()}
        if self.dtype.is_timestamp():
            value = table[self.source]
            ends = {"low": _epoch(value.min()), "high": _epoch(value.max())}
        return {f"{self.column.name}:{name}": end for name, end in ends.items()}

    def questions(self, table: ibis.Table, ends: Mapping[str, Any]) -> dict[str, ir.Scalar]:
        """Give the aggregates, beside the extremes, that tell whether any value is unusable.

        NaN is asked for by a sum, as statistics leave it out; whether times of day are there at all, only where the
        extremes do not show it.
        """
        asked = {"present": table[self.source].count()} if self.column.required else {}
        number = self.numeric(table)
        if number is not None and self.dtype.is_floating():
            asked["total"] = number.sum()
        if number is not None and self._may_be_fractional():
            asked["fractional"] = (number % 1 != 0).any()
        if number is not None and self._may_be_midnights(ends):
            asked["clocked"] = (number % SECONDS_PER_DAY != 0).any()
        return {f"{self.column.name}:{name}": question for name, question in asked.items()}

    def _may_be_midnights(self, ends: Mapping[str, Any]) -> bool:
        if self.column.kind != "time" or not self.dtype.is_timestamp() or self._has_zone:
            return False
        found = [ends.get(f"{self.column.name}:{name}") for name in ("low", "high")]
        return all(end is not None and end % SECONDS_PER_DAY == 0 for end in found)

    def is_doubtful(self, answers: Mapping[str, Any], rows: int) -> bool:
        """Tell from the answers whether some value may be unusable."""

        def answer(name: str) -> Any:  # noqa: ANN401  # as the engine gives it
            return answers.get(f"{self.column.name}:{name}")

        least, most = self.limits
        low, high = answer("low"), answer("high")
        return bool(
            answer("present") not in (None, rows)
            or not isfinite(answer("total") or 0)
            or answer("fractional")
            or (answer("present") and None in (low, high))  # DuckDB's infinity is no number of seconds
            or (low is not None and (low < least or isinf(low)))
            or (high is not None and (high > most or isinf(high)))
        )

    def unclean(self, table: ibis.Table, missing: Collection[str]) -> ibis.Table | None:
        """Give a row that tells whether some text is not a value as it stands; None where the column holds no texts.

        Each different text is asked once: an aggregate, as a filter would be put to every row.
        """
        if not self.dtype.is_string() and not (self.dtype.is_floating() and self.column.kind in TEXT_KINDS):
            return None
        texts = table.select(text=self.text(table)).distinct()
        if self.column.kind in ("category", "categories"):
            unclean = ~texts.text.isin(self.column.allowed)
        else:
            nobody = NOBODY if self.column.kind == "id" else frozenset()
            no_value = texts.text.lower().isin(sorted({*missing, *SPREADSHEET_ERRORS, *nobody}))
            unclean = texts.text.re_search(UNTIDY) | no_value | (texts.text.length() > LONGEST)
        return texts.aggregate(unclean=unclean.any()).mutate(column=ibis.literal(self.column.name))

    def bad(self, table: ibis.Table) -> ir.BooleanValue:
        """Tell for each row whether its value is unusable."""
        number = self.numeric(table)
        needed = number if number is not None and self.dtype.is_timestamp() else table[self.source]
        conditions = [needed.isnull()] if self.column.required else []
        if number is not None:
            least, most = self.limits
            if self.dtype.is_floating():
                conditions += [number.isnan(), number.isinf()]
            if self._may_be_fractional():
                conditions.append(number % 1 != 0)
            conditions += [number < least] if least > -inf else []
            conditions += [number > most] if most < inf else []
        return reduce(or_, conditions, ibis.literal(False)).fill_null(False)

    def values(self, table: ibis.Table) -> dict[str, ir.Value]:
        """Give the canonical columns this one becomes."""
        value = table[self.source]
        match self.column.kind:
            case "time" if self.unit == "dates":
                clock = self.numeric(table)
                return {CLOCK: clock, INSTANT: clock} if self._has_zone else {CLOCK: clock}
            case "time":
                hours = value if self.dtype.is_float64() else value.cast("float64")
                return {CLOCK: hours * HOURS_PER_DAY if self.unit == "days" else hours}
            case "integer":
                return {self.column.name: value if self.dtype.is_int64() else value.try_cast("int64")}
            case "number":
                return {self.column.name: value if self.dtype.is_float64() else value.cast("float64")}
            case "boolean":
                return {self.column.name: value}
            case _:
                return {self.column.name: self.text(table)}

    @property
    def _has_zone(self) -> bool:
        return bool(self.dtype.is_timestamp() and self.dtype.timezone)

    def clock(self, answers: Mapping[str, Any]) -> Clock:
        """Tell what is known of the times; date-times that all stand at midnight are dates."""
        low, high = (answers[f"{self.column.name}:{name}"] for name in ("low", "high"))
        if answers[f"{self.column.name}:present"] and None in (low, high):
            low, high = EARLIEST, LATEST
        scale = HOURS_PER_DAY if self.unit == "days" else 1.0
        extent = (None, None) if low is None else (float(low) * scale, float(high) * scale)
        if self._has_zone:
            return Clock(self.unit, "all", "none", False, extent[0], extent[1], utc=True)
        if self.unit != "dates":
            return Clock(self.unit, "none", "none", False, *extent)
        clocked = not self.dtype.is_date() and answers.get(f"{self.column.name}:clocked", True)
        return Clock(self.unit, "none", "none" if clocked else "all", clocked, *extent)


@dataclass(frozen=True)
class ReadColumn:
    """A declared column whose texts had to be read: joined to what each of them means.

    Parameters
    ----------
    column
        Its declaration.
    as_stored
        The column as the engine has it.
    meanings
        A row a text: ``text_NAME``, ``bad_NAME``, and its value or clock, instant and day with that ending.
    moments
        For a column of times, what its texts mean.
    texts, commas
        The different texts, and those with a decimal comma.
    """

    column: Column
    as_stored: EngineColumn
    meanings: ibis.Table
    moments: Moments | None
    texts: tuple[str, ...]
    commas: tuple[str, ...]

    @classmethod
    def of(cls, stored: EngineColumn, texts: list[str], missing: Collection[str]) -> ReadColumn:
        """Read the texts of a column."""
        column = stored.column
        columns: dict[str, tuple[list[Any], pa.DataType]]
        moments = None
        if column.kind == "time":
            parsed: Any = parse_times(column, texts, missing, stored.unit)
            moments = parsed
            columns = {
                CLOCK: (parsed.clock, pa.float64()),
                INSTANT: (parsed.instant, pa.float64()),
                DAY: (parsed.day, pa.bool_()),
            }
        else:
            parsed = parse(column, texts, missing)
            columns = {"value": (parsed.values, ARROW[column.kind])}
        faults = {**parsed.faults, **unreadable(texts)}
        columns |= {
            "text": (texts, pa.string()),
            "bad": ([place in faults for place in range(len(texts))], pa.bool_()),
        }
        arrays = {f"{name}:{column.name}": pa.array(values, kind) for name, (values, kind) in columns.items()}
        commas = tuple(texts[place] for place in parsed.commas)
        return cls(column, stored, ibis.memtable(pa.table(arrays)), moments, tuple(texts), commas)

    def joined(self, table: ibis.Table) -> ibis.Table:
        """Put beside each row what its text means."""
        joined = table.left_join(self.meanings, self.as_stored.text(table) == self.meanings[f"text:{self.column.name}"])
        return joined.select(joined.columns)  # Ibis cannot join again to a join that computes a column

    def bad(self, table: ibis.Table) -> ir.BooleanValue:
        """Tell for each row of the joined table whether its value is unusable."""
        return table[f"bad:{self.column.name}"].fill_null(self.column.required)

    def values(self, table: ibis.Table) -> dict[str, ir.Value]:
        """Give the canonical columns this one becomes."""
        if self.moments is None:
            return {self.column.name: table[f"value:{self.column.name}"]}
        return {name: table[f"{name}:{self.column.name}"] for name in (CLOCK, INSTANT, DAY)}

    def clock(self) -> Clock | None:
        """Tell what is known of the times; None where they are none."""
        if self.moments is None:
            return None
        moments = self.moments
        clocks = [clock for clock in moments.clock if clock is not None]
        instants = sum(instant is not None for instant in moments.instant)
        days = sum(bool(day) for day in moments.day)
        low, high = (min(clocks), max(clocks)) if clocks else (None, None)
        shares = (share(instants, len(clocks)), share(days, len(clocks)))
        local = self.as_stored.unit == "dates" and instants + days < len(clocks)
        utc = all(instant in (None, clock) for instant, clock in zip(moments.instant, moments.clock, strict=True))
        return Clock(self.as_stored.unit, *shares, local, low, high, utc=instants > 0 and utc)
