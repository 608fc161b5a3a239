"""Options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

OutFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder to write; an earlier output is replaced.")
]
ParametersFile = Annotated[
    Path | None,
    typer.Option("--parameters", metavar="FILE", help="Rates of the cohort: TOML, or simulation.json of another one."),
]
