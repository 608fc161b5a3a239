"""The table of results of a study worked out by hand: see the conftest for its patients."""

import pytest

from icans.protocol import Protocol


@pytest.fixture(scope="module")
def find(worked_results):
    return index(worked_results)


def index(results):
    keys = {(row.analysis, row.variable, row.statistic, row.level, row.group): row for row in results}
    assert len(keys) == len(results), "two rows have one name"

    def find(analysis, variable, statistic, level=None, group=None):
        return keys[analysis, variable, statistic, level, group]

    return find


@pytest.mark.parametrize(
    ("variable", "level", "patients"),
    [
        ("screened", None, "P1 P2 P3 P4 P5 P6 P7"),
        ("not_infused", "no infusion recorded", "P7"),
        ("infused", None, "P1 P2 P3 P4 P5 P6"),
        ("without_icans", "no ICANS observed", "P4"),
        ("without_icans", "no ICANS assessment", "P5"),
        ("without_icans", "every ICANS grade open", "P6"),
        ("with_icans", None, "P1 P2 P3"),
        ("severe", None, "P1 P3"),
        ("not_treated", "IDM not given", ""),
        ("treated", None, "P1 P2 P3"),
        ("steroid_refractory", None, "P2"),
        ("not_evaluable", "ICANS neither severe nor steroid-refractory", "P3"),
        ("evaluable", None, "P1 P2"),
    ],
)
def test_every_patient_is_in_one_place_of_the_flow(find, variable, level, patients):
    row = find("population", variable, "n", level)
    assert row.patients == tuple(patients.split())
    assert row.value == row.n == len(row.patients)


def test_a_treated_patient_with_an_indication_nobody_asked_for_is_left_out_with_the_reason(worked):
    worked.protocol = Protocol(study={"title": "Worked"}, population={"indications": ["severe"]})
    find = index(worked.results())
    left = find("population", "not_evaluable", "n", "steroid-refractory ICANS, which the study does not ask about")
    assert left.patients == ("P2",)
    assert find("population", "evaluable", "n").patients == ("P1",)
    assert find("remission", "remission", "percent").value == 100


def test_a_patient_given_the_intervention_outside_an_episode_is_left_out_with_the_reason(worked):
    worked.derived["endpoints"] = worked.derived["endpoints"][1:]
    find = index(worked.results())
    row = find("population", "not_treated", "n", "IDM given outside an episode of ICANS")
    assert row.patients == ("P1",)


@pytest.mark.parametrize(
    ("variable", "statistic", "level", "group", "value", "unit"),
    [
        ("age_years", "n", None, None, 5, ""),
        ("age_years", "missing", None, None, 1, ""),
        ("age_years", "median", None, None, 50, "years"),
        ("age_years", "min", None, None, 30, "years"),
        ("age_years", "max", None, None, 70, "years"),
        ("age_years", "q1", None, None, 40, "years"),
        ("age_years", "q3", None, None, 60, "years"),
        ("age_years", "mean", None, None, 50, "years"),
        ("age_years", "sd", None, None, 250**0.5, "years"),
        ("age_years", "median", None, "evaluable", 35, "years"),
        ("sex", "n", "female", None, 3, ""),
        ("sex", "percent", "female", None, 50, "%"),
        ("site", "missing", None, None, 1, ""),
        ("site", "n", "south", None, 3, ""),
        ("site", "percent", "south", None, 60, "%"),
        ("site", "percent", "south", "evaluable", 0, "%"),
        ("site", "levels", None, None, 2, ""),
        ("score", "median", None, None, 3, ""),
        ("score", "max", None, None, 10, ""),
        ("cns_involvement", "percent", "yes", None, 40, "%"),
        ("cns_involvement", "n", "no", None, 3, ""),
        ("product", "levels", None, None, 3, ""),
        ("product", "n", "a", None, 3, ""),
        ("dose_cells_per_kg", "median", None, None, 3.5e6, "cells/kg"),
    ],
)
def test_baseline_is_of_the_infused_and_their_first_infusion(find, variable, statistic, level, group, value, unit):
    row = find("baseline", variable, statistic, level, group)
    assert (row.value, row.unit) == (pytest.approx(value), unit)


def test_the_patients_without_a_value_stand_behind_its_missing_row(find):
    assert find("baseline", "age_years", "missing").patients == ("P6",)
    assert find("baseline", "age_years", "median").patients == ("P1", "P2", "P3", "P4", "P5")
    assert find("baseline", "sex", "n", "female").patients == ("P1", "P3", "P5")


