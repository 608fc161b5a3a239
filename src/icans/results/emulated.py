"""The eligible episodes of a target trial as arrays: what happened to each, day by day, and what decided it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from icans.derive.eligible import reaching
from icans.errors import ProtocolError, nearest
from icans.results.cohort import Cohort, Mask, Positions
from icans.results.columns import Columns, collected, kept
from icans.stats.arrays import Counts, Floats
from icans.stats.cloning import NEVER, Eligible
from icans.units import HOURS_PER_DAY

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.protocols.target_trial import TargetTrial
    from icans.results.gathered import Gathered

EPISODE = ("patient_id", "infusion", "episode")
MOST_TOXIC = 4
DECIMALS = 6
PANEL = {
    "grade": "carried",
    "ice": "carried_ice",
    "on_steroid": "on_steroid_before",
    "steroid_mg": "steroid_mg_before",
}
"""Column of the panel that holds each confounder when the decision of a day is made. Grade 5, which is death later on
the same day, counts as 4."""
NOT_RECORDED = "not recorded"
NEVER_KNOWN = "it is not known of anybody"


@dataclass(frozen=True)
class Confounder:
    """A column of the weight model.

    Parameters
    ----------
    name
        What it is called: ``grade``, ``sex: female``, ``ice: not recorded``.
    values
        Episode by day of the grace period; finite everywhere.
    binary
        It is 0 or 1.
    """

    name: str
    values: Floats
    binary: bool = False


@dataclass(frozen=True)
class Emulated:
    """The eligible episodes of a study.

    Parameters
    ----------
    eligible
        As arrays, one entry an episode.
    cohort
        The patients of the study.
    position
        Where each episode's patient stands in `cohort`.
    confounders
        In the order of `eligible.names`.
    unknown
        Confounders that nobody has, with the reason.
    grade
        Grade on each day of the grace period; NaN where the episode was not observed.
    with_icans, reached
        Patients with ICANS, and with the grade of eligibility.
    without_line
        Positions of patients eligible but for a rule that says what remission is.
    gap
        Episodes whose observation ended with a gap, before the outcome and the end of follow-up.
    """

    eligible: Eligible
    cohort: Cohort
    position: Positions
    confounders: tuple[Confounder, ...]
    unknown: dict[str, str]
    grade: Floats
    with_icans: Positions
    reached: Positions
    without_line: Positions
    gap: Mask


def follow(study: Gathered, derived: Mapping[str, ibis.Table], engine: Engine, asked: TargetTrial) -> Emulated:
    """Bring the eligible episodes to Python.

    Parameters
    ----------
    study
        The study as arrays.
    derived
        Derived tables, `eligible` and `panel` among them.
    engine
        Where the tables live.
    asked
        The trial that the protocol states.

    Raises
    ------
    ProtocolError
        A confounder is no column of patients or infusions.
    """
    _check_columns(study, asked)
    patients = pa.array(study.cohort.ids, pa.string())

    def bring(table: ibis.Table, *order: str) -> Columns:
        return collected(engine, table, order=order, patients=patients)

    icans = bring(reaching(derived["episodes"], grade=asked.grade), "patient_id")
    every = bring(derived["eligible"], *EPISODE)
    judged = every["has_line"] == 1
    rows = kept(every, judged)
    days = _days(derived["eligible"], derived["panel"], last=asked.follow_up_days)
    seen = bring(_observed(days), *EPISODE)
    grid = _grid(bring(days.filter(_.since < asked.grace_days), *EPISODE, "since"), rows["patient"].size, asked)
    end, event, gap = _ended(rows, seen, asked)
    confounders, unknown = _confounders(study, rows, grid, asked)
    values = [one.values for one in confounders]
    shape = (rows["patient"].size, asked.grace_days)
    eligible = Eligible(
        patient=np.unique(rows["patient"], return_inverse=True)[1].astype(np.int64),
        end_hour=end,
        event=event,
        treated_hour=_hours_to(rows, rows["course_hour"]),
        covariates=np.stack(values, axis=2) if values else np.zeros((*shape, 0)),
        names=tuple(one.name for one in confounders),
        grace_days=asked.grace_days,
        follow_up_days=asked.follow_up_days,
    )
    return Emulated(
        eligible=eligible,
        cohort=study.cohort,
        position=rows["patient"],
        confounders=confounders,
        unknown=unknown,
        grade=grid["grade"],
        with_icans=icans["patient"],
        reached=icans["patient"][icans["reaching"] > 0],
        without_line=np.unique(every["patient"][~judged]),
        gap=gap,
    )


def _check_columns(study: Gathered, asked: TargetTrial) -> None:
    for name in asked.baseline:
        if name not in study.characteristics:
            raise ProtocolError(
                f"study.toml: [target_trial] baseline: there is no column {name} in patients or infusions.",
                nearest(name, study.characteristics),
            )


def _days(eligible: ibis.Table, panel: ibis.Table, *, last: int) -> ibis.Table:
    """Give the days of the panel from eligibility on, ``since`` counting them."""
    from_day = (eligible.eligible_hour / HOURS_PER_DAY).floor().cast("int64")
    judged = eligible.filter(eligible.has_line).select(*EPISODE, "onset_hour", from_day=from_day)
    joined = judged.inner_join(panel, ["patient_id", "infusion"])
    onset_day = (joined.onset_hour / HOURS_PER_DAY).floor().cast("int64")
    states = {name: joined[column] for name, column in PANEL.items()}
    states["grade"] = ibis.ifelse(joined.carried > MOST_TOXIC, MOST_TOXIC, joined.carried)
    days = joined.select(
        *EPISODE,
        "observed",
        since=joined.day - joined.from_day,
        days_since_onset=joined.day - onset_day,
        **states,
    )
    return days.filter(days.since >= 0, days.since <= last)


def _observed(days: ibis.Table) -> ibis.Table:
    """Give the last day of each episode's panel and the first that nobody observed."""
    return days.group_by(*EPISODE).agg(last=days.since.max(), lost=days.since.min(where=~days.observed))


