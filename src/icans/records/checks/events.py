"""Doubtful dates: what stands after death, before infusion, or after the last contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from icans.records.checks.rows import Check, doubtful_rows, place
from icans.records.checks.times import DAY, from_first_infusion
from icans.records.findings import Finding

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from icans.engines import Engine
    from icans.records.tables import Records

DEATHS = ["death", "death_due_to_icans"]
LAST_CONTACT = "last_contact"
TIMED = ("neuro", "crs", "treatments", "labs", "events")


def event_findings(records: Records, infusions: ibis.Table | None, engine: Engine) -> list[Finding]:
    """Find doubtful events, and records at times they make impossible."""
    if "events" not in records.present:
        return []
    ends = _ends(from_first_infusion(records.events.select(*place(records.events), "event"), infusions))
    late = doubtful_rows(_last_records(records, ends, infusions), [AFTER_DEATH, AFTER_CONTACT], file="", engine=engine)
    after_contact = {finding.patient_id: finding for finding in late if finding.advice == AFTER_CONTACT.advice}
    return [
        *doubtful_rows(records.events, [BEFORE_INFUSION], file="events", engine=engine),
        *doubtful_rows(ends, [SEVERAL_DEATHS], file="events", engine=engine),
        *(finding for finding in late if finding.advice == AFTER_DEATH.advice),
        *after_contact.values(),
    ]


def before_infusion(events: ibis.Table) -> ir.BooleanValue:
    """Expect events after the infusion; a date without a time of day may be earlier on the same day."""
    return events.hour <= -DAY


def several_deaths(ends: ibis.Table) -> ir.BooleanValue:
    """Expect one death."""
    return ends.deaths > 1


def after_death(last: ibis.Table) -> ir.BooleanValue:
    """Expect no record after death; a date without a time of day may be earlier on the same day."""
    return last.since > last.death + DAY


def after_last_contact(last: ibis.Table) -> ir.BooleanValue:
    """Expect the last contact to be the last thing known of a patient who has not died."""
    return last.death.isnull() & (last.since > last.contact + DAY)


BEFORE_INFUSION = Check(
    before_infusion,
    column="event",
    value="{event}",
    problem="is before the infusion",
    advice="Correct the time; take out what happened before the infusion.",
)
SEVERAL_DEATHS = Check(
    several_deaths,
    column="event",
    problem="{deaths} deaths are recorded at different times or with different causes",
    advice="Keep one death, with its cause.",
)
AFTER_DEATH = Check(
    after_death,
    file="{table}",
    problem="the last record is more than a day after the death at hour {death}",
    advice="Correct the time of the record or of the death; both are used as they stand.",
)
AFTER_CONTACT = Check(
    after_last_contact,
    file="{table}",
    problem="the last record is more than a day after the last contact at hour {contact}",
    advice="Give as last_contact the last day on which the patient was known to be alive: follow-up ends there.",
)


def grade_5_alive(records: Records, column: str, toxicity: str) -> Check:
    """Ask for grades of 5, which is death, in patients without one.

    Parameters
    ----------
    records
        ``events`` has the deaths.
    column, toxicity
        Column of the recorded grade, and the toxicity for the sentence.
    """
    died = records.events.filter(records.events.event.isin(DEATHS)).patient_id

    def grade_5_without_death(table: ibis.Table) -> ir.BooleanValue:
        return (table[column] == 5) & ~table.patient_id.isin(died)

    return Check(
        grade_5_without_death,
        column=column,
        value="5",
        problem=f"is death due to {toxicity}, but events has no death of this patient",
        advice="Add the death to events, or correct the grade.",
    )


def _ends(events: ibis.Table) -> ibis.Table:
    """Give each patient's first ``death`` and last ``contact`` (hours from the first infusion), and ``deaths``."""
    dead = events.event.isin(DEATHS)
    death = ibis.struct({"event": events.event, "since": events.since})
    return events.group_by("patient_id").agg(
        death=events.since.min(where=dead),
        contact=events.since.max(where=events.event == LAST_CONTACT),
        deaths=death.nunique(where=dead),
    )


def _last_records(records: Records, ends: ibis.Table, infusions: ibis.Table | None) -> ibis.Table:
    """Give the last record after each infusion in each table, beside the patient's death and last contact."""
    last = ibis.union(*(_last_of(getattr(records, name), name) for name in TIMED if name in records.present))
    return from_first_infusion(last, infusions).join(ends, "patient_id")


def _last_of(table: ibis.Table, name: str) -> ibis.Table:
    if name == "events":
        table = table.filter(table.event.notin([*DEATHS, LAST_CONTACT]))
    if "row" not in place(table):
        last = table.group_by("patient_id", "infusion").agg(hour=table.hour.max(), row=ibis.null("int64"))
    else:  # of several at the last hour the first row
        each = table.group_by("patient_id", "infusion", "hour").agg(row=table.row.min())
        last = each.group_by("patient_id", "infusion").agg(hour=each.hour.max(), row=each.row.argmax(each.hour))
    return last.mutate(table=ibis.literal(name))
