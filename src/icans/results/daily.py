"""A cohort day by day, as arrays: the worst grade of each day, and what else of it bears on the natural course."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import ibis
import numpy as np
import pyarrow as pa

from icans.results.cohort import Cohort, Mask
from icans.results.columns import Columns, collected
from icans.results.rows import Result, Subject
from icans.results.summaries import described
from icans.stats.arrays import Counts

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.records.tables import Records

ANALYSIS = "natural_history"
DEATH = 5
"""Stands for the day of death among grades."""
MOST_INFUSIONS = 1000
NOT_RECORDED = "not recorded"
KEY = ("patient_id", "infusion")


@dataclass(frozen=True)
class Daily:
    """A cohort day by day.

    Parameters
    ----------
    cohort
        Its patients.
    days
        One row a patient, infusion and day with a grade or a death, in that order: ``patient`` (position in `cohort`),
        ``infusion``, ``day``, ``grade`` (worst of the day; `DEATH` on the day of death).
    given
        One row a patient and infusion: ``patient``, ``infusion``, and whether on any day from infusion there was a
        systemic corticosteroid (``on_steroid``) or the study's intervention (``intervention``), 0 or 1.
    scales
        Assessments of ICANS by the scale that graded them; ``recorded`` where only the clinic's grade is there.
    products
        One row a patient and infusion: ``patient``, ``product`` (None where not recorded).
    """

    cohort: Cohort
    days: Columns
    given: Columns
    scales: Mapping[str, int]
    products: Columns

    @property
    def sequence(self) -> Counts:
        """Number of the patient and infusion of each row of `days`: one course from an infusion."""
        return self.days["patient"] * MOST_INFUSIONS + self.days["infusion"].astype(np.int64)

    @property
    def with_icans(self) -> Mask:
        """Who had a day of grade 1 or more."""
        return self.cohort.mask(self.days["patient"][(self.days["grade"] > 0) & (self.days["grade"] < DEATH)])


def gather_daily(panel: ibis.Table, grades: ibis.Table, records: Records, engine: Engine, cohort: Cohort) -> Daily:
    """Bring the days of some patients to Python.

    Parameters
    ----------
    panel
        As `icans.derive.panel.panel` gives it, of these patients and computed: it is read several times.
    grades
        Derived grades.
    records
        Records of the study.
    engine
        Where the tables live.
    cohort
        The patients to bring.
    """
    ids = pa.array(cohort.ids, pa.string())

    def own(table: ibis.Table) -> ibis.Table:
        return table.semi_join(panel, "patient_id")

    def bring(table: ibis.Table, *order: str) -> Columns:
        return collected(engine, table, order=(*KEY, *order), patients=ids)

    known = panel.filter(panel.grade.notnull() | panel.died)
    grade = ibis.ifelse(known.died, DEATH, known.grade)
    given = panel.group_by(*KEY).agg(on_steroid=panel.on_steroid.any(), intervention=panel.treated.any())
    icans = own(grades).filter(ibis._.toxicity == "icans")
    scales = engine.rows(icans.group_by("scale").agg(assessments=icans.count()))
    infusions = own(records.infusions)
    product = infusions["product"] if "product" in infusions.columns else ibis.null("string")
    return Daily(
        cohort,
        bring(known.select(*KEY, "day", grade=grade), "day"),
        bring(given),
        {row["scale"]: row["assessments"] for row in sorted(scales, key=lambda row: str(row["scale"]))},
        bring(infusions.select(*KEY, product=product.cast("string"))),
    )


def description(daily: Daily, who: Mask, group: str, *, carry_days: int) -> list[Result]:
    """Say who a cohort is: what one must know to compare its course with another's.

    Parameters
    ----------
    daily
        The cohort day by day.
    who
        The patients described.
    group
        What the rows call them.
    carry_days
        Longest gap that ends no observation, days: a death after a longer one does not count.

    Returns
    -------
    list of Result
        Variables ``patients`` (n of the cohort; at level ``described`` n of those described), ``onset_day`` (numeric),
        ``highest_grade``, ``product`` and ``scale`` (n by level), ``corticosteroid``, ``intervention`` and ``death``
        (n, percent).
    """
    cohort, days = daily.cohort, daily.days
    everyone = _subject(group, "patients", cohort, np.ones(cohort.ids.size, dtype=np.bool_), "patients of the cohort")
    own = _subject(group, "patients", cohort, who, "of them with ICANS, whom the rows below describe")
    rows = [everyone.row("n", cohort.ids.size), own.row("n", own.n, level="described")]
    toxic = who[days["patient"]] & (days["grade"] > 0) & (days["grade"] < DEATH)
    onset, highest = np.full(who.size, np.inf), np.zeros(who.size)
    np.minimum.at(onset, days["patient"][toxic], days["day"][toxic])
    np.maximum.at(highest, days["patient"][toxic], days["grade"][toxic])
    begun = np.flatnonzero(np.isfinite(onset))
    about = Subject(
        ANALYSIS, "onset_day", group, unit="days", method="from infusion to the first day of grade 1 or more"
    )
    rows += described(about, cohort, begun, onset[begun])
    grades = {str(grade): who & (highest == grade) for grade in range(1, DEATH)}
    rows += _levels(_subject(group, "highest_grade", cohort, who, "highest grade of a day"), cohort, grades)
    products = _products(daily, who)
    rows += _levels(_subject(group, "product", cohort, who, "product as recorded"), cohort, products)
    total = sum(daily.scales.values())
    for scale, assessments in daily.scales.items():
        graded = Subject(ANALYSIS, "scale", group, scale, method="assessments graded by it", n=total)
        rows.append(graded.row("n", assessments))
    shares = {
        "corticosteroid": (_given(daily, "on_steroid"), "systemic corticosteroid on any day from infusion"),
        "intervention": (_given(daily, "intervention"), "the intervention of the study on any day"),
        "death": (_died(daily, carry_days), "died before observation ended"),
    }
    for variable, (had, words) in shares.items():
        rows += _levels(_subject(group, variable, cohort, who, words), cohort, {"": who & had})
    return rows


def _subject(group: str, variable: str, cohort: Cohort, who: Mask, method: str) -> Subject:
    number = int(np.count_nonzero(who))
    return Subject(ANALYSIS, variable, group, method=method, n=number, patients=cohort.names(who))


def _levels(about: Subject, cohort: Cohort, levels: Mapping[str, Mask]) -> list[Result]:
    """Count patients by level, with the share of those described."""
    rows = []
    for level, those in levels.items():
        count = int(np.count_nonzero(those))
        about = replace(about, level=level or None, patients=cohort.names(those))
        rows.append(about.row("n", count))
        share = None if about.n == 0 else 100 * count / about.n
        rows.append(about.row("percent", share, "there is no patient", unit="%"))
    return rows


def _products(daily: Daily, who: Mask) -> dict[str, Mask]:
    named = [NOT_RECORDED if name is None else str(name) for name in daily.products["product"].tolist()]
    names: Sequence[str] = sorted(set(named), key=lambda name: (name == NOT_RECORDED, name))
    of_row = np.array(named, dtype=object)
    return {name: who & daily.cohort.mask(daily.products["patient"][of_row == name]) for name in names}


def _given(daily: Daily, what: str) -> Mask:
    return daily.cohort.mask(daily.given["patient"][daily.given[what] == 1])


def _died(daily: Daily, carry_days: int) -> Mask:
    """Tell who died within the longest gap of the last day with a grade: on the row before that of the death."""
    days, sequence = daily.days, daily.sequence
    soon = np.zeros(sequence.size, dtype=np.bool_)
    soon[1:] = (np.diff(sequence) == 0) & (np.diff(days["day"]) <= carry_days + 1)
    return daily.cohort.mask(days["patient"][(days["grade"] == DEATH) & soon])
