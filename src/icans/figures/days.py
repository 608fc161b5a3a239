"""Days of patients: which are worth drawing, and neighbouring days that look the same joined into one."""

from __future__ import annotations

from collections.abc import Container, Iterable

from icans.figures.data import FigureData, Row

LAST = 60
"""Last day that patient-by-day figures draw: later ones would make every cell too narrow to read."""

TOXICITIES = {"icans": "ICANS", "crs": "CRS"}


def worth_drawing(data: FigureData, drawn: Container[str], toxicities: Container[str], *, beyond: int = 2) -> int:
    """Count the days, from day 0, until a little after the last toxicity, treatment or remission of these patients."""
    times = [
        row["day"] for row in data.days if row["toxicity"] in toxicities and row["high"] > 0 and row["key"] in drawn
    ]
    times += [row["day"] for row in (*data.steroids, *data.doses) if row["key"] in drawn]
    times += [row["time"] for row in data.courses if row["key"] in drawn]
    times += [row["remission_time"] for row in data.endpoints if row["key"] in drawn and row["remission"]]
    assessed = max((row["day"] for row in data.days if row["key"] in drawn), default=0)
    last = min(max(times, default=assessed - beyond) + beyond, max(assessed, *times) if times else assessed, LAST)
    return int(max(last, 0)) + 1


def runs(days: Iterable[Row]) -> list[Row]:
    """Join neighbouring days of a patient whose worst grade is the same.

    Parameters
    ----------
    days
        Patient-days as in `FigureData.days`, of one toxicity, in any order.

    Returns
    -------
    list
        ``key``, ``low``, ``high``, ``x`` (first day), ``x2`` (the day after the last), ``assessments``.
    """
    joined: list[Row] = []
    for row in sorted(days, key=lambda row: (row["key"], row["day"])):
        run = joined[-1] if joined else {}
        same = ("key", "low", "high")
        if run and run["x2"] == row["day"] and all(run[name] == row[name] for name in same):
            run["x2"] += 1
            run["assessments"] += row["assessments"]
        else:
            joined.append(
                {
                    **{name: row[name] for name in same},
                    "x": row["day"],
                    "x2": row["day"] + 1,
                    "assessments": row["assessments"],
                }
            )
    return joined


def span(first: int, end: int) -> str:
    """Write the days of a run: ``day 4``, ``days 4 to 7``."""
    return f"day {first}" if end - first == 1 else f"days {first} to {end - 1}"
