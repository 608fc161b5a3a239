"""What a comparison refuses, and why, as sentences for whoever runs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from icans.results.rows import Result

ANALYSIS = "comparison"
NAIVE, NOT_COMPARED = "naive comparison", "comparison"
"""Levels of the rows that say why an endpoint is not compared from time zero, and why not at all."""

IMMORTAL_TIME = (
    "Immortal time: who is in a group for something that happened later, a treatment or a response, cannot have had "
    "the event before it, and that time would be credited to the group. The report has landmark and time-dependent "
    "analyses instead, and says who carries how much of it."
)


def refusals(results: Sequence[Result]) -> Iterator[str]:
    """Give a sentence for every endpoint that is not compared, or not from time zero, then what immortal time is.

    Parameters
    ----------
    results
        Every row of results.
    """
    own = [row for row in results if row.analysis == ANALYSIS and row.level in {NAIVE, NOT_COMPARED}]
    for row in own:
        yield f"Comparison {row.group}, {row.variable}: {row.reason}."
    if any(row.level == NAIVE for row in own):
        yield IMMORTAL_TIME
