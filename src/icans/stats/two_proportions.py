"""Two groups by a yes-or-no outcome: risk difference, risk ratio and Fisher's exact test."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from icans.stats.arrays import Floats
from icans.stats.estimate import Estimate, SignificanceTest, checked_level, no_estimate, normal_quantile, percent
from icans.stats.proportions import refuse_impossible, wilson_limits

HALVINGS = 60
"""Halvings of an interval that holds a limit: no float is left between its ends."""

WIDEST_LOG_RATIO = 80.0
"""Logarithm beyond which no limit of a ratio of two counts lies."""

ALIKE = 1e-7
"""Relative difference below which two tables are equally likely, as in R's fisher.test: 1 + 1e-7."""

Score = Callable[[float], float]
"""The score statistic at a supposed difference or logarithm of a ratio; it falls as that rises."""


@dataclass(frozen=True)
class Group:
    """A group of patients by a yes-or-no outcome.

    Parameters
    ----------
    events
        Patients with the event.
    n
        Patients in all.

    Raises
    ------
    StudyError
        The counts cannot be meant.
    """

    events: int
    n: int

    def __post_init__(self) -> None:
        refuse_impossible(self.events, self.n)

    @property
    def risk(self) -> float:
        """Share of the patients with the event."""
        return self.events / self.n


def newcombe(group: Group, reference: Group, *, level: float = 0.95) -> Estimate:
    """Give the risk difference with Newcombe's hybrid-score interval.

    Risk in the group minus risk in the reference; the interval combines the Wilson limits of the two risks, without
    continuity correction (method 10 of the paper). It lies between -1 and 1 and has a width also where nobody or
    everybody has the event.

    Parameters
    ----------
    group, reference
        Events and patients of the two.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Between -1 and 1; `n` counts both groups. None with a reason where a group is empty.

    Notes
    -----
    Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    Examples
    --------
    >>> estimate = newcombe(Group(56, 70), Group(48, 80))
    >>> round(estimate.value, 4), round(estimate.low, 4), round(estimate.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    checked_level(level)
    method = f"risk difference with Newcombe hybrid-score {percent(level)} interval"
    empty = _empty(group, reference)
    if empty:
        return no_estimate(empty, method=method, n=group.n + reference.n, level=level)
    low, high = newcombe_limits(group.events, group.n, reference.events, reference.n, level=level)
    value = group.risk - reference.risk
    return Estimate(value, float(low), float(high), method, group.n + reference.n, level)


def newcombe_limits(
    events: ArrayLike, n: ArrayLike, reference_events: ArrayLike, reference_n: ArrayLike, *, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Give the limits of many hybrid-score intervals at once; see `newcombe`.

    Parameters
    ----------
    events, n, reference_events, reference_n
        Counts of the two groups, each group at least 1 patient; numbers or arrays of shapes that broadcast.
    level
        Confidence level.

    Returns
    -------
    tuple
        Lower and upper limits, between -1 and 1.
    """
    low, high = wilson_limits(events, n, level=level)
    reference_low, reference_high = wilson_limits(reference_events, reference_n, level=level)
    risk = np.asarray(events) / np.asarray(n)
    reference = np.asarray(reference_events) / np.asarray(reference_n)
    difference = risk - reference
    below = difference - np.hypot(risk - low, reference_high - reference)
    above = difference + np.hypot(high - risk, reference - reference_low)
    return np.asarray(below), np.asarray(above)


