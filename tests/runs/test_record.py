"""run.json: what it says, and what it must never say."""

import json
from pathlib import Path

import pytest
from tests.runs.conftest import DERIVED, PROTOCOL, Story, change, derive, write_study

from icans import protocol as protocols
from icans.commands.opened import opened
from icans.errors import CallError, StudyError
from icans.runs.definitions import definitions, shown_place
from icans.runs.record import FILE, Run, read
from icans.runs.steps import Steps
from icans.study_record import sources


def test_the_record_says_what_a_run_was_made_of(story: Story) -> None:
    run = read(story.at_first)
    assert run == story.first
    assert run.software.keys() >= {"icans", "python", "ibis-framework", "duckdb", "sqlglot", "pyarrow", "numpy"}
    assert (run.engine.name, run.engine.version) == ("duckdb", run.software["duckdb"])
    assert {held.name: held.tables for held in run.inputs} == {
        "study.toml": [],
        **{f"{name}.csv": [name] for name in ("patients", "neuro", "treatments", "labs", "events")},
    }
    assert {name: (count.read, count.used) for name, count in run.tables.items()}["neuro"] == (5, 5)
    assert {name: table.rows for name, table in run.derived.items()}["grades"] == 5
    assert [step.name for step in run.steps] == DERIVED
    assert all(step.peak_memory_bytes > 1_000_000 for step in run.steps)
    assert run.seconds >= sum(step.seconds for step in run.steps)
    assert run.findings.keys() == {"error", "warning", "note"}


def test_the_record_names_no_patient_and_no_place_of_the_machine(story: Story) -> None:
    text = (story.at_first / FILE).read_text()
    assert str(story.study.parent) not in text
    strings = set(_strings(json.loads(text)))
    assert not strings & {"A", "B"}


def _strings(value: object) -> list[str]:
    match value:
        case dict():
            return [text for key, part in value.items() for text in (key, *_strings(part))]
        case list():
            return [text for part in value for text in _strings(part)]
        case str():
            return [value]
    return []


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        (
            "postgresql://ann:secret@db.example.org:5433/cart?sslmode=require&password=x",
            "postgresql://db.example.org:5433/cart",
        ),
        ("postgresql://ann:se/cret@db/cart", "postgresql://"),
        ("postgresql:///cart?user=ann", "postgresql://cart"),
        ("sqlite:////home/ann/cart.db", "sqlite://cart.db"),
        ("duckdb://cart.duckdb", "duckdb://cart.duckdb"),
        ("/home/ann/exports/neuro_*.parquet", "neuro_*.parquet"),
        ("~/exports/cart.xlsx", "cart.xlsx"),
        ("C:\\Users\\ann\\cart.xlsx", "cart.xlsx"),
        ("../reference", "../reference"),
        ("", ""),
    ],
)
def test_a_place_is_shown_without_what_is_nobodys_business(place: str, shown: str) -> None:
    assert shown_place(place) == shown


def test_places_are_shown_so_wherever_a_protocol_has_them() -> None:
    text = (
        '[study]\ntitle = "T"\n[records]\nsource = "postgresql://ann:secret@db/cart"\n'
        '[records.files]\nlabs = "/home/ann/labs"\n[natural_history]\nreference = "/home/ann/reference"\n'
    )
    shown = definitions(protocols.parse(text.encode()))
    assert shown["records"]["source"] == "postgresql://db/cart"
    assert shown["records"]["files"] == {"labs": "labs"}
    assert shown["natural_history"]["reference"] == "reference"


@pytest.mark.parametrize(
    ("written", "kind", "said"),
    [
        (None, CallError, "holds no run.json, so what it was made of is not known.\n  Name the output"),
        ("derived", CallError, "Make it again with icans derive or icans report."),
        ("{", StudyError, "is not the record of a run, or is damaged.\n  Make the output again."),
        ("later", StudyError, "was written by a later version of icans (9.0)."),
    ],
)
def test_what_is_no_record_is_a_sentence(
    story: Story, tmp_path: Path, written: str | None, kind: type[Exception], said: str
) -> None:
    if written == "derived":
        (tmp_path / "derived").mkdir()
    elif written == "later":
        story.first.model_copy(update={"format": 2, "software": {"icans": "9.0"}}).write(tmp_path)
    elif written:
        (tmp_path / FILE).write_text(written)
    with pytest.raises(kind) as refused:
        read(tmp_path)
    assert said in str(refused.value)
    with pytest.raises(CallError, match="there is no such folder"):
        read(tmp_path / "nowhere")


def test_what_a_later_version_adds_is_passed_over(story: Story) -> None:
    text = story.first.model_dump_json().replace('{"format"', '{"added": 1, "format"', 1)
    assert Run.model_validate_json(text) == story.first


def test_a_step_is_measured_from_its_name_to_the_next() -> None:
    shown: list[str] = []
    steps = Steps(shown.append)
    for name in ("grades", "trial, 1 of 2", "trial, 2 of 2", "grades"):
        steps(name)
    assert shown == ["grades", "trial, 1 of 2", "trial, 2 of 2", "grades"]
    assert [step.name for step in steps.taken()] == ["grades", "trial"]


def test_a_reference_is_known_by_its_records_wherever_they_are_and_not_by_its_outputs(tmp_path: Path) -> None:
    study, reference = write_study(tmp_path / "study"), tmp_path / "reference"
    change(study / "study.toml", PROTOCOL, f'{PROTOCOL}[natural_history]\nreference = "../reference"\n')
    (reference / "out").mkdir(parents=True)
    for file in (
        "records.db",
        "reference/records.xlsm",
        "reference/out/.icans-output",
        "reference/out/results.parquet",
    ):
        (tmp_path / file).touch()
    with opened(study) as read_study:
        for source, files in (
            ("", {"study.toml", "records.xlsm"}),
            ("sqlite:///../records.db", {"study.toml", "records.xlsm", "records.db"}),
            ("postgresql://db/cart", set()),
        ):
            (reference / "study.toml").write_text(f'[study]\ntitle = "R"\n[records]\nsource = "{source}"\n')
            found = sources(read_study)[-1]
            assert (found.name, {path.name for path in found.paths}) == ("../reference", files)


def test_a_table_without_rows_is_on_record_as_it_is_among_the_findings(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study")
    (study / "crs.csv").write_text("patient_id,time,crs_grade\n")
    (study / "infusions").mkdir()
    run = derive(study, tmp_path / "out")
    assert [(held.name, held.tables) for held in run.inputs][-1] == ("crs.csv", ["crs"])
    assert len(run.inputs) == 7
    assert "crs" not in run.tables
