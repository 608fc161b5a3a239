"""A small study made by hand, as the rows that figures draw."""

from dataclasses import replace

import pytest

from icans.figures.data import FigureData
from icans.figures.gallery import all_figures
from icans.protocol import Protocol
from icans.results.curves import Curve
from icans.results.rows import Result


def patient(key, *, name=None, icans=0, onset=None, death=None, last_contact=None, progression=None):
    return {
        "key": key,
        "patient_id": name or key,
        "name": name or key,
        "icans": icans,
        "crs": 1,
        "onset": onset,
        "death": death,
        "death_due_to_icans": False,
        "progression": progression,
        "last_contact": last_contact,
        "until": death if death is not None else last_contact,
    }


def day(key, on, low, high=None, toxicity="icans"):
    high = low if high is None else high
    return {"key": key, "toxicity": toxicity, "day": on, "low": low, "high": high, "assessments": 2}


def endpoint(key, *, grade, start, remission, last):
    return {
        "key": key,
        "episode": 1,
        "baseline_grade": grade,
        "first_course": start,
        "remission": remission is not None,
        "remission_time": remission,
        "last_assessed": last,
        "evaluable": True,
    }


def around(key, hours, low, high=None, ice=None):
    return {"key": key, "episode": 1, "hours": hours, "low": low, "high": low if high is None else high, "ice": ice}


def pair(key, analyte, before, after, before_limit=None, after_limit=None, specimen="csf"):
    return {
        "key": key,
        "name": key,
        "specimen": specimen,
        "analyte": analyte,
        "unit": "pg/mL",
        "before": before,
        "before_limit": before_limit,
        "after": after,
        "after_limit": after_limit,
        "pairs": 2,
    }


@pytest.fixture
def study() -> FigureData:
    """Four patients: A severe and in remission, B mild and never in remission, C without ICANS, D not assessed."""
    return FigureData(
        total=4,
        patients=[
            patient("A", icans=4, onset=2.5, last_contact=200.0),
            patient("B", icans=2, onset=4.0, death=70.0, progression=40.0),
            patient("C", last_contact=90.0),
            patient("D", icans=None),
        ],
        days=[
            *(day("A", on, grade) for on, grade in enumerate([0, 0, 3, 4, 1, 0, 0])),
            *(day("B", on, grade) for on, grade in [(0, 0), (1, 0), (4, 1), (5, 2), (6, 1)]),
            day("B", 3, 0, 2),
            *(day("C", on, 0) for on in range(5)),
            *(day(key, 1, 2, toxicity="crs") for key in "ABC"),
        ],
        doses=[
            {"key": "C", "day": 1, "drug": "tocilizumab", "doses": 1},
            {"key": "C", "day": 1, "drug": "anakinra", "doses": 2},
            {"key": "B", "day": 1, "drug": "tocilizumab", "doses": 1},
        ],
        steroids=[
            {"key": "A", "day": 2, "mg": 20.0},
            {"key": "A", "day": 3, "mg": None},
            {"key": "B", "day": 5, "mg": 10.0},
        ],
        courses=[
            {"key": "A", "time": 3.2, "course": 1, "drugs": "dexamethasone;methotrexate"},
            {"key": "B", "time": 5.1, "course": 1, "drugs": "dexamethasone"},
        ],
        episodes=[
            {"key": "A", "episode": 1, "onset": 2.5, "peak": 3.1, "peak_grade": 4, "end": 5.2, "resolved": True},
            {"key": "B", "episode": 1, "onset": 4.0, "peak": 5.0, "peak_grade": 2, "end": 6.5, "resolved": False},
        ],
        endpoints=[
            endpoint("A", grade=4, start=3.2, remission=4.2, last=6.9),
            endpoint("B", grade=2, start=5.1, remission=None, last=6.5),
        ],
        around=[
            *(around("A", *point) for point in [(-12, 3, 4, 1), (-1, 4, 4, 0), (24, 1, 1, 8), (60, 0, 0, 10)]),
            *(around("B", *point) for point in [(-20, 1, 1, 8), (-2, 2, 2, 5), (30, 1, 1, 8)]),
        ],
        pairs=[
            pair("A", "IL-6", 900.0, 35.0),
            pair("B", "IL-6", 120.0, 1.5, after_limit="<"),
            pair("B", "protein", 0.5, 0.9),
        ],
    )


