"""A target trial emulated by clones, artificial censoring and inverse-probability weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from icans.stats.arrays import Floats
from icans.stats.bootstrap import Progress, bootstrap
from icans.stats.cloning import NONE, TREAT, Clones, Eligible, Weights, share_left, unweighted, weights
from icans.stats.logistic import logistic, redundant
from icans.stats.weighted_incidence import KINDS, WeightedCurve, weighted_incidence

STRATEGIES = (TREAT, NONE)
MANY_DECISIONS = 3_000_000
"""Untreated days times samples above which a second process is faster than one."""
MODEL = "pooled logistic regression of being treated on a day of the grace period"

SEPARATED = (
    "the model of treatment breaks down (separation): on some days, or for some patients, treatment was certain or "
    "ruled out"
)


@dataclass(frozen=True)
class Truncation:
    """What becomes of large weights.

    Parameters
    ----------
    percentile
        Weights above this percentile of the last weights of those who kept to the strategy are set to it.
    at
        Or above this value; None: the percentile counts.
    largest
        Nothing is estimated where a weight is larger than this after truncation.
    """

    percentile: float = 99.0
    at: float | None = None
    largest: float = 50.0


@dataclass(frozen=True)
class Arm:
    """The clones under one strategy and what is estimated of them.

    Parameters
    ----------
    clones
        The clones.
    weight
        Their stabilised weights, before truncation; None where there are none.
    share
        Share of the clones that are left after each day of the grace period, which stabilises the weights.
    bound
        Weights above it were set to it; infinite where none was.
    curve, plain
        Cumulative incidence with and without weights; None: `reason` says why.
    reason
        Why there is no weighted estimate.
    """

    clones: Clones
    weight: Weights | None
    share: Floats
    bound: float
    curve: WeightedCurve | None
    plain: WeightedCurve
    reason: str | None = None

    @property
    def truncated(self) -> Floats:
        """Weights after each day of the grace period, after truncation: clone by day."""
        if self.weight is None:
            return np.ones((self.clones.last.size, 1))
        return np.asarray(np.minimum(self.weight.start[:, 1:], self.bound))


@dataclass(frozen=True)
class Emulation:
    """An emulated trial.

    Parameters
    ----------
    eligible
        The eligible episodes.
    arms
        Treat and none.
    probability
        Fitted probability that the intervention begins, episode by day of the grace period; NaN where it could not.
    left_out
        Covariates that the weight model could not use, with the reason.
    odds_ratios
        How a unit more of each covariate multiplies the odds of being treated on a day; empty where there is no model.
    samples
        Of each bootstrap sample: strategy, what of `WeightedCurve.numbers`, day; NaN where it could not be had.
    """

    eligible: Eligible
    arms: tuple[Arm, Arm]
    probability: Floats
    left_out: dict[str, str]
    odds_ratios: dict[str, float]
    samples: Floats = field(repr=False)


@dataclass(frozen=True)
class Chain:
    """Everything from the weight model to the curves, as a function of how often each patient counts.

    Parameters
    ----------
    eligible
        The eligible episodes.
    truncation
        What becomes of large weights.
    kept
        Which covariates the weight model uses.
    start
        Coefficients it starts from.
    """

    eligible: Eligible
    truncation: Truncation
    kept: tuple[int, ...]
    start: Floats | None = None

    @cached_property
    def columns(self) -> Floats:
        """Columns of the weight model, a row an untreated day: constant, day and its square, covariates, scaled."""
        return _scaled(_columns(self.eligible)[:, list(self.kept)])[0]

    @cached_property
    def begun(self) -> Floats:
        """Whether the treatment began on each untreated day."""
        return self.eligible.begun[self.eligible.deciding].astype(np.float64)

    @cached_property
    def rows(self) -> np.ndarray:
        """Episode of each untreated day."""
        return np.nonzero(self.eligible.deciding)[0]

    @cached_property
    def exposure(self) -> Floats:
        """How much of each untreated day counts."""
        return self.eligible.exposure[self.eligible.deciding]

    @cached_property
    def clones(self) -> tuple[Clones, Clones]:
        """The clones under each strategy."""
        return self.eligible.clones(TREAT), self.eligible.clones(NONE)

    def __call__(self, count: Floats) -> Floats:
        """Give the curves of a sample of patients: strategy, what of `WeightedCurve.numbers`, day."""
        numbers = np.full((2, KINDS, self.eligible.follow_up_days + 1), np.nan)
        each = count[self.eligible.patient]
        probability, _, reason = self.decided(each)
        for strategy in STRATEGIES:
            arm = self.arm(strategy, each, probability, reason)
            if arm.curve:
                numbers[strategy] = arm.curve.numbers
        return numbers

    def decided(self, count: Floats) -> tuple[Floats, Floats | None, str | None]:
        """Fit the weight model: probability on each day, coefficients, and why there is none."""
        probability = np.full(self.eligible.deciding.shape, np.nan)
        counted = count[self.rows] * self.exposure
        if not (counted @ self.begun):
            probability[self.eligible.deciding] = 0.0
            return probability, None, None
        fit = logistic(self.columns, self.begun, weight=counted, start=self.start)
        if fit.probability is None:
            return probability, None, f"{MODEL}: {fit.reason}"
        probability[self.eligible.deciding] = fit.probability
        if fit.separated:
            return probability, fit.coefficients, SEPARATED
        return probability, fit.coefficients, None

    def arm(self, strategy: int, count: Floats, probability: Floats, reason: str | None) -> Arm:
        """Estimate the outcome under one strategy."""
        clones, days = self.clones[strategy], self.eligible.follow_up_days
        plain = weighted_incidence(clones, unweighted(self.eligible), count, follow_up_days=days)
        without = Arm(clones, None, np.ones(1), np.inf, None, plain)
        reason = _unfollowed(self.eligible, clones, count) or reason
        if reason:
            return replace(without, reason=reason)
        share = share_left(self.eligible, strategy, count)
        weight = weights(self.eligible, strategy, probability, share)
        kept = ~clones.departed & (count > 0)
        bound = _bound(weight.last[kept], count[kept], self.truncation)
        without = replace(without, weight=weight, share=share, bound=bound)
        largest = float(np.minimum(weight.last[kept], bound).max())
        if largest > self.truncation.largest:
            reason = f"the largest weight is {largest:.3g}; the protocol allows {self.truncation.largest:g}"
            return replace(without, reason=reason)
        return replace(without, curve=weighted_incidence(clones, weight, count, follow_up_days=days, bound=bound))


def emulate(
    eligible: Eligible,
    *,
    truncation: Truncation,
    samples: int,
    seed: int,
    processes: int = 1,
    progress: Progress | None = None,
) -> Emulation:
    """Emulate a trial of beginning an intervention within a grace period against not beginning it within it.

    Every eligible episode is cloned into both strategies. A clone is censored when its records depart from its
    strategy: when treated in the grace period under "none", and when still untreated at its end under "treat". That
    censoring is undone by weights (`icans.stats.cloning.weights`) from one logistic regression of being treated on a
    day of the grace period on the day, its square and the covariates. Curves are weighted Aalen-Johansen estimates.
    The samples repeat all of it with patients drawn anew.

    Parameters
    ----------
    eligible
        The eligible episodes.
    truncation
        What becomes of large weights.
    samples, seed, processes, progress
        As for `icans.stats.bootstrap.bootstrap`.

    Returns
    -------
    Emulation
        The same whatever the order of the episodes, and for a seed whatever the processes.

    Notes
    -----
    Hernán and Robins 2016, doi:10.1093/aje/kwv254; Cain et al. 2010, doi:10.2202/1557-4679.1212; Hernán 2018,
    doi:10.1136/bmj.k182; Maringe et al. 2020, doi:10.1093/ije/dyaa057.
    """
    names = ("", *_time_names(eligible), *eligible.names)
    extra = redundant(_columns(eligible))
    kept = tuple(number for number in range(len(names)) if number not in extra)
    chain = Chain(eligible, truncation, kept)
    count = np.ones(eligible.size)
    probability, coefficients, reason = chain.decided(count)
    treat, none = (chain.arm(strategy, count, probability, reason) for strategy in STRATEGIES)
    drawn = np.full((0, 2, KINDS, eligible.follow_up_days + 1), np.nan)
    if treat.curve or none.curve:
        work = chain.rows.size * samples
        drawn = bootstrap(
            replace(chain, start=coefficients),
            eligible.patients,
            samples=samples,
            seed=seed,
            processes=processes if work > MANY_DECISIONS else 1,
            progress=progress,
        )
    left_out = {names[number]: _nothing_to_tell(eligible, names, number) for number in extra if names[number]}
    odds_ratios = {} if coefficients is None or reason else _odds_ratios(eligible, names, kept, coefficients)
    return Emulation(eligible, (treat, none), probability, left_out, odds_ratios, drawn)


def _columns(eligible: Eligible) -> Floats:
    """Give the columns of the weight model before scaling: constant, day, its square, covariates."""
    episode, day = np.nonzero(eligible.deciding)
    time = [day.astype(np.float64) ** power for power in range(1 + len(_time_names(eligible)))]
    return np.column_stack([*time, eligible.covariates[episode, day]])


def _time_names(eligible: Eligible) -> tuple[str, ...]:
    """Name the terms of time: one less than the days on which some were treated and some not, two at most."""
    treated, untreated = eligible.begun.any(axis=0), (eligible.deciding & ~eligible.begun).any(axis=0)
    varied = int((treated & untreated).sum())
    return ("day of the grace period", "its square")[: max(varied - 1, 0)]


def _scaled(columns: Floats) -> tuple[Floats, Floats]:
    """Scale every column but the constant to mean 0 and standard deviation 1; give those deviations too."""
    spread = columns[:, 1:].std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    rest = (columns[:, 1:] - columns[:, 1:].mean(axis=0)) / spread
    return np.column_stack([columns[:, :1], rest]), spread


def _odds_ratios(
    eligible: Eligible, names: Sequence[str], kept: Sequence[int], coefficients: Floats
) -> dict[str, float]:
    spread = _scaled(_columns(eligible)[:, list(kept)])[1]
    ratios = np.exp(coefficients[1:] / spread).tolist()
    return {
        names[number]: ratio for number, ratio in zip(kept[1:], ratios, strict=True) if names[number] in eligible.names
    }


def _nothing_to_tell(eligible: Eligible, names: Sequence[str], number: int) -> str:
    values = _columns(eligible)[:, number]
    if values.size == 0 or np.ptp(values) == 0:
        return "it is the same for everyone on every day"
    before = ", ".join(name for name in names[1:number] if name) or "the others"
    return f"it says nothing that is not known from {before}"


def _unfollowed(eligible: Eligible, clones: Clones, count: Floats) -> str | None:
    """Say why nothing can be estimated of a strategy that nobody follows."""
    if not count.any():
        return "nobody was eligible"
    if clones.strategy == NONE:
        untreated = eligible.deciding.any(axis=1) & ~eligible.begun.any(axis=1)
        return None if count @ untreated else "no eligible patient was left untreated: nobody follows this strategy"
    if not count @ eligible.begun.any(axis=1):
        return "no eligible patient was treated within the grace period: nobody follows this strategy"
    if count @ clones.departed and not count @ eligible.begun[:, -1]:
        return (
            "nobody was treated on the last day of the grace period to stand for those untreated by its end: "
            "a shorter grace period can be emulated"
        )
    return None


def _bound(weight: Floats, count: Floats, truncation: Truncation) -> float:
    """Give the weight above which weights are cut: a stated one, or the smallest that enough weights do not exceed."""
    if truncation.at is not None:
        return truncation.at
    if truncation.percentile >= 100 or weight.size == 0:
        return np.inf
    order = np.argsort(weight, kind="stable")
    share = np.cumsum(count[order])
    place = int(np.searchsorted(share, truncation.percentile / 100 * share[-1] * (1 - 1e-12)))
    return float(weight[order][min(place, weight.size - 1)])
