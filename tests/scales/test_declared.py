"""Columns that a scale file declares: read like canonical ones, refused in a sentence where they cannot be."""

import csv

import pytest

from icans.errors import ScaleError
from icans.grading import grade_table
from icans.protocol import Protocol
from icans.records.reading import read_records
from icans.records.schema import Column
from icans.scales.declared import declared_columns
from icans.scales.model import columns
from icans.scales.reading.file import parse
from icans.study import Study

SCALE = """\
id = "made"
name = "Made for a test"
version = "1"
toxicity = "icans"
status = "confirmed"
population = "Nobody"
citation = "None"
doi = "none"

[column.papilledema_stage]
table = "neuro"
label = "Frisén stage of papilloedema"
unit = "stage"
range = [0, 5]
whole = true

[column.herniation]
table = "neuro"
label = "Herniation"
type = "boolean"

[column.gait]
table = "neuro"
label = "How the patient walks"
values = ["normal", "unsteady"]
advice = "Leave the cell empty where nobody looked."

[column.icp_mmhg]
table = "neuro"
label = "Intracranial pressure"
unit = "mmHg"
range = [-20, 200.5]

[condition.herniated]
label = "there is herniation"
all = [{ column = "herniation", is = true }]

[[domain]]
name = "papilledema"
label = "Papilloedema"
reads = "papilledema_stage"
cells = [{ grade = 0, range = [0, 0] }, { grade = 3, range = [1, 2] }, { grade = 4, at_least = 3 }]

[[domain]]
name = "gait"
label = "Gait"
reads = "gait"
applies = ["herniated"]
cells = [{ grade = 0, values = ["normal"] }, { grade = 1, values = ["unsteady"] }]
"""


def test_a_scale_reads_the_columns_it_declares():
    scale = parse(SCALE.encode(), "made.toml")
    assert [(one.table, one.column) for one in scale.columns_declared] == [
        ("neuro", Column("papilledema_stage", "integer", "Frisén stage of papilloedema", "stage", 0, 5)),
        ("neuro", Column("herniation", "boolean", "Herniation")),
        (
            "neuro",
            Column(
                "gait",
                "category",
                "How the patient walks",
                allowed=("normal", "unsteady"),
                advice="Leave the cell empty where nobody looked.",
            ),
        ),
        ("neuro", Column("icp_mmhg", "number", "Intracranial pressure", "mmHg", -20, 200.5)),
    ]
    assert columns(scale) == ("papilledema_stage", "gait", "herniation")


