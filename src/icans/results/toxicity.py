"""Toxicity: highest grades, onset, peak and duration of ICANS and CRS."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from icans.protocol import Protocol
from icans.results.cohort import Cohort, Mask
from icans.results.columns import Columns, firsts, kept
from icans.results.gathered import TOXICITIES, Gathered
from icans.results.population import highest_known
from icans.results.rows import Result, Subject
from icans.results.summaries import described, median_time
from icans.stats.time_to_event import kaplan_meier, median_survival
from icans.units import HOURS_PER_DAY

ANALYSIS = "toxicity"
GRADES = range(6)


def toxicity(study: Gathered, protocol: Protocol) -> list[Result]:
    """Describe the toxicity of everyone infused, and of the evaluable patients.

    Parameters
    ----------
    study
        The study as arrays.
    protocol
        Its definitions.

    Returns
    -------
    list of Result
        For ICANS and CRS (``crs_`` in place of ``icans_``):

        - ``icans_max_grade``: the highest settled grade after infusion; a patient with an open grade that is certainly
          higher is counted at levels such as ``>=3 (open)`` and in ``open``, not at the settled grade. Levels 0 to 5,
          and ``>=1`` to ``>=5`` for those known to reach them; percentages of the patients assessed.
        - ``icans_onset_days``, ``icans_peak_days``: of the first episode that began since infusion, from infusion.
        - ``icans_duration_days``: of the same episode where it resolved; ``unresolved`` counts the others, and
          ``median_all``, ``ci_low``, ``ci_high`` take them in as censored (Kaplan-Meier).
        - ``icans_episodes``: episodes since infusion of each patient who had one.
    """
    rows: list[Result] = []
    for name in TOXICITIES:
        episodes = kept(study.episodes, study.episodes["toxicity"] == name)
        for group, who in study.cohort.groups():
            rows += _highest(study, name, group, who)
            rows += _episodes(study.cohort, episodes, name, (group, who), protocol)
    return rows


def _highest(study: Gathered, name: str, group: str | None, who: Mask) -> list[Result]:
    cohort, grades = study.cohort, study.assessments[name]
    assessed = who & (grades["since_infusion"] > 0)
    is_open = assessed & (np.isnan(grades["highest"]) | (grades["at_least"] > grades["highest"]))
    subject = Subject(
        ANALYSIS,
        f"{name}_max_grade",
        group,
        unit="grade",
        method=f"highest settled {name.upper()} grade after infusion",
    )
    settled = np.flatnonzero(who & ~is_open)
    rows = described(subject, cohort, settled, np.where(assessed, grades["highest"], np.nan)[settled])
    n_assessed = int(np.count_nonzero(assessed))
    left_open = subject.about(cohort.names(is_open), n_assessed)
    method = "patients whose highest grade is open: no settled grade is as high as an open one must be"
    rows.append(left_open.row("open", int(np.count_nonzero(is_open)), unit="", method=method))
    if n_assessed:
        for level, at_level in _levels(grades, highest_known(study, name), assessed, is_open):
            rows += _share(replace(subject, unit=""), cohort, level, at_level, n_assessed)
    return rows


def _levels(grades: Columns, known: np.ndarray, assessed: Mask, is_open: Mask) -> Iterator[tuple[str, Mask]]:
    """Give each level of the highest grade and who is at it: exact grades, open ones, and at-least grades."""
    for grade in GRADES:
        yield str(grade), assessed & ~is_open & (grades["highest"] == grade)
    for least in np.unique(grades["at_least"][is_open]).tolist():
        yield f">={least:.0f} (open)", is_open & (grades["at_least"] == least)
    for grade in GRADES[1:]:
        yield f">={grade}", assessed & (known >= grade)


def _share(subject: Subject, cohort: Cohort, level: str, who: Mask, n: int) -> list[Result]:
    about = subject.about(cohort.names(who), n, level=level)
    count = int(np.count_nonzero(who))
    share = "percentage of the patients assessed"
    return [
        about.row("n", count, method="patients"),
        about.row("percent", 100 * count / n, unit="%", method=share),
    ]


def _episodes(
    cohort: Cohort, episodes: Columns, name: str, group: tuple[str | None, Mask], protocol: Protocol
) -> list[Result]:
    within = group[1][episodes["patient"]]
    own = kept(episodes, within)
    first = firsts(own, "patient")
    who = first["patient"]
    subject = Subject(ANALYSIS, f"{name}_onset_days", group[0], unit="days", method="first episode, from infusion")
    peak = replace(
        subject, variable=f"{name}_peak_days", method="first highest grade of the first episode, from infusion"
    )
    number = Subject(ANALYSIS, f"{name}_episodes", group[0], unit="episodes", method="patients with an episode")
    return [
        *described(subject, cohort, who, first["onset_hour"] / HOURS_PER_DAY),
        *described(peak, cohort, who, first["peak_hour"] / HOURS_PER_DAY),
        *_duration(cohort, first, replace(subject, variable=f"{name}_duration_days"), protocol),
        *described(number, cohort, who, _runs(own["patient"])),
    ]


def _duration(cohort: Cohort, first: Columns, subject: Subject, protocol: Protocol) -> list[Result]:
    who, days = first["patient"], first["duration_hours"] / HOURS_PER_DAY
    resolved = first["resolved"] == 1
    every = replace(subject, method="first episode", n=who.size, patients=cohort.names(who))
    unresolved = every.about(cohort.names(who[~resolved]), who.size)
    curve = kaplan_meier(days, resolved, transform=protocol.survival.interval)
    return [
        *described(replace(every, method="first episode, where it resolved"), cohort, who[resolved], days[resolved]),
        unresolved.row(
            "unresolved", int(np.count_nonzero(~resolved)), unit="", method="first episodes not seen to end"
        ),
        *median_time(
            replace(every, method="first episode, censored where it was not seen to end"),
            median_survival(curve),
            statistic="median_all",
        ),
    ]


def _runs(ids: np.ndarray) -> np.ndarray:
    """Count the rows of each patient, in the order of the ids."""
    starts = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1]))) if ids.size else np.zeros(0, dtype=np.intp)
    return np.diff(starts, append=ids.size).astype(np.float64)