def miettinen_nurminen(group: Group, reference: Group, *, level: float = 0.95) -> Estimate:
    """Give the risk difference with the score interval of Miettinen and Nurminen.

    Every difference that the score test would not reject, its variance taken at the likeliest risks that differ by just
    that much, times N / (N - 1).

    Parameters
    ----------
    group, reference
        Events and patients of the two.
    level
        Confidence level.

    Returns
    -------
    Estimate
        Between -1 and 1; `n` counts both groups. None with a reason where a group is empty.

    Notes
    -----
    Miettinen and Nurminen 1985, doi:10.1002/sim.4780040211.

    Examples
    --------
    >>> estimate = miettinen_nurminen(Group(56, 70), Group(48, 80))
    >>> round(estimate.low, 4), round(estimate.high, 4)
    (0.0528, 0.3382)
    """
    z = normal_quantile(level)
    method = f"risk difference with Miettinen-Nurminen score {percent(level)} interval"
    empty = _empty(group, reference)
    n = group.n + reference.n
    if empty:
        return no_estimate(empty, method=method, n=n, level=level)
    value = group.risk - reference.risk
    low, high = (_limit(partial(_difference_score, group, reference), value, end, z) for end in (-1.0, 1.0))
    return Estimate(value, low, high, method, n, level)


def risk_ratio(group: Group, reference: Group, *, level: float = 0.95) -> Estimate:
    """Give the risk ratio with the score interval of Miettinen and Nurminen.

    Risk in the group over risk in the reference; the interval holds every ratio that the score test would not reject,
    its variance taken at the likeliest risks with just that ratio, times N / (N - 1).

    Parameters
    ----------
    group, reference
        Events and patients of the two.
    level
        Confidence level.

    Returns
    -------
    Estimate
        0 or above; `n` counts both groups. Where the reference has no event the ratio and its upper limit have no bound
        and are None with the reason, the lower limit stands; where neither has one, or a group is empty, there is none.

    Notes
    -----
    Miettinen and Nurminen 1985, doi:10.1002/sim.4780040211; without N / (N - 1) it is the interval of Koopman 1984,
    doi:10.2307/2531405.

    Examples
    --------
    >>> estimate = risk_ratio(Group(56, 70), Group(48, 80))
    >>> round(estimate.value, 2), round(estimate.low, 2), round(estimate.high, 2)
    (1.33, 1.08, 1.67)
    """
    z = normal_quantile(level)
    method = f"risk ratio with Miettinen-Nurminen score {percent(level)} interval"
    n = group.n + reference.n
    reason = _empty(group, reference)
    if reason is None and group.events == reference.events == 0:
        reason = "neither group has an event"
    if reason:
        return no_estimate(reason, method=method, n=n, level=level)

    score = partial(_ratio_score, group, reference)
    value = group.risk / reference.risk if reference.events else None
    middle = WIDEST_LOG_RATIO if value is None else math.log(value) if value else -WIDEST_LOG_RATIO
    low = math.exp(_limit(score, middle, -WIDEST_LOG_RATIO, z)) if group.events else 0.0
    if value is None:
        reason = "no patient of the reference group has the event, so the ratio has no upper bound"
        return Estimate(None, low, None, method, n, level, reason=reason, high_reason=reason)
    high = math.exp(_limit(score, middle, WIDEST_LOG_RATIO, z))
    return Estimate(value, low, high, method, n, level)


def fisher(group: Group, reference: Group) -> SignificanceTest:
    """Test whether two groups have the same risk, by Fisher's exact test.

    Given how many patients have the event in all, the p-value is the chance of a table no likelier than the one
    observed, as in R's fisher.test. Where nobody or everybody has the event only one table is possible and it is 1.

    Parameters
    ----------
    group, reference
        Events and patients of the two.

    Returns
    -------
    SignificanceTest
        The statistic is the number of events in the group; None with a reason where a group is empty.

    Notes
    -----
    Fisher 1935, doi:10.2307/2342435.

    Examples
    --------
    >>> round(fisher(Group(3, 4), Group(1, 4)).p_value, 4)
    0.4857
    """
    method = "Fisher's exact test (two-sided, by tables no likelier than the one observed)"
    n = group.n + reference.n
    empty = _empty(group, reference)
    if empty:
        return SignificanceTest(None, None, n, method, empty)
    p_values, fewest = fisher_p_values(group.n, reference.n, group.events + reference.events)
    return SignificanceTest(float(group.events), float(p_values[group.events - fewest]), n, method)


