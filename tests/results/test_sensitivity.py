"""What moves the answer: changes by one definition alone, where some combinations cannot be applied."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from icans.results.cohort import Cohort
from icans.results.sensitivity import change, sensitivity
from icans.results.specification_table import row_of
from icans.results.specified import Outcome, Specified
from icans.specifications.combining import Specification
from icans.specifications.declared import DEFINITIONS
from icans.specifications.reading import Alternatives, Choice
from icans.stats.proportions import clopper_pearson

NAMED = {one.name: one for one in DEFINITIONS}


def two(name):
    return Alternatives(NAMED[name], (Choice("a", 1, own=True), Choice("b", 2, own=False)))


def study(events):
    """Two definitions of two values and ten patients each; None where a combination cannot be applied."""
    outcomes = []
    for number, choices in enumerate(product(range(2), range(2)), start=1):
        specification = Specification(f"S{number}", choices, choices == (0, 0), None)
        found = events[choices]
        if found is None:
            outcomes.append(Outcome(specification, reason="no patient is evaluable"))
        else:
            rate, days = clopper_pearson(found, 10), found / 2 if found else None
            outcomes.append(Outcome(specification, counts=(10, 10, found), rate=rate, median_days=days))
    nobody = np.zeros(0, dtype=np.bool_)
    cohort = Cohort(np.zeros(0, dtype=object), nobody, nobody)
    among = (two("episodes.quiet_hours"), two("remission.hold_hours"))
    return Specified(among, tuple(outcomes), cohort, standard=False)


WHOLE = study({(0, 0): 9, (0, 1): 8, (1, 0): 5, (1, 1): 7})
BROKEN = study({(0, 0): 9, (0, 1): 8, (1, 0): 5, (1, 1): None})


def test_a_definition_is_compared_under_the_same_other_definitions():
    found = change(WHOLE, 0, lambda outcome: outcome.percent)
    # 9 against 5 of ten, and 8 against 7
    assert (round(found.mean), round(found.largest), found.sets, found.widest) == (25, 40, 2, ("S3", "S1"))
    found = change(WHOLE, 1, lambda outcome: outcome.percent)
    # 9 against 8, and 5 against 7
    assert (round(found.mean), round(found.largest), found.widest) == (15, 20, ("S3", "S4"))


def test_a_combination_that_cannot_be_applied_makes_no_definition_look_stronger():
    # A mean over each value would compare 85% with 50%; the pair that can be compared says 90% against 50%.
    found = change(BROKEN, 0, lambda outcome: outcome.percent)
    assert (round(found.mean), found.sets) == (40, 1)
    found = change(BROKEN, 1, lambda outcome: outcome.percent)
    assert (round(found.mean), found.sets) == (10, 1)


def test_without_two_specifications_to_compare_there_is_a_reason():
    rows = {
        (r.variable, r.level, r.statistic): r
        for r in sensitivity(study({(0, 0): 9, (0, 1): None, (1, 0): None, (1, 1): 3}))
    }
    row = rows["remission", "episodes.quiet_hours", "mean_change"]
    assert (row.value, row.n) == (None, 0)
    assert row.reason == "no two specifications that differ in this definition alone can be compared"
    assert rows["remission", "S2", "percent"].reason == "no patient is evaluable"
    assert [rows["specifications", None, name].value for name in ("n", "applicable", "not_applicable")] == [4, 2, 2]


def test_no_two_rows_share_a_name():
    rows = [(r.analysis, r.group, r.variable, r.level, r.statistic) for r in sensitivity(BROKEN)]
    assert len(rows) == len(set(rows))


def test_nobody_in_remission_is_a_rate_of_nought_without_a_time():
    none = study({(0, 0): 0, (0, 1): 0, (1, 0): 2, (1, 1): 2})
    rows = {(r.variable, r.level, r.statistic): r for r in sensitivity(none)}
    assert rows["remission", "S1", "percent"].value == 0
    assert rows["days_to_remission", "S1", "median"].reason == "nobody was seen in remission"


def test_the_table_has_a_row_for_every_combination():
    assert row_of(BROKEN, BROKEN.outcomes[3]) == {
        "specification": "S4",
        "own": False,
        "episodes.quiet_hours": "b",
        "remission.hold_hours": "b",
        "percent": None,
        "median_days": None,
        "reason": "no patient is evaluable",
    }
    assert row_of(BROKEN, BROKEN.outcomes[0])["percent"] == pytest.approx(90)


def test_of_equal_rates_the_study_s_own_is_named():
    same = study({(0, 0): 9, (0, 1): 9, (1, 0): 9, (1, 1): 9})
    assert [one.specification.id for one in same.extremes] == ["S1", "S1"]
    turned = replace(same, outcomes=same.outcomes[::-1])
    assert [one.specification.id for one in turned.extremes] == ["S1", "S1"]
