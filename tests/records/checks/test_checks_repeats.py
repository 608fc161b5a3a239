"""Rows that stand twice, and assessments at the same hour that differ."""

import pytest

from icans.records.checks.repeats import repeat_findings


def find(records, protocol, engine):
    return repeat_findings(records, engine)


def said(findings):
    return [str(finding).splitlines()[0].replace(", patient P01", "") for finding in findings]


ROWS = {
    "neuro": {"hour": 30.0, "ice": 9},
    "crs": {"hour": 24.0, "crs_grade": 1},
    "treatments": {"hour": 36.0, "drug": "methotrexate", "dose": 12.0, "dose_unit": "mg", "route": "intrathecal"},
    "labs": {"hour": 20.0, "specimen": "csf", "analyte": "IL-6", "value": 35.0, "unit": "pg/mL"},
    "events": {"hour": 900.0, "event": "relapse"},
}
NAMED = {
    "neuro": "patient and time",
    "crs": "patient and time",
    "treatments": "patient, time and drug",
    "labs": "patient, time, specimen and analyte",
    "events": "patient, time and event",
}


@pytest.mark.parametrize("table", ROWS)
def test_a_row_that_stands_twice_is_doubtful_in_every_table(checked, table):
    row = {**ROWS[table], "ward": "4 West"}
    found = checked(**{table: [{**row, "row": 2}, {**row, "row": 5}, {**row, "hour": 31.0, "row": 6}]})
    assert said(found) == [
        f"{table}, row 5: 1 of 2 rows of one {NAMED[table]} repeat another in every column" + hour(row)
    ]


@pytest.mark.parametrize("table", ROWS)
def test_rows_that_differ_in_a_study_s_own_column_are_no_copies(checked, table):
    found = checked(**{table: [{**ROWS[table], "ward": ward} for ward in ("4 West", "5 East")]})
    differ = [f"{table}: 2 rows of one {NAMED[table]} differ" + hour(ROWS[table])]
    assert said(found) == (differ if table in ("neuro", "crs", "labs") else [])


def hour(row):
    return f" (hour {row['hour']})."


def test_two_assessments_at_one_hour_that_differ_are_doubtful(checked):
    two = [{"hour": 30.0, "ice": 9}, {"hour": 30.0, "ice": 4}, {"hour": 30.0, "ice": 4}]
    found = checked(neuro=two)
    assert said(found) == [
        "neuro: 1 of 3 rows of one patient and time repeat another in every column (hour 30.0).",
        "neuro: 2 rows of one patient and time differ (hour 30.0).",
    ]
    assert [finding.advice for finding in found] == [
        "Delete what is a copy; every row is used as it stands.",
        "Keep the right one, or correct the time of the others.",
    ]


def test_the_same_hour_after_another_infusion_or_of_another_patient_is_another_time(checked):
    neuro = [
        {"hour": 30.0, "ice": 9},
        {"hour": 30.0, "infusion": 2, "ice": 9},
        {"patient_id": "P02", "hour": 30.0, "ice": 9},
    ]
    patients = [{"age_years": 54.0}, {"patient_id": "P02", "age_years": 54.0}]
    infusions = [{}, {"infusion": 2, "start_hour": 50.0}, {"patient_id": "P02"}]
    assert checked(patients=patients, infusions=infusions, neuro=neuro, crs=None) == []


def test_two_doses_of_a_drug_at_one_time_may_be_meant(checked):
    assert checked(treatments=[ROWS["treatments"], {**ROWS["treatments"], "dose": 3.0}]) == []
