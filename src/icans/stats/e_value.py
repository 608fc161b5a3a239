"""E-values: how strong unmeasured confounding would have to be to explain an effect away."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from icans.errors import StudyError
from icans.stats.estimate import Estimate

Measure = Literal["risk ratio", "hazard ratio", "odds ratio"]
"""What the effect is a ratio of."""

RARE_UP_TO = 0.15
"""Share with the outcome by the end of follow-up up to which hazard and odds ratios stand for a risk ratio."""


@dataclass(frozen=True)
class EValue:
    """E-values of an effect and of the limit of its interval nearer to no effect.

    Parameters
    ----------
    estimate
        E-value of the effect, 1 or above; None with `reason`.
    limit
        E-value of the limit nearer to a ratio of 1; 1 where the interval holds 1. None with `limit_reason`.
    method
        The conversion in words a journal prints.
    n
        Observations behind the effect.
    reason, limit_reason
        Why a number is None.
    """

    estimate: float | None
    limit: float | None
    method: str
    n: int
    reason: str | None = None
    limit_reason: str | None = None


def e_value(effect: Estimate, measure: Measure, *, rare: bool = False) -> EValue:
    """Give the E-values of a ratio and of its interval.

    The least risk ratio that an unmeasured confounder would need with both the treatment and the outcome, above what
    was measured, to explain the effect away. A risk difference has the E-value of the ratio of the same two risks.
    Where the outcome is common a hazard or odds ratio is first made an approximate risk ratio.

    Parameters
    ----------
    effect
        Ratio with its interval, above 0.
    measure
        What it is a ratio of.
    rare
        Whether at most `RARE_UP_TO` have the outcome by the end of follow-up; a risk ratio does not depend on it.

    Returns
    -------
    EValue
        None with a reason where the ratio or the limit is none, or is 0 or without bound: no confounding of finite
        strength would do.

    Raises
    ------
    StudyError
        A ratio is negative.

    Notes
    -----
    VanderWeele and Ding 2017, doi:10.7326/M16-2607.

    Examples
    --------
    >>> smoking = e_value(Estimate(10.73, 8.02, 14.36, "risk ratio", 1), "risk ratio")
    >>> round(smoking.estimate, 1), round(smoking.limit, 1)
    (20.9, 15.5)
    """
    method = f"E-value of the {measure}{_conversion(measure, rare=rare)}"
    if effect.value is None:
        estimate, reason = None, effect.reason
    else:
        estimate, reason = _of_ratio(effect.value, measure, rare=rare)
    limit, limit_reason = _of_limit(effect, measure, rare=rare)
    return EValue(estimate, limit, method, effect.n, reason, limit_reason)


def _conversion(measure: Measure, *, rare: bool) -> str:
    if measure == "risk ratio":
        return ""
    if rare:
        return ", taken as a risk ratio (rare outcome)"
    formula = "(1 - 0.5^sqrt(HR)) / (1 - 0.5^sqrt(1/HR))" if measure == "hazard ratio" else "its square root"
    return f", made a risk ratio as {formula} (common outcome)"


def _of_limit(effect: Estimate, measure: Measure, *, rare: bool) -> tuple[float | None, str | None]:
    """Give the E-value of the limit nearer to 1, which is 1 where the interval, perhaps without bound, holds 1."""
    low, high = effect.low, effect.high
    if low is not None and low > 1:
        return _of_ratio(low, measure, rare=rare)
    if high is not None and high < 1:
        return _of_ratio(high, measure, rare=rare)
    if low is None and high is None:
        return None, effect.low_reason
    return 1.0, None


def _of_ratio(ratio: float, measure: Measure, *, rare: bool) -> tuple[float | None, str | None]:
    if ratio < 0:
        raise StudyError(f"A {measure} of {ratio:g} was given; a ratio is not negative.")
    if ratio in {0.0, math.inf}:
        what = "0" if ratio == 0 else "without bound"
        return None, f"the {measure} or its limit is {what}: no confounding of finite strength would do"
    if not rare and measure == "hazard ratio":
        root = math.sqrt(ratio)
        risk_ratio = (1 - 0.5**root) / (1 - 0.5 ** (1 / root))
    else:
        risk_ratio = math.sqrt(ratio) if not rare and measure == "odds ratio" else ratio
    away = max(risk_ratio, 1 / risk_ratio)
    return away + math.sqrt(away * (away - 1)), None
