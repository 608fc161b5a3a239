"""Whether groups differ in the cumulative incidence of an event that other events can prevent: Gray's test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from icans.stats.arrays import Counts, Floats
from icans.stats.estimate import SignificanceTest
from icans.stats.log_rank import NO_VARIANCE, no_comparison, quadratic_form
from icans.stats.risk_sets import GroupedRiskSets, grouped_risk_sets


@dataclass(frozen=True)
class GrayTest:
    """Gray's test with what it compares; every array has one entry per group.

    Parameters
    ----------
    groups
        Codes of the groups that anyone is in, ascending.
    n
        Patients in each group.
    observed
        Events of interest.
    score
        Events of interest beyond those expected if all groups had the same cumulative incidence.
    covariance
        Of the scores, a matrix.
    test
        The test; its statistic is chi-square.
    """

    groups: Counts
    n: Counts
    observed: Counts
    score: Floats
    covariance: Floats
    test: SignificanceTest


def gray_test(time: ArrayLike, event: ArrayLike, group: ArrayLike, *, cause: int = 1) -> GrayTest:
    """Test whether groups have the same cumulative incidence of an event where other events compete with it.

    A log-rank test in which a patient who had a competing event stays at risk in part: at each time the groups' numbers
    without the event so far, estimated with those lost to competing events put back, share the events that happened.
    It compares what patients see, the incidence, not the hazard among those still event-free.

    Parameters
    ----------
    time
        From time zero to the first event or the end of observation, any unit.
    event
        0 censored, 1 event, 2 and above competing events.
    group
        Code of the group, a whole number.
    cause
        The event of interest.

    Returns
    -------
    GrayTest
        The same whatever the order of the patients and the ties. No test, with the reason, where there are not two
        groups with anyone at risk when events of interest happened, or none happened.

    Raises
    ------
    StudyError
        A time is missing or negative, or a code cannot be meant.

    Notes
    -----
    Gray 1988, doi:10.1214/aos/1176350951, with rho 0 and without strata. As R's cmprsk::cuminc, tied events included.

    Examples
    --------
    >>> result = gray_test([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 2, 1, 2, 1, 0, 0], [1, 1, 1, 1, 2, 2, 2, 2])
    >>> round(result.test.p_value, 3)
    0.052
    """
    sets = grouped_risk_sets(time, event, group, cause=cause)
    method = "Gray's test (chi-square approximation)"
    n = int(sets.n.sum())
    reason = no_comparison(sets)
    if reason is not None:
        empty = np.zeros(sets.groups.size)
        none = SignificanceTest(None, None, n, method, reason)
        return GrayTest(sets.groups, sets.n, sets.events.sum(axis=1), empty, np.outer(empty, empty), none)
    with np.errstate(divide="ignore", invalid="ignore"):
        score, covariance = _score(sets)
    found = quadratic_form(score, covariance) if np.isfinite(covariance).all() else None
    if found is None:
        test = SignificanceTest(None, None, n, method, NO_VARIANCE)
    else:
        test = SignificanceTest(found[0], found[1], n, method)
    return GrayTest(sets.groups, sets.n, sets.events.sum(axis=1), score, covariance, test)


@dataclass(frozen=True)
class _Course:
    """What Gray's statistic is made of, at the times when events happened; arrays are groups by times.

    Parameters
    ----------
    at_risk, events, competing
        Counts as floats.
    before, after
        Probability of no event of any cause just before each time and after it.
    weight
        At risk divided by `before`: how many there would be had nobody left.
    total
        Sum of `weight` over the groups.
    pooled
        Cumulative incidence after each time under the hypothesis that it is the same in all groups.
    """

    at_risk: Floats
    events: Floats
    competing: Floats
    before: Floats
    after: Floats
    weight: Floats
    total: Floats
    pooled: Floats


def _course(sets: GroupedRiskSets) -> _Course:
    happened = (sets.events + sets.competing).any(axis=0)
    at_risk, events, competing = (
        counts[:, happened].astype(np.float64) for counts in (sets.at_risk, sets.events, sets.competing)
    )
    staying = np.divide(at_risk - events - competing, at_risk, out=np.ones_like(at_risk), where=at_risk > 0)
    after = np.cumprod(staying, axis=1, dtype=np.float64)
    before: Floats = np.concatenate((np.ones((after.shape[0], 1)), after[:, :-1]), axis=1)
    weight = np.divide(at_risk, before, out=np.zeros_like(at_risk), where=at_risk > 0)
    total = weight.sum(axis=0)
    return _Course(at_risk, events, competing, before, after, weight, total, np.cumsum(events.sum(axis=0) / total))


def _score(sets: GroupedRiskSets) -> tuple[Floats, Floats]:
    """Give the score of each group and the covariance of the scores."""
    course = _course(sets)
    together = course.events.sum(axis=0)
    steps = np.divide(
        course.before * course.events, course.at_risk, out=np.zeros_like(course.before), where=course.at_risk > 0
    )
    incidence_before = np.cumsum(steps, axis=1) - steps
    free = course.weight * (1 - incidence_before)
    score = (course.events - together * free / free.sum(axis=0)).sum(axis=1)
    # pull[i, k]: how an event in group k at a time moves the score of group i
    pull = -course.weight[:, None] * course.weight[None] / course.total
    for number, weight in enumerate(course.weight):
        pull[number, number] += weight
    before = np.concatenate(([0.0], course.pooled[:-1]))
    drift = np.cumsum(pull * (together / (course.total * (1 - before))), axis=2)
    ahead = drift[:, :, -1:] - drift
    return score, _covariance(course, pull, ahead)


def _covariance(course: _Course, pull: Floats, ahead: Floats) -> Floats:
    """Sum over times and groups the squared influence of an event on the scores, now and through what lies ahead."""
    inside = course.at_risk > 0
    left = np.divide(1 - course.pooled, course.after, out=np.zeros_like(course.after), where=course.after > 0)
    together = course.events.sum(axis=0)
    tied = np.where(together > 1, (together - 1) / (course.total * course.before - 1), 0.0)
    own_variance = np.divide(
        (1 - tied) * course.before * together, course.total * course.at_risk, out=np.zeros_like(tied), where=inside
    )
    own = pull + (1 - left) * ahead
    d, n = course.competing, course.at_risk
    tied = np.divide(d - 1, n - 1, out=np.zeros_like(n), where=d > 1)
    other_variance = np.divide((1 - tied) * course.before**2 * d, n**2, out=np.zeros_like(n), where=inside)
    other = left * ahead
    covariance: Floats = np.einsum("ikt,jkt,kt->ij", own, own, own_variance)
    covariance += np.einsum("ikt,jkt,kt->ij", other, other, other_variance)
    return covariance
