"""Curves for the figures: plain rows that compute nothing further."""

import json

import pytest

from icans.results.curves import curves
from icans.results.gathered import gather


@pytest.fixture
def drawn(worked):
    study = gather(worked.records(), worked.tables(), worked.protocol, worked.engine)
    return {(curve.variable, curve.group): curve for curve in curves(study, worked.protocol)}


def test_there_is_a_curve_for_each_endpoint_and_group(drawn):
    assert set(drawn) == {
        ("os", None),
        ("os", "evaluable"),
        ("pfs", None),
        ("pfs", "evaluable"),
        ("remission", None),
    }


def test_a_survival_curve_starts_at_all_and_has_a_row_for_every_observed_time(drawn):
    steps = drawn["os", None].steps
    assert [(row["time"], row["at_risk"], row["events"], row["censored"]) for row in steps] == [
        (0, 6, 0, 0),
        (pytest.approx(2), 6, 0, 1),
        (pytest.approx(3), 5, 1, 0),
        (pytest.approx(6), 4, 1, 0),
        (pytest.approx(9), 3, 1, 1),
        (pytest.approx(12), 1, 0, 1),
    ]
    assert [row["percent"] for row in steps] == pytest.approx([100, 100, 80, 60, 40, 40])


def test_limits_lie_around_the_curve_and_are_none_where_there_is_no_width(drawn):
    for curve in drawn.values():
        for row in curve.steps:
            if row["percent"] in (0, 100):
                assert row["low"] is None
            if row["low"] is not None:
                assert row["low"] <= row["percent"] <= row["high"]


def test_numbers_at_risk_stand_at_even_times_from_zero(drawn):
    curve = drawn["os", None]
    assert [(row["time"], row["at_risk"]) for row in curve.at_risk] == [
        (0, 6),
        (2, 6),
        (4, 4),
        (6, 4),
        (8, 3),
        (10, 1),
        (12, 1),
    ]


def test_numbers_at_risk_under_a_figure_are_rows_of_results(drawn, worked):
    rows = {
        (row.variable, row.group, row.level): row.value
        for row in worked.results()
        if row.analysis == "survival" and row.statistic == "at_risk"
    }
    for curve in (drawn["os", None], drawn["pfs", "evaluable"]):
        for tick in curve.at_risk:
            unit = "month" if tick["time"] == 1 else "months"
            assert rows[curve.variable, curve.group, f"{tick['time']:g} {unit}"] == tick["at_risk"]


def test_remission_is_a_cumulative_incidence_in_days(drawn):
    curve = drawn["remission", None]
    assert curve.unit == "days"
    assert [(row["time"], row["percent"]) for row in curve.steps] == [(0, 0), (1, 50)]


def test_curves_are_plain(drawn):
    for curve in drawn.values():
        json.dumps([curve.steps, curve.at_risk], allow_nan=False)


def test_a_study_without_follow_up_has_flat_curves(worked):
    worked.derived["survival"] = []
    study = gather(worked.records(), worked.tables(), worked.protocol, worked.engine)
    for curve in curves(study, worked.protocol):
        assert len(curve.steps) == 1
        assert curve.at_risk == [{"time": 0.0, "at_risk": 0.0}]
