"""What of an earlier output is used again; every kind of change is tried in tests/parity/test_reuse.py."""

import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.runs.conftest import DERIVED, Derive, change, reused

from icans.errors import StudyError
from icans.runs.files import Digests, linked
from icans.runs.recorder import recorded


def test_a_change_computes_what_depends_on_it_and_nothing_else(
    derive: Derive, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = derive()
    assert reused(first) == []
    change(study / "labs.csv", "A,90,csf,IL-6,10", "A,90,csf,IL-6,11")
    assert reused(derive()) == ["grades", "episodes", "courses", "steroids", "endpoints"]
    (study / "study.toml").write_text(f"{(study / 'study.toml').read_text()}[episodes]\nquiet_hours = 24\n")
    file = tmp_path / "out" / "derived" / "steroids.parquet"
    pq.write_table(pq.read_table(file).slice(1), file)
    last = derive()
    assert reused(last) == ["grades"]
    with recorded("derive", tmp_path / "out", tmp_path, lambda _step: None) as recorder:
        assert recorder.reuse(last) == (
            "Reused: grades; computed: episodes, courses, steroids, endpoints, survival, biomarkers."
        )
    with recorded("derive", tmp_path / "elsewhere", tmp_path, lambda _step: None) as recorder:
        assert recorder.reuse(first) == ""
    before = (tmp_path / "out" / "run.json").read_bytes()
    monkeypatch.setattr(Digests, "changed", lambda _self: [study / "labs.csv"])
    with pytest.raises(StudyError, match=r"labs.csv was changed while the study was read"):
        derive()
    assert (tmp_path / "out" / "run.json").read_bytes() == before


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
    for name, files in {
        "one": {"a": "1", "b": "2"},
        "same": {"a": "1", "b": "2"},
        "other": {"a": "2", "b": "1"},
    }.items():
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text)
    digests = Digests()
    one, same, other = (digests.ask(tmp_path / name).result() for name in ("one", "same", "other"))
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


def test_every_derived_table_is_on_record() -> None:
    from icans.commands.run import DERIVING
    from icans.derive.schema import DERIVED as DECLARED

    assert list(DERIVING) == DERIVED == list(DECLARED)
