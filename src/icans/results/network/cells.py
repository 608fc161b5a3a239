"""The counts of a site's results, and how they depend on each other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import combinations, pairwise

from icans.results.network.site import Key, Site
from icans.results.network.suppression import Cell, Sum
from icans.results.rows import Result

COUNTS = frozenset(
    {
        *("n", "events", "missing", "open", "unresolved", "competing", "left_out", "unpaired", "limited"),
        *("rose", "fell", "unchanged", "undetermined", "agree", "disagree", "outside", "at_risk"),
    }
)
"""Statistics that count patients, assessments or pairs."""

ASSESSED = "assessed"
"""Patients assessed: what the levels of a highest grade add up to; no row states it, the n of each level does."""

STEPS = (
    ("screened", "infused", "not_infused"),
    ("infused", "with_icans", "without_icans"),
    ("with_icans", "treated", "not_treated"),
    ("treated", "evaluable", "not_evaluable"),
)
"""A step of the study, the next, and those between them, counted by reason."""

COUNTED_STEPS = {"icans": ("with_icans",), "severe_icans": ("severe",)}
"""Endpoints of comparisons whose events are a step of the study."""

WEIGHTS = {"screened": 7, "treated": 7, "with_icans": 8, "infused": 9, "evaluable": 9}
EVALUABLE = frozenset({"exposure", "remission", "time_to_remission", "biomarkers"})
"""Analyses of the evaluable patients."""

DIRECTIONS = ("rose", "fell", "unchanged", "undetermined")
AT_LEAST = re.compile(r">=(\d)")
OPEN = re.compile(r">=(\d) \(open\)")


def counts_of(site: Site, rows: Mapping[Key, Result]) -> dict[Key, Cell]:
    """Give the counts among some rows of a site, and those that no row states but a reader can add up."""
    found: dict[Key, Cell] = {}
    for key, row in rows.items():
        if row.statistic in COUNTS:
            patients = len(row.patients) or None
            found[key] = Cell(site.count(key), patients, _weight(row))
            if _has_grades(row) and row.statistic == "n" and row.level is not None and row.value is not None:
                found.setdefault(_assessed(row), Cell(row.n, None, 5))
    for total, parts in list(_over_groups(site.rows, found)):
        found[total] = Cell(sum(found[part].value or 0 for part in parts), None, 0)
    return found


def sums_of(site: Site, cells: Mapping[Key, Cell], smallest: int) -> list[Sum]:
    """Say how the counts of a site depend on each other: parts and totals, and some within others."""
    return [
        one
        for one in (
            *_steps(cells),
            *_within_their_group(site, cells),
            *_levels(cells),
            *_grades(cells),
            *_evaluable_within_all(cells),
            *_outcomes(cells),
            *_comparisons(site, cells),
            *_same_patients(site, cells, smallest),
        )
        if one.parts and all(part in cells for part in one.parts)
    ]


def _weight(row: Result) -> int:
    if row.analysis == "population":
        return 1 if row.level else WEIGHTS.get(row.variable, 3)
    if row.level is not None:
        return 4 if AT_LEAST.fullmatch(row.level) else 1
    return {"missing": 1, "n": 6, "events": 6}.get(row.statistic, 2)


def _has_grades(row: Result) -> bool:
    return row.analysis == "toxicity" and row.variable.endswith("_max_grade")


def _assessed(row: Result) -> Key:
    return row.analysis, row.group, row.variable, None, ASSESSED


def _population(variable: str) -> Key:
    return "population", None, variable, None, "n"


def _of(cells: Mapping[Key, Cell], analysis: str, group: str | None, variable: str, statistic: str = "n") -> list[Key]:
    """Give the counts of a variable by level."""
    return [
        key for key in cells if key[:3] == (analysis, group, variable) and key[3] is not None and key[4] == statistic
    ]


def _steps(cells: Mapping[Key, Cell]) -> Iterator[Sum]:
    for before, after, between in STEPS:
        yield Sum((_population(after), *_of(cells, "population", None, between)), _population(before))
    yield from _nested(cells, _population("with_icans"), _population("severe"))
    yield from _nested(cells, _population("treated"), _population("steroid_refractory"))
    for whole in ("with_icans", "severe"):
        for key in list(cells):
            if key[:3] == ("toxicity", None, "icans_max_grade") and key[3] and AT_LEAST.fullmatch(key[3]):
                yield from _nested(cells, _population(whole), key)
    for variable in ("icans_onset_days", "icans_peak_days", "icans_episodes"):
        yield from _nested(cells, _population("with_icans"), ("toxicity", None, variable, None, "n"))


def _nested(cells: Mapping[Key, Cell], one: Key, other: Key) -> Iterator[Sum]:
    """Say that one count is of some of those of another, or of the same, whichever is larger."""
    if one in cells and other in cells:
        smaller, larger = sorted((one, other), key=lambda key: cells[key].value or 0)
        yield Sum((smaller,), larger, rest=cells[smaller].value != cells[larger].value)


def _within_their_group(site: Site, cells: Mapping[Key, Cell]) -> Iterator[Sum]:
    """Count against what each is of: those who are not counted are as few or as many."""
    for key, cell in cells.items():
        analysis, group, variable, level, statistic = key
        row = site.rows.get(key)
        if cell.value is None or analysis in {"population", "scales"}:
            continue
        if row is not None and row.n > cell.value:
            known = ((analysis, group, variable, None, "n"), _population("evaluable"), _population("infused"))
            same = (one for one in known if one in cells and cells[one].value == row.n)
            yield Sum((key,), next(same, row.n), rest=True)
        of_patients = analysis != "agreement" or variable.endswith(("_max_grade", "_severity"))
        if statistic in {"n", ASSESSED} and level is None and analysis not in {"comparison", "recurrence"}:
            whole = _population("evaluable" if group == "evaluable" or analysis in EVALUABLE else "infused")
            if whole in cells and of_patients and (group in {None, "evaluable"} or analysis == "biomarkers"):
                yield from _nested(cells, key, whole)


def _levels(cells: Mapping[Key, Cell]) -> Iterator[Sum]:
    """Say that the levels of a characteristic add up to the values recorded."""
    for key in cells:
        analysis, group, variable, level, statistic = key
        if analysis == "baseline" and level is None and statistic == "n":
            yield Sum(tuple(_of(cells, analysis, group, variable)), key)
        if analysis == "biomarkers" and statistic == "n":
            yield Sum(tuple((analysis, group, variable, None, name) for name in DIRECTIONS), key)
        if analysis == "agreement" and statistic == "n" and level is None:
            yield Sum(tuple((analysis, group, variable, None, name) for name in ("agree", "disagree")), key)


def _grades(cells: Mapping[Key, Cell]) -> Iterator[Sum]:
    """Say how highest grades add up: exact and open ones to those assessed, and each at-least grade to the next."""
    for whole in [key for key in cells if key[4] == ASSESSED]:
        analysis, group, variable, _, _ = whole
        levels = {key[3] or "": key for key in _of(cells, analysis, group, variable)}
        exact = [key for level, key in levels.items() if not AT_LEAST.match(level)]
        left_open = [key for level, key in levels.items() if OPEN.fullmatch(level)]
        settled, is_open = ((*whole[:4], name) for name in ("n", "open"))
        yield Sum((*exact, *left_open), whole)
        yield Sum((settled, is_open), whole)
        yield Sum(tuple(exact), settled)
        yield Sum(tuple(left_open), is_open)
        for grade in range(6):
            here = [levels[name] for name in (str(grade), f">={grade} (open)") if name in levels]
            above = [levels[name] for name in (f">={grade + 1}",) if name in levels]
            total = levels.get(f">={grade}", whole if grade == 0 else None)
            if total is not None:
                yield Sum((*here, *above), total)


def _evaluable_within_all(cells: Mapping[Key, Cell]) -> Iterator[Sum]:
    for key in cells:
        if key[1] == "evaluable" and key[0] in {"baseline", "toxicity", "survival"}:
            yield from _nested(cells, (key[0], None, *key[2:]), key)


def _outcomes(cells: Mapping[Key, Cell]) -> Iterator[Sum]:
    remission = ("remission", None, "remission", None)
    for statistic in ("n", "events", "missing"):
        parts = [key for key in cells if key[0] == "remission" and key[1] and key[4] == statistic]
        yield Sum(tuple(parts), (*remission, statistic))
    events = (*remission, "events")
    yield from _nested(cells, events, ("recurrence", None, "recurrence", None, "n"))
    yield from _nested(cells, events, ("time_to_remission", None, "days_to_remission", None, "n"))
    for indication in ("severe", "steroid_refractory"):
        yield from _nested(cells, _population(indication), ("remission", indication, "remission", None, "n"))
    for toxicity in ("icans", "crs"):
        for group in (None, "evaluable"):
            onset, peak, episodes, resolved, unresolved = (
                ("toxicity", group, f"{toxicity}_{name}", None, statistic)
                for name, statistic in (
                    ("onset_days", "n"),
                    ("peak_days", "n"),
                    ("episodes", "n"),
                    ("duration_days", "n"),
                    ("duration_days", "unresolved"),
                )
            )
            for one, other in pairwise((onset, peak, episodes)):
                yield from _nested(cells, one, other)
            yield Sum((resolved, unresolved), onset, rest=True)
    for group in (None, "evaluable"):
        overall, followed = (("survival", group, variable, None, "n") for variable in ("os", "follow_up"))
        yield from _nested(cells, overall, followed)
    for key in cells:
        if key[0] == "survival" and key[2] == "os" and key[4] in {"events", "at_risk"}:
            yield from _nested(cells, key, (*key[:2], "pfs", *key[3:]))


def _comparisons(site: Site, cells: Mapping[Key, Cell]) -> Iterator[Sum]:
    """Say how the groups of each comparison add up, for its patients and for every endpoint."""
    for name, labels in comparisons(site.rows).items():
        patients = [("comparison", label, "patients", None, "n") for label in labels]
        parts = (*patients, ("comparison", name, "patients", None, "left_out"))
        every = sum(cells[key].value or 0 for key in parts if key in cells)
        for step in ("screened", "infused", "with_icans", "treated", "evaluable"):
            if _population(step) in cells and cells[_population(step)].value == every:
                yield Sum(parts, _population(step))
    for total, by_group in _over_groups(site.rows, cells):
        yield Sum(by_group, total)
        for whole in _whole(total[2], total[4].partition(" ")[0]):
            yield from _nested(cells, total, whole)
    for key in cells:
        if key[0] == "comparison" and key[1] is not None and key[3] is None and key[4] == "n" and key[2] != "patients":
            yield from _nested(cells, ("comparison", key[1], "patients", None, "n"), key)
            yield Sum(tuple((*key[:4], name) for name in ("events", "competing")), key, rest=True)


def _over_groups(rows: Mapping[Key, Result], cells: Mapping[Key, Cell]) -> Iterator[tuple[Key, tuple[Key, ...]]]:
    """Give the counts of each endpoint by group, with a name for what they add up to; the same for the same patients.

    No row states that, but groups of two comparisons can add up to the same.
    """
    for labels in comparisons(rows).values():
        named = {(key[2], key[4]) for key in cells if key[1] in labels and key[2] != "patients" and key[3] is None}
        for variable, statistic in sorted(named):
            parts = tuple(key for label in labels if (key := ("comparison", label, variable, None, statistic)) in cells)
            values = [cells[part].value for part in parts]
            if None not in values:
                total = sum(value or 0 for value in values)
                yield ("comparison", None, variable, None, f"{statistic} of all groups: {total}"), parts


def _whole(variable: str, statistic: str) -> Iterator[Key]:
    """Name what the groups of a comparison are a part of, for an endpoint."""
    if variable in {"os", "pfs"}:
        yield from (("survival", group, variable, None, statistic) for group in (None, "evaluable"))
    if statistic == "events":
        yield from (_population(step) for step in COUNTED_STEPS.get(variable, ()))
        if variable in {"remission", "time_to_remission"}:
            yield "remission", None, "remission", None, "events"


def _same_patients(site: Site, cells: Mapping[Key, Cell], smallest: int) -> Iterator[Sum]:
    """Say which counts are of the same patients, and which are of all those of another but a few, by their ids."""
    ids = {key: frozenset(site.rows[key].patients) for key in cells if key in site.rows}
    for total, parts in _over_groups(site.rows, cells):
        ids[total] = frozenset().union(*(ids[part] for part in parts))
    alike: dict[frozenset[str], list[Key]] = {}
    for key, behind in ids.items():
        if behind and len(behind) == cells[key].value:
            alike.setdefault(behind, []).append(key)
    for keys in alike.values():
        yield from (Sum((one,), other) for one, other in pairwise(keys))
    for group, other in combinations(sorted(alike, key=len), 2):
        if len(other) < len(group) + smallest and group < other:
            yield Sum((alike[group][0],), alike[other][0], rest=True)


def comparisons(rows: Mapping[Key, Result]) -> dict[str, list[str]]:
    """Give the comparisons of a site with the names of their groups."""
    names = [key[1] for key in rows if key[0] == "comparison" and key[2] == "patients" and key[4] == "left_out"]
    groups = [key[1] for key in rows if key[0] == "comparison" and key[2] == "patients" and key[4] == "n"]
    return {
        name: [group for group in groups if group is not None and group.startswith(f"{name}: ")]
        for name in names
        if name is not None
    }
