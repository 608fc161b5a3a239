"""What each figure shows: its layers and encodings, its words, and what it leaves out.

With ICANS_REWRITE_SNAPSHOTS set in the environment the outlines are written anew, to be read before they are committed.
"""

import json
import os
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import altair as alt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.figures.data import FigureData
from icans.figures.figure import Figure
from icans.figures.gallery import all_figures
from icans.figures.patient_rows import PatientRows

OUTLINES = Path(__file__).parent / "outlines"
ORDER = ["flow", "heatmap", "swimmer", "time_course", "first_course", "biomarkers", "survival", "remission"]


def outline(specification, depth=0):
    """Write a specification as its layers: mark, rows, and each encoding."""
    for kind in ("vconcat", "hconcat", "layer"):
        if kind in specification:
            title = specification.get("title", {})
            heading = f": {title['text']}" if title else ""
            inner = [line for part in specification[kind] for line in outline(part, depth + 1)]
            return [f"{'  ' * depth}{kind}{heading}", *inner]
    encodings = [f"{channel} {encoded(how)}" for channel, how in sorted(specification["encoding"].items())]
    mark, rows = specification["mark"]["type"], specification["data"]["name"]
    return [f"{'  ' * depth}{mark} {rows}: {', '.join(encodings)}"]


def encoded(how):
    if "value" in how:
        return f"= {how['value']:g}" if isinstance(how["value"], float) else f"= {how['value']}"
    scale = how.get("scale") or {}
    parts = [how["field"], scale.get("type", ""), "0-5" if scale.get("domain") == [0, 1, 2, 3, 4, 5] else ""]
    return " ".join(part for part in parts if part)


@pytest.mark.parametrize("name", ORDER)
def test_a_figure_has_these_layers(figures, name):
    drawn = "\n".join(outline(figures[name].specification())) + "\n"
    file = OUTLINES / f"{name}.txt"
    if os.environ.get("ICANS_REWRITE_SNAPSHOTS"):
        file.write_text(drawn, encoding="utf-8")
    assert drawn == file.read_text(encoding="utf-8")


def test_figures_stand_in_the_order_of_a_report(figures):
    assert list(figures) == ORDER


@pytest.mark.parametrize("name", ORDER)
def test_a_specification_is_valid_vega_lite(figures, name):
    figure = figures[name]
    figure.specification(validate=True)
    whole = alt.Chart.from_dict(json.loads(json.dumps(figure.specification())))
    assert whole.to_dict()["$schema"].startswith("https://vega.github.io/schema/vega-lite/v6")


@pytest.mark.parametrize("name", ORDER)
def test_a_specification_carries_all_its_rows_and_no_others(figures, name):
    specification = figures[name].specification()
    asked = {line.split()[1].rstrip(":") for line in outline(specification) if ":" in line and " " in line.strip()}
    assert {rows for rows in figures[name].rows if rows not in asked} == set()
    assert "url" not in json.dumps(specification["datasets"])


@pytest.mark.parametrize("name", ORDER)
def test_a_specification_is_the_same_each_time(study, curves, results, protocol, figures, name):
    again = {figure.id: figure for figure in all_figures(study, curves, results, protocol)[0]}
    assert json.dumps(again[name].specification()) == json.dumps(figures[name].specification())


@pytest.mark.parametrize("name", ORDER)
def test_a_figure_has_words_for_those_who_do_not_see_it(figures, name):
    figure = figures[name]
    for words in (figure.title, figure.caption, figure.alt):
        assert words[0].isupper()
        assert "None" not in words
        assert "  " not in words
    assert figure.caption.endswith(".")
    assert figure.results


def test_the_flow_counts_each_step_and_whom_it_leaves_out(figures):
    rows = figures["flow"].rows
    assert [row["text"] for row in rows["main_bold"]] == ["n = 5", "n = 4", "n = 2", "n = 2", "n = 2"]
    assert [row["text"] for row in rows["side_plain"]] == [
        "Rows that could not be used: neuro 3 of 400 (see the findings)",
        "No infusion recorded (n = 1)",
        "No ICANS observed (n = 1)",
        "No ICANS assessment (n = 1)",
    ]
    assert "Evaluable are patients given IDM in severe ICANS." in figures["flow"].caption
    right = [row for row in rows["boxes"] if row["x"] > 0]
    assert all(above["y2"] < below["y"] for above, below in pairwise(right))


