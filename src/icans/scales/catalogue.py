"""The published scales that come with this software."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from icans.errors import CallError, nearest
from icans.scales.model import Scale
from icans.scales.reading.file import parse

FOLDER = Path(__file__).with_suffix("")


def ids() -> list[str]:
    """Give the id of every scale, in alphabetical order."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


@cache
def load(scale_id: str) -> Scale:
    """Give a scale by its id.

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
    return parse(file.read_bytes(), file.name)
