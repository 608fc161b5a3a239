"""The packaged synthetic study: thirteen made-up patients who agree with published aggregate figures."""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib.resources import as_file, files
from pathlib import Path


def folder() -> AbstractContextManager[Path]:
    """Give the folder of the packaged study for as long as the block lasts."""
    return as_file(files("icans.packaged") / "idm13")
