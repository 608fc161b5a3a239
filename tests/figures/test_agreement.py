"""Cross-tables of two grades as a figure: readable with two scales and with six."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from icans.figures.agreement import SHARES, agreement, agreement_figures, short
from icans.figures.figure import LeftOut
from icans.figures.stated import Stated
from icans.figures.theme import WIDTH
from icans.results.agreement import ANALYSIS, Pairs, pair_rows
from icans.results.cohort import Cohort
from icans.results.rows import Subject

COHORT = Cohort(np.array(["P1"], dtype=object), np.array([True]), np.array([False]))


def stated(scales, *, one=(0, 0, 1, 2, 3), other=(0, 1, 1, 3, 3), times=(20, 2, 5, 3, 4)):
    rows = []
    for first, second in combinations(scales, 2):
        for variable, thing in (("icans_grade", "assessments"), ("icans_max_grade", "patients")):
            pairs = Pairs(*(np.array(values, dtype=float) for values in (one, other, times)))
            rows += pair_rows(Subject(ANALYSIS, variable, f"{first} / {second}"), COHORT, pairs, counted=thing)
    return Stated(rows)


@pytest.mark.parametrize("scales", [2, 3, 6])
def test_every_pair_has_its_two_tables_within_the_width_of_a_page(scales):
    names = [f"a-published-scale-of-{number}" for number in range(scales)]
    figure = agreement(stated(names), "icans", severe=3)
    figure.specification(validate=True)
    pairs = scales * (scales - 1) // 2
    assert len(figure.rows["heads"]) == 2 * pairs
    assert len(figure.rows["cells"]) == 2 * pairs * 16
    assert max(cell["x2"] for cell in figure.rows["cells"]) <= WIDTH
    assert min(cell["x2"] - cell["x"] for cell in figure.rows["cells"]) > 20
    corners = {(cell["x"], cell["y"]) for cell in figure.rows["cells"]}
    assert len(corners) == len(figure.rows["cells"])


def test_a_cell_prints_its_count_and_is_as_dark_as_its_share_of_the_row():
    figure = agreement(stated(["one", "two"]), "icans", severe=3)
    first, second, *_ = figure.rows["cells"]
    assert first["told"] == "grade 0 and grade 0\n20 assessments\n90.9% of the row"
    assert (first["fill"], second["fill"]) == (SHARES[4], SHARES[0])
    assert [row["text"] for row in figure.rows["counts"]][:5] == ["20", "2", "5", "3", "4"]
    assert figure.rows["titles"][0]["text"] == "Assessments, n = 34"


def test_lines_part_the_severity_groups_of_the_protocol():
    figure = agreement(stated(["one", "two"]), "icans", severe=2)
    cell = figure.rows["cells"][0]
    upright = sorted({row["x"] for row in figure.rows["borders"] if row["x"] == row["x2"]})[:2]
    width = cell["x2"] - cell["x"]
    assert [round((x - cell["x"]) / width) for x in upright] == [1, 2]


def test_the_palette_gets_darker_and_its_letters_can_be_read():
    def light(colour):
        return sum(part * int(colour[at : at + 2], 16) for part, at in ((0.299, 1), (0.587, 3), (0.114, 5)))

    shades = [light(colour) for colour in SHARES]
    assert all(lighter - darker > 25 for lighter, darker in pairwise(shades))


@pytest.mark.parametrize(("count", "text"), [(9_999, "9,999"), (12_345, "12k"), (999_600, "1.0M"), (7, "7")])
def test_a_large_count_is_shortened(count, text):
    assert short(count) == text


def test_nothing_compared_is_no_figure():
    assert agreement_figures(Stated([]), severe=3) == []
    assert isinstance(agreement(Stated([]), "crs", severe=3), LeftOut)


def test_a_pair_with_nothing_to_compare_is_a_figure_that_says_so():
    rows = stated(["one", "two"], one=(0, np.nan), other=(0, 1), times=(3, 2)).results
    nothing = stated(["one", "three"], one=(np.nan,), other=(1,), times=(2,)).results
    figure = agreement(Stated([*rows, *nothing]), "icans", severe=3)
    assert "n = 0" not in str(figure.rows["titles"])  # no cell, no cross-table
