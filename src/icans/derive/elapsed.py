"""Time from one hour to another, free of the noise of subtracting."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeAlias

import ibis

from icans.units import hours

Duration: TypeAlias = timedelta | ibis.Deferred
"""A duration that holds for everyone; or an expression, hours, that gives it for the patient of a row."""

DECIMALS = 6
"""An hour to six decimals is a few milliseconds: finer than any chart, coarser than the noise of a float."""


def elapsed(since: ibis.Value, until: ibis.Value) -> ibis.Value:
    """Give the hours from one hour to another, so that exactly 72 hours apart is 72 and not a little more."""
    return (until - since).round(DECIMALS)


def in_hours(duration: Duration) -> float | ibis.Deferred:
    """Give a duration in hours."""
    return hours(duration) if isinstance(duration, timedelta) else duration
