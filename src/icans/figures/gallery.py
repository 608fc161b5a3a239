"""Every figure of a study, in the order a report shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from icans.figures.biomarkers import biomarkers
from icans.figures.figure import Figure, LeftOut
from icans.figures.flow import flow
from icans.figures.onset import time_course
from icans.figures.patients import patient_figures
from icans.figures.remission import remission
from icans.figures.stated import Stated
from icans.figures.survival import survival

if TYPE_CHECKING:
    from icans.figures.data import FigureData
    from icans.protocol import Protocol
    from icans.results.curves import Curve
    from icans.results.groups.between import BetweenGroups
    from icans.results.natural_history import NaturalHistory
    from icans.results.rows import Result
    from icans.results.specified import Specified
    from icans.results.target_trial import TrialResults


def all_figures(
    data: FigureData,
    curves: Sequence[Curve],
    results: Sequence[Result],
    protocol: Protocol,
    of_patients: Sequence[Figure | LeftOut] = (),
) -> tuple[list[Figure], list[LeftOut]]:
    """Make every figure that a study has data for.

    Parameters
    ----------
    data
        Patient-level rows, from `icans.figures.collect.figure_data`.
    curves
        Curves of time to event, from `icans.results.curves.curves`.
    results
        Every row of results.
    protocol
        Definitions of the study.
    of_patients
        What `icans.figures.patients.patient_figures` gave, where that was asked for before.

    Returns
    -------
    tuple
        The figures in the order of a report, and those left out, each with the reason.
    """
    stated = Stated(results)
    name = protocol.intervention.short
    days, lanes, around = of_patients or patient_figures(data, protocol)
    made = [
        flow(stated, intervention=name, indications=protocol.population.indications),
        days,
        lanes,
        time_course(data, stated, intervention=name),
        around,
        biomarkers(data, stated, intervention=name),
        survival(curves, stated, origin=protocol.survival.origin),
        remission(curves, stated, intervention=name),
        *_agreement(stated, protocol),
        *_small_samples(stated, protocol),
    ]
    return [one for one in made if isinstance(one, Figure)], [one for one in made if isinstance(one, LeftOut)]


def asked_figures(
    usual: tuple[list[Figure], list[LeftOut]],
    results: Sequence[Result],
    protocol: Protocol,
    *,
    specified: Specified | None = None,
    between: BetweenGroups | None = None,
    trial: TrialResults | None = None,
    natural: NaturalHistory | None = None,
) -> tuple[list[Figure], list[LeftOut]]:
    """Add to the usual figures those of the analyses that the protocol asks for.

    Parameters
    ----------
    usual
        As `all_figures` gives them.
    results
        Every row of results.
    protocol
        Definitions of the study.
    specified, between, trial, natural
        The study under its alternatives, its groups, its target trial, its treated against a reference; None where the
        protocol asks for none.
    """
    figures, left_out = usual
    if specified:
        from icans.figures.specification_curve import specification_curve  # noqa: PLC0415  # few have alternatives

        figures, left_out = _with(figures, left_out, specification_curve(specified))
    if between:
        from icans.figures.comparisons import with_comparisons  # noqa: PLC0415  # few studies compare groups

        figures, left_out = with_comparisons(figures, left_out, between, results)
    if trial:
        from icans.figures.target_trial import with_target_trial  # noqa: PLC0415  # few studies state a trial

        figures, left_out = with_target_trial(figures, left_out, trial, protocol)
    if natural:
        from icans.figures.natural_history import natural_course  # noqa: PLC0415  # few studies name a reference

        made = natural_course(natural, intervention=protocol.intervention.short)
        figures, left_out = _with(figures, left_out, made)
    return figures, left_out


def _with(figures: list[Figure], left_out: list[LeftOut], made: Figure | LeftOut) -> tuple[list[Figure], list[LeftOut]]:
    return ([*figures, made], left_out) if isinstance(made, Figure) else (figures, [*left_out, made])


def _small_samples(stated: Stated, protocol: Protocol) -> list[Figure | LeftOut]:
    if protocol.small_samples is None:
        return []
    from icans.figures.small_samples import small_samples  # noqa: PLC0415  # few studies ask for it

    return [small_samples(stated, protocol.small_samples, synthetic=protocol.study.synthetic)]


def _agreement(stated: Stated, protocol: Protocol) -> list[Figure]:
    if not protocol.agreement.scales:
        return []
    from icans.figures.agreement import agreement_figures  # noqa: PLC0415  # few studies compare scales

    return agreement_figures(stated, severe=protocol.population.severe_grade, scales_only=True)
