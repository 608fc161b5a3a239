"""Rows that belong to nobody: an unknown patient, a patient without an infusion, a time far from every infusion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING

import ibis

from icans.errors import EngineError
from icans.records.findings import MOST_ROWS, Finding, more_rows, shown
from icans.records.headings import name_key
from icans.records.placing import Infusions, may_be_far, placed
from icans.records.rows import ROW, EngineRows, SourceRows
from icans.records.time import CLOCK, EPOCH, FURTHEST, FURTHEST_HOURS
from icans.records.usable import Usable

if TYPE_CHECKING:
    from icans.engines import Engine

MOST_IDS = 5_000
"""Ids among which the nearest to an unknown one is looked for."""
UNKNOWN = "is not a patient of the table patients"
NOT_INFUSED = "has no infusion, so that this row has no hour"
REFUSED = {
    UNKNOWN: ("is a patient whose row in the table patients cannot be used", "Correct that row; this one then counts."),
    NOT_INFUSED: (
        "has no infusion that can be used, so that this row has no hour",
        "Correct the row in the table infusions; this one then counts.",
    ),
}
"""Problem and advice where it is another row of the patient that is at fault."""


def with_strangers(ids: Mapping[str, ibis.Table], known: ibis.Table, engine: Engine) -> frozenset[str]:
    """Name the tables with a patient who is none of the known, or with an empty id.

    Parameters
    ----------
    ids
        Tables by name, each with ``patient_id``.
    known
        ``patient_id`` of the known.
    engine
        Where they live.
    """
    known = known.select("patient_id")
    asked = [
        table.select("patient_id").distinct().anti_join(known, "patient_id").limit(1).select(table=ibis.literal(name))
        for name, table in ids.items()
    ]
    return frozenset(row["table"] for row in engine.rows(ibis.union(*asked))) if asked else frozenset()


def of_known_patients(sources: Mapping[str, SourceRows], patients: Usable, engine: Engine) -> frozenset[str]:
    """Name the tables in the engine whose ids, as they stand, are all those of patients of the study."""
    ids = {}
    for name, rows in sources.items():
        if isinstance(rows, EngineRows) and name != patients.name:
            written = [column for column in rows.table.columns if name_key(column) == "patient_id"]
            if len(written) == 1 and rows.table[written[0]].type().is_string():
                ids[name] = rows.table.select(patient_id=rows.table[written[0]])
    try:
        return frozenset(ids) - with_strangers(ids, patients.table, engine)
    except EngineError:  # a damaged file: reading it says which
        return frozenset()


def strangers(
    table: Usable, patients: Usable, known: ibis.Table, engine: Engine, infusions: Usable | None = None
) -> tuple[int, list[Finding]]:
    """Count the rows of patients who are none of the known, and name the first of them.

    Parameters
    ----------
    table
        Usable rows.
    patients
        The patients of the study.
    known
        Ids of those whose rows can be used: the patients, or those of them with an infusion.
    engine
        Where the rows live.
    infusions
        The infusions, where their rows decide who is known.
    """
    rows = table.numbered().anti_join(known, "patient_id").select("patient_id", ROW)
    unknown = rows.anti_join(patients.table, "patient_id")
    not_infused = rows.semi_join(patients.table, "patient_id")
    ids = engine.collect(patients.table.select("patient_id").limit(MOST_IDS))["patient_id"].to_pylist()
    count, findings = 0, []
    for strange, problem, deciding in ((unknown, UNKNOWN, patients), (not_infused, NOT_INFUSED, infusions)):
        refused = _refused(deciding)
        number = engine.rows(strange.aggregate(n=strange.count()))[0]["n"]
        count += number
        first = engine.rows(strange.order_by(ROW, "patient_id").limit(MOST_ROWS))
        advice = _nearest(ids, {row["patient_id"] for row in first}) if problem == UNKNOWN else {}
        for row in first:
            patient = shown(row["patient_id"])
            do = advice.get(row["patient_id"], "Add the infusion to the table infusions.")
            why, do = REFUSED[problem] if patient in refused else (problem, do)
            findings.append(Finding("error", table.file, row[ROW], "patient_id", patient, why, do, patient))
        if number > len(first):
            findings.append(more_rows(findings[-1], number - len(first), problem))
    return count, findings


def _refused(table: Usable | None) -> frozenset[str]:
    """Give the patients of whom a row cannot be used."""
    findings = table.findings if table else ()
    return frozenset(finding.patient_id for finding in findings if finding.severity == "error")


def _nearest(ids: list[str], unknown: Iterable[str]) -> dict[str, str]:
    other = "Add the patient to the table patients, or correct the id."
    advice = {}
    for place, patient in enumerate(sorted(unknown)):
        close = get_close_matches(patient, ids, n=1, cutoff=0.8) if place < 100 and len(ids) < MOST_IDS else []
        advice[patient] = f"Did you mean {shown(close[0])}?" if close else other
    return advice


def far_rows(table: Usable, infusions: Infusions, engine: Engine) -> tuple[int, list[Finding]]:
    """Count the rows whose time lies too far from every infusion, and name the first of them."""
    if not table.clock or not may_be_far(table.clock, infusions):
        return 0, []
    rows = placed(table.numbered(), table.clock, infusions, known=True, near=True)
    far = rows.filter(rows.hour.abs() > FURTHEST_HOURS).select("patient_id", ROW, CLOCK)
    number = engine.rows(far.aggregate(n=far.count()))[0]["n"]
    dated = table.clock.unit == "dates"
    findings = []
    for row in engine.rows(far.order_by(ROW, "patient_id").limit(MOST_ROWS)):
        value = (EPOCH + timedelta(seconds=row[CLOCK])).date().isoformat() if dated else f"{row[CLOCK]:g}"
        patient = shown(row["patient_id"])
        advice = "Correct the year." if dated else "Correct it."
        findings.append(Finding("error", table.file, row[ROW], "time", value, FURTHEST, advice, patient))
    if number > len(findings):
        findings.append(more_rows(findings[-1], number - len(findings), FURTHEST))
    return number, findings


def without_strangers(table: Usable, patients: Usable, engine: Engine) -> Usable:
    """Leave out the rows of patients who are not in the study."""
    if not with_strangers({table.name: table.table}, patients.table, engine):
        return table
    count, findings = strangers(table, patients, patients.table, engine)
    return replace(
        table,
        table=table.table.semi_join(patients.table, "patient_id"),
        numbered=lambda: table.numbered().semi_join(patients.table, "patient_id"),
        used=table.used - count,
        findings=(*table.findings, *findings),
    )
