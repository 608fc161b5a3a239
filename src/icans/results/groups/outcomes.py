"""The endpoints that groups are compared by: from when, in what unit, and each patient's value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from icans.results.cohort import Mask
from icans.results.columns import Columns, firsts, kept
from icans.results.groups.source import Source
from icans.results.population import highest_known
from icans.results.survival import ORIGINS
from icans.stats.arrays import Counts, Floats
from icans.units import DAYS_PER_MONTH, HOURS_PER_DAY

TITLES = {
    "remission": "Remission",
    "time_to_remission": "Time to remission",
    "os": "Overall survival",
    "pfs": "Progression-free survival",
    "duration": "Time to end of ICANS",
    "icans": "ICANS",
    "severe_icans": "Severe ICANS",
    "onset": "Onset of ICANS",
    "peak_grade": "Highest ICANS grade",
    "crs_peak_grade": "Highest CRS grade",
    "courses": "Courses",
}
"""What each endpoint of `icans.protocols.compare.Endpoint` is called."""

Kind = Literal["yes_no", "number", "survival", "incidence"]


@dataclass(frozen=True)
class Outcome:
    """An endpoint; every array has one entry a patient of the study.

    Parameters
    ----------
    name
        As the protocol names it.
    kind
        Yes or no, a number, a time to one event, or a time to an event that death prevents.
    words
        What is counted, as a phrase: "death", "remission".
    origin
        What time zero is, as a phrase.
    zero
        Time zero, hours on the patient's clock; NaN where the patient has no such endpoint.
    value
        1 or 0, or the number; of a time to event the days, NaN where not known.
    event
        0 censored, 1 event, 2 death before it; of a time to event only.
    unit
        Unit that the numbers are given in: of a time to event months or days.
    """

    name: str
    kind: Kind
    words: str
    origin: str
    zero: Floats
    value: Floats
    event: Counts
    unit: str = ""

    @property
    def defined(self) -> Mask:
        """Who has the endpoint."""
        return ~np.isnan(self.zero) & ~np.isnan(self.value)

    @property
    def is_time(self) -> bool:
        """Whether it is a time to an event."""
        return self.kind in {"survival", "incidence"}

    @property
    def days_a_unit(self) -> float:
        """Days of one unit of its time."""
        return DAYS_PER_MONTH if self.unit == "months" else 1.0

    @property
    def time(self) -> Floats:
        """Time to the event or the end of observation, in its unit."""
        return self.value / self.days_a_unit


def outcome(name: str, source: Source) -> Outcome:
    """Give an endpoint of `icans.protocols.compare.Endpoint`."""
    match name:
        case "remission" | "courses":
            return _of_evaluable(name, source)
        case "time_to_remission":
            rows = source.study.of_evaluated(endpoint_rows(source, "remission"))
            zero = _spread_clock(source, source.study.evaluated, "first_course_hour")
            empty = Outcome(name, "incidence", "remission", ORIGINS["first_course"], zero, *_nothing(source), "days")
            return _timed(source, empty, rows)
        case "os" | "pfs":
            words = "death" if name == "os" else "progression or death"
            origin = ORIGINS[source.protocol.survival.origin]
            rows = endpoint_rows(source, name)
            zero = _survival_zero(source, rows)
            return _timed(source, Outcome(name, "survival", words, origin, zero, *_nothing(source), "months"), rows)
        case "duration":
            return _duration(source)
        case _:
            return _after_infusion(name, source)


def _after_infusion(name: str, source: Source) -> Outcome:
    """Onset, highest grades, and whether there was ICANS: from the infusion on."""
    study, protocol = source.study, source.protocol
    zero = np.where(study.cohort.infused, 0.0, np.nan)
    known = highest_known(study, "icans")
    kind: Kind = "number"
    if name == "onset":
        first = _first_icans(source)
        value = study.cohort.spread(first["patient"], first["onset_hour"] / HOURS_PER_DAY)
        words, unit = "onset of ICANS after infusion, among those who had it", "days"
    elif name in {"icans", "severe_icans"}:
        least = protocol.episodes.onset_grade if name == "icans" else protocol.population.severe_grade
        value = np.where(np.isnan(known), np.nan, (known >= least).astype(np.float64))
        words, kind, unit = f"ICANS of grade {least} or more", "yes_no", ""
    else:
        toxicity = "crs" if name.startswith("crs") else "icans"
        grades = study.assessments[toxicity]
        settled = ~(grades["at_least"] > grades["highest"])
        value = np.where(settled, grades["highest"], np.nan)
        words, unit = f"highest {toxicity.upper()} grade after infusion", "grade"
    return Outcome(name, kind, words, ORIGINS["infusion"], zero, value, _nothing(source)[1], unit)


def _of_evaluable(name: str, source: Source) -> Outcome:
    own, spread = source.study.evaluated, source.study.cohort.spread
    zero = _spread_clock(source, own, "first_course_hour")
    kind: Kind = "yes_no" if name == "remission" else "number"
    words = "remission" if name == "remission" else "courses during the treated episode"
    unit = "" if name == "remission" else "courses"
    value = spread(own["patient"], own[name])
    return Outcome(name, kind, words, ORIGINS["first_course"], zero, value, _nothing(source)[1], unit)


def _duration(source: Source) -> Outcome:
    """From the onset of the first episode until it resolved; death before that competes."""
    spread = source.study.cohort.spread
    first = _first_icans(source)
    zero = source.earliest(first, "onset_hour")
    resolved = first["resolved"] == 1
    days = spread(first["patient"], first["duration_hours"] / HOURS_PER_DAY)
    event = _nothing(source)[1]
    event[first["patient"][resolved]] = 1
    followed = endpoint_rows(source, "os")
    deaths = kept(followed, followed["event"] == 1)
    died = source.nowhere()
    died[deaths["patient"]] = _survival_zero(source, deaths)[deaths["patient"]] / HOURS_PER_DAY + deaths["time_days"]
    unresolved = (event == 0) & ~np.isnan(died) & ~np.isnan(zero)
    days[unresolved] = np.maximum(died[unresolved] - zero[unresolved] / HOURS_PER_DAY, days[unresolved])
    event[unresolved] = 2
    return Outcome("duration", "incidence", "end of ICANS", ORIGINS["onset"], zero, days, event, "days")


def _timed(source: Source, empty: Outcome, rows: Columns) -> Outcome:
    """Fill a time to event in from rows of the derived table of survival."""
    days = source.study.cohort.spread(rows["patient"], rows["time_days"])
    _, event = _nothing(source)
    event[rows["patient"]] = rows["event"].astype(np.int64)
    return replace(empty, value=days, event=event)


def endpoint_rows(source: Source, name: str) -> Columns:
    """Give the rows of one endpoint of the derived table of survival."""
    return kept(source.study.survival, source.study.survival["endpoint"] == name)


def _survival_zero(source: Source, rows: Columns) -> Floats:
    """Give time zero of survival: the protocol's origin at the index infusion, which the rows name."""
    study, origin = source.study, source.protocol.survival.origin
    zero = source.nowhere()
    zero[rows["patient"]] = source.clock({**rows, "nothing": np.zeros(rows["patient"].size)}, "nothing")
    if origin == "infusion":
        return zero
    own = study.evaluated
    if origin == "first_course":
        return np.where(np.isnan(zero), np.nan, _spread_clock(source, own, "first_course_hour"))
    treated = {**own, "onset_hour": own["first_course_hour"] - own["hours_from_onset"]}
    onset = _spread_clock(source, _first_icans(source), "onset_hour")
    onset[own["patient"]] = source.clock(treated, "onset_hour")
    return np.where(np.isnan(zero), np.nan, onset)


def _first_icans(source: Source) -> Columns:
    episodes = source.study.episodes
    return firsts(kept(episodes, episodes["toxicity"] == "icans"), "patient")


def _spread_clock(source: Source, rows: Columns, hour: str) -> Floats:
    """Give one moment a patient on the clock from rows of one a patient."""
    return source.study.cohort.spread(rows["patient"], source.clock(rows, hour))


def _nothing(source: Source) -> tuple[Floats, Counts]:
    """Give values and events of patients of whom none has any."""
    return source.nowhere(), np.zeros(source.size, dtype=np.int64)
