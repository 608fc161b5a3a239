"""Time from one hour to another, free of the noise of subtracting."""

from __future__ import annotations

import ibis

DECIMALS = 6
"""An hour to six decimals is a few milliseconds: finer than any chart, coarser than the noise of a float."""


def elapsed(since: ibis.Value, until: ibis.Value) -> ibis.Value:
    """Give the hours from one hour to another, so that exactly 72 hours apart is 72 and not a little more."""
    return (until - since).round(DECIMALS)
