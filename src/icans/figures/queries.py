"""Queries for the patient-level figures: derived tables and records in, small Ibis tables out."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
from ibis import _

from icans.derive.corticosteroids import given, plain
from icans.records.tables import Records
from icans.scales.model import Scale
from icans.scales.totals import total_bounds
from icans.units import HOURS_PER_DAY

INFUSION = ("patient_id", "infusion")
DEATHS = ("death", "death_due_to_icans")
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

AROUND_HOURS = (-72.0, 672.0)
PAIRS = 200
"""Most pairs of an analyte that are drawn."""


def assessed(grades: ibis.Table) -> ibis.Table:
    """Give the assessments after infusion that tell something, with ``low`` and ``high``, the bounds of the grade.

    An assessment whose signs allow every grade from 0 to 4 tells nothing: it counts as not observed.
    """
    bounded = grades.filter(_.hour >= 0).mutate(
        low=ibis.coalesce(_.grade, _.grade_low), high=ibis.coalesce(_.grade, _.grade_high)
    )
    return bounded.filter(_.low.notnull() & ((_.low > 0) | (_.high < WORST)))


def daily(assessments: ibis.Table) -> ibis.Table:
    """Give the worst grade of each patient, toxicity and day; its bounds differ where it is open."""
    dated = assessments.mutate(day=(_.hour / HOURS_PER_DAY).floor().cast("int64"))
    return dated.group_by(*INFUSION, "toxicity", "day").agg(
        low=_.low.max().cast("int64"), high=_.high.max().cast("int64"), assessments=_.count()
    )


def roster(
    records: Records, episodes: ibis.Table, assessments: ibis.Table, *, progression: Sequence[str]
) -> ibis.Table:
    """Give one row an infusion: highest grades, onset, and the dates that end a patient's line."""
    peaks = assessments.group_by(*INFUSION).agg(
        icans=_.low.max(where=_.toxicity == "icans").cast("int64"),
        crs=_.low.max(where=_.toxicity == "crs").cast("int64"),
    )
    onsets = episodes.filter(_.toxicity == "icans").group_by(*INFUSION).agg(onset=_.onset_hour.min())
    dates = records.events.group_by(*INFUSION).agg(
        death=_.hour.min(where=_.event.isin(DEATHS)),
        death_due_to_icans=(_.event == "death_due_to_icans").any(),
        progression=_.hour.min(where=_.event.isin(list(progression))),
        last_contact=_.hour.max(where=_.event == "last_contact"),
    )
    next_infusion = _.start_hour.lead().over(ibis.window(group_by="patient_id", order_by="infusion")) - _.start_hour
    every = records.infusions.select(*INFUSION, "start_hour").mutate(next_infusion=next_infusion)
    for part in (peaks, onsets, dates):
        joined = every.left_join(part, INFUSION)
        every = joined.select(*(name for name in joined.columns if not name.endswith("_right")))
    return every.drop("start_hour").mutate(total=_.count().over())


def highest_first(roster: ibis.Table, most: int) -> ibis.Table:
    """Give the rows with the highest ICANS grade, then the earliest onset, with their ``rank``."""
    order = (
        roster.icans.desc(nulls_first=False),
        roster.onset.asc(nulls_first=False),
        roster.patient_id,
        roster.infusion,
    )
    ranked = roster.mutate(rank=ibis.row_number().over(ibis.window(order_by=order)))
    return ranked.filter(ranked.rank < most)


def other_drugs(treatments: ibis.Table, *, intervention: Sequence[str]) -> ibis.Table:
    """Give each patient-day with a drug against CRS or ICANS other than corticosteroids and the intervention."""
    names = sorted(set(AGAINST_TOXICITY) - {name.strip().lower() for name in intervention})
    doses = given(treatments).mutate(drug=plain(_.drug), day=(_.hour / HOURS_PER_DAY).floor().cast("int64"))
    doses = doses.filter(_.drug.isin(names) & (_.hour >= 0))
    return doses.group_by(*INFUSION, "day", "drug").agg(doses=_.count())


def around_first_course(
    assessments: ibis.Table, neuro: ibis.Table, endpoints: ibis.Table, scale: Scale | None
) -> ibis.Table:
    """Give the ICANS assessments around the first course of each treated episode, with the ICE score where complete."""
    starts = endpoints.select(*INFUSION, "episode", "first_course_hour")
    graded = (
        assessments.filter(_.toxicity == "icans")
        .group_by(*INFUSION, "hour")
        .agg(low=_.low.max().cast("int64"), high=_.high.max().cast("int64"))
    )
    near = graded.inner_join(starts, INFUSION).mutate(hours=_.hour - _.first_course_hour)
    near = near.filter(_.hours.between(*AROUND_HOURS))
    near = near.select(*INFUSION, "episode", "hour", "hours", "low", "high")
    if scale is None or scale.score("ice") is None:
        return near.mutate(ice=ibis.null("int64"))
    least, most = total_bounds(neuro, scale, "ice")
    scored = neuro.mutate(ice_least=least, ice_most=most).filter(_.ice_least == _.ice_most)
    scores = scored.group_by(*INFUSION, "hour").agg(ice=_.ice_least.min())
    return near.left_join(scores, (*INFUSION, "hour")).select(*near.columns, "ice")


def paired(biomarkers: ibis.Table, endpoints: ibis.Table) -> ibis.Table:
    """Give the complete before-after pairs of these episodes' patients, at most `PAIRS` of an analyte."""
    complete = biomarkers.filter(_.before.notnull() & _.after.notnull()).semi_join(endpoints, INFUSION)
    kind = ("specimen", "analyte", "unit")
    numbered = complete.mutate(
        number=ibis.row_number().over(ibis.window(group_by=kind, order_by=INFUSION)),
        pairs=_.count().over(ibis.window(group_by=kind)),
    )
    return numbered.filter(_.number < PAIRS).select(
        *INFUSION, *kind, "before", "before_limit", "after", "after_limit", "pairs"
    )


def counts_by_day(days: ibis.Table, *, last: int) -> ibis.Table:
    """Count patients by toxicity, day and worst grade, open grades apart."""
    stated = days.filter(_.day <= last).mutate(state=ibis.ifelse(_.low == _.high, _.low.cast("string"), "open"))
    return stated.group_by("toxicity", "day", "state").agg(patients=_.count())


def counted_times(episodes: ibis.Table, endpoints: ibis.Table) -> ibis.Table:
    """Count patients by the day of onset, of peak, by duration and by time to remission, and by grade."""
    first = episodes.filter((_.toxicity == "icans") & (_.episode == 1))
    treated = endpoints.filter(_.remission.notnull())
    seen = treated.last_hour - treated.first_course_hour
    parts = [
        _counted("onset", first, first.onset_hour, first.peak_grade, ibis.literal(True)),
        _counted("peak", first, first.peak_hour, first.peak_grade, ibis.literal(True)),
        _counted("duration", first, first.duration_hours, first.peak_grade, first.resolved),
        _counted(
            "remission",
            treated,
            ibis.coalesce(treated.hours_to_remission, seen, 0.0),
            treated.baseline_grade,
            treated.remission,
        ),
    ]
    return ibis.union(*parts)


def _counted(panel: str, rows: ibis.Table, hours: ibis.Value, grade: ibis.Value, reached: ibis.Value) -> ibis.Table:
    day = (hours / HOURS_PER_DAY).floor().cast("int64")
    named = rows.select(panel=ibis.literal(panel), value=day, grade=grade.cast("int64"), reached=reached)
    return named.group_by("panel", "value", "grade", "reached").agg(patients=_.count())
