"""A study opened for a command: its engine connected, its doubts said, everything let go of at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from icans.engines.limits import NO_LIMITS, Limits
from icans.errors import CallError, RecordsError

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.study import Study


@contextmanager
def opened(
    folder: Path,
    engine: str = "duckdb",
    compared: Sequence[str] = (),
    *,
    on_record: Callable[[Engine], Engine] | None = None,
    watch: Callable[[Engine], AbstractContextManager[None]] | None = None,
    limits: Limits = NO_LIMITS,
    output: Path | None = None,
    complete: bool = True,
) -> Iterator[Study]:
    """Give a study whose records are read.

    Parameters
    ----------
    folder
        The study folder.
    engine
        Name or URL of the engine.
    compared
        Ids of scales to compare with each other; none: those of the protocol.
    on_record
        Puts the engine on record.
    watch
        Shows how far the engine is.
    limits
        What the engine may take of memory and threads.
    output
        Folder in which output is made, where there is one: what does not fit in memory waits beside it, on a disk meant
        for large files (docs/decisions/0142-memory.md).
    complete
        Refuse a study with a table that is there and cannot be read.

    Raises
    ------
    RecordsError
        There is such a table, or as for `icans.records.reading.read_records`.
    """
    from icans import protocol
    from icans.engines import connect
    from icans.study import Study

    source = protocol.read(folder).records.source if engine == "postgres" else ""
    with tempfile.TemporaryDirectory(prefix="icans-", dir=output) as scratch:
        connected = connect(engine, scratch=Path(scratch), source=source, limits=limits)
        try:
            with watch(connected) if watch else nullcontext():
                study = Study.read(folder, on_record(connected) if on_record else connected, compared=compared)
                if complete:
                    _refuse_lost(study)
                _warn(study)
                yield study
        finally:
            connected.close()


def _refuse_lost(study: Study) -> None:
    """Refuse to go on as if a table were absent: without its deaths a study would have none."""
    for table, finding in study.records.lost.items():
        raise RecordsError(
            f"{replace(finding, advice='')} No row of {table} can be used.",
            f"{finding.advice or 'Mend it.'} Or take it out of the study, to go without it.",
        )


def refuse_study_as_output(study: Path, out: Path) -> None:
    """Refuse to replace the study by its own output, and output that would be read as its records.

    Raises
    ------
    CallError
        `out` is the study or holds it, or lies where a table in a folder of its own is looked for.
    """
    from icans.records.schema import TABLES

    if study.resolve().is_relative_to(out.resolve()):
        raise CallError(f"{out} is the study itself or holds it; output there would replace it.", "Name another --out.")
    for table in TABLES:
        if out.resolve().is_relative_to(study.resolve() / table):
            raise CallError(f"{out} is where the table {table} is looked for.", "Name another --out.")


def say_unused(study: Study) -> None:
    """Say how many rows could not be used: a number nobody may overlook."""
    errors = sum(finding.severity == "error" for finding in study.records.findings)
    if errors:
        said = "1 finding is an error: its row is" if errors == 1 else f"{errors} findings are errors: their rows are"
        typer.echo(f"{said} left out and counted. See: icans check", err=True)


def _warn(study: Study) -> None:
    """Say which of the study's scales could not be checked against their publication."""
    from icans.scales.unconfirmed import unconfirmed

    for sentence in unconfirmed((*study.every_scale, *study.varied)):
        typer.echo(sentence, err=True)
