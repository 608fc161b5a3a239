"""Collecting what the patient-level figures draw, from derived tables and records."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from icans.counts import counted
from icans.derive.endpoints import evaluable
from icans.derive.episodes import since_infusion
from icans.figures import queries
from icans.figures.data import FigureData, Row
from icans.figures.days import LAST
from icans.figures.pairs import pair_rows
from icans.results.population import highest_known
from icans.scales import catalogue
from icans.units import HOURS_PER_DAY

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine
    from icans.protocol import Protocol
    from icans.records.tables import Records
    from icans.results.gathered import Gathered
    from icans.scales.model import Scale

SHOWN = 120
"""Most patients drawn one by one; beyond it rows are too thin to read and too many to bring to Python."""

Key = TypeVar("Key")

AROUND_HOURS = (-72.0, 672.0)
DEATHS = ("death", "death_due_to_icans")


def figure_data(
    study: Gathered,
    records: Records,
    derived: Mapping[str, ibis.Table],
    protocol: Protocol,
    engine: Engine,
    *,
    scales: Mapping[str, Scale] = MappingProxyType({}),
    shown: int = SHOWN,
) -> FigureData:
    """Collect what the patient-level figures draw.

    Parameters
    ----------
    study
        The study as arrays.
    records
        Its records.
    derived
        Its derived tables by name, computed.
    protocol
        Its definitions.
    engine
        Where the tables live.
    scales
        The scale that grades each toxicity; by default the published one that the protocol names.
    shown
        Most patients to draw one by one; of more, those with the highest ICANS grade are drawn, and all are counted.
    """
    everyone, drawn = _drawn(study, shown)

    def rows(table: ibis.Table) -> list[Row]:
        own = table.filter(table.patient_id.isin(drawn)) if len(drawn) < everyone else table
        return [_keyed(row) for row in engine.rows(own.order_by(own.columns))]  # the same figure from every run

    assessments = queries.assessed(derived["grades"])
    seen = rows(assessments)
    endpoints = _endpoints(rows(derived["endpoints"]), study)
    scale = _scored(records, scales.get("icans") or catalogue.load(protocol.scales.icans)) if endpoints else None
    scores = [] if scale is None else rows(queries.ice_scores(records.neuro, scale))
    episodes = [_episode(row) for row in rows(since_infusion(derived["episodes"])) if row["toxicity"] == "icans"]
    patients = _patients(rows(records.infusions), seen, episodes, rows(records.events), protocol.survival.progression)
    few = len(drawn) == everyone
    totals = {"total": len(patients)} if few else _counted(records, derived, protocol, assessments, engine)
    return FigureData(
        patients=patients,
        days=_days(seen),
        doses=_daily(rows(queries.other_drugs(records.treatments, intervention=protocol.intervention.drugs))),
        steroids=[row | {"mg": row["dexamethasone_equivalent_mg"]} for row in rows(derived["steroids"])],
        courses=[row | {"time": row["hour"] / HOURS_PER_DAY} for row in rows(derived["courses"])],
        episodes=episodes,
        endpoints=endpoints,
        around=list(_around(seen, scores, endpoints)),
        pairs=pair_rows(study),
        **totals,
    )


def _drawn(study: Gathered, shown: int) -> tuple[int, list[str]]:
    """Count the infused patients, and give those drawn: those with the highest ICANS grade."""
    infused = np.flatnonzero(study.cohort.infused)
    highest = np.nan_to_num(highest_known(study, "icans")[infused], nan=-1.0)
    first = np.argsort(-highest, kind="stable")[:shown]
    return infused.size, study.cohort.ids[infused[first]].tolist()


def _scored(records: Records, scale: Scale) -> Scale | None:
    """Give the scale of ICANS where it has an ICE score and the study a column for it."""
    score = scale.score("ice")
    if score is None:
        return None
    columns = {score.total, *(item.column for item in score.items)}
    return scale if columns & records.columns.get("neuro", frozenset()) else None


def _keyed(row: Row) -> Row:
    """Name the patient and infusion of a row: a key no other has, and a name to be read."""
    patient, infusion = row["patient_id"], row["infusion"]
    row["key"] = f"{infusion}|{patient}"
    row["name"] = patient if infusion == 1 else f"{patient} ({infusion})"
    return row


def _in_days(hours: float | None) -> float | None:
    return None if hours is None else hours / HOURS_PER_DAY


def _episode(row: Row) -> Row:
    return row | {name: _in_days(row[f"{name}_hour"]) for name in ("onset", "peak", "end")}


def _endpoints(rows: list[Row], study: Gathered) -> list[Row]:
    """Give the treated episodes, and whether each is the one its patient is evaluated by."""
    evaluated = study.evaluated
    ids = study.cohort.ids[evaluated["patient"]].tolist()
    asked = set(zip(ids, evaluated["infusion"].tolist(), evaluated["episode"].tolist(), strict=True))
    return [
        row
        | {
            "first_course": _in_days(row["first_course_hour"]),
            "remission_time": _in_days(row["remission_hour"]),
            "last_assessed": _in_days(row["last_hour"]),
            "evaluable": (row["patient_id"], row["infusion"], row["episode"]) in asked,
        }
        for row in rows
    ]


def _days(seen: Iterable[Row]) -> list[Row]:
    """Give the worst grade of each patient, toxicity and day; its bounds differ where it is open."""
    days: dict[tuple[str, str, int], Row] = {}
    for row in seen:
        day = int(row["hour"] // HOURS_PER_DAY)
        place = (row["key"], row["toxicity"], day)
        if place in days:
            worst = days[place]
            worst["low"], worst["high"] = max(worst["low"], row["low"]), max(worst["high"], row["high"])
            worst["assessments"] += 1
        else:
            named = {"key": row["key"], "toxicity": row["toxicity"], "day": day}
            days[place] = named | {"low": row["low"], "high": row["high"], "assessments": 1}
    return list(days.values())


def _daily(doses: Iterable[Row]) -> list[Row]:
    counts = Counter((row["key"], int(row["hour"] // HOURS_PER_DAY), row["drug"]) for row in doses)
    return [{"key": key, "day": day, "drug": drug, "doses": number} for (key, day, drug), number in counts.items()]


def _around(seen: Iterable[Row], scores: Iterable[Row], endpoints: Iterable[Row]) -> Iterator[Row]:
    """Give the ICANS assessments around the first course of each treated episode, with the lowest ICE of the hour."""
    ice = _each(min, (((row["key"], row["hour"]), row["ice"]) for row in scores))
    assessments: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(seen, key=lambda row: (row["hour"], row["low"], row["high"])):
        if row["toxicity"] == "icans":
            assessments[row["key"]].append(row)
    for episode in endpoints:
        for row in assessments[episode["key"]]:
            hours = row["hour"] - episode["first_course_hour"]
            if AROUND_HOURS[0] <= hours <= AROUND_HOURS[1]:
                place = {"key": row["key"], "episode": episode["episode"], "hours": hours}
                score = ice.get((row["key"], row["hour"]))
                yield place | {"low": row["low"], "high": row["high"], "ice": score}


def _patients(
    infusions: list[Row],
    seen: Iterable[Row],
    episodes: Iterable[Row],
    events: Iterable[Row],
    progression: Iterable[str],
) -> list[Row]:
    """Give one row an infusion, those with the highest ICANS grade first, then those with the earliest onset."""
    peaks: dict[str, dict[str, int]] = defaultdict(dict)
    for row in seen:
        own = peaks[row["key"]]
        own[row["toxicity"]] = max(row["low"], own.get(row["toxicity"], 0))
    onsets = _each(min, ((row["key"], row["onset"]) for row in episodes))
    dated = [(row["key"], row["event"], row["hour"] / HOURS_PER_DAY) for row in events]
    deaths = _each(min, ((key, time) for key, event, time in dated if event in DEATHS))
    progressions = _each(min, ((key, time) for key, event, time in dated if event in set(progression)))
    contacts = _each(max, ((key, time) for key, event, time in dated if event == "last_contact"))
    of_icans = {key for key, event, _ in dated if event == "death_due_to_icans"}
    starts = {row["key"]: row["start_hour"] for row in infusions}
    patients = []
    for row in infusions:
        key = row["key"]
        following = starts.get(f"{row['infusion'] + 1}|{row['patient_id']}")
        death, contact = deaths.get(key), contacts.get(key)
        next_infusion = None if following is None else (following - row["start_hour"]) / HOURS_PER_DAY
        ends = [end for end in (death, contact if death is None else None, next_infusion) if end is not None]
        patients.append(
            {
                "key": key,
                "patient_id": row["patient_id"],
                "name": row["name"],
                "icans": peaks[key].get("icans"),
                "crs": peaks[key].get("crs"),
                "onset": onsets.get(key),
                "death": death,
                "death_due_to_icans": key in of_icans,
                "progression": progressions.get(key),
                "last_contact": contact,
                "until": min(ends, default=None),
            }
        )
    return sorted(patients, key=_rank)


def _each(pick: Callable[[float, float], float], values: Iterable[tuple[Key, float]]) -> dict[Key, float]:
    """Give the least or greatest value of each key, such as a patient's infusion."""
    picked: dict[Key, float] = {}
    for key, value in values:
        picked[key] = pick(picked[key], value) if key in picked else value
    return picked


def _rank(row: Row) -> tuple[int, float, str]:
    highest = -1 if row["icans"] is None else row["icans"]
    return -highest, float("inf") if row["onset"] is None else row["onset"], row["name"]


def _counted(
    records: Records, derived: Mapping[str, ibis.Table], protocol: Protocol, assessments: ibis.Table, engine: Engine
) -> dict[str, Any]:
    """Count all infusions where there are more patients than are drawn."""
    evaluated = evaluable(derived["endpoints"], indications=protocol.population.indications)
    times = engine.rows(queries.counted_times(derived["episodes"], evaluated))
    for row in times:
        patients = counted(row["patients"], "patient")
        row["told"] = f"{row['panel']}, day {row['value']}: {patients}, grade {row['grade']}"
    total = engine.rows(records.infusions.aggregate(n=records.infusions.count()))[0]["n"]
    return {"total": total, "by_day": engine.rows(queries.counts_by_day(assessments, last=LAST)), "times": times}
