"""A reference cohort: its steps from day to day counted, described, and kept for another study."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from icans.errors import CallError, StudyError
from icans.results.daily import ANALYSIS, DEATH, Daily, description
from icans.results.rows import Result, Subject
from icans.results.store import from_row, to_row
from icans.stats.arrays import Counts
from icans.stats.multi_state import (
    Array,
    DailyChain,
    DependenceTest,
    Transitions,
    bootstrapped,
    dependence,
    fitted,
    posterior,
    tallied,
    transitions,
)

if TYPE_CHECKING:
    from icans.protocol import Protocol
    from icans.protocols.natural_history import NaturalHistory

GROUP = "reference"
FORMAT = "icans natural history 1"
RECORDED = "recorded"
PERMUTATIONS = 999
EARLY_DAYS = 3
"""Days from onset that count as early where the protocol has no bands."""


@dataclass(frozen=True)
class Reference:
    """What a model of the natural course rests on.

    Parameters
    ----------
    title
        Title of the reference study.
    synthetic
        Its records are made, not observed.
    scales
        Its assessments by the scale that graded them.
    tallies
        Steps from each day to the next by patient, band, state of today and state of tomorrow; of a saved model all
        patients are one.
    patients
        Patients with ICANS behind them.
    by_patient
        The steps of each patient are known apart.
    rows
        Rows of results that describe it; they name no patient of the reference.
    """

    title: str
    synthetic: bool
    scales: Mapping[str, int]
    tallies: Array
    patients: int
    by_patient: bool
    rows: tuple[Result, ...]

    @property
    def counts(self) -> Array:
        """The steps of all patients."""
        return np.asarray(self.tallies.sum(axis=0))

    def chain(self, asked: NaturalHistory) -> DailyChain:
        """Give the model."""
        return fitted(self.counts, bands=asked.bands_days, smoothing=asked.smoothing)

    def drawn(self, asked: NaturalHistory, rng: np.random.Generator) -> tuple[DailyChain, str]:
        """Give samples of the model, and say how they were drawn."""
        size = f"{asked.samples:,}"
        if self.by_patient:
            drawn = bootstrapped(
                self.tallies, bands=asked.bands_days, smoothing=asked.smoothing, samples=asked.samples, rng=rng
            )
            return drawn, f"{size} bootstrap samples of the reference patients"
        drawn = posterior(
            self.counts, bands=asked.bands_days, smoothing=asked.smoothing, samples=asked.samples, rng=rng
        )
        return drawn, f"{size} draws from the posterior (Dirichlet) distribution of the saved model"


def state_names(states: Sequence[int]) -> list[str]:
    """Name the states of a model by their grades, death last: ``0``, ``1``, ``2``, ``3-4``, ``death``."""
    ends = [*(lowest - 1 for lowest in states[1:]), DEATH - 1]
    return [f"{low}" if low == high else f"{low}-{high}" for low, high in zip(states, ends, strict=True)] + ["death"]


def states_of(grades: Array, states: Sequence[int]) -> Counts:
    """Give the state of each grade; death is the last one."""
    place = np.searchsorted(np.asarray(states), grades, side="right") - 1
    return np.where(grades == DEATH, len(states), place).astype(np.int64)


def reference_of(daily: Daily, protocol: Protocol, asked: NaturalHistory) -> Reference:
    """Count the steps of a reference cohort and describe it.

    Parameters
    ----------
    daily
        The cohort day by day.
    protocol
        Definitions of the reference study.
    asked
        How the study that refers to it wants it counted.

    Raises
    ------
    StudyError
        Nobody in it was followed from a day with ICANS to the next.
    """
    courses, sequence = np.unique(daily.sequence, return_inverse=True)
    first = np.concatenate([np.flatnonzero(np.diff(sequence, prepend=-1)), [0]])[: courses.size]
    owner = daily.days["patient"][first]
    state = states_of(daily.days["grade"], asked.states)
    steps = transitions(sequence, daily.days["day"], state, absorbing=len(asked.states), carry=asked.carry_days)
    if not steps.origin.size:
        raise StudyError(
            f"[natural_history] reference: in {protocol.study.title} nobody with ICANS has grades two days running.",
            "Name a study with daily grades.",
        )
    tallies = tallied(steps, states=len(asked.states), bands=asked.bands_days, cluster=owner)
    own = tallies[daily.with_icans[: tallies.shape[0]]]
    rows = [
        *description(daily, daily.with_icans, GROUP, carry_days=asked.carry_days),
        *_followed(steps, own.shape[0]),
        *_transitions(own.sum(axis=0), asked),
        *_checks(steps, asked),
    ]
    unnamed = tuple(replace(row, patients=()) for row in rows)
    return Reference(protocol.study.title, protocol.study.synthetic, daily.scales, own, own.shape[0], True, unnamed)


def _followed(steps: Transitions, patients: int) -> list[Result]:
    days = Subject(ANALYSIS, "steps", GROUP, n=patients)
    return [
        days.row("n", steps.origin.size, method="steps from a day to the next, from onset to the end of observation"),
        days.row("bridged", steps.bridged, method="days without a grade that were given the last one"),
        days.row("cut", steps.cut, method="courses of which later days were left out, after a gap too long to bridge"),
        days.row("last_day", int(steps.since.max()) + 1, unit="days", method="last day from onset with a grade"),
    ]


def _transitions(counts: Array, asked: NaturalHistory) -> list[Result]:
    names = state_names(asked.states)
    chain = fitted(counts, bands=asked.bands_days, smoothing=asked.smoothing)
    rows = []
    for band, label in enumerate(band_names(asked.bands_days)):
        for origin, name in enumerate(names[:-1]):
            total = int(counts[band, origin].sum())
            for place, other in enumerate(names):
                where = f"{name} to {other}{f', {label}' if label else ''}"
                about = Subject(ANALYSIS, "transition", GROUP, where, method="steps of the reference", n=total)
                share = f"share of the steps from there, with {asked.smoothing:g} imagined steps spread over all"
                known = chain.probabilities[band, origin].any()
                value = 100 * float(chain.probabilities[band, origin, place]) if known and total else None
                rows += [
                    about.row("n", counts[band, origin, place]),
                    about.row("percent", value, "no step from there was seen", unit="%", method=share),
                ]
    return rows


def band_names(bands: Sequence[int]) -> list[str]:
    """Name the bands of days since onset; one alone has no name."""
    if not bands:
        return [""]
    ends = [0, *bands]
    named = [
        f"days {low}-{high - 1}" if high - low > 1 else f"day {low}" for low, high in zip(ends, bands, strict=False)
    ]
    return [*named, f"from day {bands[-1]}"]


def _checks(steps: Transitions, asked: NaturalHistory) -> list[Result]:
    rng = np.random.default_rng(asked.seed)
    bands = asked.bands_days or [EARLY_DAYS]
    days = np.searchsorted(np.asarray(bands), steps.since, side="right")
    groups = {
        "previous_state": (steps.before, "the state of the day before as well"),
        "days_from_onset": (days, f"the days since onset ({'; '.join(band_names(bands))})"),
    }
    rows = []
    for variable, (group, words) in groups.items():
        test = dependence(steps, group, states=len(asked.states), what=words, samples=PERMUTATIONS, rng=rng)
        rows += _tested(variable, test)
    return rows


def _tested(variable: str, test: DependenceTest) -> list[Result]:
    about = Subject(ANALYSIS, variable, GROUP, method=test.method, n=test.n)
    return [
        about.row("statistic", test.statistic, test.reason),
        about.row("df", test.df if test.statistic is not None else None, test.reason),
        about.row("p_value", test.p_value, test.reason),
    ]


def save(reference: Reference, asked: NaturalHistory, file: Path) -> None:
    """Write a model of the natural course for another study: counts and descriptions, no patient."""
    content = {
        "format": FORMAT,
        "title": reference.title,
        "synthetic": reference.synthetic,
        "scales": dict(reference.scales),
        "patients": reference.patients,
        "states": asked.states,
        "bands_days": asked.bands_days,
        "carry_days": asked.carry_days,
        "steps": reference.counts.tolist(),
        "rows": [to_row(row) for row in reference.rows],
    }
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load(file: Path, asked: NaturalHistory) -> Reference:
    """Read a saved model of the natural course.

    Raises
    ------
    CallError
        There is no such file.
    StudyError
        It is no such model, or was counted in another way than the protocol asks for.
    """
    if not file.is_file():
        raise CallError(f"[natural_history] reference: {file} is not there.", "Give a study folder or a saved model.")
    try:
        content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        steps = np.array(content["steps"], dtype=np.float64)
        if content["format"] != FORMAT or (steps < 0).any() or not np.isfinite(steps).all():
            raise ValueError("another format")
        rows = [row for row in map(from_row, content["rows"]) if row.variable != "transition"]
        for key in ("states", "bands_days", "carry_days"):
            _same(file, key, content[key], getattr(asked, key))
        steps = steps.reshape((1, len(asked.bands_days) + 1, len(asked.states), len(asked.states) + 1))
        return Reference(
            str(content["title"]),
            bool(content["synthetic"]),
            {str(scale): int(number) for scale, number in content["scales"].items()},
            steps,
            int(content["patients"]),
            False,
            (*rows, *_transitions(steps[0], asked)),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise StudyError(
            f"[natural_history] reference: {file} is no saved model of the natural course.",
            "icans report writes one, natural_history.json, for a study whose reference is a folder.",
        ) from None


def _same(file: Path, key: str, saved: object, asked: object) -> None:
    if saved != asked:
        raise StudyError(
            f"[natural_history] {key} is {asked}, and {file.name} was counted with {saved}.",
            f"Set {key} = {json.dumps(saved)}, or refer to the study folder.",
        )