def test_every_number_of_the_flow_leads_to_its_patients(figures):
    assert figures["flow"].results == tuple(
        ("population", name)
        for name in (
            *("screened", "not_infused", "infused", "without_icans", "with_icans", "severe"),
            *("not_treated", "treated", "evaluable"),
        )
    )


def test_a_flow_that_nobody_leaves_says_nothing_of_the_right(study, curves, results, protocol):
    stay = [row for row in results if row.level is None or row.analysis != "population"]
    flow = all_figures(study, curves, stay, protocol)[0][0]
    assert flow.caption.startswith("Patients at each step of the study. Evaluable")
    assert flow.alt.startswith("Flow diagram: patients in the records 5, infused with CAR-T cells 4, developed ICANS 2")


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_rows_of_a_group_are_counted_as_they_are_drawn(sizes):
    peaks = [peak for peak, size in zip((4, 3, 2, 1, 0), sizes, strict=False) for _ in range(size)]
    patients = [{"key": str(place), "name": str(place), "icans": peak} for place, peak in enumerate(peaks)]
    assert [size for _, size in PatientRows(FigureData(patients=patients), ["icans"]).sizes] == sizes


def test_a_day_without_an_assessment_is_a_dot_and_no_cell(figures):
    rows = figures["heatmap"].rows
    b = 1 + 0.45
    cells = [(row["x"], row["x2"], row["grade"]) for row in rows["icans_cells"] if int(row["y"] - 0.45) == 1]
    assert cells == [(0, 2, 0), (4, 5, 1), (5, 6, 2), (6, 7, 1)]
    unseen = [row["x"] for row in rows["icans_unseen"] if row["y"] is not None and b < row["y"] < b + 1]
    assert unseen == [2.5]


def test_an_open_day_is_drawn_in_the_colours_of_both_its_bounds(figures):
    rows = figures["heatmap"].rows
    assert [(row["x"], row["grade"]) for row in rows["icans_highest"]] == [(3, 2)]
    assert [(row["x"], row["grade"]) for row in rows["icans_lowest"]] == [(3, 0)]
    assert rows["icans_highest"][0]["told"] == "B\nday 3: ICANS grade open, 0 to 2\n2 assessments"
    assert "two colours" in figures["heatmap"].caption


def test_nothing_is_expected_of_a_patient_who_died(study, curves, results, protocol):
    patients = [{**row, "death": 2.2, "until": 2.2} if row["key"] == "D" else row for row in study.patients]
    made, _ = all_figures(replace(study, patients=patients), curves, results, protocol)
    rows = made[1].rows
    below = max(row["y"] for row in rows["icans_unseen"] if row["y"] is not None)
    assert [row["x"] for row in rows["icans_unseen"] if row["y"] == below] == [0.5, 1.5, 2.5]
    assert [row["told"] for row in rows["deaths"]] == ["D\ndied on day 2"]


def test_treatments_tell_what_was_given(figures):
    rows = figures["heatmap"].rows
    assert [row["told"] for row in rows["courses"]] == [
        "A\nday 3: course 1\ndexamethasone and methotrexate",
        "B\nday 5: course 1\ndexamethasone",
    ]
    assert rows["steroids"][0]["told"] == (
        "A\ndays 2 to 3: systemic corticosteroid\n20, dose not known mg a day as dexamethasone"
    )
    assert {row["told"] for row in rows["drugs"]} == {
        "B\nday 1: tocilizumab, 1 dose",
        "C\nday 1: tocilizumab, 1 dose",
        "C\nday 1: anakinra, 2 doses",
    }


def test_two_drugs_of_one_day_stand_side_by_side(figures):
    drugs = {row["told"]: row for row in figures["heatmap"].rows["drugs"]}
    one, other = drugs["C\nday 1: tocilizumab, 1 dose"], drugs["C\nday 1: anakinra, 2 doses"]
    assert one["x"] < other["x"]
    assert one["shape"] != other["shape"]


