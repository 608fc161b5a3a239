"""Times that can be compared across a patient's infusions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine
    from icans.records.tables import Records

DAY = 24.0
"""A date without a time of day stands for its midnight: two times less than a day apart may be one day."""


def later_infusions(records: Records, engine: Engine) -> ibis.Table | None:
    """Give the start of every infusion, or None where no patient has a second one and every hour counts from the first.

    ``of`` (string, the patient), ``after`` (int64, the infusion), ``start`` (float64, hours from the first infusion).
    """
    infusions = records.infusions
    if (engine.rows(infusions.agg(most=infusions.infusion.max()))[0]["most"] or 1) == 1:
        return None
    return infusions.select(of="patient_id", after="infusion", start="start_hour")


def from_first_infusion(table: ibis.Table, infusions: ibis.Table | None) -> ibis.Table:
    """Add ``since`` (float64): hours from the patient's first infusion, whichever infusion ``hour`` counts from."""
    if infusions is None:
        return table.mutate(since=table.hour)
    timed = table.left_join(infusions, [table.patient_id == infusions.of, table.infusion == infusions.after])
    return timed.mutate(since=timed.hour + timed.start.fill_null(0.0)).drop("of", "after", "start")
