"""Collecting what the patient-level figures draw, from derived tables and records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from icans.derive.endpoints import evaluable
from icans.figures import queries
from icans.figures.data import FigureData, Row
from icans.figures.days import LAST
from icans.scales import catalogue
from icans.units import HOURS_PER_DAY

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine
    from icans.protocol import Protocol
    from icans.records.tables import Records

SHOWN = 120
"""Most infusions drawn one by one; beyond it rows are too thin to read and too many to bring to Python."""


def figure_data(
    records: Records, derived: Mapping[str, ibis.Table], protocol: Protocol, engine: Engine, *, shown: int = SHOWN
) -> FigureData:
    """Collect what the patient-level figures draw.

    Parameters
    ----------
    records
        Records of the study.
    derived
        Derived tables by name, computed.
    protocol
        Definitions of the study.
    engine
        Where the tables live.
    shown
        Most infusions to draw one by one; of more, those with the highest ICANS grade are drawn, and all are counted.
    """
    assessments = queries.assessed(derived["grades"])
    roster = queries.roster(records, derived["episodes"], assessments, progression=protocol.survival.progression)
    drawn = engine.keep(queries.highest_first(roster, shown))
    patients = [_patient(row) for row in engine.rows(drawn.order_by("rank"))]
    if not patients:
        return FigureData()

    def own(table: ibis.Table) -> ibis.Table:
        return table.semi_join(drawn, queries.INFUSION)

    def rows(table: ibis.Table) -> list[Row]:
        return [_keyed(row) for row in engine.rows(table)]

    endpoints, biomarkers = derived["endpoints"], derived["biomarkers"]
    total = patients[0]["total"]
    mine = own(assessments)
    scale = catalogue.load(protocol.scales.icans) if "neuro" in records.present else None
    asked = evaluable(endpoints, indications=protocol.population.indications)
    return FigureData(
        total=total,
        patients=patients,
        days=rows(queries.daily(mine)),
        doses=rows(queries.other_drugs(own(records.treatments), intervention=protocol.intervention.drugs)),
        steroids=[{**row, "mg": row["dexamethasone_equivalent_mg"]} for row in rows(own(derived["steroids"]))],
        courses=[_course(row) for row in rows(own(derived["courses"]))],
        episodes=[_episode(row) for row in rows(own(derived["episodes"])) if row["toxicity"] == "icans"],
        endpoints=_endpoints(rows(own(endpoints)), protocol.population.indications),
        around=rows(queries.around_first_course(mine, own(records.neuro), own(endpoints), scale)),
        pairs=rows(queries.paired(biomarkers, asked)),
        **(_counted(assessments, derived["episodes"], asked, engine) if total > shown else {}),
    )


def _counted(assessments: ibis.Table, episodes: ibis.Table, asked: ibis.Table, engine: Engine) -> dict[str, list[Row]]:
    """Count all infusions where there are more than are drawn."""
    times = [
        {**row, "grade": row["grade"] or 0, "told": f"{row['panel']}, day {row['value']}: {row['patients']:,} patients"}
        for row in engine.rows(queries.counted_times(episodes, asked))
    ]
    return {"by_day": engine.rows(queries.counts_by_day(queries.daily(assessments), last=LAST)), "times": times}


def _keyed(row: Row) -> Row:
    """Name the patient and infusion of a row: a key no other has, and a name to be read."""
    patient, infusion = row["patient_id"], row["infusion"]
    return {**row, "key": f"{infusion}|{patient}", "name": patient if infusion == 1 else f"{patient} ({infusion})"}


def _days(hours: float | None) -> float | None:
    return None if hours is None else hours / HOURS_PER_DAY


def _patient(row: Row) -> Row:
    dated = ("onset", "death", "progression", "last_contact", "next_infusion")
    patient = _keyed(row) | {name: _days(row[name]) for name in dated}
    ends = (patient["death"], patient["last_contact"] if patient["death"] is None else None, patient["next_infusion"])
    return {**patient, "until": min((end for end in ends if end is not None), default=None)}


def _course(row: Row) -> Row:
    return {**row, "time": _days(row["hour"])}


def _episode(row: Row) -> Row:
    return {**row, "onset": _days(row["onset_hour"]), "peak": _days(row["peak_hour"]), "end": _days(row["end_hour"])}


def _endpoints(rows: Sequence[Row], indications: Sequence[str]) -> list[Row]:
    """Give the treated episodes; evaluable is the first of each infusion with an indication the study asks about."""
    seen: set[str] = set()
    made = []
    for row in sorted(rows, key=lambda row: (row["key"], row["episode"])):
        evaluable = row["indication"] in indications and row["key"] not in seen
        if evaluable:
            seen.add(row["key"])
        made.append(
            {
                **row,
                "first_course": _days(row["first_course_hour"]),
                "remission_time": _days(row["remission_hour"]),
                "last_assessed": _days(row["last_hour"]),
                "evaluable": evaluable,
            }
        )
    return made
