from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.immortal_time import immortal_time
from icans.stats.stretches import landmark, number_in_groups, since, stretches

NAN = float("nan")

patients = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 2), st.one_of(st.none(), st.integers(0, 9))), max_size=14
).map(
    lambda rows: tuple(np.array(column, dtype=float) for column in (zip(*rows, strict=True) if rows else ((), (), ())))
)


def table(rows):
    columns = (rows.patient, rows.start, rows.stop, rows.event, rows.changed)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (NAN, [(0, 0, 5, 1, 0)]),
        (2, [(0, 0, 2, 0, 0), (0, 2, 5, 1, 1)]),
        (0, [(0, 0, 5, 1, 1)]),
        (5, [(0, 0, 5, 1, 0)]),
        (5 - 1e-12, [(0, 0, 5, 1, 0)]),
        (7, [(0, 0, 5, 1, 0)]),
    ],
)
def test_time_is_cut_at_the_change_and_the_event_comes_before_a_change_at_its_time(change, expected):
    assert table(stretches([5], [1], [change])) == expected


def test_an_event_at_time_zero_keeps_its_row():
    assert table(stretches([0, 0], [1, 1], [NAN, 0])) == [(0, 0, 0, 1, 0), (1, 0, 0, 1, 1)]


def test_a_landmark_groups_by_what_was_known_at_it():
    time, event, change = [10, 8, 2, 9, 4, 4], [1, 0, 1, 2, 1, 0], [3, NAN, NAN, 6, 1, 4]
    kept = landmark(time, event, change, 4)
    assert (kept.patient.tolist(), kept.group.tolist()) == ([0, 1, 3], [1, 0, 0])
    assert (kept.time.tolist(), kept.event.tolist()) == ([6, 4, 5], [1, 0, 2])
    assert (kept.had_event.tolist(), kept.lost.tolist()) == ([2, 4], [5])


def test_a_change_at_the_landmark_is_known_at_it():
    assert landmark([5, 5], [1, 1], [2, NAN], 2).group.tolist() == [1, 0]


def test_nobody_left_at_a_landmark_leaves_empty_arrays():
    kept = landmark([1, 2], [1, 0], [NAN, 1], 3)
    assert (kept.time.size, kept.had_event.tolist(), kept.lost.tolist()) == (0, [0], [1])


def test_immortal_time_is_counted_by_patient_and_group():
    found = immortal_time([10, 20, 30, 6], [1, 1, 0, 1], [5, 0, NAN, 9])
    assert found.patient.tolist() == [5, 0, 0, 6]
    untreated, treated = found.groups
    assert (untreated.carrying, untreated.immortal, untreated.percent) == (0, 0.0, 0.0)
    assert (treated.n, treated.carrying, treated.immortal, treated.observed) == (3, 2, 11.0, 36.0)
    assert treated.percent == pytest.approx(100 * 11 / 36)
    assert treated.longest == 6.0
    assert not found.known_at_zero


def test_groups_known_at_time_zero_carry_no_immortal_time():
    found = immortal_time([10, 20, 0], [1, 0, 2], [0, NAN, 0])
    assert found.known_at_zero
    assert found.groups[2].percent is None
    assert immortal_time([], [], []).groups == ()


@pytest.mark.parametrize("function", [stretches, lambda *data: landmark(*data, 1)])
def test_what_cannot_be_meant_is_refused_in_a_sentence(function):
    with pytest.raises(StudyError, match="a change of group is before time zero"):
        function([1], [1], [-1])
    with pytest.raises(StudyError, match="change: 2 values were given for 1 times"):
        function([1], [1], [1, 2])


def test_a_landmark_before_time_zero_is_refused():
    with pytest.raises(StudyError, match="A landmark at -1 was asked for"):
        landmark([1], [1], [NAN], -1)


@given(patients)
def test_cutting_loses_no_time_and_no_event(data):
    time, event, change = data
    rows = stretches(time, event, change)
    whole = np.bincount(rows.patient, weights=rows.stop - rows.start, minlength=time.size)
    np.testing.assert_allclose(whole, time)
    assert np.bincount(rows.patient, weights=rows.event, minlength=time.size).tolist() == event.tolist()


@given(patients, st.integers(0, 9).map(lambda day: day + 0.5))
def test_the_landmark_groups_are_those_of_the_stretches_at_it(data, at):
    kept, rows = landmark(*data, at), since(stretches(*data), at)
    first = rows.start == at
    there = dict(zip(rows.patient[first].tolist(), rows.changed[first].tolist(), strict=True))
    assert dict(zip(kept.patient.tolist(), kept.group.tolist(), strict=True)) == there


@given(patients)
def test_the_number_in_each_group_is_that_of_those_who_began_and_have_not_stopped(data):
    rows = stretches(*data)
    for group, counts in enumerate(number_in_groups(rows, [0, 1, 2.5, 7])):
        for at, count in zip((0, 1, 2.5, 7), counts.tolist(), strict=True):
            inside = ((rows.start < at) | (rows.start == 0)) & (rows.stop >= at) & (rows.changed == group)
            assert count == inside.sum()
