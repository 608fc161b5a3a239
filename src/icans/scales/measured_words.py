"""What a scale takes from measurements, in words: quantities and their units, formulas, points of amounts, series."""

from __future__ import annotations

from collections.abc import Sequence

from icans.scales.conditions import Interval
from icans.scales.measures import RUNS, Measure, Quantity, Series, Unit
from icans.scales.model import Formula, Item, Scale


def formula_rows(formula: Formula, scale: Scale) -> list[tuple[str, ...]]:
    """Give a row for each quantity of a product: its name, its unit, and what it does."""
    return [
        (
            scale.quantity(one.quantity).label,
            scale.quantity(one.quantity).unit,
            "multiplied" if one.power > 0 else "divided by",
        )
        for one in formula.factors
    ]


def formula_sentence(formula: Formula, scale: Scale) -> str:
    """Write a product as a formula."""
    over, under = (
        [scale.quantity(one.quantity).label for one in formula.factors if one.power == power] for power in (1, -1)
    )
    return f"{formula.label} = {' × '.join(over)}{''.join(f' / {name}' for name in under)}."


def point_rows(items: Sequence[Item]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Give the header and the rows of items whose points depend on an amount."""
    points = sorted({points for item in items for points, _ in item.cells})
    header = ("Item", *(f"{n} {'point' if n == 1 else 'points'}" for n in points))
    return header, [(item.label, *(_earning(item, n) for n in points)) for item in items]


def _earning(item: Item, points: int) -> str:
    most = max(held.most for _, held in item.cells)
    return "; ".join(amounts(held, most) for given, held in item.cells if given == points)


def amounts(held: Interval, most: float) -> str:
    """Write the amounts of an interval, of which 0 is the least and `most` stands for no end."""
    if held.least <= 0 and held.least_counts:
        return f"{'up to' if held.most_counts else 'below'} {held.most:g}"
    start = f"{'from' if held.least_counts else 'above'} {held.least:g}"
    return start if held.most >= most else f"{start} {'to' if held.most_counts else 'to below'} {held.most:g}"


TABLE = (
    "A table with a row for each measurement is read: patient_id; day (days from infusion), hour or time; analyte, "
    "value and unit; and where they are there limit (< or >), infusion, infused_at and ended_at (last day of "
    "observation). Where time holds dates, infused_at holds the date of infusion and days go by the calendar."
)
UNITS = "A number whose unit is not written or not known is never used; detection limits leave open what they must."


def measurement_sentences(scale: Scale) -> list[str]:
    """Say what is measured, in which units it may come, and how a series of it is looked at."""
    measures = ", ".join(f"`{measure.name}`" for measure in scale.measures)
    return [
        *map(_quantity, scale.quantities),
        *([UNITS, TABLE] if scale.quantities else []),
        *(_series(scale.series) if scale.series else []),
        *(_unmeasured(scale.series) if scale.series and any(one.gives in RUNS for one in scale.measures) else []),
        *(_measure(measure) for measure in scale.measures),
        *([f"A table that has {measures} already is graded as it stands."] if measures else []),
    ]


def _quantity(quantity: Quantity) -> str:
    others = [_other(quantity, unit) for unit in quantity.units if unit.name != quantity.unit]
    also = f", converted from {' or '.join(others)}" if others else ""
    label = f"{quantity.label[:1].upper()}{quantity.label[1:]}"
    columns = ", ".join(f"`{column.name}`" for column in quantity.columns)
    stem = f"`{quantity.stem}` with `{quantity.stem}_unit`"
    called = ", ".join(quantity.analytes)
    return (
        f"{label} in {quantity.unit}{also}. Among measurements it is called {called}; as a column {columns}, or {stem}."
    )


def _other(quantity: Quantity, unit: Unit) -> str:
    times, divided_by = quantity.factors(unit)
    if times == divided_by:
        return unit.name
    return f"{unit.name} ({f'× {times / divided_by:g}' if times > divided_by else f'÷ {divided_by / times:g}'})"


def _series(series: Series) -> list[str]:
    ends = f", at most until {' or '.join(word.replace('_', ' ') for word in series.ends_at)}" if series.ends_at else ""
    looked_at = f"It is looked at from day {series.first_day} to day {series.last_day} after infusion{ends}."
    return [f"{looked_at} The lowest measurement of a day counts."]


def _unmeasured(series: Series) -> list[str]:
    filled = (
        f"Up to {series.filled_days} days in a row without a measurement are filled: between two measurements on the "
        "straight line, before the first and after the last with the nearest one. Days of a longer stretch stay unknown"
        if series.filled_days
        else "Days without a measurement stay unknown"
    )
    meaning = "they leave the grade between two bounds, and are unremarkable where unrecorded signs are read as absent"
    return [f"{filled}: {meaning}."]


def _measure(measure: Measure) -> str:
    if measure.gives not in RUNS:
        return f"`{measure.name}`: {measure.label}."
    few = measure.recovery_days - 1
    recovery = (
        "" if few < 1 else f" {few} day{'s' if few > 1 else ''} in a row outside do not end a run, and count in it."
    )
    certain = (
        f" Certain only with {measure.fewest} measured days or more."
        if measure.gives == "unrecovered" and measure.fewest > 1
        else ""
    )
    return f"`{measure.name}`: {measure.label}.{recovery}{certain}"
