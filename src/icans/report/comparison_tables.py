"""Tables of a comparison: effects with intervals and p-values, the groups at baseline, immortal time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from icans.report import tables
from icans.report.numbers import Numbers
from icans.report.tables import Row, counted, described
from icans.report.words import label as words_for
from icans.report.words import level as words_of
from icans.results import display
from icans.results.groups.characteristics import ANALYSIS as BASELINE
from icans.results.groups.grouping import Grouping
from icans.results.groups.late import IMMORTAL
from icans.results.groups.outcomes import TITLES
from icans.results.groups.pairs import group_name, pair_name
from icans.results.groups.refusals import ANALYSIS, NAIVE, NOT_COMPARED
from icans.results.rows import Result

EVALUE = "E-value"


def groups_table(numbers: Numbers, grouping: Grouping, identity: str) -> Markup:
    """Set what each group had, an endpoint a line."""
    places = range(len(grouping.labels))
    rows = [
        Row(TITLES[name], cells)
        for name in grouping.comparison.endpoints
        if any(cells := tuple(_of_group(numbers, name, group_name(grouping, place)) for place in places))
    ]
    columns = [words_of(label) for label in grouping.labels]
    return tables.block(identity, f"{grouping.comparison.name}: what each group had", columns, rows)


def effects_table(numbers: Numbers, grouping: Grouping, identity: str) -> Markup:
    """Set every effect with its interval, then the p-value, endpoint by endpoint."""
    rows = [row for name in grouping.comparison.endpoints for row in _endpoint(numbers, grouping, name)]
    note = (
        "Differences (points: percentage points) and ratios: the group against the reference, the last. The effect and "
        "its interval say which differences the data allow; the p-value says how surprising they would be if there "
        "were none."
    )
    title = f"{grouping.comparison.name}: differences"
    return tables.block(identity, title, ("Effect (95% interval)", "p", "n"), rows, note)


def _endpoint(numbers: Numbers, grouping: Grouping, name: str) -> Iterator[Row]:
    yield Row(TITLES[name])
    whole = grouping.comparison.name
    for place in range(max(1, len(grouping.labels) - 1)):
        group = pair_name(grouping, place)
        yield from _effects(numbers, name, group, "" if group == whole else f", {words_of(grouping.labels[place])}")
    if len(grouping.labels) > 2:
        yield from _effects(numbers, name, whole, ", all groups")


def _effects(numbers: Numbers, name: str, group: str, against: str) -> Iterator[Row]:
    """Give a line for each effect and test; a design of which nothing could be had is one line with the reason."""
    found = {
        level: rows
        for level, rows in _levels(numbers, name, group).items()
        if not level.rpartition(": ")[2].startswith(EVALUE)
    }
    had = {
        level.rpartition(": ")[0]
        for level, rows in found.items()
        if any(row.value is not None for row in rows.values())
    }
    told: set[str] = set()
    for level, rows in found.items():
        design = level.rpartition(": ")[0]
        if level in {NAIVE, NOT_COMPARED}:
            words = ("from time zero", "refused, see above") if level == NAIVE else ("not compared", "see above")
            yield Row(f"{words[0]}{against}", _said(numbers, rows, words[1]), indented=True)
        elif design and design not in had:
            if design not in told:
                yield Row(f"{design}{against}", _said(numbers, rows, ""), indented=True)
            told.add(design)
        else:
            yield Row(f"{level}{against}", _cells(numbers, rows), indented=True)


def _said(numbers: Numbers, rows: dict[str, Result], words: str) -> tuple[Markup, ...]:
    """Say in words why there is no number."""
    first = next(iter(rows.values()))
    return numbers.show(words or first.reason or "", [first]), Markup(""), numbers.show(f"{first.n:,}", [first])


def _levels(numbers: Numbers, name: str, group: str) -> dict[str, dict[str, Result]]:
    """Give the rows of an endpoint and pair of groups by level, then by statistic."""
    found: dict[str, dict[str, Result]] = {}
    for row in numbers.matching(ANALYSIS, name):
        if (
            row.group == group
            and row.level is not None
            and row.statistic in {"estimate", "ci_low", "ci_high", "p_value"}
        ):
            found.setdefault(row.level, {})[row.statistic] = row
    return found


def _cells(numbers: Numbers, rows: dict[str, Result]) -> tuple[Markup, Markup, Markup]:
    estimate, low, high, p_value = (rows.get(name) for name in ("estimate", "ci_low", "ci_high", "p_value"))
    effect = Markup("")
    if estimate is not None:
        effect = numbers.one(estimate) if estimate.value is None else with_interval(numbers, estimate, low, high)
    same = estimate is not None and p_value is not None and estimate.value is None and p_value.value is None
    tested = Markup("") if p_value is None or same else numbers.one(p_value)
    first = estimate or p_value
    return effect, tested, Markup("") if first is None else numbers.show(f"{first.n:,}", [first])


def with_interval(numbers: Numbers, estimate: Result, low: Result | None, high: Result | None) -> Markup:
    """Write an effect with its interval: ``0.90 (0.58 to 2.18)``."""
    digits = 1 if estimate.unit == "%" else 2
    value = "none"
    if estimate.value is not None:
        unit = "points" if estimate.unit == "%" else estimate.unit
        value = display.measured(estimate.value, unit, display.places(estimate.value, digits))
    if low is None or high is None:
        return numbers.show(value, [estimate])
    if low.value is None and high.value is None:
        return Markup("{} ({})").format(numbers.show(value, [estimate]), numbers.show("no interval", [low, high]))
    ends = (
        "no bound" if end.value is None else display.number(end.value, display.places(end.value, digits))
        for end in (low, high)
    )
    return Markup("{} ({})").format(numbers.show(value, [estimate]), numbers.show(" to ".join(ends), [low, high]))


def _of_group(numbers: Numbers, name: str, group: str) -> Markup:
    """Write what a group had: events of n with the share or median, or median and range."""
    n, events, percent, median = (
        numbers.find(ANALYSIS, name, statistic, group=group) for statistic in ("n", "events", "percent", "median")
    )
    if events is not None:
        share = percent if percent is not None else median
        words = "" if percent is not None else "median "
        return Markup("{} of {} ({}{})").format(numbers.one(events), numbers.one(n), words, _short(numbers, share))
    return described(numbers, ANALYSIS, name, group)


def _short(numbers: Numbers, row: Result | None) -> Markup:
    if row is None or row.value is not None:
        return numbers.one(row)
    return numbers.show(display.shown(row), [row])


def baseline_table(numbers: Numbers, grouping: Grouping, identity: str) -> Markup:
    """Set every characteristic by group, with the standardised difference of each group from the last."""
    groups = [group_name(grouping, place) for place in range(len(grouping.labels))]
    pairs = [pair_name(grouping, place) for place in range(len(grouping.labels) - 1)]
    heads = (
        ["Standardised difference"]
        if len(pairs) == 1
        else [f"{words_of(one)}: st. diff." for one in grouping.labels[:-1]]
    )
    columns = [*(words_of(label) for label in grouping.labels), *heads]
    rows: list[Row] = []
    for variable in dict.fromkeys(row.variable for row in numbers.matching(BASELINE)):
        own = [row for row in numbers.matching(BASELINE, variable) if row.group in {*groups, *pairs}]
        differences = tuple(
            numbers.show(display.number(row.value, 2), [row])
            if row is not None and row.value is not None
            else numbers.one(row)
            for row in (numbers.find(BASELINE, variable, "standardised_difference", group=pair) for pair in pairs)
        )
        levels = [row.level for row in own if row.statistic == "n" and row.level is not None]
        if levels:
            blank = (Markup(""),) * len(groups)
            rows.append(Row(words_for(variable), (*blank, *differences)))
            for of in dict.fromkeys(levels):
                cells = tuple(counted(numbers, BASELINE, variable, group, of) for group in groups)
                rows.append(Row(words_of(of), (*cells, *(Markup(""),) * len(pairs)), indented=True))
        elif any(row.statistic == "median" for row in own):
            cells = tuple(described(numbers, BASELINE, variable, group) for group in groups)
            rows.append(Row(f"{words_for(variable)}, median (range)", (*cells, *differences)))
    note = (
        "Standardised difference: in standard deviations; 0 is balance, and beyond 0.1 groups are often called "
        "unbalanced. In small groups chance alone gives larger ones."
    )
    return tables.block(identity, f"{grouping.comparison.name}: patients by group", columns, rows, note)


def immortal_table(numbers: Numbers, grouping: Grouping, endpoints: Sequence[str], identity: str) -> Markup:
    """Set how much immortal time each group carries, by endpoint."""
    rows: list[Row] = []
    for name in endpoints:
        rows.append(Row(TITLES[name]))
        for place, label in enumerate(grouping.labels):
            group = group_name(grouping, place)
            found = [
                numbers.find(ANALYSIS, name, statistic, group=group, level=IMMORTAL)
                for statistic in ("patients", "total", "longest", "percent")
            ]
            if found[0] is not None:
                of = numbers.show(f"{display.shown(found[0])} of {found[0].n:,}", [found[0]])
                rows.append(Row(words_of(label), (of, *(numbers.one(row) for row in found[1:])), indented=True))
    columns = ("Patients who carry it", "Together", "Longest", "Of all time observed")
    return tables.block(identity, "Immortal time", columns, [row for row in rows if row.cells or len(rows) > 1])


def immortal_patients(numbers: Numbers, endpoint: str, groups: Sequence[str]) -> list[Markup]:
    """Name the patients with the most immortal time."""
    rows = [
        row
        for row in numbers.matching(ANALYSIS, endpoint)
        if row.group in groups and (row.level or "").startswith(f"{IMMORTAL} of ")
    ]
    return [
        Markup("{}: {}").format((row.level or "").removeprefix(f"{IMMORTAL} of "), numbers.one(row)) for row in rows
    ]
