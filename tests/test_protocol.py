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
