"""The commands; a step is imported only when it runs."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from icans import __version__
from icans.commands.options import OutFolder, ParametersFile
from icans.commands.power import power
from icans.commands.progress import progress as _progress
from icans.errors import CallError, IcansError

if TYPE_CHECKING:
    from icans.results.rows import Result
    from icans.study import Study

app = typer.Typer(
    name="icans",
    help="From the bedside records of CAR-T patients to a neurotoxicity study that can be checked number by number. "
    "Research software: it describes what was recorded and recommends no treatment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder with study.toml and the tables.")]
EngineName = Annotated[
    str,
    typer.Option(
        "--engine", help="Where the tables are computed: duckdb, spark, postgres, or the URL of a PostgreSQL database."
    ),
]


@app.callback(invoke_without_command=True)
def icans(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Print the version, or run a command."""
    if version:
        typer.echo(f"icans {__version__}")
        raise typer.Exit


@app.command()
def demo(out: OutFolder = Path("icans-demo")) -> None:
    """Run the packaged synthetic study from raw records to report and check every figure it claims."""
    from icans.packaged import folder
    from icans.results.claims import failed, read_claims, verify
    from icans.results.verdicts import summary

    with folder() as study:
        results = _report(study, out, "duckdb")
        verdicts = verify(results, read_claims(study / "claims.toml"))
    typer.echo(f"Published figures, recomputed from its records: {summary(verdicts)}")
    if failed(verdicts):
        raise typer.Exit(1)


@app.command()
def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")]) -> None:
    """Make a study folder to fill in: study.toml, a template of every table, the data dictionary."""
    from icans.records.templates import write_study

    write_study(folder)
    typer.echo(f"{folder} is ready. Fill in the tables, then: icans check {folder}")


@app.command()
def check(
    study: StudyFolder,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where to write findings.csv; by default into STUDY.")
    ] = None,
) -> None:
    """Say everything that is wrong or doubtful in the records; exit 1 where a row cannot be used."""
    from icans.output import whole_file
    from icans.records.findings import write_csv
    from icans.records.findings_table import print_findings

    with _opened(study) as opened:
        findings = opened.findings()
    file = out or study / "findings.csv"
    with whole_file(file) as unfinished:
        write_csv(findings, unfinished)
    print_findings(findings)
    typer.echo(f"Written to {file}")
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(1)


@app.command()
def grade(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="TABLE",
            help="CSV, Parquet or XLSX with the scale's columns; or STUDY, for a scale made from its labs.",
        ),
    ],
    scale: Annotated[
        str, typer.Option("--scale", metavar="ID", help="Scale; icans scales lists them. Or a .toml file.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="CSV or Parquet to write; by default CSV to the screen."),
    ] = None,
    unrecorded: Annotated[
        Literal["unknown", "absent"], typer.Option("--unrecorded", help="What a sign nobody recorded means.")
    ] = "unknown",
) -> None:
    """Grade one table by a published scale, row by row."""
    from icans.grading import grade_table

    findings = grade_table(table, scale, out=out, unrecorded=unrecorded)
    for finding in findings:
        typer.echo(str(finding), err=True)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(1)


@app.command()
def derive(study: StudyFolder, out: OutFolder, engine: EngineName = "duckdb") -> None:
    """Write the derived tables (grades, episodes, courses, ...) as Parquet."""
    from icans.output import whole_folder

    _refuse_study_as_output(study, out)
    with whole_folder(out) as unfinished, _opened(study, engine) as opened, _progress("Deriving") as step:
        opened.derive(unfinished / "derived", step)
    typer.echo(f"Derived tables: {out / 'derived'}")
    _say_unused(opened)


@app.command()
def report(study: StudyFolder, out: OutFolder, engine: EngineName = "duckdb") -> None:
    """Write derived tables, results, figures and report.html."""
    _report(study, out, engine)


@app.command()
def agree(
    study: StudyFolder,
    scales: Annotated[
        str,
        typer.Option("--scales", metavar="A,B,C", help="Ids of scales; by default those of [agreement] in study.toml."),
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for results, work lists, figures and a page.")
    ] = None,
    engine: EngineName = "duckdb",
) -> None:
    """Compare scales on the same assessments, and recorded with derived grades."""
    from icans.agreement import agree, print_agreement
    from icans.output import whole_folder

    asked = [name.strip() for name in scales.split(",") if name.strip()]
    if out is None:
        with _opened(study, engine, asked) as opened, _progress("Agreement") as step:
            found = agree(opened, None, None, step)
    else:
        from icans.figures.render import Renderer

        _refuse_study_as_output(study, out)
        with (
            whole_folder(out) as unfinished,
            Renderer() as renderer,
            _opened(study, engine, asked) as opened,
            _progress("Agreement") as step,
        ):
            found = agree(opened, unfinished, renderer, step)
    print_agreement(found)
    if out is not None:
        typer.echo(f"Page: {out / 'agreement.html'}")
    _say_unused(opened)


