"""Digests of files, computed beside the main thread, and files of an earlier output put to use again."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Event

BLOCK = 1 << 20
BESIDE = (".wal", "-wal")
"""Endings of the files in which a database keeps what it has not yet put into its own."""

State = tuple[str, int, int]
"""Path of a file, its size, and when it was changed (ns)."""


@dataclass(frozen=True)
class FileDigest:
    """What a file or folder holds.

    Parameters
    ----------
    size
        Bytes.
    sha256
        SHA-256 of the bytes; of a folder, of the names and digests of its files.
    """

    size: int
    sha256: str


class Digests:
    """Digests of files; each file is read once, in a thread of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="digests")
        self._stopped = Event()
        self._asked: dict[Path, Future[FileDigest]] = {}
        self._seen: dict[Path, list[State]] = {}
        self._noticed: dict[str, State] = {}

    def notice(self, folder: Path) -> None:
        """Keep in mind what the files of a folder are like, before anything in it is read."""
        for place, _, names in os.walk(folder.absolute()):
            for name in names:
                with suppress(OSError):  # another run beside clears up after itself
                    state = _state_of(Path(place, name))
                    self._noticed[state[0]] = state

    def ask(self, path: Path) -> Future[FileDigest]:
        """Begin to read a file, a folder of files or a database, unless that was begun before."""
        place = path.absolute()
        if place not in self._asked:
            self._seen[place] = [self._noticed.get(state[0], state) for state in _state(place)]
            self._asked[place] = self._pool.submit(self._read, place)
        return self._asked[place]

    def changed(self) -> list[Path]:
        """Give the files that are no longer what they were when their reading began."""
        return [path for path, state in self._seen.items() if not path.exists() or _state(path) != state]

    def close(self) -> None:
        """Stop reading."""
        self._stopped.set()
        self._pool.shutdown(cancel_futures=True)

    def _read(self, path: Path) -> FileDigest:
        files = list(_files(path))
        if files == [path]:
            return self._held(path)
        root = path if path.is_dir() else path.parent
        return of_several([(file.relative_to(root).as_posix(), self._held(file)) for file in files])

    def _held(self, file: Path) -> FileDigest:
        return FileDigest(file.stat().st_size, self._digest(file))

    def _digest(self, file: Path) -> str:
        found = sha256()
        with file.open("rb", buffering=0) as content:
            while (block := content.read(BLOCK)) and not self._stopped.is_set():
                found.update(block)
        return found.hexdigest()


def of_several(files: Sequence[tuple[str, FileDigest]]) -> FileDigest:
    """Give the digest of several files: of the name and digest of each, in their order."""
    named = "\n".join(f"{name}\0{held.sha256}" for name, held in files)
    size = sum(held.size for _, held in files)
    return FileDigest(size, sha256(named.encode("utf-8", "surrogateescape")).hexdigest())


def linked(source: Path, target: Path) -> None:
    """Put a file or folder at another place: as a second name of the same file where the system can, else as a copy."""
    for file in _files(source):
        place = target / file.relative_to(source) if source.is_dir() else target
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file, place)
        except OSError:
            shutil.copy2(file, place)


def _files(path: Path) -> Iterator[Path]:
    """Give a file with those that belong to it, or every file of a folder, in order."""
    if path.is_dir():
        yield from sorted(file for file in path.rglob("*") if file.is_file())
        return
    yield path
    yield from (beside for ending in BESIDE if (beside := path.with_name(path.name + ending)).is_file())


def _state(path: Path) -> list[State]:
    return [_state_of(file) for file in _files(path)]


def _state_of(file: Path) -> State:
    state = file.stat()
    return str(file), state.st_size, state.st_mtime_ns
