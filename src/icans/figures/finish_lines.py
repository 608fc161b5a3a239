"""Episodes by the grades they start from, each with its finish line: what the protocol calls remission."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from icans.figures.data import FigureData, Row
from icans.figures.labels import listed
from icans.protocols.remission import RemissionRule

BEFORE = 72
"""Hours before the first course from which assessments are drawn."""


@dataclass(frozen=True)
class Start:
    """The episodes that start from the same grades and so have the same finish line."""

    name: str
    rule: RemissionRule
    episodes: dict[tuple[str, int], Row]
    points: list[Row]

    @property
    def title(self) -> str:
        """The grades they start from."""
        grades = sorted(self.rule.baseline)
        joined = len(grades) > 1 and grades == list(range(grades[0], grades[-1] + 1))
        return f"From grade {f'{grades[0]}-{grades[-1]}' if joined else listed(map(str, grades), 'or')}"

    @property
    def scored(self) -> bool:
        """An ICE score was taken."""
        return any(row["ice"] is not None for row in self.points)

    def finish(self, what: str) -> int | None:
        """Give the finish line on the scale of grades or of ICE scores, None where it is not there."""
        if what == "ice":
            return self.rule.ice if self.scored else None
        return self.rule.grade_without_ice if self.rule.ice is not None and not self.scored else self.rule.grade

    def without_score(self) -> set[tuple[str, int]]:
        """Give the episodes without any ICE score."""
        return set(self.episodes) - {(row["key"], row["episode"]) for row in self.points if row["ice"] is not None}

    @property
    def words(self) -> str:
        """The finish line."""
        ice, grade = self.finish("ice"), self.finish("grade")
        if ice is not None:
            words = f"finish line: ICE {ice}{' or higher' if ice < 10 else ''}"
            instead = self.rule.grade_without_ice
            return words if instead is None or not self.without_score() else f"{words}, or grade {instead} without ICE"
        if grade is not None:
            return f"finish line: grade {grade}{' or lower' if grade else ''}"
        return "no finish line without an ICE score"


def starts_of(data: FigureData, rules: Sequence[RemissionRule]) -> Iterator[Start]:
    """Give the evaluable episodes of each rule of remission, in the order of the rules."""
    patients = {row["key"]: row["name"] for row in data.patients}
    for position, rule in enumerate(rules, start=1):
        episodes = {
            (row["key"], row["episode"]): {**row, "name": patients[row["key"]]}
            for row in data.endpoints
            if row["evaluable"] and row["key"] in patients and row["baseline_grade"] in rule.baseline
        }
        points = [row for row in data.around if (row["key"], row["episode"]) in episodes and row["hours"] >= -BEFORE]
        yield Start(f"start_{position}", rule, episodes, points)
