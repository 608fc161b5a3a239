"""Effects that sites state with an interval: the scale each is combined on, and what combining gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import exp, log

from icans.results.display import number
from icans.results.network.site import Site
from icans.results.rows import Result, Subject
from icans.stats.meta_analysis import (
    FIXED,
    RANDOM,
    RANDOM_DL,
    MetaAnalysis,
    Pooled,
    from_logit,
    logit_proportions,
    meta_analysis,
    standard_error,
)
from icans.stats.proportions import clopper_pearson

TRANSFORM = re.compile(r"\((log-log|log|plain),")
LOPSIDED = 0.05
"""How far from its middle an estimate may lie, as a share of its interval's width, and still be called symmetric."""

RECOVERED = "standard errors recovered from the sites' 95% intervals"
ONE_SITE = "one site says nothing of how sites differ"


@dataclass(frozen=True)
class Scale:
    """A scale on which effects are about normal.

    Parameters
    ----------
    words
        What it is called.
    to, back
        From the value as stated to the scale, and back.
    falls
        Whether a larger value is smaller on the scale.
    """

    words: str
    to: Callable[[float], float]
    back: Callable[[float], float]
    falls: bool = False


def _same(value: float) -> float:
    return value


PLAIN = Scale("as stated", _same, _same)
LOG = Scale("log scale", log, exp)
LOGIT = Scale("logit scale", lambda share: log(share / (100 - share)), lambda y: 100 * from_logit(y))
LOG_LOG = Scale("log(-log) scale", lambda share: log(-log(share / 100)), lambda y: 100 * exp(-exp(y)), falls=True)


@dataclass(frozen=True)
class OfSite:
    """What a site contributes to an effect.

    Parameters
    ----------
    site
        Its name.
    value, low, high
        Its estimate and interval as stated; None where it states none.
    n
        Observations behind it.
    effect, variance
        The two on the scale of combination; None where it is left out: `reason` says why.
    reason
        Why it is left out.
    lopsided
        Whether its interval is not symmetric on that scale.
    flat
        Whether it is left out because a curve is at one of its ends there.
    """

    site: str
    value: float | None
    low: float | None
    high: float | None
    n: int
    effect: float | None = None
    variance: float | None = None
    reason: str | None = None
    lopsided: bool = False
    flat: bool = False


@dataclass(frozen=True)
class Effect:
    """An effect of several sites.

    Parameters
    ----------
    subject
        What the rows are about.
    scale
        On which it is combined.
    sites
        What each site contributes.
    found
        What combining gave; None where no site could be used.
    how
        How variances were had, in words.
    """

    subject: Subject
    scale: Scale
    sites: tuple[OfSite, ...]
    found: MetaAnalysis | None = field(repr=False)
    how: str = RECOVERED

    @property
    def used(self) -> list[OfSite]:
        """The sites that were combined."""
        return [one for one in self.sites if one.effect is not None]

    def back(self, pooled: Pooled) -> tuple[float, float, float]:
        """Give a pooled effect and its interval as sites state theirs."""
        low, high = (pooled.high, pooled.low) if self.scale.falls else (pooled.low, pooled.high)
        return self.scale.back(pooled.value), self.scale.back(low), self.scale.back(high)


def combined(subject: Subject, scale: Scale, sites: Sequence[OfSite], how: str = RECOVERED) -> Effect:
    """Combine what sites state of an effect."""
    used = [one for one in sites if one.effect is not None and one.variance is not None]
    found = meta_analysis([one.effect or 0.0 for one in used], [one.variance or 0.0 for one in used]) if used else None
    return Effect(subject, scale, tuple(sites), found, how)


def proportion_of(site: Site, events: int, n: int) -> OfSite:
    """Give a proportion of a site, in percent, by its counts."""
    if n == 0:
        return OfSite(site.name, None, None, None, 0, reason="nobody is counted")
    exact = clopper_pearson(events, n)
    effect, variance = (float(one[0]) for one in logit_proportions([events], [n]))
    limits = (100 * (exact.low or 0.0), 100 * (1.0 if exact.high is None else exact.high))
    return OfSite(site.name, 100 * events / n, *limits, n, effect, variance)


def estimate_of(site: Site, scale: Scale, estimate: Result, low: Result | None, high: Result | None) -> OfSite:
    """Give an effect that a site states with an interval; its standard error is recovered from the interval."""
    start, end = (None if one is None else one.value for one in (low, high))
    stated = OfSite(site.name, estimate.value, start, end, estimate.n)
    if estimate.value is None:
        return _without(stated, estimate.reason or "no estimate")
    if scale is LOG_LOG:
        return _of_curve(stated, estimate)
    if start is None or end is None:
        return _without(stated, "no interval")
    try:
        value, start, end = (scale.to(one) for one in (estimate.value, start, end))
    except ValueError:
        return _without(stated, f"0 or without bound, which the {scale.words} does not have")
    return _with(stated, value, standard_error(start, end), abs(start + end - 2 * value) / ((end - start) or 1.0))


