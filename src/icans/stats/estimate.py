"""What an estimator gives back: a number with its interval, or a test, each with its method and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import ndtri

from icans.errors import StudyError


@dataclass(frozen=True)
class Estimate:
    """A number with its confidence interval.

    Parameters
    ----------
    value
        The estimate; None where it could not be had: `reason` says why.
    low, high
        Limits of the confidence interval; None where there is none: `low_reason` and `high_reason` say why.
    method
        Estimate and interval in words a journal prints.
    n
        Observations behind it.
    level
        Confidence level that was asked for.
    achieved
        Confidence level of an exact interval from a discrete distribution, at least `level`; None for other intervals.
    reason, low_reason, high_reason
        Why the value or a limit is None.
    """

    value: float | None
    low: float | None
    high: float | None
    method: str
    n: int
    level: float = 0.95
    achieved: float | None = None
    reason: str | None = None
    low_reason: str | None = None
    high_reason: str | None = None


@dataclass(frozen=True)
class SignificanceTest:
    """A test of a null hypothesis, two-sided.

    Parameters
    ----------
    statistic
        The test statistic; None where there is no test.
    p_value
        Two-sided p-value; None where there is no test: `reason` says why.
    n
        Observations the test rests on, after those it cannot use.
    method
        The test in words a journal prints.
    reason
        Why there is no test.
    """

    statistic: float | None
    p_value: float | None
    n: int
    method: str
    reason: str | None = None


def no_estimate(reason: str, *, method: str, n: int, level: float) -> Estimate:
    """Give an estimate that could not be had, nor its interval, for one reason."""
    return Estimate(None, None, None, method, n, level, reason=reason, low_reason=reason, high_reason=reason)


def without_interval(value: float, reason: str, *, method: str, n: int, level: float) -> Estimate:
    """Give an estimate whose interval could not be had."""
    return Estimate(value, None, None, method, n, level, low_reason=reason, high_reason=reason)


def too_few(what: str, n: int, level: float) -> str:
    """Say why order statistics give no interval: that n signs are all alike has a chance of 2 ** (1 - n)."""
    return f"too few {what} for a {percent(level)} interval: with {n} the widest reaches {percent(1 - 2.0 ** (1 - n))}"


def normal_quantile(level: float) -> float:
    """Give the standard normal quantile of a two-sided interval: 1.96 for 0.95.

    Raises
    ------
    StudyError
        The level is not between 0 and 1.
    """
    return float(ndtri((1 + checked_level(level)) / 2))


def checked_level(level: float) -> float:
    """Refuse a confidence level that is not between 0 and 1."""
    if not 0 < level < 1:
        raise StudyError(f"A confidence level of {level} was asked for; it lies between 0 and 1.", "The usual is 0.95.")
    return level


def percent(level: float) -> str:
    """Write a confidence level as text: 95%."""
    return f"{100 * level:.6g}%"