def _grid(days: Columns, episodes: int, asked: TargetTrial) -> dict[str, Floats]:
    """Lay out what is known on each day of the grace period: episode by day, NaN where nothing is."""
    starts = np.ones(days["since"].size, dtype=np.bool_)
    starts[1:] = days["since"][1:] <= days["since"][:-1]
    place = (np.cumsum(starts) - 1, days["since"].astype(np.int64))
    grid = {}
    for name in (*PANEL, "days_since_onset"):
        grid[name] = np.full((episodes, asked.grace_days), np.nan)
        grid[name][place] = days[name]
    return grid


def _hours_to(rows: Columns, hour: Floats) -> Counts:
    """Give the whole hours from eligibility to an hour from infusion; `NEVER` where there is none."""
    known = ~np.isnan(hour)
    passed = np.floor(np.round(np.where(known, hour, rows["eligible_hour"]) - rows["eligible_hour"], DECIMALS))
    return np.where(known, passed.astype(np.int64), NEVER)


def _ended(rows: Columns, seen: Columns, asked: TargetTrial) -> tuple[Counts, Counts, Mask]:
    """Give the hour at which each episode's time ended, how, and whether a gap in the assessments ended it.

    A gap ends observation as its first day begins, but for a death on that day. Where the outcome is death a gap only
    counts within the grace period, in which it needs to be known what decided the treatment. A death dated before
    eligibility, on the same day, comes after it.
    """
    from_day = np.floor(rows["eligible_hour"] / HOURS_PER_DAY)
    lost_day = np.where((asked.outcome == "death") & (seen["lost"] >= asked.grace_days), np.nan, seen["lost"])
    lost = _hours_to(rows, HOURS_PER_DAY * (from_day + lost_day))
    over = _hours_to(rows, HOURS_PER_DAY * (from_day + seen["last"] + 1))
    follow_up = round(HOURS_PER_DAY * asked.follow_up_days)
    censored = np.maximum(np.minimum(np.minimum(lost, over), follow_up + 1), 1)
    reached, died = _hours_to(rows, rows["outcome_hour"]), np.maximum(_hours_to(rows, rows["death_hour"]), 0)
    remits = (reached < censored) & ~(rows["death_hour"] < rows["outcome_hour"])
    on_its_first_day = died - np.minimum(lost, died) < HOURS_PER_DAY
    dies = ~remits & (died <= follow_up) & on_its_first_day
    end = np.select([remits, dies], [reached, died], censored)
    event = np.select([remits, dies], [1, 1 if asked.outcome == "death" else 2], 0)
    gap = (event == 0) & (lost < np.minimum(over, follow_up + 1))
    return end.astype(np.int64), event.astype(np.int64), gap


def _confounders(
    study: Gathered, rows: Columns, grid: dict[str, Floats], asked: TargetTrial
) -> tuple[tuple[Confounder, ...], dict[str, str]]:
    """Give the columns of the weight model; an unknown number takes the mean of the others and a column says so."""
    found: list[Confounder] = []
    unknown: dict[str, str] = {}
    days = np.ones((1, asked.grace_days))
    for name in asked.baseline:
        values = study.characteristics[name][rows["patient"]]
        if values.dtype == object:
            found += [Confounder(n, v[:, None] * days, binary=True) for n, v in _categories(name, values)]
            continue
        found += _numeric(name, values[:, None] * days, days > 0, unknown)
    observed = ~np.isnan(grid["grade"])
    for name in asked.time_varying:
        found += _numeric(name, grid[name], observed, unknown, binary=name == "on_steroid")
    return tuple(found), unknown


def _numeric(
    name: str, values: Floats, observed: Mask, unknown: dict[str, str], *, binary: bool = False
) -> list[Confounder]:
    known = ~np.isnan(values)
    if not known.any():
        if values.size:
            unknown[name] = NEVER_KNOWN
        return []
    filled = Confounder(name, np.where(known, values, values[known].mean()), binary)
    missing = observed & ~known
    if not missing.any():
        return [filled]
    return [filled, Confounder(f"{name}: {NOT_RECORDED}", missing.astype(np.float64), binary=True)]


def _categories(name: str, values: np.ndarray) -> list[tuple[str, Floats]]:
    """Give a column of 0 and 1 for each category but the most frequent."""
    texts = np.array([NOT_RECORDED if value is None else str(value) for value in values], dtype=object)
    levels, counts = np.unique(texts.astype(str), return_counts=True)
    most = levels[np.argmax(counts)] if levels.size else ""
    return [(f"{name}: {level}", (texts == level).astype(np.float64)) for level in levels.tolist() if level != most]
