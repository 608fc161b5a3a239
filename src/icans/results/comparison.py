"""The scales of one toxicity against each other: the same assessments, graded once by each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from icans.derive.comparison import OPEN, compared, lacking, peaks
from icans.results.agreement import ANALYSIS, DEPENDENT, SEVERITIES, Pairs, pair_rows, severity, severity_words
from icans.results.cohort import Cohort
from icans.results.columns import Columns, collected
from icans.results.rows import NAMED_AT_MOST, Result, Subject
from icans.stats.arrays import Floats

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.protocol import Protocol
    from icans.records.tables import Records
    from icans.scales.model import Scale

TABLES = {"icans": "neuro", "crs": "crs"}
"""Table of records with the assessments of each toxicity."""


@dataclass(frozen=True)
class LeftOut:
    """A scale that cannot be compared, and why, as a sentence."""

    scale: Scale
    reason: str


@dataclass(frozen=True)
class Comparison:
    """The assessments of one toxicity by several scales, as arrays.

    Parameters
    ----------
    toxicity
        icans or crs.
    scales
        The scales, in the order they were named.
    left_out
        Scales that were named and cannot be compared.
    lacks
        For each scale the columns of its signs that the study lacks; where unrecorded signs are read as absent, only
        those that are, since the lack of the others leaves grades open.
    assessments
        One row for each combination of grades that the scales gave to an assessment: ``state_n`` (the grade; -1 where
        it is open; NaN where the scale had no sign) and ``times``; a row for each ``patient`` too, where they are few
        enough to be named.
    patients
        One row a patient assessed after infusion: ``patient``, and as in `icans.derive.comparison.peaks`.
    """

    toxicity: str
    scales: tuple[Scale, ...]
    left_out: tuple[LeftOut, ...] = ()
    lacks: tuple[tuple[str, ...], ...] = ()
    assessments: Columns = field(default_factory=dict)
    patients: Columns = field(default_factory=dict)


def compare(
    records: Records, scales: Sequence[Scale], protocol: Protocol, engine: Engine, cohort: Cohort
) -> list[Comparison]:
    """Grade the assessments of a study by each of some scales and bring to Python what agreement needs.

    Parameters
    ----------
    records
        Records of the study.
    scales
        The scales; those of one toxicity are compared with each other.
    protocol
        Definitions of the study, of which ``[grading]`` is used.
    engine
        Where the tables live.
    cohort
        The patients of the study.

    Returns
    -------
    list of Comparison
        One a toxicity, in the order in which the scales name them.
    """
    of_toxicity: dict[str, list[Scale]] = {}
    for scale in scales:
        of_toxicity.setdefault(scale.toxicity, []).append(scale)
    return [
        _compare(records, toxicity, own, protocol=protocol, engine=engine, cohort=cohort)
        for toxicity, own in of_toxicity.items()
    ]


def comparison_results(comparisons: Sequence[Comparison], protocol: Protocol, cohort: Cohort) -> list[Result]:
    """Give the agreement of each pair of scales.

    Parameters
    ----------
    comparisons
        From `compare`.
    protocol
        Definitions of the study, of which ``severe_grade`` is used.
    cohort
        The patients of the study.

    Returns
    -------
    list of Result
        Group a pair of scales: variables ``icans_grade``, ``icans_max_grade`` and ``icans_severity`` (likewise of CRS)
        with the statistics of `icans.results.agreement.pair_rows`, a cell's first scale first, and
        ``icans_severity_domain``. A pair with a scale that cannot be compared is one row with the reason.
    """
    return [row for one in comparisons for row in _rows(one, protocol.population.severe_grade, cohort)]


def changes(comparison: Comparison, protocol: Protocol, cohort: Cohort) -> Iterator[dict[str, Any]]:
    """Give each patient who changes severity group between two scales.

    Yields
    ------
    dict
        ``patient_id``, ``toxicity``; and of each of the two scales (``_1``, ``_2``) ``scale``, ``group``, ``grade``
        (the highest known to be reached), ``infusion``, ``hour`` and ``driver`` of the first assessment that has it.
    """
    severe = protocol.population.severe_grade
    found = comparison.patients
    for one, other in combinations(range(len(comparison.scales)), 2):
        groups = [_severity(found, number, severe) for number in (one, other)]
        moved = ~np.isnan(groups[0]) & ~np.isnan(groups[1]) & (groups[0] != groups[1])
        for place in np.flatnonzero(moved):
            row: dict[str, Any] = {
                "patient_id": str(cohort.ids[found["patient"][place]]),
                "toxicity": comparison.toxicity,
            }
            for end, number, group in ((1, one, groups[0]), (2, other, groups[1])):
                row |= {
                    f"scale_{end}": comparison.scales[number].id,
                    f"group_{end}": SEVERITIES[int(group[place])],
                    f"grade_{end}": int(_known(found, number)[place]),
                    f"infusion_{end}": int(found[f"infusion_{number}"][place]),
                    f"hour_{end}": float(found[f"hour_{number}"][place]),
                    f"driver_{end}": found[f"driver_{number}"][place] or "",
                }
            yield row


def _compare(
    records: Records, toxicity: str, scales: Sequence[Scale], *, protocol: Protocol, engine: Engine, cohort: Cohort
) -> Comparison:
    name = TABLES.get(toxicity, "")
    found = records.columns.get(name, frozenset())
    left_out = [LeftOut(scale, reason) for scale in scales if (reason := _reason(scale, name, found, records.present))]
    absent = {out.scale.id for out in left_out}
    own = tuple(scale for scale in scales if scale.id not in absent)
    if len(own) < 2:
        left_out += [LeftOut(scale, _alone(scale, toxicity)) for scale in own]
        return Comparison(toxicity, (), tuple(left_out))
    table = getattr(records, name)
    key = {"patient_id", "infusion", "hour"}
    table = table.select([column for column in table.columns if column in key | found])
    graded = compared(table, records.patients, records.events, scales=own, unrecorded=protocol.grading.unrecorded)
    kept = engine.keep(graded)
    patients = pa.array(cohort.ids, pa.string())
    states = [f"state_{number}" for number in range(len(own))]
    by = ["patient_id", *states] if cohort.ids.size <= NAMED_AT_MOST else states
    counted = kept.group_by(*by).agg(times=kept.count())
    return Comparison(
        toxicity,
        own,
        tuple(left_out),
        tuple(lacking(scale, found, if_absent=protocol.grading.unrecorded == "absent") for scale in own),
        collected(engine, counted, order=tuple(by), patients=patients if "patient_id" in by else None),
        collected(engine, peaks(kept, scales=len(own)), order=("patient_id",), patients=patients),
    )


def _reason(scale: Scale, table: str, found: frozenset[str], present: frozenset[str]) -> str:
    if scale.result != "grade":
        return f"{scale.id} gives a score and no grade, and is not compared."
    if not table:
        return f"{scale.id} grades {scale.toxicity}; only scales of ICANS and of CRS are compared."
    if table not in present:
        return f"{scale.id} cannot grade this study, which has no table {table}."
    lacks = lacking(scale, found)
    if len(lacks) == len(lacking(scale, ())):
        return f"{scale.id} cannot grade this study: {table} has none of its columns ({', '.join(lacks)})."
    return ""


def _alone(scale: Scale, toxicity: str) -> str:
    return f"{scale.id} stands alone: there is no other scale of {toxicity.upper()} to compare it with."


def _rows(comparison: Comparison, severe: int, cohort: Cohort) -> Iterator[Result]:
    reasons = {out.scale.id: out.reason for out in comparison.left_out}
    everyone = [*comparison.scales, *(out.scale for out in comparison.left_out)]
    if len(everyone) == 1:
        yield Subject(ANALYSIS, f"{comparison.toxicity}_grade", everyone[0].id).row("n", None, reasons[everyone[0].id])
    for first, second in combinations(everyone, 2):
        if second.id in reasons:
            subject = Subject(ANALYSIS, f"{comparison.toxicity}_grade", _pair(first, second))
            yield subject.row("n", None, reasons.get(first.id) or reasons[second.id])
    for one, other in combinations(range(len(comparison.scales)), 2):
        yield from _pair_rows(comparison, one, other, severe, cohort)


def _pair(one: Scale, other: Scale) -> str:
    return f"{one.id} / {other.id}"


def _pair_rows(comparison: Comparison, one: int, other: int, severe: int, cohort: Cohort) -> Iterator[Result]:
    first, second = comparison.scales[one], comparison.scales[other]
    words = f"{first.id} against {second.id}"
    toxicity, found = comparison.toxicity, comparison.patients
    subject = Subject(ANALYSIS, f"{toxicity}_grade", _pair(first, second), method=f"{words}, {DEPENDENT}")
    yield from pair_rows(subject, cohort, _assessed(comparison.assessments, one, other), counted="assessments")
    highest = f"{words}, highest grade of each patient after infusion"
    grades = _patients(found, [_highest(found, number) for number in (one, other)])
    yield from pair_rows(
        replace(subject, variable=f"{toxicity}_max_grade", method=highest), cohort, grades, counted="patients"
    )
    groups = _patients(found, [_severity(found, number, severe) for number in (one, other)])
    about = replace(subject, variable=f"{toxicity}_severity", method=f"{highest}: {severity_words(severe)}")
    yield from pair_rows(about, cohort, groups, counted="patients", levels=SEVERITIES)
    yield from _domains(comparison, (one, other), groups, replace(about, variable=f"{about.variable}_domain"), cohort)


def _assessed(assessments: Columns, one: int, other: int) -> Pairs:
    states = [assessments[f"state_{number}"] for number in (one, other)]
    seen = ~(np.isnan(states[0]) & np.isnan(states[1]))
    grades = [np.where(state == OPEN, np.nan, state)[seen] for state in states]
    patient = assessments["patient"][seen].astype(np.int64) if "patient" in assessments else None
    return Pairs(grades[0], grades[1], assessments["times"][seen], patient)


def _patients(found: Columns, values: Sequence[Floats]) -> Pairs:
    return Pairs(values[0], values[1], np.ones(values[0].size), found["patient"])


def _open(found: Columns, number: int) -> np.ndarray:
    highest, least = found[f"highest_{number}"], found[f"at_least_{number}"]
    return np.isnan(highest) | (least > highest)


def _known(found: Columns, number: int) -> Floats:
    return np.asarray(np.fmax(found[f"highest_{number}"], found[f"at_least_{number}"]), dtype=np.float64)


def _highest(found: Columns, number: int) -> Floats:
    """Give the highest settled grade; none where an open one is certainly higher."""
    return np.where(_open(found, number), np.nan, found[f"highest_{number}"])


def _severity(found: Columns, number: int, severe: int) -> Floats:
    """Give the severity group; an open grade settles it where even its lower bound is severe."""
    known = _known(found, number)
    settled = ~_open(found, number) | (known >= severe)
    return severity(np.where(settled, known, np.nan), severe)


def _domains(
    comparison: Comparison, which: tuple[int, int], groups: Pairs, subject: Subject, cohort: Cohort
) -> Iterator[Result]:
    """Count the patients who change group by the domain that earned the higher grade, and its scale."""
    found = comparison.patients
    moved = int(np.count_nonzero(groups.one < groups.other) + np.count_nonzero(groups.one > groups.other))
    for number, higher in zip(which, (groups.one > groups.other, groups.other > groups.one), strict=True):
        who: dict[str, list[int]] = {}
        for place in np.flatnonzero(higher):
            for domain in filter(None, str(found[f"driver_{number}"][place] or "").split(";")):
                who.setdefault(domain, []).append(int(found["patient"][place]))
        scale = comparison.scales[number]
        for domain in [name for name in (*(one.name for one in scale.domains), "death") if name in who]:
            patients = np.array(who[domain], dtype=np.int64)
            about = subject.about(cohort.names(patients), moved, level=f"{domain} ({scale.id})")
            words = "; patients moved up by this scale whose highest grade this domain earned when first reached"
            yield about.row("n", patients.size, method=subject.method + words)
