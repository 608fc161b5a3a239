"""All that the analyses need, brought from the engine in one place: a query for each derived table.

What is many rows a patient (assessments, steroid days) is summed up by the engine; what comes back is at most a few
rows a patient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis
import numpy as np
from ibis import _

from icans.results.cohort import Cohort, Mask
from icans.results.columns import Columns, collected, firsts, kept

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.protocol import Protocol
    from icans.records.tables import Records

TOXICITIES = ("icans", "crs")
INTERNAL = frozenset({"patient_id", "infusion", "start_hour", "infused_epoch_hour", "infused_at"})
"""Columns of the canonical tables that describe no patient."""

_PATIENT_AND_INFUSION = ("patient_id", "infusion")


@dataclass(frozen=True)
class Gathered:
    """The study as arrays; each table is in the order of patient and infusion.

    Parameters
    ----------
    cohort
        The patients and their groups.
    characteristics
        One row a patient of `cohort`: the columns of patients and of the first infusion.
    assessments
        For each toxicity, one row a patient of `cohort`. From infusion on: ``since_infusion`` (assessments),
        ``highest`` (settled grade), ``at_least`` (highest lower bound of an open grade). Of all: ``assessments``,
        ``open``, ``settled_by_convention``, ``recorded_only``, ``with_missing``, and of those both recorded and
        derived ``both`` and ``agreeing``.
    grade_pairs
        One row a toxicity, recorded grade and derived grade: ``assessments`` with both.
    episodes
        One row an episode.
    endpoints
        One row a treated episode.
    evaluated
        Of `endpoints` the first evaluable one of each patient and infusion.
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
    endpoints = collected(engine, derived["endpoints"], order=(*_PATIENT_AND_INFUSION, "episode"))
    asked = np.isin(endpoints["indication"].astype(str), list(protocol.population.indications))
    evaluated = firsts(kept(endpoints, asked), *_PATIENT_AND_INFUSION)
    ids = characteristics["patient_id"]
    everyone = Cohort(ids, characteristics.pop("infusion") == 1, np.zeros(ids.size, dtype=np.bool_))
    cohort = replace(everyone, evaluable=everyone.mask(evaluated["patient_id"]))
    return Gathered(
        cohort=cohort,
        characteristics=characteristics,
        assessments=_assessments(derived["grades"], cohort, engine),
        grade_pairs=_grade_pairs(derived["grades"], engine),
        episodes=_episodes(derived["episodes"], engine),
        endpoints=endpoints,
        evaluated=evaluated,
        courses=_courses(derived["courses"], engine),
        steroids=_steroids(derived["steroids"], engine),
        survival=collected(engine, derived["survival"], order=("endpoint", *_PATIENT_AND_INFUSION)),
        biomarkers=collected(engine, derived["biomarkers"], order=("specimen", "analyte", *_PATIENT_AND_INFUSION)),
    )


def _characteristics(records: Records, engine: Engine) -> Columns:
    """One row a patient: columns the study has in patients and infusions; booleans and dates as text."""
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
    table = joined.select("patient_id", **described, infusion=joined.infusion)
    return collected(engine, table, order=("patient_id",))


def _describable(column: ibis.Value) -> ibis.Value:
    kind = column.type()
    return column if (kind.is_numeric() and not kind.is_boolean()) or kind.is_string() else column.cast("string")


def _assessments(grades: ibis.Table, cohort: Cohort, engine: Engine) -> dict[str, Columns]:
    since = _.hour >= 0
    both = _.grade.notnull() & _.recorded_grade.notnull() & (_.scale != "recorded")
    counted = grades.group_by("toxicity", "patient_id").agg(
        since_infusion=since.sum(),
        highest=_.grade.max(where=since),
        at_least=_.grade_low.max(where=since & _.grade.isnull()),
        assessments=_.count(),
        open=_.grade.isnull().sum(),
        settled_by_convention=(_.grade.notnull() & (_.grade_low < _.grade_high)).sum(),
        recorded_only=(_.scale == "recorded").sum(),
        with_missing=(_.missing.fill_null("") != "").sum(),
        both=both.sum(),
        agreeing=(both & (_.grade == _.recorded_grade)).sum(),
    )
    columns = collected(engine, counted, order=("toxicity", "patient_id"))
    return {toxicity: _spread(columns, cohort, columns["toxicity"] == toxicity) for toxicity in TOXICITIES}


def _spread(columns: Columns, cohort: Cohort, which: Mask) -> Columns:
    own = kept({name: values for name, values in columns.items() if name != "toxicity"}, which)
    ids = own.pop("patient_id")
    grades = {"highest", "at_least"}
    return {name: cohort.spread(ids, values, np.nan if name in grades else 0) for name, values in own.items()}


def _grade_pairs(grades: ibis.Table, engine: Engine) -> Columns:
    """Count assessments by recorded and derived grade, where both are there."""
    paired = grades.filter(_.grade.notnull() & _.recorded_grade.notnull() & (_.scale != "recorded"))
    key = ("toxicity", "recorded_grade", "grade")
    return collected(engine, paired.group_by(*key).agg(assessments=_.count()), order=key)


def _episodes(episodes: ibis.Table, engine: Engine) -> Columns:
    needed = ("toxicity", *_PATIENT_AND_INFUSION, "episode", "onset_hour", "peak_hour", "resolved", "duration_hours")
    return collected(engine, episodes.select(*needed), order=needed[:4])


def _courses(courses: ibis.Table, engine: Engine) -> Columns:
    needed = (*_PATIENT_AND_INFUSION, "episode", "course", "doses")
    return collected(engine, courses.select(*needed), order=(*_PATIENT_AND_INFUSION, "course"))


def _steroids(steroids: ibis.Table, engine: Engine) -> Columns:
    summed = (
        steroids.filter(_.day >= 0)
        .group_by(*_PATIENT_AND_INFUSION)
        .agg(
            mg=_.dexamethasone_equivalent_mg.sum(),
            days=_.day.nunique(),
            days_unknown=_.dexamethasone_equivalent_mg.isnull().sum(),
        )
    )
    return collected(engine, summed, order=_PATIENT_AND_INFUSION)
