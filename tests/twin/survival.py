"""Time to death, progression and remission: docs/decisions/0026-survival.md."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from tests.twin.records import TIMED, Placed, Row, between

DEATHS = ("death_due_to_icans", "death")
"""The first of them names a death that is recorded as both at one hour."""


def survival(records: Placed, episodes: list[Row], studied: dict[str, Row], protocol: Row) -> list[Row]:
    """Give every patient's rows; `protocol` holds the end of the day of cutoff on each patient's calendar, or None."""
    found = []
    for patient in records.starts:
        treated, closed = studied.get(patient), protocol["cutoff_at"][patient]
        timed = overall(records, episodes, treated, patient, protocol) + remission(records, treated, patient)
        for row in timed:
            index = row["infusion"] - 1
            if closed is not None:
                cutoff = records.starts[patient][index] + closed - records.infused[patient][index]
                if row["at"] >= cutoff:
                    row |= {"at": cutoff, "event": 0, "cause": "cutoff"}
            time = between(row.pop("origin"), row.pop("at"))
            if time >= 0:
                found.append(row | {"patient_id": patient, "time_days": time / 24})
    return found


def overall(records: Placed, episodes: list[Row], treated: Row | None, patient: str, protocol: Row) -> list[Row]:
    index = treated["infusion"] if treated else 1
    start = records.starts[patient][index - 1]
    origin = origin_hour(episodes, treated, patient, protocol["survival"]["origin"])
    if origin is None:
        return []
    end, event, cause = last_alive(records, patient)
    ends = [{"endpoint": "os", "at": end, "event": event, "cause": cause}]
    since = [row for row in records.of("events", patient) if row["at"] >= start]
    first = earliest(since, protocol["survival"]["progression"])
    if first and (first[0] < end or (first[0] == end and not event)):
        ends.append({"endpoint": "pfs", "at": first[0], "event": 1, "cause": first[1]})
    else:
        ends.append(ends[0] | {"endpoint": "pfs"})
    return [row | {"infusion": index, "origin": start + origin} for row in ends]


def origin_hour(episodes: list[Row], treated: Row | None, patient: str, origin: str) -> Fraction | None:
    """Give time zero in hours from the index infusion; None where the patient has none."""
    if origin == "infusion":
        return Fraction(0)
    if origin == "first_course":
        return treated["first_course_hour"] if treated else None
    mine = [row for row in episodes if (row["patient_id"], row["toxicity"]) == (patient, "icans")]
    if treated:
        own = (treated["infusion"], treated["episode"])
        return next(row["onset_hour"] for row in mine if (row["infusion"], row["episode"]) == own)
    return min((row["onset_hour"] for row in mine if row["infusion"] == 1 and row["onset_hour"] >= 0), default=None)


def last_alive(records: Placed, patient: str) -> tuple[Fraction, int, str]:
    """Give the hour from the first infusion at which observation ended, and whether by death."""
    events = records.of("events", patient)
    death = earliest(events, DEATHS)
    if death:
        return death[0], 1, death[1]
    seen = [row["at"] for table in TIMED for row in records.of(table, patient)] + records.starts[patient]
    contact = max((row["at"] for row in events if row["event"] == "last_contact"), default=None)
    last = max(seen)
    return last, 0, "last_contact" if contact == last else "last_record"


def earliest(events: list[Row], names: Sequence[str]) -> tuple[Fraction, str] | None:
    """Give the first of some events, of several at once the one that is named first."""
    found = [(row["at"], names.index(row["event"])) for row in events if row["event"] in names]
    return (min(found)[0], names[min(found)[1]]) if found else None


def remission(records: Placed, treated: Row | None, patient: str) -> list[Row]:
    if treated is None or treated["remission"] is None:
        return []
    start = records.starts[patient][treated["infusion"] - 1]
    origin = start + treated["first_course_hour"]
    row = {"endpoint": "remission", "infusion": treated["infusion"], "origin": origin}
    death = earliest(records.of("events", patient), DEATHS)
    reached = start + treated["remission_hour"] if treated["remission"] else None
    if reached is not None and (not death or reached <= death[0]):
        return [row | {"at": reached, "event": 1, "cause": "remission"}]
    if death:
        return [row | {"at": death[0], "event": 2, "cause": death[1]}]
    last = max(origin, start + treated["last_hour"])
    return [row | {"at": last, "event": 0, "cause": "last_assessment"}]
