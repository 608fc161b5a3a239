"""Trials made of simulated patients: the share that end with a positive result, with its Monte Carlo error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from icans.power.cohorts import Outcomes, Step
from icans.power.exact import fisher_positive, score_positive, threshold
from icans.stats.designs import Design
from icans.stats.log_rank import log_rank

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Share:
    """A share of simulated trials.

    Parameters
    ----------
    value
        The share.
    replicates
        Simulated trials.
    """

    value: float
    replicates: int

    @property
    def error(self) -> float:
        """Monte Carlo standard error."""
        return float(np.sqrt(self.value * (1 - self.value) / self.replicates))


def share(positive: Flags) -> Share:
    """Give the share of trials with a positive result."""
    return Share(float(positive.mean()), int(positive.size))


def single_arm(cohort: Outcomes, sizes: Sequence[int], *, replicates: int, null: float, alpha: float) -> list[Share]:
    """Judge single-arm trials of several sizes; a smaller one is the beginning of a larger one."""
    largest = max(sizes)
    remitted = cohort.remission[: replicates * largest].reshape(replicates, largest).cumsum(axis=1)
    found = []
    for n in sizes:
        design = threshold(n, null, alpha)
        reached = remitted[:, n - 1] >= design.successes if design else np.zeros(replicates, dtype=np.bool_)
        found.append(share(reached))
    return found


def two_stage(cohort: Outcomes, design: Design, *, replicates: int) -> tuple[Share, Share]:
    """Judge two-stage trials: share called worth more study, and share ended after the first stage."""
    remitted = cohort.remission[: replicates * design.n].reshape(replicates, design.n).cumsum(axis=1)
    ended = remitted[:, design.first_n - 1] <= design.first_stop
    return share(~ended & (remitted[:, -1] >= design.successes)), share(ended)


def two_arms_of_rates(
    treated: Outcomes, control: Outcomes, sizes: Sequence[int], *, replicates: int, alpha: float
) -> dict[str, list[Share]]:
    """Judge two-arm trials of several sizes by Fisher's exact test and by the Miettinen-Nurminen interval."""
    largest = max(sizes)
    one, other = (
        cohort.remission[: replicates * largest].reshape(replicates, largest).cumsum(axis=1)
        for cohort in (treated, control)
    )
    found: dict[str, list[Share]] = {"fisher": [], "miettinen_nurminen": []}
    for n in sizes:
        events = one[:, n - 1], other[:, n - 1]
        found["fisher"].append(share(fisher_positive(n, alpha)[events]))
        found["miettinen_nurminen"].append(share(score_positive(n, alpha)[events]))
    return found


def two_arms_of_times(
    treated: Outcomes, control: Outcomes, sizes: Sequence[int], *, replicates: int, alpha: float, step: Step
) -> list[Share]:
    """Judge two-arm trials of several sizes by the log-rank test of time to remission.

    Deaths without remission end observation, as patients without remission at their last assessment do: the test is of
    the cause-specific hazard of remission.
    """
    largest = max(sizes)
    days, remitted = (
        [_by_trial(part(cohort), replicates, largest) for cohort in (treated, control)] for part in (_days, _remitted)
    )
    found = []
    for n in sizes:
        step(f"log-rank tests of {n} patients an arm")
        group = np.repeat([1, 0], n)
        positive = np.zeros(replicates, dtype=np.bool_)
        for trial in range(replicates):
            time = np.concatenate([one[trial, :n] for one in days])
            event = np.concatenate([one[trial, :n] for one in remitted])
            p_value = log_rank(time, event, group).test.p_value
            positive[trial] = p_value is not None and p_value <= alpha
        found.append(share(positive))
    return found


def _by_trial(values: NDArray[np.float64], replicates: int, largest: int) -> NDArray[np.float64]:
    trials: NDArray[np.float64] = np.reshape(values[: replicates * largest], (replicates, largest))
    return trials


def _days(cohort: Outcomes) -> NDArray[np.float64]:
    return np.nan_to_num(cohort.days, nan=0.0)


def _remitted(cohort: Outcomes) -> NDArray[np.float64]:
    remitted: NDArray[np.float64] = np.where(cohort.event == 1, 1.0, 0.0)
    return remitted


def enough(draw: Callable[[int], Outcomes], needed: int) -> Outcomes:
    """Simulate until so many patients are evaluable; some are not, as nobody assessed them in time."""
    cohort = draw(int(needed * 1.15) + 64)
    return cohort if cohort.size >= needed else draw(int(needed * 1.1 * needed / cohort.size) + 64)
