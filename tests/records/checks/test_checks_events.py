"""Records at times that death, infusion and the last contact make impossible, and forms that end before they begin."""

import datetime as dt

import pytest

from icans.records.checks.events import event_findings
from icans.records.checks.forms import form_findings
from icans.records.checks.times import later_infusions


def find(records, protocol, engine):
    return event_findings(records, later_infusions(records, engine), engine) + form_findings(records, engine)


def said(findings):
    return [str(finding).splitlines()[0].replace(", patient P01", "") for finding in findings]


def test_an_event_is_after_the_infusion_or_on_its_day(checked):
    events = [{"hour": hour, "event": "progression"} for hour in (-24.0, -23.9, 5.0)]
    assert said(checked(events=events)) == ['events, column event: "progression" is before the infusion (hour -24.0).']


def test_a_patient_dies_once(checked):
    twice = [{"hour": 500.0, "event": "death"}, {"hour": 501.0, "event": "death"}]
    two_causes = [{"hour": 500.0, "event": "death"}, {"hour": 500.0, "event": "death_due_to_icans"}]
    expected = ["events, column event: 2 deaths are recorded at different times or with different causes."]
    assert said(checked(events=twice)) == expected
    assert said(checked(events=two_causes)) == expected
    assert checked(events=twice[:1]) == []


def test_nothing_is_recorded_more_than_a_day_after_death(checked):
    found = checked(
        neuro=[{"hour": 30.0, "ice": 9}, {"hour": 74.1, "ice": 10, "row": 3}],
        crs=[{"hour": 24.0, "crs_grade": 1}, {"hour": 74.0, "crs_grade": 0}],
        labs=[{"hour": 90.0, "specimen": "csf", "analyte": "IL-6", "value": 3.0}],
        events=[
            {"hour": 50.0, "event": "death"},
            {"hour": 100.0, "event": "relapse"},
            {"hour": 99.0, "event": "last_contact"},
        ],
    )
    assert said(found) == [
        "neuro, row 3: the last record is more than a day after the death at hour 50 (hour 74.1).",
        "labs: the last record is more than a day after the death at hour 50 (hour 90.0).",
        "events: the last record is more than a day after the death at hour 50 (hour 100.0).",
    ]


def test_nothing_but_death_is_known_after_the_last_contact(checked):
    found = checked(
        neuro=[{"hour": 60.0, "ice": 9}, {"hour": 80.0, "ice": 10}],
        events=[{"hour": 10.0, "event": "last_contact"}, {"hour": 50.0, "event": "last_contact"}],
    )
    assert said(found) == ["neuro: the last record is more than a day after the last contact at hour 50 (hour 80.0)."]
    assert checked(events=[{"hour": 14.0, "event": "last_contact"}]) == []
    assert checked(events=[{"hour": 1.0, "event": "last_contact"}, {"hour": 900.0, "event": "death"}]) == []


def test_of_several_tables_the_latest_record_after_the_last_contact_is_named(checked):
    found = checked(
        neuro=[{"hour": 70.0, "ice": 9}],
        labs=[{"hour": 90.0, "specimen": "csf", "analyte": "IL-6", "value": 3.0}],
        events=[{"hour": 20.0, "event": "last_contact"}],
    )
    assert [finding.file for finding in found] == ["labs"]


def test_times_are_compared_across_infusions(checked):
    later = [{"hour": 30.0, "ice": 9}, {"hour": 10.0, "infusion": 2, "ice": 10}]
    infusions = [{}, {"infusion": 2, "start_hour": 1000.0}]
    assert said(checked(infusions=infusions, neuro=later, events=[{"hour": 500.0, "event": "death"}])) == [
        "neuro: the last record is more than a day after the death at hour 500 (hour 10.0 after infusion 2)."
    ]
    died_later = [{"hour": 20.0, "infusion": 2, "event": "death"}]
    assert checked(infusions=infusions, neuro=later, events=died_later) == []


@pytest.mark.parametrize(
    ("onset", "resolution"),
    [("7", "5"), (7, 5), (7.5, 7.25), ("2024-03-07", "2024-03-05"), ("2024-03-07T10:00", "2024-03-07 09:59")],
)
def test_a_resolution_before_its_onset_is_doubtful(checked, onset, resolution):
    form = {"age_years": 54.0, "icans_onset_day": onset, "icans_resolution_day": resolution}
    assert said(checked(patients=[form])) == [
        f'patients, column icans_resolution_day: "{resolution}" is before icans_onset_day, {onset}.'
    ]


def test_dates_of_a_workbook_are_compared_as_dates(checked):
    form = {"age_years": 54.0, "Onset": dt.date(2024, 3, 10), "Resolved": dt.date(2024, 3, 9)}
    assert said(checked(patients=[form])) == ['patients, column Resolved: "2024-03-09" is before Onset, 2024-03-10.']


@pytest.mark.parametrize(
    ("onset", "resolution"),
    [("9", "10"), (7, 7), ("7", "unknown"), ("7", "2024-03-05"), (None, "5"), ("", ""), ("2024-03-07", "2024-03-10")],
)
def test_a_resolution_that_is_no_earlier_or_cannot_be_compared_is_not(checked, onset, resolution):
    assert checked(patients=[{"age_years": 54.0, "crs_onset": onset, "crs_resolution": resolution}]) == []


def test_onset_and_resolution_of_an_infusion_are_compared_too(checked):
    assert said(checked(infusions=[{"ICANS_ONSET": 9, "ICANS_END": 3}])) == [
        'infusions, column ICANS_END: "3" is before ICANS_ONSET, 9.'
    ]