@app.command()
def sensitivity(
    study: StudyFolder,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for results, the table of specifications, figure and page."),
    ] = None,
    engine: EngineName = "duckdb",
) -> None:
    """Compute remission under every combination of the definitions in [alternatives] of study.toml."""
    from icans.output import whole_folder
    from icans.results.sensitivity_summary import print_summary
    from icans.sensitivity import try_definitions

    if out is None:
        with _opened(study, engine) as opened, _progress("Sensitivity") as step:
            tried = try_definitions(opened, None, None, step)
    else:
        from icans.figures.render import Renderer

        _refuse_study_as_output(study, out)
        with (
            whole_folder(out) as unfinished,
            Renderer() as renderer,
            _opened(study, engine) as opened,
            _progress("Sensitivity") as step,
        ):
            tried = try_definitions(opened, unfinished, renderer, step)
    print_summary(tried.study, tried.results, tried.claims)
    if out is not None:
        typer.echo(f"Page: {out / 'sensitivity.html'}")
    _say_unused(opened)


@app.command()
def verify(
    study: StudyFolder,
    claims: Annotated[
        Path | None, typer.Option("--claims", metavar="FILE", help="By default claims.toml in STUDY.")
    ] = None,
) -> None:
    """Recompute what a manuscript states; exit 1 where a claim differs."""
    from icans.results.claims import failed, read_claims, verify
    from icans.results.verdicts import print_verdicts

    stated = read_claims(claims or study / "claims.toml")
    with _opened(study) as opened, _progress("Verifying") as step:
        verdicts = verify(opened.results(step), stated)
    print_verdicts(verdicts)
    if failed(verdicts):
        raise typer.Exit(1)


@app.command()
def scales(
    scale_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One scale, or a scale file.")] = None,
    study: Annotated[
        Path | None, typer.Option("--study", metavar="STUDY", help="Study folder whose own scales count too.")
    ] = None,
) -> None:
    """List the catalogue of scales, or print one as the table a clinician knows."""
    from icans.scales import catalogue
    from icans.scales.screen import show, show_catalogue

    if scale_id is None:
        show_catalogue(study)
    else:
        show(catalogue.named(scale_id, study))


@app.command()
def simulate(
    patients: Annotated[int, typer.Option("--patients", metavar="N", min=1, help="How many patients.")],
    out: OutFolder,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="The same seed gives the same cohort.")] = 1,
    parameters: ParametersFile = None,
) -> None:
    """Write a synthetic cohort with stated rates as a study folder of Parquet files."""
    from icans.output import whole_folder
    from icans.simulate import simulate
    from icans.simulate.parameters_file import read_parameters

    truth = read_parameters(parameters) if parameters else None
    with whole_folder(out) as unfinished, _progress("Simulating") as step:
        simulate(unfinished, patients=patients, seed=seed, parameters=truth, step=step)
    typer.echo(f"Simulated study of {patients:,} patients: {out}")


app.command()(power)


def main() -> None:
    """Run a command; every error a user can meet is a sentence and an exit code."""
    signal.signal(signal.SIGTERM, _stop)
    gc.set_threshold(100_000, 50, 100)  # expressions are many small objects, and most live until the command ends
    try:
        app()
    except IcansError as error:
        _fail(str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # the last door: no traceback reaches a user
        if os.environ.get("ICANS_TRACEBACK"):
            raise
        what = str(error).partition("\n")[0]
        _fail(
            f"icans met a fault of its own ({type(error).__name__}: {what}); nothing was written.\n"
            "  Please report it, with what ICANS_TRACEBACK=1 prints when you run the command again.",
            1,
        )
    finally:
        gc.freeze()  # all that is left ends with the process: the interpreter need not search it for garbage


def _fail(message: str, exit_code: int) -> None:
    typer.echo(message, err=True)
    sys.exit(exit_code)


def _stop(number: int, _frame: object) -> None:
    """Leave by the ordinary way, so that unfinished output is removed."""
    sys.exit(128 + number)


@contextmanager
def _opened(folder: Path, engine: str = "duckdb", compared: Sequence[str] = ()) -> Iterator[Study]:
    from icans.engines import connect
    from icans.study import Study

    with tempfile.TemporaryDirectory(prefix="icans-") as scratch:
        connected = connect(engine, scratch=Path(scratch))
        try:
            study = Study.read(folder, connected, compared=compared)
            _warn(study)
            yield study
        finally:
            connected.close()


def _report(folder: Path, out: Path, engine: str) -> list[Result]:
    from icans.figures.render import Renderer
    from icans.output import whole_folder

    _refuse_study_as_output(folder, out)
    with (
        whole_folder(out) as unfinished,
        Renderer() as renderer,  # starts while the rest is imported
        _opened(folder, engine) as opened,
        _progress("Report") as step,
    ):
        results = opened.report(unfinished, renderer, step)
    typer.echo(f"Report: {out / 'report.html'}")
    _say_unused(opened)
    _say_refused(results)
    return results


def _say_refused(results: Sequence[Result]) -> None:
    """Say which comparisons are refused, and why."""
    from icans.results.groups.refusals import refusals

    for sentence in refusals(results):
        typer.echo(sentence, err=True)


def _warn(study: Study) -> None:
    """Say which of the study's scales could not be checked against their publication."""
    from icans.scales.unconfirmed import unconfirmed

    for sentence in unconfirmed((*study.every_scale, *study.varied)):
        typer.echo(sentence, err=True)


def _refuse_study_as_output(study: Path, out: Path) -> None:
    if study.resolve().is_relative_to(out.resolve()):
        raise CallError(f"{out} is the study itself or holds it; output there would replace it.", "Name another --out.")


def _say_unused(study: Study) -> None:
    """Say how many rows could not be used: a number nobody may overlook."""
    errors = sum(finding.severity == "error" for finding in study.records.findings)
    if errors:
        typer.echo(f"{errors} findings are errors: rows left out and counted. See: icans check", err=True)
