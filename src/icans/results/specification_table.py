"""The table of specifications on disk: a row for each combination of definitions, with its answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.csv import write_csv

from icans.results.specified import Outcome, Specified

NAME = "specifications"
"""Name of the files, before .csv and .parquet."""


def write(study: Specified, folder: Path) -> None:
    """Write a row for each specification into a folder, as `specifications.csv` and `specifications.parquet`.

    Columns
    -------
    specification : string
    own : boolean, the study as its protocol has it
    episodes.quiet_hours, ... : string, a column for each definition that varies
    evaluable, n, events : int64
    percent, ci_low, ci_high : float64, remission in percent with its exact 95% interval
    responders : int64
    median_days : float64, first course to remission among responders
    reason : string, why the specification cannot be applied
    """
    table = pa.Table.from_pylist([row_of(study, outcome) for outcome in study.outcomes], schema=_schema(study))
    pq.write_table(table, folder / f"{NAME}.parquet")
    write_csv(table, folder / f"{NAME}.csv")


def row_of(study: Specified, outcome: Outcome) -> dict[str, Any]:
    """Give the row of a specification, as `write` writes it."""
    evaluable, n, events = outcome.counts
    rate = outcome.rate
    applied = {"evaluable": evaluable, "n": n, "events": events, "responders": events} if rate else {}
    limits = {"ci_low": rate.low, "ci_high": rate.high} if rate else {}
    return {
        "specification": outcome.specification.id,
        "own": outcome.specification.own,
        **{one.definition.name: study.label(outcome, place) for place, one in enumerate(study.alternatives)},
        **applied,
        "percent": outcome.percent,
        **{name: None if value is None else 100 * value for name, value in limits.items()},
        "median_days": outcome.median_days,
        "reason": outcome.reason or None,
    }


def _schema(study: Specified) -> pa.Schema:
    counts = ("evaluable", "n", "events")
    return pa.schema(
        [
            ("specification", pa.string()),
            ("own", pa.bool_()),
            *((one.definition.name, pa.string()) for one in study.alternatives),
            *((name, pa.int64()) for name in counts),
            *((name, pa.float64()) for name in ("percent", "ci_low", "ci_high")),
            ("responders", pa.int64()),
            ("median_days", pa.float64()),
            ("reason", pa.string()),
        ]
    )