def test_text_with_many_values_is_counted_and_not_listed(worked):
    for number in range(8, 30):
        worked.patients.append({"patient_id": f"Q{number}", "chart": f"chart {number}", "age_years": None})
        worked.infusions.append({"patient_id": f"Q{number}", "infusion": 1})
    rows = [row for row in worked.results() if row.variable == "chart" and row.group is None]
    assert {(row.statistic, row.value, row.level) for row in rows} == {
        ("n", 22, None),
        ("missing", 6, None),
        ("levels", 22, None),
    }


def test_levels_stand_as_declared_or_the_commonest_first(worked):
    rows = [
        row for row in worked.results() if row.analysis == "baseline" and row.statistic == "percent" and not row.group
    ]
    assert [row.level for row in rows if row.variable == "sex"] == ["female", "male"]
    assert [row.level for row in rows if row.variable == "product"] == ["a", "b", "c"]


@pytest.mark.parametrize("values", [["007", "008"], ["1,5", "2,5"], ["nan", "1"], ["1_0", "2"], ["1", "x"]])
def test_text_that_is_no_plain_number_stays_text(worked, values):
    worked.patients[0]["code"], worked.patients[1]["code"] = values
    statistics = {row.statistic for row in worked.results() if row.variable == "code"}
    assert statistics == {"n", "missing", "levels", "percent"}


def test_a_column_in_patients_and_infusions_is_described_twice(worked):
    for row in worked.infusions:
        row["site"] = "theatre"
    find = index(worked.results())
    assert find("baseline", "infusion_site", "n", "theatre").value == 6
    assert find("baseline", "site", "n", "south").value == 3


@pytest.mark.parametrize(
    ("statistic", "level", "value"),
    [
        ("n", None, 3),
        ("missing", None, 1),
        ("open", None, 2),
        ("median", None, 2),
        ("max", None, 3),
        ("n", "0", 1),
        ("n", "1", 0),
        ("n", "2", 1),
        ("n", "3", 1),
        ("percent", "3", 20),
        ("n", ">=0 (open)", 1),
        ("n", ">=3 (open)", 1),
        ("n", ">=1", 3),
        ("n", ">=3", 2),
        ("percent", ">=3", 40),
        ("n", ">=4", 0),
    ],
)
def test_the_highest_grade_is_never_lower_than_an_open_one_must_be(find, statistic, level, value):
    assert find("toxicity", "icans_max_grade", statistic, level).value == value


def test_who_was_open_or_never_assessed_is_named(find):
    assert find("toxicity", "icans_max_grade", "n", ">=3 (open)").patients == ("P3",)
    assert find("toxicity", "icans_max_grade", "open").patients == ("P3", "P6")
    assert find("toxicity", "icans_max_grade", "missing").patients == ("P5",)


def test_a_grade_before_infusion_is_not_toxicity(find):
    assert find("toxicity", "icans_max_grade", "n", "4").value == 0


@pytest.mark.parametrize(
    ("variable", "statistic", "value"),
    [
        ("crs_max_grade", "max", 2),
        ("crs_max_grade", "missing", 3),
        ("icans_onset_days", "median", 2),
        ("icans_onset_days", "min", 1),
        ("icans_peak_days", "max", 3),
        ("icans_duration_days", "n", 2),
        ("icans_duration_days", "median", 2.5),
        ("icans_duration_days", "unresolved", 1),
        ("icans_duration_days", "median_all", 2.5),
        ("icans_episodes", "max", 2),
        ("icans_episodes", "mean", 4 / 3),
        ("crs_duration_days", "median", 2),
        ("crs_onset_days", "n", 1),
    ],
)
def test_episodes_are_described_by_their_first(find, variable, statistic, value):
    assert find("toxicity", variable, statistic).value == pytest.approx(value)


def test_the_unresolved_episode_is_named(find):
    assert find("toxicity", "icans_duration_days", "unresolved").patients == ("P3",)


def test_toxicity_that_nobody_assessed_says_so(worked):
    worked.derived["grades"] = [row for row in worked.derived["grades"] if row["toxicity"] == "icans"]
    find = index(worked.results())
    row = find("toxicity", "crs_max_grade", "median")
    assert (row.value, row.reason) == (None, "no value was recorded")
    assert find("toxicity", "crs_max_grade", "missing").value == 6


