"""Biomarkers: which way a pair went, and a log axis that holds every value."""

from dataclasses import replace
from math import log10

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.figures.biomarkers import biomarkers, direction, ends, ticks
from icans.figures.stated import Stated

POSITIVE = st.floats(1e-6, 1e9)


@pytest.mark.parametrize(
    ("before", "before_limit", "after", "after_limit", "went"),
    [
        (10, None, 5, None, "fell"),
        (5, None, 10, None, "rose"),
        (5, None, 5, None, "level"),
        (10, None, 5, "<", "fell"),
        (5, None, 5, "<", "fell"),
        (4, None, 5, "<", "level"),
        (5, "<", 10, None, "rose"),
        (5, "<", 4, None, "level"),
        (5, "<", 5, "<", "level"),
        (5000, ">", 100, None, "fell"),
        (5000, ">", 5000, None, "fell"),
        (5000, ">", 6000, None, "level"),
        (100, None, 5000, ">", "rose"),
        (5000, ">", 5000, ">", "level"),
        (5000, ">", 5, "<", "fell"),
        (5, "<", 5000, ">", "rose"),
        (5, ">", 10, "<", "level"),
    ],
)
def test_a_limit_says_which_way_a_pair_went_only_where_it_must(before, before_limit, after, after_limit, went):
    pair = {"before": before, "before_limit": before_limit, "after": after, "after_limit": after_limit}
    assert direction(pair) == went


@given(st.lists(st.tuples(POSITIVE, POSITIVE), min_size=1, max_size=20))
def test_the_axis_holds_every_value_and_has_ticks_to_read_them(values):
    low, high = ends([{"before": before, "after": after} for before, after in values])
    assert all(low <= value <= high for pair in values for value in pair)
    marked = ticks(low, high)
    assert marked == sorted(marked)
    assert all(low <= value <= high for value in marked)
    assert 1 <= len(marked) <= 14
    assert log10(high / low) >= 0.5 - 1e-9


def test_a_detection_limit_is_an_open_triangle_at_the_limit(figures):
    points = [row for row in figures["biomarkers"].rows["pairs_1_points"] if row["told"].startswith("B\n")]
    assert [(row["x"], row["y"], row["shape"], row["fill"]) for row in points] == [
        (0, 120.0, "circle", "#0072B2"),
        (1, 1.5, "triangle-down", "#FFFFFF"),
    ]
    assert points[-1]["told"] == "B\nIL-6, CSF: 120 pg/mL before, <1.5 pg/mL after\nfell"
    assert "Open triangles stand at a detection limit" in figures["biomarkers"].caption


def test_medians_p_and_n_are_those_of_the_results(figures):
    figure = figures["biomarkers"]
    assert [row["told"] for row in figure.rows["pairs_1_medians"]] == [
        "median before 510 pg/mL",
        "median after 18.25 pg/mL",
    ]
    titles = [panel["title"] for panel in figure.specification()["vconcat"][1]["hconcat"]]
    assert titles == [
        {"text": "IL-6, CSF", "subtitle": "n = 2, p = 0.500"},
        {"text": "protein, CSF", "subtitle": "n = 1"},
    ]
    assert "p: exact Wilcoxon signed-rank." in figure.caption


def test_a_value_of_zero_stands_at_the_foot_of_the_axis_and_is_named(study):
    zero = replace(study, pairs=[{**study.pairs[0], "after": 0.0}])
    figure = biomarkers(zero, Stated([]), intervention="IDM")
    assert "1 value of 0 at the foot of the axis." in figure.caption
    assert figure.rows["pairs_1_fell"][0]["y2"] == ends(zero.pairs)[0]
