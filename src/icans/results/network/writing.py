"""What is written of sites: results that may leave one, and those of several together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from icans import __version__
from icans.results import store
from icans.results.network.merging import Merged
from icans.results.network.sharing import Shared
from icans.results.network.site import FORMAT, MERGED, SHARED, Site, key_of

FLAG = {"suppressed": "bool"}
NAMED = {"site": "string", **FLAG}


def write_shared(shared: Shared, folder: Path) -> None:
    """Write what may leave a site: `results.json`, `results.parquet` and `shared.json`.

    Columns
    -------
    those of results.json : ``patients`` is empty; ``n`` and ``value`` are null where held back
    suppressed : bool, whether the row is held back
    """
    store.write_rows(list(_rows(shared.site)), folder, more=FLAG)
    _write(
        folder / SHARED,
        {
            "format": FORMAT,
            "made_by": f"icans {__version__}",
            "smallest": shared.site.smallest,
            "definitions": dict(shared.site.definitions),
        },
    )


def write_merged(merged: Merged, folder: Path) -> None:
    """Write the results of several sites: `results.json` and `results.parquet`, each site's in `sites`, `merged.json`.

    Columns
    -------
    results : those of results.json; ``patients`` is empty, since no patient was moved
    sites : the same of every site, with ``site`` (string) and ``suppressed`` (bool)
    """
    store.write(merged.results, folder)
    rows = [{**row, "site": site.name} for site in merged.sites for row in _rows(site)]
    store.write_rows(rows, folder, "sites", NAMED)
    _write(
        folder / MERGED,
        {
            "format": FORMAT,
            "made_by": f"icans {__version__}",
            "sites": [
                {"name": site.name, "smallest": site.smallest, "held_back": len(site.held_back)}
                for site in merged.sites
            ],
            "cautions": list(merged.cautions),
        },
    )


def _rows(site: Site) -> Iterator[dict[str, Any]]:
    for row in site.rows.values():
        is_held_back = key_of(row) in site.held_back
        columns = store.to_row(row) | {"patients": [], "suppressed": is_held_back}
        yield columns | {"n": None} if is_held_back else columns


def _write(file: Path, content: dict[str, Any]) -> None:
    file.write_text(f"{json.dumps(content, indent=2, ensure_ascii=False, sort_keys=False)}\n", encoding="utf-8")
