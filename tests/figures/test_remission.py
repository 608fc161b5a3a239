"""The curve of remission where nobody reached it."""

from dataclasses import replace

import pytest
import vl_convert

from icans.figures.gallery import all_figures


@pytest.mark.parametrize("censored", [1.0, 0.0], ids=["last assessed", "died"])
def test_a_curve_without_any_remission_is_drawn_to_its_end(study, curves, results, protocol, censored):
    start, *_ = curves[1].steps
    ends = [start | {"time": time, "at_risk": risk, "censored": censored} for time, risk in ((5.4, 2.0), (16.0, 1.0))]
    made, _ = all_figures(study, [replace(curves[1], steps=[start, *ends])], results, protocol)
    figure = made[-1]
    assert figure.id == "remission"
    assert figure.rows["remission_1_curve"][-1] == {"x": 16.0, "y": 0.0}
    assert ("remission_1_censored" in figure.rows) is bool(censored)
    assert "<svg" in vl_convert.vegalite_to_svg(figure.specification(), allowed_base_urls=[])


def test_an_interval_is_drawn_up_to_the_step_that_has_none(study, curves, results, protocol):
    start = curves[1].steps[0]
    first = start | {"time": 1.0, "percent": 60.0, "low": 5.0, "high": 94.0, "events": 1.0}
    everyone = first | {"time": 1.5, "percent": 100.0, "low": None, "high": None}
    made, _ = all_figures(study, [replace(curves[1], steps=[start, first, everyone])], results, protocol)
    assert made[-1].rows["remission_1_interval"] == [
        {"x": 1.0, "low": 5.0, "high": 94.0},
        {"x": 1.5, "low": 5.0, "high": 94.0},
    ]


def test_a_curve_of_one_patient_needs_no_legend_and_names_its_ticks_in_full(study, curves, results, protocol):
    start = curves[0].steps[0]
    died = start | {"time": 1.4, "percent": 0.0, "events": 1.0}
    ticks = [{"time": time, "at_risk": 1.0} for time in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)]
    made, _ = all_figures(study, [replace(curves[0], steps=[start, died], at_risk=ticks)], results, protocol)
    drawn = vl_convert.vegalite_to_svg(made[-1].specification(), allowed_base_urls=[])
    assert made[-1].id == "survival"
    assert ">1.25<" in drawn
    assert ">1.3<" not in drawn
