"""The definitions that may have alternatives, and how a page says their values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from icans.protocols.remission import RemissionRule


@dataclass(frozen=True)
class Definition:
    """A definition of the protocol that may have alternatives.

    Parameters
    ----------
    section, key
        Where it stands in study.toml.
    title
        What it is called in figures and tables.
    words
        Says a value in few words.
    """

    section: str
    key: str
    title: str
    words: Callable[[Any], str]

    @property
    def name(self) -> str:
        """Section and key: ``episodes.quiet_hours``."""
        return f"{self.section}.{self.key}"

    @property
    def within(self) -> str:
        """The title inside a sentence: ``quiet interval``, ``ICANS scale``."""
        return self.title if self.title[1].isupper() else self.title[0].lower() + self.title[1:]


def _grades(grades: Sequence[int]) -> str:
    low, high = min(grades), max(grades)
    whole = len(grades) > 1 and sorted(grades) == list(range(low, high + 1))
    return f"{low}-{high}" if whole else " or ".join(str(grade) for grade in sorted(grades))


def finish_lines(rules: Sequence[RemissionRule]) -> str:
    """Say the rules of remission: ``3-4 to grade 1; 1-2 to ICE 10``."""
    return "; ".join(
        f"{_grades(rule.baseline)} to {f'grade {rule.grade}' if rule.ice is None else f'ICE {rule.ice}'}"
        for rule in rules
    )


def _hours(hours: float) -> str:
    return f"{hours:g} h"


def _from_grade(grade: int) -> str:
    return f"grade {grade}"


def _names(names: Sequence[str]) -> str:
    return ", ".join(name.replace("_", "-") for name in names) or "any"


def _word(value: str) -> str:
    return {
        "by_age": "by age",
        "ice": "ICE for everyone",
        "capd": "CAPD for everyone",
        "first_course": "at first course",
        "peak": "peak up to it",
        "absent": "read as absent",
        "unknown": "left open",
    }.get(value, value)


DEFINITIONS = (
    Definition("scales", "icans", "ICANS scale", _word),
    Definition("grading", "instrument", "Instrument", _word),
    Definition("grading", "unrecorded", "Unrecorded signs", _word),
    Definition("episodes", "quiet_hours", "Quiet interval", _hours),
    Definition("episodes", "onset_grade", "Toxicity from", _from_grade),
    Definition("intervention", "drugs", "Drugs of a course", _names),
    Definition("intervention", "routes", "Routes of a course", _names),
    Definition("intervention", "together_hours", "One course within", _hours),
    Definition("population", "indications", "Indications", _names),
    Definition("population", "severe_grade", "Severe from", _from_grade),
    Definition("population", "refractory_hours", "Refractory after", _hours),
    Definition("steroids", "routes", "Systemic routes", _names),
    Definition("remission", "baseline", "Baseline grade", _word),
    Definition("remission", "rules", "Finish line", finish_lines),
    Definition("remission", "hold_hours", "Must hold for", _hours),
)
"""In the order in which the study rests on them."""

WITHOUT = {
    "study": "says what the study is called",
    "records": "says how the records are written",
    "survival": "defines survival, and icans sensitivity asks about remission",
    "biomarkers": "is about measurements, and icans sensitivity asks about remission",
    "scales.crs": "grades CRS, which has no part in remission of ICANS",
    "intervention.name": "is a name",
    "intervention.short": "is a name",
    "remission.landmarks_days": "says which days are shown",
}
"""Sections and keys of study.toml that have no alternatives, and why."""
