"""The table of results that moved, as `icans compare` prints it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from icans.results.display import exact, interval, number, shown, with_unit
from icans.results.moved import Moved
from icans.results.rows import Result

COLUMNS = ("result", "before", "after", "difference", "n", "patients")
BOUNDS = ("_low", "_high")
NOTHING = "-"
DESCRIPTIVE = frozenset({"population", "baseline", "toxicity", "exposure", "agreement", "data", "scales"})
"""Analyses that stand behind the outcomes where many results moved."""
ARROW = " → "

Block = tuple[str, str | None, str, str | None]


def lines(found: Sequence[Moved], before: Sequence[Result], after: Sequence[Result]) -> list[tuple[str, ...]]:
    """Give the lines of the table, cells in the order of `COLUMNS`; an estimate stands with its interval in one line.

    Values that moved stand before those that rest on other patients alone, outcomes before what describes the patients.

    Parameters
    ----------
    found
        The results that moved.
    before, after
        All results of each run, in which the interval of an estimate is looked up.
    """
    intervals = [_intervals(results) for results in (before, after)]
    estimates = [_estimates(results) for results in (before, after)]
    listed: dict[tuple[Block, str], tuple[str, ...]] = {}
    for one in sorted(found, key=_weight):
        block, statistic = _block(one.result), one.result.statistic
        for known in reversed(estimates):
            statistic = known.get((block, statistic), statistic)
        if (block, statistic) not in listed:
            listed[block, statistic] = _line(
                one if one.result.statistic == statistic else _estimate(block, statistic, before, after), intervals
            )
    return list(listed.values())


def summary(found: Sequence[Moved], total: int) -> str:
    """Count the results that moved in a sentence."""
    changes = [one.change for one in found]
    if not changes:
        return f"All {total:,} results are the same."
    parts = [f"{changes.count('moved'):,} of {total:,} results moved"]
    parts += [f"{changes.count(name):,} {name}" for name in ("appeared", "vanished") if name in changes]
    analyses = Counter(one.result.analysis for one in found)
    return f"{', '.join(parts)}: {', '.join(f'{name} {count:,}' for name, count in analyses.items())}."


def _weight(one: Moved) -> tuple[bool, bool]:
    stands = one.difference is not None and not exact(one.difference)
    return stands, one.result.analysis in DESCRIPTIVE


def _line(one: Moved, intervals: Sequence[dict[tuple[Block, str], str]]) -> tuple[str, ...]:
    row = one.result
    place = (_block(row), row.statistic)
    values = [
        NOTHING if result is None else f"{shown(result)}{bounds.get(place, '')}"
        for result, bounds in zip((one.before, one.after), intervals, strict=True)
    ]
    counts = [NOTHING if result is None else number(result.n, 0) for result in (one.before, one.after)]
    return (
        row.name,
        *values,
        _difference(one),
        counts[0] if counts[0] == counts[1] else ARROW.join(counts),
        _patients(one),
    )


def _difference(one: Moved) -> str:
    if one.difference is None or one.before is None:
        return NOTHING
    if not exact(one.difference):
        return "none" if one.before.method == one.result.method else "none, by another method"
    size = abs(one.difference)
    digits = number(size, 0) if size >= 1000 else f"{size:.3g}"
    unit = "points" if one.result.unit == "%" else one.result.unit
    return f"{'+' if one.difference > 0 else '-'}{with_unit(digits, unit)}"


def _patients(one: Moved) -> str:
    if one.gained is None or one.lost is None:
        return "not named"
    parts = [f"{sign}{count:,}" for sign, count in (("+", one.gained), ("-", one.lost)) if count]
    return " ".join(parts) or "the same"


def _block(row: Result) -> Block:
    return row.analysis, row.group, row.variable, row.level


def _parts(results: Sequence[Result]) -> Iterator[tuple[Block, Result, list[Result]]]:
    """Give each estimate with the bounds that stand behind it."""
    for block, rows in groupby(results, key=_block):
        estimate: Result | None = None
        bounds: list[Result] = []
        for row in rows:
            if row.statistic.endswith(BOUNDS) and estimate:
                bounds.append(row)
                continue
            if estimate and bounds:
                yield block, estimate, bounds
            estimate, bounds = row, []
        if estimate and bounds:
            yield block, estimate, bounds


def _intervals(results: Sequence[Result]) -> dict[tuple[Block, str], str]:
    """Give the interval of each estimate as it is written behind it: the first that stands there."""
    found = {}
    for block, estimate, bounds in _parts(results):
        if len(bounds) > 1 and any(bound.value is not None for bound in bounds[:2]):
            found[block, estimate.statistic] = f" ({interval(bounds[0].value, bounds[1].value, estimate.unit)})"
    return found


def _estimates(results: Sequence[Result]) -> dict[tuple[Block, str], str]:
    """Give for each bound the estimate it belongs to."""
    return {
        (block, bound.statistic): estimate.statistic for block, estimate, bounds in _parts(results) for bound in bounds
    }


def _estimate(block: Block, statistic: str, before: Sequence[Result], after: Sequence[Result]) -> Moved:
    """Give an estimate that did not move, whose bounds did."""
    rows = [
        next((row for row in results if (_block(row), row.statistic) == (block, statistic)), None)
        for results in (before, after)
    ]
    return Moved(rows[0], rows[1])
