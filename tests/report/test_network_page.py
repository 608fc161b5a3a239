"""The page of several sites: what each effect is of, and whether anybody on it exists."""

import json
from types import SimpleNamespace

import pytest

from icans.figures.network import name_of
from icans.report.network_page import write_page
from icans.results.network.definitions import SYNTHETIC, stated_definitions
from icans.results.network.merging import merge
from icans.results.network.site import Site, key_of
from icans.results.rows import Result


@pytest.mark.parametrize(
    ("analysis", "variable", "level", "group", "said"),
    [
        ("toxicity", "icans_max_grade", ">=3", "evaluable", "ICANS of grade 3 or more (evaluable)"),
        ("agreement", "icans_max_grade", None, None, "Same highest ICANS grade (the clinic / the recorded signs)"),
        ("agreement", "crs_grade", "weighted_kappa", "a / b", "CRS grade, weighted kappa (a / b)"),
        ("agreement", "icans_severity", None, "a / b", "Same ICANS severity group (a / b)"),
        ("comparison", "os", "hazard ratio", "early", "Overall survival, hazard ratio (early)"),
    ],
)
def test_an_effect_is_named_as_what_it_is_of(analysis, variable, level, group, said):
    about = SimpleNamespace(analysis=analysis, variable=variable, level=level, group=group)
    assert name_of(SimpleNamespace(subject=about, scale=None)) == said


@pytest.mark.parametrize("synthetic", [True, False])
def test_sites_of_made_up_patients_say_so(tmp_path, synthetic):
    sites = []
    for name, n in (("north", 12), ("south", 15)):
        row = Result("population", "with_icans", "n", float(n), method="patients", n=n)
        sites.append(Site(name, {key_of(row): row}, definitions={SYNTHETIC: synthetic}))
    write_page(tmp_path / "merge.html", merge(sites), figures=[], drawn={})
    html = (tmp_path / "merge.html").read_text(encoding="utf-8")
    assert ("every patient here is made up" in html) == synthetic
    assert "With ICANS" in html


def test_an_output_says_whether_its_records_are_made_up(tmp_path):
    said = {"protocol": {"definitions": {"study": {"title": "A", "synthetic": True}, "episodes": {"quiet_hours": 72}}}}
    (tmp_path / "run.json").write_text(json.dumps(said), encoding="utf-8")
    assert stated_definitions(tmp_path) == {"episodes.quiet_hours": 72, SYNTHETIC: True}
