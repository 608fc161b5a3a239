"""The target trial of a study: what `[target_trial]` asks for, from derived tables to results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from icans.derive.eligible import eligible
from icans.derive.panel import panel
from icans.derive.survival import last_seen
from icans.protocols.remission import RemissionRule

if TYPE_CHECKING:
    import ibis

    from icans.protocol import Protocol
    from icans.protocols.target_trial import TargetTrial
    from icans.records.tables import Records
    from icans.results.gathered import Gathered
    from icans.results.target_trial import TrialResults
    from icans.study import Study

ANY_GRADE = [1, 2, 3, 4]


def trial_tables(
    records: Records, derived: Mapping[str, ibis.Table], protocol: Protocol, asked: TargetTrial
) -> Iterator[tuple[str, ibis.Table]]:
    """Give the derived tables that only a target trial needs, each with its name.

    Parameters
    ----------
    records
        Records of the study.
    derived
        The derived tables that every study has.
    protocol
        Definitions of the study.
    asked
        The trial that the protocol states.
    """
    yield (
        "panel",
        panel(
            records.infusions,
            derived["grades"],
            records.neuro,
            derived["courses"],
            derived["steroids"],
            events=records.events,
            last_seen=last_seen(*records.timed),
            carry_days=asked.carry_days,
            last_day=asked.until_day + asked.follow_up_days,
        ),
    )
    refractory = timedelta(hours=protocol.population.refractory_hours) if asked.steroid_refractory else None
    yield (
        "eligible",
        eligible(
            derived["episodes"],
            derived["grades"],
            derived["courses"],
            records.treatments,
            records.neuro,
            events=records.events,
            grade=asked.grade,
            refractory=refractory,
            steroid_routes=protocol.steroids.routes,
            earlier_courses=asked.earlier_courses,
            until_day=asked.until_day,
            rules=outcome_rules(protocol, asked),
            hold=timedelta(hours=protocol.remission.hold_hours),
        ),
    )


def outcome_rules(protocol: Protocol, asked: TargetTrial) -> list[RemissionRule]:
    """Give the finish lines of the outcome; none where it is death."""
    if asked.outcome == "death":
        return []
    if asked.outcome == "grade":
        return [RemissionRule(baseline=ANY_GRADE, grade=asked.outcome_grade)]
    return protocol.remission.rules


def emulated_trial(
    study: Study, gathered: Gathered, derived: Mapping[str, ibis.Table], asked: TargetTrial, step: Callable[[str], None]
) -> TrialResults:
    """Emulate the trial that the protocol states.

    Parameters
    ----------
    study
        The study.
    gathered
        The study as arrays.
    derived
        Its derived tables, those of `trial_tables` among them.
    asked
        The trial.
    step
        Told how many of the bootstrap samples are done.

    Raises
    ------
    ProtocolError
        A confounder is no column of patients or infusions.
    """
    from icans.results.emulated import follow  # noqa: PLC0415  # only a study with a target trial imports it
    from icans.results.target_trial import trial_results  # noqa: PLC0415

    followed = follow(gathered, derived, study.engine, asked)

    def progress(done: int) -> None:
        step(f"target trial, {done} of {asked.samples} samples")

    return trial_results(followed, asked, progress)