@pytest.mark.parametrize(
    ("variable", "statistic", "value"),
    [
        ("hours_onset_to_first_course", "median", 24),
        ("courses", "median", 1.5),
        ("doses", "min", 2),
        ("doses", "max", 3),
        ("dexamethasone_equivalent_mg", "median", 30.5),
        ("dexamethasone_equivalent_mg", "missing", 1),
        ("steroid_days", "median", 2),
    ],
)
def test_exposure_is_of_the_evaluable_from_infusion_on(find, variable, statistic, value):
    assert find("exposure", variable, statistic).value == pytest.approx(value)


def test_a_patient_without_corticosteroid_had_none_of_it(worked):
    worked.derived["steroids"] = []
    find = index(worked.results())
    assert find("exposure", "dexamethasone_equivalent_mg", "max").value == 0
    assert find("exposure", "steroid_days", "n").value == 2


@pytest.mark.parametrize(
    ("analysis", "statistic", "group", "value"),
    [
        ("remission", "n", None, 2),
        ("remission", "events", None, 1),
        ("remission", "percent", None, 50),
        ("remission", "ci_low", None, 100 * (1 - 0.975**0.5)),
        ("remission", "ci_high", None, 100 * 0.975**0.5),
        ("remission", "wilson_low", None, 9.4531),
        ("remission", "wilson_high", None, 90.5469),
        ("remission", "percent", "severe", 100),
        ("remission", "ci_low", "severe", 2.5),
        ("remission", "events", "steroid_refractory", 0),
        ("remission", "missing", None, 0),
        ("recurrence", "n", None, 1),
        ("recurrence", "percent", None, 0),
    ],
)
def test_remission_is_a_rate_of_the_evaluable(find, analysis, statistic, group, value):
    assert find(analysis, analysis, statistic, group=group).value == pytest.approx(value, abs=1e-4)


def test_a_patient_to_whom_no_finish_line_applies_is_counted_apart(worked):
    worked.derived["endpoints"][1]["remission"] = None
    find = index(worked.results())
    assert find("remission", "remission", "n").value == 1
    assert find("remission", "remission", "missing").patients == ("P2",)


def test_only_the_first_evaluable_episode_of_an_infusion_counts(worked):
    worked.derived["endpoints"].append(worked.derived["endpoints"][0] | {"episode": 2, "remission": False})
    assert index(worked.results())("remission", "remission", "n").value == 2


@pytest.mark.parametrize(
    ("statistic", "level", "value"),
    [
        ("n", None, 1),
        ("median", None, 1),
        ("median_all", None, 1),
        ("incidence", "1 day", 50),
        ("at_risk", "1 day", 2),
        ("at_risk", "3 days", 0),
    ],
)
def test_time_to_remission_counts_those_without_it_as_censored(find, statistic, level, value):
    assert find("time_to_remission", "days_to_remission", statistic, level).value == pytest.approx(value)


def test_an_incidence_beyond_observation_has_a_reason(find):
    row = find("time_to_remission", "days_to_remission", "incidence", "14 days")
    assert row.value is None
    assert "no patient was observed for so long" in row.reason


def test_death_competes_with_remission(worked):
    worked.derived["survival"] = [
        row | {"event": 2} if (row["patient_id"], row["endpoint"]) == ("P2", "remission") else row
        for row in worked.derived["survival"]
    ]
    find = index(worked.results())
    assert find("time_to_remission", "days_to_remission", "incidence", "14 days").value == pytest.approx(50)


@pytest.mark.parametrize(
    ("variable", "statistic", "level", "group", "value"),
    [
        ("os", "n", None, None, 6),
        ("os", "events", None, None, 3),
        ("os", "median", None, None, 9),
        ("os", "survival", "3 months", None, 80),
        ("os", "survival", "6 months", None, 60),
        ("os", "survival", "12 months", None, 40),
        ("os", "at_risk", "0 months", None, 6),
        ("os", "at_risk", "3 months", None, 5),
        ("os", "at_risk", "6 months", None, 4),
        ("os", "at_risk", "12 months", None, 1),
        ("os", "median", None, "evaluable", 6),
        ("os", "missing", None, None, 0),
        ("pfs", "events", None, None, 0),
        ("pfs", "missing", None, None, 3),
        ("follow_up", "median", None, None, 12),
    ],
)
def test_survival_is_in_months_and_percent(find, variable, statistic, level, group, value):
    assert find("survival", variable, statistic, level, group).value == pytest.approx(value)


def test_those_who_had_the_event_stand_behind_its_count(find):
    assert find("survival", "os", "events").patients == ("P1", "P3", "P4")
    assert find("survival", "os", "at_risk", "6 months").patients == ("P1", "P2", "P4", "P5")
    assert find("remission", "remission", "events").patients == ("P1",)
    assert find("remission", "remission", "percent").patients == ("P1", "P2")


