"""Kaplan-Meier and Aalen-Johansen in exact fractions: docs/decisions/0030-estimators.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import exp, log, sqrt
from typing import Any

from tests.twin.results_rows import Z

HALF = Fraction(1, 2)
Limits = tuple[float | None, float | None]
Observed = dict[str, tuple[Fraction, int]]
"""For each patient hours, and 0 censored, 1 event, 2 competing event."""


@dataclass(frozen=True)
class Step:
    """A curve from one time on; `error` is the standard error of the probability, None where it has none."""

    time: Fraction
    probability: Fraction
    error: float | None
    left: Fraction


def exact_hours(days: float) -> Fraction:
    """Give a time in days as hours, exact enough for equal ones to be equal."""
    return Fraction(round(days * 24 * 10**9), 10**9)


def counts(observed: Observed) -> list[tuple[Fraction, int, int, int]]:
    """Give each distinct time with those at risk, with events and with competing events."""
    times = sorted({time for time, _ in observed.values()})
    found = []
    for time in times:
        at = [event for one, event in observed.values() if one == time]
        found.append((time, sum(one >= time for one, _ in observed.values()), at.count(1), at.count(2)))
    return found


def kaplan_meier(observed: Observed) -> list[Step]:
    survival, greenwood = Fraction(1), Fraction(0)
    steps = []
    for time, at_risk, events, _ in counts(observed):
        survival *= 1 - Fraction(events, at_risk)
        if survival:
            greenwood += Fraction(events, at_risk * (at_risk - events))
        steps.append(Step(time, survival, float(survival) * sqrt(greenwood) if survival else None, survival))
    return steps


def aalen_johansen(observed: Observed) -> list[Step]:
    """Give the cumulative incidence; its variance is that of the hazards, multinomial at each time."""
    free, incidence = Fraction(1), Fraction(0)
    moments: list[tuple[Fraction, Fraction, Fraction, Fraction, Fraction, int]] = []
    steps = []
    for time, at_risk, events, competing in counts(observed):
        hazard, other = Fraction(events, at_risk), Fraction(competing, at_risk)
        before = free
        incidence += before * hazard
        free *= 1 - hazard - other
        moments.append((before, free, incidence, hazard, other, at_risk))
        variance = Fraction(0)
        for was, stays, reached, one, two, risk in moments:
            ahead = (incidence - reached) / stays if stays else Fraction(0)
            by_event, by_other = was * (1 - ahead), -was * ahead
            spread = by_event**2 * one * (1 - one) + by_other**2 * two * (1 - two) - 2 * by_event * by_other * one * two
            variance += spread / risk
        steps.append(Step(time, incidence, sqrt(variance), free))
    return steps


def limits(step: Step, transform: str) -> Limits:
    """Give the pointwise limits; a probability of 0 or 1 has none."""
    if step.probability in {0, 1} or step.error is None:
        return None, None
    p = float(step.probability)
    if transform == "log-log":
        by = Z * step.error / (p * abs(log(p)))
        return p ** exp(by), p ** exp(-by)
    if transform == "log":
        return p * exp(-Z * step.error / p), min(1.0, p * exp(Z * step.error / p))
    return max(0.0, p - Z * step.error), min(1.0, p + Z * step.error)


def median_survival(steps: Sequence[Step], transform: str) -> tuple[Fraction | None, Limits]:
    bounds = [limits(step, transform) for step in steps]
    lows, highs = ([(s.time, bound[side]) for s, bound in zip(steps, bounds, strict=True)] for side in (0, 1))
    return fall([(step.time, step.probability) for step in steps]), (fall(lows), fall(highs))


def fall(curve: Sequence[tuple[Fraction, Any]]) -> Any:
    """Give when a curve falls to one half; the middle of a stretch on one half itself, if it falls further."""
    known = [(time, value) for time, value in curve if value is not None]
    for number, (time, value) in enumerate(known):
        if value < HALF:
            return time
        if value == HALF:
            further = [later for later, lower in known[number:] if lower < HALF]
            return (time + further[0]) / 2 if further else time
    return None


def median_incidence(steps: Sequence[Step], transform: str) -> tuple[Fraction | None, Limits]:
    def rise(values: Sequence[Any]) -> Any:
        return next((s.time for s, v in zip(steps, values, strict=True) if v is not None and v >= HALF), None)

    bounds = [limits(step, transform) for step in steps]
    return rise([s.probability for s in steps]), (rise([high for _, high in bounds]), rise([low for low, _ in bounds]))


def at(steps: Sequence[Step], time: Fraction, start: int, transform: str) -> tuple[float | None, Limits]:
    """Give a curve that starts at `start` at a time; None beyond the last observation if anybody was left then."""
    if not steps or (time > steps[-1].time and steps[-1].left):
        return None, (None, None)
    if time < steps[0].time:
        return float(start), (None, None)
    step = [step for step in steps if step.time <= time][-1]
    return float(step.probability), limits(step, transform)


def at_risk(observed: Observed, time: Fraction) -> list[str]:
    return [patient for patient, (end, _) in observed.items() if end >= time]


def reversed_status(observed: Observed) -> Observed:
    return {patient: (time, int(event == 0)) for patient, (time, event) in observed.items()}
