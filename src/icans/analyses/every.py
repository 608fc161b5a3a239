"""Every analysis of a study: those that each study has, then those that its protocol asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from icans.results import store
from icans.results.gathered import Gathered
from icans.results.study import results_of
from icans.results.worklists import write_changes, write_discordant, write_immortal

if TYPE_CHECKING:
    import ibis

    from icans.records.findings import Finding
    from icans.results.claims import Claim
    from icans.results.comparison import Comparison
    from icans.results.groups.between import BetweenGroups
    from icans.results.natural_history import NaturalHistory
    from icans.results.rows import Result
    from icans.results.specified import Specified
    from icans.results.target_trial import TrialResults
    from icans.study import Study

    Step = Callable[[str], None]


@dataclass(frozen=True)
class Analysed:
    """A study with all its results.

    Parameters
    ----------
    results
        Every row of results.
    gathered
        The study as arrays.
    compared
        Scales held against each other; empty where the protocol names none.
    specified, claims
        The study under every combination of its alternatives, and what its manuscript states; None and empty where the
        protocol has no alternatives.
    between
        Groups held against each other; None where the protocol names none.
    trial
        The emulated target trial; None where the protocol states none.
    natural
        The treated against the reference cohort; None where the protocol names none.
    """

    results: list[Result]
    gathered: Gathered
    compared: Sequence[Comparison]
    specified: Specified | None
    claims: Sequence[Claim]
    between: BetweenGroups | None
    trial: TrialResults | None
    natural: NaturalHistory | None


def analysed(
    study: Study,
    gathered: Gathered,
    derived: Mapping[str, ibis.Table],
    findings: Sequence[Finding],
    step: Step,
    *,
    alternatives: bool,
) -> Analysed:
    """Analyse a study.

    Parameters
    ----------
    study
        The study.
    gathered
        The study as arrays.
    derived
        Its derived tables.
    findings
        What was found in its records.
    step
        Told the name of each step as it begins.
    alternatives
        Try the protocol's alternatives too.

    Raises
    ------
    ProtocolError, StudyError
        The protocol asks for what this study has not, or for a reference cohort that cannot be read.
    """
    step("results")
    protocol = study.protocol
    compared = study.comparisons(gathered.cohort)
    results = results_of(gathered, study.records, protocol, findings, scales=study.scales, compared=compared)
    specified, claims = _specified(study, results, step) if alternatives and protocol.alternatives else (None, ())
    between = _between(study, gathered, derived, step) if protocol.compare else None
    trial = _trial(study, gathered, derived, step) if protocol.target_trial else None
    natural = _natural(study, gathered, derived, step) if protocol.natural_history else None
    results += between.results if between else ()
    results += trial.rows if trial else ()
    results += natural.rows if natural else ()
    return Analysed(results, gathered, compared, specified, claims, between, trial, natural)


def write(found: Analysed, study: Study, derived: Mapping[str, ibis.Table], folder: Path) -> None:
    """Write the results into a folder, with the work lists and tables that belong to them."""
    store.write(found.results, folder)
    write_discordant(found.gathered, derived["grades"], study.records, study.engine, folder)
    write_changes(found.compared, study.protocol, found.gathered.cohort, folder)
    write_immortal(found.between.immortal if found.between else (), folder)
    if found.specified:
        from icans.results import specification_table  # noqa: PLC0415  # few studies have alternatives

        specification_table.write(found.specified, folder)
    if found.natural and study.protocol.natural_history:
        from icans.results.reference import save  # noqa: PLC0415  # few studies name a reference

        save(found.natural.reference, study.protocol.natural_history, folder / "natural_history.json")


def _specified(study: Study, results: list[Result], step: Step) -> tuple[Specified, Sequence[Claim]]:
    from icans.results.claims import claims_of  # noqa: PLC0415  # few studies have alternatives
    from icans.results.sensitivity import sensitivity  # noqa: PLC0415

    specified, claims = study.specified(step), claims_of(study.folder)
    results += sensitivity(specified, claims)
    return specified, claims


def _between(study: Study, gathered: Gathered, derived: Mapping[str, ibis.Table], step: Step) -> BetweenGroups:
    from icans.results.groups.between import between_groups  # noqa: PLC0415  # few studies compare groups
    from icans.results.groups.source import Source  # noqa: PLC0415

    step("groups")
    source = Source(gathered, study.records, derived, study.protocol, study.engine, study.compared, step)
    return between_groups(source)


def _trial(study: Study, gathered: Gathered, derived: Mapping[str, ibis.Table], step: Step) -> TrialResults | None:
    from icans.analyses.target_trial import emulated_trial  # noqa: PLC0415  # few studies state a trial

    asked = study.protocol.target_trial
    if asked is None:
        return None
    step("target trial")
    return emulated_trial(study, gathered, derived, asked, step)


def _natural(study: Study, gathered: Gathered, derived: Mapping[str, ibis.Table], step: Step) -> NaturalHistory | None:
    from icans.analyses.natural_history import against_reference  # noqa: PLC0415  # few studies name a reference

    asked = study.protocol.natural_history
    if asked is None:
        return None
    step("natural history")
    return against_reference(study, gathered, derived, asked)
