"""Merged results on a terminal: what the sites have together, and each effect with how far they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from icans.results import display
from icans.results.network.merging import Merged
from icans.results.network.site import Key, Site, key_of
from icans.results.rows import Result

STEPS = ("screened", "infused", "with_icans", "severe", "treated", "evaluable")
OUTCOMES = (("remission", None, "remission", None, "events"), ("survival", None, "os", None, "events"))
SHOWN = ("remission", "survival", "comparison", "biomarkers", "target_trial")
"""Analyses whose effects are printed; results.json has all."""

WIDE = 140
"""Characters of a line where there is no terminal to ask."""


def print_merged(merged: Merged, file: TextIO) -> None:
    """Print what the sites have together."""
    console = Console(file=file, width=None if file.isatty() else WIDE, highlight=False, markup=False)
    rows = {key_of(row): row for row in merged.results}
    console.print(_counts(merged.sites, rows))
    effects = _effects(merged.results, rows)
    if effects.row_count:
        console.print(effects)
    for sentence in merged.cautions:
        console.print(Text(sentence))


def _counts(sites: Sequence[Site], rows: Mapping[Key, Result]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("Patients")
    for name in (*(site.name for site in sites), "together"):
        table.add_column(Text(name), justify="right")
    keys = [("population", None, step, None, "n") for step in STEPS]
    for key in (*keys, *OUTCOMES):
        words = key[2].replace("_", " ") if key[4] == "n" else {"os": "deaths"}.get(key[2], key[2])
        cells = [_written(site.rows.get(key)) for site in sites]
        if key in rows:
            table.add_row(words, *cells, _written(rows[key]))
    return table


def _written(row: Result | None) -> str:
    if row is None:
        return "–"
    if row.value is None:
        reason = row.reason or ""
        return reason.partition(":")[0] if reason.startswith(("at least", "held back")) else "not available"
    return display.number(row.value, 0)


def _effects(results: Sequence[Result], rows: Mapping[Key, Result]) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("Effect", "sites", "fixed", "random", "I²", "τ²"):
        table.add_column(name, justify="left" if name == "Effect" else "right")
    for row in results:
        if row.statistic == "sites" and row.analysis in SHOWN and row.value and not _of_one_group(row):
            table.add_row(*map(Text, _effect(row, rows)))
    return table


def _of_one_group(row: Result) -> bool:
    group = row.group or ""
    return row.analysis == "comparison" and ": " in group and " against " not in group


def _effect(row: Result, rows: Mapping[Key, Result]) -> Iterator[str]:
    here = key_of(row)[:4]
    yield " / ".join(part for part in (row.variable, row.level, row.group) if part)
    yield display.shown(row)
    for name in ("fixed", "random"):
        value, low, high = (rows.get((*here, f"{name}{end}")) for end in ("", "_low", "_high"))
        yield interval(value, low, high)
    for name in ("i2", "tau2"):
        found = rows.get((*here, name))
        yield "–" if found is None or found.value is None else display.number(found.value, 0 if name == "i2" else None)


def interval(value: Result | None, low: Result | None, high: Result | None) -> str:
    """Write an effect with its interval: ``0.90 (0.58 to 2.18)``."""
    if value is None or value.value is None:
        return "–"
    digits = 1 if value.unit == "%" else 2

    def written(row: Result | None) -> str:
        return "–" if row is None or row.value is None else display.number(row.value, display.places(row.value, digits))

    return f"{written(value)} ({written(low)} to {written(high)})"
