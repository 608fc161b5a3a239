"""How patients and numbers of them are named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icans.counts import counted, named
from icans.figures.labels import LONGEST, grade_text, listed, short_names
from icans.figures.theme import TEXT, text_width


@given(st.lists(st.text(min_size=1, max_size=40), unique=True, min_size=1, max_size=40))
def test_no_two_patients_look_the_same_and_none_is_too_long(names):
    short = short_names(names)
    assert len(set(short.values())) == len(names)
    assert all(len(text) <= LONGEST for text in short.values())


def test_short_names_stay_as_they_are():
    assert short_names(["P01", "P02"]) == {"P01": "P01", "P02": "P02"}


def test_what_all_names_share_is_left_out():
    names = ["CENTRE-2024-P01-main", "CENTRE-2024-P02-main"]
    assert list(short_names(names).values()) == ["…P01…", "…P02…"]


def test_a_short_name_among_long_ones_hides_nothing_of_them():
    names = ["CENTRE-2024-P01-main", "X", "CENTRE-2024-P02-main"]
    assert short_names(names) == {names[0]: "…P01…", "X": "X", names[2]: "…P02…"}


def test_room_is_kept_for_what_stands_for_the_part_left_out():
    assert text_width("…P01…") == text_width("P01") + 2 * TEXT


def test_one_long_name_loses_its_middle():
    assert short_names(["a-very-long-name-indeed"]) == {"a-very-long-name-indeed": "a-ver…indeed"}


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(3, 3, "grade 3"), (3, 4, "grade open, 3 to 4"), (None, None, "grade not known")],
)
def test_a_grade_is_written_with_its_bounds_where_it_is_open(low, high, text):
    assert grade_text(low, high) == text


def test_numbers_of_things_agree_with_them():
    assert [counted(one, "patient") for one in (0, 1, 1200)] == ["0 patients", "1 patient", "1,200 patients"]
    assert [named(one, "gives", "give") for one in (1.0, 2.0, None)] == ["gives", "give", "give"]
    assert [listed(["a"]), listed(["a", "b", "c"]), listed([])] == ["a", "a, b and c", ""]
