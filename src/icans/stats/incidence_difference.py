"""By how much the cumulative incidence of two groups differs at a time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from icans.stats.arrays import times
from icans.stats.competing_risks import IncidenceCurve, incidence_at
from icans.stats.estimate import Estimate, no_estimate, normal_quantile, percent, without_interval

NO_SPREAD = "in one group the incidence is 0 or 1, where it has no variance"
"""Why a difference has no interval: the uncertainty of the other group is not that of the difference."""


def incidence_difference(curve: IncidenceCurve, reference: IncidenceCurve, at: ArrayLike) -> list[Estimate]:
    """Give the difference of two cumulative incidences at given times, with symmetric intervals.

    The incidence in the group minus that in the reference. The groups being different patients, the variances add.

    Parameters
    ----------
    curve, reference
        Curves of the two groups; the confidence level is that of the first.
    at
        Times in the curves' unit.

    Returns
    -------
    list of Estimate
        One per time, between -1 and 1; the limits are not cut off there. None with a reason where a group was not
        observed for so long; no interval where one group's incidence is 0 or 1.

    Examples
    --------
    >>> from icans.stats.competing_risks import aalen_johansen
    >>> one, other = aalen_johansen([1, 2, 3, 4], [1, 1, 2, 0]), aalen_johansen([1, 2, 3, 4], [2, 1, 0, 0])
    >>> incidence_difference(one, other, [2])[0].value
    0.25
    """
    level, n = curve.level, curve.n + reference.n
    method = f"difference of Aalen-Johansen cumulative incidences with {percent(level)} interval (variances added)"
    estimates = []
    moments = times(at, "at").tolist()
    both = zip(moments, incidence_at(curve, at), incidence_at(reference, at), strict=True)
    for moment, one, other in both:
        if one.value is None or other.value is None:
            reason = one.reason or other.reason or ""
            estimates.append(no_estimate(reason, method=method, n=n, level=level))
            continue
        value, spreads = one.value - other.value, [_variance(found, moment) for found in (curve, reference)]
        if min(spreads) <= 0:
            estimates.append(without_interval(value, NO_SPREAD, method=method, n=n, level=level))
            continue
        error = normal_quantile(level) * math.sqrt(sum(spreads))
        estimates.append(Estimate(value, value - error, value + error, method, n, level))
    return estimates


def _variance(curve: IncidenceCurve, moment: float) -> float:
    """Give the variance of the incidence at a time; 0 before the first observed one."""
    place = int(np.searchsorted(curve.time, moment, side="right")) - 1
    return float(curve.variance[place]) if place >= 0 else 0.0
