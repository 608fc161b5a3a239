"""Output that appears whole or not at all, also when the run is killed."""

from __future__ import annotations

import ctypes
import errno
import glob
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from icans.errors import CallError, StudyError

MARK = ".icans-output"
"""A file in every folder that this software wrote, so that it never replaces one that it did not."""

UNFINISHED = ".unfinished"
NO_ROOM = {errno.ENOSPC: "has no space left", errno.EDQUOT: "has reached its quota"}
AT_FDCWD = -100
RENAME_EXCHANGE = 2


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """Give a folder to write into that becomes `out` when the block ends without an error.

    An earlier output at `out` is replaced in one step; whoever looks sees the old or the new, never a mixture.

    Raises
    ------
    CallError
        `out` is a file, a folder with other things in it, or where a disk is mounted; or it cannot be made.
    StudyError
        There is no room for it.
    """
    if (out.exists() or out.is_symlink()) and not _replaceable(out):
        raise CallError(f"{out} exists and is not an output of icans.", "Name an empty or a new folder with --out.")
    if out.is_mount():
        raise CallError(f"{out} is where a disk is mounted, and cannot be replaced whole.", "Name a folder in it.")
    out = out.resolve()
    _make_parent(out)
    _clear_leftovers(out)
    new = Path(tempfile.mkdtemp(prefix=f".{out.name}.{os.getpid()}.", suffix=UNFINISHED, dir=out.parent))
    try:
        new.chmod(0o777 & ~_umask())
        with _room(out):
            (new / MARK).touch()
            yield new
            _put_in_place(new, out)
    finally:
        try:
            shutil.rmtree(new, ignore_errors=True)
        finally:  # a signal can cut the first attempt short
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def whole_file(out: Path) -> Iterator[Path]:
    """Give a file to write that becomes `out` when the block ends without an error.

    Raises
    ------
    CallError
        `out` is a folder, or its folder cannot be made or written to.
    StudyError
        There is no room for it.
    """
    if out.is_dir():
        raise CallError(f"{out} is a folder; a file was expected.", "Name a file.")
    _make_parent(out)
    _clear_leftovers(out)
    handle, name = tempfile.mkstemp(prefix=f".{out.name}.{os.getpid()}.", suffix=UNFINISHED, dir=out.parent)
    os.close(handle)
    new = Path(name)
    try:
        new.chmod(0o666 & ~_umask())
        with _room(out):
            yield new
            new.replace(out)
    finally:
        new.unlink(missing_ok=True)


def refuse_input_as_output(out: Path, inputs: Iterable[Path]) -> None:
    """Refuse to replace a file by what is made of it.

    Raises
    ------
    CallError
        `out` is one of the inputs.
    """
    if out.exists() and any(path.exists() and out.samefile(path) for path in inputs):
        raise CallError(f"{out} is read; output there would replace it.", "Name another file with --out.")


@contextmanager
def _room(out: Path) -> Iterator[None]:
    """Say that a disk is full in a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        where = f"The disk of {error.filename or out.parent} {NO_ROOM[error.errno]}"
        raise StudyError(f"{where}; nothing was written to {out}.", "Make room, or name another place.") from None


def _replaceable(out: Path) -> bool:
    return out.is_dir() and not out.is_symlink() and ((out / MARK).is_file() or not any(out.iterdir()))


def _make_parent(out: Path) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CallError(f"{out.parent}: cannot be made ({error.strerror}).", "Name another place with --out.") from None
    if not os.access(out.parent, os.W_OK):
        raise CallError(f"{out.parent}: may not be written to.", "Name another place with --out.")


def _clear_leftovers(out: Path) -> None:
    """Remove what a killed run left beside `out`; a run that still works keeps its own."""
    for left in out.parent.glob(f".{glob.escape(out.name)}.*{UNFINISHED}"):
        process = left.name.removeprefix(f".{out.name}.").partition(".")[0]
        if not process.isdigit() or _runs(int(process)):
            continue
        if (left / MARK).is_file():
            shutil.rmtree(left, ignore_errors=True)
        elif left.is_file():
            left.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _put_in_place(new: Path, out: Path) -> None:
    if not out.exists():
        new.rename(out)
        return
    if _exchange(new, out):
        return
    old = new.with_name(f"{new.name}.old")  # systems without an atomic exchange
    out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step (Linux renameat2); False where the system cannot."""
    with suppress(OSError, AttributeError):
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
        return bool(renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0)
    return False


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
