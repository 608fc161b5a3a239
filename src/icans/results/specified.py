"""The outcome of every specification: who is evaluable, the remission rate, the time to remission."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from icans.errors import IcansError
from icans.results.cohort import Cohort
from icans.results.columns import Columns, collected, kept
from icans.results.rows import NAMED_AT_MOST
from icans.scales.model import Scale, signs
from icans.specifications.combining import Specification, combined, standard
from icans.specifications.outcomes import Grading, grading, outcomes
from icans.specifications.reading import Alternatives, read
from icans.stats.estimate import Estimate
from icans.stats.proportions import clopper_pearson
from icans.units import HOURS_PER_DAY

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine
    from icans.protocol import Protocol
    from icans.records.tables import Records

NOBODY = "no patient is evaluable"
NO_LINE = "no finish line applies to any evaluable patient"
NO_RESPONDER = "nobody was seen in remission"


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
    scales
        The scales used beside the study's own.
    notes
        What the study lacks of them, as sentences.
    """

    alternatives: tuple[Alternatives, ...]
    outcomes: tuple[Outcome, ...]
    cohort: Cohort
    standard: bool
    scales: tuple[Scale, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def own(self) -> Outcome:
        """The study as its protocol has it."""
        return next(outcome for outcome in self.outcomes if outcome.specification.own)

    @property
    def applicable(self) -> list[Outcome]:
        """Those that can be applied."""
        return [outcome for outcome in self.outcomes if not outcome.reason]

    @property
    def extremes(self) -> tuple[Outcome, Outcome]:
        """Those with the lowest and the highest rate; the study's own where it is one of several."""

        def place(outcome: Outcome, rate: float) -> tuple[float, bool, str]:
            return rate, not outcome.specification.own, outcome.specification.id

        lowest = min(self.applicable, key=lambda one: place(one, one.percent or 0.0))
        return lowest, min(self.applicable, key=lambda one: place(one, -(one.percent or 0.0)))

    def label(self, outcome: Outcome, position: int) -> str:
        """Say which value of a definition a specification has."""
        return self.alternatives[position].choices[outcome.specification.choices[position]].label


def specify(
    records: Records,
    assessed: ibis.Table,
    protocol: Protocol,
    scale_of: Callable[[Protocol], Scale],
    engine: Engine,
    *,
    step: Callable[[str], None],
) -> Specified:
    """Give a study under every combination of its alternatives; under the standard ones where its protocol has none.

    Parameters
    ----------
    records
        Records of the study.
    assessed
        Its bedside assessments, without the columns that the study lacks.
    protocol
        Its definitions.
    scale_of
        Gives the scale for ICANS that a protocol names.
    engine
        Where the tables live.
    step
        Told what is derived as it begins.

    Raises
    ------
    ProtocolError
        The alternatives cannot be meant, or are too many.
    """
    among = read(protocol)
    standard_set = not among
    among = among or standard(protocol)
    specifications = combined(protocol, among)
    scales, refused = _scales(specifications, protocol, scale_of, records)
    specifications = [
        replace(one, reason=refused.get(grading(one.protocol), "")) if one.protocol else one for one in specifications
    ]
    protocols = {place: one.protocol for place, one in enumerate(specifications) if one.protocol and not one.reason}
    derived = outcomes(records, assessed, protocols, scales, engine, step=step) if protocols else None
    lacking = {key: _lacking(scale, records) for key, scale in scales.items()}
    found = specified(among, specifications, derived, engine, lacking=lacking, standard=standard_set)
    others = {scale.id: (scale, lacking[key]) for key, scale in scales.items() if key[0] != protocol.scales.icans}
    said = tuple(f"Of the columns of {name}, {words}." for name, (_, words) in others.items() if words)
    return replace(found, notes=said, scales=tuple(scale for scale, _ in others.values()))


def _scales(
    specifications: Sequence[Specification],
    protocol: Protocol,
    scale_of: Callable[[Protocol], Scale],
    records: Records,
) -> tuple[dict[Grading, Scale], dict[Grading, str]]:
    """Give the scale of every grading, or why it cannot be used."""
    scales: dict[Grading, Scale] = {}
    refused: dict[Grading, str] = {}
    found = records.columns.get("neuro", frozenset())
    for one in specifications:
        if one.protocol is None or (key := grading(one.protocol)) in scales or key in refused:
            continue
        try:
            scale = scale_of(one.protocol)
        except IcansError as error:
            refused[key] = error.what.removeprefix("study.toml: ").rstrip(".")
            continue
        if key[0] != protocol.scales.icans and not found & set(signs(scale)):
            refused[key] = f"the study has none of the columns of {scale.id} ({', '.join(signs(scale))})"
        else:
            scales[key] = scale
    return scales, refused


def _lacking(scale: Scale, records: Records) -> str:
    """Name the columns of a scale that the study lacks, where it has some of them."""
    found = records.columns.get("neuro", frozenset()) | records.columns.get("events", frozenset())
    lacking = [name for name in signs(scale) if name not in found]
    return f"the study lacks {', '.join(lacking)}" if lacking else ""


def specified(
    alternatives: Sequence[Alternatives],
    specifications: Sequence[Specification],
    derived: ibis.Table | None,
    engine: Engine,
    *,
    lacking: Mapping[Grading, str],
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
        The columns that the study lacks of the scale of a grading, in words; empty: none.
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
    found = []
    for place, specification in enumerate(specifications):
        if specification.reason or specification.protocol is None:
            found.append(Outcome(specification, reason=specification.reason or "the definitions contradict"))
            continue
        own = kept(rows, np.arange(edges[place], edges[place + 1]))
        found.append(_outcome(specification, own, cohort, lacking[grading(specification.protocol)]))
    return Specified(tuple(alternatives), tuple(found), cohort, standard)


def _outcome(specification: Specification, rows: Columns, cohort: Cohort, lacking: str) -> Outcome:
    who = rows["patient"] if rows["specification"].size else np.zeros(0, dtype=np.int64)

    def because(reason: str) -> str:
        return f"{reason}; of the columns of its scale, {lacking}" if lacking else reason

    if who.size == 0:
        return Outcome(specification, reason=because(NOBODY))
    remission = rows["remission"]
    judged, reached = ~np.isnan(remission), remission == 1
    counts = (who.size, int(np.count_nonzero(judged)), int(np.count_nonzero(reached)))
    named = tuple(_names(cohort, who[which]) for which in (np.ones(who.size, dtype=np.bool_), judged, reached))
    if counts[1] == 0:
        return Outcome(specification, named[0], counts=counts, reason=because(NO_LINE), rows=rows)
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
