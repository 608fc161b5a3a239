"""Doubts about the study as a whole."""

import pytest

from icans.records.checks.study import study_findings

find = study_findings


def said(findings):
    return [str(finding) for finding in findings]


def assessments(*times):
    return [{"hour": float(time), "ice": 9} for time in times]


def test_a_cutoff_needs_dates(checked):
    cutoff = "[survival]\ncutoff = 2025-06-30\n"
    assert said(checked(definitions=cutoff + '[records]\ntime = "hours"')) == [
        (
            'study.toml, column [survival] cutoff: "2025-06-30" cannot be applied, because times are in hours '
            "from infusion.\n  Give times as dates, or take the cutoff out and cut the records themselves."
        )
    ]
    assert checked(definitions=cutoff) == []
    assert checked(definitions='[records]\ntime = "hours"') == []


def test_daily_assessments_declared_as_hours_are_noted(checked):
    found = checked(neuro=assessments(*range(15)), definitions='[records]\ntime = "hours"')
    assert said(found) == [
        (
            "neuro, column time: assessments of a patient are about 1 hours apart: times may be in days.\n"
            '  If they are, set [records] time = "days" in study.toml.'
        )
    ]
    assert found[0].severity == "note"


def test_rounds_declared_as_days_are_noted(checked):
    hours = [24.0 * time for time in range(0, 120, 8)]
    (found,) = checked(
        neuro=assessments(*hours),
        events=[{"hour": 9000.0, "event": "last_contact"}],
        definitions='[records]\ntime = "days"',
    )
    assert found.problem == "assessments of a patient are about 8 days apart: times may be in hours"


@pytest.mark.parametrize(
    ("declared", "hours"),
    [
        ("hours", range(0, 15 * 8, 8)),
        ("hours", [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]),
        ("hours", range(4)),
        ("hours", [30.0]),
        ("days", [24.0 * day for day in range(15)]),
        ("days", [24.0 * day for day in (0, 7, 14, 21, 28, 60, 90)]),
        ("dates", range(15)),
    ],
    ids=str,
)
def test_times_that_may_be_as_declared_are_not_noted(checked, declared, hours):
    late = [{"hour": 9000.0, "event": "last_contact"}]
    assert checked(neuro=assessments(*hours), events=late, definitions=f'[records]\ntime = "{declared}"') == []
