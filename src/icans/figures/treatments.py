"""Treatments on the rows of a patient-by-day figure: courses, corticosteroids, other drugs against CRS and ICANS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from icans.counts import counted
from icans.figures.data import FigureData, Row
from icans.figures.days import span
from icans.figures.labels import told
from icans.figures.patient_rows import PatientRows
from icans.figures.theme import CROSS, INK, PAPER, Symbol

COURSE = Symbol("course", "circle", PAPER, INK, 1.3)
DEATH = Symbol("death", CROSS, None, INK, 1.7)
DRUGS = (
    Symbol("", "triangle-up"),
    Symbol("", "diamond"),
    Symbol("", "square"),
    Symbol("", "triangle-down"),
    Symbol("", "cross"),
)
"""Symbols of drugs, by how many patients had them; the fifth and later drugs share the last."""


def drug_symbols(doses: Sequence[Row]) -> dict[str, Symbol]:
    """Give each drug a symbol, those most patients had first."""
    patients = Counter(drug for drug, _ in {(row["drug"], row["key"]) for row in doses})
    ranked = sorted(patients, key=lambda drug: (-patients[drug], drug))
    return {drug: DRUGS[min(rank, len(DRUGS) - 1)] for rank, drug in enumerate(ranked)}


def course_rows(data: FigureData, place: PatientRows) -> list[Row]:
    """Mark each course on its day."""
    return [
        {
            "x": int(row["time"] // 1) + 0.5,
            "y": place.middle(row["key"]),
            **COURSE.row(place.symbol),
            "told": told(
                place.named[row["key"]],
                f"day {int(row['time'] // 1)}: course {row['course']}",
                row["drugs"].replace(";", " and "),
            ),
        }
        for row in data.courses
        if place.holds(row["key"], row["time"])
    ]


def steroid_rows(data: FigureData, place: PatientRows) -> list[Row]:
    """Underline the days with a systemic corticosteroid, neighbouring days in one."""
    lines: list[Row] = []
    for row in sorted(data.steroids, key=lambda row: (row["key"], row["day"])):
        if not place.holds(row["key"], row["day"]):
            continue
        if lines and (lines[-1]["key"], lines[-1]["x2"]) == (row["key"], row["day"]):
            lines[-1]["x2"] += 1
            lines[-1]["mg"].append(row["mg"])
        else:
            lines.append({"key": row["key"], "x": row["day"], "x2": row["day"] + 1, "mg": [row["mg"]]})
    return [
        {
            "x": line["x"],
            "x2": line["x2"],
            "y": place.top[line["key"]] + 0.79,
            "y2": place.top[line["key"]] + 0.94,
            "told": told(
                place.named[line["key"]],
                f"{span(line['x'], line['x2'])}: systemic corticosteroid",
                ", ".join("dose not known" if mg is None else f"{mg:.3g}" for mg in line["mg"])
                + " mg a day as dexamethasone"
                if any(mg is not None for mg in line["mg"])
                else "",
            ),
        }
        for line in lines
    ]


def drug_rows(data: FigureData, place: PatientRows) -> list[Row]:
    """Mark each other drug on its day, several of one day side by side."""
    look = drug_symbols(data.doses)
    order = list(look)
    marks = []
    doses = [row for row in data.doses if place.holds(row["key"], row["day"])]
    ranked = sorted(doses, key=lambda row: (row["key"], row["day"], order.index(row["drug"])))
    for (key, day), group in groupby(ranked, key=lambda row: (row["key"], row["day"])):
        same_day = list(group)
        size = place.symbol * (0.8 if len(same_day) > 1 else 1)
        marks += [
            {
                "x": day + (position + 1) / (len(same_day) + 1),
                "y": place.middle(key),
                **look[row["drug"]].row(size),
                "told": told(place.named[key], f"day {day}: {row['drug']}, {counted(row['doses'], 'dose')}"),
            }
            for position, row in enumerate(same_day)
        ]
    return marks


def death_rows(data: FigureData, place: PatientRows) -> list[Row]:
    """Mark a death in the cell after its day."""
    return [
        {
            "x": int(row["death"]) + (1.5 if row["death"] < place.days - 1 else 0.5),
            "y": place.middle(row["key"]),
            **DEATH.row(place.symbol),
            "told": told(
                row["name"],
                f"died on day {int(row['death'])}" + (", of ICANS" if row["death_due_to_icans"] else ""),
            ),
        }
        for row in data.patients
        if row["death"] is not None and place.holds(row["key"], row["death"])
    ]
