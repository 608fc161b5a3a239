"""Queries for the patient-level figures: derived tables and records in, small Ibis tables out."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
from ibis import _

from icans.derive.corticosteroids import given, plain
from icans.derive.endpoints import first
from icans.derive.episodes import since_infusion
from icans.scales.model import Scale
from icans.scales.totals import total_bounds
from icans.units import HOURS_PER_DAY

KEY = ("patient_id", "infusion")
AGAINST_TOXICITY = (
    "anakinra",
    "antithymocyte globulin",
    "cyclophosphamide",
    "dasatinib",
    "emapalumab",
    "etoposide",
    "itacitinib",
    "ruxolitinib",
    "sarilumab",
    "siltuximab",
    "tocilizumab",
)
"""Drugs other than corticosteroids that centres give against CRS and ICANS; of all treatments, only these are drawn."""

WORST = 4
"""Worst grade short of death: an assessment that allows every grade up to it tells nothing."""


def assessed(grades: ibis.Table) -> ibis.Table:
    """Give the assessments after infusion that tell something, with ``low`` and ``high``, the bounds of the grade.

    An assessment whose signs allow every grade from 0 to 4 tells nothing: it counts as not observed.
    """
    low, high = ibis.coalesce(_.grade, _.grade_low), ibis.coalesce(_.grade, _.grade_high)
    bounded = grades.filter(_.hour >= 0).select(*KEY, "toxicity", "hour", low=low, high=high)
    return bounded.filter(_.low.notnull() & ((_.low > 0) | (_.high < WORST)))


def other_drugs(treatments: ibis.Table, *, intervention: Sequence[str]) -> ibis.Table:
    """Give the doses after infusion of drugs against CRS or ICANS, without corticosteroids and the intervention."""
    names = sorted(set(AGAINST_TOXICITY) - {name.strip().lower() for name in intervention})
    doses = given(treatments).select(*KEY, "hour", drug=plain(_.drug))
    return doses.filter(_.drug.isin(names) & (_.hour >= 0))


def ice_scores(neuro: ibis.Table, scale: Scale) -> ibis.Table:
    """Give the ICE score of each assessment at which it is complete."""
    least, most = total_bounds(neuro, scale, "ice")
    scored = neuro.select(*KEY, "hour", ice=least, most=most)
    return scored.filter(_.ice == _.most).drop("most")


def counts_by_day(assessments: ibis.Table, *, last: int) -> ibis.Table:
    """Count infusions by toxicity, day and worst grade, open grades apart."""
    dated = assessments.mutate(day=(_.hour / HOURS_PER_DAY).floor().cast("int64")).filter(_.day <= last)
    worst = dated.group_by(*KEY, "toxicity", "day").agg(low=_.low.max(), high=_.high.max())
    stated = worst.mutate(state=ibis.ifelse(_.low == _.high, _.low.cast("string"), "open"))
    return stated.group_by("toxicity", "day", "state").agg(patients=_.count())


def counted_times(episodes: ibis.Table, evaluated: ibis.Table) -> ibis.Table:
    """Count patients' first episodes by day of onset and of peak and by duration, evaluated ones by time to remission.

    One row a panel (onset, peak, duration, remission), day (``value``), grade, and whether the end was reached before
    observation ended: ``patients``.
    """
    initial = first(since_infusion(episodes).filter(_.toxicity == "icans"), KEY[:1])
    treated = evaluated.filter(_.remission.notnull())
    seen = treated.last_hour - treated.first_course_hour
    to_remission = ibis.greatest(ibis.coalesce(treated.hours_to_remission, seen, 0.0), 0.0)
    parts = [
        _counted(initial, "onset", initial.onset_hour, initial.peak_grade, ibis.literal(True)),
        _counted(initial, "peak", initial.peak_hour, initial.peak_grade, ibis.literal(True)),
        _counted(initial, "duration", initial.duration_hours, initial.peak_grade, initial.resolved),
        _counted(treated, "remission", to_remission, treated.baseline_grade, treated.remission),
    ]
    return ibis.union(*parts)


def _counted(rows: ibis.Table, panel: str, hours: ibis.Value, grade: ibis.Value, reached: ibis.Value) -> ibis.Table:
    named = rows.select(
        panel=ibis.literal(panel),
        value=(hours / HOURS_PER_DAY).floor().cast("int64"),
        grade=grade.fill_null(0).cast("int64"),
        reached=reached,
    )
    return named.group_by("panel", "value", "grade", "reached").agg(patients=_.count())
