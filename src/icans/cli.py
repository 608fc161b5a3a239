"""The commands; a step is imported only when it runs."""

from __future__ import annotations

import gc
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from icans import __version__
from icans.commands import run
from icans.commands.compare import compare
from icans.commands.opened import opened, refuse_study_as_output, say_unused
from icans.commands.options import EngineName, OutFolder, ParametersFile, StudyFolder
from icans.commands.power import power
from icans.commands.progress import progress
from icans.commands.results import results
from icans.counts import counted
from icans.errors import IcansError

app = typer.Typer(
    name="icans",
    help="From the bedside records of CAR-T patients to a neurotoxicity study that can be checked number by number. "
    "Research software: it describes what was recorded and recommends no treatment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def icans(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Print the version, or run a command."""
    if version:
        typer.echo(f"icans {__version__}")
        raise typer.Exit


@app.command()
def demo(out: OutFolder = Path("icans-demo")) -> None:
    """Run the packaged synthetic study, from records to report.

    Every figure that it claims is checked.
    """
    from icans.packaged import folder
    from icans.results.claims import failed, read_claims, verify
    from icans.results.verdicts import summary

    with folder() as study:
        results = run.whole_report(study, out, "duckdb")
        verdicts = verify(results, read_claims(study / "claims.toml"))
    typer.echo(f"Published figures, recomputed from its records: {summary(verdicts)}")
    if failed(verdicts):
        raise typer.Exit(1)


@app.command()
def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")]) -> None:
    """Make a study folder to fill in.

    It holds study.toml, a template of every table and the data dictionary.
    """
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
    """Say everything that is wrong or doubtful in the records.

    Exit 1 where a row cannot be used.
    """
    from icans.output import refuse_input_as_output, whole_file
    from icans.records.findings import write_csv
    from icans.records.findings_table import print_findings
    from icans.study_record import sources

    file = out or study / "findings.csv"
    with opened(study, complete=False) as read:
        inputs = [path for source in sources(read) for path in source.paths]
        refuse_input_as_output(file, [*inputs, study / "claims.toml"])
        findings = read.findings()
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
            help="CSV, Parquet or first sheet of an XLSX; or STUDY, for a scale made from its labs.",
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
    """Grade one table by a published scale, row by row.

    Age and developmental delay are read from columns age_years and developmental_delay of the table; a patient without
    is 12 or older and without delay.
    """
    from icans.grading import grade_table

    findings = grade_table(table, scale, out=out, unrecorded=unrecorded)
    for finding in findings:
        typer.echo(str(finding), err=True)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(1)


app.command()(run.derive)
app.command()(run.report)
app.command()(compare)


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
    """Compare scales, and recorded with derived grades.

    Each assessment is graded by each scale.
    """
    from icans.agreement import agree, print_agreement
    from icans.output import whole_folder

    asked = [name.strip() for name in scales.split(",") if name.strip()]
    if out is None:
        with opened(study, engine, asked) as read, progress("Agreement") as step:
            found = agree(read, None, None, step)
    else:
        from icans.figures.render import Renderer

        refuse_study_as_output(study, out)
        with (
            whole_folder(out) as unfinished,
            Renderer() as renderer,
            opened(study, engine, asked) as read,
            progress("Agreement") as step,
        ):
            found = agree(read, unfinished, renderer, step)
    print_agreement(found)
    if out is not None:
        typer.echo(f"Page: {out / 'agreement.html'}")
    say_unused(read)


@app.command()
def sensitivity(
    study: StudyFolder,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for results, the table of specifications, figure and page."),
    ] = None,
    engine: EngineName = "duckdb",
) -> None:
    """Compute remission under every combination of definitions.

    They stand in [alternatives] of study.toml; without it a standard set is tried.
    """
    from icans.output import whole_folder
    from icans.results.sensitivity_summary import print_summary
    from icans.sensitivity import try_definitions

    if out is None:
        with opened(study, engine) as read, progress("Sensitivity") as step:
            tried = try_definitions(read, None, None, step)
    else:
        from icans.figures.render import Renderer

        refuse_study_as_output(study, out)
        with (
            whole_folder(out) as unfinished,
            Renderer() as renderer,
            opened(study, engine) as read,
            progress("Sensitivity") as step,
        ):
            tried = try_definitions(read, unfinished, renderer, step)
    print_summary(tried.study, tried.results, tried.claims)
    if out is not None:
        typer.echo(f"Page: {out / 'sensitivity.html'}")
    say_unused(read)


@app.command()
def verify(
    study: StudyFolder,
    claims: Annotated[
        Path | None, typer.Option("--claims", metavar="FILE", help="By default claims.toml in STUDY.")
    ] = None,
) -> None:
    """Recompute what a manuscript states in claims.toml.

    Exit 1 where a claim is contradicted or cannot be had.
    """
    from icans.results.claims import failed, read_claims, verify
    from icans.results.verdicts import print_verdicts

    stated = read_claims(claims or study / "claims.toml")
    with opened(study) as read, progress("Verifying") as step:
        verdicts = verify(read.results(step), stated)
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
    """List the scales, or print one as a clinician knows it."""
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
    """Write a synthetic cohort with stated rates.

    It is a study folder of Parquet files.
    """
    from icans.output import whole_folder
    from icans.simulate import simulate
    from icans.simulate.parameters_file import read_parameters

    truth = read_parameters(parameters) if parameters else None
    with whole_folder(out) as unfinished, progress("Simulating") as step:
        simulate(unfinished, patients=patients, seed=seed, parameters=truth, step=step)
    typer.echo(f"Simulated study of {counted(patients, 'patient')}: {out}")


app.command()(power)
app.add_typer(results, name="results")


def main() -> None:
    """Run a command; every error a user can meet is a sentence and an exit code."""
    signal.signal(signal.SIGTERM, _stop)
    gc.set_threshold(1_000_000, 50, 100)  # expressions are many small objects, and most live until the command ends
    try:
        app()
    except IcansError as error:
        _fail(str(error), error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except PermissionError as error:
        _fail(
            f"{error.filename}: no right to read or write there; nothing was written.\n"
            "  Ask for the right, or name another place.",
            1,
        )
    except Exception as error:  # the last door: no traceback reaches a user
        if isinstance(error.__cause__, KeyboardInterrupt):  # as Python wraps one that comes while a class is made
            sys.exit(128 + signal.SIGINT)
        if isinstance(error.__cause__, SystemExit):
            raise error.__cause__ from None
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
