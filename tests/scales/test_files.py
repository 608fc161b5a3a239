"""A scale file that is wrong is refused in a sentence with its line."""

import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from icans.errors import ScaleError
from icans.records.schema import CRS, NEURO
from icans.scales import catalogue
from icans.scales.conditions import Limits
from icans.scales.model import Scale
from icans.scales.reading.entries import ScaleFile
from icans.scales.reading.file import Reader, parse
from icans.scales.reading.vocabulary import COLUMNS

GOOD = """\
id = "made"
name = "Made for a test"
version = "1"
toxicity = "icans"
status = "confirmed"
population = "Nobody"
citation = "None"
doi = "none"

[[score]]
name = "ice"
label = "ICE score"
total = "ice"
most = 10
items = [
  { column = "ice_orientation", most = 4 },
  { column = "ice_naming", most = 3 },
  { column = "ice_commands", most = 1 },
  { column = "ice_writing", most = 1 },
  { column = "ice_attention", most = 1 },
]

[condition.grown]
label = "the patient is grown up"
all = [{ column = "age_years", at_least = 18, missing = "met" }]

[condition.poor]
label = "the ICE score is poor"
any = [{ domain = "ice", at_least = 2 }]

[[domain]]
name = "ice"
label = "ICE score"
reads = "ice"
cells = [
  { grade = 0, range = [10, 10] },
  { grade = 1, range = [7, 9] },
  { grade = 2, range = [3, 6] },
  { grade = 3, range = [0, 2] },
]

[[domain]]
name = "motor"
label = "Motor weakness"
reads = "motor"
applies = ["grown", "poor"]
excluded_by = { column = "other_cause", names = "motor" }
cells = [
  { grade = 0, values = ["none", "mild_weakness"] },
  { grade = 4, values = ["deep_focal_weakness"] },
]
unrecorded = [{ as = "none", under = "absent", when = "grown" }]

[[domain]]
name = "fever"
label = "Temperature"
reads = "temperature_c"
cells = [
  { grade = 0, below = 38.0 },
  { grade = 1, at_least = 38.0 },
]

[fatal]
column = "event"
value = "death_due_to_icans"
label = "Died"

[[note]]
text = "A trap"
"""


class Wrong(NamedTuple):
    """What to write instead of what, and the sentence that follows; it names the line where `at` (or that) begins."""

    right: str
    instead: str
    called: str
    problem: str
    at: str | None = None

    def text(self):
        assert self.right in GOOD
        return GOOD.replace(self.right, self.instead, 1)

    def sentence(self):
        at = self.instead if self.at is None else self.at
        line = f"line {self.text().partition(at)[0].count(chr(10)) + 1}" if at else ""
        return f"{', '.join(filter(None, ['made.toml', line, self.called]))}: {self.problem}"


