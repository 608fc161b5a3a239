"""Cox's partial likelihood: its value, its slope and its curvature at given coefficients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from icans.errors import StudyError, nearest
from icans.stats.arrays import Counts, Floats, codes, floats, times
from icans.stats.risk_sets import spans

Ties = Literal["efron", "breslow"]
"""How events at one time share the risk: each as if the earlier ones had left in part, or all with everyone at risk."""


@dataclass(frozen=True)
class AtRisk:
    """Rows that were at risk when events happened, in an order that does not depend on the order of the input.

    Parameters
    ----------
    covariates
        Rows by covariates, centred and scaled to a standard deviation of 1.
    centre, scale
        What was subtracted from each covariate, and what it was divided by (1 where it does not vary).
    weight
        Weight of each row.
    event
        Whether the row ended with an event.
    first, last
        The row was at risk at the event times from `first` up to but not including `last`.
    patient
        Number of the patient the row belongs to.
    patients
        How many there are, with those who left before the first event.
    term, share, mass
        One entry per term of the likelihood: the event time it belongs to, the share of that time's events that has
        already left, and the weight of the term.
    """

    covariates: Floats
    centre: Floats
    scale: Floats
    weight: Floats
    event: NDArray[np.bool_]
    first: Counts
    last: Counts
    patient: Counts
    patients: int
    term: Counts
    share: Floats
    mass: Floats

    @property
    def event_times(self) -> int:
        """Number of distinct times at which events happened."""
        return int(self.term[-1]) + 1 if self.term.size else 0


@dataclass(frozen=True)
class Evaluation:
    """The logarithm of the partial likelihood at given coefficients.

    Parameters
    ----------
    value
        The log partial likelihood.
    score
        Its slope.
    information
        Its negative curvature, a matrix.
    risk
        Each row's hazard ratio without its weight.
    hazard
        Each row's cumulative hazard over the times it was at risk, without its hazard ratio.
    means
        Mean covariates of those at risk, one row per term.
    increments
        Step of the cumulative hazard at each term.
    """

    value: float
    score: Floats
    information: Floats
    risk: Floats
    hazard: Floats
    means: Floats
    increments: Floats


def at_risk(
    time: ArrayLike,
    event: ArrayLike,
    covariates: ArrayLike,
    *,
    start: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    patient: ArrayLike | None = None,
    ties: Ties = "efron",
) -> AtRisk:
    """Order rows by the event times they were at risk at; rows that saw no event are left out.

    Parameters
    ----------
    time, event
        As in `icans.stats.time_to_event.kaplan_meier`.
    covariates
        Rows by covariates, or one covariate.
    start
        As in `icans.stats.risk_sets.grouped_risk_sets`.
    weights
        Weight of each row, 1 by default; a row with weight 0 is left out.
    patient
        Whom each row belongs to, by default one row a patient.
    ties
        Treatment of events at one time.

    Raises
    ------
    StudyError
        A value is missing, infinite or cannot be meant.
    """
    if ties not in get_args(Ties):
        raise StudyError(f"There is no treatment of ties {ties}.", nearest(ties, get_args(Ties)))
    stop = times(time)
    matrix = _matrix(covariates, stop.size)
    what = codes(event, "event", stop.size) > 0
    weight = _weights(weights, stop.size)
    who = np.arange(stop.size) if patient is None else np.unique(np.asarray(patient), return_inverse=True)[1]
    distinct, end, begin = spans(stop, start)
    what = what & (weight > 0)
    # event times up to each distinct time; place -1, from time zero on, reads the 0 put last
    before = np.append(np.cumsum(np.bincount(end[what], minlength=distinct.size) > 0), 0)
    last, first = before[end], before[begin]
    seen = np.flatnonzero((last > first) & (weight > 0))
    keys = [*matrix[seen].T, 2 * last[seen] + what[seen]]
    keys[:0] = ([] if start is None else [first[seen]]) + ([] if weights is None else [weight[seen]])
    kept = seen[np.lexsort(keys)]
    centre, scale = _centre_and_scale(matrix[kept])
    term, share, mass = _terms(last[kept], what[kept], weight[kept], ties)
    return AtRisk(
        covariates=(matrix[kept] - centre) / scale,
        centre=centre,
        scale=scale,
        weight=weight[kept],
        event=what[kept],
        first=first[kept].astype(np.int64),
        last=last[kept].astype(np.int64),
        patient=who[kept].astype(np.int64),
        patients=int(np.count_nonzero(np.bincount(who[weight > 0]))),
        term=term,
        share=share,
        mass=mass,
    )


def evaluate(rows: AtRisk, coefficients: Floats) -> Evaluation:
    """Evaluate the log partial likelihood at coefficients of the centred and scaled covariates.

    No matrix is summed over each risk set: the curvature is that of all rows, each by the hazard it was exposed to,
    less that of the means of those at risk.
    """
    x = rows.covariates
    linear = x @ coefficients
    linear = linear - linear.max()
    risk = np.exp(linear)
    weighted = rows.weight * risk
    sums = _at_risk_sums(rows, weighted)
    totals = np.column_stack([_at_risk_sums(rows, weighted * column) for column in x.T])
    denominator, numerator = sums[rows.term], totals[rows.term]
    if rows.share.any():
        dying = _at_events(rows, weighted[rows.event])
        denominator = denominator - rows.share * dying[rows.term]
        for number, column in enumerate(x.T):
            leaving = _at_events(rows, (weighted * column)[rows.event])
            numerator[:, number] -= rows.share * leaving[rows.term]
    means = numerator / denominator[:, None]
    increments = rows.mass / denominator
    hazard = exposure(rows, increments)
    expected = weighted * hazard
    value = float((rows.weight * linear)[rows.event].sum() - (rows.mass * np.log(denominator)).sum())
    score = x.T @ (rows.weight * rows.event - expected)
    information = (x.T * expected) @ x - (means.T * rows.mass) @ means
    return Evaluation(value, score, information, risk, hazard, means, increments)


def exposure(rows: AtRisk, steps: Floats) -> Floats:
    """Sum over the terms each row was at risk at; one that has the event counts for what has not yet left."""
    size = rows.event_times
    by_time = _summed(rows.term, steps, size)
    cumulative = np.concatenate(([0.0], np.cumsum(by_time)))
    exposed = cumulative[rows.last] - cumulative[rows.first]
    if rows.share.any():
        left = _summed(rows.term, steps * rows.share, size)
        exposed[rows.event] -= left[rows.last[rows.event] - 1]
    return exposed


def score_residuals(rows: AtRisk, found: Evaluation) -> Floats:
    """Give what each row adds to the score, without its weight: rows by covariates; they sum to the score."""
    x, size = rows.covariates, rows.event_times
    mass = _summed(rows.term, rows.mass, size)
    residuals = x * (rows.event - found.risk * found.hazard)[:, None]
    for number, mean in enumerate(found.means.T):
        at_events = _summed(rows.term, rows.mass * mean, size) / mass
        residuals[:, number] += found.risk * exposure(rows, found.increments * mean)
        residuals[rows.event, number] -= at_events[rows.last[rows.event] - 1]
    return residuals


def _summed(place: Counts, values: Floats, size: int) -> Floats:
    """Sum the values that have each place."""
    return np.bincount(place, weights=values, minlength=size).astype(np.float64, copy=False)


def _at_risk_sums(rows: AtRisk, values: Floats) -> Floats:
    """Sum values over those at risk at each event time."""
    size = rows.event_times + 1
    ending = _summed(rows.last, values, size)
    if rows.first.any():
        ending -= _summed(rows.first, values, size)
    sums: Floats = np.cumsum(ending[:0:-1])[::-1]
    return sums


def _at_events(rows: AtRisk, values: Floats) -> Floats:
    """Sum values of those with the event over each event time."""
    return _summed(rows.last[rows.event] - 1, values, rows.event_times)


def _terms(last: Counts, event: NDArray[np.bool_], weight: Floats, ties: Ties) -> tuple[Counts, Floats, Floats]:
    """Give the terms of the likelihood: one per event time, or after Efron one per event."""
    size = int(last[event].max()) if event.any() else 0
    events = np.bincount(last[event] - 1, minlength=size).astype(np.int64, copy=False)
    mass = _summed(last[event] - 1, weight[event], size)
    term = np.arange(size, dtype=np.int64)
    if ties == "breslow" or (events == 1).all():
        return term, np.zeros(size), mass
    term = np.repeat(term, events)
    left = np.arange(term.size) - np.repeat(np.cumsum(events) - events, events)
    return term, left / events[term], (mass / events)[term]


def _matrix(covariates: ArrayLike, size: int) -> Floats:
    matrix = np.asarray(covariates, dtype=np.float64)
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    if matrix.ndim != 2 or matrix.shape[0] != size or matrix.shape[1] == 0:
        raise StudyError(
            f"covariates: an array of shape {matrix.shape} was given for {size} times.", "Give one row each."
        )
    wrong = ~np.isfinite(matrix).all(axis=1)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise StudyError(
            f"covariates: {int(wrong.sum())} of {size} rows miss a value, the first is row {first + 1}.",
            "Leave out patients whose covariates are unknown.",
        )
    return matrix


def _weights(weights: ArrayLike | None, size: int) -> Floats:
    if weights is None:
        return np.ones(size)
    weight = floats(weights, "weights")
    if weight.size != size or np.isnan(weight).any() or (weight < 0).any():
        raise StudyError(f"weights: {size} numbers of 0 or more are needed.")
    return weight


def _centre_and_scale(matrix: Floats) -> tuple[Floats, Floats]:
    if matrix.shape[0] == 0:
        return np.zeros(matrix.shape[1]), np.ones(matrix.shape[1])
    centre = matrix.mean(axis=0)
    varies = matrix.max(axis=0) > matrix.min(axis=0)
    return centre, np.where(varies, matrix.std(axis=0), 1.0)