def test_a_median_without_events_is_not_reached(find):
    row = find("survival", "pfs", "median")
    assert (row.value, row.reason) == (None, "not reached: no event was observed")


def test_the_transform_of_an_interval_is_named(worked):
    worked.protocol = Protocol(study={"title": "Worked"}, survival={"interval": "plain"})
    assert "plain" in index(worked.results())("survival", "os", "ci_low").method


@pytest.mark.parametrize(
    ("statistic", "value"),
    [
        ("n", 2),
        ("unpaired", 0),
        ("limited", 1),
        ("fell", 2),
        ("rose", 0),
        ("median_before", 75),
        ("p_value", 0.5),
    ],
)
def test_biomarkers_are_of_the_evaluable(find, statistic, value):
    assert find("biomarkers", "IL-6", statistic, group="csf").value == pytest.approx(value)


def test_a_median_that_falls_on_a_detection_limit_says_what_is_known_of_it(find):
    after = find("biomarkers", "IL-6", "median_after", group="csf")
    assert (after.value, after.reason) == (None, "at or below 7.5, by detection limits")
    assert find("biomarkers", "IL-6", "p_value", group="csf").method.endswith(
        "sign test (exact binomial; only pairs of known direction)"
    )


def test_a_pair_without_a_value_is_counted_and_named(worked):
    worked.derived["biomarkers"][0]["after"] = None
    find = index(worked.results())
    assert find("biomarkers", "IL-6", "unpaired", group="csf").patients == ("P1",)
    assert find("biomarkers", "IL-6", "n", group="csf").patients == ("P2",)


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("n", 6), ("agree", 5), ("disagree", 1), ("percent", 500 / 6), ("kappa", 7 / 9)],
)
def test_agreement_is_of_assessments_both_recorded_and_derived(find, statistic, value):
    assert find("agreement", "icans_grade", statistic).value == pytest.approx(value)


def test_agreement_names_the_charts_to_review_and_is_absent_where_nothing_was_recorded(worked):
    results = worked.results()
    assert index(results)("agreement", "icans_grade", "disagree").patients == ("P1",)
    assert not [row for row in results if row.variable == "crs_grade"]


@pytest.mark.parametrize(
    ("variable", "statistic", "value"),
    [
        ("patients", "rows_read", 8),
        ("patients", "rows_used", 7),
        ("patients", "rows_unusable", 1),
        ("findings", "error", 1),
        ("findings", "warning", 1),
        ("findings", "note", 0),
        ("icans_assessments", "n", 13),
        ("icans_assessments", "open", 2),
        ("icans_assessments", "settled_by_convention", 1),
        ("icans_assessments", "recorded_only", 1),
        ("icans_assessments", "with_missing", 3),
        ("crs_assessments", "n", 3),
        ("patients_without_icans_assessment", "n", 1),
        ("treated_episodes_without_follow_up", "n", 1),
    ],
)
def test_what_the_records_were_like_is_counted(find, variable, statistic, value):
    assert find("data", variable, statistic).value == value


def test_the_order_of_the_records_changes_nothing(worked):
    forwards = worked.results()
    worked.reverse = True
    assert worked.results() == forwards


def test_a_study_of_patients_without_any_toxicity_has_results_with_reasons(worked):
    worked.derived = {name: [] for name in worked.derived}
    find = index(worked.results())
    assert find("population", "without_icans", "n", "no ICANS assessment").value == 6
    assert find("remission", "remission", "percent").reason == "there is no patient"
    assert find("survival", "os", "median").reason == "there is no patient"
    assert find("baseline", "age_years", "median", group="evaluable").reason == "no value was recorded"
    assert find("baseline", "sex", "percent", "female", "evaluable").reason == "no value was recorded"


def test_a_study_without_patients_has_results(worked):
    worked.patients, worked.infusions = [], []
    worked.derived = {name: [] for name in worked.derived}
    assert index(worked.results())("population", "screened", "n").value == 0


def test_what_belongs_to_an_infusion_without_an_evaluable_episode_does_not_count(worked):
    again = [row | {"infusion": 2} for row in worked.derived["survival"] if row["endpoint"] == "remission"]
    worked.derived["survival"] += again
    worked.derived["biomarkers"] += [row | {"infusion": 2, "after": 1e6} for row in worked.derived["biomarkers"]]
    find = index(worked.results())
    assert find("time_to_remission", "days_to_remission", "at_risk", "1 day").value == 2
    assert find("biomarkers", "IL-6", "n", group="csf").value == 2
