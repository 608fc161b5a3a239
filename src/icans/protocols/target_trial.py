"""`[target_trial]`: the randomised trial that the records are to stand for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from icans.errors import nearest
from icans.protocols.section import Name, Section, source

DECISION = "docs/decisions/0091-target-trial.md"
OURS = f"convention of this software ({DECISION})"
CLONES = "Hernán 2018, doi:10.1136/bmj.k182; Maringe et al. 2020, doi:10.1093/ije/dyaa057"
WEIGHTS = "Cole and Hernán 2008, doi:10.1093/aje/kwn164"

TIME_VARYING = ("grade", "ice", "on_steroid", "steroid_mg", "days_since_onset")
"""What is known of a patient on each day of the panel and may decide who is treated."""

Day = Annotated[int, Field(ge=1, le=180)]


class TargetTrial(Section):
    """`[target_trial]`: the trial that would answer the question, emulated with the records."""

    grade: Annotated[int, Field(ge=1, le=4)] = Field(
        2,
        description="A patient becomes eligible at the first ICANS grade of an episode that is at least this",
        json_schema_extra=source(OURS),
    )
    steroid_refractory: bool = Field(
        False,
        description="Only ICANS that did not improve on corticosteroid makes eligible ([population] refractory_hours)",
        json_schema_extra=source(OURS),
    )
    earlier_courses: Annotated[int, Field(ge=0, le=20)] = Field(
        0,
        description="Most courses of the intervention that an eligible patient had since the infusion",
        json_schema_extra=source("new users: Hernán and Robins 2016, doi:10.1093/aje/kwv254"),
    )
    until_day: Annotated[int, Field(ge=0, le=365)] = Field(
        28, description="Last day from infusion on which a patient can become eligible", json_schema_extra=source(OURS)
    )
    grace_days: Annotated[int, Field(ge=1, le=30)] = Field(
        2,
        description="Days of 24 hours from eligibility within which the intervention begins, or does not",
        json_schema_extra=source(f"Cain et al. 2010, doi:10.2202/1557-4679.1212; number of days: {OURS}"),
    )
    outcome: Literal["remission", "grade", "death"] = Field(
        "remission",
        description="Remission by the rules of [remission], a grade of at most outcome_grade, or death",
        json_schema_extra=source(OURS),
    )
    outcome_grade: Annotated[int, Field(ge=0, le=3)] = Field(
        0, description='That grade, where outcome = "grade"', json_schema_extra=source(OURS)
    )
    follow_up_days: Day = Field(
        14, description="Days from eligibility for which patients are followed", json_schema_extra=source(OURS)
    )
    days: list[Day] = Field(
        default_factory=lambda: [3, 7, 14],
        min_length=1,
        description="Days from eligibility at which risks are given",
        json_schema_extra=source(OURS),
    )
    carry_days: Annotated[int, Field(ge=0, le=7)] = Field(
        1,
        description="Days for which the last grade holds where nobody assessed the patient; then observation ends",
        json_schema_extra=source("convention of this software (docs/decisions/0090-daily-panel.md)"),
    )
    baseline: list[Name] = Field(
        default_factory=list,
        description="Confounders known at eligibility: columns of patients and infusions",
        json_schema_extra=source("none can be given for every study"),
    )
    time_varying: list[Name] = Field(
        default_factory=lambda: ["grade", "on_steroid", "days_since_onset"],
        description=f"Confounders that change from day to day: some of {', '.join(TIME_VARYING)}",
        json_schema_extra=source(OURS),
    )
    truncate_percentile: Annotated[float, Field(ge=50, le=100)] = Field(
        99.0,
        description="Weights above this percentile of their strategy are set to it; 100: none is",
        json_schema_extra=source(WEIGHTS),
    )
    truncate_at: Annotated[float, Field(gt=1, allow_inf_nan=False)] | None = Field(
        None, description="Weights above this value are set to it, in place of the percentile", examples=[10.0]
    )
    largest_weight: Annotated[float, Field(gt=1, allow_inf_nan=False)] = Field(
        50.0,
        description="Nothing is estimated where a weight is larger than this after truncation",
        json_schema_extra=source(OURS),
    )
    samples: Annotated[int, Field(ge=50, le=100_000)] = Field(
        500,
        description="Samples of patients, drawn with replacement, behind every interval",
        json_schema_extra=source(CLONES),
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Seed of the samples: the same gives the same numbers")

    @field_validator("time_varying")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        for name in names:
            if name not in TIME_VARYING:
                raise ValueError(f"{name} does not change from day to day. {nearest(name, TIME_VARYING)}".rstrip("."))
        return _once(names)

    @field_validator("baseline")
    @classmethod
    def _each_once(cls, names: list[str]) -> list[str]:
        return _once(names)

    @model_validator(mode="after")
    def _hangs_together(self) -> TargetTrial:
        if self.outcome == "grade" and self.outcome_grade >= self.grade:
            raise ValueError(f"outcome_grade is not below the grade of eligibility, {self.grade}")
        if sorted(set(self.days)) != self.days or self.days[-1] > self.follow_up_days:
            raise ValueError(f"days rise, to follow_up_days ({self.follow_up_days}) at most")
        if self.grace_days >= self.follow_up_days:
            raise ValueError("grace_days is not below follow_up_days")
        return self


def _once(names: list[str]) -> list[str]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"{twice} stands twice")
    return names
