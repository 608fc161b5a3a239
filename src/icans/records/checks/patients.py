"""Patients whose age and instrument do not fit, or of whom too little is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from icans.records.checks.neuro import CAPD_ITEMS, ICE_ITEMS
from icans.records.checks.rows import Check, doubtful_rows, place
from icans.records.findings import Finding

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from icans.engines import Engine
    from icans.records.tables import Records

ADULT_YEARS = 12
"""From this age on ICANS is graded by ICE, under it by CAPD (Lee et al. 2019, doi:10.1016/j.bbmt.2018.12.758)."""


def patient_findings(records: Records, engine: Engine) -> list[Finding]:
    """Find infused patients whose age and instrument do not fit, or of whom too little is recorded."""
    found = []
    everyone = records.patients.select(*place(records.patients), "age_years", "developmental_delay")
    infused = everyone.semi_join(records.infusions, "patient_id")
    if "crs" in records.present:
        unobserved = infused.anti_join(records.crs, "patient_id")
        found += doubtful_rows(unobserved, [NEVER_OBSERVED], file="patients", engine=engine)
    if "neuro" in records.present:
        patients = _beside_their_assessments(infused, records.neuro)
        found += doubtful_rows(patients, CHECKS, file="patients", engine=engine)
        found += _ages_unknown(patients, engine)
    return found


def never_assessed(patients: ibis.Table) -> ir.BooleanValue:
    """Expect an assessment: without one a patient is unobserved, not free of toxicity."""
    return patients.assessments.isnull()


def never_observed(patients: ibis.Table) -> ir.BooleanValue:
    """Expect an observation: without one a patient is unobserved, not free of toxicity."""
    return patients.patient_id.notnull()


def ice_in_a_child(patients: ibis.Table) -> ir.BooleanValue:
    """Expect CAPD under 12 years."""
    return (patients.age_years < ADULT_YEARS) & (patients.by_ice > 0)


def ice_with_delay(patients: ibis.Table) -> ir.BooleanValue:
    """Expect CAPD at any age where development is delayed."""
    return patients.developmental_delay & ~_child(patients) & (patients.by_ice > 0)


def capd_in_an_adult(patients: ibis.Table) -> ir.BooleanValue:
    """Expect ICE from 12 years on, unless development is delayed."""
    return (patients.age_years >= ADULT_YEARS) & ~_delayed(patients) & (patients.by_capd > 0)


def capd_without_age(patients: ibis.Table) -> ir.BooleanValue:
    """Expect an age where CAPD was used: without one a patient is taken to be 12 or over."""
    return patients.age_years.isnull() & ~_delayed(patients) & (patients.by_capd > 0)


NEVER_OBSERVED = Check(
    never_observed,
    problem="no row in crs: the patient is unobserved, not free of CRS",
    advice="Add the observations, or say in the report why there are none.",
)
CHECKS = (
    Check(
        never_assessed,
        problem="no row in neuro: the patient is unobserved, not free of ICANS",
        advice="Add the assessments, or say in the report why there are none.",
    ),
    Check(
        ice_in_a_child,
        column="age_years",
        value="{age_years}",
        problem="is under 12 years, but {by_ice} of {assessments} assessments have an ICE score",
        advice="Under 12 years ICANS is graded by CAPD: record it, or correct the age.",
    ),
    Check(
        ice_with_delay,
        column="developmental_delay",
        value="{developmental_delay}",
        problem="means grading by CAPD, but {by_ice} of {assessments} assessments have an ICE score",
        advice="Record CAPD, or correct developmental_delay.",
    ),
    Check(
        capd_in_an_adult,
        column="age_years",
        value="{age_years}",
        problem="is 12 years or over, but {by_capd} of {assessments} assessments have a CAPD score",
        advice="From 12 years on ICANS is graded by ICE: correct the age, or record developmental_delay as yes.",
    ),
    Check(
        capd_without_age,
        severity="note",
        column="age_years",
        problem="no age is recorded, but {by_capd} of {assessments} assessments have a CAPD score; "
        "without an age the patient is taken to be 12 or over and graded by ICE",
        advice="Give the age, or record developmental_delay as yes.",
    ),
)


def _beside_their_assessments(patients: ibis.Table, neuro: ibis.Table) -> ibis.Table:
    """Put beside each patient ``assessments`` and how many of them are ``by_ice`` and ``by_capd``; null without any."""
    by_ice = ibis.coalesce(neuro.ice, *(neuro[item] for item in ICE_ITEMS))
    by_capd = ibis.coalesce(neuro.capd.cast("string"), *(neuro[item] for item in CAPD_ITEMS))
    assessed = neuro.group_by(of="patient_id").agg(
        assessments=neuro.count(), by_ice=by_ice.count(), by_capd=by_capd.count()
    )
    return patients.left_join(assessed, patients.patient_id == assessed.of)


def _ages_unknown(patients: ibis.Table, engine: Engine) -> list[Finding]:
    """Note how many patients without an age are taken to be 12 or over."""
    unknown = patients.age_years.isnull() & (patients.by_ice > 0)
    number = engine.rows(patients.agg(number=unknown.sum()))[0]["number"]
    if not number:
        return []
    who = "patient" if number == 1 else "patients"
    return [
        Finding(
            severity="note",
            file="patients",
            column="age_years",
            problem=f"{number:,} {who} with an ICE score and no age: taken to be 12 or over",
            advice="Give the ages: children under 12 are graded by CAPD.",
        )
    ]


def _child(patients: ibis.Table) -> ir.BooleanValue:
    return (patients.age_years < ADULT_YEARS).fill_null(False)


def _delayed(patients: ibis.Table) -> ir.BooleanValue:
    return patients.developmental_delay.fill_null(False)
