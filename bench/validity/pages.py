"""What was measured, as a page for readers and as the table that the report reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from bench.validity.comparisons import DAY, SAMPLES
from bench.validity.run import SIZES, Measured, Tally

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "validity.md"
TABLE = ROOT / "src" / "icans" / "report" / "validity.csv"
LEVEL = 0.95
ALPHA = 0.05
SCENARIOS = {
    "late": "Treatment does nothing and is given late, whatever the grade",
    "late_and_sicker": "Treatment does nothing and is given late, and to the sicker",
    "works": "Treatment works (recovery twice as fast), given late and to the sicker",
}
ABOUT_ONE_POINT = 0.01
"""An interval that covers within a point of 95%, or a test that errs within a point of 5%, holds its level."""


def share(count: int, total: int) -> tuple[float, float]:
    """Give a share and its Monte Carlo standard error, in percent."""
    if not total:
        return math.nan, math.nan
    value = count / total
    return 100 * value, 100 * math.sqrt(max(value * (1 - value), 1 / (4 * total)) / total)


def coverage(tally: Tally) -> tuple[float, float]:
    """Give how many of the intervals cover the true value."""
    return share(tally.answered - tally.above - tally.below, tally.answered)


def falls_short(tally: Tally, kind: str) -> bool:
    """Say whether a method errs by more than a point beyond what chance explains."""
    if kind == "coverage":
        value, error = coverage(tally)
        return value + 2 * error < 100 * (LEVEL - ABOUT_ONE_POINT)
    value, error = share(tally.rejected, tally.answered)
    return value - 2 * error > 100 * (ALPHA + ABOUT_ONE_POINT)


def packaged_table(measured: Measured) -> str:
    """Write the table that the report reads: a row a kind, method and size."""
    lines = ["kind,method,n,samples,percent,error,answered_percent,holds"]
    for (kind, method, n), tally in measured.tallies.items():
        if kind == "works":
            continue
        value, error = coverage(tally) if kind == "coverage" else share(tally.rejected, tally.answered)
        numbers = f"{value:.1f},{error:.1f}" if tally.answered else ","
        answered = 100 * tally.answered / tally.samples
        holds = "no" if falls_short(tally, kind) else "yes"
        lines.append(f'{kind},"{method}",{n},{tally.samples},{numbers},{answered:.1f},{holds}')
    return "\n".join(lines) + "\n"


def page(measured: Measured, minutes: float) -> str:
    """Write the page."""
    covered = (
        "Percent of 95% intervals that hold the true value ± Monte Carlo standard error; in brackets the percent of "
        "samples that gave an interval at all, where not all did. Above 95 is cautious, below it is too narrow.\n"
    )
    rejected = (
        "Percent of samples with p of 0.05 or less (or a 95% interval that leaves out no difference) ± Monte Carlo "
        "standard error, of two groups of half the patients each from one population. Above 5 is too many.\n"
    )
    parts = [
        OPENING,
        _said(measured),
        "## Intervals: how often they hold the true value\n",
        _table("interval", measured, "coverage", _covered),
        covered,
        "## Tests: how often they see a difference where there is none\n",
        _table("test", measured, "randomised", _rejected),
        rejected,
        "## Treatment that was not randomised\n",
        _scenarios(measured),
        _how(measured, minutes),
    ]
    return "\n".join(parts)


OPENING = (
    "# How far the methods can be trusted\n\n"
    "Made by `python -m bench.validity --write`. Patients are simulated, graded and derived like those of a study; "
    "samples of 13, 40 and 200 of them are analysed as results do it, again and again, and the answers are held "
    "against what is true of the simulated patients. 13 is the size of the study this software started from. What "
    "holds here holds for patients like the simulated ones; others can be harder.\n"
)


def _said(measured: Measured) -> str:
    """Say in sentences what the tables say."""
    smallest, middle, largest = SIZES
    narrow, still, wrong = (
        _listed(_failing(measured, kind, n))
        for kind, n in (("coverage", smallest), ("coverage", middle), ("randomised", smallest))
    )
    others = _listed(_holding(measured, "coverage", smallest))
    narrow_ones = (
        f"- Intervals with {smallest} patients that hold the true value clearly less often than 95%: {narrow}. The "
        f"others hold it: {others}."
    )
    tests = (
        f"- Tests with {smallest} patients in two groups that see a difference clearly too often: {wrong}. Fisher's "
        "exact test and the rank-sum test are cautious there: they see it less often than they may, and miss more."
    )
    lines = ["## In sentences\n", narrow_ones, f"- Still too narrow with {middle} patients: {still}.", tests]
    for scenario in ("late", "late_and_sicker"):
        bad, good = _failing(measured, scenario, largest), _holding(measured, scenario, largest)
        lines.append(
            f"- {SCENARIOS[scenario]}. With {largest} patients, too many false positives by: {_listed(bad)}. The level "
            f"is held by: {_listed(good)}."
        )
    lines.append(ROUNDS)
    trial = {name: f"{100 * value:+.1f}" for name, value in measured.emulated.items()}
    lines.append(TRIAL.format(DAY, trial["late"], trial["late_and_sicker"]))
    lines.append(SMALL.format(smallest, _best(measured, smallest)))
    return "\n".join(lines) + "\n"


ROUNDS = (
    "- Where treatment depends on the day alone, the Mantel-Byar test and the time-dependent Cox model err a little "
    "too often in large samples: remission is only seen at the next round, and a patient who is already well waits for "
    "it untreated. With rounds every hour in place of every six that is gone."
)
TRIAL = (
    "- The target trial, from a whole population in which treatment does nothing, finds a risk difference at day {} of "
    "{} percentage points where treatment depends on the day, and of {} where it depends on the grade of the hour: its "
    "panel goes by days, and does not see how the grade changes within the day, which decided who was treated. More "
    "patients do not take that away."
)
SMALL = (
    "- With {} patients a target trial hardly ever gives an answer, and no comparison of treated with untreated "
    "patients finds a treatment that doubles the speed of recovery in more than {:.1f}% of samples."
)


def _best(measured: Measured, n: int) -> float:
    """Give the largest percent of samples in which a method finds the treatment that works."""
    own = [tally for (kind, _, size), tally in measured.tallies.items() if (kind, size) == ("works", n)]
    return max(share(tally.better, tally.answered)[0] for tally in own if tally.answered)


def _failing(measured: Measured, kind: str, n: int) -> list[str]:
    return [
        method
        for (k, method, size), tally in measured.tallies.items()
        if k == kind and size == n and falls_short(tally, kind)
    ]


def _holding(measured: Measured, kind: str, n: int) -> list[str]:
    return [
        method
        for (k, method, size), tally in measured.tallies.items()
        if k == kind and size == n and not falls_short(tally, kind) and tally.answered > 0.5 * tally.samples
    ]


def _listed(names: Sequence[str]) -> str:
    return "; ".join(names) if names else "none"


def _table(first: str, measured: Measured, kind: str, cell) -> str:  # noqa: ANN001
    methods = list(dict.fromkeys(method for k, method, _ in measured.tallies if k == kind))
    lines = [f"| {first} | " + " | ".join(f"n = {n}" for n in SIZES) + " |", "|---|" + "---:|" * len(SIZES)]
    for method in methods:
        cells = (cell(measured.tallies.get((kind, method, n))) for n in SIZES)
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _covered(tally: Tally | None) -> str:
    return "" if tally is None else _marked(coverage(tally), tally, falls_short(tally, "coverage"))


def _rejected(tally: Tally | None) -> str:
    return "" if tally is None else _marked(share(tally.rejected, tally.answered), tally, falls_short(tally, "test"))


def _found(tally: Tally | None) -> str:
    return "" if tally is None else _marked(share(tally.better, tally.answered), tally, bad=False)


def _marked(found: tuple[float, float], tally: Tally, bad: bool) -> str:
    value, error = found
    if not tally.answered:
        return "no answer"
    answered = 100 * tally.answered / tally.samples
    said = f"{value:.1f} ± {error:.1f}"
    said = f"**{said}**" if bad else said
    return said if answered > 99.5 else f"{said} ({answered:.0f})"


def _biases(measured: Measured, scenario: str, truth: float) -> str:
    methods = [
        method
        for kind, method, n in measured.tallies
        if kind == scenario and n == SIZES[0] and any(measured.tallies[kind, method, size].estimates for size in SIZES)
    ]
    heads = [*(f"n = {n}" for n in SIZES), "whole population"]
    lines = [f"| method | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for method in methods:
        cells = []
        for n in SIZES:
            values = measured.tallies[scenario, method, n].estimates
            if len(values) < 2:
                cells.append("no answer")
                continue
            mean = sum(values) / len(values)
            deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))
            cells.append(f"{100 * (mean - truth):+.1f} ± {100 * deviation / math.sqrt(len(values)):.1f}")
        whole = measured.emulated[scenario] if method.startswith("target trial") else math.nan
        cells.append("" if math.isnan(whole) else f"{100 * (whole - truth):+.1f}")
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _scenarios(measured: Measured) -> str:
    about = (
        "Eligible is who reaches ICANS grade 2; time counts from then, the outcome is remission. The naive comparisons "
        "are shown for what they do: results refuse them.\n"
    )
    parts = [about]
    for scenario, title in SCENARIOS.items():
        treated = 100 * measured.treated_share[scenario]
        works = scenario == "works"
        truth = measured.risk_difference if works else 0.0
        parts.append(f"### {title}\n\n{treated:.0f}% of the patients are treated while ill.\n")
        if works:
            parts.append("Percent of samples that find it, in favour of treatment:\n")
        else:
            parts.append("Percent of samples that find a difference though there is none:\n")
        parts.append(_table("method", measured, scenario, _found if works else _rejected))
        parts.append(
            f"Bias of the risk difference at day {DAY} in percentage points (the true one is {100 * truth:+.1f}):\n"
        )
        parts.append(_biases(measured, scenario, truth))
    return "\n".join(parts)


def _how(measured: Measured, minutes: float) -> str:
    extent = measured.extent
    return (
        "## How it was measured\n\n"
        f"Populations of {extent.patients:,} simulated patients each (`bench/validity/populations.py` has their "
        "parameters), derived once; samples are drawn with replacement, so that the true value is that of the "
        f"population. {extent.intervals:,} samples of each size for intervals, {extent.tests:,} for tests (the exact "
        f"permutation test on a quarter of them, up to 40 patients) and {extent.trials:,} for the target trial, each "
        f"with {SAMPLES} bootstrap samples. A method is marked bold where it errs by more than a point beyond 5%, two "
        "Monte Carlo standard errors away. The true risk difference is that of two simulated worlds in which everyone "
        "follows one strategy; who is untreated in the grace period is treated in the middle of its last day, where "
        "the emulation spreads treatment over that day, so that a bias of a point or so is in the definition. "
        f"It took {minutes:.0f} minutes. Seeds are fixed.\n"
    )
