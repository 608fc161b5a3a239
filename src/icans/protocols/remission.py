"""`[remission]` of study.toml: when ICANS is over."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from icans.protocols.section import CONVENTION, IDM_2025, Days, Grade, Hours, Section, once, source


class RemissionRule(Section):
    """`[[remission.rules]]`: the finish line for patients who start from these grades."""

    baseline: list[Annotated[int, Field(ge=1, le=4)]] = Field(
        min_length=1, description="ICANS grades before the first course to which the rule applies"
    )
    grade: Grade | None = Field(None, description="Remission is this grade or lower")
    ice: Annotated[int, Field(ge=0, le=10)] | None = Field(
        None, description="Remission is this ICE score or higher, where an ICE score was taken"
    )
    grade_without_ice: Grade | None = Field(
        None,
        description="Finish line where no ICE score was taken (children graded by CAPD, studies of grades only)",
    )

    @model_validator(mode="after")
    def _one_finish_line(self) -> RemissionRule:
        if (self.grade is None) == (self.ice is None):
            raise ValueError("needs either grade or ice, and not both")
        if self.grade_without_ice is not None and self.ice is None:
            raise ValueError("grade_without_ice goes with ice")
        return self


def idm_2025_rules() -> list[RemissionRule]:
    """Give the two finish lines of Meng et al. 2025: grade 3-4 to grade 1, grade 1-2 to an ICE score of 10."""
    return [
        RemissionRule(baseline=[3, 4], grade=1),
        RemissionRule(baseline=[1, 2], ice=10, grade_without_ice=0),
    ]


class Remission(Section):
    """`[remission]`: when ICANS is over."""

    rules: list[RemissionRule] = Field(
        default_factory=idm_2025_rules,
        min_length=1,
        description="Finish line by baseline grade",
        json_schema_extra=source(f"{IDM_2025}; grade 0 where there is no ICE score: {CONVENTION}"),
    )
    baseline: Literal["first_course", "peak"] = Field(
        "first_course",
        description="Baseline grade: the last one before the first course, or the highest of the episode up to it",
        json_schema_extra=source(CONVENTION),
    )
    hold_hours: Hours = Field(
        0.0,
        description="Hours for which the finish line must hold; 0: reaching it once is enough",
        json_schema_extra=source(f"{IDM_2025} states no holding time"),
    )
    landmarks_days: list[Days] = Field(
        default_factory=lambda: [1.0, 3.0, 7.0, 14.0],
        description="Days after the first course at which the cumulative incidence of remission is given",
        json_schema_extra=source(CONVENTION),
    )

    _each_once = field_validator("landmarks_days")(once)

    @model_validator(mode="after")
    def _each_grade_once(self) -> Remission:
        grades = [grade for rule in self.rules for grade in rule.baseline]
        twice = sorted({grade for grade in grades if grades.count(grade) > 1})
        if twice:
            raise ValueError(f"baseline grade {twice[0]} stands in two rules")
        return self

    @model_validator(mode="after")
    def _better_than_before(self) -> Remission:
        for rule in self.rules:
            line, first = rule.grade if rule.ice is None else rule.grade_without_ice, min(rule.baseline)
            if line is not None and line >= first:
                raise ValueError(f"grade {line} is no remission for patients who start from grade {first}")
        return self