WRONG = {
    "canonical": (
        "[column.gait]",
        "[column.oxygen]",
        "oxygen is a column of the table crs already, and cannot be declared again",
    ),
    "reserved": ("[column.gait]", "[column.hour]", "hour is a name this software uses itself"),
    "of the result": ("[column.gait]", "[column.grade_low]", "grade_low is a name this software uses itself"),
    "not a name": ("[column.gait]", "[column.Gait]", '"Gait" is no name of a column'),
    "no such table": ('table = "neuro"\nlabel = "How', 'table = "nuero"\nlabel = "How', '"nuero" is not one of'),
    "no label": ('label = "How the patient walks"', "", "label is missing"),
    "held in no way": ('values = ["normal", "unsteady"]', "", "it needs one of values, range and type; it has nothing"),
    "held in two ways": (
        'type = "boolean"',
        'type = "boolean"\nrange = [0, 1]',
        "it needs one of values, range and type; it has range and type",
    ),
    "a value twice": ('"normal", "unsteady"', '"normal", "normal"', "values needs two or more, each once"),
    "a value with a blank": ('"unsteady"]\nadv', '"un steady"]\nadv', '"un steady" is no name of a value'),
    "an unknown type": ('type = "boolean"', 'type = "bool"', 'type = "bool" is not one of boolean'),
    "a range turned round": ("range = [0, 5]", "range = [5, 0]", "range ends at 0, which is not above 5"),
    "a range of one": ("range = [0, 5]", "range = [5]", "range takes two numbers"),
    "whole ends": ("range = [0, 5]", "range = [0, 5.5]", "range has ends that are not whole"),
    "whole as a word": ("whole = true", 'whole = "yes"', "whole = 'yes' is neither true nor false"),
    "an unknown key": ("whole = true", "hole = true", "hole is not a key here"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_column_declared_wrongly_is_a_sentence_with_its_line(name):
    right, instead, problem = WRONG[name]
    assert SCALE.count(right) == 1
    with pytest.raises(ScaleError) as refused:
        parse(SCALE.replace(right, instead).encode(), "made.toml")
    first = str(refused.value).splitlines()[0]
    assert problem in first
    assert first.startswith("made.toml, line ")
    assert "[column." in first


def test_columns_are_declared_by_name():
    with pytest.raises(ScaleError, match=r"a column is written \[column.NAME\]"):
        parse(f"column = 3\n{SCALE.partition('[column')[0]}".encode(), "made.toml")


def test_two_scales_may_declare_a_column_alike_and_not_differently():
    one = parse(SCALE.encode(), "made.toml")
    other = parse(SCALE.replace('"made"', '"other"').replace("Frisén stage", "Stage").encode(), "other.toml")
    assert [column.name for column in declared_columns([one, other])["neuro"]] == [
        "papilledema_stage",
        "herniation",
        "gait",
        "icp_mmhg",
    ]
    apart = parse(SCALE.replace('"made"', '"apart"').replace("[0, 5]", "[0, 6]").encode(), "apart.toml")
    with pytest.raises(ScaleError, match="made and apart declare the column papilledema_stage differently"):
        declared_columns([one, apart])


def test_records_hold_declared_columns_typed_and_checked(tmp_path, engine):
    (tmp_path / "patients.csv").write_text("patient_id\nA\n")
    neuro = "patient_id,time,papilledema_stage,herniation,gait\nA,1,2,yes,normal\nA,2,6,no,\nA,3,,no,limping\n"
    (tmp_path / "neuro.csv").write_text(neuro)
    protocol = Protocol.model_validate({"study": {"title": "T"}, "records": {"time": "hours"}})
    declared = declared_columns([parse(SCALE.encode(), "made.toml")])
    records = read_records(tmp_path, protocol, engine, declared)
    rows = records.neuro.select("papilledema_stage", "herniation", "gait", "icp_mmhg")
    assert [str(kind) for kind in rows.schema().types] == ["int64", "boolean", "string", "float64"]
    assert engine.rows(rows) == [
        {"papilledema_stage": 2, "herniation": True, "gait": "normal", "icp_mmhg": None},
    ]
    said = [str(finding) for finding in records.findings if finding.severity == "error"]
    assert len(said) == 2
    assert "neuro.csv, row 3, column papilledema_stage" in said[0]
    assert "is not normal or unsteady" in said[1]
    assert "Leave the cell empty where nobody looked." in said[1]


@pytest.fixture
def study(tmp_path):
    """A study graded by a scale with columns of its own, two of which it has."""
    (tmp_path / "study.toml").write_text(
        '[study]\ntitle = "T"\n[records]\ntime = "hours"\n[scales]\nicans = "mskcc-2018-neurotoxicity"\n'
    )
    (tmp_path / "patients.csv").write_text("patient_id\nA\n")
    neuro = "patient_id,time,seizure,papilledema_stage,motor_power\nA,1,none,1,5\nA,2,none,7,5\nA,3,none,0,2\n"
    (tmp_path / "neuro.csv").write_text(neuro)
    return tmp_path


def test_a_study_is_graded_by_the_columns_that_its_scale_declares(study, engine):
    opened = Study.read(study, engine)
    rows = opened.engine.rows(opened.graded().worded().order_by("hour").select("hour", "grade", "driver"))
    assert rows == [
        {"hour": 1.0, "grade": 3, "driver": "papilledema"},
        {"hour": 3.0, "grade": 4, "driver": "motor_power"},
    ]
    said = [str(finding) for finding in opened.findings()]
    assert any("neuro.csv, row 3, column papilledema_stage" in sentence for sentence in said)
    assert (
        "neuro.csv: lacks columns that mskcc-2018-neurotoxicity reads, which count as not recorded: disorientation, "
        "dysgraphia, aphasia, dyskinesia, attention, diabetes_insipidus."
    ) in said


def test_a_column_that_no_scale_of_the_study_declares_is_its_own(study, engine):
    protocol = study / "study.toml"
    protocol.write_text(protocol.read_text().replace("mskcc-2018-neurotoxicity", "astct-2019-icans"))
    opened = Study.read(study, engine)
    assert opened.records.rows["neuro"].used == 3
    assert not any("papilledema_stage" in str(finding) for finding in opened.findings())


def test_a_table_that_is_graded_is_read_by_the_columns_the_scale_declares(tmp_path):
    table, out = tmp_path / "table.csv", tmp_path / "out.csv"
    table.write_text("motor_power,seizure\n3,none\n3.5,none\n6,none\n2,none\n")
    findings = grade_table(table, "mskcc-2018-neurotoxicity", out=out, unrecorded="absent")
    assert [finding.row for finding in findings if finding.severity == "error"] == [3, 4]
    with out.open() as file:
        assert [row["grade"] for row in csv.DictReader(file)] == ["3", "4"]
