"""What an engine is known not to give, each with its reason; a gap that has closed turns red."""

from dataclasses import dataclass
from typing import Any

import pytest

from icans.errors import RecordsError


@dataclass(frozen=True)
class Gap:
    """A known gap.

    Parameters
    ----------
    engine, cohort, what
        Where it shows: engine, cohort and the test's name for what differs.
    reason
        Why, and since when.
    raises
        The exception expected.
    """

    engine: str
    cohort: str
    what: str
    reason: str
    raises: type[BaseException] = AssertionError


NO_NUL = "PostgreSQL holds no text with a NUL character: the file is refused, where DuckDB leaves out the row (2026-11)"
GAPS = tuple(
    Gap("postgres", "damaged", what, NO_NUL, RecordsError) for what in ("derived", "results", "findings", "figures")
)


def cases(engines: tuple[str, ...], cohorts: Any, what: str) -> list[Any]:
    """Give every engine with every cohort as parameters of a test, the known gaps marked."""
    known = {(gap.engine, gap.cohort): gap for gap in GAPS if gap.what == what}
    return [
        pytest.param(
            engine,
            cohort,
            id=f"{cohort}-{engine}",
            marks=pytest.mark.xfail(reason=gap.reason, raises=gap.raises, strict=True)
            if (gap := known.get((engine, cohort)))
            else (),
        )
        for engine in engines
        for cohort in cohorts
    ]
