"""A series of measurements of a patient, day by day, and the measures a scale takes from it.

A measure lies between two numbers: one counts what is certain, the other what is possible where days stay unknown or a
value is only known to lie below or above a limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis

from icans.scales.amounts import DIGITS
from icans.scales.measures import RUNS, VALUES, Measure, Series
from icans.scales.sight import within

BOUNDLESS = 1e300
"""Stands for a value without a bound above: above every threshold."""


def derived(rows: ibis.Table, series: Series, measures: Sequence[Measure], *, keys: Sequence[str]) -> ibis.Table:
    """Take the measures of a scale from the measurements of each patient.

    Parameters
    ----------
    rows
        One row a measurement: `keys`; ``day`` (float64, days from infusion, of which the whole part counts); ``low``
        and ``high`` (float64, least and greatest amount in the unit the scale works in; both null for a row without
        one, high alone where there is no bound above); ``end`` (float64, last day of observation; null where it is not
        known).
    series, measures
        As the scale file declares them.
    keys
        Columns that name a patient or an infusion.

    Returns
    -------
    ibis.Table
        One row a value of `keys`: ``measured_days`` (int64, days of the window with a measurement), ``unknown_days``
        (int64, days of the window neither measured nor filled), and for each measure its column (null where it is not
        certain) and, unless it is a yes or no, ``{name}_low`` and ``{name}_high``; these are null where nothing was
        measured. Unordered.
    """
    ends = rows.group_by(*keys).agg(end=rows.end.max().floor())
    last = ibis.least(ends.end.fill_null(series.last_day), series.last_day).cast("int64")
    patients = ends.select(*keys, last_day=last)
    tests = _daily(rows, patients, series, keys)
    days = _every_day(tests, series, keys)
    parts = [
        tests.group_by(*keys).agg(measured_days=tests.count(), **_of_tests(tests, measures)),
        days.group_by(*keys).agg(unknown_days=days.known.ifelse(0, 1).sum().cast("int64")),
    ]
    if any(measure.gives in RUNS for measure in measures):
        runs = _runs(days, measures, keys)
        parts.append(runs.group_by(*keys).agg(**_of_runs(runs, measures)))
    found = patients
    for part in parts:
        found = found.left_join(part, list(keys)).drop(*(f"{key}_right" for key in keys))
    window = ibis.greatest(found.last_day - (series.first_day - 1), 0)
    measured = found.measured_days.fill_null(0)
    counted = found.mutate(measured_days=measured, unknown_days=found.unknown_days.fill_null(window).cast("int64"))
    columns = {name: value for measure in measures for name, value in _bounded(counted, measure).items()}
    return counted.select(*keys, "measured_days", "unknown_days", **columns)


def _daily(rows: ibis.Table, patients: ibis.Table, series: Series, keys: Sequence[str]) -> ibis.Table:
    """Give the lowest value of each day of the window, with the days measured before and after it."""
    whole = rows.filter(rows.low.notnull()).mutate(
        day=rows.day.floor().cast("int64"), high=rows.high.fill_null(BOUNDLESS)
    )
    placed = whole.inner_join(patients, list(keys))
    inside = placed.filter(placed.day.between(series.first_day, placed.last_day))
    daily = inside.group_by(*keys, "day").agg(
        low=inside.low.min(), high=inside.high.min(), last_day=inside.last_day.max()
    )
    by_day = ibis.window(group_by=list(keys), order_by=daily.day)
    everywhere = ibis.window(group_by=list(keys))
    return daily.mutate(
        earlier=daily.day.lag().over(by_day),
        later=daily.day.lead().over(by_day),
        later_low=daily.low.lead().over(by_day),
        later_high=daily.high.lead().over(by_day),
        last_test=daily.day.max().over(everywhere),
        place_low=ibis.row_number().over(ibis.window(group_by=list(keys), order_by=[daily.low, daily.day])),
        place_high=ibis.row_number().over(ibis.window(group_by=list(keys), order_by=[daily.high, daily.day])),
    )


def _every_day(tests: ibis.Table, series: Series, keys: Sequence[str]) -> ibis.Table:
    """Give each day from the first of the window to the last observed, with what its value lies between.

    Every test answers for the days until the next one, the first also for those before it. A day that no test fills is
    not known: it could have any value.
    """
    start = tests.earlier.isnull().ifelse(series.first_day, tests.day)
    stop = ibis.coalesce(tests.later, tests.last_day + 1)
    spread = tests.mutate(start=start, stop=stop).mutate(on=lambda table: ibis.range(table.start, table.stop).unnest())
    before, measured = spread.on < spread.day, spread.on == spread.day
    missing = before.ifelse(spread.day - series.first_day, spread.stop - spread.day - 1)
    known = measured | (missing <= series.filled_days)
    carried = before | measured | spread.later.isnull()
    share = (spread.on - spread.day).cast("float64"), (spread.stop - spread.day).cast("float64")

    def value(here: Any, there: Any) -> Any:  # noqa: ANN401  # columns
        between = (here + (there - here) * share[0] / share[1]).round(DIGITS)
        return carried.ifelse(here, between)

    return spread.select(
        *keys,
        "on",
        "last_test",
        known=known,
        low=known.ifelse(value(spread.low, spread.later_low), 0.0),
        high=known.ifelse(value(spread.high, spread.later_high), BOUNDLESS),
    )


def _cuts(measures: Sequence[Measure]) -> list[tuple[Any, int]]:
    """Give the different thresholds and recovery rules."""
    return list(dict.fromkeys((one.holds, one.recovery_days) for one in measures if one.gives in RUNS))


def _runs(days: ibis.Table, measures: Sequence[Measure], keys: Sequence[str]) -> ibis.Table:
    """Give the runs of days below each threshold: twice each, those that are certain and those that are possible."""
    cuts = _cuts(measures)
    sides = days.mutate(cut=ibis.range(0, 2 * len(cuts)).unnest())
    holding = [
        (sides.cut == 2 * place + side, within(sides.low if side else sides.high, holds))
        for place, (holds, _) in enumerate(cuts)
        for side in (0, 1)
    ]
    below = sides.filter(ibis.cases(*holding, else_=False))
    recovered = [(below.cut.isin([2 * place, 2 * place + 1]), recovery) for place, (_, recovery) in enumerate(cuts)]
    below = below.mutate(recovery=ibis.cases(*recovered, else_=1))
    in_order = ibis.window(group_by=[*keys, "cut"], order_by=below.on)
    parted = below.mutate(previous=below.on.lag().over(in_order))
    new = parted.previous.isnull() | (parted.on - parted.previous > parted.recovery)
    parted = parted.mutate(new=new.ifelse(1, 0))
    numbered = parted.mutate(
        run=parted.new.sum().over(ibis.cumulative_window(group_by=[*keys, "cut"], order_by=parted.on))
    )
    runs = numbered.group_by(*keys, "cut", "run").agg(
        first=numbered.on.min(), last=numbered.on.max(), last_test=numbered.last_test.max()
    )
    return runs.mutate(length=runs["last"] - runs["first"] + 1)


def _of_runs(runs: ibis.Table, measures: Sequence[Measure]) -> dict[str, Any]:
    """Give what is certain and what is possible of the measures of runs; null where there is no run."""
    cuts, found = _cuts(measures), {}
    for measure in measures:
        if measure.gives not in RUNS:
            continue
        place = 2 * cuts.index((measure.holds, measure.recovery_days))
        for end, cut in (("least", place), ("most", place + 1)):
            this = runs.cut == cut
            if measure.gives == "longest_run":
                found[f"{end}_{measure.name}"] = runs.length.max(where=this)
            elif measure.gives == "days":
                found[f"{end}_{measure.name}"] = runs.length.sum(where=this)
            else:
                lasts = (runs["first"] <= measure.starts_by) & (runs["last"] >= runs.last_test)
                found[f"{end}_{measure.name}"] = runs.length.count(where=this & lasts)
    return found


def _of_tests(tests: ibis.Table, measures: Sequence[Measure]) -> dict[str, Any]:
    """Give what is certain and what is possible of the measures of measured days."""
    found: dict[str, Any] = {}
    for measure in measures:
        least, most = f"least_{measure.name}", f"most_{measure.name}"
        if measure.gives == "tests" and measure.holds:
            found[least] = tests.day.count(where=within(tests.high, measure.holds))
            found[most] = tests.day.count(where=within(tests.low, measure.holds))
        elif measure.gives in VALUES:
            place = VALUES.index(measure.gives)
            found[least] = tests.low.max(where=tests.place_low == place)
            found[most] = ibis.least(tests.high.max(where=tests.place_high == place), measure.most)
    return found


def _bounded(counted: ibis.Table, measure: Measure) -> dict[str, Any]:
    """Give the columns of a measure."""
    least, most = counted[f"least_{measure.name}"], counted[f"most_{measure.name}"]
    tested = counted.measured_days > 0
    if measure.gives == "unrecovered":
        enough = counted.measured_days >= measure.fewest
        surely, maybe = (least.fill_null(0) > 0) & enough, most.fill_null(0) > 0
        return {measure.name: (tested & (surely == maybe)).ifelse(surely, ibis.null("boolean"))}
    if measure.gives not in VALUES:
        least, most = (tested.ifelse(end.fill_null(0), None).cast("int64") for end in (least, most))
    kind = "float64" if measure.gives in VALUES else "int64"
    settled = (least == most).ifelse(least, ibis.null(kind))
    return {measure.name: settled, f"{measure.name}_low": least, f"{measure.name}_high": most}
