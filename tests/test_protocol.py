import pytest

from icans.errors import ProtocolError
from icans.protocol import parse

STUDY = '[study]\ntitle = "A study"\n'


@pytest.mark.parametrize("line", ["grade = 2", "grade = 3", "ice = 10\ngrade_without_ice = 2"])
def test_a_finish_line_lies_below_every_grade_from_which_it_counts(line):
    with pytest.raises(ProtocolError, match=r"grade [23] is no remission for patients who start from grade 2"):
        parse(f"{STUDY}[[remission.rules]]\nbaseline = [4, 2]\n{line}\n".encode())


def test_a_finish_line_below_them_is_taken():
    found = parse(f"{STUDY}[[remission.rules]]\nbaseline = [4, 2]\ngrade = 1\n".encode())
    assert found.remission.rules[0].grade == 1


SITE = '[[compare]]\nname = "Site"\nby = "site"\n'


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("[episodes]\nquiet_hours = 1e300", "[episodes] quiet_hours: Input should be less than or equal to 1000000"),
        ("[remission]\nlandmarks_days = [3, 3.0]", "[remission] landmarks_days: an entry stands twice"),
        ('[population]\nindications = ["severe", "severe"]', "[population] indications: an entry stands twice"),
        ("[survival]\ncutoff = 9999-12-31", "[survival] cutoff: Input should be less than 3000-01-01"),
        ("[survival]\ncutoff = 0", "[survival] cutoff: should be a date, such as 2025-12-31 (it is 0)."),
        (SITE + "at_most = nan", "[compare.#1] at_most: a number, or a list of numbers that rise (it is nan)."),
        (SITE + 'at_least = [1, "x"]', "[compare.#1] at_least: a number, or a list of numbers that rise"),
        (SITE + "values = [[1], 2]", "[compare.#1] values: each is a text, true or false, or a number"),
        (SITE + 'values = ["1", 1.0]', "[compare.#1] values: a value stands twice"),
        (SITE + 'labels = ["a", "a"]', "[compare.#1] labels: an entry stands twice"),
        ('[biomarkers]\nanalyte = "x"', "[biomarkers]: stands in double brackets, once for each: [[biomarkers]]."),
        ("[[survival]]", "[survival]: is a section, in single brackets: [survival]."),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_with_its_key(lines, words):
    with pytest.raises(ProtocolError) as caught:
        parse(f"{STUDY}{lines}\n".encode())
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_error_shows_no_more_of_a_value_than_a_reader_needs():
    with pytest.raises(ProtocolError, match=r"valid number.* \(it is 'y{99} \.\.\.\)\.$"):
        parse(f'{STUDY}[episodes]\nquiet_hours = "{"y" * 5000}"\n'.encode())
