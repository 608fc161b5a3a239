"""The command `icans compare`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def compare(
    before: Annotated[Path, typer.Argument(metavar="RUN", help="Output of icans derive or icans report.")],
    after: Annotated[Path, typer.Argument(metavar="RUN", help="Another output of the same study.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="CSV of everything that is not the same.")
    ] = None,
) -> None:
    """Say what differs between two runs, and because of what.

    Exit 1 where anything that came out differs.
    """
    from icans.output import whole_file
    from icans.run_comparison import compare_runs, print_comparison, write_comparison

    found = compare_runs(before, after)
    if out is not None:
        with whole_file(out) as unfinished:
            write_comparison(found, unfinished)
    print_comparison(found)
    if out is not None:
        typer.echo(f"Written to {out}")
    if found.differ:
        raise typer.Exit(1)
