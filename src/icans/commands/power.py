"""The command `icans power`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from icans.commands.options import ParametersFile
from icans.commands.progress import progress


def power(
    *,
    design: Annotated[str, typer.Option("--design", metavar="DESIGN", help="single-arm, simon (two stages), two-arm.")],
    null: Annotated[float | None, typer.Option("--null", help="One arm: remission rate of no interest, 0-1.")] = None,
    alternative: Annotated[
        float | None, typer.Option("--alternative", help="One arm: remission rate the trial is to find, 0-1.")
    ] = None,
    control: Annotated[
        float | None, typer.Option("--control", help="Two arms: remission rate of the control arm, or median days.")
    ] = None,
    treated: Annotated[
        float | None, typer.Option("--treated", help="Two arms: remission rate of the treated arm, or median days.")
    ] = None,
    endpoint: Annotated[
        str, typer.Option("--endpoint", metavar="ENDPOINT", help="Two arms: remission (a rate) or time (median days).")
    ] = "remission",
    alpha: Annotated[
        float, typer.Option("--alpha", help="Chance of a false positive: one-sided with one arm, two-sided with two.")
    ] = 0.05,
    wanted: Annotated[float, typer.Option("--power", help="Chance of a positive result that is asked for.")] = 0.8,
    patients: Annotated[
        int | None, typer.Option("--patients", metavar="N", help="Describe a trial of N (an arm); else as few as do.")
    ] = None,
    replicates: Annotated[
        int, typer.Option("--replicates", metavar="R", help="Simulated trials, 100 to 20,000; 0: exact chances alone.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", metavar="S", help="The same seed gives the same numbers.")] = 1,
    parameters: ParametersFile = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for results, figure and a page.")
    ] = None,
) -> None:
    """Say what a trial of so many patients would show.

    Exact chances, and simulated trials; it recommends no design.
    """
    from icans.output import whole_folder
    from icans.power.asked import asked
    from icans.power.command import plan
    from icans.power.summary import print_answer

    question = asked(
        design,
        null=null,
        alternative=alternative,
        control=control,
        treated=treated,
        endpoint=endpoint,
        alpha=alpha,
        power=wanted,
        patients=patients,
        replicates=replicates,
        seed=seed,
        parameters=parameters,
    )
    if out is None:
        with progress("Power") as step:
            found = plan(question, None, None, step)
    else:
        from icans.figures.render import Renderer

        with whole_folder(out) as unfinished, Renderer() as renderer, progress("Power") as step:
            found = plan(question, unfinished, renderer, step)
    print_answer(found)
    if out is not None:
        typer.echo(f"Page: {out / 'power.html'}")
