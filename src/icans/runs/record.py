"""`run.json`: what a run was made of and by, in one typed record; its documentation is made from this declaration."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from icans.errors import CallError, StudyError

FILE = "run.json"
FORMAT = 1
"""Version of the shape of the record."""


class Part(BaseModel):
    """A part of the record; what a later version adds is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class EngineUsed(Part):
    """`engine`: where the tables were computed."""

    name: str = Field(description="duckdb, spark or postgres")
    version: str = Field(description="Its version, as it says itself")
    settings: dict[str, str] = Field(description="What of its settings was in force: threads, memory, time zone")


class ScaleUsed(Part):
    """`scales`: a scale that graded the study or was compared."""

    id: str = Field(description="Id of the scale")
    sha256: str = Field(description="First 12 digits of the SHA-256 of its file")
    own: bool = Field(description="The file is the study's own")


class ProtocolUsed(Part):
    """`protocol`: the definitions, defaults filled in."""

    sha256: str = Field(description="SHA-256 of the definitions and of the digests of the study's own scales")
    definitions: dict[str, Any] = Field(
        description="Every section and key of study.toml; of a database URL its host and database alone, of an "
        "absolute path its last name alone"
    )


class Input(Part):
    """`inputs`: something the run read."""

    name: str = Field(description="File, by its path in the study folder, or its name where it lies elsewhere")
    tables: list[str] = Field(description="Tables of records it holds; empty for a file that is no records")
    bytes: int | None = Field(description="Size; null for a database, whose content has no digest")
    sha256: str | None = Field(description="SHA-256 of its bytes; null for a database")


class RowsUsed(Part):
    """`tables`: rows of a table of records."""

    read: int = Field(description="Rows there were")
    used: int = Field(description="Rows that could be used")


class DerivedTable(Part):
    """`derived`: a derived table in this output."""

    rows: int = Field(description="Rows")
    bytes: int = Field(description="Size of its file")
    sha256: str = Field(description="SHA-256 of its file; two files with the same rows can differ in it")
    key: str | None = Field(
        description="Digest of what the table is made of: definitions, records, engine. The same key, the same rows; "
        "null where the content of a source is not known"
    )
    reused: bool = Field(description="Taken over from the output that this run replaced")


class Step(Part):
    """`steps`: a step of the run, in order."""

    name: str = Field(description="What was done")
    seconds: float = Field(description="Wall time")
    peak_memory_bytes: int = Field(
        description="Most memory the process held during the step (Linux; elsewhere, since it began); what an engine "
        "outside of it holds is not counted"
    )


class Run(Part):
    """`run.json`: one run of `icans derive`, `icans report` or `icans demo`. It names no patient."""

    format: int = Field(FORMAT, description="Version of this shape")
    command: Literal["derive", "report"] = Field(description="What was run; `icans demo` runs report")
    title: str = Field(description="Title of the study")
    started: datetime = Field(description="When the run began, UTC")
    software: dict[str, str] = Field(description="Versions: icans, Python, and the libraries that compute")
    engine: EngineUsed
    protocol: ProtocolUsed
    scales: list[ScaleUsed]
    inputs: list[Input]
    tables: dict[str, RowsUsed]
    findings: dict[str, int] = Field(
        description="Findings by severity; of `icans derive` those of reading alone, as it checks nothing more"
    )
    derived: dict[str, DerivedTable]
    steps: list[Step]
    seconds: float = Field(description="Wall time of the whole run")
    peak_memory_bytes: int = Field(description="Most memory the process held, as in the steps")

    def write(self, folder: Path) -> None:
        """Write the record into a folder."""
        (folder / FILE).write_text(f"{self.model_dump_json(indent=2)}\n", encoding="utf-8")


def read(folder: Path) -> Run:
    """Read the record of an output.

    Raises
    ------
    CallError
        There is no such folder, or no record in it.
    StudyError
        The record is damaged, or of a later version.
    """
    if not folder.is_dir():
        raise CallError(f"{folder}: there is no such folder.", "Name the output of icans derive or icans report.")
    file = folder / FILE
    if not file.is_file():
        raise CallError(f"{folder}: holds no {FILE}, so what it was made of is not known.", _advice(folder))
    try:
        run = Run.model_validate_json(file.read_bytes())
    except ValidationError:
        raise StudyError(f"{file}: is not the record of a run, or is damaged.", "Make the output again.") from None
    if run.format > FORMAT:
        raise StudyError(f"{file}: was written by a later version of icans ({run.software.get('icans')}).")
    return run


def _advice(folder: Path) -> str:
    if any((folder / name).exists() for name in ("derived", "results.json")):
        return "Make it again with icans derive or icans report."
    return "Name the output of icans derive or icans report."
