"""A study in arrays, on one clock a patient, and what a comparison still has to ask the engine for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ibis
import numpy as np
import pyarrow as pa
from ibis import _

from icans.derive.comparison import OPEN, compared
from icans.results.columns import Columns, collected
from icans.results.comparison import TABLES
from icans.results.gathered import KEY, Gathered
from icans.stats.arrays import Floats

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.protocol import Protocol
    from icans.records.tables import Records
    from icans.scales.model import Scale


@dataclass(frozen=True)
class Source:
    """A study, as arrays and where the rest of it lives.

    A patient's clock counts hours from the first infusion, so that moments after different infusions can be compared.

    Parameters
    ----------
    study
        The study as arrays.
    records, derived, protocol, engine
        As for `icans.results.gathered.gather`.
    scales
        Scales that [agreement] names.
    step
        Told what is being done.
    """

    study: Gathered
    records: Records
    derived: Mapping[str, ibis.Table]
    protocol: Protocol
    engine: Engine
    scales: Sequence[Scale] = ()
    step: Callable[[str], None] = lambda _step: None

    def drawing(self, draws: int) -> Callable[[float], None]:
        """Give who is told the share of some draws that is done."""
        return lambda share: self.step(f"groups, {round(share * draws)} of {draws} arrangements")

    @property
    def size(self) -> int:
        """Patients of the study."""
        return int(self.study.cohort.ids.size)

    def nowhere(self) -> Floats:
        """Give a number that is not known for every patient."""
        return np.full(self.size, np.nan)

    def clock(self, rows: Columns, hour: str) -> Floats:
        """Give hours on the patient's clock from a column of hours after the infusion of each row."""
        starts = self._starts
        most = 1 + max((int(one["infusion"].max()) for one in (rows, starts) if one["infusion"].size), default=0)
        known = starts["patient"] * most + starts["infusion"].astype(np.int64)
        asked = rows["patient"] * most + rows["infusion"].astype(np.int64)
        place = np.searchsorted(known, asked)
        return np.asarray(starts["start_hour"][place] + rows[hour], dtype=np.float64)

    def earliest(self, rows: Columns, hour: str) -> Floats:
        """Give each patient's earliest moment in a column of hours; NaN where there is none."""
        found = np.full(self.size, np.inf)
        np.fmin.at(found, rows["patient"], self.clock(rows, hour))
        return np.where(np.isinf(found), np.nan, found)

    def grade_reached(self, toxicity: str, grade: float, scale: str) -> Floats:
        """Give when a patient was first known to have a grade or a higher one after infusion, on the clock."""
        return self.earliest(self._collected(self._reached(toxicity, grade, scale)), "hour")

    def highest(self, scale: str) -> tuple[Floats, Floats]:
        """Give each patient's highest settled grade by a scale, and the highest lower bound of an open one."""
        graded = self._graded(scale)
        peak = (
            graded.filter(_.hour >= 0)
            .group_by("patient_id")
            .agg(highest=_.state_0.max(where=_.state_0 >= 0), least=_.least_0.max(where=_.state_0 == OPEN))
        )
        found = collected(self.engine, peak, order=("patient_id",), patients=self._patients)
        spread = self.study.cohort.spread
        return spread(found["patient"], found["highest"]), spread(found["patient"], found["least"])

    def course_begun(self, number: int) -> Floats:
        """Give when the course of that number within the treated episode began, of the evaluable, on the clock."""
        own = self.study.evaluated
        courses = self.derived["courses"].filter(_.episode.notnull())
        in_order = ibis.row_number().over(group_by=(*KEY, "episode"), order_by="hour") + 1
        chosen = courses.mutate(number=in_order).filter(_.number == number)
        rows = self._collected(chosen.select(*KEY, "episode", "hour"))
        keys = set(zip(*(own[name].tolist() for name in ("patient", "infusion", "episode")), strict=True))
        asked = zip(*(rows[name].tolist() for name in ("patient", "infusion", "episode")), strict=True)
        kept = np.array([key in keys for key in asked], dtype=np.bool_)
        return self.earliest({name: values[kept] for name, values in rows.items()}, "hour")

    @cached_property
    def _patients(self) -> pa.Array:
        return pa.array(self.study.cohort.ids, pa.string())

    @cached_property
    def _starts(self) -> Columns:
        """One row an infusion, in the order of patient and infusion: ``start_hour`` on the clock."""
        return self._collected(self.records.infusions.select(*KEY, "start_hour"))

    def _collected(self, table: ibis.Table) -> Columns:
        return collected(self.engine, table, order=KEY, patients=self._patients)

    def _reached(self, toxicity: str, grade: float, scale: str) -> ibis.Table:
        if scale:
            rows = self._graded(scale).select(*KEY, "hour", least="least_0")
        else:
            grades = self.derived["grades"].filter(_.toxicity == toxicity)
            rows = grades.select(*KEY, "hour", least=ibis.coalesce(grades.grade, grades.grade_low))
        return rows.filter(_.hour >= 0, _.least >= grade).group_by(*KEY).agg(hour=_.hour.min())

    def _graded(self, scale: str) -> ibis.Table:
        (named,) = (one for one in self.scales if one.id == scale)
        records: Any = self.records
        table = TABLES[named.toxicity]
        present = {*KEY, "hour", *records.columns.get(table, ())}
        rows = getattr(records, table)
        rows = rows.select([column for column in rows.columns if column in present])
        unrecorded = self.protocol.grading.unrecorded
        return compared(rows, records.patients, records.events, scales=[named], unrecorded=unrecorded)
