"""The outcome of every specification: who is evaluable, the remission rate, the time to remission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.csv import write_csv

from icans.results.cohort import Cohort
from icans.results.columns import Columns, collected, kept
from icans.results.rows import NAMED_AT_MOST
from icans.specifications.combining import Specification
from icans.specifications.reading import Alternatives
from icans.stats.estimate import Estimate
from icans.stats.proportions import clopper_pearson
from icans.units import HOURS_PER_DAY

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine

NOBODY = "no patient is evaluable"
NO_LINE = "no finish line applies to any evaluable patient"
NO_RESPONDER = "nobody was seen in remission"

TABLE = "specifications"
"""Name of the files with a row for each specification."""


@dataclass(frozen=True)
class Outcome:
    """What a specification gives.

    Parameters
    ----------
    specification
        The specification.
    evaluable, judged, responders
        Ids of the evaluable patients, of those among them to whom a finish line applies, and of those who reached it;
        empty where there are more than a row of results names.
    counts
        How many there are of each.
    rate
        Share of the judged who reached remission, with its exact interval; None where the specification cannot be
        applied.
    median_days
        Median time from first course to remission among responders; None without one.
    reason
        Why the specification cannot be applied, empty where it can.
    rows
        The evaluable patients' endpoints.
    """

    specification: Specification
    evaluable: tuple[str, ...] = ()
    judged: tuple[str, ...] = ()
    responders: tuple[str, ...] = ()
    counts: tuple[int, int, int] = (0, 0, 0)
    rate: Estimate | None = None
    median_days: float | None = None
    reason: str = ""
    rows: Columns = field(default_factory=dict, repr=False, compare=False)

    @property
    def percent(self) -> float | None:
        """The remission rate in percent."""
        return None if self.rate is None or self.rate.value is None else 100 * self.rate.value


@dataclass(frozen=True)
class Specified:
    """A study under every combination of its alternatives.

    Parameters
    ----------
    alternatives
        The definitions that vary, with their values.
    outcomes
        The outcome of each specification, in their order.
    cohort
        The patients who are evaluable in any.
    standard
        The protocol gave no alternatives: these are the standard ones.
    """

    alternatives: tuple[Alternatives, ...]
    outcomes: tuple[Outcome, ...]
    cohort: Cohort
    standard: bool

    @property
    def own(self) -> Outcome:
        """The study as its protocol has it."""
        return next(outcome for outcome in self.outcomes if outcome.specification.own)

    @property
    def applicable(self) -> list[Outcome]:
        """Those that can be applied."""
        return [outcome for outcome in self.outcomes if not outcome.reason]

    def label(self, outcome: Outcome, position: int) -> str:
        """Say which value of a definition a specification has."""
        return self.alternatives[position].choices[outcome.specification.choices[position]].label


def specified(
    alternatives: Sequence[Alternatives],
    specifications: Sequence[Specification],
    derived: ibis.Table | None,
    engine: Engine,
    *,
    lacking: Mapping[str, str],
    standard: bool,
) -> Specified:
    """Bring the outcomes of every specification to Python.

    Parameters
    ----------
    alternatives, specifications
        The definitions that vary, and their combinations.
    derived
        Evaluable patients, as `icans.specifications.outcomes.outcomes` gives them, numbered by the place of the
        specification; None where none can be derived.
    engine
        Where they live.
    lacking
        What a reader should know of a scale whose columns the study lacks in part, by the id of the scale.
    standard
        The protocol gave no alternatives.
    """
    if derived is None:
        rows: Columns = {"specification": np.zeros(0)}
        ids = np.zeros(0, dtype=object)
    else:
        rows = collected(engine, derived, order=("specification", "patient_id"))
        ids, rows["patient"] = np.unique(rows.pop("patient_id").astype(str), return_inverse=True)
        ids = ids.astype(object)
    everyone = np.ones(ids.size, dtype=np.bool_)
    cohort = Cohort(ids, everyone, everyone)
    edges = np.searchsorted(rows["specification"], np.arange(len(specifications) + 1))
    outcomes = []
    for place, specification in enumerate(specifications):
        if specification.reason or specification.protocol is None:
            outcomes.append(Outcome(specification, reason=specification.reason or "the definitions contradict"))
            continue
        own = kept(rows, np.arange(edges[place], edges[place + 1]))
        scale = specification.protocol.scales.icans
        outcomes.append(_outcome(specification, own, cohort, lacking.get(scale, "")))
    return Specified(tuple(alternatives), tuple(outcomes), cohort, standard)


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
    pq.write_table(table, folder / f"{TABLE}.parquet")
    write_csv(table, folder / f"{TABLE}.csv")


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


def _outcome(specification: Specification, rows: Columns, cohort: Cohort, lacking: str) -> Outcome:
    who = rows["patient"] if rows["specification"].size else np.zeros(0, dtype=np.int64)
    if who.size == 0:
        return Outcome(specification, reason=f"{NOBODY}; {lacking}" if lacking else NOBODY)
    remission = rows["remission"]
    judged, reached = ~np.isnan(remission), remission == 1
    counts = (who.size, int(np.count_nonzero(judged)), int(np.count_nonzero(reached)))
    named = tuple(_names(cohort, who[which]) for which in (np.ones(who.size, dtype=np.bool_), judged, reached))
    if counts[1] == 0:
        return Outcome(specification, named[0], counts=counts, reason=NO_LINE, rows=rows)
    days = rows["hours_to_remission"][reached] / HOURS_PER_DAY
    median = float(np.median(days)) if days.size else None
    evaluable, with_line, responders = named
    rate = _interval(counts[2], counts[1])
    return Outcome(specification, evaluable, with_line, responders, counts, rate, median, rows=rows)


def _names(cohort: Cohort, who: Any) -> tuple[str, ...]:  # noqa: ANN401  # positions, already sorted and distinct
    return () if who.size > NAMED_AT_MOST else tuple(cohort.ids[who].tolist())


@cache
def _interval(events: int, n: int) -> Estimate:
    return clopper_pearson(events, n)
