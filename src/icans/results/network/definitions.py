"""How sites defined what they count, and where their definitions differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from icans.results.network.site import Site

RUN = "run.json"
OWN = frozenset({"study", "records", "alternatives", "agreement", "target_trial", "natural_history", "small_samples"})
"""Sections of a protocol that say nothing of what is merged: each site's own, or analyses that are not merged."""

SYNTHETIC = "study.synthetic"
"""Of a study's own section what is kept: records that are made up are merged with no others."""

SITES_OWN = frozenset({"survival.cutoff"})
"""Definitions that may differ from site to site; the date of cutoff is a date, too, and leaves no site."""

DEFINING = (
    ("population", None, "n"),
    ("remission", "remission", "n"),
    ("recurrence", "recurrence", "n"),
    ("time_to_remission", "days_to_remission", "n"),
    ("exposure", None, "n"),
    ("survival", None, "n"),
    ("toxicity", None, "n"),
    ("scales", None, "n"),
    ("comparison", None, "n"),
)
"""Rows whose method says by which definition they were counted: analysis, variable, statistic."""


def stated_definitions(folder: Path) -> dict[str, Any]:
    """Give the definitions of the protocol behind an output, flat and by name; none where it does not say."""
    try:
        said = json.loads((folder / RUN).read_text(encoding="utf-8"))["protocol"]
        resolved = said.get("definitions", said)
        defined = {name: section for name, section in resolved.items() if name not in OWN}
        return dict(flat(defined)) | {SYNTHETIC: bool(resolved.get("study", {}).get("synthetic", False))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def flat(content: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Give the values of sections by their whole names, such as ``episodes.quiet_hours``; sorted."""
    for name in sorted(content):
        value, whole = content[name], f"{before}{name}"
        if isinstance(value, Mapping):
            yield from flat(value, f"{whole}.")
        elif isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            for number, one in enumerate(value, 1):
                yield from flat(one, f"{whole}.{one.get('name') or one.get('analyte') or number}.")
        elif whole not in SITES_OWN:
            yield whole, value


def differences(sites: Sequence[Site]) -> list[str]:
    """Say which definitions differ, and who has which.

    The definitions of the protocols where every site states them; else the methods of the rows that count. Versions of
    scales are compared in either case.
    """
    every = all(site.definitions for site in sites)
    told = [dict(site.definitions) if every else _methods(site) for site in sites]
    told = [one | _methods(site, scales=True) for one, site in zip(told, sites, strict=True)]
    names = dict.fromkeys(name for one in told for name in one)
    return list(filter(None, (_difference(name, sites, told) for name in names)))


def _difference(name: str, sites: Sequence[Site], told: Sequence[Mapping[str, Any]]) -> str:
    having: dict[str, list[str]] = {}
    for site, one in zip(sites, told, strict=True):
        if name in one:
            having.setdefault(json.dumps(one[name], ensure_ascii=False, default=str), []).append(site.name)
    if len(having) < 2:
        return ""
    return f"{name}: " + "; ".join(f"{value} ({', '.join(who)})" for value, who in having.items())


def _methods(site: Site, *, scales: bool = False) -> dict[str, str]:
    """Give the methods of rows that count, each by the row's name without its level."""
    found: dict[str, str] = {}
    for row in site.rows.values():
        if scales != (row.analysis == "scales") or not row.method:
            continue
        if scales and row.statistic == "n":
            found[f"scale of {row.variable}"] = f"{row.level}: {row.method}"
        elif row.level is None and any(
            (row.analysis, row.statistic) == (analysis, statistic) and variable in {None, row.variable}
            for analysis, variable, statistic in DEFINING
        ):
            found[f"{row.analysis} {row.variable}" + (f" ({row.group})" if row.group else "")] = row.method
    return found
