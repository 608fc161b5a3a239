"""One run of every cohort on every engine, kept for all tests of the suite."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.parity.cohorts import COHORTS
from tests.parity.engines import Engines
from tests.parity.runs import report


@pytest.fixture(scope="session")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    opened = Engines(tmp_path_factory.mktemp("scratch"))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Give the study folder of a cohort, written when first asked for."""
    made: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in made:
            path = tmp_path_factory.mktemp(name)
            COHORTS[name](path)
            made[name] = path
        return made[name]

    return folder


@pytest.fixture(scope="session")
def run(
    engines: Engines, cohort: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], Path]:
    """Give the folder of what a study's report writes on an engine; it runs once, also where it fails."""
    kept: dict[tuple[str, str], Any] = {}

    def folder(name: str, engine: str) -> Path:
        if (name, engine) not in kept:
            try:
                kept[name, engine] = report(cohort(name), tmp_path_factory.mktemp(f"{name}-{engine}"), engines, engine)
            except Exception as error:  # noqa: BLE001  # raised below, in every test of that run
                kept[name, engine] = error
        found = kept[name, engine]
        if isinstance(found, Exception):
            raise found
        return found

    return folder
