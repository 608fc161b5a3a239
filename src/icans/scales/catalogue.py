"""Where scales are found: the published ones that come with this software, and a study's own files."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

from icans.errors import CallError, ScaleError, nearest
from icans.scales import own
from icans.scales.model import Scale
from icans.scales.reading.file import parse

FOLDER = Path(__file__).with_suffix("")
OTHERS = frozenset({"study", "claims"})
"""Files of a study folder that are no scales."""


def ids() -> list[str]:
    """Give the id of every published scale, in alphabetical order."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


@cache
def load(scale_id: str) -> Scale:
    """Give a published scale by its id.

    Raises
    ------
    CallError
        No scale has that id.
    ScaleError
        Its file is wrong.
    """
    if scale_id not in ids():
        raise CallError(f'There is no scale "{scale_id}".', nearest(scale_id, ids()))
    file = FOLDER / f"{scale_id}.toml"
    text = file.read_bytes()
    return replace(parse(text, file.name), digest=_digest(text))


def find(scale_id: str, folder: Path | None = None) -> Scale:
    """Give a scale by its id: a study's own, or else a published one.

    Parameters
    ----------
    scale_id
        The id.
    folder
        The study folder; its scales are ``scales/ID.toml`` or ``ID.toml``.

    Raises
    ------
    CallError
        No scale has that id.
    ScaleError
        The study's file is wrong, stands in both places, or takes the id of a published scale.
    """
    files = own_files(folder) if folder else {}
    if scale_id in files:
        return read(files[scale_id])
    known = ids()
    if scale_id not in known:
        where = f"; {folder} has no scales/{scale_id}.toml either" if folder and own.ID.fullmatch(scale_id) else ""
        raise CallError(f'There is no scale "{own.printed(scale_id)}"{where}.', nearest(scale_id, {*known, *files}))
    return load(scale_id)


def named(name: str, folder: Path | None = None) -> Scale:
    """Give a scale by what stands on a command line: an id as for `find`, or a file ending in ``.toml``."""
    return read(Path(name)) if name.endswith(".toml") else find(name, folder)


def own_files(folder: Path) -> dict[str, Path]:
    """Give the scale files of a study folder by id, in alphabetical order.

    Raises
    ------
    ScaleError
        Two files are named for one id.
    """
    files: dict[str, Path] = {}
    for file in (*folder.glob("scales/*.toml"), *folder.glob("*.toml")):
        if file.stem in files:
            raise ScaleError(f"{folder}: {file.name} stands here and in scales/.", "Keep one of the two.")
        if file.parent != folder or file.stem not in OTHERS:
            files[file.stem] = file
    return dict(sorted(files.items()))


def read(path: Path) -> Scale:
    """Read a scale file of a study.

    Raises
    ------
    CallError
        There is no such file.
    ScaleError
        It is no scale: a sentence with the line for everything that is wrong.
    """
    text = own.read_bytes(path)
    own.refuse_harmful(text, path.name)
    problems = own.identity_problems(text, path, ids())
    try:
        scale = parse(text, path.name)
    except ScaleError as error:
        problems.append(error)
    if problems:
        raise ScaleError("\n".join(map(str, problems)))
    own.refuse_too_many_domains(scale, path.name)
    return replace(scale, digest=_digest(text), own=True)


def _digest(text: bytes) -> str:
    """Give what tells one version of a file from another: the first 12 digits of its SHA-256."""
    return sha256(text).hexdigest()[:12]
