"""What of an earlier output is used again; every kind of change is tried in tests/parity/test_reuse.py."""

import os
from pathlib import Path
from shutil import copytree
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.runs.conftest import DERIVED, Story, change, derive, reused, write_study

from icans.commands import run
from icans.commands.opened import opened
from icans.commands.run import DERIVING
from icans.derive.schema import DERIVED as DECLARED
from icans.engines.duckdb import DuckDBEngine
from icans.errors import StudyError
from icans.runs.files import Digests, linked
from icans.runs.recorder import recorded


def test_a_change_computes_what_depends_on_it_and_nothing_else(story: Story) -> None:
    assert reused(story.first) == []
    assert reused(story.after_a_record) == ["grades", "episodes", "courses", "steroids", "endpoints"]
    assert reused(story.after_a_definition) == ["grades"], "steroids were touched"


def test_the_order_in_which_an_engine_gives_different_texts_decides_on_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, out = write_study(tmp_path / "study"), tmp_path / "out"
    columns = [line.split(",") for line in (study / "labs.csv").read_text().splitlines()]
    (study / "labs.csv").unlink()
    pq.write_table(pa.table({name: texts for name, *texts in zip(*columns, strict=True)}), study / "labs.parquet")
    collect = DuckDBEngine.collect
    for order, kept in (("ascending", []), ("descending", list(DERIVING))):

        def ordered(self: DuckDBEngine, table: ibis.Table, order: str = order) -> pa.Table:
            found = collect(self, table)
            return found.sort_by([("text", order)]) if found.column_names == ["text"] else found

        monkeypatch.setattr(DuckDBEngine, "collect", ordered)
        assert reused(derive(study, out)) == kept


def test_a_line_says_what_was_reused(story: Story, tmp_path: Path) -> None:
    last = story.after_a_definition
    live = {name: table.model_copy(update={"key": None}) for name, table in last.derived.items()}
    with recorded("derive", story.out, tmp_path, lambda _step: None) as recorder:
        lines = [recorder.reuse(one) for one in (last, last.model_copy(update={"derived": live}))]
    with recorded("derive", tmp_path / "elsewhere", tmp_path, lambda _step: None) as recorder:
        lines.append(recorder.reuse(story.first))
    line = "Reused: grades; computed: episodes, courses, steroids, endpoints, survival, biomarkers."
    database = " What a database holds has no digest, so that no table made of it is reused."
    assert lines == [line, line + database, ""]


def test_a_record_that_changed_during_the_run_leaves_the_old_output(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (story.out / "run.json").read_bytes()
    for file, said in (
        (story.study / "labs.csv", "labs.csv was changed while the study was read"),
        (story.out / "derived" / "grades.parquet", "another run writes to the same folder"),
    ):
        monkeypatch.setattr(Digests, "changed", lambda _self, file=file: [file])
        with pytest.raises(StudyError, match=said):
            derive(story.study, story.out)
    assert (story.out / "run.json").read_bytes() == before


def test_a_record_that_changed_after_it_was_read_and_before_its_digest_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = write_study(tmp_path / "study")
    read = opened

    def changed_then(*words: Any, **more: Any) -> Any:
        change(study / "labs.csv", "A,90,csf,IL-6,10", "A,90,csf,IL-6,11")
        os.utime(study / "labs.csv", (1, 1))
        return read(*words, **more)

    monkeypatch.setattr(run, "opened", changed_then)
    with pytest.raises(StudyError, match=r"labs\.csv was changed while the study was read"):
        run.derive(study, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_earlier_table_that_may_not_be_read_is_computed(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = Path(copytree(story.out, tmp_path / "out"))
    read = Digests._digest

    def refused(self: Digests, file: Path) -> str:
        if file == out / "derived" / "grades.parquet":
            raise PermissionError(13, "Permission denied", str(file))
        return read(self, file)

    monkeypatch.setattr(Digests, "_digest", refused)
    assert reused(derive(story.study, out)) == [name for name in DERIVING if name != "grades"]


def test_a_file_that_changes_while_it_is_read_is_known(tmp_path: Path) -> None:
    file = tmp_path / "labs.csv"
    file.write_text("one")
    digests = Digests()
    assert digests.ask(file).result().size == 3
    assert digests.changed() == []
    os.utime(file, ns=(0, 0))
    assert digests.changed() == [file]
    file.unlink()
    assert digests.changed() == [file]
    digests.close()


def test_a_folder_is_known_by_the_names_and_bytes_of_its_files(tmp_path: Path) -> None:
    folders = {"one": {"a": "1", "b": "2"}, "same": {"a": "1", "b": "2"}, "other": {"a": "2", "b": "1"}}
    for name, files in folders.items():
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text)
    digests = Digests()
    one, same, other = (digests.ask(tmp_path / name).result() for name in folders)
    digests.close()
    assert one == same != other
    linked(tmp_path / "one", tmp_path / "linked")
    assert (tmp_path / "linked" / "b").samefile(tmp_path / "one" / "b")


def test_a_database_is_known_with_what_it_has_not_yet_put_into_its_own_file(tmp_path: Path) -> None:
    file = tmp_path / "records.duckdb"
    file.write_text("held")
    found = []
    for log in ("", "more"):
        if log:
            (tmp_path / "records.duckdb.wal").write_text(log)
        digests = Digests()
        found.append(digests.ask(file).result())
        digests.close()
    assert found[0] != found[1]


def test_every_derived_table_is_a_step_that_the_screen_expects() -> None:
    assert list(DERIVING) == DERIVED == list(DECLARED)
