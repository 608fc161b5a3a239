"""The specification curve: readable with five specifications and with five hundred."""

import json
from itertools import product

import altair as alt
import numpy as np
import pytest

from icans.figures.figure import LeftOut
from icans.figures.specification_curve import FEW, specification_curve
from icans.results.cohort import Cohort
from icans.results.specified import Outcome, Specified
from icans.specifications.combining import Specification
from icans.specifications.declared import DEFINITIONS
from icans.specifications.reading import Alternatives, Choice
from icans.stats.proportions import clopper_pearson


def study(*sizes, broken=()):
    among = tuple(
        Alternatives(one, tuple(Choice(f"value {n}", n, own=n == 0) for n in range(size)))
        for one, size in zip(DEFINITIONS, sizes, strict=False)
    )
    outcomes = []
    for number, choices in enumerate(product(*(range(size) for size in sizes)), start=1):
        specification = Specification(f"S{number:03}", choices, not any(choices), None)
        if number in broken:
            outcomes.append(Outcome(specification, reason="no patient is evaluable"))
        else:
            events = (7 * number) % 14
            days = events / 3 if events else None
            outcomes.append(
                Outcome(specification, counts=(13, 13, events), rate=clopper_pearson(events, 13), median_days=days)
            )
    everyone = np.ones(0, dtype=np.bool_)
    return Specified(among, tuple(outcomes), Cohort(np.zeros(0, dtype=object), everyone, everyone), standard=False)


@pytest.mark.parametrize(("sizes", "marks"), [((5,), "chosen"), ((3, 3, 3, 4), "runs"), ((5, 5, 5, 4), "runs")])
def test_it_is_valid_and_carries_its_rows(sizes, marks):
    figure = specification_curve(study(*sizes))
    specification = figure.specification(validate=True)
    alt.Chart.from_dict(json.loads(json.dumps(specification))).to_dict()
    assert marks in specification["datasets"]
    drawn = json.dumps(specification)
    assert all(f'"name": "{rows}"' in drawn for rows in specification["datasets"])


def test_few_are_drawn_one_by_one_and_many_as_a_band():
    few, many = specification_curve(study(5, 6)), specification_curve(study(5, 5, 5))
    assert {"rates", "days", "chosen"} <= set(few.rows)
    assert {"curve", "days_dots", "runs"} <= set(many.rows)
    assert len(few.rows["chosen"]) == 30 * 2
    assert len(specification_curve(study(FEW)).rows["rates"]) == FEW


def test_rates_rise_and_the_study_s_own_is_marked():
    figure = specification_curve(study(5, 6))
    heights = [row["y"] for row in figure.rows["rates"]]
    assert heights == sorted(heights)
    (own,) = figure.rows["own_points"]
    assert own["told"].startswith("S001 (the study's own)\n7 of 13 in remission, 53.8%")
    assert figure.rows["values"][0]["text"] == "value 0 *"


def test_each_specification_has_one_value_of_each_definition():
    figure = specification_curve(study(3, 4, 8))
    covered = sum(row["x2"] - row["x"] for row in figure.rows["runs"])
    assert covered == 3 * 96


def test_what_cannot_be_applied_is_said_and_not_drawn():
    figure = specification_curve(study(5, broken={2, 4}))
    assert len(figure.rows["rates"]) == 3
    assert figure.caption.endswith("2 combinations that cannot be applied are not drawn.")
    nothing = specification_curve(study(2, broken={1, 2}))
    assert isinstance(nothing, LeftOut)
    assert nothing.reason == "no combination of the definitions gives a remission rate"
