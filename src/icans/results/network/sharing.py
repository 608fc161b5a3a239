"""What may leave a site: counts of enough patients and what rests on them, no patient, no date, no text of a record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from icans.errors import StudyError
from icans.records.schema import TABLES
from icans.results.network.cells import ASSESSED, COUNTS, comparisons, counts_of, sums_of
from icans.results.network.landmarks import CURVES, landmarks_stated
from icans.results.network.single_values import is_whole, tells_few, times
from icans.results.network.site import WORD, Key, Site, key_of
from icans.results.network.suppression import stated
from icans.results.rows import Result

ANALYSES = frozenset(
    {
        *("population", "baseline", "toxicity", "exposure", "remission", "recurrence", "time_to_remission"),
        *("biomarkers", "survival", "agreement", "scales", "comparison"),
    }
)
"""Analyses of which something is shared; docs/decisions/0139-what-may-leave-a-site.md says why not of the others."""

HELD_BACK = "held back"
"""Level in whose place stand levels whose names would tell what few patients have."""

SMALL = "held back: of fewer than {smallest} patients, or from it so few could be computed"
SINGLE = "held back: the smallest and the largest value are those of single patients"

DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{1,2}:\d{2}")
DECLARED = {column.name: column for name in ("patients", "infusions") for column in TABLES[name].columns}

LONGEST = "longest observation"
"""What a method says that ends where the observation of a single patient does."""

RATE = frozenset({"percent", "ci_low", "ci_high", "wilson_low", "wilson_high"})
KAPPAS = tuple(f"{kind}kappa{end}" for kind in ("", "linear_", "weighted_") for end in ("", "_low", "_high"))
SHAPE = frozenset({"median", "q1", "q3", "mean", "sd", "levels"})
"""Statistics that tell of a count held back where values are few, such as grades."""


@dataclass(frozen=True)
class Shared:
    """What a site shares.

    Parameters
    ----------
    site
        Its results without patients; those held back have no value, and no n.
    left_out
        Rows of which nothing is shared.
    """

    site: Site
    left_out: int

    @property
    def held_back(self) -> int:
        """Rows that are there and say nothing."""
        return len(self.site.held_back)


@dataclass(frozen=True)
class _Rules:
    """The counts that may be stated, and how to tell from them whether another row may."""

    shown: set[Key]
    landmarks: set[Key]
    cells: Mapping[Key, Any]
    site: Site
    smallest: int
    hidden_levels: set[tuple[str, str | None, str]] = field(default_factory=set)


def share(site: Site, *, smallest: int, columns: Iterable[str] = ()) -> Shared:
    """Give what may leave a site.

    Parameters
    ----------
    site
        The site; what it held back before stays so, and what it shared by the same threshold is given as it is.
    smallest
        Fewest patients that a stated count other than 0 may be of; at least 1.
    columns
        Columns of the site's own that may be described: of those the dictionary does not declare none is, unless named.

    Raises
    ------
    StudyError
        Fewer patients than that were infused, or a column is in no row.
    """
    smallest = max(smallest, site.smallest)
    own = _own_columns(site, frozenset(columns))
    if site.shared and smallest == site.smallest:
        return Shared(site, 0)
    infused = site.count(("population", None, "infused", None, "n"))
    if infused is None or infused < smallest:
        raise StudyError(
            f"{site.name}: fewer than {smallest} patients were infused; nothing of them may be shared.",
            "A lower --smallest shares counts of fewer patients.",
        )
    candidates = {key: row for key, row in site.rows.items() if _is_candidate(site, row, own)}
    cells = counts_of(site, candidates)
    shown = stated(cells, sums_of(site, cells, smallest), smallest)
    hidden = {key[:3] for key in cells if key[3] is not None and key not in shown and key[4] == "n"}
    rules = _Rules(shown, landmarks_stated(site, candidates, shown, smallest), cells, site, smallest, hidden)
    rows = list(_by_name(_shared_rows(candidates, rules)))
    table = {key_of(row): row for row, _ in rows}
    held_back = frozenset(key_of(row) for row, is_stated in rows if not is_stated)
    definitions = {name: value for name, value in site.definitions.items() if not _tells(site, f"{name} {value}")}
    safe = replace(
        site,
        rows=table,
        held_back=held_back,
        smallest=smallest,
        definitions=definitions,
        patients=frozenset(),
        shared=True,
    )
    return Shared(safe, len(site.rows) - sum(key in site.rows for key in table))


def _own_columns(site: Site, named: frozenset[str]) -> frozenset[str]:
    known = {key[2] for key in site.rows if key[0] == "baseline"}
    for name in sorted(named - known):
        raise StudyError(f"{site.name}: no results describe a column {name}.", "Name columns of patients or infusions.")
    return named


def _is_candidate(site: Site, row: Result, columns: frozenset[str]) -> bool:
    """Tell whether something like this may be shared at all."""
    if row.analysis not in ANALYSES or _identifies(site, row):
        return False
    match row.analysis:
        case "baseline":
            return row.variable in DECLARED or row.variable in columns
        case "agreement":
            return row.level is None and row.group is None and row.statistic != "outside"
        case "scales":
            return row.statistic == "n"
        case "comparison":
            return row.level is None or _is_plain_effect(row)
        case _:
            return True


def _is_plain_effect(row: Result) -> bool:
    """Tell effects and tests of groups known at time zero, and E-values, from what rests on few patients at a time."""
    level = row.level or ""
    refused = ("naive comparison", "comparison", "immortal time", "incidence difference", "landmark", "time-dependent")
    if row.statistic not in {"estimate", "ci_low", "ci_high", "p_value", "limit"} or level.startswith(refused):
        return False
    return LONGEST not in row.method


def _identifies(site: Site, row: Result) -> bool:
    from_records = " ".join(text for text in (row.group, row.variable, row.level, row.unit) if text)
    numbers = {word for word in WORD.findall(from_records) if word.isdigit() and len(word) > 3}
    return bool(numbers & site.patients) or _tells(site, f"{from_records} {row.method} {row.reason or ''}")


def _tells(site: Site, text: str) -> bool:
    """Tell a text that has a date in it, or the id of a patient that is more than a number."""
    if DATE.search(text):
        return True
    words = {word for word in WORD.findall(text) if not word.isdigit()}
    return bool(words & site.patients) or any(phrase in text for phrase in site.phrases)


def _shared_rows(candidates: Mapping[Key, Result], rules: _Rules) -> Iterator[tuple[Result, bool]]:
    """Give each row with whether it is stated; rows whose names must not be told are left out."""
    replaced = set()
    for key, row in candidates.items():
        if not _may_be_named(key, row, rules):
            here = (*key[:3], HELD_BACK, "n")
            if row.analysis == "baseline" and here not in replaced:
                replaced.add(here)
                yield _emptied(replace(row, level=HELD_BACK, statistic="n", unit=""), SMALL, rules.smallest), False
            continue
        if key in rules.site.held_back:
            yield row, False
        elif row.statistic in {"min", "max"} and row.level is None:
            yield _emptied(row, SINGLE, rules.smallest), False
        elif not _may_be_stated(key, row, rules):
            yield _emptied(row, SMALL, rules.smallest), False
        else:
            yield replace(row, patients=(), reason=_without_records(row)), True


def _by_name(rows: Iterable[tuple[Result, bool]]) -> Iterator[tuple[Result, bool]]:
    """Order the levels of characteristics by name: in the results the commonest comes first, which tells counts."""
    for whole, block in groupby(rows, key=lambda one: key_of(one[0])[:3]):
        if whole[0] == "baseline":
            yield from sorted(block, key=lambda one: (one[0].level is not None, one[0].level or ""))
        else:
            yield from block


def _emptied(row: Result, reason: str, smallest: int) -> Result:
    """Take out of a row what tells a number: methods of effects and tests name events, arrangements and errors."""
    method = "" if row.analysis == "comparison" and row.level is not None else row.method
    return replace(row, value=None, n=0, patients=(), method=method, reason=reason.format(smallest=smallest))


def _without_records(row: Result) -> str | None:
    """Give why there is no value, but not in which units few patients were measured."""
    is_of_units = row.analysis == "biomarkers" and row.reason is not None and "units" in row.reason
    return str(row.reason).partition(":")[0] if is_of_units else row.reason


def _may_be_named(key: Key, row: Result, rules: _Rules) -> bool:
    """Tell whether the texts of a row that come from records are those of enough patients."""
    if row.analysis == "baseline" and row.level is not None:
        column = DECLARED.get(row.variable)
        declared = column is not None and (column.allowed or column.kind == "boolean")
        count = rules.site.rows.get((row.analysis, None, row.variable, row.level, "n"))
        before = count is not None and key_of(count) in rules.site.held_back
        return bool(declared) or before or (count is not None and (count.value or 0) >= rules.smallest)
    if row.analysis == "biomarkers":
        return (*key[:3], None, "n") in rules.shown and bool(rules.cells[*key[:3], None, "n"].value)
    if row.analysis == "comparison":
        return all(("comparison", label, "patients", None, "n") in rules.shown for label in _labels(row, rules))
    return True


def _labels(row: Result, rules: _Rules) -> list[str]:
    """Give the groups a row of a comparison speaks of."""
    for name, labels in comparisons(rules.site.rows).items():
        if row.group == name:
            return [] if row.variable == "patients" or row.statistic == "left_out" else labels
        if row.group in labels:
            return [str(row.group)]
        if (row.group or "").startswith(f"{name}: "):
            return labels
    return []


def _may_be_stated(key: Key, row: Result, rules: _Rules) -> bool:
    analysis, _, _, level, statistic = key
    if any(one in rules.cells and one not in rules.shown for one in _rests_on(key, row, rules)):
        return False
    if statistic in COUNTS:
        is_shown = key in (rules.landmarks if statistic == "at_risk" else rules.shown)
        return is_shown and (row.n == 0 or row.n >= rules.smallest)
    if level is not None and analysis in CURVES:
        return key in rules.landmarks
    if level is not None and analysis == "comparison" and not _is_plain_effect(row):
        return rules.smallest == 1
    whole = is_whole(rules.site, key, declared=analysis != "baseline" or key[2] in DECLARED)
    if statistic in {"mean", "sd"} and tells_few(rules.site, key, rules.smallest, whole=whole):
        return False
    return row.n == 0 or row.n >= rules.smallest * times(key, whole=whole)


def _rests_on(key: Key, row: Result, rules: _Rules) -> Iterator[Key]:
    """Give the counts from which a number could be computed, or which could be computed from it."""
    analysis, _, variable, level, statistic = key
    whole = key[:3]
    if analysis not in {"population", "scales"} and statistic != "left_out":
        by_grade = variable.endswith("_max_grade") and (level is not None or statistic == "open")
        yield (*whole, None, ASSESSED if analysis == "toxicity" and by_grade else "n")
    if level is not None and statistic == "percent":
        yield (*whole, level, "n")
    if statistic == "left_out":
        groups = comparisons(rules.site.rows).get(row.group or "", [])
        yield from (("comparison", label, "patients", None, "n") for label in groups)
        yield "comparison", row.group, "patients", None, "left_out"
    if statistic in SHAPE and whole in rules.hidden_levels:
        yield from (one for one in rules.cells if one[:3] == whole)
    if analysis == "comparison" and level is not None:
        for label in _labels(row, rules):
            yield from (one for one in rules.cells if one[:3] == ("comparison", label, variable))
    yield from _events_behind(key, rules)


def _events_behind(key: Key, rules: _Rules) -> Iterator[Key]:
    """Give the counts of events that a rate, a curve, a kappa or a test would tell."""
    analysis, _, variable, level, statistic = key
    whole = key[:3]
    match analysis:
        case "remission" | "recurrence" | "comparison" if level is None and statistic in RATE:
            yield (*whole, None, "events")
        case "comparison" if level is None and statistic == "median":
            yield (*whole, None, "events")
        case "agreement" if statistic in RATE or statistic in KAPPAS:
            yield (*whole, None, "agree")
        case "survival" if variable != "follow_up" and statistic in {"median", "ci_low", "ci_high"}:
            yield (*whole, None, "events")
        case "toxicity" if variable.endswith("_duration_days") and statistic != "n":
            yield (*whole, None, "unresolved")
        case "time_to_remission":
            yield "remission", None, "remission", None, "events"
        case "biomarkers" if statistic == "p_value":
            yield from (one for one in rules.cells if one[:3] == whole)
