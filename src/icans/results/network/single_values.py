"""Which summaries of values would tell those of single patients, or how few patients have any."""

from __future__ import annotations

from dataclasses import dataclass

from icans.results.network.landmarks import CURVES
from icans.results.network.site import Key, Site

ORDERED = {"median": 2, "median_all": 2, "q1": 4, "q3": 4}
"""Statistics that are the value of one patient or between two: of how many times the fewest patients they need be, so
that as many lie on either side."""

LOWEST = {
    **dict.fromkeys(("icans_episodes", "crs_episodes", "courses", "doses"), 1),
    **dict.fromkeys(("prior_lines", "steroid_days", "icans_max_grade", "crs_max_grade", "peak_grade"), 0),
    "crs_peak_grade": 0,
}
"""Whole numbers, each with the lowest there can be."""

AMOUNTS = frozenset({"dexamethasone_equivalent_mg"})
"""Amounts of which a patient may have none."""

ROUNDING = 1e-9
"""What sums recovered from a mean and a standard deviation may be off by."""


def times(key: Key, *, whole: bool) -> int:
    """Give how many times the fewest patients must be behind a number.

    Parameters
    ----------
    key
        What names the number.
    whole
        Whether it summarises whole numbers, of which mean and standard deviation together tell each where they are few.
    """
    analysis, _, _, level, statistic = key
    if statistic in ORDERED:
        return ORDERED[statistic]
    if statistic == "sd":
        return 4 if whole else 2
    of_median = statistic in {"ci_low", "ci_high"} and level is None
    return 2 if analysis == "biomarkers" or (of_median and analysis in {"toxicity", *CURVES}) else 1


def is_whole(site: Site, key: Key, *, declared: bool) -> bool:
    """Tell whether a variable has whole numbers: one of the study by its name, any other by its sums."""
    sums = _Sums.of(site, key)
    if key[2] in LOWEST or declared or sums is None:
        return key[2] in LOWEST
    return all(abs(one - round(one)) <= ROUNDING * max(1.0, one) for one in (sums.above(0.0), sums.squares(0.0) or 0.0))


def tells_few(site: Site, key: Key, smallest: int, *, whole: bool) -> bool:
    """Tell a mean or standard deviation that says how few patients have more than the least, or another number.

    Of whole numbers either does where their sum above the lowest is less than the fewest patients. The standard
    deviation does where their squared distances from the nearest whole number add up to less (the mean, too, of a
    column that may hold 0 and 1), or where the values of fewer patients make up the sum.
    """
    sums = _Sums.of(site, key)
    if sums is None or not (whole or key[2] in AMOUNTS):
        return False
    lowest, is_sd = LOWEST.get(key[2], 0), key[4] == "sd"
    above, squares = sums.above(lowest), sums.squares(lowest)
    if whole and 0 < round(above) < smallest:
        return True
    if whole and (is_sd or key[2] not in LOWEST) and 0 < round(sums.squares(round(sums.mean)) or 0.0) < smallest:
        return True
    return is_sd and squares is not None and 0 < above**2 < (smallest - ROUNDING) * squares


@dataclass(frozen=True)
class _Sums:
    """What number, mean and standard deviation tell of sums."""

    n: int
    mean: float
    sd: float | None

    @classmethod
    def of(cls, site: Site, key: Key) -> _Sums | None:
        mean, sd = (site.rows.get((*key[:3], None, name)) for name in ("mean", "sd"))
        if mean is None or mean.value is None:
            return None
        return cls(mean.n, mean.value, None if sd is None else sd.value)

    def above(self, origin: float) -> float:
        """Give the sum of what values have above a number."""
        return self.n * (self.mean - origin)

    def squares(self, origin: float) -> float | None:
        """Give the sum of their squared distances from it; None without a standard deviation."""
        return None if self.sd is None else (self.n - 1) * self.sd**2 + self.n * (self.mean - origin) ** 2
