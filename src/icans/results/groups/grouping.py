"""Who is in which group, and from which moment that could be known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from icans.errors import ProtocolError, nearest
from icans.protocols.compare import CATEGORIES, GROWING, NUMBERS, STATUSES, Compare
from icans.results.baseline import as_numbers, is_recorded, levels, unit_of
from icans.results.cohort import Mask
from icans.results.display import number, with_unit
from icans.results.groups.source import Source
from icans.results.population import highest_known
from icans.stats.arrays import Counts, Floats
from icans.units import HOURS_PER_DAY

MOST_GROUPS = 8
"""More groups than this are refused: a column of so many values parts no cohort."""

UNITS = {"hours_onset_to_first_course": "hours"}


@dataclass(frozen=True)
class Grouping:
    """Who is in which group since when.

    Parameters
    ----------
    comparison
        What the protocol compares.
    labels
        Names of the groups, the reference last.
    group
        Number of each patient's group; -1 where it is not known.
    moment
        When that was known, hours on the patient's clock; minus infinity: before any time zero; infinity: only at the
        end, as for a patient who was never treated.
    waits
        Group to which patients count until they are known to be in another; None: to none.
    note
        What is wrong with the values, as a sentence; empty where nothing is.
    meanings
        What the labels stand for where the protocol gives names of its own; empty where it does not.
    """

    comparison: Compare
    labels: tuple[str, ...]
    group: Counts
    moment: Floats
    waits: int | None = None
    note: str = ""
    meanings: tuple[str, ...] = ()

    @property
    def known(self) -> Mask:
        """Who is in a group."""
        return self.group >= 0

    def members(self, number: int) -> Mask:
        """Give who is in a group."""
        return np.asarray(self.group == number, dtype=np.bool_)


def grouping(comparison: Compare, source: Source) -> Grouping:
    """Put the patients of a study into the groups of a comparison.

    Parameters
    ----------
    comparison
        What the protocol compares.
    source
        The study.

    Raises
    ------
    ProtocolError
        The values cannot make these groups: text where a number is needed, or too many values.
    """
    by = comparison.by
    if by in STATUSES:
        made = _status(comparison, source)
    elif by in GROWING:
        made = _grown(comparison, source)
    else:
        values, moment = _values(comparison, source)
        made = _by_cuts(comparison, values, moment) if comparison.cuts else _by_values(comparison, values, moment)
    if comparison.labels and len(comparison.labels) != len(made.labels):
        raise ProtocolError(
            f'study.toml: [[compare]] "{comparison.name}": {len(comparison.labels)} labels were given for '
            f"{len(made.labels)} groups: {', '.join(made.labels) or 'nobody has a value'}."
        )
    return replace(made, labels=tuple(comparison.labels), meanings=made.labels) if comparison.labels else made


def joined(population: str, source: Source) -> Floats:
    """Give when each patient was known to belong to a population, hours on the clock; minus infinity: from the start.

    Who is treated, or has ICANS, lived until then: to compare the treated from the infusion on counts time in which
    nobody among them could die, whatever the groups.
    """
    study = source.study
    if population == "infused":
        return np.full(source.size, -np.inf)
    if population == "evaluable":
        return source.earliest(study.evaluated, "first_course_hour")
    treated = source.earliest(study.endpoints, "first_course_hour")
    if population == "treated":
        return treated
    # Who was treated in an episode from before the infusion has ICANS without an assessment after it.
    return np.fmin(source.grade_reached("icans", source.protocol.episodes.onset_grade, ""), treated)


def _status(comparison: Compare, source: Source) -> Grouping:
    """Treated against not, or in remission against not: known when it happens, and until then a patient has not."""
    study = source.study
    if comparison.by == "treated":
        moment = source.earliest(study.endpoints, "first_course_hour")
        known = study.cohort.infused
        labels = ("treated", "untreated")
    else:
        moment = source.earliest(study.evaluated, "remission_hour")
        known = study.cohort.mask(study.evaluated["patient"][~np.isnan(study.evaluated["remission"])])
        labels = ("responder", "non-responder")
    return _since(comparison, labels, moment, known)


def _grown(comparison: Compare, source: Source) -> Grouping:
    """At or above a number that only grows: known once it is reached, and until then a patient is below."""
    study, least = source.study, comparison.cuts[0]
    if comparison.by == "courses":
        moment = source.course_begun(int(np.ceil(least)))
        known = study.cohort.evaluable
        unit = "courses"
    elif comparison.scale:
        moment = source.grade_reached("", least, comparison.scale)
        highest, at_least = source.highest(comparison.scale)
        known, unit = ~np.isnan(np.fmax(highest, at_least)), "grade"
    else:
        toxicity = "crs" if comparison.by.startswith("crs") else "icans"
        moment = source.grade_reached(toxicity, least, "")
        known, unit = ~np.isnan(highest_known(study, toxicity)), "grade"
    return _since(comparison, _cut_labels([least], unit, rising=False), moment, known)


def _since(comparison: Compare, labels: tuple[str, ...], moment: Floats, known: Mask) -> Grouping:
    happened = ~np.isnan(moment)
    group = np.where(known, np.where(happened, 0, 1), -1).astype(np.int64)
    return Grouping(comparison, labels, group, np.where(happened, moment, np.inf), waits=1)


def _values(comparison: Compare, source: Source) -> tuple[NDArray[Any], Floats]:
    """Give what patients are grouped by, and when it was known."""
    study, by = source.study, comparison.by
    if by in CATEGORIES or by in NUMBERS:
        own = study.evaluated
        moment = source.earliest(own, "first_course_hour")
        if by in CATEGORIES:
            words = np.full(source.size, None, dtype=object)
            words[own["patient"]] = own[by]
            return words, moment
        column = "hours_from_onset" if by == "hours_onset_to_first_course" else by
        return study.cohort.spread(own["patient"], own[column]), moment
    values = study.characteristics[by]
    known = -np.inf if comparison.known_days is None else comparison.known_days * HOURS_PER_DAY
    return values, np.full(source.size, known)


def _by_cuts(comparison: Compare, values: NDArray[Any], moment: Floats) -> Grouping:
    numbers = as_numbers(comparison.by, values)
    if numbers is None:
        key = "at_most" if comparison.at_most is not None else "at_least"
        raise ProtocolError(
            f'study.toml: [[compare]] "{comparison.name}": {comparison.by} is no number, so {key} cannot part it.',
            "Name the groups as values.",
        )
    cuts, rising = comparison.cuts, comparison.at_most is not None
    place = np.searchsorted(cuts, numbers, side="left" if rising else "right")
    place = place if rising else len(cuts) - place
    group = np.where(np.isnan(numbers), -1, place).astype(np.int64)
    unit = UNITS.get(comparison.by, "") or unit_of(comparison.by)
    return Grouping(comparison, _cut_labels(cuts, unit, rising=rising), group, moment)


def _cut_labels(cuts: list[float], unit: str, *, rising: bool) -> tuple[str, ...]:
    """Name the groups between cuts: ``24 hours or less`` and ``more than 24 hours``; ``grade 3 or more``, ``below``."""
    texts = [with_unit(number(cut), unit) for cut in cuts]
    if rising:
        between = [f"more than {one}, at most {other}" for one, other in pairwise(texts)]
        return (f"{texts[0]} or less", *between, f"more than {texts[-1]}")
    texts.reverse()
    between = [f"below {one}, at least {other}" for one, other in pairwise(texts)]
    return (f"{texts[0]} or more", *between, f"below {texts[-1]}")


def _by_values(comparison: Compare, values: NDArray[Any], moment: Floats) -> Grouping:
    """One group a value; numbers that were written as text are compared as numbers."""
    numbers = as_numbers(comparison.by, values)
    recorded = is_recorded(values) if numbers is None else ~np.isnan(numbers)
    asked = list(comparison.values) or _every(comparison, values, numbers, recorded)
    note = _unheard_of(comparison, asked, values[recorded] if numbers is None else numbers[recorded])
    group = np.full(values.size, -1, dtype=np.int64)
    for place, value in enumerate(asked):
        if numbers is not None:
            same = numbers == float(value) if _is_number(value) else np.zeros(values.size, dtype=np.bool_)
        else:
            same = recorded & (values == (value if isinstance(value, str) else number(float(value))))
        group[same] = place
    labels = tuple(value if isinstance(value, str) else number(float(value)) for value in asked)
    return Grouping(comparison, labels, group, moment, note=note)


def _every(comparison: Compare, values: NDArray[Any], numbers: Floats | None, recorded: Mask) -> list[Any]:
    """Give every value there is, the commonest last."""
    if comparison.by in CATEGORIES:
        return list(CATEGORIES[comparison.by])
    if numbers is not None:
        found: list[Any] = np.unique(numbers[recorded]).tolist()
    else:
        found = levels(comparison.by, values[recorded])[::-1] if recorded.any() else []
    if len(found) > MOST_GROUPS:
        raise ProtocolError(
            f'study.toml: [[compare]] "{comparison.name}": {comparison.by} has {len(found):,} different values.',
            "Name those to compare as values, or part a number by at_most or at_least.",
        )
    return found


def _unheard_of(comparison: Compare, asked: list[Any], recorded: NDArray[Any]) -> str:
    """Say which values nobody has."""
    have = {number(one) if isinstance(one, float) else str(one) for one in set(recorded.tolist())}
    named = [one if isinstance(one, str) else number(float(one)) for one in asked]
    absent = [name for name in named if name not in have and comparison.by not in CATEGORIES]
    if not absent:
        return ""
    words = " or ".join(f'"{name}"' for name in absent)
    return f"nobody has the value {words} of {comparison.by}" + (f". {nearest(absent[0], have)}" if have else "")


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True
