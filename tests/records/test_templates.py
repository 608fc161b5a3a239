"""The study folder that `icans new` writes."""

import csv
import os
import re
from pathlib import Path

import pytest

from icans import engines, protocol
from icans.errors import CallError, RecordsError
from icans.output import whole_folder
from icans.protocol import Protocol, Title
from icans.records.definitions import REPEATED, sections
from icans.records.reading import read_records
from icans.records.schema import TABLES
from icans.records.templates import TITLE, study_toml, write_study

DEFAULTS = Protocol(study=Title(title=TITLE))


def test_the_written_protocol_is_the_default_one(tmp_path):
    write_study(tmp_path / "mine")
    assert protocol.read(tmp_path / "mine") == DEFAULTS


def test_every_key_can_be_set_by_deleting_the_sign_before_it():
    filled = protocol.parse(re.sub(r"(?m)^#(?! )(.)", r"\1", study_toml()).encode())
    assert filled.survival.cutoff is not None
    assert filled.biomarkers[0].model_dump() == {
        "analyte": "IL-6",
        "specimen": "csf",
        "before_hours": (-168.0, 0.0),
        "after_hours": (0.0, 336.0),
    }
    survival = filled.survival.model_copy(update={"cutoff": None})
    optional = {section.name.strip("[]"): None for section in sections() if section.optional}
    assert all(getattr(filled, name) is not None for name in optional)
    assert [one.labels for one in filled.compare] == [["early", "late"]]
    repeated = {"biomarkers": [], "compare": []}
    assert filled.model_copy(update={"survival": survival, **repeated, **optional}) == DEFAULTS


def test_every_section_and_key_stands_with_its_meaning_default_and_source():
    text = " ".join(line.removeprefix("#").strip() for line in study_toml().splitlines())
    for section in sections():
        assert section.name in text
        for definition in section.definitions:
            assert definition.meaning in text
            assert definition.source in text
            assert definition.kind in text
            if section.name not in REPEATED:
                assert f"{definition.key} = {definition.default}" in text


def test_no_line_is_too_long_to_read():
    assert max(map(len, study_toml().splitlines())) <= 120


def test_every_table_has_a_template_with_its_columns_and_nothing_else(tmp_path):
    write_study(tmp_path / "mine")
    for table in TABLES.values():
        with (tmp_path / "mine" / f"{table.name}.csv").open(encoding="utf-8", newline="") as file:
            assert list(csv.reader(file)) == [list(table.names)]


def test_the_folder_holds_what_there_is_to_do(tmp_path):
    write_study(tmp_path / "my study")
    names = {file.name for file in (tmp_path / "my study").iterdir()}
    assert names == {"study.toml", "dictionary.md", "README.txt", *(f"{name}.csv" for name in TABLES)}
    readme = (tmp_path / "my study" / "README.txt").read_text(encoding="utf-8")
    assert f"icans check '{tmp_path / 'my study'}'" in readme
    assert len(readme.splitlines()) <= 20
    assert [file.name for file in tmp_path.iterdir()] == ["my study"]


def test_a_new_study_says_what_to_fill_in_and_then_can_be_read(tmp_path):
    folder = tmp_path / "mine"
    write_study(folder)
    engine = engines.connect()
    with pytest.raises(RecordsError, match=r"patients\.csv has no rows"):
        read_records(folder, protocol.read(folder), engine)
    fill(folder, "patients", patient_id="P01")
    fill(folder, "infusions", patient_id="P01", infused_at="2024-03-01T10:00")
    fill(folder, "neuro", patient_id="P01", time="2024-03-05T08:00", icans_grade="1")
    records = read_records(folder, protocol.read(folder), engine)
    assert records.present == {"patients", "infusions", "neuro"}
    assert all(finding.severity == "note" for finding in records.findings)
    engine.close()


def fill(folder, table, **cells):
    with (folder / f"{table}.csv").open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, TABLES[table].names).writerow(cells)


@pytest.mark.parametrize("content", ["study.toml", ".hidden", ".icans-output"])
def test_a_folder_with_anything_in_it_is_never_touched(tmp_path, content):
    (tmp_path / content).write_text("mine")
    with pytest.raises(CallError) as error:
        write_study(tmp_path)
    assert str(error.value) == (
        f"{tmp_path} exists and is not an empty folder.\n  Name a new folder, so that nothing is lost."
    )
    assert [file.name for file in tmp_path.iterdir()] == [content]
    assert (tmp_path / content).read_text() == "mine"


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "mine").write_text("")
    with pytest.raises(CallError, match="not an empty folder"):
        write_study(tmp_path / "mine")


def test_an_empty_folder_is_filled_in_place_even_where_the_user_stands_in_it(tmp_path, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    write_study(Path())
    assert protocol.read(Path()) == DEFAULTS
    assert here.samefile(Path.cwd())


def test_folders_on_the_way_are_made(tmp_path):
    write_study(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b" / "study.toml").is_file()


def test_a_filled_in_study_is_never_replaced_by_an_output(tmp_path):
    write_study(tmp_path / "mine")
    with pytest.raises(CallError, match="not an output"), whole_folder(tmp_path / "mine"):
        pass
    assert protocol.read(tmp_path / "mine") == DEFAULTS


def test_a_place_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CallError, match=r"cannot be made: .*file is not a folder"):
        write_study(tmp_path / "file" / "mine")


@pytest.mark.parametrize("existing", [True, False])
def test_when_the_disk_fails_there_is_no_study(tmp_path, monkeypatch, existing):
    folder = tmp_path / "mine"
    if existing:
        folder.mkdir()

    def full(self, *args, **kwargs):
        if self.name == "study.toml":
            raise OSError(28, os.strerror(28))
        return len(args[0])

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(CallError, match="No space left on device"):
        write_study(folder)
    assert folder.exists() == existing
    assert not (folder / "study.toml").exists()
    assert [file.name for file in tmp_path.iterdir()] == (["mine"] if existing else [])