WRONG = {
    "not TOML": Wrong(
        "[[score]]",
        "[[score]",
        "",
        "not TOML: Expected ']]' at the end of an array declaration",
        at="",
    ),
    "an unknown key": Wrong(
        'population = "Nobody"',
        'population = "Nobody"\npopulaton = "All"',
        "",
        "populaton is not a key here.\n  Did you mean population?",
        at="populaton",
    ),
    "an unknown section": Wrong(
        "[[note]]",
        "[[notes]]",
        "",
        "notes is not a key here.\n  Did you mean note?",
    ),
    "a missing key": Wrong(
        'label = "Motor weakness"\n',
        "",
        "[[domain]] motor",
        "label is missing.",
        at='[[domain]]\nname = "motor"',
    ),
    "an unknown status": Wrong(
        'status = "confirmed"',
        'status = "confirm"',
        "",
        'status = "confirm" is not one of confirmed, unconfirmed.\n  Did you mean confirmed?',
    ),
    "a section that is none": Wrong(
        "[[note]]",
        "[note]",
        "",
        "[note] is written [[note]], once for each.",
    ),
    "overlapping ranges": Wrong(
        "range = [3, 6]",
        "range = [3, 7]",
        "[[domain]] ice",
        "7 stands twice, for grade 2 and for grade 1.",
        at="range = [7, 9]",
    ),
    "a gap between whole numbers": Wrong(
        "range = [3, 6]",
        "range = [3, 5]",
        "[[domain]] ice",
        "no cell holds the numbers between 5 and 7.",
        at="range = [7, 9]",
    ),
    "a gap at the end": Wrong(
        "  { grade = 0, range = [10, 10] },\n",
        "",
        "[[domain]] ice",
        "no cell holds the numbers from 9 to 10.",
        at="cells = [\n  { grade = 1, range",
    ),
    "a gap at the beginning": Wrong(
        "range = [0, 2]",
        "range = [1, 2]",
        "[[domain]] ice",
        "no cell holds the numbers from 0 to 1.",
        at="cells = [\n  { grade = 0, range",
    ),
    "a gap of one number": Wrong(
        "at_least = 38.0",
        "above = 38.0",
        "[[domain]] fever",
        "no cell holds the numbers between 38 and 38.",
    ),
    "one number twice": Wrong(
        "below = 38.0",
        "at_most = 38.0",
        "[[domain]] fever",
        "38 stands twice, for grade 0 and for grade 1.",
        at="at_least = 38.0",
    ),
    "a range that holds nothing": Wrong(
        "range = [7, 9]",
        "range = [9, 7]",
        "[[domain]] ice",
        "no number lies between 9 and 7.",
    ),
    "a range outside the column": Wrong(
        "range = [10, 10]",
        "range = [10, 11]",
        "[[domain]] ice",
        "11 is outside what the column can hold, 0 to 10.",
    ),
    "a fraction where numbers are whole": Wrong(
        "range = [10, 10]",
        "range = [9.5, 10]",
        "[[domain]] ice",
        "9.5 is not a whole number.",
    ),
    "a cell without a range": Wrong(
        "range = [10, 10]",
        'label = "all"',
        "[[domain]] ice",
        "it needs a range, or one of at_least and above, or one of at_most and below.",
    ),
    "two lower ends": Wrong(
        "at_least = 38.0",
        "at_least = 38.0, above = 38.0",
        "[[domain]] fever",
        "it needs a range, or one of at_least and above, or one of at_most and below.",
    ),
    "a grade twice for the same value": Wrong(
        'values = ["deep_focal_weakness"]',
        'values = ["deep_focal_weakness", "none"]',
        "[[domain]] motor",
        "none stands twice, for grade 0 and for grade 4.",
    ),
    "a value without a grade": Wrong(
        ', "mild_weakness"',
        "",
        "[[domain]] motor",
        "no cell holds mild_weakness.\n  Give each a grade, or list it under open.",
        at="cells = [\n  { grade = 0, values",
    ),
    "a value that is open and earns a grade": Wrong(
        "unrecorded = [",
        'open = ["none"]\nunrecorded = [',
        "[[domain]] motor",
        "none is open and earns grade 0.",
        at='open = ["none"]',
    ),
    "a value the column cannot hold": Wrong(
        '"deep_focal_weakness"',
        '"deep_weakness"',
        "[[domain]] motor",
        '"deep_weakness" is not one of none, mild_weakness, deep_focal_weakness.\n  Did you mean deep_focal_weakness?',
    ),
    "a grade that is none": Wrong(
        "grade = 4",
        "grade = 6",
        "[[domain]] motor",
        "grade = 6; a whole number from 0 to 5 was expected.",
    ),
    "one grade only": Wrong(
        "grade = 4",
        "grade = 0",
        "[[domain]] motor",
        "its cells earn fewer than two grades, so it could not change any.",
        at="cells = [\n  { grade = 0, values",
    ),
    "an unknown key in a cell": Wrong(
        "range = [7, 9]",
        'range = [7, 9], colour = "red"',
        "[[domain]] ice",
        "colour is not a key here.",
    ),
    "an unknown column": Wrong(
        'reads = "motor"',
        'reads = "moter"',
        "[[domain]] motor",
        'it reads "moter", which is no column and no score.\n  Did you mean motor?',
    ),
    "a column that cannot be graded": Wrong(
        'reads = "motor"',
        'reads = "diagnosis"',
        "[[domain]] motor",
        "the column diagnosis holds text, which cannot be graded.",
    ),
    "an unknown column in a condition": Wrong(
        'column = "age_years"',
        'column = "age"',
        "[condition.grown]",
        'there is no column "age" in the records.',
    ),
    "an unknown condition": Wrong(
        'applies = ["grown", "poor"]',
        'applies = ["grown", "pour"]',
        "[[domain]] motor",
        "there is no [condition.pour].\n  Did you mean poor?",
    ),
    "a condition on an unknown domain": Wrong(
        'domain = "ice"',
        'domain = "icee"',
        "[[domain]] motor",
        'poor tests the domain "icee", which does not stand above.\n  Did you mean ice?',
        at='applies = ["grown", "poor"]',
    ),
    "a condition of nothing": Wrong(
        'any = [{ domain = "ice", at_least = 2 }]',
        "any = []",
        "[condition.poor]",
        "any is empty.",
    ),
    "a missing value read from a domain": Wrong(
        'when = "grown"',
        'when = "poor"',
        "[[domain]] motor",
        "poor tests a domain; a missing value may be read from columns and scores only.",
    ),
    "an absent sign that earns a grade": Wrong(
        'as = "none"',
        'as = "deep_focal_weakness"',
        "[[domain]] motor",
        "a sign read as absent earns the lowest grade of its domain, 0.",
    ),
    "an exclusion by a column that says nothing": Wrong(
        'column = "other_cause", names = "motor"',
        'column = "age_years"',
        "[[domain]] motor",
        "age_years is neither yes or no nor a list of domains.",
        at="excluded_by",
    ),
    "items that do not add up": Wrong(
        "most = 10",
        "most = 9",
        "[[score]] ice",
        "the column ice does not hold whole numbers from 0 to 9.",
        at='total = "ice"',
    ),
    "an item with the wrong maximum": Wrong(
        'column = "ice_naming", most = 3',
        'column = "ice_naming", most = 4',
        "[[score]] ice",
        "the column ice_naming does not hold whole numbers from 0 to 4.",
    ),
    "an item that is not there": Wrong(
        '  { column = "ice_writing", most = 1 },\n',
        "",
        "[[score]] ice",
        "its items give at most 9 points, not 10.",
        at="most = 10",
    ),
    "a name twice": Wrong(
        'name = "motor"',
        'name = "ice"',
        "[[domain]] ice",
        "its name stands twice.",
        at='name = "ice"\nlabel = "Motor',
    ),
    "a domain named like the fatal event": Wrong(
        'name = "motor"',
        'name = "death"',
        "[[domain]] death",
        '"death" is the name of the fatal event.',
    ),
    "an event nobody records": Wrong(
        'value = "death_due_to_icans"',
        'value = "death_due_to_it"',
        "[fatal]",
        'value = "death_due_to_it" is not one of death, death_due_to_icans, progression, relapse, '
        "last_contact, next_therapy.\n  Did you mean death_due_to_icans?",
    ),
}


