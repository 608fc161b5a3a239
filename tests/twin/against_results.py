"""The table of results of made cohorts, and of parts of them, held against the second computation row for row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from math import isclose
from pathlib import Path
from random import Random
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from tests.twin.against import STEPS
from tests.twin.cohorts import cohort, faults, never_charted, on_calendars, protocol
from tests.twin.folders import write
from tests.twin.records import Row, Tables
from tests.twin.results import results
from tests.twin.results_patients import described
from tests.twin.results_rows import Number, Rows
from tests.twin.results_study import Made

from icans.engines import connect
from icans.records.findings import Finding
from icans.records.tables import Records
from icans.results import store
from icans.results.gathered import gather
from icans.results.rows import Result
from icans.results.study import results_of
from icans.study import Study

COMPARED = (
    *("population", "baseline", "toxicity", "exposure", "remission", "recurrence", "time_to_remission", "biomarkers"),
    *("survival", "agreement", "data", "scales"),
)
"""Analyses of every study; those that a protocol asks for have their own tests."""
OF_READING = {"rows_read", "rows_used", "rows_unusable"}
"""Statistics of tables as they were read, which are not computed a second time."""
WITH_IDS = ("patients", "infusions", "neuro", "crs", "treatments", "labs", "events")


def compared_results(folder: Path, seed: int, *, time: str, patients: int, parts: int) -> int:
    """Give how many rows are the same, of a cohort and of some parts of it; fail where one is not."""
    random = Random(seed)
    records, definitions = drawn(random, time, patients)
    write(folder, records, definitions, time=time, columnar=random.random() < 0.5)
    engine = connect()
    study = Study.read(folder, engine)
    derived = study.derive(folder / "derived", lambda step: None)
    findings = list(study.records.findings)
    store.write(computed(study, study.records, derived, findings), folder)
    tables = {name: pq.read_table(folder / "derived" / f"{name}.parquet").to_pylist() for name in derived}
    made = Made(records["patients"], records["infusions"], tables, definitions, [], not records["infusions"])
    written = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    same = assert_results(written, replace(made, findings=named(findings)), "all patients")
    for _ in range(parts):
        part = changed(random, made)
        ids = {row["patient_id"] for row in part.patients}
        own = [one for one in findings if one.patient_id in ids]
        rows = computed(study, of_patients(study.records, ids), as_tables(part.derived, folder / "derived"), own)
        same += assert_results([asdict(row) for row in rows], replace(part, findings=named(own)), str(sorted(ids)))
    engine.close()
    return same


def drawn(random: Random, time: str, patients: int) -> tuple[Tables, Row]:
    """Draw the records and the definitions of a study."""
    records = cohort(random, patients, STEPS[time])
    if time == "dates":
        on_calendars(random, records)
    elif random.random() < 0.3:
        records["infusions"].clear()
    if random.random() < 0.3:
        never_charted(random, records)
    if records["infusions"] and random.random() < 0.5:
        faults(random, records)
    describe(random, records)
    definitions = protocol(random, cutoff=time == "dates" and random.random() < 0.5)
    definitions["survival"] |= {
        "interval": random.choice(["log-log", "log", "plain"]),
        "landmarks_months": random.choice([[3, 6, 12], [0.1, 0.25, 1], [0.5]]),
    }
    definitions["remission"] |= {"landmarks_days": random.choice([[1, 3, 7, 14], [0.25, 2], [1, 100]])}
    return records, definitions


def computed(study: Study, records: Records, derived: dict[str, Any], findings: list[Finding]) -> list[Result]:
    gathered = gather(records, derived, study.protocol, study.engine)
    return results_of(gathered, records, study.protocol, findings, scales=study.scales)


def named(findings: list[Finding]) -> list[tuple[str, str]]:
    return [(one.severity, one.patient_id) for one in findings]


def describe(random: Random, records: Tables) -> None:
    """Add columns of every kind to patients and infusions."""
    for number, row in enumerate(records["patients"]):
        row["sex"] = random.choice(["female", "male", None])
        row["site"] = random.choice(["north", "south", "south", None])
        row["score"] = random.choice(["1", "2.5", "10", None])
        row["ward"] = random.choice(["1", "2", "2b"])
        row["chart"] = f"chart {number}"
        row["prior_lines"] = random.choice([0, 1, 2, 7, None])
    for row in records["infusions"]:
        again = next(
            one
            for one in records["infusions"]
            if one["patient_id"] == row["patient_id"] and one["infused_at"] == row["infused_at"]
        )
        row["product"] = again.get("product", random.choice(["a", "b", None]))
        row["dose_cells_per_kg"] = again.get("dose_cells_per_kg", random.choice([2e6, 1.5e6, None]))


def changed(random: Random, made: Made) -> Made:
    """Take some of the patients, and change what is derived of them in the direction of what is rare."""
    ids = sorted(row["patient_id"] for row in made.patients)
    treated = {row["patient_id"]: row["remission"] for row in made.derived["endpoints"]}
    pool = random.choice(
        [
            ids,
            [one for one in ids if one in made.evaluated],
            [one for one in ids if one not in treated],
            [one for one in ids if one not in made.evaluated],
            [one for one in ids if treated.get(one)],
            [one for one in ids if treated.get(one) is False],
        ]
    )
    chosen = set(random.sample(pool, min(len(pool), random.choice([1, 2, 4, 7, 8, 20, len(ids)]))))
    derived = {name: [dict(row) for row in rows if row["patient_id"] in chosen] for name, rows in made.derived.items()}
    for change in random.sample([tie, outcome, measured, no_limits, early], random.choice([0, 1, 2, 3])):
        change(random, derived)
    patients, infusions = (
        [row for row in rows if row["patient_id"] in chosen] for rows in (made.patients, made.infusions)
    )
    return replace(made, patients=patients, infusions=infusions, derived=derived)


def tie(random: Random, derived: Tables) -> None:
    """Let many patients have one time."""
    days = random.choice([1, 3, 30.4375])
    for row in derived["survival"]:
        row["time_days"] = days * round(row["time_days"] / days)


def outcome(random: Random, derived: Tables) -> None:
    """Censor everyone, or nobody, or every other."""
    events = random.choice([[0], [1], [0, 1], [0, 1, 1]])
    for row in derived["survival"]:
        row["event"] = random.choice(events)


def measured(random: Random, derived: Tables) -> None:
    """Measure every treated patient twice, some with detection limits."""
    limited = random.random() < 0.3
    treated = {(row["patient_id"], row["infusion"]) for row in derived["endpoints"]}
    for patient, infusion in sorted(treated):
        row = {
            "patient_id": patient,
            "infusion": infusion,
            "specimen": "plasma",
            "analyte": "ferritin",
            "unit": "ng/mL",
        }
        for time in ("before", "after"):
            row |= {time: random.randrange(40) / 4, f"{time}_hour": 0.0, f"{time}_limit": None}
            if limited and random.random() < 0.3:
                row[f"{time}_limit"] = random.choice("<>")
        derived["biomarkers"].append(row)


def no_limits(_: Random, derived: Tables) -> None:
    for row in derived["biomarkers"]:
        row["before_limit"] = row["after_limit"] = None


def early(random: Random, derived: Tables) -> None:
    """Put corticosteroids around the infusion."""
    days = random.choice([1, 3])
    for row in derived["steroids"]:
        row["day"] -= days


def of_patients(records: Records, ids: set[str]) -> Records:
    tables = {name: getattr(records, name) for name in WITH_IDS}
    return replace(
        records, **{name: table.filter(table.patient_id.isin(sorted(ids))) for name, table in tables.items()}
    )


def as_tables(derived: Tables, folder: Path) -> dict[str, Any]:
    schemas = {name: pq.read_schema(folder / f"{name}.parquet") for name in derived}
    return {name: ibis.memtable(pa.Table.from_pylist(rows, schemas[name])) for name, rows in derived.items()}


def assert_results(found: list[Row], made: Made, name: str) -> int:
    ours = {key(row): row for row in found if row["analysis"] in COMPARED and row["statistic"] not in OF_READING}
    said = {*described(made.patients), *described(made.infusions)}
    ours = {name: row for name, row in ours.items() if name[0] != "baseline" or name[2] in said}
    expected = results(made, ours)
    faults = list(differences(ours, expected))
    assert not faults, f"{name}: {len(faults)} rows\n" + "\n".join(faults[:400])
    return len(expected)


def key(row: Row) -> tuple[Any, ...]:
    return tuple(row[column] for column in ("analysis", "group", "variable", "level", "statistic"))


def differences(ours: dict[Any, Row], expected: Rows) -> Iterator[str]:
    for missing in expected.keys() - ours.keys():
        yield f"{missing}: missing, expected {expected[missing]}"
    for extra in ours.keys() - expected.keys():
        if not empty_reason(ours[extra]):
            yield f"{extra}: extra, found {ours[extra]}"
    for name in ours.keys() & expected.keys():
        for fault in different(ours[name], expected[name]):
            yield f"{name}: {fault}; found {ours[name]}, expected {expected[name]}"


def empty_reason(row: Row) -> bool:
    """Tell whether a row says that nobody left the study by some way."""
    return row["analysis"] == "population" and row["level"] is not None and row["value"] == 0


def different(row: Row, number: Number) -> Iterator[str]:
    value = row["value"]
    if (value is None) != (number.value is None) or (value is None) != bool(row["reason"]):
        yield "value or reason"
    elif value is not None and not isclose(value, number.value or 0, rel_tol=1e-9, abs_tol=1e-9):
        yield "value"
    if value is None and not row["reason"].startswith(number.reason):
        yield "reason"
    if number.named not in row["method"]:
        yield "method"
    if row["n"] != number.n:
        yield "n"
    if tuple(row["patients"]) != number.patients:
        yield "patients"
    if number.unit is not None and row["unit"] != number.unit:
        yield "unit"
