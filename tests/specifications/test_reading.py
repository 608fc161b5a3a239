"""`[alternatives]`: what it means, and what a reader is told of a mistake in it."""

import pytest

from icans.errors import ProtocolError
from icans.protocol import parse
from icans.specifications.combining import combined, standard
from icans.specifications.reading import read

STUDY = '[study]\ntitle = "A study"\n'


def alternatives(text: str):
    return read(parse((STUDY + text).encode()))


def labels(text: str) -> list[list[str]]:
    return [[f"{c.label}{'*' if c.own else ''}" for c in one.choices] for one in alternatives(text)]


def test_the_study_s_own_value_is_among_the_alternatives_and_marked():
    assert labels("[alternatives.episodes]\nquiet_hours = [24, 72.0, 168]") == [["24 h", "72 h*", "168 h"]]
    assert labels("[alternatives.episodes]\nquiet_hours = [24, 168]") == [["72 h*", "24 h", "168 h"]]


def test_rules_of_remission_are_named_in_a_table():
    text = '[alternatives.remission.rules]\n"grade 0" = [{ baseline = [1, 2, 3, 4], grade = 0 }]'
    assert labels(text) == [["3-4 to grade 1; 1-2 to ICE 10*", "grade 0"]]


def test_a_name_for_the_study_s_own_rules_is_taken_whatever_their_order():
    text = """[alternatives.remission.rules]
published = [{ baseline = [2, 1], ice = 10, grade_without_ice = 0 }, { baseline = [4, 3], grade = 1 }]
"grade 0" = [{ baseline = [1, 2, 3, 4], grade = 0 }]"""
    assert labels(text) == [["published*", "grade 0"]]


def test_definitions_stand_in_the_order_of_the_study_and_combine():
    text = "[alternatives.remission]\nhold_hours = [0, 24]\n[alternatives.episodes]\nonset_grade = [1, 2]"
    among = alternatives(text)
    assert [one.definition.name for one in among] == ["episodes.onset_grade", "remission.hold_hours"]
    made = combined(parse((STUDY + text).encode()), among)
    assert [(one.id, one.choices, one.own) for one in made] == [
        ("S001", (0, 0), True),
        ("S002", (0, 1), False),
        ("S003", (1, 0), False),
        ("S004", (1, 1), False),
    ]
    assert made[3].protocol.episodes.onset_grade == 2
    assert made[3].protocol.remission.hold_hours == 24
    assert made[3].protocol.remission.baseline == "first_course"


def test_lists_are_compared_without_order():
    text = '[alternatives.population]\nindications = [["steroid_refractory", "severe"], ["severe"]]'
    assert labels(text) == [["steroid-refractory, severe*", "severe"]]


def test_the_standard_set_asks_for_refractory_hours_only_where_they_matter():
    names = [one.definition.name for one in standard(parse(STUDY.encode()))]
    assert "population.refractory_hours" in names
    severe = parse((STUDY + '[population]\nindications = ["severe"]').encode())
    assert [one.definition.name for one in standard(severe)] == [n for n in names if n != "population.refractory_hours"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[alternatives.episode]\nquiet_hours = [1]",
            "[alternatives.episode] is no section of definitions. Did you mean",
        ),
        (
            "[alternatives.episodes]\nquite_hours = [24]",
            "[alternatives.episodes] quite_hours is not a definition that has alternatives. Did you mean quiet_hours?",
        ),
        (
            "[alternatives.survival]\norigin = ['onset']",
            "[alternatives.survival]: [survival] defines survival, and icans sensitivity asks about remission",
        ),
        ("[alternatives.study]\ntitle = ['x']", "[study] says what the study is called and has no alternatives."),
        (
            "[alternatives.scales]\ncrs = ['lee-2014-crs']",
            "crs: it grades CRS, which has no part in remission of ICANS and has no alternatives.",
        ),
        (
            "[alternatives.episodes]\nonset_grade = [1, 7]",
            "[alternatives.episodes] onset_grade: value 2: Input should be less than or equal to 4 (it is 7).",
        ),
        ("[alternatives.remission]\nbaseline = ['peek']", "Input should be 'first_course' or 'peak' (it is 'peek')"),
        ("[alternatives.remission]\nbaseline = []", "it needs a list of values, or a table that names them"),
        ("[alternatives.remission]\nhold_hours = 24", "it needs a list of values, or a table that names them"),
        (
            "[alternatives.population]\nindications = ['severe']",
            'Each value is a list, such as [["severe"], ["severe", "steroid_refractory"]].',
        ),
        ("[[alternatives.remission.rules]]\nbaseline = [1]\ngrade = 0", "Name each set of rules under"),
        (
            "[alternatives.remission.rules]\nzero = [{ baselin = [1], grade = 0 }]",
            "#1 baselin is no key of a rule. Did you mean baseline?",
        ),
        (
            "[alternatives.remission.rules]\ntwice = [{ baseline = [1], grade = 0 }, { baseline = [1], ice = 10 }]",
            "twice: baseline grade 1 stands in two rules",
        ),
        ("[alternatives.episodes]\nquiet_hours = [24, 24.0]", "value 2 is the same as 24 h"),
        ("[alternatives.episodes]\nquiet_hours = [72]", "the study's own value (72 h) is the only one"),
        (
            "[alternatives]\nepisodes = 3",
            "[alternatives] episodes: is a section, in single brackets: [alternatives.episodes]",
        ),
    ],
)
def test_a_mistake_is_a_sentence(text, said):
    with pytest.raises(ProtocolError) as raised:
        alternatives(text)
    assert str(raised.value).startswith("study.toml: [alternatives")
    assert said in str(raised.value)
    assert "?." not in str(raised.value)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(ProtocolError) as raised:
        alternatives("[alternatives.episodes]\nonset_grade = [9]\nquiet = [1]\n[alternatives.remission]\nhold = [2]")
    assert len(str(raised.value).splitlines()) == 3


def test_more_combinations_than_anyone_reads_are_refused():
    hours = ", ".join(str(number) for number in range(101))
    text = f"[alternatives.episodes]\nquiet_hours = [{hours}]\n[alternatives.remission]\nhold_hours = [{hours}]"
    protocol = parse((STUDY + text).encode())
    with pytest.raises(
        ProtocolError, match=r"10,201 combinations \(episodes.quiet_hours 101, remission.hold_hours 101\)"
    ):
        combined(protocol, read(protocol))
