"""`[small_samples]`: what a remission rate of few patients is held against."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from icans.protocols.section import Name, Section, source

DECISION = "docs/decisions/0101-small-samples.md"
Weight = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]


class SmallSamples(Section):
    """`[small_samples]`: the remission rate against a natural rate, with stated priors."""

    natural_rate: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = Field(
        description="Share of patients who would reach remission without the intervention, between 0 and 1",
        examples=[0.6],
    )
    natural_rate_source: Name = Field(
        description="Where that rate comes from, as a reader could look it up", examples=["a published cohort"]
    )
    priors: list[tuple[Weight, Weight]] = Field(
        default_factory=lambda: [(1.0, 1.0), (0.5, 0.5)],
        min_length=1,
        max_length=3,
        description="What is believed of the rate before the data: beta distributions, each as two numbers",
        json_schema_extra=source(f"uniform, and Jeffreys 1946, doi:10.1098/rspa.1946.0056 ({DECISION})"),
    )
