"""Expected rows of results, and what many analyses have in common: summaries of numbers, rates with their intervals."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from math import ceil, sqrt
from statistics import NormalDist, fmean, stdev

from scipy.stats import beta

Z = NormalDist().inv_cdf(0.975)
NOT_REACHED = "not reached"
Key = tuple[str, str | None, str, str | None, str]
"""Analysis, group, variable, level and statistic, which name a row."""


@dataclass(frozen=True)
class Number:
    """What a row must say; `reason` is how its reason begins where there is no value, `named` is in its method."""

    value: float | None
    n: int
    patients: tuple[str, ...]
    unit: str | None = None
    reason: str = ""
    named: str = ""


Rows = dict[Key, Number]


@dataclass
class Block:
    """Rows of one analysis, group and variable."""

    analysis: str
    group: str | None
    variable: str
    rows: Rows = field(default_factory=dict)

    def put(
        self,
        statistic: str,
        value: float | None,
        patients: Collection[str],
        *,
        n: int | None = None,
        level: str | None = None,
        unit: str | None = None,
        reason: str = "",
        named: str = "",
    ) -> None:
        """Add a row; `n` is the number of patients where it is not given."""
        behind = tuple(sorted(set(patients)))
        number = Number(value, len(behind) if n is None else n, behind, unit, reason, named)
        self.rows[self.analysis, self.group, self.variable, level, statistic] = number


def numeric(block: Block, values: Mapping[str, float | None], unit: str | None = None) -> Rows:
    """Give the summary of one value a patient; a missing value is None."""
    recorded = {patient: float(value) for patient, value in values.items() if value is not None}
    ordered = sorted(recorded.values())
    block.put("n", len(recorded), recorded, unit="")
    block.put("missing", len(values) - len(recorded), values.keys() - recorded.keys(), n=len(values), unit="")
    numbers = {
        "median": quantile(ordered, 0.5),
        "min": ordered[0] if ordered else None,
        "max": ordered[-1] if ordered else None,
        "q1": quantile(ordered, 0.25),
        "q3": quantile(ordered, 0.75),
        "mean": fmean(ordered) if ordered else None,
        "sd": stdev(ordered) if len(ordered) > 1 else None,
    }
    for statistic, value in numbers.items():
        block.put(statistic, value, recorded, unit=unit)
    return block.rows


def quantile(ordered: list[float], share: float) -> float | None:
    """Give R's type 2: an observed value, or the mean of the two between which the share lies."""
    if not ordered:
        return None
    at = share * len(ordered)
    if at == int(at):
        return (ordered[int(at) - 1] + ordered[int(at)]) / 2
    return ordered[ceil(at) - 1]


def rate(block: Block, answers: Mapping[str, bool | None]) -> Rows:
    """Give a rate of the answered with both intervals."""
    known = [patient for patient, answer in answers.items() if answer is not None]
    events = [patient for patient in known if answers[patient]]
    block.put("n", len(known), known, unit="")
    block.put("events", len(events), events, n=len(known), unit="")
    block.put("missing", len(answers) - len(known), answers.keys() - set(known), n=len(answers), unit="")
    block.put("percent", 100 * len(events) / len(known) if known else None, known, unit="%")
    for name, named, interval in (
        ("ci", "Clopper-Pearson", exact_interval),
        ("wilson", "Wilson", wilson_interval),
    ):
        low, high = interval(len(events), len(known)) if known else (None, None)
        block.put(f"{name}_low", low, known, unit="%", named=named)
        block.put(f"{name}_high", high, known, unit="%", named=named)
    return block.rows


def exact_interval(events: int, n: int) -> tuple[float, float]:
    low = beta.ppf(0.025, events, n - events + 1) if events else 0.0
    high = beta.ppf(0.975, events + 1, n - events) if events < n else 1.0
    return 100 * float(low), 100 * float(high)


def wilson_interval(events: int, n: int) -> tuple[float, float]:
    share, squared = events / n, Z * Z
    middle = (share + squared / (2 * n)) / (1 + squared / n)
    half = Z / (1 + squared / n) * sqrt(share * (1 - share) / n + squared / (4 * n * n))
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)
