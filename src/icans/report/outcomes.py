"""Tables of the outcomes: remission, time to it, biomarkers, survival."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from icans.report.numbers import Numbers
from icans.report.tables import Row, described
from icans.report.words import label
from icans.results import display

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
        rows.append(Row("", words, (share, exact, wilson)))
    return rows


def time_rows(numbers: Numbers) -> list[Row]:
    """Give time to remission among responders, and for everyone treated by cumulative incidence."""
    about = ("time_to_remission", "days_to_remission")
    rows = [Row("Among responders", "First course to remission, median (range)", (described(numbers, *about, None),))]
    everyone = "All treated, death competing"
    median = numbers.find(*about, "median_all")
    if median is not None:
        interval = _interval(numbers, *about)
        rows.append(
            Row(everyone, "Median (95% interval)", (numbers.one(median) + Markup(" (") + interval + Markup(")"),))
        )
    for row in numbers.matching(*about):
        if row.statistic == "incidence":
            interval = _interval(numbers, *about, level=row.level)
            cell = numbers.one(row) + Markup(" (") + interval + Markup(")")
            rows.append(Row(everyone, f"In remission at {row.level}", (cell,)))
    return [row for row in rows if row.cells[0]]


def biomarker_rows(numbers: Numbers) -> list[Row]:
    """Give each analyte's medians, the estimated change with its interval, and the p-value."""
    rows = []
    pairs = dict.fromkeys((r.group, r.variable) for r in numbers.matching("biomarkers"))
    for group, analyte in pairs:
        found = {
            s: numbers.find("biomarkers", analyte, s, group=group)
            for s in ("n", "median_before", "median_after", "estimate", "p_value")
        }
        interval = _interval(numbers, "biomarkers", analyte, group=group)
        estimate = numbers.one(found["estimate"])
        if found["estimate"] is not None and found["estimate"].value is not None:
            estimate = estimate + Markup(" (") + interval + Markup(")")
        cells = (
            numbers.one(found["n"]),
            numbers.one(found["median_before"]),
            numbers.one(found["median_after"]),
            estimate,
            numbers.one(found["p_value"]),
        )
        rows.append(Row(label(group or ""), analyte, cells))
    return rows


def survival_rows(numbers: Numbers, groups: Sequence[str | None]) -> list[Row]:
    """Give events, median and landmark survival of overall and progression-free survival."""
    rows = []
    for variable in ("os", "pfs"):
        group_rows: dict[str, list[Markup]] = {}
        own = numbers.matching("survival", variable)
        landmarks = list(dict.fromkeys(r.level for r in own if r.statistic == "survival"))
        for group in groups:
            cells = {"Events": _of(numbers, variable, group)}
            cells["Median (95% interval)"] = _estimate(numbers, variable, "median", group, None)
            for landmark in landmarks:
                cells[f"At {landmark} (95% interval)"] = _estimate(numbers, variable, "survival", group, landmark)
            follow_up = numbers.find("survival", variable, "follow_up", group=group)
            cells["Median follow-up (reverse Kaplan-Meier)"] = numbers.one(follow_up) if follow_up else Markup("")
            for words, cell in cells.items():
                group_rows.setdefault(words, []).append(cell)
        rows += [Row(label(variable), words, tuple(cells)) for words, cells in group_rows.items() if any(cells)]
    return rows


def _of(numbers: Numbers, variable: str, group: str | None) -> Markup:
    events, n = (numbers.find("survival", variable, s, group=group) for s in ("events", "n"))
    if events is None or n is None:
        return Markup("")
    return Markup("{} of {}").format(numbers.one(events), numbers.one(n))


def _estimate(numbers: Numbers, variable: str, statistic: str, group: str | None, level: str | None) -> Markup:
    row = numbers.find("survival", variable, statistic, group=group, level=level)
    if row is None:
        return Markup("")
    interval = _interval(numbers, "survival", variable, group=group, level=level)
    return numbers.one(row) + (Markup(" (") + interval + Markup(")") if interval else Markup(""))


def _interval(
    numbers: Numbers,
    analysis: str,
    variable: str,
    *,
    group: str | None = None,
    level: str | None = None,
    ends: tuple[str, str] = ("ci_low", "ci_high"),
) -> Markup:
    low, high = (numbers.find(analysis, variable, end, group=group, level=level) for end in ends)
    if low is None or high is None:
        return Markup("")
    if low.value is None and high.value is None:
        return numbers.show("no interval", [low, high])
    return numbers.show(display.interval(low.value, high.value, low.unit or high.unit), [low, high])
