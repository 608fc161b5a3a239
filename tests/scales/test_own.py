"""A study's own scale files: found by id, checked at the door, and never taken for published ones."""

import re
from pathlib import Path

import pytest

from icans.errors import CallError, ScaleError
from icans.scales import catalogue

PUBLISHED = (catalogue.FOLDER / "astct-2019-icans.toml").read_text(encoding="utf-8")
MINE = PUBLISHED.replace('id = "astct-2019-icans"', 'id = "mine"', 1)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "scales").mkdir()
    (tmp_path / "study.toml").write_text('[study]\ntitle = "Mine"\n')
    return tmp_path


def refused(study: Path, text: str | bytes, name: str = "mine") -> str:
    file = study / "scales" / f"{name}.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(ScaleError) as error:
        catalogue.find(name, study)
    return str(error.value)


@pytest.mark.parametrize("place", ["mine.toml", "scales/mine.toml"])
def test_a_scale_is_found_by_its_id_in_the_study_folder(study, place):
    (study / place).write_text(MINE)
    scale = catalogue.find("mine", study)
    assert (scale.id, scale.own) == ("mine", True)
    assert catalogue.named(str(study / place)) == scale


def test_a_published_scale_is_found_where_the_study_has_none_of_that_id(study):
    scale = catalogue.find("astct-2019-crs", study)
    assert scale is catalogue.load("astct-2019-crs")
    assert not scale.own


def test_the_digest_tells_two_texts_of_one_id_and_version_apart(study):
    (study / "mine.toml").write_text(MINE)
    before = catalogue.find("mine", study)
    (study / "mine.toml").write_text(MINE.replace("{ grade = 1, range = [7, 9] }", "{ grade = 0, range = [7, 9] }"))
    after = catalogue.find("mine", study)
    assert re.fullmatch("[0-9a-f]{12}", before.digest)
    assert (before.id, before.version) == (after.id, after.version)
    assert before.digest != after.digest


def test_a_file_in_both_places_is_refused(study):
    (study / "mine.toml").write_text(MINE)
    (study / "scales" / "mine.toml").write_text(MINE)
    with pytest.raises(ScaleError, match=r"mine.toml stands here and in scales/.\n  Keep one of the two."):
        catalogue.find("mine", study)


@pytest.mark.parametrize("name", ["min", "../../etc/passwd", "study", "scales/mine", "\x1b[2Jmine", ""])
def test_an_id_that_names_no_scale_is_refused_with_the_nearest(study, name):
    (study / "scales" / "mine.toml").write_text(MINE)
    with pytest.raises(CallError) as error:
        catalogue.find(name, study)
    assert "There is no scale" in str(error.value)
    assert str(error.value).replace("\n", "").isprintable()
    if name == "min":
        assert "Did you mean mine?" in str(error.value)


def line_of(text: str, part: str) -> int:
    return text.partition(part)[0].count("\n") + 1


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("range = [7, 9]", "range = [6, 9]", "[[domain]] ice: 6 stands twice, for grade 2 and for grade 1"),
        ("range = [7, 9]", "range = [8, 9]", "[[domain]] ice: no cell holds the numbers between 6 and 8"),
        (
            'values = ["deep_focal_weakness"]',
            'values = ["mild_weakness"]',
            "[[domain]] motor: mild_weakness stands twice, for grade 0 and for grade 4",
        ),
        (
            'reads = "motor"',
            'reads = "moter"',
            'it reads "moter", which is no column and no score.\n  Did you mean motor?',
        ),
        ('name = "motor"', 'name = "motor;ice"', '"motor;ice" is no name for a domain.'),
        ('id = "mine"', 'id = "other"', 'the id "other" is not the name of the file.\n  Name the file other.toml.'),
        ('id = "mine"', 'id = "../mine"', '"../mine" is no id.'),
        ('id = "mine"', 'id = "astct-2019-icans"', '"astct-2019-icans" is the id of a published scale.'),
    ],
)
def test_what_is_wrong_is_a_sentence_with_its_line(study, right, wrong, said):
    text = MINE.replace(right, wrong, 1)
    sentence = refused(study, text)
    assert said in sentence
    assert f"mine.toml, line {line_of(MINE, right)}" in sentence or "no cell" in said


def test_everything_that_is_wrong_is_said_at_once(study):
    text = MINE.replace('id = "mine"', 'id = "yours"').replace("range = [7, 9]", "range = [8, 9]")
    text = text.replace('reads = "motor"', 'reads = "moter"')
    sentence = refused(study, text)
    assert sentence.count("mine.toml, line ") == 3


def test_a_published_id_is_refused_even_for_the_published_text(study):
    sentence = refused(study, PUBLISHED, "astct-2019-icans")
    assert "The published name means the published rule" in sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MINE.replace("ASTCT 2019 ICANS", "\\u001b[2J ICANS"), "line 2: the character U+001B does not print"),
        (MINE.replace("ASTCT 2019 ICANS", "\u202eSNACI"), "line 2: the character U+202E does not print"),
        ('id = "mine"\nx = ' + "\n".join("[" * 400), "not TOML"),
        ('id = "mine"\nx = ' + "\n".join("[" * 40 + "]" * 40), "nested more than 16 deep"),
        ('id = "mine"\n' + "x." * 20_000 + "y = 1", "longer than 4,000 characters"),
        ('id = "mine"\n' + "\n".join(f'[[domain]]\nname = "d{n}"' for n in range(65)), "has 65 entries"),
        ("x" * 64_001, "is larger than 64,000 bytes"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "byte 1 is not UTF-8"),
        (b"", "it has no [[domain]]"),
        (MINE.replace('id = "mine"', 'id = ["mine"]'), "id = ['mine'] is not a text"),
    ],
)
def test_a_crafted_file_is_a_sentence(study, text, said):
    sentence = refused(study, text)
    assert said in sentence
    assert sentence.replace("\n", "").isprintable()


def test_more_domains_than_the_engine_holds_are_refused(study):
    domain = MINE[MINE.index('[[domain]]\nname = "motor"') : MINE.index('[[domain]]\nname = "icp_edema"')]
    more = "".join(domain.replace('name = "motor"', f'name = "motor_{n}"', 1) for n in range(40))
    assert "has 46 domains, more than can be graded at once" in refused(study, f"{MINE}\n{more}")


def test_a_scale_of_the_study_is_no_folder_nor_pipe(study):
    (study / "scales" / "mine.toml").mkdir()
    with pytest.raises(CallError, match="there is no such file"):
        catalogue.find("mine", study)
