"""All that the analyses need, brought from the engine in one place: a query for each derived table.

What is many rows a patient (assessments, steroid days) is summed up by the engine; what comes back is at most a few
rows a patient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from icans.derive.episodes import since_infusion
from icans.results.cohort import Cohort
from icans.results.columns import Columns, collected, firsts, kept
from icans.results.rows import NAMED_AT_MOST

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.protocol import Protocol
    from icans.records.tables import Records

TOXICITIES = ("icans", "crs")
INTERNAL = frozenset({"patient_id", "infusion", "start_hour", "infused_epoch_hour", "infused_at"})
"""Columns of the canonical tables that describe no patient."""

KEY = ("patient_id", "infusion")
EPISODE = ("episode", "onset_hour", "peak_hour", "resolved", "duration_hours")
GRADES = frozenset({"highest", "at_least", "both_recorded", "both_derived"})
"""Of the assessments of a patient: what is a grade; the rest are counts."""
RECORDED = "recorded"
"""Scale of a grade that the clinic recorded without signs."""


@dataclass(frozen=True)
class Assessed:
    """The assessments of a study as arrays: what agreement needs, from the grades alone.

    Parameters
    ----------
    cohort, assessments, grade_pairs
        As in `Gathered`; no patient is evaluable.
    """

    cohort: Cohort
    assessments: dict[str, Columns]
    grade_pairs: Columns


@dataclass(frozen=True)
class Gathered:
    """The study as arrays; each table is in the order of patient and infusion, ``patient`` a position in the cohort.

    Parameters
    ----------
    cohort
        The patients and their groups.
    characteristics
        One row a patient of `cohort`: the columns of patients and of the first infusion.
    assessments
        For each toxicity, one row a patient of `cohort`. From infusion on: ``since_infusion`` (assessments),
        ``highest`` (settled grade), ``at_least`` (highest lower bound of an open grade). Of all: ``assessments``,
        ``open``, ``settled_by_convention``, ``recorded_only``, ``with_missing``, ``both`` (recorded and derived grade)
        and ``outside`` (a recorded grade that an open one cannot be); and after infusion, of the assessments with both,
        the highest recorded and derived grade, ``both_recorded`` and ``both_derived``.
    grade_pairs
        One row a toxicity, recorded grade and derived grade (NaN where it is open): ``assessments``; a row for each
        ``patient`` too, where there are few enough to be named. None where no assessment has both grades.
    episodes
        One row an episode that began at its infusion or after it.
    endpoints
        One row a treated episode.
    evaluated
        Of `endpoints` the first evaluable one of each patient.
    courses
        One row a course.
    steroids
        One row a patient and infusion with a systemic corticosteroid: ``mg``, ``days``, ``days_unknown``.
    survival
        One row a patient and endpoint.
    biomarkers
        One row a before-after pair, or what there is of one.
    """

    cohort: Cohort
    characteristics: Columns
    assessments: dict[str, Columns]
    grade_pairs: Columns
    episodes: Columns
    endpoints: Columns
    evaluated: Columns
    courses: Columns
    steroids: Columns
    survival: Columns
    biomarkers: Columns

    def of_evaluated(self, columns: Columns) -> Columns:
        """Keep the rows about a patient and infusion of `evaluated`."""
        own = set(zip(self.evaluated["patient"].tolist(), self.evaluated["infusion"].tolist(), strict=True))
        rows = zip(columns["patient"].tolist(), columns["infusion"].tolist(), strict=True)
        return kept(columns, np.array([row in own for row in rows], dtype=np.bool_))


def gather(records: Records, derived: Mapping[str, ibis.Table], protocol: Protocol, engine: Engine) -> Gathered:
    """Bring to Python what the analyses need.

    Parameters
    ----------
    records
        Records of the study.
    derived
        Derived tables by name, computed: each is read once.
    protocol
        Definitions of the study.
    engine
        Where the tables live.
    """
    characteristics = _characteristics(records, engine)
    ids = characteristics.pop("patient_id")
    infused = characteristics.pop("infusion") == 1
    patients = pa.array(ids, pa.string())

    def bring(table: ibis.Table, *order: str) -> Columns:
        return collected(engine, table, order=order, patients=patients)

    endpoints = bring(derived["endpoints"], *KEY, "episode")
    asked = np.isin(endpoints["indication"].astype(str), list(protocol.population.indications))
    evaluated = firsts(kept(endpoints, asked), "patient")
    cohort = Cohort(ids, infused, np.isin(np.arange(ids.size), evaluated["patient"]))
    assessed = _assessed(derived["grades"], cohort, engine)
    return Gathered(
        cohort=cohort,
        characteristics=characteristics,
        assessments=assessed.assessments,
        grade_pairs=assessed.grade_pairs,
        episodes=bring(
            since_infusion(derived["episodes"]).select("toxicity", *KEY, *EPISODE), "toxicity", *KEY, "episode"
        ),
        endpoints=endpoints,
        evaluated=evaluated,
        courses=bring(derived["courses"].select(*KEY, "episode", "course", "doses"), *KEY, "course"),
        steroids=bring(_steroid_sums(derived["steroids"]), *KEY),
        survival=bring(derived["survival"], "endpoint", *KEY),
        biomarkers=bring(derived["biomarkers"], "specimen", "analyte", *KEY),
    )


def gather_grades(records: Records, grades: ibis.Table, engine: Engine) -> Assessed:
    """Bring to Python what agreement needs.

    Parameters
    ----------
    records
        Records of the study.
    grades
        Its derived grades, computed.
    engine
        Where the tables live.
    """
    first = records.infusions.filter(_.infusion == 1).select("patient_id", "infusion")
    patients = records.patients.select("patient_id")
    found = collected(engine, patients.left_join(first, "patient_id").select("patient_id", "infusion"), order=KEY[:1])
    ids = found["patient_id"]
    return _assessed(grades, Cohort(ids, found["infusion"] == 1, np.zeros(ids.size, dtype=np.bool_)), engine)


def _assessed(grades: ibis.Table, cohort: Cohort, engine: Engine) -> Assessed:
    patients = pa.array(cohort.ids, pa.string())
    counts = collected(engine, _assessment_counts(grades), order=("toxicity", "patient_id"), patients=patients)
    named = cohort.ids.size <= NAMED_AT_MOST
    by = ("toxicity", "recorded_grade", "grade", *(["patient_id"] if named else []))
    pairs = _grade_pairs(grades, by).limit(None if counts["both"].any() else 0)
    return Assessed(
        cohort,
        {toxicity: _spread(counts, cohort, toxicity) for toxicity in TOXICITIES},
        collected(engine, pairs, order=by, patients=patients if named else None),
    )


def _characteristics(records: Records, engine: Engine) -> Columns:
    """One row a patient: columns the study has in patients and infusions; booleans as yes and no, dates as text."""
    found = {name: records.columns.get(name, frozenset()) - INTERNAL for name in ("patients", "infusions")}
    own = [column for column in records.patients.columns if column in found["patients"]]
    given = {
        f"infusion_{column}" if column in own else column: column
        for column in records.infusions.columns
        if column in found["infusions"]
    }
    first = records.infusions.filter(_.infusion == 1).select("patient_id", "infusion", **given)
    joined = records.patients.select("patient_id", *own).left_join(first, "patient_id")
    described = {column: _describable(joined[column]) for column in (*own, *given)}
    return collected(engine, joined.select("patient_id", **described, infusion=joined.infusion), order=("patient_id",))


def _describable(column: ibis.Value) -> ibis.Value:
    kind = column.type()
    if kind.is_boolean():
        return ibis.cases((column, "yes"), (~column, "no"))
    return column if kind.is_numeric() or kind.is_string() else column.cast("string")


def _assessment_counts(grades: ibis.Table) -> ibis.Table:
    """One row a patient and toxicity: see `Gathered.assessments`."""
    since = _.hour >= 0
    recorded, derived = _.recorded_grade, _.scale != RECORDED
    beyond = (recorded < _.grade_low) | (recorded > _.grade_high)
    both = _.grade.notnull() & recorded.notnull() & derived
    return grades.group_by("toxicity", "patient_id").agg(
        since_infusion=since.sum(),
        highest=_.grade.max(where=since),
        at_least=_.grade_low.max(where=since & _.grade.isnull()),
        assessments=_.count(),
        open=_.grade.isnull().sum(),
        settled_by_convention=(_.grade.notnull() & (_.grade_low < _.grade_high)).sum(),
        recorded_only=(_.scale == RECORDED).sum(),
        with_missing=(_.missing.fill_null("") != "").sum(),
        both=both.sum(),
        outside=(derived & _.grade.isnull() & beyond.fill_null(False)).sum(),
        both_recorded=recorded.max(where=both & since),
        both_derived=_.grade.max(where=both & since),
    )


def _spread(columns: Columns, cohort: Cohort, toxicity: str) -> Columns:
    own = kept(columns, columns["toxicity"] == toxicity)
    return {
        name: cohort.spread(own["patient"], values, np.nan if name in GRADES else 0)
        for name, values in own.items()
        if name not in {"patient", "toxicity"}
    }


def _grade_pairs(grades: ibis.Table, by: tuple[str, ...]) -> ibis.Table:
    """Count assessments by recorded and derived grade, where there are signs and a recorded grade."""
    paired = grades.filter(_.recorded_grade.notnull(), _.scale != RECORDED)
    return paired.group_by(*by).agg(assessments=_.count())


def _steroid_sums(steroids: ibis.Table) -> ibis.Table:
    return (
        steroids.filter(_.day >= 0)
        .group_by(*KEY)
        .agg(
            mg=_.dexamethasone_equivalent_mg.sum(),
            days=_.day.nunique(),
            days_unknown=_.dexamethasone_equivalent_mg.isnull().sum(),
        )
    )
