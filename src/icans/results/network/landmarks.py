"""At which times a curve may be read: not where too few patients had the event, or were lost, since the time before."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from icans.results.network.site import Key, Site
from icans.results.rows import Result

CURVES = {"survival": "survival", "time_to_remission": "incidence"}


@dataclass(frozen=True)
class _Stated:
    """What may be stated of curves: names of rows, and the events behind each time of which the value may be."""

    rows: set[Key] = field(default_factory=set)
    happened: dict[Key, int] = field(default_factory=dict)


def landmarks_stated(site: Site, rows: Mapping[Key, Result], shown: Collection[Key], smallest: int) -> set[Key]:
    """Choose the numbers at risk, and the values of curves, that may be stated.

    Parameters
    ----------
    site
        The site.
    rows
        Its rows of which something may be stated.
    shown
        Its counts that may be.
    smallest
        Fewest patients a count may be of.

    Returns
    -------
    set
        Names of rows. Between a time and the last one stated, nobody or at least `smallest` had the event (for a curve)
        or left observation (for a number at risk), and as many are left to. Nobody or as many were lost before a value
        of a curve, whose last digits tell it; events by which two curves differ are as many.
    """
    curves = [key for key in rows if key[0] in CURVES and key[3] is not None and key[4] == "at_risk"]
    found = _Stated()
    curves.sort(key=lambda key: (key[1] is not None, repr(key[:3])))
    for _, keys in groupby(curves, key=lambda key: key[:3]):
        inside = sorted(keys, key=lambda key: float((key[3] or "0").split()[0].replace(",", "")))
        found.rows.update(_at_risk(site, inside, shown, smallest))
        found.rows.update(_values(site, inside, shown, smallest, found))
    return found.rows


def _at_risk(site: Site, keys: Collection[Key], shown: Collection[Key], smallest: int) -> Iterator[Key]:
    last: int | None = None
    for key in keys:
        number = site.count(key)
        if number is None or key not in shown:
            continue
        if last is None:
            last = site.rows[key].n
        if number == last or last - number >= smallest:
            last = number
            yield key


def _values(site: Site, keys: Collection[Key], shown: Collection[Key], smallest: int, found: _Stated) -> Iterator[Key]:
    """Give the values of a curve that may be stated, and note how many events stand behind each."""
    last = lost = 0
    for key in keys:
        analysis, group, variable, level, _ = key
        statistic = CURVES[analysis]
        value = site.rows.get((analysis, group, variable, level, statistic))
        total = _events(site, key)
        if value is None or value.value is None or total is None or total.value is None:
            continue
        if (total.analysis, total.group, total.variable, None, "events") not in shown:
            continue
        happened = _happened(site, key, value, total)
        after = round(total.value) - happened
        is_exact = bool(total.patients) or smallest > site.smallest  # else the site saw to it when it shared
        steps, gone = [happened - last, after], lost
        if is_exact:
            steps += [abs(happened - found.happened[one]) for one in _beside(key) if one in found.happened]
            left = site.count(key) or 0
            gone = value.n - happened - left
            steps += [gone - lost, *([left - after] if key in found.rows else [])]
        if all(one == 0 or one >= smallest for one in steps):
            last, lost, found.happened[key] = happened, gone, happened
            yield from ((analysis, group, variable, level, name) for name in (statistic, "ci_low", "ci_high"))


def _beside(key: Key) -> Iterator[Key]:
    """Name the curves that count some of the same events: of everyone, and of survival without progression."""
    analysis, group, variable, level, statistic = key
    if analysis == "survival":
        yield from ((analysis, other, variable, level, statistic) for other in (None, "evaluable") if other != group)
        yield from ((analysis, group, other, level, statistic) for other in ("os", "pfs") if other != variable)


def _events(site: Site, key: Key) -> Result | None:
    analysis, group, variable, _, _ = key
    where = (analysis, group, variable) if analysis == "survival" else ("remission", None, "remission")
    return site.rows.get((*where, None, "events"))


def _happened(site: Site, key: Key, value: Result, total: Result) -> int:
    """Count the events before a time: by name, else as the curve fell, which is right where nobody was lost before."""
    if total.patients:
        return len(set(total.patients) - set(site.rows[key].patients))
    share = (value.value or 0.0) / 100
    return round(value.n * (1 - share if key[0] == "survival" else share))
