"""The files of a table that lies in several: a folder named for it, or what the protocol names by a pattern."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from urllib.parse import unquote

from icans.errors import RecordsError
from icans.records.findings import shown
from icans.records.headings import name_key

TABLE_FILES = (".csv", ".parquet")
DELTA_LOG = "_delta_log"
ICEBERG_METADATA = ".metadata.json"
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""How a folder's name says that the column is empty (Apache Hive)."""
KEY = re.compile(r"([^=]+)=(.*)", re.DOTALL)


def unreadable(kind: str, label: str, error: Exception) -> RecordsError:
    """Say that a table of some kind cannot be read, in the first line of its reader's words."""
    reason = shown((str(error) or type(error).__name__).splitlines()[0], 200)
    return RecordsError(
        f"{label}: the {kind} table cannot be read ({reason}).", "Copy the whole table again, or write it as Parquet."
    )


@dataclass(frozen=True)
class TableFiles:
    """The files of one table.

    Parameters
    ----------
    label
        The table as the user knows it.
    paths
        The files.
    names
        The same, as the user knows them.
    by_file
        Columns whose value is that of a whole file: for each its value in each file.
    only
        Columns of the files that count; None: all.
    aside
        Files beside them that are not read.
    """

    label: str
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    by_file: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    only: frozenset[str] | None = None
    aside: tuple[str, ...] = ()


def in_folder(folder: Path, study: Path) -> TableFiles:
    """Give the files of a table in a folder of its own, at any depth.

    A part of the path such as ``site=A`` gives each file below it the column ``site``. What begins with a dot or an
    underscore is not looked at.

    Raises
    ------
    RecordsError
        The folder may not be read, or has both CSV and Parquet files, or another kind of table in it.
    """
    found = list(_walked(folder))
    files = [path for path in found if path.suffix.lower() in TABLE_FILES]
    aside = tuple(_name(path, study) for path in found if path.suffix.lower() not in TABLE_FILES)
    return _table(f"{_name(folder, study)}/", files, folder, study, aside)


def by_pattern(table: str, pattern: str, study: Path) -> TableFiles | Path:
    """Give the files that the protocol names for a table; a path where it is one file or folder.

    Raises
    ------
    RecordsError
        No file has such a name, or one is neither CSV nor Parquet, or as for `in_folder`.
    """
    where = f"study.toml: [records.files] {table}"
    names = glob.glob(pattern, root_dir=study, recursive=True)  # noqa: PTH207  # the pattern may begin with a slash
    found = [study / one for one in sorted(names)]
    if (study / pattern).exists():
        found = [study / pattern]
    if not found:
        raise RecordsError(f"{where} names {shown(pattern, 200)}, and there is no such file.")
    _refuse_versions(found, where, study)
    root = study / PurePath(*_before_signs(PurePath(pattern).parts))
    if len(found) == 1 and _is_alone(found[0], root):
        return found[0]
    files = sorted({file for one in found for file in (_walked(one) if one.is_dir() else [one])})
    others = [file for file in files if file.suffix.lower() not in TABLE_FILES]
    if others:
        raise RecordsError(
            f"{where}: {_name(others[0], study)} is neither a CSV nor a Parquet file.", "Narrow the pattern to those."
        )
    return _table(pattern, files, root, study, ())


def _refuse_versions(found: Sequence[Path], where: str, study: Path) -> None:
    """Refuse what lies inside of a Delta or an Iceberg table, whose folders hold older versions too."""
    inside = dict.fromkeys(folder for place in found if not iceberg_metadata(place) for folder in place.parents)
    table = next((folder for folder in inside if is_delta(folder) or iceberg_metadata(folder)), None)
    if table:
        raise RecordsError(
            f"{where} names what lies inside of {_name(table, study)}, a Delta or an Iceberg table, and may be of an "
            "older version.",
            "Name the folder of the table itself.",
        )


