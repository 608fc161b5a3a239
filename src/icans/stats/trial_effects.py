"""What an emulated trial estimates: risks under each strategy, their contrasts, and bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from icans.stats.arrays import Floats
from icans.stats.cloning import NONE, TREAT
from icans.stats.estimate import Estimate, no_estimate, percent, without_interval
from icans.stats.target_trial import Emulation
from icans.stats.weighted_incidence import KINDS

OUTCOME, COMPETING, AREA = 0, 1, 2
"""What of `WeightedCurve.numbers`."""
MOST_FAILED = 0.1
"""Largest share of samples without the number for which an interval is still given."""

UNFOLLOWED = "nobody was followed so long"
NO_RATIO = "nobody without the intervention had the outcome by then, so that there is nothing to divide by"
NO_WIDTH = "every sample of patients gave the same, so that the interval has no width"

Read = Callable[[Floats], Floats]
"""Reads a number off curves whose last axes are strategy, what of `WeightedCurve.numbers`, and day."""


def risk(emulation: Emulation, strategy: int, day: int, *, kind: int = OUTCOME, level: float = 0.95) -> Estimate:
    """Give the cumulative incidence under a strategy by the end of a day.

    Parameters
    ----------
    emulation
        The emulated trial.
    strategy
        `TREAT` or `NONE`.
    day
        Days from eligibility.
    kind
        `OUTCOME` or `COMPETING`.
    level
        Confidence level.

    Returns
    -------
    Estimate
        A probability, with the percentile bootstrap interval over patients.
    """
    return _estimate(emulation, (strategy,), lambda c: c[..., strategy, kind, day], "cumulative incidence", level)


def risk_difference(emulation: Emulation, day: int, *, level: float = 0.95) -> Estimate:
    """Give the incidence of the outcome by a day under "treat" less that under "none"."""

    def read(curves: Floats) -> Floats:
        by_then = curves[..., OUTCOME, day]
        return np.asarray(by_then[..., TREAT] - by_then[..., NONE])

    return _estimate(emulation, (TREAT, NONE), read, "difference of cumulative incidences", level)


def risk_ratio(emulation: Emulation, day: int, *, level: float = 0.95) -> Estimate:
    """Give the incidence of the outcome by a day under "treat" over that under "none"."""

    def read(curves: Floats) -> Floats:
        treat, none = (curves[..., strategy, OUTCOME, day] for strategy in (TREAT, NONE))
        return np.asarray(np.divide(treat, none, out=np.full(np.shape(none), np.nan), where=none > 0))

    unknown = NO_RATIO if _curves(emulation)[NONE, OUTCOME, day] == 0 else UNFOLLOWED
    return _estimate(emulation, (TREAT, NONE), read, "ratio of cumulative incidences", level, unknown=unknown)


def mean_days_difference(emulation: Emulation, days: int, *, level: float = 0.95) -> Estimate:
    """Give the mean days without the outcome, of the first so many, under "treat" less those under "none".

    The area under one minus the cumulative incidence; who has the competing event stays without the outcome.
    """

    def read(curves: Floats) -> Floats:
        with_outcome = curves[..., AREA, days]
        return np.asarray(with_outcome[..., NONE] - with_outcome[..., TREAT])

    return _estimate(emulation, (TREAT, NONE), read, "difference of restricted mean times", level)


def pointwise(emulation: Emulation, strategy: int, *, level: float = 0.95) -> tuple[Floats, Floats, Floats]:
    """Give the incidence of the outcome under a strategy on every day with its limits; NaN where there is none."""
    curves = [risk(emulation, strategy, day, level=level) for day in range(emulation.eligible.follow_up_days + 1)]
    value, low, high = (
        np.array([np.nan if number is None else number for number in column], dtype=np.float64)
        for column in (
            [one.value for one in curves],
            [one.low for one in curves],
            [one.high for one in curves],
        )
    )
    return value, low, high


def _estimate(
    emulation: Emulation, strategies: Sequence[int], read: Read, what: str, level: float, *, unknown: str = UNFOLLOWED
) -> Estimate:
    samples = emulation.samples.shape[0]
    method = f"{what} weighted by inverse probability of censoring"
    method += (
        f" with percentile bootstrap {percent(level)} interval over patients ({samples} samples)" if samples else ""
    )
    n = emulation.eligible.size
    arms = [emulation.arms[strategy] for strategy in strategies]
    reason = next((arm.reason for arm in arms if arm.reason), None)
    if reason is None and not any((arm.clones.event == 1).any() for arm in arms):
        reason = "no clone had the outcome"
    if reason:
        return no_estimate(reason, method=method, n=n, level=level)
    value = float(read(_curves(emulation)))
    if np.isnan(value):
        return no_estimate(unknown, method=method, n=n, level=level)
    drawn = read(emulation.samples)
    known = drawn[~np.isnan(drawn)]
    failed = samples - known.size
    if failed > MOST_FAILED * samples:
        why = f"{failed} of {samples} samples of patients had no estimate"
        return without_interval(value, why, method=method, n=n, level=level)
    if np.ptp(known) == 0:
        return without_interval(value, NO_WIDTH, method=method, n=n, level=level)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2]).tolist()
    return Estimate(value, low, high, method, n, level)


def _curves(emulation: Emulation) -> Floats:
    curves = np.full((2, KINDS, emulation.eligible.follow_up_days + 1), np.nan)
    for arm in emulation.arms:
        if arm.curve:
            curves[arm.clones.strategy] = arm.curve.numbers
    return curves
