"""A study's measurements with the end of each observation, for scales that take measurements."""

from __future__ import annotations

import ibis

from icans.records.tables import Records
from icans.scales.model import Scale
from icans.units import HOURS_PER_DAY

KEY = ["patient_id", "infusion"]


def observed(records: Records, scale: Scale) -> ibis.Table:
    """Give the measurements of a study, with the last day on which each patient was observed.

    Parameters
    ----------
    records
        The records, of which ``labs``, ``infusions`` and ``events`` are used.
    scale
        A scale that takes measurements; the events that end its series are those its file names.

    Returns
    -------
    ibis.Table
        The rows of ``labs`` and a row without an analyte for each infusion, with ``ended_at`` (float64, days from
        infusion: the first event that ends the observation, or the hour before the next infusion; null where there is
        neither).
    """
    infusions, events, labs = records.infusions, records.events, records.labs
    in_order = ibis.window(group_by="patient_id", order_by=infusions.infusion)
    following = infusions.start_hour.lead().over(in_order) - infusions.start_hour - 1
    patients = infusions.select(*KEY, next_hour=following)
    ends = events.filter(events.event.isin(scale.series.ends_at if scale.series else ()), events.hour >= 0)
    first = ends.group_by(*KEY).agg(event_hour=ends.hour.min())
    placed = patients.left_join(first, KEY).drop("patient_id_right", "infusion_right")
    # An engine may take null for the least of two numbers, or the other one.
    hour = ibis.least(
        ibis.coalesce(placed.next_hour, placed.event_hour), ibis.coalesce(placed.event_hour, placed.next_hour)
    )
    placed = placed.select(*KEY, ended_at=hour / HOURS_PER_DAY)
    names = ("hour", "analyte", "value", "unit", "limit")
    nothing = {name: ibis.null(labs[name].type()) for name in names}
    measured = labs.inner_join(placed, KEY).select(*KEY, *names, "ended_at")
    return measured.union(placed.select(*KEY, **nothing, ended_at=placed.ended_at))
