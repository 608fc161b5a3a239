"""Curves of time to event: estimated once, for the rows of results and for the figures, which compute nothing.

A curve's steps are coordinates and stay out of the table of results; medians, landmarks and numbers at risk are in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from icans.protocol import Protocol
from icans.results.cohort import Mask, Positions
from icans.results.columns import Columns, kept
from icans.results.gathered import Gathered
from icans.stats.competing_risks import IncidenceCurve, aalen_johansen
from icans.stats.risk_sets import number_at_risk
from icans.stats.time_to_event import SurvivalCurve, kaplan_meier
from icans.units import DAYS_PER_MONTH

if TYPE_CHECKING:
    from icans.stats.simon_makuch import SimonMakuchCurve

ENDPOINTS = ("os", "pfs")
MOST_TICKS = 8
WITHIN = 1 - 1e-9
"""Hours turned into days and months miss a whole number by less than this; they are still on it."""
TICK_STEPS = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 60, 120)


@dataclass(frozen=True)
class Curve:
    """A curve of time to event as plain rows, for a figure.

    Parameters
    ----------
    variable
        ``os``, ``pfs`` or ``remission``.
    group
        Group of patients, None for everyone (for remission: every evaluable patient).
    unit
        Unit of time: months, or days for remission.
    method
        Estimate and interval in words.
    steps
        One row for time 0 and each distinct observed time: ``time``, ``percent`` (survival, or cumulative incidence),
        ``low`` and ``high`` (percent, None where the interval has no width), ``at_risk``, ``events``, ``censored``.
    at_risk
        Numbers at risk for under the figure: ``time``, ``at_risk``.
    """

    variable: str
    group: str | None
    unit: str
    method: str
    steps: list[dict[str, float | None]]
    at_risk: list[dict[str, float]]


def curves(study: Gathered, protocol: Protocol) -> list[Curve]:
    """Give every curve of the study: overall and progression-free survival of each group, and remission."""
    made = [
        plain(endpoint, group, "months", survival_curve(study, protocol, endpoint, who)[1])
        for endpoint in ENDPOINTS
        for group, who in study.cohort.groups()
    ]
    return [*made, plain("remission", None, "days", remission_curve(study, protocol)[1])]


def survival_curve(study: Gathered, protocol: Protocol, endpoint: str, who: Mask) -> tuple[Columns, SurvivalCurve]:
    """Give the rows of a survival endpoint for some patients and their Kaplan-Meier curve in months."""
    rows = kept(study.survival, study.survival["endpoint"] == endpoint)
    rows = kept(rows, who[rows["patient"]])
    months = rows["time_days"] / DAYS_PER_MONTH
    return rows, kaplan_meier(months, rows["event"] == 1, transform=protocol.survival.interval)


def remission_curve(study: Gathered, protocol: Protocol) -> tuple[Columns, IncidenceCurve]:
    """Give the rows of time to remission of the evaluable patients and its cumulative incidence curve in days."""
    rows = study.of_evaluated(kept(study.survival, study.survival["endpoint"] == "remission"))
    return rows, aalen_johansen(rows["time_days"], rows["event"], transform=protocol.survival.interval)


def at_risk(curve: SurvivalCurve | IncidenceCurve, time: float) -> int:
    """Count the patients at risk just before a time: observed until then or longer."""
    return int(number_at_risk(curve, [time * WITHIN])[0])


def still_at_risk(observed: Columns, days: float) -> Positions:
    """Give the patients at risk just before a time: observed until then or longer."""
    who: Positions = observed["patient"][observed["time_days"] >= days * WITHIN]
    return who


def ticks(curve: SurvivalCurve | IncidenceCurve | SimonMakuchCurve) -> list[float]:
    """Give evenly spaced times from 0 to the end of observation, at most about `MOST_TICKS`."""
    last = float(curve.time[-1]) if curve.time.size else 0.0
    step = next((step for step in TICK_STEPS if last / step < MOST_TICKS), TICK_STEPS[-1])
    return [float(time) for time in np.arange(0.0, last + step / 2, step)]


def plain(variable: str, group: str | None, unit: str, curve: SurvivalCurve | IncidenceCurve) -> Curve:
    """Give a curve as plain rows, with the numbers at risk at regular times."""
    start, values = (100.0, curve.survival) if isinstance(curve, SurvivalCurve) else (0.0, curve.incidence)
    before: dict[str, float | None] = {
        "time": 0.0,
        "percent": start,
        "low": None,
        "high": None,
        "at_risk": float(curve.n),
        "events": 0.0,
        "censored": 0.0,
    }
    columns = (curve.time, 100 * values, 100 * curve.low, 100 * curve.high, curve.at_risk, curve.events, curve.censored)
    steps = [dict(zip(before, row, strict=True)) for row in zip(*map(_values, columns), strict=True)]
    numbers = [{"time": time, "at_risk": float(at_risk(curve, time))} for time in ticks(curve)]
    return Curve(variable, group, unit, curve.method, [before, *steps], numbers)


def stretch_curve(
    variable: str, group: str, unit: str, curve: SimonMakuchCurve, numbers: Callable[[Sequence[float]], Sequence[float]]
) -> Curve:
    """Give a curve over those in a group at each time as plain rows, from when the first patient entered.

    `numbers` says how many are in the group just before each of some times: between two steps others may enter.
    """
    ended = curve.time[-1] if curve.ended is None else curve.ended
    begins = curve.first or 0.0
    first = {"time": begins, "percent": 100.0, "low": None, "high": None, "events": 0.0, "censored": 0.0}
    names = ("time", "percent", "low", "high", "events", "censored")
    columns = (curve.time, 100 * curve.survival, 100 * curve.low, 100 * curve.high, curve.events, curve.left)
    steps: list[dict[str, float | None]] = [first]
    steps += [dict(zip(names, row, strict=True)) for row in zip(*map(_values, columns), strict=True)]
    steps = [row for row in steps if (row["time"] or 0.0) <= ended]
    between = [time for time in ticks(curve) if begins < time < ended and time not in set(curve.time.tolist())]
    for time in between:
        place = sum((row["time"] or 0.0) < time for row in steps)
        steps.insert(place, {**steps[place - 1], "time": time, "events": 0.0, "censored": 0.0})
    inside = numbers([row["time"] or 0.0 for row in steps])
    counted = [{**row, "at_risk": number} for row, number in zip(steps, inside, strict=True)]
    shown = ticks(curve)
    at_risk = [{"time": time, "at_risk": number} for time, number in zip(shown, numbers(shown), strict=True)]
    return Curve(variable, group, unit, curve.method, counted, at_risk)


def _values(array: NDArray[Any]) -> list[float | None]:
    return [None if value != value else value for value in array.astype(np.float64).tolist()]  # noqa: PLR0124  # NaN