def test_the_swimmer_shows_those_with_icans_by_onset(figures):
    figure = figures["swimmer"]
    assert [row["name"] for row in figure.rows["names"]] == ["A", "B"]
    assert "2 patients without ICANS and without the intervention not drawn." in figure.caption
    assert [row["told"] for row in figure.rows["remissions"]] == ["A\nremission on day 4.2"]
    assert [row["told"] for row in figure.rows["unresolved"]] == ["B\nICANS not over when last assessed"]
    assert [row["told"].split("\n")[1] for row in figure.rows["outcomes"]] == [
        "alive 6.6 months after infusion",
        "died 2.3 months after infusion",
        "progression or relapse after 1.3 months",
    ]


def test_a_swimmer_without_follow_up_does_not_name_it(study, curves, results, protocol):
    patients = [row | {"death": None, "last_contact": None, "progression": None} for row in study.patients]
    made, _ = all_figures(replace(study, patients=patients), curves, results, protocol)
    swimmer = next(figure for figure in made if figure.id == "swimmer")
    assert "ollow-up" not in swimmer.title + swimmer.caption


def test_times_that_were_not_reached_are_open_squares(figures):
    rows = figures["time_course"].rows
    assert [row["told"] for row in rows["duration_last_seen"]] == [
        "B\nnot over when last assessed; days seen: 2.5\ngrade 2"
    ]
    assert [row["told"] for row in rows["remission_reached"]] == ["A\ndays to remission: 1\ngrade 4"]
    assert rows["onset_median"] == [{"x": 3.25}]
    assert "Median of onset: from infusion; median (n = 2)." in figures["time_course"].caption


def test_each_start_has_its_own_finish_line(figures):
    rows = figures["first_course"].rows
    assert rows["start_1_grade_ground"] == [{"x": -72, "x2": 72, "y": -0.5, "y2": 1.5}]
    assert rows["start_2_ice_ground"] == [{"x": -72, "x2": 72, "y": 9.5, "y2": 10.5}]
    assert "start_1_ice_ground" not in rows
    assert [row["told"] for row in rows["start_1_grade_finishes"]] == ["A\nremission 24 hours after the first course"]
    assert "start_2_ice_reached" not in rows
    assert {row["told"] for row in rows["start_2_ice_missed"]} == {"B\nbaseline grade 2\nno remission"}


def test_without_ice_scores_the_finish_line_is_a_grade(study, curves, results, protocol):
    bare = replace(study, around=[{**row, "ice": None} for row in study.around])
    figure = {made.id: made for made in all_figures(bare, curves, results, protocol)[0]}["first_course"]
    assert figure.title == "ICANS grade around the first course"
    assert figure.rows["start_2_grade_ground"] == [{"x": -72, "x2": 72, "y": -0.5, "y2": 0.5}]
    assert not any("_ice_" in name for name in figure.rows)


def test_many_patients_are_counted_by_day(study, curves, results, protocol):
    counts = [
        {"toxicity": "icans", "day": 0, "state": "0", "patients": 900},
        {"toxicity": "icans", "day": 0, "state": "open", "patients": 20},
        {"toxicity": "icans", "day": 0, "state": "3", "patients": 50},
    ]
    times = [
        {"panel": "onset", "value": 3, "grade": 2, "reached": True, "patients": 400, "told": "400 patients"},
        {"panel": "onset", "value": 3, "grade": 4, "reached": True, "patients": 100, "told": "100 patients"},
    ]
    figures, _ = all_figures(replace(study, total=1000, by_day=counts, times=times), curves, results, protocol)
    figures = {figure.id: figure for figure in figures}
    bars = figures["heatmap"].rows["icans_bars"]
    assert [(row["told"].split("\n")[0], row["y"], row["y2"]) for row in bars] == [
        ("day 0: ICANS grade 3", 0, 50),
        ("day 0: ICANS grade open", 50, 70),
        ("day 0: ICANS grade 0", 70, 970),
    ]
    assert "not observed that day, and is not grade 0" in figures["heatmap"].caption
    assert [(row["y"], row["y2"]) for row in figures["time_course"].rows["onset_reached"]] == [(0, 100), (100, 500)]
    assert (
        "Drawn are 4 of 1,000 infusions: those of the patients with the highest ICANS grade."
        in figures["swimmer"].caption
    )
    assert (
        "Each line is an evaluable episode (n = 2) of the 4 infusions, of 1,000, with the highest ICANS grade"
        in figures["first_course"].caption
    )


