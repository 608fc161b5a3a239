"""Tables of the outcomes: remission, time to it, biomarkers, survival."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from icans.report.numbers import Numbers
from icans.report.tables import Row, described
from icans.report.words import SHORT, label
from icans.results import display
from icans.results.rows import Result

ENDS = ("ci_low", "ci_high")
INDICATIONS = {None: "All evaluable", "severe": "Severe", "steroid_refractory": "Steroid-refractory"}


def remission_rows(numbers: Numbers) -> list[Row]:
    """Give the remission rate of everyone evaluable and of each indication, exact and Wilson interval."""
    rows = []
    for group, words in INDICATIONS.items():
        found = {s: numbers.find("remission", "remission", s, group=group) for s in ("n", "events", "percent")}
        n, events, rate = found["n"], found["events"], found["percent"]
        if n is None or events is None or not n.value:
            continue
        share = Markup("{} of {} ({})").format(numbers.one(events), numbers.one(n), numbers.one(rate))
        exact = _interval(numbers, "remission", "remission", group=group)
        wilson = _interval(numbers, "remission", "remission", group=group, ends=("wilson_low", "wilson_high"))
        rows.append(Row(words, (share, exact, wilson)))
    return rows


def time_rows(numbers: Numbers) -> list[Row]:
    """Give time to remission among responders, and for everyone treated by cumulative incidence."""
    about = ("time_to_remission", "days_to_remission")
    rows = [Row("Among responders, median (range)", (described(numbers, *about, None),))]
    median = numbers.find(*about, "median_all")
    if median is not None:
        rows.append(Row("Everyone, median (95% interval)", (_with_interval(numbers, median),)))
    rows += [
        Row(f"Everyone, in remission at {row.level} (95% interval)", (_with_interval(numbers, row),))
        for row in numbers.matching(*about)
        if row.statistic == "incidence"
    ]
    return [row for row in rows if any(row.cells)]


def biomarker_rows(numbers: Numbers) -> list[Row]:
    """Give each analyte's medians, the estimated change with its interval, and the p-value."""
    rows = []
    for group, analyte in dict.fromkeys((r.group, r.variable) for r in numbers.matching("biomarkers")):
        names = ("n", "median_before", "median_after", "estimate", "p_value")
        found = [numbers.find("biomarkers", analyte, name, group=group) for name in names]
        estimate = found[3]
        change = numbers.one(estimate) if estimate is None else _with_interval(numbers, estimate)
        cells = (*(numbers.one(row) for row in found[:3]), change, numbers.one(found[4]))
        rows.append(Row(f"{analyte}, {SHORT.get(group, group)}" if group else analyte, cells))
    return rows


def survival_rows(numbers: Numbers, groups: Sequence[str | None]) -> list[Row]:
    """Give events, median and landmark survival of overall and progression-free survival, and the follow-up."""
    rows = []
    for variable in ("os", "pfs"):
        own = numbers.matching("survival", variable)
        if not own:
            continue
        rows.append(Row(label(variable)))
        rows.append(Row("events", tuple(_of(numbers, variable, group) for group in groups), indented=True))
        wanted = [("median", None)] + [("survival", r.level) for r in own if r.statistic == "survival"]
        for statistic, landmark in dict.fromkeys(wanted):
            found = [numbers.find("survival", variable, statistic, group=g, level=landmark) for g in groups]
            words = f"at {landmark}" if landmark else "median"
            rows.append(Row(f"{words} (95% interval)", tuple(_estimate(numbers, row) for row in found), indented=True))
    follow_up = [numbers.find("survival", "follow_up", "median", group=group) for group in groups]
    if any(follow_up):
        cells = tuple(_estimate(numbers, row) for row in follow_up)
        rows.append(Row("Follow-up, median by reverse Kaplan-Meier (95% interval)", cells))
    return rows


def _of(numbers: Numbers, variable: str, group: str | None) -> Markup:
    events, n = (numbers.find("survival", variable, s, group=group) for s in ("events", "n"))
    if events is None or n is None:
        return Markup("")
    return Markup("{} of {}").format(numbers.one(events), numbers.one(n))


def _estimate(numbers: Numbers, row: Result | None) -> Markup:
    return numbers.one(None) if row is None else _with_interval(numbers, row)


def _with_interval(numbers: Numbers, row: Result) -> Markup:
    limits, shown = interval(numbers, row), display.shown(row)
    if not limits or (row.value is None and (shown != display.NOT_REACHED or not bounded(numbers, row))):
        return numbers.one(row)
    return Markup("{} ({})").format(numbers.show(shown, [row]), limits)


def interval(numbers: Numbers, row: Result) -> Markup:
    """Write the 95% interval of an estimate; nothing where it has none."""
    return _interval(numbers, row.analysis, row.variable, group=row.group, level=row.level)


def bounded(numbers: Numbers, row: Result) -> bool:
    """Whether the 95% interval of an estimate has a limit."""
    limits = (numbers.find(row.analysis, row.variable, end, group=row.group, level=row.level) for end in ENDS)
    return any(limit is not None and limit.value is not None for limit in limits)


def _interval(
    numbers: Numbers,
    analysis: str,
    variable: str,
    *,
    group: str | None = None,
    level: str | None = None,
    ends: tuple[str, str] = ENDS,
) -> Markup:
    low, high = (numbers.find(analysis, variable, end, group=group, level=level) for end in ends)
    if low is None or high is None:
        return Markup("")
    if low.value is None and high.value is None:
        return numbers.show("no interval", [low, high])
    return numbers.show(display.interval(low.value, high.value, low.unit or high.unit), [low, high])
