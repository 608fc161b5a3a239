"""The commands `icans derive` and `icans report`: runs that are put on record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from icans.commands.opened import opened, refuse_study_as_output, say_unused
from icans.commands.options import EngineName, Fresh, MemoryLimit, OutFolder, StudyFolder, ThreadLimit
from icans.commands.progress import Shown, progress
from icans.engines.limits import NO_LIMITS, Limits, limits

if TYPE_CHECKING:
    from icans.results.rows import Result
    from icans.runs.recorder import Command, Recorder
    from icans.study import Study

READING = "records"
DERIVING = ("grades", "episodes", "courses", "steroids", "endpoints", "survival", "biomarkers")
RESULTS = ("patients", "checks", "results", "figures", "report")
"""Steps that every run takes, in order."""


def derive(
    study: StudyFolder,
    out: OutFolder,
    engine: EngineName = "duckdb",
    memory: MemoryLimit = "",
    threads: ThreadLimit = None,
    *,
    fresh: Fresh = False,
) -> None:
    """Write the derived tables (grades, episodes, ...) as Parquet."""
    from icans.output import whole_folder
    from icans.study_record import content_of, reading_findings

    refuse_study_as_output(study, out)
    most = limits(memory, threads)
    with (
        whole_folder(out) as unfinished,
        progress("Deriving", (READING, *DERIVING)) as show,
        _recorded(
            "derive", study, engine=engine, most=most, out=out, unfinished=unfinished, show=show, fresh=fresh
        ) as (read, recorder),
    ):
        read.derive(unfinished / "derived", recorder.step)
        run = recorder.finish(content_of(read, reading_findings(read)))
    _say(f"Derived tables: {out / 'derived'}", recorder.reuse(run))
    say_unused(read)


def report(
    study: StudyFolder,
    out: OutFolder,
    engine: EngineName = "duckdb",
    memory: MemoryLimit = "",
    threads: ThreadLimit = None,
    *,
    fresh: Fresh = False,
) -> None:
    """Write derived tables, results, figures and report.html."""
    whole_report(study, out, engine, limits(memory, threads), fresh=fresh)


def whole_report(study: Path, out: Path, engine: str, most: Limits = NO_LIMITS, *, fresh: bool = False) -> list[Result]:
    """Write everything a study gives into a folder, and give its results."""
    from icans.figures.render import Renderer
    from icans.output import whole_folder

    refuse_study_as_output(study, out)
    with (
        whole_folder(out) as unfinished,
        Renderer() as renderer,  # starts while the rest is imported
        progress("Report", (READING, *DERIVING, *RESULTS)) as show,
        _recorded(
            "report", study, engine=engine, most=most, out=out, unfinished=unfinished, show=show, fresh=fresh
        ) as (read, recorder),
    ):
        from icans.study_record import all_findings, content_of

        results = read.report(unfinished, renderer, recorder.step)
        run = recorder.finish(content_of(read, all_findings(results)))
    _say(f"Report: {out / 'report.html'}", recorder.reuse(run))
    say_unused(read)
    _say_refused(results)
    return results


@contextmanager
def _recorded(
    command: Command,
    study: Path,
    *,
    engine: str,
    most: Limits,
    out: Path,
    unfinished: Path,
    show: Shown,
    fresh: bool,
) -> Iterator[tuple[Study, Recorder]]:
    """Give a study that is read and the recorder of its run."""
    from icans.runs.recorder import recorded
    from icans.study_record import sources

    with recorded(command, out, unfinished, show, fresh=fresh) as recorder:
        recorder.step(READING)
        recorder.notice(study)
        with opened(
            study, engine, on_record=recorder.engine, watch=show.follow, limits=most, output=unfinished
        ) as read:
            recorder.expect(sources(read))
            yield read, recorder


def _say(*lines: str) -> None:
    for line in filter(None, lines):
        typer.echo(line)


def _say_refused(results: Sequence[Result]) -> None:
    """Say which comparisons are refused, and why."""
    from icans.results.groups.refusals import refusals

    for sentence in refusals(results):
        typer.echo(sentence, err=True)
