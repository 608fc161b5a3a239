"""`[[compare]]`: groups of patients, and what is compared between them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from icans.errors import ProtocolError, nearest
from icans.protocols.section import Days, Name, Section, once, source

DECISION = "docs/decisions/0110-comparisons.md"
OURS = f"convention of this software ({DECISION})"

Endpoint = Literal[
    "remission",
    "time_to_remission",
    "os",
    "pfs",
    "duration",
    "icans",
    "severe_icans",
    "onset",
    "peak_grade",
    "crs_peak_grade",
    "courses",
]
Populations = Literal["infused", "with_icans", "treated", "evaluable"]
Value = str | bool | float

CATEGORIES = {"indication": ("severe", "steroid_refractory")}
"""Derived values that are words, with the words."""

NUMBERS = ("hours_onset_to_first_course", "baseline_grade", "baseline_ice")
"""Derived values that are numbers, each known at the first course."""

GROWING = ("peak_grade", "crs_peak_grade", "courses")
"""Derived values that only grow, each known as soon as it is reached."""

STATUSES = ("treated", "responder")
"""Derived values that a patient has or has not, each known when it happens."""

DERIVED_VALUES = (*CATEGORIES, *NUMBERS, *GROWING, *STATUSES)


class Compare(Section):
    """`[[compare]]`: groups of patients, and what is compared between them."""

    name: Name = Field(description="Name of the comparison", examples=["Early against late first course"])
    by: Name = Field(
        description=f"A column of patients or infusions, or a derived value: {', '.join(DERIVED_VALUES)}",
        examples=["hours_onset_to_first_course"],
    )
    values: list[Value] = Field(
        default_factory=list,
        description="Values compared, a group each, the reference last; empty: every value there is",
    )
    at_most: float | list[float] | None = Field(
        None,
        description="Group: at this number or below; reference: above it. Several cuts make several groups",
        examples=[24.0],
    )
    at_least: float | list[float] | None = Field(
        None, description="Group: at this number or above; reference: below it. Several cuts make several groups"
    )
    labels: list[Name] = Field(
        default_factory=list,
        description="What the groups are called, in their order; empty: by their values",
        examples=[["early", "late"]],
    )
    scale: str = Field(
        "", description="Id of one of the scales of [agreement], where peak_grade is to be the grade by that scale"
    )
    known_days: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        None,
        description="Days from the first infusion at which a column was known, such as a response at day 28; by "
        "default it was known before any time zero",
    )
    population: Populations = Field(
        "evaluable", description="Patients compared, as the flow diagram counts them", json_schema_extra=source(OURS)
    )
    endpoints: list[Endpoint] = Field(
        default_factory=lambda: ["remission", "time_to_remission", "os"],  # type: ignore[arg-type]
        min_length=1,
        description="What is compared",
        json_schema_extra=source(OURS),
    )
    landmarks_days: list[Days] = Field(
        default_factory=lambda: [7.0, 14.0, 28.0],
        description="Days from the endpoint's time zero at which groups are taken as known by then, where a group "
        "becomes known only after time zero",
        json_schema_extra=source(OURS),
    )
    tau_days: Days | None = Field(
        None,
        description="Days up to which mean times are compared; by default the last at which every group has patients",
    )
    draws: Annotated[int, Field(ge=100, le=1_000_000)] = Field(
        100_000,
        description="Arrangements drawn by permutation tests that cannot count all",
        json_schema_extra=source(OURS),
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Seed of the draws: the same gives the same numbers")

    @field_validator("endpoints", mode="before")
    @classmethod
    def _known(cls, endpoints: object) -> object:
        for name in endpoints if isinstance(endpoints, list) else []:
            if name not in get_args(Endpoint):
                raise ValueError(f"{name} is no endpoint. {nearest(str(name), get_args(Endpoint))}".rstrip("."))
        return endpoints

    @field_validator("values", mode="before")
    @classmethod
    def _texts_or_numbers(cls, values: object) -> object:
        for one in values if isinstance(values, list) else []:
            if not (isinstance(one, str) or _is_number(one)):
                raise ValueError("each is a text, true or false, or a number")
        return values

    @field_validator("values")
    @classmethod
    def _as_written(cls, values: list[Value]) -> list[Value]:
        words: list[Value] = [("yes" if one else "no") if isinstance(one, bool) else one for one in values]
        if len({float(one) if _is_number(one) else one for one in words}) < len(words):
            raise ValueError("a value stands twice")
        if len(words) == 1:
            raise ValueError("one value is no comparison; name two or more, the reference last")
        return words

    _each_once = field_validator("landmarks_days", "endpoints", "labels")(once)

    @field_validator("at_most", "at_least", mode="before")
    @classmethod
    def _numbers(cls, cuts: object) -> object:
        if not all(_is_number(one) for one in (cuts if isinstance(cuts, list) else [cuts])):
            raise ValueError("a number, or a list of numbers that rise")
        return cuts

    @field_validator("at_most", "at_least")
    @classmethod
    def _rising(cls, cuts: float | list[float] | None) -> float | list[float] | None:
        if isinstance(cuts, list) and (not cuts or sorted(set(cuts)) != cuts):
            raise ValueError("the cuts rise")
        return cuts

    @model_validator(mode="after")
    def _hangs_together(self) -> Compare:
        given = [key for key in ("values", "at_most", "at_least") if getattr(self, key) not in (None, [])]
        if len(given) > 1:
            raise ValueError(f"{given[0]} and {given[1]} cannot both make the groups")
        if self.by in STATUSES and given:
            raise ValueError(f"{self.by} is yes or no and takes no {given[0]}")
        if self.by in GROWING and (given != ["at_least"] or isinstance(self.at_least, list)):
            raise ValueError(f"{self.by} grows with time: give one number as at_least")
        if self.by in NUMBERS and not given:
            raise ValueError(f"{self.by} is a number: give at_most, at_least or values")
        if self.by in CATEGORIES:
            self._refuse_unknown_values(CATEGORIES[self.by], given)
        if self.known_days is not None and self.by in DERIVED_VALUES:
            raise ValueError(f"known_days goes with a column; when {self.by} was known is derived")
        if self.scale and self.by != "peak_grade":
            raise ValueError('scale goes with by = "peak_grade"')
        if self.labels and len(self.labels) != (size := self.size or len(self.labels)):
            raise ValueError(f"{len(self.labels)} labels were given for {size} groups")
        return self

    @property
    def size(self) -> int | None:
        """Give how many groups there are; None where that depends on the records."""
        if self.by in STATUSES:
            return 2
        return len(self.cuts) + 1 if self.cuts else len(self.values) or None

    @property
    def cuts(self) -> list[float]:
        """Give the numbers that part the groups, rising; none where values do."""
        cuts = self.at_least if self.at_most is None else self.at_most
        return cuts if isinstance(cuts, list) else [] if cuts is None else [cuts]

    def _refuse_unknown_values(self, words: Sequence[str], given: Sequence[str]) -> None:
        if given and given[0] != "values":
            raise ValueError(f"{self.by} is a word and takes no {given[0]}")
        for value in self.values:
            if value not in words:
                raise ValueError(f'{self.by} is never "{value}". {nearest(str(value), words)}'.rstrip("."))


def _is_number(value: object) -> bool:
    try:
        return isinstance(value, str | bool | float | int) and math.isfinite(float(value))
    except (ValueError, OverflowError):
        return False


def refuse_unknown(
    comparisons: Sequence[Compare], columns: Mapping[str, Collection[str]], scales: Sequence[str]
) -> None:
    """Refuse comparisons by what a study does not have.

    Parameters
    ----------
    comparisons
        What the protocol compares.
    columns
        Columns that the study has, by table.
    scales
        Ids of the scales that [agreement] names.

    Raises
    ------
    ProtocolError
        A comparison is by no column and no derived value, or by both, names an unknown scale, or two share a name.
    """
    own = {column for table in ("patients", "infusions") for column in columns.get(table, ())} - {"patient_id"}
    problems = []
    for number, one in enumerate(comparisons, start=1):
        where = f'study.toml: [[compare]] #{number} "{one.name}"'
        if one.by not in own and one.by not in DERIVED_VALUES:
            advice = nearest(one.by, [*own, *DERIVED_VALUES])
            problems.append(
                f"{where}: by: patients and infusions have no column {one.by}, nor is it a derived value. {advice}"
            )
        elif one.by in own and one.by in DERIVED_VALUES:
            problems.append(f"{where}: by: {one.by} is a column and a derived value. Give the column another name.")
        if one.scale and one.scale not in scales:
            advice = nearest(one.scale, scales) if scales else "Name it there."
            problems.append(f"{where}: scale: {one.scale} is not one of the scales of [agreement]. {advice}")
        if one.name in [other.name for other in comparisons[: number - 1]]:
            problems.append(f"{where}: the name is there twice.")
    if problems:
        raise ProtocolError("\n".join(problems))
