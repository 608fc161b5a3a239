"""What is wrong or doubtful in measurements: an unknown unit, a number that cannot be, one that is not likely."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis

from icans.records.findings import Finding, shown

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.scales.measures import Quantity
    from icans.scales.model import Scale

MARKS = ("_unread", "_dated")
"""Columns that say what is wrong with a time."""
NO_ERROR = ("implausible", "zero")


def faults(rows: ibis.Table, scale: Scale, engine: Engine) -> list[dict[str, Any]]:
    """Ask once for everything wrong or doubtful in the rows of `icans.scales.amounts.rows_of`.

    Returns
    -------
    list of dict
        A row for each quantity, unit, ``source`` and ``fault``: ``time``, ``dated``, ``no unit``, ``unit``, ``value``,
        ``implausible``, ``zero``, None where nothing is wrong; ``rows`` (how many), and the ``value`` of one, with its
        ``row`` and ``patient_id`` if the table has them.
    """
    doubtful, zero = [], []
    for quantity in scale.quantities:
        this, (least, most) = rows.quantity == quantity.name, map(quantity.converted, quantity.plausible)
        doubtful.append((this, (rows.amount > 0) & ((rows.amount < least) | (rows.amount > most))))
        zero.append((this, (rows.amount == 0) & _divides(scale, quantity)))
    nowhere = ibis.literal(False)
    unread, dated = (rows[mark] if mark in rows.columns else nowhere for mark in MARKS)
    marked = rows.mutate(
        fault=ibis.cases(
            (unread, "time"),
            (dated & (scale.series is not None), "dated"),
            (rows.unit_known.isnull(), "no unit"),
            (~rows.unit_known, "unit"),
            (rows.amount.isnull(), "value"),
            (ibis.cases(*zero, else_=nowhere), "zero"),
            (ibis.cases(*doubtful, else_=nowhere), "implausible"),
            (dated, "dated"),
            else_=ibis.null("string"),
        )
    )
    first = {"row": marked.row.min()} if "row" in rows.columns else {}
    if "patient_id" in rows.columns:
        first["patient_id"] = marked.patient_id.argmin(marked.row) if first else marked.patient_id.min()
    value = marked["value"].argmin(marked.row) if "row" in first else marked["value"].min()
    grouped = marked.group_by("quantity", "fault", "unit", "source")
    return engine.rows(grouped.agg(rows=marked.count(), value=value, **first))


def _divides(scale: Scale, quantity: Quantity) -> bool:
    factors = scale.formula.factors if scale.formula else ()
    return any(factor.quantity == quantity.name and factor.power < 0 for factor in factors)


def findings(found: list[dict[str, Any]], scale: Scale, file: str) -> list[Finding]:
    """Say what is wrong: errors where a measurement is not used, warnings where it is or nothing was measured."""
    told = [fault for fault in found if fault["fault"] not in (None, "dated")]
    told.sort(key=lambda fault: (fault["fault"] in NO_ERROR, fault.get("row") or 0, fault["quantity"]))
    measured = {fault["quantity"] for fault in found}
    never = [quantity for quantity in scale.quantities if quantity.name not in measured]
    return [*(_finding(fault, scale, file) for fault in told), *(_never_measured(one, file) for one in never)]


def _never_measured(quantity: Quantity, file: str) -> Finding:
    columns = ", ".join(column.name for column in quantity.columns)
    advice = f"In the column analyte it is called {', '.join(quantity.analytes)}; as a column of its own {columns}."
    return Finding("warning", file, problem=f"no measurement of {quantity.label} was found", advice=advice)


def _finding(fault: dict[str, Any], scale: Scale, file: str) -> Finding:
    quantity = scale.quantity(fault["quantity"])
    unit, value = shown(fault["unit"] or ""), f"{fault['value']:g}"
    units = ", ".join(one.name for one in quantity.units)
    other = fault["rows"] - 1
    rows = f"; {other} more like it" if other else ""
    source = fault["source"]
    of_unit = "unit" if source == "value" else f"{quantity.stem}_unit"
    column, written, problem, advice = {
        "time": ("time", "", f"is no time that can be read{rows}", "Write days from infusion, or dates as 2024-03-05."),
        "no unit": (
            of_unit,
            "",
            f"a value of {quantity.label} has no unit and is not used{rows}",
            f"Known are: {units}.",
        ),
        "unit": (of_unit, unit, f"is no known unit of {quantity.label}{rows}; not used", f"Known are: {units}."),
        "value": (
            source,
            value,
            f"is no possible {quantity.label} in {unit}{rows}; not used",
            "Correct it, or its unit.",
        ),
        "zero": (source, value, f"is the {quantity.label}: {scale.name} is not defined there{rows}", ""),
        "implausible": (
            source,
            value,
            f"is a doubtful {quantity.label} in {unit}{rows}; used as it stands",
            "Check the unit.",
        ),
    }[fault["fault"]]
    return Finding(
        "warning" if fault["fault"] in NO_ERROR else "error",
        file,
        fault.get("row"),
        column,
        written,
        problem,
        advice,
        fault.get("patient_id") or "",
    )
