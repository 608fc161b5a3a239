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
        ``implausible``, ``zero``; ``rows`` (how many), ``value`` (one of them), and of the first ``row`` and
        ``patient_id`` if the table has them.
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
    wrong = marked.filter(marked.fault.notnull())
    first = {"row": wrong.row.min()} if "row" in rows.columns else {}
    if "patient_id" in rows.columns:
        first["patient_id"] = wrong.patient_id.argmin(wrong.row) if first else wrong.patient_id.min()
    value = wrong["value"].argmin(wrong.row) if "row" in first else wrong["value"].min()
    return engine.rows(
        wrong.group_by("quantity", "fault", "unit", "source").agg(rows=wrong.count(), value=value, **first)
    )


def _divides(scale: Scale, quantity: Quantity) -> bool:
    factors = scale.formula.factors if scale.formula else ()
    return any(factor.quantity == quantity.name and factor.power < 0 for factor in factors)


def findings(found: list[dict[str, Any]], scale: Scale, file: str) -> list[Finding]:
    """Say what is wrong: errors where a measurement is not used, warnings where it is."""
    told = [fault for fault in found if fault["fault"] != "dated"]
    told.sort(key=lambda fault: (fault["fault"] in NO_ERROR, fault.get("row") or 0, fault["quantity"]))
    return [_finding(fault, scale, file) for fault in told]


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
