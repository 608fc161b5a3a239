"""What a scale takes from measurements: quantities with their units, a formula of them, and measures of a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from icans.records.schema import Column
from icans.scales.conditions import Interval

Gives = Literal["longest_run", "days", "tests", "unrecovered", "lowest", "second_lowest"]
"""What a measure gives: days of the longest run, days of all runs, days with a measurement, whether a run lasts to the
last measurement, the lowest or the second-lowest daily value."""
GIVES: tuple[Gives, ...] = get_args(Gives)
RUNS = ("longest_run", "days", "unrecovered")
VALUES = ("lowest", "second_lowest")


@dataclass(frozen=True)
class Unit:
    """A unit a quantity is measured in.

    Parameters
    ----------
    name
        As it is printed.
    column
        Column of a wide table that holds the quantity in this unit.
    times, divided_by
        A number in this unit, times the one and divided by the other, is the number in the quantity's first unit.
    spellings
        Other ways to write it; case, spaces, ``^``, ``*`` and the sign for micro do not matter.
    """

    name: str
    column: str
    times: float = 1.0
    divided_by: float = 1.0
    spellings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Quantity:
    """What is measured.

    Parameters
    ----------
    name, label
        Name in the scale file, name in text.
    stem
        Column of a wide table that holds it in the unit that the column ``{stem}_unit`` says.
    unit
        Unit the scale works in.
    units
        Every unit it may come in.
    analytes
        What it is called in a table of measurements; case, spaces and signs do not matter.
    most
        Highest number that is possible, in its first unit.
    plausible
        Lowest and highest number that is no likely slip of the unit, in its first unit; 0 is always one.
    """

    name: str
    label: str
    stem: str
    unit: str
    units: tuple[Unit, ...]
    analytes: tuple[str, ...]
    most: float
    plausible: tuple[float, float]

    @property
    def works_in(self) -> Unit:
        """The unit the scale works in."""
        return next(unit for unit in self.units if unit.name == self.unit)

    @property
    def column(self) -> str:
        """Column of a wide table that holds it in the unit the scale works in."""
        return self.works_in.column

    def factors(self, unit: Unit) -> tuple[float, float]:
        """Give what a number in a unit is multiplied with and divided by to be in the unit the scale works in."""
        return unit.times * self.works_in.divided_by, unit.divided_by * self.works_in.times

    def converted(self, number: float) -> float:
        """Convert a number from the first unit to the unit the scale works in."""
        times, divided_by = self.factors(self.units[0])
        return number * times / divided_by

    @property
    def columns(self) -> tuple[Column, ...]:
        """Declarations of the columns of a wide table that hold it, the scale's unit first."""
        first = sorted(self.units, key=lambda unit: unit is not self.works_in)
        return tuple(
            Column(unit.column, "number", self.label, unit.name, 0, self.most * unit.divided_by / unit.times)
            for unit in first
        )


@dataclass(frozen=True)
class Factor:
    """A quantity of a product, and its power: 1, or -1 where the product is divided by it."""

    quantity: str
    power: Literal[1, -1]


@dataclass(frozen=True)
class Series:
    """The days of a patient on which a quantity is looked at.

    Parameters
    ----------
    quantity
        The quantity; of several measurements a day the lowest counts.
    first_day, last_day
        First and last day, counted from infusion.
    filled_days
        Days in a row without a measurement that are filled: between two measurements on the straight line from one to
        the other, before the first and after the last with the nearest one. A longer stretch stays unknown; 0 fills
        nothing.
    ends_at
        Events of the records that end the observation early.
    """

    quantity: str
    first_day: int
    last_day: int
    filled_days: int
    ends_at: tuple[str, ...]

    @property
    def length(self) -> int:
        """Days in the window."""
        return self.last_day - self.first_day + 1


@dataclass(frozen=True)
class Measure:
    """A number or a yes or no that a series gives, for domains to grade.

    Parameters
    ----------
    name, label
        The column, and its name in text.
    gives
        What it is.
    holds
        The values whose days are counted; None for the lowest values.
    recovery_days
        Days in a row outside `holds` that end a run; after fewer the run goes on, and they count in it.
    starts_by
        Last day on which a run may start that lasts to the last measurement.
    fewest
        Measured days without which such a run is not certain.
    most
        Highest number it can be.
    """

    name: str
    label: str
    gives: Gives
    holds: Interval | None
    recovery_days: int
    starts_by: int
    fewest: int
    most: float

    @property
    def column(self) -> Column:
        """Its declaration as a column."""
        if self.gives == "unrecovered":
            return Column(self.name, "boolean", self.label)
        return Column(self.name, "number" if self.gives in VALUES else "integer", self.label, "", 0, self.most)
