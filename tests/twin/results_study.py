"""What results are made of: patients, their first infusions, derived tables and the definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tests.twin.endpoints import evaluable
from tests.twin.records import Row, Tables


@dataclass(frozen=True)
class Made:
    """A study; without a table of infusions every patient had one."""

    patients: list[Row]
    infusions: list[Row]
    derived: Tables
    protocol: Row
    findings: list[tuple[str, str]]
    no_infusions: bool = False

    @cached_property
    def screened(self) -> list[str]:
        return sorted(row["patient_id"] for row in self.patients)

    @cached_property
    def infused(self) -> list[str]:
        having = {row["patient_id"] for row in self.infusions}
        return self.screened if self.no_infusions else sorted(having)

    @cached_property
    def evaluated(self) -> dict[str, Row]:
        """The first treated episode with one of the study's indications, of each patient who has one."""
        return evaluable(self.derived["endpoints"], self.protocol)

    def groups(self) -> Iterator[tuple[str | None, list[str]]]:
        yield None, self.infused
        yield "evaluable", sorted(self.evaluated)

    def grades(self, toxicity: str) -> list[Row]:
        return [row for row in self.derived["grades"] if row["toxicity"] == toxicity]

    def after_infusion(self, toxicity: str) -> dict[str, list[Row]]:
        """Give each patient's assessments of a toxicity since the (first) infusion."""
        return by_patient(row for row in self.grades(toxicity) if row["hour"] >= 0)


def by_patient(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["patient_id"], []).append(row)
    return found


def highest(rows: Iterable[Row]) -> tuple[int | None, int | None]:
    """Give the highest settled grade and the highest that an open one must at least be."""
    rows = list(rows)
    settled = max((row["grade"] for row in rows if row["grade"] is not None), default=None)
    return settled, max((row["grade_low"] for row in rows if row["grade"] is None), default=None)


def known(rows: Iterable[Row]) -> int:
    """Give the highest grade known to be reached, -1 where nothing was assessed."""
    return max((grade for grade in highest(rows) if grade is not None), default=-1)