def test_a_study_without_data_has_no_figures_but_reasons(protocol):
    made, left_out = all_figures(FigureData(), [], [], protocol)
    assert made == []
    assert [(one.id, bool(one.reason)) for one in left_out] == [(name, True) for name in ORDER]


def test_one_patient_on_one_day_is_a_figure(study, protocol):
    only = FigureData(total=1, patients=study.patients[2:3], days=[row for row in study.days if row["key"] == "C"][:1])
    made, left_out = all_figures(only, [], [], protocol)
    assert [figure.id for figure in made] == ["heatmap"]
    assert [(row["x"], row["x2"]) for row in made[0].rows["icans_cells"]] == [(0, 1)]
    assert "icans_unseen" not in made[0].rows
    assert len(left_out) == 7


def test_evaluable_patients_have_a_curve_of_their_own_where_they_are_others(study, curves, results, protocol):
    def survival(extra) -> Figure:
        made, _ = all_figures(study, [*curves, extra], results, protocol)
        return next(figure for figure in made if figure.id == "survival")

    same = survival(replace(curves[0], group="evaluable"))
    other = survival(replace(curves[0], group="evaluable", steps=curves[0].steps[:-1]))
    assert "os_2_curve" not in same.rows
    assert [row["text"] for row in other.rows["os_1_at_risk"]] == ["4", "4", "2", "2"]
    assert [row["text"] for row in other.rows["os_2_at_risk"]] == ["4", "4", "0", "0"]
    assert "Overall survival: 1 event in 4 patients (all infused)." in other.caption
    assert "patients at risk just before each time, the groups in the order of the legend." in other.caption
    assert "in the order of the legend" not in same.caption
    assert "overall survival, all infused: median not reached" in other.alt
    assert "overall survival, median not reached" in same.alt


def test_a_curve_of_remission_ends_soon_after_the_last_one_and_says_so(study, curves, results, protocol):
    last = curves[1].steps[-1] | {"time": 26.5}
    made, _ = all_figures(study, [replace(curves[1], steps=[*curves[1].steps[:-1], last])], results, protocol)
    figure = made[-1]
    assert figure.rows["remission_1_curve"][-1] == {"x": 7.0, "y": 50.0}
    assert [row["text"] for row in figure.rows["remission_1_at_risk"]] == ["2", "2", "1", "1", "1", "1", "1", "1"]
    assert "remission_1_censored" not in figure.rows
    assert figure.caption.endswith("The axis ends at day 7; 1 patient observed until then.")


def test_a_curve_of_many_steps_is_thinned_to_what_can_be_seen(study, curves, results, protocol):
    first, *_ = curves[0].steps
    steps = [first, *(first | {"time": n / 100, "percent": 100 - n / 100, "events": 1.0} for n in range(1, 9001))]
    censored = [row | {"censored": 1.0} for row in steps[1:400]]
    many = replace(curves[0], steps=[first, *censored, *steps[400:]])
    made, _ = all_figures(study, [many], results, protocol)
    figure = next(figure for figure in made if figure.id == "survival")
    drawn = figure.rows["os_1_curve"]
    assert len(drawn) <= 1202
    assert (drawn[0], drawn[-1]) == ({"x": 0.0, "y": 100.0}, {"x": 90.0, "y": 10.0})
    assert [row["x"] for row in drawn] == sorted(row["x"] for row in drawn)
    assert "os_1_censored" not in figure.rows
    assert "Censored patients are not marked: they are too many." in figure.caption


@pytest.mark.parametrize("years", [1, 11, 49.9])
def test_an_onset_years_after_infusion_stands_apart_from_the_others(study, curves, results, protocol, years):
    late = {**study.episodes[1], "onset": 365.25 * years, "peak": 365.25 * years, "end": 365.25 * years + 1}
    figures, _ = all_figures(replace(study, episodes=[study.episodes[0], late]), curves, results, protocol)
    drawn = {figure.id: figure for figure in figures}["time_course"].rows
    early, other = sorted(row["x"] for row in drawn["onset_reached"])
    assert early <= 2.5 < other <= 365.25 * years
