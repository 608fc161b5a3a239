"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder with study.toml and the tables.")]
OutFolder = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder to write; an earlier output is replaced.")
]
EngineName = Annotated[
    str,
    typer.Option(
        "--engine", help="Where the tables are computed: duckdb, spark, postgres, or the URL of a PostgreSQL database."
    ),
]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Compute everything, also what the earlier output has and still holds.")
]
MemoryLimit = Annotated[
    str,
    typer.Option(
        "--memory",
        metavar="SIZE",
        help="Most memory to take, such as 4GB; what does not fit waits on disk. DuckDB only.",
    ),
]
ThreadLimit = Annotated[
    int | None, typer.Option("--threads", metavar="N", help="Most threads to take; by default one a core. DuckDB only.")
]
ParametersFile = Annotated[
    Path | None,
    typer.Option("--parameters", metavar="FILE", help="Rates of the cohort: TOML, or simulation.json of another one."),
]
