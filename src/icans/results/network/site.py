"""A site of a network: the results it states, those it holds back, and how it defined them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from icans.errors import CallError, StudyError
from icans.results import store
from icans.results.network.definitions import stated_definitions
from icans.results.rows import Result

SHARED, MERGED = "shared.json", "merged.json"
"""What stands beside results that were made safe to share, and beside those of several sites."""

WORD = re.compile(r"[\w-]+")
"""A word of a text, as ids are looked for in it."""

FORMAT = 1
"""Of `SHARED`; a later one is refused."""

Key = tuple[str, str | None, str, str | None, str]
"""Analysis, group, variable, level and statistic: what names a row."""


def key_of(row: Result) -> Key:
    """Give what names a row."""
    return row.analysis, row.group, row.variable, row.level, row.statistic


@dataclass(frozen=True, eq=False)
class Site:
    """The results of a site.

    Parameters
    ----------
    name
        What the site is called in the merged results.
    rows
        Its rows of results by what names them, in their order.
    held_back
        Those it does not state because too few patients are behind them.
    smallest
        Fewest patients a count of it may be of; 1 where nothing was held back.
    definitions
        The definitions of its protocol, each by its name; empty where its output does not say.
    patients
        Ids that its rows name; none where it shares no patients.
    shared
        Whether it was made safe to share.
    """

    name: str
    rows: Mapping[Key, Result] = field(repr=False)
    held_back: frozenset[Key] = field(default=frozenset(), repr=False)
    smallest: int = 1
    definitions: Mapping[str, Any] = field(default_factory=dict, repr=False)
    patients: frozenset[str] = field(default=frozenset(), repr=False)
    shared: bool = False

    def count(self, key: Key) -> int | None:
        """Give a count; None where the site does not state it."""
        row = self.rows.get(key)
        return None if row is None or row.value is None else round(row.value)

    @cached_property
    def blocks(self) -> dict[tuple[str, str | None, str], list[Result]]:
        """Its rows by analysis, group and variable."""
        found: dict[tuple[str, str | None, str], list[Result]] = {}
        for key, row in self.rows.items():
            found.setdefault(key[:3], []).append(row)
        return found

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Ids that are no single word."""
        return tuple(one for one in self.patients if not WORD.fullmatch(one))

    @property
    def digest(self) -> str:
        """What tells its results from any others."""
        rows = sorted(repr((key, row.value, row.n)) for key, row in self.rows.items())
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def read_sites(paths: Sequence[Path]) -> list[Site]:
    """Read the results of sites.

    Parameters
    ----------
    paths
        Of each the output folder of ``icans report`` or of ``--share``, or results.json or results.parquet in it.

    Raises
    ------
    CallError
        There are no results, the same folder twice, or an output that cannot be merged.
    StudyError
        What is there is no table of results.
    """
    folders = [path.resolve() for path in paths]
    for path, folder in zip(paths, folders, strict=True):
        if folders.count(folder) > 1:
            raise CallError(f"{path} was given twice; its patients would count twice.", "Name each site once.")
    return [_read(path, name) for path, name in zip(paths, site_names(folders), strict=True)]


def site_names(folders: Sequence[Path]) -> list[str]:
    """Call sites by their folders, with as much of the path before as tells them apart."""
    parts = [(folder.parent if folder.suffix in {".json", ".parquet"} else folder).parts for folder in folders]
    for depth in range(1, max(map(len, parts), default=1) + 1):
        names = ["/".join(one[-depth:]) for one in parts]
        if len(set(names)) == len(names):
            return names
    return [f"site {number}" for number, _ in enumerate(folders, 1)]


def _read(path: Path, name: str) -> Site:
    if not path.exists():
        raise CallError(f"{path}: there is no such folder or file.", "Name an output of icans report.")
    folder = path if path.is_dir() else path.parent
    if (folder / MERGED).is_file():
        raise CallError(
            f"{path} holds merged results of several sites; who is in them could be counted twice.",
            "Merge the outputs of the sites themselves.",
        )
    rows = store.read_rows(path)
    table = dict(_named(path, rows))
    if ("population", None, "infused", None, "n") not in table:
        raise StudyError(
            f"{path} is not the result of a study: it does not say how many patients were infused.",
            "Name an output of icans report, not of another command.",
        )
    held_back = frozenset(key_of(row) for row, columns in rows if columns.get("suppressed"))
    said = _manifest(folder / SHARED)
    if held_back and not said:
        raise StudyError(
            f"{path} holds numbers back, but no {SHARED} stands beside it to say below how many patients.",
            f"Put the {SHARED} of the site beside it.",
        )
    return Site(
        name=name,
        rows=table,
        held_back=held_back,
        smallest=int(said.get("smallest", 1)),
        definitions=said.get("definitions") or stated_definitions(folder),
        patients=frozenset(one for row in table.values() for one in row.patients),
        shared=bool(said),
    )


def _named(path: Path, rows: Sequence[tuple[Result, dict[str, Any]]]) -> Iterator[tuple[Key, Result]]:
    seen = set()
    for row, _ in rows:
        key = key_of(row)
        if key in seen:
            raise StudyError(
                f"{path}: the row {row.name} stands twice.", "icans report STUDY --out DIR writes it anew."
            )
        seen.add(key)
        yield key, row


def _manifest(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        version, smallest = said["format"], said["smallest"]
    except (ValueError, TypeError, KeyError):
        raise StudyError(f"{file} cannot be read.", "Ask the site to share its results again.") from None
    if version != FORMAT or not isinstance(smallest, int) or smallest < 1:
        raise StudyError(
            f"{file} is of format {version}; this version of icans reads format {FORMAT}.",
            "Share and merge with the same version of icans.",
        )
    return dict(said)
