from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.errors import StudyError
from icans.stats.paired import paired_change
from icans.stats.signed_rank import hodges_lehmann, signed_rank

measured = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=20)


def direction(before, after):
    """Name the direction of one pair, each value written as a laboratory prints it."""
    marks = [text[0] if text[0] in "<>" else "" for text in (before, after)]
    values = [float(text.lstrip("<>")) for text in (before, after)]
    result = paired_change([values[0]], [values[1]], [marks[0]], [marks[1]])
    (name,) = [name for name in ("rose", "fell", "unchanged", "undetermined") if getattr(result, name)]
    return name


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("10", "4", "fell"),
        ("4", "10", "rose"),
        ("4", "4", "unchanged"),
        ("10", "<5", "fell"),
        ("5", "<5", "fell"),
        ("3", "<5", "undetermined"),
        ("<5", "3", "undetermined"),
        ("<5", "5", "rose"),
        ("<5", "7", "rose"),
        ("<5", "<5", "undetermined"),
        ("<5", "<2", "undetermined"),
        (">5000", "800", "fell"),
        (">5000", "5000", "fell"),
        (">5000", "6000", "undetermined"),
        ("800", ">5000", "rose"),
        (">5000", ">5000", "undetermined"),
        ("<5", ">5", "rose"),
        (">5", "<5", "fell"),
        (">5", "<10", "undetermined"),
    ],
)
def test_the_direction_of_a_pair_is_known_or_is_not(before, after, expected):
    assert direction(before, after) == expected


def test_known_values_are_tested_by_signed_ranks():
    before, after = np.array([8.0, 9, 7, 12, 5, 6, 10]), np.array([3.0, 4, 8, 2, 1, 2, 4])
    result = paired_change(before, after)
    assert result.test == signed_rank(after - before)
    assert result.estimate == hodges_lehmann(after - before)
    assert (result.n, result.limited, result.rose, result.fell) == (7, 0, 1, 6)
    assert (result.before.value, result.after.value, result.change.value) == (8.0, 3.0, -5.0)


def test_a_single_limit_turns_to_directions_and_to_the_median():
    before = [100, 80, 60, 40, 30, 20, 3, 9]
    result = paired_change(before, [50, 40, 30, 20, 10, 5, 5, 9], None, ["", "", "", "", "", "<", "<", None])
    assert result.test.method.startswith("sign test")
    assert (result.limited, result.fell, result.rose, result.unchanged, result.undetermined) == (2, 6, 0, 1, 1)
    assert (result.test.n, result.test.p_value) == (6, pytest.approx(2 / 64))
    assert result.estimate == result.change
    assert result.estimate.method.startswith("median")


def test_no_limit_is_ever_replaced_by_a_number():
    before, marks = [9.0, 8, 7, 6, 5, 4, 3], ["<"] * 7
    low, high = paired_change(before, [2.0] * 7, None, marks), paired_change(before, [2.0] * 7, None, [""] * 7)
    assert low.after.value is None
    assert low.after.reason == "at or below 2, by detection limits"
    assert low.change.value is None
    assert low.change.reason == "at or below -4, by detection limits"
    assert high.after.value == 2.0


def test_logarithms_keep_their_limits_and_give_ratios():
    before, after = np.array([10.0, 100, 1000, 50, 20, 80]), np.array([5.0, 50, 500, 25, 10, 40])
    result = paired_change(np.log(before), np.log(after))
    assert np.exp(result.estimate.value) == pytest.approx(0.5)
    assert result.test.p_value == pytest.approx(2 / 64)  # six falls of one size
    halved = paired_change(np.log(before), np.log(after), None, ["<", "", "", "", "", ""])
    assert (halved.fell, np.exp(halved.change.value)) == (6, pytest.approx(0.5))


def test_incomplete_pairs_are_left_out_and_counted():
    result = paired_change([1.0, np.nan, 3.0], [2.0, 2.0, np.nan], ["", "<", ""], ["", "", "<"])
    assert (result.n, result.missing, result.limited, result.rose) == (1, 2, 0, 1)


def test_no_pair_gives_reasons_and_no_number():
    result = paired_change([], [])
    assert (result.n, result.test.p_value, result.estimate.value) == (0, None, None)
    assert result.test.reason == "no pair changed"
    assert result.estimate.reason == "there is no complete pair"
    assert result.change.reason == "there is no complete value"


@pytest.mark.parametrize(
    ("before", "after", "limits", "sentence"),
    [
        ([1, 2], [1], None, "before and after: 2 and 1 values cannot be pairs"),
        ([1, 2], [1, 2], ["<"], "before_limit: 1 limits were given for 2 values"),
        ([1, 2], [1, 2], ["<", "<="], 'before_limit: "<=" is not one of <, > or empty'),
    ],
)
def test_pairs_that_cannot_be_meant_are_refused_in_a_sentence(before, after, limits, sentence):
    with pytest.raises(StudyError, match=sentence):
        paired_change(before, after, limits)


@given(measured, st.data())
def test_a_direction_called_known_holds_for_every_value_beyond_the_limit(pairs, data):
    true_before, true_after = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    limit = float(data.draw(st.integers(1, 9)))
    marks = [["<" if value < limit else "" for value in side] for side in (true_before, true_after)]
    shown = [np.maximum(side, limit) for side in (true_before, true_after)]
    result = paired_change(shown[0], shown[1], marks[0], marks[1])
    true_rises, true_falls = (true_after > true_before).sum(), (true_after < true_before).sum()
    assert result.rose <= true_rises
    assert result.fell <= true_falls
    assert result.rose + result.fell + result.unchanged + result.undetermined == result.n == len(pairs)
    assert result.rose + result.fell + result.undetermined >= true_rises + true_falls
    for shown_median, truth in ((result.before, true_before), (result.after, true_after)):
        assert shown_median.value in (None, np.median(truth))


@given(measured)
def test_swapping_before_and_after_swaps_falls_and_rises(pairs):
    before, after = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
    marks = ["<" if value < 3 else "" for value in before]
    one = paired_change(np.maximum(before, 3), after, marks, None)
    other = paired_change(after, np.maximum(before, 3), None, marks)
    assert (one.rose, one.fell, one.undetermined) == (other.fell, other.rose, other.undetermined)
    assert one.test.p_value == other.test.p_value
