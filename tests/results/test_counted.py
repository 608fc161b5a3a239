"""Who stands behind a count, and of how many it is a count."""

import pytest
from tests.results.conftest import episode, grade, pair, treated

from icans.protocol import Protocol


def index(results):
    return {
        (row.variable, row.statistic, row.level): row for row in results if row.analysis in {"population", "biomarkers"}
    }


def test_a_grade_from_before_infusion_makes_nobody_a_patient_with_icans(worked):
    worked.derived["grades"] += [grade("P4", -24, 2), grade("P5", -24, 2)]
    worked.derived["episodes"] += [episode(who, 1, -24, -24, 48, resolved=True) for who in ("P4", "P5")]
    found = index(worked.results())
    assert found["with_icans", "n", None].patients == ("P1", "P2", "P3")
    assert found["without_icans", "n", "no ICANS observed"].patients == ("P4",)
    assert found["without_icans", "n", "no ICANS assessment"].patients == ("P5",)


def test_an_episode_from_before_infusion_has_no_onset_after_it(worked):
    before = [row for row in worked.results() if row.analysis == "toxicity"]
    worked.derived["episodes"] += [episode(who, 1, -24, -24, 48, resolved=True) for who in ("P4", "P5")]
    assert [row for row in worked.results() if row.analysis == "toxicity"] == before


def test_who_was_treated_in_an_episode_from_before_infusion_is_in_every_step_up_to_treated(worked):
    worked.derived["grades"].append(grade("P5", -24, 2))
    worked.derived["episodes"].append(episode("P5", 1, -24, -24, 48, resolved=True))
    worked.derived["endpoints"].append(treated("P5", None, -12, 12, 1, remission=None, last=-24))
    found = index(worked.results())
    assert found["with_icans", "n", None].patients == found["treated", "n", None].patients == ("P1", "P2", "P3", "P5")


def test_the_severe_are_among_those_with_icans_where_less_is_called_severe_than_an_onset(worked):
    worked.protocol = Protocol(study={"title": "Worked"}, episodes={"onset_grade": 4}, population={"severe_grade": 1})
    worked.derived["grades"].append(grade("P4", 30, 2))
    found = index(worked.results())
    assert found["severe", "n", None].patients == found["with_icans", "n", None].patients == ("P1", "P2", "P3")


@pytest.mark.parametrize(
    ("statistic", "patients"),
    [("limited", "P2"), ("fell", "P1"), ("rose", ""), ("unchanged", ""), ("undetermined", "P2")],
)
def test_behind_a_count_of_pairs_stand_the_pairs_counted(worked, statistic, patients):
    worked.derived["biomarkers"] = [pair("P1", 100.0, 10.0), pair("P2", 5.0, 50.0, after_limit="<")]
    row = index(worked.results())["IL-6", statistic, None]
    assert (row.value, row.n, row.patients) == (len(patients.split()), 2, tuple(patients.split()))


def test_a_patient_without_one_of_the_values_is_behind_none_of_the_pairs(worked):
    worked.derived["biomarkers"] = [pair("P1", 100.0, None), pair("P2", 50.0, 5.0)]
    assert index(worked.results())["IL-6", "fell", None].patients == ("P2",)


@pytest.mark.parametrize("unit", ["ng/mL", None])
def test_pairs_in_different_units_are_counted_and_not_put_in_one_order(worked, unit):
    worked.derived["biomarkers"] = [pair("P1", 100.0, 10.0), pair("P2", 0.1, 0.01) | {"unit": unit}]
    found = index(worked.results())
    assert found["IL-6", "fell", None].value == 2
    for statistic in ("median_before", "median_change", "estimate", "ci_low", "p_value"):
        row = found["IL-6", statistic, None]
        assert row.value is None
        assert row.reason == f"the pairs are in different units: {', '.join(sorted(['pg/mL', unit or 'none']))}"


def test_a_unit_that_no_pair_has_changes_nothing(worked):
    worked.derived["biomarkers"] = [pair("P1", 100.0, 10.0), pair("P2", 0.1, None) | {"unit": "ng/mL"}]
    row = index(worked.results())["IL-6", "median_change", None]
    assert (row.value, row.unit) == (-90, "pg/mL")


def test_open_grades_are_counted_of_all_that_were_compared(worked):
    worked.derived["grades"].append(grade("P6", 72, None, 2, 4, recorded=2))
    found = {row.statistic: row for row in worked.results() if row.variable == "icans_grade" and row.level is None}
    assert (found["n"].n, found["open"].value, found["open"].n) == (6, 1, 7)
