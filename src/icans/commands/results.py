"""The commands `icans results ...`: what is done with tables of results."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from icans.commands.progress import progress
from icans.errors import CallError

if TYPE_CHECKING:
    from icans.network import Sharing

results = typer.Typer(
    help="Merge results of several sites; make one safe to share.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@results.callback()
def _results() -> None:
    """Merge results of several sites; make one safe to share."""


@results.command()
def merge(
    sites: Annotated[
        list[Path],
        typer.Argument(metavar="SITE...", help="Outputs of icans report or of --share; or their results.json."),
    ],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder for results, forest plots and a page.")
    ] = None,
    share: Annotated[
        bool, typer.Option("--share", help="Leave out patients and small counts; one site: write what may leave it.")
    ] = False,
    smallest: Annotated[
        int | None,
        typer.Option("--smallest", metavar="N", min=1, help="With --share: fewest patients a count may be of; 5."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="NAME", help="With --share: a column of your own that may be described."),
    ] = None,
    mixed: Annotated[bool, typer.Option("--mixed", help="Merge sites although their definitions differ.")] = False,
) -> None:
    """Combine the results of several sites without moving patients."""
    from icans.network import Sharing

    if not share and (smallest is not None or column):
        raise CallError("--smallest and --column say how results are shared.", "Add --share, or leave them out.")
    sharing = Sharing(smallest or Sharing.smallest, tuple(column or ())) if share else None
    if out is not None:
        _refuse_site_as_output(sites, out)
    if sharing is not None and len(sites) == 1:
        _share(sites[0], out, sharing)
    else:
        _merge(sites, out, sharing, mixed=mixed)


def _share(site: Path, out: Path | None, sharing: Sharing) -> None:
    from icans.network import share_site
    from icans.output import whole_folder

    if out is None:
        raise CallError("--share writes a folder that may leave the site.", "Name it with --out.")
    with whole_folder(out) as unfinished:
        shared = share_site(site, unfinished, sharing)
    typer.echo(
        f"Safe to share: {out} ({len(shared.site.rows) - shared.held_back:,} numbers, {shared.held_back:,} held back "
        f"for counts under {shared.site.smallest}, {shared.left_out:,} left out). Read it before you send it."
    )


def _merge(sites: list[Path], out: Path | None, sharing: Sharing | None, *, mixed: bool) -> None:
    from icans.network import merge_sites, write
    from icans.output import whole_folder
    from icans.results.network.tables import print_merged

    if out is None:
        merged = merge_sites(sites, mixed=mixed, sharing=sharing)
    else:
        from icans.figures.render import Renderer

        with progress("Merging") as step, whole_folder(out) as unfinished, Renderer() as renderer:
            merged = merge_sites(sites, mixed=mixed, sharing=sharing)
            write(merged, unfinished, renderer, step)
    print_merged(merged, sys.stdout)
    if out is not None:
        typer.echo(f"Page: {out / 'merge.html'}")


def _refuse_site_as_output(sites: list[Path], out: Path) -> None:
    for site in sites:
        if site.resolve().is_relative_to(out.resolve()):
            raise CallError(f"{out} is {site} or holds it; output there would replace it.", "Name another --out.")