def _of_curve(stated: OfSite, estimate: Result) -> OfSite:
    """Give survival or incidence on the log(-log) scale, whatever transform its interval has.

    An interval by logarithms or as it is may be cut off at 0% or 100%: its other side then tells the standard error.
    """
    transform = TRANSFORM.search(estimate.method)
    share = (estimate.value or 0.0) / 100
    if not 0 < share < 1:
        return _without(stated, f"{number(100 * share)}% has no standard error", flat=True)
    if transform is None:
        return _without(stated, "the method does not say on which scale its interval is symmetric")
    if stated.low is None or stated.high is None:
        return _without(stated, "no interval")
    low, high, slope = stated.low / 100, stated.high / 100, abs(log(share))
    value = log(-log(share))
    if transform[1] == "log-log":
        se = abs(standard_error(log(-log(low)), log(-log(high)))) if low > 0 and high < 1 else 0.0
    elif transform[1] == "log":
        se = 2 * standard_error(log(low), log(share)) / slope if low > 0 else 0.0
    else:
        se = 2 * (standard_error(low, share) if low > 0 else standard_error(share, high)) / (share * slope)
    return _with(stated, value, se, 0.0)


def _with(stated: OfSite, value: float, se: float, away: float) -> OfSite:
    if not se > 0:
        return _without(stated, "its interval has no width")
    return OfSite(
        stated.site, stated.value, stated.low, stated.high, stated.n, value, se**2, lopsided=away > 2 * LOPSIDED
    )


def _without(stated: OfSite, reason: str, *, flat: bool = False) -> OfSite:
    return OfSite(stated.site, stated.value, stated.low, stated.high, stated.n, reason=reason, flat=flat)


def effect_rows(effect: Effect, sites: int) -> Iterator[Result]:
    """Give what combining an effect gave as rows.

    Parameters
    ----------
    effect
        The effect.
    sites
        How many sites are merged.

    Returns
    -------
    iterator of Result
        ``sites``; ``fixed``, ``random`` and ``random_dl``, each with ``_low`` and ``_high``; ``prediction_low`` and
        ``prediction_high``; ``q``, ``q_p_value``, ``i2``, ``tau2`` and ``tau2_dl``.
    """
    subject, used, found = effect.subject, effect.used, effect.found
    left = [f"{one.site}: {one.reason}" for one in effect.sites if one.reason]
    whom = f"{len(used)} of {sites} sites" + (f" ({'; '.join(left)})" if left else "")
    odd = [one.site for one in used if one.lopsided]
    how = f"{effect.how}, {effect.scale.words}"
    if odd:
        how += f", on which those of {', '.join(odd)} are not symmetric"
    about = Subject(
        subject.analysis, subject.variable, subject.group, subject.level, subject.unit, n=sum(one.n for one in used)
    )
    counted = Subject(about.analysis, about.variable, about.group, about.level, method=whom, n=about.n)
    yield counted.row("sites", len(used))
    if found is None:
        for name in ("fixed", "random"):
            yield about.row(name, None, "no site can be used", method=f"{how}; {whom}")
        return
    for name, pooled, method in (
        ("fixed", found.fixed, FIXED),
        ("random", found.random, RANDOM),
        ("random_dl", found.random_dl, RANDOM_DL),
    ):
        for end, value in zip(("", "_low", "_high"), effect.back(pooled), strict=True):
            yield about.row(f"{name}{end}", value, method=f"{method}; {how}; {whom}")
    yield from _heterogeneity(effect, counted, about, how)


def _heterogeneity(effect: Effect, counted: Subject, about: Subject, how: str) -> Iterator[Result]:
    found = effect.found
    if found is None:
        return
    few = ONE_SITE if found.sites == 1 else "a prediction needs three sites"
    ends: tuple[float | None, float | None] = (None, None)
    if found.prediction is not None:
        _, *limits = effect.back(Pooled(0.0, *found.prediction))
        ends = limits[0], limits[1]
    for name, value in zip(("prediction_low", "prediction_high"), ends, strict=True):
        yield about.row(name, value, few, method="95% interval for the effect at a further site, random effects")
    for name, value, unit, method in (
        ("q", found.q, "", "Cochran's Q"),
        ("q_p_value", found.q_p_value, "", f"Cochran's Q against chi-square with {found.sites - 1} degrees of freedom"),
        ("i2", found.i2, "%", "I2: share of the variation that is not chance, from Q"),
        ("tau2", found.tau2, "", "variance between sites, Paule and Mandel"),
        ("tau2_dl", found.tau2_dl, "", "variance between sites, DerSimonian and Laird"),
    ):
        yield counted.row(name, value, ONE_SITE, unit=unit, method=f"{method}; {how}")
