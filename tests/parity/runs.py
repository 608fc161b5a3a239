"""A report without drawing: every file of a run, the figures as the specification that would be drawn."""

import json
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from tests.parity.engines import Engines

from icans.figures.figure import Figure
from icans.study import Study


class Specifications:
    """In place of the renderer: writes what a figure draws, sorted, as the order of its rows means nothing."""

    def draw(self, figures: Sequence[Figure], folder: Path) -> dict[str, str]:
        for figure in figures:
            specification = figure.specification()
            rows = {name: sorted(rows, key=repr) for name, rows in specification.pop("datasets").items()}
            drawn = {"chart": specification, "rows": rows, "caption": figure.caption, "alt": figure.alt}
            (folder / f"{figure.id}.json").write_text(json.dumps(drawn, default=repr, sort_keys=True), encoding="utf-8")
        return {figure.id: "<svg/>" for figure in figures}


TOOK: dict[tuple[str, str], float] = {}
"""Seconds of each run."""


def report(study: Path, out: Path, engines: Engines, engine: str) -> Path:
    """Run a whole study on an engine and give the folder of what it wrote."""
    renderer: Any = Specifications()
    with engines.opened(engine) as opened:
        began = monotonic()
        Study.read(study, opened).report(out, renderer, lambda _step: None)
        TOOK[study.name, engine] = monotonic() - began
    return out
