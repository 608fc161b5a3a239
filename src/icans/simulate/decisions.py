"""When simulated patients are treated where the decision depends on the grade and the day."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from icans.simulate.parameters import LONGEST_DAYS, Parameters
from icans.units import HOURS_PER_DAY

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

NEVER = np.inf
STEP_HOURS = 3.0
"""The grade by which it is decided is taken anew so often."""

MOST_GROWTH = 50.0
"""Beyond it the exponential of a hazard's growth is taken for its own: treated within the step, and no overflow."""


def first_courses_by_hazard(
    grade_at: Callable[[Floats], Integers],
    *,
    onset: Floats,
    reached: Floats,
    end: Floats,
    parameters: Parameters,
    chance: np.random.Generator,
) -> Floats:
    """Give the hour of the first course of each patient, `inf` for never.

    The hazard of being treated is that of the grade a patient has, times the exponential of its growth with each day
    from onset. Nothing but the grade of the moment and the day decides, so that who knows both knows all that treatment
    and remission have in common. Whoever is still untreated at the deadline is treated then.

    Parameters
    ----------
    grade_at
        Gives the grade of every untreated patient at hours: patients by hours.
    onset, reached, end
        Onset of ICANS, hour at which it reached the grade of the deadline, hour at which it is over.
    parameters
        The truth.
    chance
        Generator of random numbers.
    """
    since = np.arange(0.0, LONGEST_DAYS * HOURS_PER_DAY, STEP_HOURS)
    with np.errstate(invalid="ignore"):
        allowed = onset[:, None] + since >= (reached + parameters.treatment_from_hours)[:, None]
        hazard = np.array([0.0, *parameters.treatment_hazard])[grade_at(onset[:, None] + since)]
    growth = np.minimum(parameters.treatment_hazard_growth * since / HOURS_PER_DAY, MOST_GROWTH)
    hazard = hazard * np.exp(growth) * STEP_HOURS / HOURS_PER_DAY
    if parameters.treatment_from_hours > 0:
        hazard = np.where(allowed, hazard, 0.0)
    summed = np.cumsum(hazard, axis=1)
    due = chance.exponential(1.0, onset.size)
    step = np.count_nonzero(summed < due[:, None], axis=1)
    decided = step < since.size
    place = np.minimum(step, since.size - 1)
    rows = np.arange(onset.size)
    short = due - (summed[rows, place] - hazard[rows, place])
    within = np.divide(short, hazard[rows, place], out=np.zeros_like(due), where=hazard[rows, place] > 0)
    at = np.where(decided, onset + since[place] + STEP_HOURS * within, NEVER)
    if parameters.treatment_by_hours > 0:
        at = np.minimum(at, reached + parameters.treatment_by_hours)
    return np.where(at < np.minimum(end, LONGEST_DAYS * HOURS_PER_DAY), at, NEVER)
