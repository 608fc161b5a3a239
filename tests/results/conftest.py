"""A worked study of seven patients, small enough to check every number by hand.

P1  ICANS 3 from hour 72, treated at 96 for severe ICANS, grade 1 at 120; a second episode; dies at 6 months.
P2  ICANS 2 from hour 24, treated at 48 as steroid-refractory, no remission; alive at 12 months.
P3  ICANS 2, then an open assessment of 3 or 4; treated, but for no indication; dies at 3 months.
P4  assessed, never ICANS; dies at 9 months.            P5  never assessed; seen until 9 months.
P6  one assessment, its grade open from 0 to 2; seen until 2 months.            P7  screened, never infused.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import ibis
import pyarrow as pa
import pytest

from icans.derive.schema import DERIVED
from icans.engines import connect
from icans.protocol import Protocol
from icans.records.findings import Finding
from icans.records.tables import Records, RowCount
from icans.results.study import study_results

KINDS = {
    "string": pa.string(),
    "int8": pa.int8(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
}
MONTH = 30.4375


@dataclass
class Worked:
    """Rows of a study, changed by a test before its results are computed."""

    engine: object
    patients: list[dict] = field(default_factory=list)
    infusions: list[dict] = field(default_factory=list)
    derived: dict[str, list[dict]] = field(default_factory=lambda: {name: [] for name in DERIVED})
    findings: list[Finding] = field(default_factory=list)
    protocol: Protocol = field(default_factory=lambda: Protocol(study={"title": "Worked"}))
    reverse: bool = False

    def records(self):
        patients = self._table(self.patients, {"patient_id": pa.string()})
        infusions = self._table(self.infusions, {"patient_id": pa.string(), "infusion": pa.int64()})
        empty = self._table([], {"patient_id": pa.string()})
        present = frozenset({"patients", "infusions"})
        columns = {"patients": frozenset(patients.columns), "infusions": frozenset(infusions.columns)}
        rows = {"patients": RowCount(len(self.patients) + 1, len(self.patients))}
        return Records(patients, infusions, *[empty] * 5, present, columns, rows, tuple(self.findings))

    def tables(self):
        return {
            name: self._table(rows, {column: KINDS[kind] for column, (kind, _) in DERIVED[name].items()})
            for name, rows in self.derived.items()
        }

    def results(self):
        return study_results(self.records(), self.tables(), self.protocol, self.engine, self.findings)

    def _table(self, rows, kinds):
        extra = {name: None for row in rows for name in row if name not in kinds}
        ordered = rows[::-1] if self.reverse else rows
        table = {name: pa.array([row.get(name) for row in ordered], kind) for name, kind in kinds.items()}
        table |= {name: pa.array([row.get(name) for row in ordered]) for name in extra}
        return ibis.memtable(pa.table(table))


@pytest.fixture(scope="session")
def engine():
    opened = connect()
    yield opened
    opened.close()


def grade(patient, hour, value, low=None, high=None, *, toxicity="icans", recorded=None, missing="", scale="made"):
    return {
        "patient_id": patient,
        "infusion": 1,
        "hour": float(hour),
        "toxicity": toxicity,
        "scale": scale,
        "grade": value,
        "grade_low": value if low is None else low,
        "grade_high": value if high is None else high,
        "missing": missing,
        "recorded_grade": recorded,
    }


def episode(patient, number, onset, peak, hours, *, resolved, toxicity="icans"):
    return {
        "patient_id": patient,
        "infusion": 1,
        "toxicity": toxicity,
        "episode": number,
        "onset_hour": float(onset),
        "peak_hour": float(peak),
        "resolved": resolved,
        "duration_hours": float(hours),
    }


def treated(patient, indication, course, from_onset, courses, *, remission, last, to_remission=None, recurrence=None):
    return {
        "patient_id": patient,
        "infusion": 1,
        "episode": 1,
        "indication": indication,
        "first_course_hour": float(course),
        "hours_from_onset": float(from_onset),
        "courses": courses,
        "remission": remission,
        "remission_hour": None if to_remission is None else course + to_remission,
        "hours_to_remission": to_remission,
        "last_hour": float(last),
        "recurrence": recurrence,
    }


def course(patient, number, hour, doses, in_episode=1):
    return {
        "patient_id": patient,
        "infusion": 1,
        "episode": in_episode,
        "course": number,
        "hour": float(hour),
        "doses": doses,
    }


def steroid(patient, day, mg):
    return {"patient_id": patient, "infusion": 1, "day": day, "dexamethasone_equivalent_mg": mg}


def followed(patient, endpoint, days, event):
    return {"patient_id": patient, "infusion": 1, "endpoint": endpoint, "time_days": days, "event": event}


def pair(patient, before, after, before_limit=None, after_limit=None):
    return {
        "patient_id": patient,
        "infusion": 1,
        "specimen": "csf",
        "analyte": "IL-6",
        "unit": "pg/mL",
        "before": before,
        "before_limit": before_limit,
        "after": after,
        "after_limit": after_limit,
    }


def patient(identity, age, sex, site, score, cns):
    return {"patient_id": identity, "age_years": age, "sex": sex, "site": site, "score": score, "cns_involvement": cns}


def infusion(identity, number, product, dose):
    return {"patient_id": identity, "infusion": number, "product": product, "dose_cells_per_kg": dose}


@pytest.fixture
def worked(engine):
    """Give the worked study to change."""
    return made(engine)


@pytest.fixture(scope="session")
def worked_results(engine):
    """Give the results of the worked study as it is."""
    return made(engine).results()


def made(engine):
    study = Worked(engine)
    study.patients = [
        patient("P1", 30.0, "female", "north", "1.5", True),
        patient("P2", 40.0, "male", "north", "2", False),
        patient("P3", 50.0, "female", "south", "10", True),
        patient("P4", 60.0, "male", "south", None, None),
        patient("P5", 70.0, "female", "south", "4", False),
        patient("P6", None, "male", None, "3", False),
        patient("P7", 20.0, "female", "north", "9", True),
    ]
    study.infusions = [
        infusion("P1", 1, "a", 2e6),
        infusion("P1", 2, "z", 9e6),
        *(infusion(f"P{i}", 1, product, 1e6 * i) for i, product in enumerate("abbca", start=2)),
    ]
    study.derived["grades"] = [
        grade("P1", 48, 0, recorded=0),
        grade("P1", 72, 3, recorded=3),
        grade("P1", 96, 3, 2, 3, missing="motor", recorded=2),
        grade("P1", 120, 1, recorded=1),
        grade("P1", 144, 0),
        grade("P2", -24, 4),
        grade("P2", 24, 1, recorded=1),
        grade("P2", 48, 2, recorded=2),
        grade("P2", 72, 0),
        grade("P3", 48, 2, scale="recorded", recorded=2),
        grade("P3", 60, None, 3, 4, missing="ice;motor"),
        grade("P4", 24, 0),
        grade("P6", 48, None, 0, 2, missing="ice"),
        grade("P1", 24, 1, toxicity="crs"),
        grade("P2", 24, 2, toxicity="crs"),
        grade("P4", 24, 1, toxicity="crs"),
    ]
    study.derived["episodes"] = [
        episode("P1", 1, 72, 72, 72, resolved=True),
        episode("P1", 2, 240, 240, 24, resolved=True),
        episode("P2", 1, 24, 48, 48, resolved=True),
        episode("P3", 1, 48, 48, 12, resolved=False),
        episode("P1", 1, 24, 24, 48, resolved=True, toxicity="crs"),
    ]
    study.derived["endpoints"] = [
        treated("P1", "severe", 96, 24, 2, remission=True, to_remission=24.0, recurrence=False, last=264),
        treated("P2", "steroid_refractory", 48, 24, 1, remission=False, last=72),
        treated("P3", None, 60, 12, 1, remission=None, last=60),
    ]
    study.derived["courses"] = [
        course("P1", 1, 96, 2),
        course("P1", 2, 120, 1),
        course("P1", 3, 900, 5, in_episode=None),
        course("P2", 1, 48, 2),
        course("P3", 1, 60, 2),
        course("P4", 1, 60, 2, in_episode=None),
    ]
    study.derived["steroids"] = [
        steroid("P1", -1, 100.0),
        steroid("P1", 3, 10.0),
        steroid("P1", 4, 20.5),
        steroid("P2", 2, 10.0),
        steroid("P2", 3, None),
    ]
    study.derived["survival"] = [
        *(
            followed(who, "os", months * MONTH, event)
            for who, months, event in [
                ("P1", 6, 1),
                ("P2", 12, 0),
                ("P3", 3, 1),
                ("P4", 9, 1),
                ("P5", 9, 0),
                ("P6", 2, 0),
            ]
        ),
        *(followed(who, "pfs", 2 * MONTH, 0) for who in ("P1", "P2", "P3")),
        followed("P1", "remission", 1.0, 1),
        followed("P2", "remission", 1.0, 0),
        followed("P3", "remission", 5.0, 2),
    ]
    study.derived["biomarkers"] = [
        pair("P1", 100.0, 10.0),
        pair("P2", 50.0, 5.0, after_limit="<"),
        pair("P3", 1.0, 9.0),
    ]
    study.findings = [
        Finding("error", "patients.csv", 9, "age_years", "old", "is not a number", patient_id=""),
        Finding("warning", "neuro.csv", 3, "ice", "10", "goes with grade 4", patient_id="P1"),
    ]
    return study