@pytest.fixture
def renamed(study):
    """The study with patient A called otherwise."""

    def rename(name: str) -> FigureData:
        patients = [{**row, "name": name, "patient_id": name} if row["key"] == "A" else row for row in study.patients]
        pairs = [{**row, "name": name} if row["key"] == "A" else row for row in study.pairs]
        return replace(study, patients=patients, pairs=pairs)

    return rename


def row(analysis, variable, statistic, value, **about) -> Result:
    return Result(analysis, variable, statistic, value, **about)


@pytest.fixture
def results() -> list[Result]:
    return [
        row("population", "screened", "n", 5.0),
        row("population", "infused", "n", 4.0),
        row("population", "not_infused", "n", 1.0, level="no infusion recorded"),
        row("population", "with_icans", "n", 2.0),
        row("population", "without_icans", "n", 1.0, level="no ICANS observed"),
        row("population", "without_icans", "n", 1.0, level="no ICANS assessment"),
        row("population", "severe", "n", 1.0),
        row("population", "treated", "n", 2.0),
        row("population", "not_treated", "n", 0.0, level="IDM not given"),
        row("population", "evaluable", "n", 2.0, method="patients given IDM in severe ICANS"),
        row("data", "neuro", "rows_unusable", 3.0, n=400),
        row("data", "labs", "rows_unusable", 0.0, n=20),
        row("toxicity", "icans_onset_days", "median", 3.25, unit="days", method="from infusion; median", n=2),
        row("toxicity", "icans_onset_days", "min", 2.5, unit="days"),
        row("toxicity", "icans_onset_days", "max", 4.0, unit="days"),
        row("time_to_remission", "days_to_remission", "median_all", 1.0, unit="days", method="Aalen-Johansen", n=2),
        row("time_to_remission", "days_to_remission", "ci_low", 0.9, unit="days"),
        row("time_to_remission", "days_to_remission", "ci_high", None, unit="days", reason="not reached"),
        row("remission", "remission", "n", 2.0),
        row("remission", "remission", "events", 1.0),
        row("biomarkers", "IL-6", "n", 2.0, group="csf"),
        row("biomarkers", "IL-6", "median_before", 510.0, group="csf", unit="pg/mL"),
        row("biomarkers", "IL-6", "median_after", 18.25, group="csf", unit="pg/mL"),
        row("biomarkers", "IL-6", "p_value", 0.5, group="csf", method="before and after; exact Wilcoxon signed-rank"),
        row("survival", "os", "n", 4.0),
        row("survival", "os", "events", 1.0),
        row("survival", "os", "median", None, unit="months", reason="not reached: 1 death"),
    ]


def step(time, percent, at_risk, events, censored, low=None, high=None):
    return {
        "time": time,
        "percent": percent,
        "low": low,
        "high": high,
        "at_risk": float(at_risk),
        "events": float(events),
        "censored": float(censored),
    }


@pytest.fixture
def curves() -> list[Curve]:
    os = [
        step(0.0, 100.0, 4, 0, 0),
        step(2.3, 75.0, 4, 1, 0, 12.8, 96.1),
        step(3.0, 75.0, 3, 0, 1, 12.8, 96.1),
        step(6.6, 75.0, 2, 0, 2, 12.8, 96.1),
    ]
    remission = [step(0.0, 0.0, 2, 0, 0), step(1.0, 50.0, 2, 1, 0, 0.6, 91.0), step(1.4, 50.0, 1, 0, 1, 0.6, 91.0)]
    ticks = [{"time": float(time), "at_risk": 0.0} for time in (0, 2, 4, 6)]
    return [
        Curve("os", None, "months", "Kaplan-Meier, log-log interval", os, ticks),
        Curve("remission", None, "days", "Aalen-Johansen, death competing", remission, ticks[:1]),
    ]


@pytest.fixture
def protocol() -> Protocol:
    return Protocol.model_validate({"study": {"title": "Four patients"}})


@pytest.fixture
def figures(study, curves, results, protocol):
    """Every figure of the study by its id."""
    made, _ = all_figures(study, curves, results, protocol)
    return {figure.id: figure for figure in made}
