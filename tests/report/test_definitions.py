"""Definitions as sentences: true to the protocol, in its own numbers."""

from icans.protocol import Protocol
from icans.report.definitions import definitions
from icans.scales import catalogue

PROTOCOL = {
    "study": {"title": "One of each"},
    "episodes": {"quiet_hours": 1},
    "population": {"refractory_hours": 1},
    "intervention": {"together_hours": 1},
    "remission": {"hold_hours": 1, "rules": [{"baseline": [2, 3, 4], "ice": 9, "grade_without_ice": 1}]},
}


def sentences(*scales):
    found = definitions(Protocol.model_validate(PROTOCOL), [catalogue.load(scale) for scale in scales])
    return {one.term: one.sentence for one in found}


def test_one_hour_is_no_hours():
    said = " ".join(sentences("astct-2019-icans").values())
    assert "1 hours" not in said
    assert said.count("1 hour") == 4


def test_a_finish_line_without_an_ice_score_is_reached_by_a_lower_grade_too():
    assert "an ICE score of 9 or more (grade 1 or less where no ICE score was taken)" in sentences()["Remission"]


def test_the_scales_that_grade_the_study_stand_before_those_compared_with_them():
    terms = list(sentences("astct-2019-icans", "astct-2019-crs", "mskcc-2018-neurotoxicity"))
    assert terms[:3] == ["ICANS grade", "CRS grade", "Compared: MSKCC 2018 neurotoxicity"]
