"""A figure as a manuscript states it, and whether a recomputed number agrees at the precision stated.

A figure is stated as a number (``92.3``, ``13``, ``1,024``, ``92.3%``, ``2.0e6``, ``2.0 x 10^6``), a bound (``<0.05``,
``<=12``, ``>0``), a count of a total (``12 of 13``) or ``not reached``. Its last digit is its precision.

- *agrees*: the number rounded half away from zero to the digits stated is the figure; it lies within the bound.
- *compatible with rounding*: it does not, and another usual way of rounding explains the figure: half to even;
  truncation; rounding twice (first to one, two or three digits more); and, for a statistic that picks or averages
  measurements (a median, a mean, a smallest or largest value), measurements that were themselves rounded to the digits
  stated, which moves such a statistic by less than one unit in the last place. For a bound: the number rounded to the
  digits stated lies within it.
- *contradicts*: none of these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from operator import ge, gt, le, lt
from typing import Literal

from icans.results.display import NOT_REACHED, exact, quantised

Agreement = Literal["agrees", "compatible with rounding", "contradicts"]

BOUNDS = {"<=": le, ">=": ge, "<": lt, ">": gt}
LOCATIONS = frozenset({"median", "median_all", "median_before", "median_after", "mean", "min", "max", "q1", "q3"})

_NUMBER = re.compile(
    r"(?P<digits>[+-]?(?:[1-9]\d{0,2}(?:,\d{3})+|\d+)(?:\.\d+)?)\s*(?:(?:e|[x×*]\s*10\s*\^?)\s*(?P<power>[+-]?\d+))?\s*%?",
    re.IGNORECASE,
)
_COUNT = re.compile(r"(\d+)\s*(?:of|/)\s*(\d+)")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−≤≥", "0123456789--≤≥")


@dataclass(frozen=True)
class Stated:
    """A stated figure.

    Parameters
    ----------
    text
        As written.
    value
        The number or bound; None for ``not reached``.
    step
        Unit in its last place.
    relation
        ``<``, ``<=``, ``>``, ``>=`` for a bound, empty for a number.
    total
        The total of ``12 of 13``.
    """

    text: str
    value: Decimal | None
    step: Decimal = Decimal(1)
    relation: str = ""
    total: int | None = None


def parse(text: str) -> Stated | None:
    """Read a stated figure; None where it is none."""
    plain = text.strip().translate(_SUPERSCRIPTS).replace("≤", "<=").replace("≥", ">=")
    if plain.lower() == NOT_REACHED:
        return Stated(text, None)
    if count := _COUNT.fullmatch(plain):
        return Stated(text, Decimal(count[1]), total=int(count[2]))
    relation = next((sign for sign in BOUNDS if plain.startswith(sign)), "")
    match = _NUMBER.fullmatch(plain.removeprefix(relation).strip())
    if match is None:
        return None
    power = int(match["power"] or 0)
    if abs(power) > 300:
        return None
    digits = Decimal(match["digits"].replace(",", ""))
    value = digits.scaleb(power)
    return Stated(text, value, Decimal(1).scaleb(int(digits.as_tuple().exponent) + power), relation)


def compare(stated: Stated, value: float, statistic: str) -> tuple[Agreement, str]:
    """Say whether a recomputed number agrees with a stated one, and which rounding explains it where one does."""
    ours = exact(value)
    if stated.value is None:
        return "contradicts", ""
    usual = quantised(ours, stated.step)
    if stated.relation:
        within = BOUNDS[stated.relation]
        if within(ours, stated.value):
            return "agrees", ""
        return ("compatible with rounding", "once rounded") if within(usual, stated.value) else ("contradicts", "")
    if usual == stated.value:
        return "agrees", ""
    explanation = _rounding(ours, stated.value, stated.step, statistic)
    return ("compatible with rounding", explanation) if explanation else ("contradicts", "")


def _rounding(ours: Decimal, stated: Decimal, step: Decimal, statistic: str) -> str:
    """Name the way of rounding that gives the stated figure, empty where none does."""
    if quantised(ours, step, ROUND_HALF_EVEN) == stated:
        return "rounded half to even"
    if quantised(ours, step, ROUND_DOWN) == stated:
        return "truncated"
    if any(quantised(quantised(ours, step.scaleb(-more)), step) == stated for more in (1, 2, 3)):
        return "rounded twice"
    if statistic in LOCATIONS and abs(ours - stated) < step:
        return "from rounded measurements"
    return ""
