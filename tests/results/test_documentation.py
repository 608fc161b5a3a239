"""The page about results names what is in the table."""

import re
from pathlib import Path

from icans.results.stated import parse

PAGE = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
WORDS = set(re.findall(r"[a-z_0-9>=]+", PAGE))


def test_every_analysis_variable_and_statistic_is_on_the_page(worked_results):
    named = {row.analysis for row in worked_results} | {row.statistic for row in worked_results}
    own = {"baseline", "biomarkers"}
    named |= {row.variable for row in worked_results if row.analysis not in own and row.variable != "patients"}
    named |= {"weighted_kappa"}
    of_crs = {name for name in named if name.startswith("crs_") and name.replace("crs_", "icans_") in named}
    of_kappa = {f"{weights}_kappa_{limit}" for weights in ("linear", "weighted") for limit in ("low", "high")}
    assert named - of_crs - of_kappa <= WORDS


def test_every_form_of_a_figure_on_the_page_is_understood():
    (forms,) = re.findall(r"A figure is written as text.*?\n\n", PAGE, re.DOTALL)
    figures = re.findall(r'`"(.+?)"`', forms.replace("\n", " "))
    assert len(figures) == 10
    assert all(parse(figure) for figure in figures)
