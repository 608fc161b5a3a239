"""The one formatter: how a number of the study is written, on every page, in every figure and at the command line.

Numbers are rounded in decimal, half away from zero, as statisticians' tables are; there is no ``-0``.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from icans.results.rows import Result

NOT_REACHED = "not reached"
NOT_AVAILABLE = "not available"

AT_MOST_ONE_DECIMAL = frozenset({"years", "days", "hours", "grade", "mg"})
COUNTED_UNITS = frozenset({"years", "months", "days", "hours", "lines", "courses", "doses", "episodes", "rows"})
SCIENTIFIC_UNITS = frozenset({"cells/kg"})
RATES = frozenset({"percent", "survival", "incidence"})
LIMITS = ("_low", "_high")
P_VALUES = frozenset({"p_value"})


def exact(value: float) -> Decimal:
    """Give a float as the decimal it stands for; noise past the 14th significant digit is dropped."""
    return Decimal(f"{value:.14g}")


def rounded(value: float, digits: int) -> Decimal:
    """Round to decimal places, half away from zero; zero has no sign."""
    return quantised(exact(value), Decimal(1).scaleb(-digits))


def quantised(value: Decimal, step: Decimal, rounding: str = ROUND_HALF_UP) -> Decimal:
    """Round to a multiple of a power of ten, half away from zero unless told otherwise; zero has no sign."""
    if value.adjusted() - step.adjusted() > 20:
        return value
    result = (value / step).quantize(Decimal(1), rounding=rounding) * step
    return abs(result) if result == 0 else result


def number(value: float, digits: int | None = None) -> str:
    """Write a number with thousands separated; without `digits`, with as many decimals as it needs, at most two."""
    if digits is None:
        if _is_extreme(value):
            return scientific(value)
        digits = decimals((value,))
    return f"{rounded(value, digits):,f}"


def scientific(value: float, digits: int = 1) -> str:
    """Write a number as ``2.0 × 10^6``."""
    if value == 0:
        return "0"
    exponent = exact(value).adjusted()
    mantissa = quantised(exact(value).scaleb(-exponent), Decimal(1).scaleb(-digits))
    if abs(mantissa) >= 10:
        exponent += 1
        mantissa = mantissa.scaleb(-1)
    return f"{mantissa:.{digits}f} × 10^{exponent}"


def decimals(values: Iterable[float], unit: str = "") -> int:
    """Give the decimal places that numbers shown together share: as many as they need, within what they can carry."""
    given = [exact(value) for value in values]
    if unit == "months":
        return 1
    largest = max((abs(value) for value in given), default=Decimal(0))
    most = 1 if unit in AT_MOST_ONE_DECIMAL or largest >= 100 else 2 if largest >= 1 else 3
    return max((_places(quantised(value, Decimal(1).scaleb(-most))) for value in given), default=0)


def places(value: float, digits: int) -> int:
    """Give these decimal places, or one more where a number that is not 0 would be written as 0."""
    return digits + 1 if value and not rounded(value, digits) else digits


def with_unit(text: str, unit: str) -> str:
    """Name the unit of a number already written."""
    if not unit:
        return text
    if unit == "grade":
        return f"grade {text}"
    if unit == "%":
        return f"{text}%"
    return f"{text} {unit.removesuffix('s')}" if text == "1" and unit in COUNTED_UNITS else f"{text} {unit}"


def measured(value: float | None, unit: str = "", digits: int | None = None) -> str:
    """Write a measurement with its unit; None is ``not reached``."""
    if value is None:
        return NOT_REACHED
    if digits is None and (unit in SCIENTIFIC_UNITS or _is_extreme(value)):
        return with_unit(scientific(value), unit)
    return with_unit(number(value, decimals((value,), unit) if digits is None else digits), unit)


def time_point(value: float, unit: str) -> str:
    """Write a landmark as a level of results names it: ``1 day``, ``6 months``, ``0.5 months``."""
    return f"{number(value)} {unit.removesuffix('s') if value == 1 else unit}"


def percent(value: float, digits: int = 1) -> str:
    """Write a percentage: ``92.3%``; ``>99.9%`` and ``<0.1%`` where only rounding would make it all or none."""
    written, step = rounded(value, digits), Decimal(1).scaleb(-digits)
    if 0 < exact(value) < 100 and written in {0, 100}:
        return f"<{step}%" if written == 0 else f">{100 - step}%"
    return with_unit(number(value, digits), "%")


def count_percent(count: float, share: float | None) -> str:
    """Write a count with its percentage: ``12 (92.3%)``."""
    return number(count, 0) if share is None else f"{number(count, 0)} ({percent(share)})"


def median_range(median: float, least: float, most: float, unit: str = "") -> str:
    """Write a median with its range: ``39 (11-65) years``."""
    values = (median, least, most)
    if unit in SCIENTIFIC_UNITS or any(_is_extreme(value) for value in values):
        middle, low, high = (scientific(value) for value in values)
    else:
        digits = decimals(values, unit)
        middle, low, high = (number(value, digits) for value in values)
    dash = " to " if least < 0 or "×" in low + high else "-"
    return with_unit(f"{middle} ({low}{dash}{high})", "" if unit == "%" else unit) + (" %" if unit == "%" else "")


def interval(low: float | None, high: float | None, unit: str = "", digits: int | None = None) -> str:
    """Write a confidence interval: ``64.0% to 99.8%``, ``3.1 to 9.0 months``, ``3.1 months to not reached``."""
    if digits is None:
        digits = 1 if unit == "%" else decimals([value for value in (low, high) if value is not None], unit)
    if low is None or high is None or unit == "%":
        return f"{measured(low, unit, digits)} to {measured(high, unit, digits)}"
    return with_unit(f"{number(low, digits)} to {number(high, digits)}", unit)


def p_value(value: float) -> str:
    """Write a p-value to three decimals: ``0.012``, ``<0.001``, ``>0.999``."""
    if exact(value) < Decimal("0.001"):
        return "<0.001"
    return ">0.999" if rounded(value, 3) == 1 and value < 1 else number(value, 3)


def shown(result: Result) -> str:
    """Write the value of a row of results, its unit named; a value that could not be had is said in words."""
    if result.value is None:
        return NOT_REACHED if (result.reason or "").startswith(NOT_REACHED) else NOT_AVAILABLE
    if result.statistic in P_VALUES:
        return p_value(result.value)
    of_rate = result.statistic.endswith(LIMITS) or result.analysis in {"remission", "recurrence", "sensitivity"}
    if result.statistic in RATES or (result.unit == "%" and of_rate):
        return percent(result.value)
    is_count = result.unit in {"", "rows"} and result.value.is_integer()
    return measured(result.value, result.unit, 0 if is_count else None)


def _places(value: Decimal) -> int:
    return max(0, -int(value.normalize().as_tuple().exponent))


def _is_extreme(value: float) -> bool:
    return abs(value) >= 1e6 or 0 < abs(value) < 0.001