def _is_alone(place: Path, root: Path) -> bool:
    """Tell whether the one file or folder of a pattern is read as if it were named, as no folder names a column."""
    return is_delta(place) or bool(iceberg_metadata(place)) or not _keys(place / "_" if place.is_dir() else place, root)


def _before_signs(parts: Sequence[str]) -> Iterator[str]:
    for part in parts:
        if glob.has_magic(part):
            return
        yield part


def _table(label: str, files: Sequence[Path], root: Path, study: Path, aside: tuple[str, ...]) -> TableFiles:
    kinds = sorted({file.suffix.lower() for file in files})
    if len(kinds) > 1:
        one, other = (next(file for file in files if file.suffix.lower() == kind) for kind in kinds)
        raise RecordsError(
            f"{label} holds CSV and Parquet files, such as {_name(one, study)} and {_name(other, study)}.",
            "Keep one kind: the files of a folder are read as one table.",
        )
    once: dict[tuple[str, ...], tuple[Path, dict[str, str | None]]] = {}
    for file in files:
        said = _keys(file, root)
        once.setdefault((os.path.realpath(file), *map(str, said.items())), (file, said))  # a link may name it again
    paths, keys = [file for file, _ in once.values()], [said for _, said in once.values()]
    names = {name_key(name): name for one in reversed(keys) for name in one}
    by_key = [{name_key(name): value for name, value in one.items()} for one in keys]
    by_file = {name: tuple(one.get(key) for one in by_key) for key, name in names.items()}
    return TableFiles(label, tuple(paths), tuple(_name(file, study) for file in paths), by_file, aside=aside)


def _keys(file: Path, root: Path) -> dict[str, str | None]:
    """Read the columns that the folders between a table's folder and a file name, as Apache Hive writes them."""
    below = file.parent.relative_to(root).parts if file.parent.is_relative_to(root) else ()
    pairs = [pair.groups() for part in below if (pair := KEY.fullmatch(part))]
    keys = [name_key(_decoded(key)) for key, _ in pairs]
    if twice := next((key for key in keys if keys.count(key) > 1), None):
        raise RecordsError(f"{file}: two of its folders name the column {shown(twice)}.", "Keep one of them.")
    return {_decoded(key): None if value in ("", NO_VALUE) else _decoded(value) for key, value in pairs}


def _decoded(text: str) -> str:
    """Read the signs that a folder's name writes as numbers, but for the one that no text can hold."""
    return unquote(text.replace("%00", "%2500"))


def _walked(folder: Path) -> Iterator[Path]:
    """Give every file below a folder, in order, through links too."""
    seen = set()

    def refuse(error: OSError) -> None:
        raise RecordsError(f"{error.filename}: the folder cannot be read ({error.strerror}).") from None

    for place, folders, names in os.walk(folder, followlinks=True, onerror=refuse):
        real = os.path.realpath(place)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        if DELTA_LOG in folders or iceberg_metadata(Path(place)):
            kind = "a Delta" if DELTA_LOG in folders else "an Iceberg"
            raise RecordsError(
                f"{place} is {kind} table inside of what is read as a folder of files.",
                "Name it itself in study.toml under [records.files].",
            )
        folders[:] = sorted(name for name in folders if not _hidden(name))
        yield from (Path(place) / name for name in sorted(names) if not _hidden(name))


def _hidden(name: str) -> bool:
    return name.startswith((".", "~$")) or (name.startswith("_") and "=" not in name)


def is_delta(folder: Path) -> bool:
    """Tell whether a folder is a Delta table."""
    return (folder / DELTA_LOG).is_dir()


def iceberg_metadata(place: Path) -> list[Path]:
    """Give the descriptions of an Iceberg table, in a folder or named itself; none where it is no such table."""
    if place.is_file():
        return [place] if place.name.endswith(ICEBERG_METADATA) else []
    return sorted((place / "metadata").glob(f"*{ICEBERG_METADATA}"))


def _name(path: Path, study: Path) -> str:
    return str(path.relative_to(study) if path.is_relative_to(study) else path)
