"""Output appears whole or not at all."""

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from icans.errors import CallError, StudyError
from icans.output import whole_file, whole_folder

WRITER = """
import sys, time
from pathlib import Path
from icans.output import whole_file, whole_folder
with (whole_file if sys.argv[1].endswith(".csv") else whole_folder)(Path(sys.argv[1])) as new:
    (new if new.is_file() else new / "half").write_text("new")
    print("writing", flush=True)
    time.sleep(60)
"""


def write(out: Path, text: str) -> None:
    with whole_folder(out) as new:
        (new / "text").write_text(text)


def test_a_folder_appears_when_the_block_ends(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "out"
    with whole_folder(out) as new:
        (new / "text").write_text("one")
        assert not out.exists()
    assert (out / "text").read_text() == "one"
    assert [path.name for path in out.parent.iterdir()] == ["out"]


def test_a_failure_leaves_the_old_output(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, "old")
    with pytest.raises(ZeroDivisionError), whole_folder(out) as new:
        (new / "text").write_text("new")
        raise ZeroDivisionError
    assert (out / "text").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_earlier_output_is_replaced_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with whole_folder(out) as new:
        (new / "only-old").touch()
    write(out, "new")
    assert (out / "text").read_text() == "new"
    assert not (out / "only-old").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_leaves_the_old_output_and_the_next_run_clears_up(tmp_path: Path, number: int) -> None:
    out = tmp_path / "out"
    write(out, "old")
    with subprocess.Popen([sys.executable, "-c", WRITER, str(out)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(number)
        process.wait()
    assert (out / "text").read_text() == "old"
    assert not (out / "half").exists()
    write(out, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_next_run_clears_up_what_a_killed_one_left_of_a_file(tmp_path: Path) -> None:
    out = tmp_path / "findings.csv"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(out)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    assert [path.name.endswith(".unfinished") for path in tmp_path.iterdir()] == [True]
    with whole_file(out) as new:
        new.write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["findings.csv"]


def test_a_folder_that_is_not_ours_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(CallError, match="is not an output of icans"), whole_folder(tmp_path):
        pass
    assert (tmp_path / "thesis.docx").exists()


def test_a_place_where_a_disk_is_mounted_is_refused_before_anything_is_computed(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(Path, "is_mount", lambda path: path == tmp_path)
    with pytest.raises(CallError, match="Name a folder in it"), whole_folder(tmp_path):
        pytest.fail("nothing is to be written")


def test_a_signal_while_the_old_output_is_removed_leaves_nothing_about(tmp_path: Path, monkeypatch) -> None:
    out = tmp_path / "out"
    write(out, "old")
    remove, signals = shutil.rmtree, [SystemExit(143)]

    def stopped(folder: Path, *, ignore_errors: bool) -> None:
        if signals:
            raise signals.pop()
        remove(folder, ignore_errors=ignore_errors)

    monkeypatch.setattr(shutil, "rmtree", stopped)
    with pytest.raises(SystemExit):
        write(out, "new")
    assert (out / "text").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_link_is_not_followed_into_what_it_points_to(tmp_path: Path) -> None:
    target = tmp_path / "target"
    write(target, "mine")
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(CallError), whole_folder(tmp_path / "link"):
        pass
    assert (target / "text").read_text() == "mine"


def test_a_leftover_of_a_run_that_still_works_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with whole_folder(out) as first:
        write(out, "second")
        assert first.exists()
        assert str(os.getpid()) in first.name
    assert not (out / "text").exists()


def test_a_file_appears_whole(tmp_path: Path) -> None:
    out = tmp_path / "findings.csv"
    out.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(out) as new:
        new.write_text("half")
        raise ZeroDivisionError
    assert out.read_text() == "old"
    with whole_file(out) as new:
        new.write_text("new")
    assert out.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["findings.csv"]


def test_a_folder_where_a_file_was_meant_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="is a folder"), whole_file(tmp_path):
        pass


def test_a_place_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CallError, match="cannot be made"), whole_folder(tmp_path / "file" / "out"):
        pass


def test_a_full_disk_is_a_sentence_and_leaves_the_old_output(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write(out, "old")
    with pytest.raises(StudyError) as refused, whole_folder(out):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(refused.value) == (
        f"The disk of {tmp_path} has no space left; nothing was written to {out}.\n  Make room, or name another place."
    )
    assert (out / "text").read_text() == "old"
    with pytest.raises(FileNotFoundError), whole_folder(out):
        (tmp_path / "nowhere").read_text()