def test_the_file_all_others_here_are_made_from_is_right():
    scale = parse(GOOD.encode(), "made.toml")
    assert [domain.name for domain in scale.domains] == ["ice", "motor", "fever"]
    assert scale.values("temperature_c") == Limits(25, 45, whole=False)
    assert scale.notes[0].text == "A trap"


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_is_refused_in_a_sentence_with_its_line(wrong):
    with pytest.raises(ScaleError) as refused:
        parse(WRONG[wrong].text().encode(), "made.toml")
    assert str(refused.value).startswith(WRONG[wrong].sentence())


def test_every_section_that_is_wrong_is_named_at_once():
    wrong = GOOD.replace("[7, 9]", "[7, 8]").replace("below = 38.0", "below = 37.0").replace('"death_due', '"death_du')
    with pytest.raises(ScaleError) as refused:
        parse(wrong.encode(), "made.toml")
    named = [line for line in str(refused.value).splitlines() if line.startswith("made.toml")]
    assert [line.split(": ")[0].split(", ", 2)[2] for line in named] == [
        "[[domain]] ice",
        "[[domain]] fever",
        "[fatal]",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "made.toml: it has no [[domain]]."),
        (b"\xff\xfe", "made.toml: byte 1 is not UTF-8.\n  Save the file as UTF-8."),
        (b"domain = 1", "made.toml, line 1: [domain] is written [[domain]], once for each."),
        (b"domain = [1]", "made.toml, [[domain]]: 1 is not a table of keys."),
        (b"x = 1\n[domain]\nname = 1", "made.toml, line 2: [domain] is written [[domain]], once for each."),
        (b"condition = 1", "made.toml, line 1: a condition is written [condition.NAME]."),
        (b"a = " + b"[" * 5000, "made.toml: not TOML that can be read: nested too deeply."),
    ],
)
def test_a_file_that_is_no_scale_is_refused(text, sentence):
    with pytest.raises(ScaleError) as refused:
        parse(text, "made.toml")
    assert str(refused.value).startswith(sentence)


