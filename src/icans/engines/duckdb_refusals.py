"""What DuckDB refuses, in sentences: a full disk, too little memory, a file that is damaged or changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from icans.errors import EngineError

FILE_FAULT = re.compile(r'(?:Could not|Cannot|Failed to) (?P<act>\w+) .*?"(?P<path>[^"]+)".*?: (?P<reason>[^:]+)$')
GONE = re.compile(r'No files found that match the pattern "(?P<path>[^"]+)"')
NO_ROOM = ("no space left", "quota exceeded", "file too large")


@dataclass
class SourceFiles:
    """The files that were opened, and how they were then."""

    _opened: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def add(self, paths: Iterable[Path | str]) -> None:
        """Remember files as they are now."""
        for path in map(Path, paths):
            if path.is_file():
                self._opened[path] = _state(path)

    def refuse_changed(self) -> None:
        """Refuse to go on with a file that is gone, or no longer what it was when it was opened."""
        for path, was in self._opened.items():
            if not path.is_file() or _state(path) != was:
                raise EngineError(
                    f"{path} was changed or removed while it was read.", "Run again when nothing writes to it."
                ) from None

    def damaged(self, read: Callable[[Path], object]) -> Path | None:
        """Give a file that cannot be read to its end, the last one opened before others."""
        import duckdb  # noqa: PLC0415  # start-up counts

        for path in reversed(self._opened):
            try:
                read(path)
            except duckdb.Error:
                return path
        return None


def _state(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_size


@contextmanager
def refusals(what: str, files: SourceFiles, read: Callable[[Path], object]) -> Iterator[None]:
    """Turn a refusal of DuckDB into a sentence; a query that is wrong in itself is a fault of this software.

    Parameters
    ----------
    what
        What is computed.
    files
        The files it may be computed from.
    read
        Reads all of a file.
    """
    import duckdb  # noqa: PLC0415  # start-up counts

    try:
        yield
    except RuntimeError as error:  # DuckDB wraps what stops a query from outside
        if isinstance(error.__cause__, KeyboardInterrupt | SystemExit):
            raise error.__cause__ from None
        raise
    except duckdb.Error as error:
        files.refuse_changed()
        if isinstance(error, duckdb.OutOfMemoryException):
            raise _too_large(what, str(error)) from None
        if isinstance(error, duckdb.IOException):
            raise _of_file(what, _first_line(error)) from None
        if isinstance(error, duckdb.ProgrammingError) and not isinstance(error, duckdb.InvalidInputException):
            raise
        damaged = files.damaged(read) if _may_be_damage(error) else None
        reason = _first_line(error)
        if damaged:
            raise EngineError(f"{damaged}: the file cannot be read ({reason}).", "Copy or export it again.") from None
        raise EngineError(f"{what}: the database refused: {reason}") from None


def _may_be_damage(error: Exception) -> bool:
    import duckdb  # noqa: PLC0415  # start-up counts

    return type(error) is duckdb.Error or isinstance(error, duckdb.InvalidInputException)


def _too_large(what: str, said: str) -> EngineError:
    if "max_temp_directory_size" in said or "offload" in said:
        return EngineError(
            f"{what}: the disk has no room for what does not fit in memory.",
            "Free space there, or give more memory with --memory.",
        )
    return EngineError(
        f"{what}: the memory that may be used is too little.",
        "Give more with --memory, or use fewer threads with --threads.",
    )


def _of_file(what: str, said: str) -> EngineError:
    gone, fault = GONE.search(said), FILE_FAULT.search(said)
    if gone:
        return EngineError(f"{gone['path']} is not there any more.")
    if not fault:
        return EngineError(f"{what}: the database refused: {said}")
    reason = fault["reason"].rstrip(".")
    if reason.lower().startswith(NO_ROOM):
        return EngineError(
            f"{Path(fault['path']).name} cannot be written ({reason}).",
            "Free space on that disk, or name another place with --out.",
        )
    return EngineError(f"{what}: the database refused: {fault['path']} ({reason})")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].strip()
