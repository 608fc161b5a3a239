from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.proportions import clopper_pearson
from icans.stats.tipping_point import EVERY_UP_TO, tipping_points, tipping_points_against
from icans.stats.two_proportions import Group, newcombe

some = st.integers(1, 25).flatmap(lambda n: st.builds(Group, st.integers(0, n), st.just(n)))
few = st.integers(0, 6)


def says(estimate, null=0.0):
    return 1 if estimate.low > null else -1 if estimate.high < null else 0


@given(some, few, some, few)
def test_every_way_is_the_difference_computed_anew(group, missing, reference, reference_missing):
    result = tipping_points(group, missing, reference, reference_missing)
    before = says(newcombe(group, reference))
    verdicts = {}
    for i in range(missing + 1):
        for j in range(reference_missing + 1):
            one = newcombe(
                Group(group.events + i, group.n + missing), Group(reference.events + j, reference.n + reference_missing)
            )
            verdicts[i, j] = says(one)
            assert (result.low[i, j], result.high[i, j]) == (one.low, one.high)
            assert result.value[i, j] == pytest.approx(one.value)
    beside = {
        (i, j)
        for (i, j), verdict in verdicts.items()
        if verdict != before
        and any(verdicts.get(near) == before for near in ((i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)))
    }
    assert set(result.points) == beside
    assert result.observed_verdict == before
    assert (result.reason is None) == bool(beside)


@given(some, few, st.sampled_from([0.1, 0.4, 0.6, 0.9]))
def test_every_way_of_one_group_is_the_rate_computed_anew(group, missing, rate):
    result = tipping_points_against(group, missing, rate)
    before = says(clopper_pearson(group.events, group.n), rate)
    verdicts = []
    for i in range(missing + 1):
        one = clopper_pearson(group.events + i, group.n + missing)
        verdicts.append(says(one, rate))
        assert (result.value[i], result.low[i], result.high[i]) == (one.value, one.low, one.high)
    changed = [i for i, verdict in enumerate(verdicts) if verdict != before]
    expected = [(i,) for i in changed if before in (verdicts[i - 1] if i else None, *verdicts[i + 1 : i + 2])]
    assert list(result.points) == expected


def test_a_difference_tips_where_enough_of_the_reference_would_have_had_the_event():
    result = tipping_points(Group(11, 12), 1, Group(20, 40), 4)
    assert result.observed_verdict == 1
    assert result.points == ((0, 4),)
    assert result.verdict.tolist() == [[1, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert result.method == (
        "risk difference with Newcombe hybrid-score 95% interval for every number of missing outcomes counted as events"
    )


def test_nothing_missing_tips_nothing_and_says_so():
    assert tipping_points(Group(1, 2), 0, Group(1, 3), 0).reason == "no outcome is missing"
    assert tipping_points_against(Group(1, 2), 0, 0.5).reason == "no outcome is missing"


def test_a_conclusion_that_no_missing_outcome_changes_is_called_so():
    result = tipping_points(Group(50, 50), 1, Group(0, 50), 1)
    assert result.points == ()
    assert result.reason == "however the missing outcomes fell, the interval says the same"


def test_a_group_of_which_no_outcome_is_known_has_no_conclusion_to_tip():
    result = tipping_points(Group(0, 0), 3, Group(2, 9), 0)
    assert result.value.shape == (4, 1)
    assert (result.observed_verdict, result.points, result.reason) == (None, (), "the group has no patient")


def test_what_cannot_be_meant_is_refused_in_a_sentence():
    with pytest.raises(StudyError, match="-1 missing outcomes were given"):
        tipping_points(Group(1, 2), -1, Group(1, 3), 0)
    with pytest.raises(StudyError, match="A group has no patient"):
        tipping_points(Group(1, 2), 0, Group(0, 0), 0)
    with pytest.raises(StudyError, match="A rate of 60 was stated"):
        tipping_points_against(Group(1, 2), 1, 60)


def test_many_missing_outcomes_are_tried_in_even_steps():
    result = tipping_points(Group(400_000, 500_000), 100_000, Group(390_000, 500_000), 100_000)
    assert result.value.shape == (EVERY_UP_TO + 1, EVERY_UP_TO + 1)
    assert (result.events[0], result.events[-1]) == (0, 100_000)
    assert (np.diff(result.events) == 500).all()
    assert "201 evenly spaced numbers" in result.method
    assert result.points
