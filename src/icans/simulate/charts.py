"""What the ward writes down of a course: assessments, observations, doses, samples, dated events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from icans.records.schema import CRS, NEURO
from icans.simulate.columns import numbers, words
from icans.simulate.courses import Course, Flags, crs_grade, icans_grade
from icans.simulate.decisions import Floats, Integers
from icans.simulate.parameters import LONGEST_DAYS, Parameters
from icans.units import HOURS_PER_DAY

CLOSE_HOURS = 6.0
ROUND_HOURS = 12.0
JITTER = 0.15
"""A round is early or late by at most this share of the time to the next."""

CONSCIOUSNESS = NEURO.column("consciousness").allowed
SEIZURE = NEURO.column("seizure").allowed
MOTOR = NEURO.column("motor").allowed
ICP_EDEMA = NEURO.column("icp_edema").allowed
HYPOTENSION = CRS.column("hypotension").allowed
OXYGEN = CRS.column("oxygen").allowed

CSF = (("CAR-T cells", "cells/µL", 20.0, 1.0), ("protein", "g/L", 0.5, 0.5), ("IL-6", "pg/mL", 150.0, 1.2))
"""Analyte, unit, median and standard deviation of the logarithm before treatment."""
CSF_LIMITS = (1.0, 0.05, 2.0)


@dataclass(frozen=True)
class Block:
    """The patients of a block: their ids, courses, the truth they come from, and the chance that is left.

    Parameters
    ----------
    ids
        Patient ids.
    course
        What happened to them.
    parameters
        The truth.
    chance
        Generator of random numbers.
    kept
        How many of the patients, from the first, belong to the cohort.
    """

    ids: tuple[str, ...]
    course: Course
    parameters: Parameters
    chance: np.random.Generator
    kept: int

    def table(self, patient: Integers, columns: dict[str, pa.Array]) -> pa.Table:
        """Make a table of rows in the order of `patient`, of the patients who belong to the cohort."""
        table = pa.table({"patient_id": words(patient, self.ids), **columns})
        return table if self.kept == len(self.ids) else table.filter(pa.array(patient < self.kept))


def patients(block: Block) -> pa.Table:
    """Give a row a patient."""
    many, chance = len(block.ids), block.chance
    allotted = (
        {"arm": words(block.course.control, ("intervention", "control"))} if block.parameters.untreated_arm else {}
    )
    return block.table(
        np.arange(many),
        allotted
        | {
            "age_years": numbers(block.course.age_years),
            "sex": words(chance.integers(0, 2, many), ("female", "male")),
            "diagnosis": words(chance.integers(0, 4, many), ("B-cell lymphoma", "ALL", "MM", "AML")),
            "prior_lines": numbers(1 + chance.poisson(3.0, many)),
            "marrow_blast_pct": numbers(
                np.round(100 * chance.beta(0.8, 2.5, many), 1), missing=chance.random(many) < 0.1
            ),
            "cns_involvement": numbers(chance.random(many) < 0.15),
        },
    )


def infusions(block: Block) -> pa.Table:
    """Give a row an infusion: one a patient, at hour 0."""
    many, chance = len(block.ids), block.chance
    product = chance.integers(0, 4, many)
    return block.table(
        np.arange(many),
        {
            "infused_at": numbers(np.zeros(many)),
            "product": words(product, ("product A", "product B", "product C", "product D")),
            "target": words(product, ("CD19", "CD19", "BCMA", "CLL1")),
            "dose_cells_per_kg": numbers(np.round(2e6 * np.exp(0.4 * chance.standard_normal(many)), -4)),
        },
    )


def neuro(block: Block) -> pa.Table:
    """Give a row a neurological assessment: rounds every 12 hours, every 6 while ICANS lasts."""
    course, parameters, chance = block.course, block.parameters, block.chance
    ill = (course.icans_onset, course.icans_end + HOURS_PER_DAY)
    patient, hour = _rounds(block, CLOSE_HOURS, parameters.observed_days, ill, closer=True)
    grade = icans_grade(course, patient, hour, parameters.treatment_effect)
    child = course.age_years[patient] < 12
    points = chance.random(len(hour))
    ice = (np.array([10, 7, 3, 0, 0])[grade] + np.floor(points * np.array([1, 3, 4, 3, 1])[grade])).astype(np.int64)
    capd = (np.array([0, 1, 1, 9, 25])[grade] + np.floor(points * np.array([1, 8, 8, 12, 8])[grade])).astype(np.int64)
    sleepy = (grade == 4) | (child & (grade == 2)) | (chance.random(len(hour)) < 0.5)
    wakefulness = np.where(sleepy, np.array([0, 0, 1, 2, 3])[grade], 0)
    untested = (grade == 4) | (chance.random(len(hour)) < parameters.unrecorded_ice)
    convulsed = (grade >= 3) & (chance.random(len(hour)) < 0.08)
    weak = (grade == 4) & (chance.random(len(hour)) < 0.03)
    swollen = (grade == 4) & (chance.random(len(hour)) < 0.05)

    def unrecorded(sign: Flags) -> Flags:
        return (chance.random(len(hour)) < parameters.unrecorded_sign) & ~sign

    return block.table(
        patient,
        {
            "time": numbers(hour),
            "ice": numbers(ice, missing=child | (untested & ~((grade == 4) & (points < 0.5)))),
            "capd": numbers(capd, missing=~child | untested),
            "consciousness": words(
                wakefulness,
                CONSCIOUSNESS,
                missing=(chance.random(len(hour)) < parameters.unrecorded_consciousness) & (grade < 4),
            ),
            "seizure": words(convulsed, SEIZURE, missing=unrecorded(convulsed)),
            "motor": words(2 * weak, MOTOR, missing=unrecorded(weak)),
            "icp_edema": words(2 * swollen, ICP_EDEMA, missing=unrecorded(swollen)),
            "icans_grade": numbers(grade, missing=chance.random(len(hour)) >= parameters.recorded_grade),
        },
    )


def crs(block: Block) -> pa.Table:
    """Give a row an observation of signs of CRS, every 12 hours."""
    course, parameters, chance = block.course, block.parameters, block.chance
    ill = (course.crs_onset, course.crs_end + HOURS_PER_DAY)
    patient, hour = _rounds(block, ROUND_HOURS, 0.75 * parameters.observed_days, ill, closer=False)
    grade = crs_grade(course, patient, hour)
    since = hour - course.tocilizumab[patient]
    masked = (since > 0) & (since <= HOURS_PER_DAY)
    hot = (grade == 1) | ((grade > 1) & (~masked | (chance.random(len(hour)) < 0.5)))
    lungs = (grade >= 2) & (chance.random(len(hour)) < 0.5)
    vessels = (grade >= 2) & (~lungs | (chance.random(len(hour)) < 0.3))
    devices = np.array([OXYGEN.index(device) for device in ("none", "none", "nasal_cannula", "high_flow", "bipap")])
    warmth = np.where(hot, 38.1, 36.3) + np.where(hot, 1.9, 1.2) * chance.random(len(hour))
    return block.table(
        patient,
        {
            "time": numbers(hour),
            "temperature_c": numbers(np.round(warmth, 1)),
            "antipyretic_or_anticytokine": numbers(masked),
            "hypotension": words(np.where(vessels, np.array([0, 0, 1, 2, 2])[grade], 0), HYPOTENSION),
            "vasopressors": numbers(np.where(vessels, np.array([0, 0, 0, 1, 2])[grade], 0)),
            "oxygen": words(np.where(lungs, devices[grade], 0), OXYGEN),
            "oxygen_flow_l_min": numbers(np.where(grade == 2, 2.0, 30.0), missing=~lungs | (grade < 2) | (grade > 3)),
            "crs_grade": numbers(grade, missing=chance.random(len(hour)) >= parameters.recorded_grade),
        },
    )


def treatments(block: Block) -> pa.Table:
    """Give a row a dose: tocilizumab, corticosteroid every 12 hours while ICANS lasts, and the intrathecal courses."""
    course = block.course
    alive = course.last_seen
    drugs = ("tocilizumab", "dexamethasone", "methotrexate")
    routes = ("intravenous", "intrathecal")
    until = np.minimum(np.minimum(course.icans_end, course.steroid + 5 * HOURS_PER_DAY), alive)
    given = np.isfinite(course.steroid) & (course.steroid < until)
    doses = np.where(given, 1 + (np.where(given, until - course.steroid, 0) // ROUND_HOURS), 0).astype(np.int64)
    nth = np.arange(doses.sum()) - np.repeat(np.cumsum(doses) - doses, doses)
    on_steroid = np.repeat(np.arange(len(doses)), doses)
    parts = [(on_steroid, course.steroid[on_steroid] + ROUND_HOURS * nth, 1, 10.0, 0)]
    for at, drug, dose, route in (
        (course.tocilizumab, 0, 560.0, 0),
        (course.first_course, 1, 10.0, 1),
        (course.first_course + 0.1, 2, 12.0, 1),
        (course.second_course, 1, 10.0, 1),
        (course.second_course + 0.1, 2, 12.0, 1),
    ):
        who = np.flatnonzero(at < alive)
        parts.append((who, at[who], drug, dose, route))
    patient = np.concatenate([part[0] for part in parts])
    hour = np.round(np.concatenate([part[1] for part in parts]), 2)
    sizes = [len(part[0]) for part in parts]
    order = np.lexsort((hour, patient))
    return block.table(
        patient[order],
        {
            "time": numbers(hour[order]),
            "drug": words(np.repeat([part[2] for part in parts], sizes)[order], drugs),
            "dose": numbers(np.repeat([part[3] for part in parts], sizes)[order]),
            "dose_unit": words(np.zeros(len(order)), ("mg",)),
            "route": words(np.repeat([part[4] for part in parts], sizes)[order], routes),
        },
    )


def labs(block: Block) -> pa.Table:
    """Give a row a measurement: cerebrospinal fluid before the first course and some days after it."""
    course, chance = block.course, block.chance
    sampled = chance.random(len(block.ids)) < block.parameters.csf_probability
    delay = chance.uniform(2 * HOURS_PER_DAY, 7 * HOURS_PER_DAY, len(block.ids))
    drawn = chance.standard_normal((2, len(CSF), len(block.ids)))
    hours = np.stack((course.first_course - 0.2, course.first_course + delay))
    there = sampled & np.isfinite(hours) & (hours < course.last_seen)
    rows = []
    for number, (_, _, median, deviation) in enumerate(CSF):
        before = median * np.exp(deviation * drawn[0, number])
        after = before * block.parameters.csf_change[number] * np.exp(0.5 * deviation * drawn[1, number])
        for when, value in enumerate((before, after)):
            who = np.flatnonzero(there[when])
            rows.append((who, hours[when, who], np.full(len(who), number), value[who]))
    patient, hour, analyte, value = (np.concatenate(column) for column in zip(*rows, strict=True))
    order = np.lexsort((analyte, hour, patient))
    limit = np.array(CSF_LIMITS)[analyte][order]
    below = value[order] < limit
    return block.table(
        patient[order],
        {
            "time": numbers(np.round(hour[order], 2)),
            "specimen": words(np.zeros(len(order)), ("csf",)),
            "analyte": words(analyte[order], [name for name, _, _, _ in CSF]),
            "value": numbers(np.round(np.where(below, limit, value[order]), 3)),
            "unit": words(analyte[order], [unit for _, unit, _, _ in CSF]),
            "limit": words(np.zeros(len(order)), ("<",), missing=~below),
        },
    )


def events(block: Block) -> pa.Table:
    """Give a row a dated event: progression, death, or the last contact of those who live."""
    course = block.course
    everyone = np.arange(len(block.ids))
    died = course.death < course.follow_up
    progressed = course.progression < course.last_seen
    patient = np.concatenate((everyone[progressed], everyone))
    hour = np.concatenate((course.progression[progressed], course.last_seen))
    ended = np.where(died, np.where(course.death_due_to_icans, 1, 0), 2)
    what = np.concatenate((np.full(int(progressed.sum()), 3), ended))
    order = np.lexsort((hour, patient))
    return block.table(
        patient[order],
        {
            "time": numbers(np.round(hour[order], 2)),
            "event": words(what[order], ("death", "death_due_to_icans", "last_contact", "progression")),
        },
    )


def _rounds(
    block: Block, every: float, days: float, ill: tuple[Floats, Floats], *, closer: bool
) -> tuple[NDArray[np.int64], Floats]:
    """Give patient and hour of each ward round: for `days`, then while the toxicity lasts, to the last day seen."""
    slots: Floats = np.arange(0, LONGEST_DAYS * HOURS_PER_DAY + every, every, dtype=np.float64)
    usual = np.isclose(slots % ROUND_HOURS, 0)
    since, until = (bound[:, None] for bound in ill)
    during = (slots >= since) & (slots <= until)
    wanted = usual & ((slots <= days * HOURS_PER_DAY) | during)
    if closer:
        wanted |= during
    wanted &= slots + JITTER * every < block.course.last_seen[:, None]
    patient, slot = np.nonzero(wanted)
    late = block.chance.uniform(-JITTER, JITTER, len(slot)) * every
    hour = np.round(np.maximum(slots[slot] + late, 0.0), 2).astype(np.float64)
    return patient.astype(np.int64), hour
