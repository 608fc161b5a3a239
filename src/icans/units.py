"""Units of time and dose, each conversion in one place."""

from __future__ import annotations

from datetime import timedelta

HOURS_PER_DAY = 24.0
DAYS_PER_MONTH = 30.4375
"""A month is a twelfth of 365.25 days."""

MILLIGRAMS = {"g": 1000.0, "mg": 1.0, "ug": 0.001, "µg": 0.001, "μg": 0.001, "mcg": 0.001}
"""Milligrams in one of each unit of mass a dose is charted in (both Unicode micro signs occur)."""


def hours(duration: timedelta) -> float:
    """Give a duration in hours."""
    return duration / timedelta(hours=1)
