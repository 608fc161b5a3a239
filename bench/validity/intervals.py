"""Every interval that results give, computed of one sample."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bench.validity.populations import Treated
from icans.stats.bayes import JEFFREYS, UNIFORM, credible
from icans.stats.competing_risks import aalen_johansen, incidence_at, median_incidence
from icans.stats.cox import cox
from icans.stats.estimate import Estimate
from icans.stats.firth import firth_cox
from icans.stats.incidence_difference import incidence_difference
from icans.stats.proportions import clopper_pearson, wilson
from icans.stats.rank_sum import hodges_lehmann_shift
from icans.stats.restricted_mean import compare_restricted_means
from icans.stats.signed_rank import hodges_lehmann
from icans.stats.time_to_event import kaplan_meier, median_survival, survival_at
from icans.stats.two_proportions import Group, miettinen_nurminen, newcombe, risk_ratio

Rows = NDArray[np.int64]
Samples = tuple[Treated, Rows, Treated, Rows]
"""A population and the rows drawn from it, and a second one with its own for two groups."""

ONE_GROUP = ("one",)
MONTHS = 12.0
DAY = 3.0
TAU = 7.0
TRANSFORMS = ("log-log", "log", "plain")


def one_group(whole: Treated, rows: Rows) -> dict[str, Estimate]:
    """Give the intervals of one group."""
    remitted, n = int(whole.remission[rows].sum()), rows.size
    found = {
        "remission rate, Clopper-Pearson": clopper_pearson(remitted, n),
        "remission rate, Wilson": wilson(remitted, n),
        "remission rate, posterior of a uniform prior": credible(remitted, n, UNIFORM),
        "remission rate, posterior of Jeffreys' prior": credible(remitted, n, JEFFREYS),
        "paired change, Hodges-Lehmann": hodges_lehmann(_known(whole.change[rows])),
    }
    for transform in TRANSFORMS:
        curve = kaplan_meier(whole.months[rows], whole.died[rows], transform=transform)
        found[f"survival at 12 months, {transform}"] = survival_at(curve, [MONTHS])[0]
        found[f"median survival, {transform}"] = median_survival(curve)
        incidence = aalen_johansen(whole.days[rows], whole.event[rows], transform=transform)
        found[f"incidence of remission at 3 days, {transform}"] = incidence_at(incidence, [DAY])[0]
        found[f"median days to remission, {transform}"] = median_incidence(incidence)
    return found


def two_groups(one: Treated, rows: Rows, other: Treated, other_rows: Rows) -> dict[str, Estimate]:
    """Give the intervals of the difference between two groups."""
    group, reference = (
        Group(int(whole.remission[own].sum()), own.size) for whole, own in ((one, rows), (other, other_rows))
    )
    time = np.concatenate((one.days[rows], other.days[other_rows]))
    remitted = np.concatenate((one.event[rows], other.event[other_rows])) == 1
    which = np.repeat([1.0, 0.0], [rows.size, other_rows.size])
    curves = [kaplan_meier(whole.days[own], whole.event[own] == 1) for whole, own in ((one, rows), (other, other_rows))]
    incidences = [
        aalen_johansen(whole.days[own], whole.event[own]) for whole, own in ((one, rows), (other, other_rows))
    ]
    return {
        "risk difference, Newcombe": newcombe(group, reference),
        "risk difference, Miettinen-Nurminen": miettinen_nurminen(group, reference),
        "risk ratio, Miettinen-Nurminen": risk_ratio(group, reference),
        "shift of days to remission, Hodges-Lehmann": hodges_lehmann_shift(
            *(_known(np.where(w.event[r] == 1, w.days[r], np.nan)) for w, r in ((one, rows), (other, other_rows)))
        ),
        "restricted mean difference up to 7 days": compare_restricted_means(*curves, tau=TAU).difference,
        "incidence difference at 3 days": incidence_difference(*incidences, [DAY])[0],
        "hazard ratio, Cox": cox(time, remitted, which).coefficients[0],
        "hazard ratio, Firth": firth_cox(time, remitted, which).coefficients[0],
    }


def truths(one: Treated, other: Treated) -> dict[str, float]:
    """Give the true values: what the estimators give for the whole populations, as many patients of each."""
    many = min(one.size, other.size)
    every, others = np.arange(one.size), np.arange(other.size)
    known: dict[str, float] = {}
    for name, estimate in one_group(one, every).items():
        known[name] = one.remission.mean() if name.startswith("remission rate") else _value(estimate)
    pairs: Callable[..., dict[str, Estimate]] = two_groups
    for name, estimate in pairs(one, every[:many], other, others[:many]).items():
        known[name] = _value(estimate)
    known["hazard ratio, Firth"] = known["hazard ratio, Cox"]
    return known


def covers(estimate: Estimate, truth: float) -> tuple[bool, bool, bool]:
    """Say whether there is an interval, whether it lies above the truth, and whether it lies below it.

    A limit that was not reached is without end.
    """
    if estimate.low is None and estimate.high is None:
        return False, False, False
    low = -math.inf if estimate.low is None else estimate.low
    high = math.inf if estimate.high is None else estimate.high
    slack = 1e-9 * max(1.0, abs(truth))
    return True, low > truth + slack, high < truth - slack


def _known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return values[~np.isnan(values)]


def _value(estimate: Estimate) -> float:
    if estimate.value is None:
        raise ValueError(f"The population has no value: {estimate.reason}")
    return estimate.value