def test_a_condition_may_not_depend_on_a_domain_that_is_assumed():
    moved = GOOD.replace('{ domain = "ice", at_least = 2 }', '{ domain = "motor", at_least = 2 }').replace(
        '"grown", "poor"', '"grown"'
    )
    moved = moved.replace('reads = "temperature_c"', 'reads = "temperature_c"\napplies = ["poor"]')
    with pytest.raises(ScaleError, match="poor tests the domain motor, whose missing value may be read as absent"):
        parse(moved.encode(), "made.toml")


@pytest.mark.parametrize("scale_id", catalogue.ids())
def test_a_scale_of_the_catalogue_is_complete(scale_id):
    scale = catalogue.load(scale_id)
    assert isinstance(scale, Scale)
    assert scale.id == scale_id
    assert all(
        source.startswith(("https://", "http://ashpublications.", "http://www.ash-sap.")) for source in scale.sources
    )
    assert scale.sources
    assert scale.notes
    assert catalogue.load(scale_id) is scale


def test_only_ctcae_and_a_scale_known_from_a_review_have_no_doi():
    scales = [catalogue.load(scale_id) for scale_id in catalogue.ids()]
    assert all(scale.doi.startswith("10.") for scale in scales if scale.doi)
    assert {scale.id for scale in scales if not scale.doi and not scale.id.startswith("ctcae-")} == {"mskcc-crs"}


def test_an_unconfirmed_scale_says_in_its_notes_which_cells_were_read():
    unconfirmed = [scale for scale in map(catalogue.load, catalogue.ids()) if scale.status == "unconfirmed"]
    assert [scale.id for scale in unconfirmed] == ["cartox-2018-cres"]
    assert all("onfirmed in print" in scale.notes[0].text for scale in unconfirmed)


def test_every_sign_of_the_records_is_read_by_its_scale():
    read = {"neuro": catalogue.load("astct-2019-icans"), "crs": catalogue.load("astct-2019-crs")}
    for table in (NEURO, CRS):
        recorded = set(table.names) - {"patient_id", "time", "icans_grade", "crs_grade"}
        assert recorded <= {name for name, _ in read[table.name].held}


def test_the_folder_of_the_catalogue_holds_nothing_else():
    folder = Path(catalogue.__file__).with_suffix("")
    assert {file.suffix for file in folder.iterdir()} == {".toml"}


def places(content, path=()):
    """Give the path of every value in a file."""
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


@pytest.mark.parametrize("instead", [1, -1.5, True, "x", "", [], [1], [[]], {}, {"x": 1}, ["x"], "ice", None], ids=repr)
def test_whatever_stands_in_a_file_it_is_read_or_refused(instead):
    sentences = []
    for path in places(tomllib.loads(GOOD)):
        content = tomllib.loads(GOOD)
        *outer, key = path
        inner = content
        for step in outer:
            inner = inner[step]
        if instead is None:
            del inner[key]
        else:
            inner[key] = instead
        try:
            Reader(ScaleFile("made.toml", GOOD), content, COLUMNS).scale()
        except ScaleError as error:
            sentences.append(str(error))
    assert len(sentences) > 50
    assert all(sentence.startswith("made.toml") for sentence in sentences)