def fisher_p_values(n: int, reference_n: int, events: int) -> tuple[Floats, int]:
    """Give Fisher's p-value for every way the events can fall on the two groups.

    Parameters
    ----------
    n, reference_n
        Patients of the two groups, each at least 1.
    events
        Events in both together.

    Returns
    -------
    tuple
        P-values by the number of events in the group, ascending, and the fewest it can have, where they begin.
    """
    fewest, most = max(0, events - reference_n), min(n, events)
    before = np.arange(fewest, most, dtype=np.float64)
    odds = np.log((events - before) * (n - before)) - np.log((before + 1) * (reference_n - events + before + 1))
    likeliest = int(np.count_nonzero(odds > 0))
    upwards, downwards = np.cumsum(odds[likeliest:]), -np.cumsum(odds[:likeliest][::-1])[::-1]
    chance = np.exp(np.concatenate((downwards, [0.0], upwards)))
    ascending = np.argsort(chance, kind="stable")
    total = np.cumsum(chance[ascending])
    no_likelier = np.searchsorted(chance[ascending], chance * (1 + ALIKE), side="right")
    p_values: Floats = total[no_likelier - 1] / total[-1]
    return p_values, fewest


def _empty(group: Group, reference: Group) -> str | None:
    if group.n and reference.n:
        return None
    if group.n or reference.n:
        return f"the {'reference ' if group.n else ''}group has no patient"
    return "neither group has a patient"


def _limit(score: Score, inside: float, outside: float, z: float) -> float:
    """Find by halving where the score leaves what the test accepts."""
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if abs(score(middle)) < z:
            inside = middle
        else:
            outside = middle
    return (inside + outside) / 2


def _difference_score(group: Group, reference: Group, difference: float) -> float:
    n = group.n + reference.n
    likeliest = _likeliest_reference(group, reference, difference)
    distance = group.risk - reference.risk - difference
    variance = _spread(likeliest + difference, group.n) + _spread(likeliest, reference.n)
    return _standardised(distance, variance, n)


def _ratio_score(group: Group, reference: Group, log_ratio: float) -> float:
    ratio = math.exp(log_ratio)
    n, events = group.n + reference.n, group.events + reference.events
    slope = group.n * ratio + group.events + reference.n + reference.events * ratio
    root = math.sqrt(max(slope * slope - 4 * n * ratio * events, 0.0))
    likeliest = 2 * events / (slope + root)
    distance = group.risk - ratio * reference.risk
    variance = _spread(likeliest * ratio, group.n) + ratio * ratio * _spread(likeliest, reference.n)
    return _standardised(distance, variance, n)


def _spread(risk: float, n: int) -> float:
    return risk * (1 - risk) / n


def _standardised(distance: float, variance: float, n: int) -> float:
    if variance <= 0:
        return math.copysign(math.inf, distance) if distance else 0.0
    return distance / math.sqrt(variance * n / (n - 1))


def _likeliest_reference(group: Group, reference: Group, difference: float) -> float:
    """Give the likeliest risk of the reference where the risks differ by just that much: the root of a cubic."""
    n, events = group.n + reference.n, group.events + reference.events
    square = (group.n + 2 * reference.n) * difference - n - events
    linear = (reference.n * difference - n - 2 * reference.events) * difference + events
    constant = reference.events * difference * (1 - difference)
    third = square / (3 * n)
    turned = third**3 - square * linear / (6 * n * n) + constant / (2 * n)
    stretch = math.copysign(math.sqrt(max(third**2 - linear / (3 * n), 0.0)), turned)
    angle = math.acos(min(max(turned / stretch**3, -1.0), 1.0)) if stretch else 0.0
    root = 2 * stretch * math.cos((math.pi + angle) / 3) - third
    return min(max(root, 0.0, -difference), 1.0, 1 - difference)
