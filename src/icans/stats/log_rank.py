"""Whether groups differ in time to an event: the log-rank test, by its approximation and by permutation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from icans.stats.arrays import Counts, Floats, codes, times
from icans.stats.estimate import SignificanceTest
from icans.stats.permutation import DRAWS, WHOLE_UP_TO, PermutationTest, Scores, permutation_test
from icans.stats.risk_sets import GroupedRiskSets, grouped_risk_sets, on_one_timeline

SINGULAR = 1e-10
"""Smallest eigenvalue of a correlation matrix that is not rounding."""

NO_VARIANCE = "whenever an event happened, everyone at risk had it or was in one group"
"""Why events that leave no room for chance give no test."""


@dataclass(frozen=True)
class LogRank:
    """A log-rank test with what it compares; every array has one entry per group.

    Parameters
    ----------
    groups
        Codes of the groups that anyone is in, ascending.
    n
        Rows of input in each group: patients, unless they have several stretches of time.
    observed
        Events.
    expected
        Events there would be if each event fell on everyone at risk alike.
    covariance
        Of the observed events, a matrix.
    test
        The test; its statistic is chi-square.
    """

    groups: Counts
    n: Counts
    observed: Counts
    expected: Floats
    covariance: Floats
    test: SignificanceTest


def log_rank(time: ArrayLike, event: ArrayLike, group: ArrayLike, *, start: ArrayLike | None = None) -> LogRank:
    """Test whether groups have the same hazard of the event, by the log-rank test.

    At each event time the events of each group are compared with what falls to it if everyone at risk, in whatever
    group, has the same chance; the differences are summed over time, with hypergeometric variance for tied events.

    Parameters
    ----------
    time
        From time zero to the event or the end of observation, any unit.
    event
        0 censored, 1 or above an event.
    group
        Code of the group, a whole number. With more than two the test is whether any differs.
    start
        As in `grouped_risk_sets`: stretches of time, so that a patient can change group. This is the test of Mantel
        and Byar; see `icans.stats.simon_makuch`.

    Returns
    -------
    LogRank
        The same whatever the order of the rows. No test, with the reason, where there are not two groups with anyone
        at risk when events happened, or no event.

    Raises
    ------
    StudyError
        A time is missing or negative, or a code cannot be meant.

    Notes
    -----
    Mantel 1966; Peto and Peto 1972, doi:10.2307/2344317. As R's survdiff with rho 0.

    Examples
    --------
    >>> result = log_rank([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0])
    >>> round(result.test.p_value, 3)
    0.025
    """
    stop = times(time)
    sets = grouped_risk_sets(stop, codes(event, "event", stop.size) > 0, group, start=start)
    observed = sets.events.sum(axis=1)
    expected, covariance = _expected(sets)
    name = "log-rank test" if start is None else "Mantel-Byar test (log-rank over stretches of time)"
    method = f"{name} (chi-square approximation, hypergeometric variance)"
    n = int(sets.n.sum())
    reason = no_comparison(sets)
    found = None if reason else quadratic_form(observed - expected, covariance)
    if found is None:
        test = SignificanceTest(None, None, n, method, reason or NO_VARIANCE)
    else:
        test = SignificanceTest(found[0], found[1], n, method)
    return LogRank(sets.groups, sets.n, observed, expected, covariance, test)


def log_rank_permutation(
    time: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    seed: int | np.random.Generator = 0,
    draws: int = DRAWS,
    progress: Callable[[float], None] | None = None,
) -> PermutationTest:
    """Test whether groups have the same hazard of the event, by permuting who is in which group.

    Each patient has a log-rank score: events had, less the cumulative hazard of all patients up to the end of the
    patient's observation. The sum of the scores of a group is its observed less its expected events. It is compared
    with what other ways of putting the same patients into groups of the same sizes give: all of them where they can
    be counted, else a sample. For small groups, where the chi-square approximation of `log_rank` cannot be relied on.
    Valid where groups do not differ in how long patients were followed (Heinze, Gnant and Schemper 2003,
    doi:10.1111/j.0006-341X.2003.00132.x).

    Parameters
    ----------
    time, event, group
        As in `log_rank`.
    seed, draws, progress
        As in `icans.stats.permutation.permutation_test`.

    Returns
    -------
    PermutationTest
        For two groups the statistic is the observed less the expected events of the one with the lower code; for more
        it is the sum of their squares over the sizes of the groups, scaled so that its mean is the number of groups
        less one. The same whatever the order of the rows.

    Notes
    -----
    As R's coin::logrank_test, which is exact for two groups.

    Examples
    --------
    >>> log_rank_permutation([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 0, 0]).p_value
    0.1
    """
    stop = times(time)
    what = codes(event, "event", stop.size) > 0
    sets = grouped_risk_sets(stop, what, group)
    reason = no_comparison(sets)
    if reason is not None:
        return PermutationTest(None, None, int(sets.n.sum()), "permutation log-rank test", reason)
    scores, denominator = log_rank_scores(stop, what)
    return permutation_test(
        scores, group, denominator=denominator, seed=seed, draws=draws, progress=progress, name="log-rank test"
    )


def log_rank_scores(time: Floats, event: NDArray[np.bool_]) -> tuple[Scores, int]:
    """Give each patient's log-rank score and what it is to be divided by.

    Up to `WHOLE_UP_TO` patients the scores are whole numbers over the common multiple of the numbers at risk, so that
    equal sums are equal; above they are floats over 1.
    """
    distinct, (place,) = on_one_timeline(time)
    at_risk = np.cumsum(np.bincount(place, minlength=distinct.size)[::-1])[::-1]
    events = np.bincount(place[event], minlength=distinct.size)
    if time.size > WHOLE_UP_TO:
        return event - np.cumsum(events / at_risk)[place], 1
    whole = math.lcm(*at_risk[events > 0].tolist())
    hazard = np.cumsum(np.where(events > 0, events * (whole // at_risk), 0))
    return np.where(event, whole, 0) - hazard[place], whole


def no_comparison(sets: GroupedRiskSets) -> str | None:
    """Say why groups cannot be compared, or None."""
    happened = sets.events.any(axis=0)
    if sets.groups.size < 2:
        return "there is no patient" if sets.groups.size == 0 else "fewer than two groups have patients"
    if not happened.any():
        return "no event was observed"
    if np.count_nonzero(sets.at_risk[:, happened].any(axis=1)) < 2:
        return "only one group was at risk when events happened"
    return None


def quadratic_form(difference: Floats, covariance: Floats) -> tuple[float, float] | None:
    """Give the chi-square statistic of differences that sum to zero, and its p-value; None where one has no variance.

    Groups without variance, which were never at risk at an event, are left out; one other is, as the rest determine it.
    """
    kept = np.flatnonzero(np.diag(covariance) > 0)[1:]
    if kept.size == 0:
        return None
    inner = covariance[np.ix_(kept, kept)]
    scale = np.sqrt(np.diag(inner))
    correlation = inner / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        return None
    standardised = difference[kept] / scale
    statistic = max(0.0, float(standardised @ np.linalg.solve(correlation, standardised)))
    return statistic, float(chdtrc(kept.size, statistic))


def _expected(sets: GroupedRiskSets) -> tuple[Floats, Floats]:
    """Give the events expected in each group and the covariance of those observed."""
    n = sets.total_at_risk.astype(np.float64)
    d = sets.events.sum(axis=0).astype(np.float64)
    share = np.divide(sets.at_risk, n, out=np.zeros(sets.at_risk.shape), where=n > 0)
    weight = np.divide(d * (n - d), n - 1, out=np.zeros_like(n), where=n > 1)
    covariance = -(share * weight) @ share.T
    # from the others, where 1 - share would cancel
    np.fill_diagonal(covariance, 0.0)
    np.fill_diagonal(covariance, -covariance.sum(axis=1))
    return share @ d, covariance
