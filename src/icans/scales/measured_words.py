"""What a scale takes from measurements, in words: quantities and their units, formulas, points of amounts, series."""

from __future__ import annotations

from collections.abc import Sequence

from icans.scales.conditions import Interval
from icans.scales.measures import Measure, Quantity, Series
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


def measurement_sentences(scale: Scale) -> list[str]:
    """Say what is measured, in which units it may come, and how a series of it is looked at."""
    return [
        *map(_quantity, scale.quantities),
        *([_series(scale.series)] if scale.series else []),
        *map(_measure, scale.measures),
    ]


def _quantity(quantity: Quantity) -> str:
    others = [unit.name for unit in quantity.units if unit.name != quantity.unit]
    also = f", converted from {' or '.join(others)}" if others else ""
    label = f"{quantity.label[:1].upper()}{quantity.label[1:]}"
    columns = ", ".join(f"`{column.name}`" for column in quantity.columns)
    called = ", ".join(quantity.analytes)
    return f"{label} in {quantity.unit}{also}. Among measurements it is called {called}; as a column {columns}."


def _series(series: Series) -> str:
    filled = (
        f"up to {series.filled_days} days without a measurement are filled, between two of them on a straight line"
        if series.filled_days
        else "days without a measurement stay unknown"
    )
    ends = f", at most until {' or '.join(word.replace('_', ' ') for word in series.ends_at)}" if series.ends_at else ""
    return (
        f"It is looked at from day {series.first_day} to day {series.last_day} after infusion{ends}. The lowest "
        f"measurement of a day counts; {filled}."
    )


def _measure(measure: Measure) -> str:
    recovery = (
        f" A run ends with {measure.recovery_days} days in a row outside it; fewer do not end it, and count in it."
        if measure.recovery_days > 1 and measure.gives != "days"
        else ""
    )
    return f"`{measure.name}`: {measure.label}.{recovery}"
