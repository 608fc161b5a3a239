"""Populations: simulated patients brought through the pipeline once, from which samples are drawn.

Samples are drawn with replacement, so that the population is known without error: the true value of a quantity is what
its estimator gives for the whole population.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from icans.engines import connect
from icans.results.columns import kept
from icans.results.emulated import follow
from icans.results.gathered import gather
from icans.simulate import simulate
from icans.simulate.parameters import Parameters
from icans.stats.cloning import Eligible
from icans.study import Study

T = TypeVar("T")
GRACE_DAYS = 2
FOLLOW_UP_DAYS = 14
TRIAL = f"""
[target_trial]
grade = 2
grace_days = {GRACE_DAYS}
follow_up_days = {FOLLOW_UP_DAYS}
days = [7]
time_varying = ["grade", "days_since_onset"]
"""
ILL = Parameters(icans_probability=1.0, crs_probability=0.0, persistent_probability=0.1, observed_days=1.0)
"""Everyone has ICANS, so that few simulated patients are wasted."""
GROUPS = {
    "one": replace(ILL, treated=(0.5, 0.7, 0.9, 0.9), treatment_effect=1.0),
    "other": replace(ILL, treated=(0.5, 0.7, 0.9, 0.9), treatment_effect=0.0, persistent_probability=0.3),
}
"""Two groups of treated patients who differ in rate and time of remission."""
SICKER = replace(
    ILL,
    plateau_hours=48.0,
    recovery_hours=48.0,
    treatment_hazard=(0.1, 0.25, 0.6, 1.0),
    treatment_hazard_growth=0.2,
    treatment_effect=0.0,
)
LATE = replace(SICKER, treatment_hazard=(0.15, 0.15, 0.15, 0.15), treatment_hazard_growth=0.4)
EFFECT = 1.0
"""Recovery runs twice as fast after the first course."""
SCENARIOS = {"late": LATE, "late_and_sicker": SICKER, "works": replace(SICKER, treatment_effect=EFFECT)}
WORLDS = {
    "treated": replace(SICKER, treatment_effect=EFFECT, treatment_by_hours=36.0),
    "untreated": replace(SICKER, treatment_effect=EFFECT, treatment_from_hours=24.0 * GRACE_DAYS),
}
"""Both strategies of the target trial, forced on everyone: who is untreated in the grace period is treated in the
middle of its last day, or nobody is treated in it."""


@dataclass(frozen=True)
class Treated:
    """Evaluable treated patients as arrays, one entry each.

    Parameters
    ----------
    remission, days, event
        Whether remission was seen; days to it (1), to death (2) or the last assessment (0).
    months, died
        Overall survival in months.
    change
        Change of the logarithm of protein in cerebrospinal fluid; NaN where there is no pair.
    """

    remission: NDArray[np.bool_]
    days: NDArray[np.float64]
    event: NDArray[np.int64]
    months: NDArray[np.float64]
    died: NDArray[np.int64]
    change: NDArray[np.float64]

    @property
    def size(self) -> int:
        return int(self.days.size)


def treated(truth: Parameters, patients: int, seed: int) -> Treated:
    """Give the evaluable patients of a simulated study."""

    def read(study: Study, derived: dict[str, object]) -> Treated:
        gathered = gather(study.records, derived, study.protocol, study.engine)
        who = gathered.evaluated["patient"]
        spread = {}
        for endpoint in ("remission", "os"):
            rows = gathered.of_evaluated(kept(gathered.survival, gathered.survival["endpoint"] == endpoint))
            spread[endpoint] = (
                _beside(who, rows["patient"], rows["time_days"]),
                _beside(who, rows["patient"], rows["event"]),
            )
        pairs = gathered.biomarkers
        pairs = kept(pairs, (pairs["analyte"] == "protein") & ~np.isnan(pairs["before"]) & ~np.isnan(pairs["after"]))
        change = _beside(who, pairs["patient"], np.log(pairs["after"]) - np.log(pairs["before"]))
        there = ~np.isnan(spread["remission"][0]) & ~np.isnan(spread["os"][0])
        return Treated(
            remission=(gathered.evaluated["remission"] == 1)[there],
            days=spread["remission"][0][there],
            event=spread["remission"][1][there].astype(np.int64),
            months=spread["os"][0][there] / 30.4375,
            died=(spread["os"][1][there] == 1).astype(np.int64),
            change=change[there],
        )

    return _through(truth, patients, seed, read)


def eligible(truth: Parameters, patients: int, seed: int) -> Eligible:
    """Give the first eligible episode of each patient of a simulated study, as the target trial sees it."""

    def read(study: Study, derived: dict[str, object]) -> Eligible:
        gathered = gather(study.records, derived, study.protocol, study.engine)
        trial = study.protocol.target_trial
        found = follow(gathered, derived, study.engine, trial).eligible
        first = np.unique(found.patient, return_index=True)[1]
        return chosen(found, first)

    return _through(truth, patients, seed, read, TRIAL)


def chosen(every: Eligible, rows: NDArray[np.int64]) -> Eligible:
    """Give some episodes, each as a patient of its own."""
    return replace(
        every,
        patient=np.arange(rows.size),
        end_hour=every.end_hour[rows],
        event=every.event[rows],
        treated_hour=every.treated_hour[rows],
        covariates=every.covariates[rows],
    )


def _through(
    truth: Parameters, patients: int, seed: int, read: Callable[[Study, dict[str, object]], T], protocol: str = ""
) -> T:
    with tempfile.TemporaryDirectory(prefix="icans-validity-") as scratch:
        place = Path(scratch)
        simulate(place / "cohort", patients=patients, seed=seed, parameters=truth)
        with (place / "cohort" / "study.toml").open("a", encoding="utf-8") as file:
            file.write(protocol)
        engine = connect(scratch=place)
        try:
            study = Study.read(place / "cohort", engine)
            return read(study, study.derive(place / "derived", lambda _: None))
        finally:
            engine.close()


def _beside(who: NDArray[np.int64], patient: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put the first value of each patient beside those asked for, NaN where there is none."""
    patients, first = np.unique(patient, return_index=True)
    place = np.minimum(np.searchsorted(patients, who), max(patients.size - 1, 0))
    found = patients.size > 0 and patients[place] == who
    return np.where(found, np.asarray(values, dtype=np.float64)[first][place], np.nan)
