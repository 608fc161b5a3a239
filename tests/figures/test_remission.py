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
