"""The same assessments by several scales: what each gives, each patient's highest, and recorded grades that differ."""

from __future__ import annotations

from dataclasses import replace

import ibis
import pyarrow as pa
import pytest

from icans.derive.comparison import compared, discordant, lacking, peaks
from icans.scales import catalogue

ASTCT = catalogue.load("astct-2019-icans")
ICE_ONLY = replace(ASTCT, id="ice-only", domains=ASTCT.domains[:1], fatal=None)
NEURO = {"patient_id": "string", "infusion": "int64", "hour": "float64", "ice": "int64", "consciousness": "string"}
NEURO |= {"seizure": "string", "icans_grade": "int64"}


def table(rows, kinds):
    kinds = {name: ibis.dtype(kind).to_pyarrow() for name, kind in kinds.items()}
    return ibis.memtable(
        pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in kinds.items()})
    )


def sign(patient, hour, infusion=1, **signs):
    return {"patient_id": patient, "infusion": infusion, "hour": float(hour), **signs}


def grade_by(engine, rows, *scales, deaths=(), ages=(), unrecorded="absent"):
    events = table([sign(*death, event="death_due_to_icans") for death in deaths], NEURO | {"event": "string"})
    patients = table(
        [{"patient_id": name, "age_years": age} for name, age in ages], {"patient_id": "string", "age_years": "int64"}
    )
    events = events.select("patient_id", "infusion", "hour", "event")
    return engine.keep(compared(table(rows, NEURO), patients, events, scales=scales, unrecorded=unrecorded))


def test_each_scale_grades_every_assessment_that_has_a_sign_of_it(engine):
    rows = [
        sign("P1", 1, ice=8, consciousness="awake"),
        sign("P1", 2, ice=8, consciousness="touch"),
        sign("P1", 3, consciousness="voice"),
        sign("P1", 4, icans_grade=4),
    ]
    found = engine.rows(grade_by(engine, rows, ASTCT, ICE_ONLY).order_by("hour"))
    assert [(row["hour"], row["state_0"], row["state_1"], row["driver_0"]) for row in found] == [
        (1, 1, 1, "ice"),
        (2, 3, 1, "consciousness"),
        (3, -1, None, "consciousness"),  # no ICE score: at least 2 by the one, nothing to grade for the other
    ]
    assert [row["least_0"] for row in found] == [1, 3, 2]


def test_who_is_graded_by_which_instrument_comes_from_the_patients(engine):
    rows = [sign("child", 1, ice=3, consciousness="awake"), sign("adult", 1, ice=3, consciousness="awake")]
    found = engine.rows(
        grade_by(engine, rows, ASTCT, ICE_ONLY, ages=[("child", 5), ("adult", 50)]).order_by("patient_id")
    )
    assert [(row["patient_id"], row["state_0"]) for row in found] == [("adult", 2), ("child", -1)]


def test_death_is_grade_5_by_a_scale_that_has_such_a_grade(engine):
    rows = [sign("P1", 1, ice=8, consciousness="awake")]
    found = engine.rows(grade_by(engine, rows, ASTCT, ICE_ONLY, deaths=[("P1", 50)]).order_by("hour"))
    assert [(row["hour"], row["state_0"], row["state_1"], row["driver_0"]) for row in found] == [
        (1, 1, 1, "ice"),
        (50, 5, None, "death"),
    ]


def test_the_highest_grade_is_that_after_infusion_and_its_first_assessment_drives_it(engine):
    rows = [
        sign("P1", -5, ice=0, consciousness="touch"),
        sign("P1", 30, ice=9, consciousness="touch"),
        sign("P1", 20, ice=2, consciousness="awake"),
        sign("P1", 10, 2, ice=2, consciousness="touch"),
        sign("P2", 5, ice=9, consciousness="awake"),
        sign("P2", 6, ice=0),
    ]
    one, two = engine.rows(peaks(grade_by(engine, rows, ASTCT, ICE_ONLY), scales=2).order_by("patient_id"))
    assert (one["highest_0"], one["infusion_0"], one["hour_0"], one["driver_0"]) == (3, 1, 20, "ice")
    # an ICE score of 0 without the level of consciousness is 3 or 4
    assert (two["highest_0"], two["at_least_0"], two["hour_0"], two["driver_0"]) == (1, 3, 6, "ice")
    assert (two["highest_1"], two["at_least_1"]) == (3, None)


GRADES = {"patient_id": "string", "infusion": "int64", "hour": "float64", "toxicity": "string", "scale": "string"}
GRADES |= dict.fromkeys(("grade", "grade_low", "grade_high", "recorded_grade"), "int8") | dict.fromkeys(
    ("driver", "missing"), "string"
)


@pytest.mark.parametrize(
    ("recorded", "grade", "low", "high", "difference"),
    [
        (2, 2, 2, 2, None),
        (1, 3, 3, 3, -2),
        (4, 3, 3, 3, 1),
        (3, None, 3, 4, None),
        (2, None, 3, 4, -1),
        (4, None, 0, 2, 2),
        (0, 0, 0, 4, None),  # settled by the convention
        (4, 0, 0, 4, 4),
        (None, 3, 3, 3, None),
    ],
)
def test_a_recorded_grade_is_discordant_where_it_is_not_the_derived_one(engine, recorded, grade, low, high, difference):
    row = sign(
        "P1", 12.5, toxicity="icans", scale="made", recorded_grade=recorded, grade=grade, grade_low=low, grade_high=high
    )
    starts = {"patient_id": "string", "infusion": "int64", "infused_epoch_hour": "float64"}
    infusions = table([{"patient_id": "P1", "infusion": 1, "infused_epoch_hour": 100.0}], starts)
    found = engine.rows(discordant(table([row, row | {"scale": "recorded"}], GRADES), infusions))
    assert [(one["difference"], one["clock_hour"]) for one in found] == (
        [] if difference is None else [(difference, 112.5)]
    )


def test_a_total_is_there_where_any_item_of_it_is():
    assert lacking(ASTCT, {"ice_naming", "capd", "consciousness", "motor"}) == ("seizure", "icp_edema")
    assert len(lacking(ASTCT, ())) == len(ASTCT.domains)


def test_a_score_nobody_took_is_never_read_as_absent():
    assert lacking(ASTCT, {"consciousness"}, if_absent=True) == ("seizure", "motor", "icp_edema")
