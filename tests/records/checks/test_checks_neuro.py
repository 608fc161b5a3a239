"""Doubtful neurological assessments."""

from icans.records.checks.crs import crs_findings
from icans.records.checks.neuro import neuro_findings

ITEMS = {"ice_orientation": 4, "ice_naming": 3, "ice_commands": 1, "ice_writing": 1, "ice_attention": 0}
CALM = {f"capd_{item}": "always" for item in (1, 2, 3, 4)} | {f"capd_{item}": "never" for item in (5, 6, 7, 8)}


def find(records, protocol, engine):
    return neuro_findings(records, engine) + crs_findings(records, engine)


def said(findings):
    return [str(finding).splitlines()[0].replace(", patient P01", "") for finding in findings]


def test_an_ice_total_is_the_sum_of_its_items(checked):
    found = checked(
        neuro=[
            {"hour": 1.0, "ice": 9, **ITEMS},
            {"hour": 2.0, "ice": 8, **ITEMS},
            {"hour": 3.0, "ice": 3, "ice_orientation": 4},
            {"hour": 4.0, "ice": 9, "ice_orientation": 4},
            {"hour": 5.0, **ITEMS},
            {"hour": 6.0, "ice": 0},
        ]
    )
    assert said(found) == [
        'neuro, column ice: "8" is not the sum of its items, which give 9 as far as recorded (hour 2.0).',
        'neuro, column ice: "3" is not the sum of its items, which give 4 as far as recorded (hour 3.0).',
    ]
    assert found[0].advice == "Correct the total or the items."


def test_a_capd_total_is_the_sum_of_its_items_four_of_them_reversed(checked):
    found = checked(
        patients=[{"age_years": 6.0}],
        neuro=[
            {"hour": 1.0, "capd": 0, **CALM},
            {"hour": 2.0, "capd": 16, **CALM},
            {"hour": 3.0, "capd": 5, **CALM, "capd_1": "never", "capd_8": "rarely"},
            {"hour": 4.0, "capd": 2, "capd_5": "often"},
            {"hour": 5.0, "capd": 20, "capd_5": "often"},
        ],
    )
    assert said(found) == [
        'neuro, column capd: "16" is not the sum of its items, which give 0 as far as recorded (hour 2.0).',
        'neuro, column capd: "2" is not the sum of its items, which give 3 as far as recorded (hour 4.0).',
    ]
    assert "in items 1 to 4 never is 4 points" in found[0].advice


def test_a_high_grade_beside_a_full_ice_score_needs_another_sign(checked):
    all_absent = {"consciousness": "awake", "seizure": "none", "motor": "none", "icp_edema": "none"}
    found = checked(
        neuro=[
            {"hour": 1.0, "ice": 10, "icans_grade": 4},
            {"hour": 2.0, **ITEMS, "ice_attention": 1, "icans_grade": 3, "consciousness": "awake"},
            {"hour": 3.0, "ice": 10, "icans_grade": 3, "seizure": "resolves_rapidly"},
            {"hour": 4.0, "ice": 10, "icans_grade": 3, "consciousness": "touch"},
            {"hour": 5.0, "ice": 10, "icans_grade": 4, "motor": "deep_focal_weakness"},
            {"hour": 6.0, "ice": 10, "icans_grade": 3, "icp_edema": "focal_edema"},
            {"hour": 7.0, "ice": 10, "icans_grade": 2},
            {"hour": 8.0, "ice": 2, "icans_grade": 3},
            {"hour": 9.0, "ice": 10, "icans_grade": 4, **all_absent},
            {"hour": 10.0, "ice": 10, "icans_grade": 4, "motor": "mild_weakness"},
        ]
    )
    assert said(found) == [
        f'neuro, column icans_grade: "{grade}" stands beside an ICE score of 10, and no other sign is recorded '
        f"(hour {hour})."
        for grade, hour in ((4, "1.0"), (3, "2.0"), (4, "10.0"))
    ]


def test_a_patient_who_cannot_be_woken_has_no_ice_score(checked):
    found = checked(
        neuro=[
            {"hour": 1.0, "ice": 2, "consciousness": "unarousable"},
            {"hour": 2.0, "ice_orientation": 1, "consciousness": "unarousable"},
            {"hour": 3.0, "ice": 0, "consciousness": "unarousable"},
            {"hour": 4.0, "consciousness": "unarousable"},
            {"hour": 5.0, "ice": 2, "consciousness": "touch"},
        ]
    )
    assert said(found) == [
        'neuro, column consciousness: "unarousable" stands beside an ICE score of 2 (hour 1.0).',
        'neuro, column consciousness: "unarousable" stands beside an ICE score of 1 (hour 2.0).',
    ]


def test_grade_5_is_a_death(checked):
    died = [{"hour": 50.0, "event": "death_due_to_icans"}]
    five = [{"hour": 48.0, "ice": 0, "consciousness": "unarousable", "icans_grade": 5}]
    assert said(checked(neuro=five)) == [
        'neuro, column icans_grade: "5" is death due to ICANS, but events has no death of this patient (hour 48.0).'
    ]
    assert checked(neuro=five, events=died) == []
    crs_five = [{"hour": 20.0, "temperature_c": 39.0, "crs_grade": 5}]
    assert said(checked(crs=crs_five, events=None)) == [
        'crs, column crs_grade: "5" is death due to CRS, but events has no death of this patient (hour 20.0).'
    ]
