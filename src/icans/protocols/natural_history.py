"""`[natural_history]`: against which cohort, and how, the course of the treated is held."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from icans.protocols.section import Name, Section, source

DECISION = "docs/decisions/0100-natural-history.md"


class NaturalHistory(Section):
    """`[natural_history]`: the course without the intervention, as a reference cohort shows it."""

    reference: Name = Field(
        description="Folder of the reference study, relative to this one's, or a saved model (.json)",
        examples=["../reference"],
    )
    states: list[Annotated[int, Field(ge=0, le=4)]] = Field(
        default_factory=lambda: [0, 1, 2, 3, 4],
        min_length=2,
        description="Lowest ICANS grade of each state of the model; the default keeps every grade apart",
        json_schema_extra=source(f"convention of this software ({DECISION})"),
    )
    bands_days: list[Annotated[int, Field(ge=1)]] = Field(
        default_factory=list,
        description="Days from onset at which the daily probabilities may change; empty: the same on every day",
        json_schema_extra=source(f"convention of this software ({DECISION})"),
    )
    smoothing: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = Field(
        1.0,
        description="Imagined days added to those observed in each state, shared equally between where they could lead",
        json_schema_extra=source(f"Perks 1947, doi:10.1017/S0020268100012920 ({DECISION})"),
    )
    horizon_days: Annotated[int, Field(ge=1, le=60)] = Field(
        7,
        description="Days after the first course up to which the course is followed",
        json_schema_extra=source(f"convention of this software ({DECISION})"),
    )
    carry_days: Annotated[int, Field(ge=0, le=7)] = Field(
        1,
        description="Most days in a row without a grade that the last one stands for; a longer gap ends observation",
        json_schema_extra=source(f"convention of this software ({DECISION})"),
    )
    samples: Annotated[int, Field(ge=100, le=100_000)] = Field(
        2000,
        description="Samples of the reference patients that carry the model's uncertainty",
        json_schema_extra=source(f"convention of this software ({DECISION})"),
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Seed of the samples: the same gives the same numbers")

    @field_validator("states")
    @classmethod
    def _states_in_order(cls, states: list[int]) -> list[int]:
        if states[0] != 0 or sorted(set(states)) != states:
            raise ValueError("begins with 0 and rises")
        return states

    @field_validator("bands_days")
    @classmethod
    def _bands_in_order(cls, days: list[int]) -> list[int]:
        if sorted(set(days)) != days:
            raise ValueError("rises")
        return days
