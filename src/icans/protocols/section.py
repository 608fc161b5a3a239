"""What every section of study.toml is made of: its class, the kinds of values, and the sources of defaults."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field

IDM_2025 = "Meng et al. 2025, doi:10.3389/fimmu.2025.1716317"
ASTCT_2019 = "Lee et al. 2019, doi:10.1016/j.bbmt.2018.12.758"
CONVENTION = "convention of this software (docs/decisions/0003-definitions.md); no published standard was found"

Grade = Annotated[int, Field(ge=0, le=5)]
Hours = Annotated[float, Field(ge=0, le=1_000_000)]
Days = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Months = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Moment = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1)]


def source(text: str) -> dict[str, Any]:
    """Attach to a definition where its default comes from."""
    return {"source": text}


class Section(BaseModel):
    """A section of study.toml: unknown keys are refused, values cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def once(given: list[Any]) -> list[Any]:
    """Refuse an entry that stands twice in a list."""
    if len(set(given)) < len(given):
        raise ValueError("an entry stands twice")
    return given


def without_none(annotation: Any) -> Any:  # noqa: ANN401  # an annotation can be anything
    """Give what an optional section is when it is there: ``Title`` of ``Title | None``."""
    if get_origin(annotation) not in {UnionType, Union}:
        return annotation
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
    return kinds[0] if len(kinds) == 1 else annotation
