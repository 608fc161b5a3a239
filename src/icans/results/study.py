"""The whole table of results: one module an analysis, in the order a report tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from icans.results.agreement import agreement
from icans.results.baseline import baseline
from icans.results.biomarkers import biomarkers
from icans.results.data import data
from icans.results.exposure import exposure
from icans.results.gathered import Gathered, gather
from icans.results.population import population
from icans.results.remission import remission, time_to_remission
from icans.results.scales import scales_used
from icans.results.survival import survival
from icans.results.toxicity import toxicity

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine
    from icans.protocol import Protocol
    from icans.records.findings import Finding
    from icans.records.tables import Records
    from icans.results.comparison import Comparison
    from icans.results.rows import Result
    from icans.scales.model import Scale


def study_results(
    records: Records,
    derived: Mapping[str, ibis.Table],
    protocol: Protocol,
    engine: Engine,
    findings: Sequence[Finding],
) -> list[Result]:
    """Compute every number of a study.

    Parameters
    ----------
    records
        Records of the study.
    derived
        Derived tables by name, computed: each is read once.
    protocol
        Definitions of the study.
    engine
        Where the tables live.
    findings
        Everything found in the records.

    Returns
    -------
    list of Result
        The same rows in the same order whatever the order of the records.
    """
    return results_of(gather(records, derived, protocol, engine), records, protocol, findings)


def results_of(
    study: Gathered,
    records: Records,
    protocol: Protocol,
    findings: Sequence[Finding],
    *,
    scales: Mapping[str, Scale] = MappingProxyType({}),
    compared: Sequence[Comparison] = (),
) -> list[Result]:
    """Compute every number of a study whose tables are already in Python; `curves` then needs no second query.

    Parameters
    ----------
    study, records, protocol, findings
        As for `study_results`.
    scales
        The scale that grades each toxicity.
    compared
        The scales compared with each other.
    """
    return [
        *population(study, protocol),
        *baseline(study),
        *toxicity(study, protocol),
        *exposure(study, protocol),
        *remission(study, protocol),
        *time_to_remission(study, protocol),
        *_small_samples(study, protocol),
        *biomarkers(study),
        *survival(study, protocol),
        *agreement(study, protocol),
        *_compared(study, protocol, compared),
        *data(study, records, protocol, findings),
        *scales_used(study.assessments, scales, compared, protocol.grading.unrecorded),
    ]


def _small_samples(study: Gathered, protocol: Protocol) -> list[Result]:
    if protocol.small_samples is None:
        return []
    from icans.results.small_samples import small_samples  # noqa: PLC0415  # few studies ask for it

    return list(small_samples(study, protocol))


def _compared(study: Gathered, protocol: Protocol, compared: Sequence[Comparison]) -> list[Result]:
    if not compared:
        return []
    from icans.results.comparison import comparison_results  # noqa: PLC0415  # few studies compare scales

    return list(comparison_results(compared, protocol, study.cohort))
