"""What sites state of one variable, added up or pooled; where that is not possible, the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from icans.results.network.cells import COUNTS
from icans.results.network.sharing import HELD_BACK, RATE
from icans.results.network.site import Site
from icans.results.rows import Result, Subject
from icans.results.summaries import estimated, rate
from icans.stats.proportions import clopper_pearson

ADDED = COUNTS | {
    *("recorded_only", "settled_by_convention", "with_missing", "error", "warning", "note"),
    *("rows_read", "rows_used", "rows_unusable"),
}
"""Statistics that are added up over sites."""

KAPPA = ("kappa", "linear_kappa", "weighted_kappa")
COMBINED = frozenset(
    {"estimate", "survival", "incidence", *(f"{kind}{end}" for kind in KAPPA for end in ("", "_low", "_high"))}
)
"""Statistics in whose place the combined effects stand."""

ORDERED = frozenset({"median", "q1", "q3", "median_all", "median_before", "median_after", "median_change"})
NOT_POOLED = "medians and quartiles of all patients together cannot be had from those of the sites"
NOT_COMBINED = {
    "p_value": "p-values of sites are not combined; the effects are",
    "levels": "which values a site holds back is not known",
    "limit": "E-values are not combined; the effects are",
}
NOT_ADDED = "not combined over sites"


@dataclass(frozen=True)
class Together:
    """What sites state of one variable.

    Parameters
    ----------
    whole
        Analysis, group and variable.
    sites
        Every site that is merged.
    """

    whole: tuple[str, str | None, str]
    sites: tuple[Site, ...]

    @cached_property
    def having(self) -> tuple[Site, ...]:
        """The sites that state something of it."""
        return tuple(site for site in self.sites if self._own(site))

    @cached_property
    def names(self) -> dict[str | None, dict[str, Result]]:
        """Levels and their statistics, in order, each with the row of the first site that has it with its method."""
        found: dict[str | None, dict[str, Result]] = {}
        for site in self.sites:
            for row in self._own(site):
                if row.level != HELD_BACK:
                    of_level = found.setdefault(row.level, {})
                    of_level[row.statistic] = of_level.get(row.statistic, row)
                    if not of_level[row.statistic].method:
                        of_level[row.statistic] = row
        return found

    @cached_property
    def whom(self) -> str:
        """Over how many sites."""
        return f"{len(self.having)} of {len(self.sites)} sites"

    @property
    def units(self) -> set[str]:
        """Units of what is measured."""
        return {row.unit for site in self.sites for row in self._own(site) if row.statistic in {"mean", "estimate"}}

    def row(self, site: Site, level: str | None, statistic: str) -> Result | None:
        """Give a row of a site."""
        return site.rows.get((*self.whole, level, statistic))

    def is_held_back(self, site: Site, level: str | None, statistic: str) -> bool:
        """Tell whether a site holds a number back, or may hold back the whole level."""
        if (*self.whole, level, statistic) in site.held_back:
            return True
        return level is not None and self.row(site, level, statistic) is None and self._hides_levels(site)

    def count(self, site: Site, level: str | None, statistic: str) -> int | None:
        """Give a count of a site; None where it is not stated. A level that a site lists nowhere is of nobody there."""
        row = self.row(site, level, statistic)
        if row is not None:
            return None if row.value is None else round(row.value)
        if level is None or statistic == "at_risk" or self._hides_levels(site):
            return None
        return 0

    def at_most(self, site: Site, level: str | None, statistic: str) -> int | None:
        """Give the most that a count held back can be; None where nothing bounds it."""
        if level is not None and self.row(site, level, statistic) is None and self.whole[1] is None:
            return site.smallest - 1
        of = self.denominator(site, level)
        if of is None or self.whole[0] == "population" or (statistic in {"n", "missing"} and level is None):
            return None
        if level is None or self.whole[0] != "baseline":
            return of
        stated = [row.value for row in self._own(site) if row.level is not None and row.statistic == "n"]
        return of - round(sum(value for value in stated if value is not None))

    def denominator(self, site: Site, level: str | None) -> int | None:
        """Give of how many a count is; None where the site does not say."""
        if level is not None:
            known = [row.n for row in self._own(site) if row.level not in {None, HELD_BACK} and row.value is not None]
            if known:
                return known[0]
        return self.count(site, None, "n")

    def subject(self, level: str | None, statistic: str, *, n: int) -> Subject:
        """Give what the merged rows of a statistic are about."""
        row = self.names[level][statistic]
        return Subject(*self.whole[:1], self.whole[2], self.whole[1], level, row.unit, row.method, n)

    def _hides_levels(self, site: Site) -> bool:
        return (*self.whole, HELD_BACK, "n") in site.rows

    def _own(self, site: Site) -> list[Result]:
        return site.blocks.get(self.whole, [])


def total_rows(together: Together) -> Iterator[Result]:
    """Give the merged rows of a variable, but for the combined effects.

    Returns
    -------
    iterator of Result
        Counts added up; where a site holds one back no value but the reason, and ``_at_least`` and, where something
        bounds it, ``_at_most``. Percentages of the sums with exact intervals. Means and spreads of all patients,
        smallest and largest values. Medians and quartiles only where a single site has values.
    """
    for level, statistics in together.names.items():
        is_rate = level is None and "percent" in statistics
        for statistic in statistics:
            if statistic in ADDED:
                yield from _added(together, level, statistic)
            elif statistic in {"mean", "sd", "min", "max"} and level is None:
                yield _pooled(together, statistic)
            elif statistic == "percent":
                yield from _rate(together, is_rate=is_rate, level=level)
            elif not (statistic in RATE and ("percent" in statistics or _combined(statistics))):
                yield from _other(together, level, statistic)


def _combined(statistics: dict[str, Result]) -> bool:
    return bool(COMBINED & statistics.keys())


def _added(together: Together, level: str | None, statistic: str) -> Iterator[Result]:
    counts = {site: together.count(site, level, statistic) for site in together.having}
    known = sum(count for count in counts.values() if count is not None)
    of = [_of(together, site, level, statistic) for site in together.having]
    every = sum(one for one in of if one is not None)
    subject = together.subject(level, statistic, n=every)
    method = f"{subject.method}; added up over {together.whom}"
    unknown = [site for site, count in counts.items() if count is None]
    if not unknown:
        yield subject.row(statistic, known, method=method)
        return
    names = ", ".join(site.name for site in unknown)
    held = [site for site in unknown if together.is_held_back(site, level, statistic)]
    if len(held) < len(unknown):
        yield subject.row(statistic, None, f"not stated by {names}", method=method)
        return
    most = [together.at_most(site, level, statistic) for site in unknown]
    bounded = None if None in most else known + sum(one or 0 for one in most)
    reason = (
        f"at least {known:,}" + ("" if bounded is None else f" and at most {bounded:,}") + f": held back by {names}"
    )
    yield subject.row(statistic, None, reason, method=method)
    yield subject.row(f"{statistic}_at_least", known, method=f"{method}; what sites hold back counted as none")
    if bounded is not None:
        yield subject.row(
            f"{statistic}_at_most", bounded, method=f"{method}; what sites hold back as much as it can be"
        )


def _of(together: Together, site: Site, level: str | None, statistic: str) -> int | None:
    row = together.row(site, level, statistic)
    return row.n if row is not None and row.value is not None else together.denominator(site, level)


def counts_of_rate(together: Together, site: Site, level: str | None) -> tuple[int | None, int | None]:
    """Give of a site how many had the event of a rate, and of how many; None where it does not say."""
    if level is not None:
        return together.count(site, level, "n"), together.denominator(site, level)
    event = "events" if "events" in together.names[None] else "agree"
    return together.count(site, None, event), together.count(site, None, "n")


def _rate(together: Together, *, is_rate: bool, level: str | None) -> Iterator[Result]:
    """Recompute a percentage, with its interval, from the sums."""
    pairs = [counts_of_rate(together, site, level) for site in together.having]
    subject = together.subject(level, "percent", n=0)
    method = subject.method.partition("; proportion")[0]
    if any(had is None or of is None for had, of in pairs):
        yield subject.row("percent", None, "a site holds back the count", method=f"{method}; {together.whom}")
        return
    events, every = (sum(pair[place] or 0 for pair in pairs) for place in (0, 1))
    about = Subject(
        subject.analysis, subject.variable, subject.group, level, "%", f"{method}; sums of {together.whom}", every
    )
    if is_rate:
        yield from (row for row in rate(about, events, ()) if row.statistic in RATE)
    else:
        yield from estimated(about, clopper_pearson(events, every), ("percent", "ci_low", "ci_high"), 100)


def _pooled(together: Together, statistic: str) -> Result:
    """Pool a mean, a standard deviation or an end of the range exactly, from those of the sites."""
    subject = together.subject(None, statistic, n=0)
    method = f"{subject.method}; from n, mean and standard deviation of {together.whom}"
    if statistic in {"min", "max"}:
        method = f"{subject.method}; of {together.whom}"
    sites = [site for site in together.having if together.count(site, None, "n") != 0]
    if len(together.units) > 1:
        return subject.row(statistic, None, f"sites measure in {' and '.join(sorted(together.units))}", method=method)
    values = {name: [together.row(site, None, name) for site in sites] for name in ("n", "mean", "sd", statistic)}
    missing = [
        site.name
        for place, site in enumerate(sites)
        if any(_lacks(together, site, values[name][place]) for name in {"n", statistic})
    ]
    if missing:
        return subject.row(statistic, None, f"not stated by {', '.join(missing)}", method=method)
    numbers = {name: [_number(row) for row in rows] for name, rows in values.items()}
    every = round(sum(numbers["n"]))
    about = Subject(*_named(subject), subject.unit, method, every)
    if every < 1 + (statistic == "sd"):
        return about.row(statistic, None, "one value has no spread" if every else "there is no value")
    if statistic in {"min", "max"}:
        return about.row(statistic, (min if statistic == "min" else max)(numbers[statistic]))
    return about.row(statistic, _moment(statistic, numbers))


def _moment(statistic: str, numbers: dict[str, list[float]]) -> float:
    """Give the mean or the standard deviation of all values from those of each site."""
    every = sum(numbers["n"])
    mean = sum(n * one for n, one in zip(numbers["n"], numbers["mean"], strict=True)) / every
    if statistic == "mean":
        return mean
    sites = zip(numbers["n"], numbers["mean"], numbers["sd"], strict=True)
    squares = sum((n - 1) * sd**2 + n * (one - mean) ** 2 for n, one, sd in sites)
    return float((squares / (every - 1)) ** 0.5)


def _lacks(together: Together, site: Site, row: Result | None) -> bool:
    """Tell whether a site does not state what it has; the spread of one value is none, not unknown."""
    if row is not None and row.statistic == "sd" and row.value is None:
        return together.count(site, None, "n") != 1
    return row is None or row.value is None


def _number(row: Result | None) -> float:
    return 0.0 if row is None or row.value is None else row.value


def _named(subject: Subject) -> tuple[str, str, str | None, str | None]:
    return subject.analysis, subject.variable, subject.group, subject.level


def _other(together: Together, level: str | None, statistic: str) -> Iterator[Result]:
    """Give what is no sum: the value of the only site that has one, the number of levels, or why there is none."""
    if statistic in COMBINED or (level is not None and level.startswith("immortal time of ")):
        return
    subject = together.subject(level, statistic, n=0)
    rows = [together.row(site, level, statistic) for site in together.having]
    with_values = [site for site in together.having if together.count(site, None, "n") != 0]
    stated = [row for row in rows if row is not None and row.value is not None]
    if statistic in ORDERED | {"ci_low", "ci_high"} and len(with_values) == 1 and len(stated) == 1:
        one = Subject(*_named(subject), subject.unit, f"{subject.method}; of the only site with values", stated[0].n)
        yield one.row(statistic, stated[0].value)
        return
    if statistic == "levels" and not any(together.is_held_back(site, None, "levels") for site in together.having):
        listed = [level for level in together.names if level is not None]
        if listed:
            yield subject.row(statistic, sum(_is_present(together, level) for level in listed))
            return
    reason = NOT_POOLED if statistic in ORDERED | {"ci_low", "ci_high"} else NOT_COMBINED.get(statistic, NOT_ADDED)
    yield subject.row(statistic, None, reason, method=f"{subject.method}; {together.whom}")


def _is_present(together: Together, level: str) -> bool:
    return any(together.count(site, level, "n") for site in together.having)
