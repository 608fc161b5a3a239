"""Several sites together, or one made safe to share: what `icans results merge` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from icans.errors import CallError
from icans.results.network.merging import Merged, merge
from icans.results.network.sharing import Shared, share
from icans.results.network.site import Site, read_sites
from icans.results.network.writing import write_merged, write_shared

if TYPE_CHECKING:
    from icans.figures.render import Renderer


@dataclass(frozen=True)
class Sharing:
    """How results are made safe to share.

    Parameters
    ----------
    smallest
        Fewest patients a count other than 0 may be of.
    columns
        Columns of the sites' own that may be described.
    """

    smallest: int = 5
    columns: tuple[str, ...] = ()


def share_site(path: Path, out: Path, sharing: Sharing) -> Shared:
    """Write what may leave a site into a folder.

    Parameters
    ----------
    path
        Output of ``icans report``.
    out
        An existing folder.
    sharing
        How.

    Raises
    ------
    CallError, StudyError
        As `read_sites` and `share`.
    """
    (site,) = read_sites([path])
    shared = share(site, smallest=sharing.smallest, columns=sharing.columns)
    write_shared(shared, out)
    return shared


def merge_sites(paths: Sequence[Path], *, mixed: bool = False, sharing: Sharing | None = None) -> Merged:
    """Merge the results of sites.

    Parameters
    ----------
    paths
        Outputs of ``icans report``, or of sites that shared theirs.
    mixed
        Whether definitions may differ.
    sharing
        How each is made safe to share first; the merged results then rest on nothing that may not leave a site, and
        the sites are called by their number. None: as they are.

    Raises
    ------
    CallError
        Fewer than two sites, or what cannot be merged.
    StudyError
        Definitions differ, or two sites are one.
    """
    if len(paths) < 2:
        raise CallError(
            "One site has nothing to merge.", "Name two or more; or make one safe to share: --share --out DIR."
        )
    sites = read_sites(paths)
    merged = merge(sites, mixed=mixed)
    if sharing is None:
        return merged
    safe = [_shared(site, number, sharing) for number, site in enumerate(sites, 1)]
    return merge(safe, mixed=mixed)


def write(merged: Merged, out: Path, renderer: Renderer, step: Callable[[str], None]) -> None:
    """Write merged results, forest plots and ``merge.html`` into an existing folder."""
    from icans.figures.figure import Figure  # noqa: PLC0415  # only where figures are drawn
    from icans.figures.network import network_figures  # noqa: PLC0415
    from icans.report.network_page import write_page  # noqa: PLC0415

    write_merged(merged, out)
    step("figures")
    figures = [one for one in network_figures(merged.effects) if isinstance(one, Figure)]
    (out / "figures").mkdir()
    drawn = renderer.draw(figures, out / "figures")
    step("page")
    write_page(out / "merge.html", merged, figures=figures, drawn=drawn)


def _shared(site: Site, number: int, sharing: Sharing) -> Site:
    return share(replace(site, name=f"site {number}"), smallest=sharing.smallest, columns=sharing.columns).site
