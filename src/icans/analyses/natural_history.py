"""The treated of a study against the daily course of a reference cohort: what `[natural_history]` asks for."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from icans.derive.episodes import episodes
from icans.derive.exposure import courses, steroids
from icans.derive.panel import panel
from icans.derive.survival import last_seen
from icans.errors import CallError, ProtocolError, StudyError
from icans.results.cohort import Cohort
from icans.results.daily import Daily, gather_daily
from icans.results.natural_history import NaturalHistory, natural_history, refuse_other_scale
from icans.results.reference import Reference, load, reference_of

if TYPE_CHECKING:
    import ibis

    from icans.protocol import Protocol
    from icans.protocols.natural_history import NaturalHistory as Asked
    from icans.results.gathered import Gathered
    from icans.study import Study

LAST_DAY = 365
"""Last day from infusion on which anybody is followed."""
MODEL = ".json"


def against_reference(
    study: Study, gathered: Gathered, derived: Mapping[str, ibis.Table], asked: Asked
) -> NaturalHistory:
    """Set the observed remission of the treated against what the reference cohort leads to expect.

    Parameters
    ----------
    study
        The study.
    gathered
        The study as arrays.
    derived
        Its derived tables.
    asked
        What the protocol asks for.

    Raises
    ------
    ProtocolError, StudyError, CallError
        The reference cannot be read, is the study itself, or is graded by another scale.
    """
    ids = gathered.cohort.ids[gathered.cohort.evaluable]
    everyone = np.ones(ids.size, dtype=np.bool_)
    days = _panel(study, derived["grades"], derived["courses"], derived["steroids"], asked)
    days = study.engine.keep(days.filter(days.patient_id.isin(ids.tolist())))
    daily = gather_daily(days, derived["grades"], study.records, study.engine, Cohort(ids, everyone, everyone))
    return natural_history(gathered, daily, reference_cohort(study, asked, daily.scales), study.protocol)


def reference_cohort(study: Study, asked: Asked, scales: Mapping[str, int]) -> Reference:
    """Read the reference cohort, a study folder or a saved model; refuse one graded by another published scale."""
    place = study.folder / asked.reference
    if place.suffix == MODEL:
        return load(place, asked)
    if place.resolve() == study.folder.resolve():
        raise ProtocolError(
            "study.toml: [natural_history] reference is this study: its treated would be held against themselves.",
            "Name a cohort that was not given the intervention.",
        )
    try:
        other = type(study).read(place, study.engine)
    except CallError as error:
        raise ProtocolError(f"study.toml: [natural_history] reference: {error.what}") from None
    except StudyError as error:
        raise type(error)(f"[natural_history] reference, {place.name}: {error.what}", error.do) from None
    with tempfile.TemporaryDirectory(prefix="icans-") as folder:
        daily = _whole_cohort(other, study.protocol, asked, Path(folder))
        refuse_other_scale(scales, daily.scales)
        return reference_of(daily, other.protocol, asked)


def _whole_cohort(other: Study, protocol: Protocol, asked: Asked, folder: Path) -> Daily:
    """Bring a whole study day by day, with who in it was given the intervention of the study that refers to it."""
    records, engine = other.records, other.engine
    graded = engine.write(other.graded(), folder / "grades.parquet")
    quiet = timedelta(hours=other.protocol.episodes.quiet_hours)
    toxic = episodes(graded, quiet=quiet, onset_grade=other.protocol.episodes.onset_grade)
    given = courses(
        records.treatments,
        engine.write(toxic, folder / "episodes.parquet"),
        drugs=protocol.intervention.drugs,
        routes=protocol.intervention.routes,
        together=timedelta(hours=protocol.intervention.together_hours),
        quiet=quiet,
    )
    systemic = steroids(records.treatments, routes=other.protocol.steroids.routes)
    days = engine.write(_panel(other, graded, given, systemic, asked), folder / "panel.parquet")
    rows = engine.rows(records.infusions.select("patient_id").distinct())
    ids = np.array(sorted(row["patient_id"] for row in rows), dtype=object)
    everyone = np.ones(ids.size, dtype=np.bool_)
    return gather_daily(days, graded, records, engine, Cohort(ids, everyone, everyone))


def _panel(study: Study, grades: ibis.Table, given: ibis.Table, systemic: ibis.Table, asked: Asked) -> ibis.Table:
    records = study.records
    seen = last_seen(*records.timed)
    return panel(
        records.infusions,
        grades,
        records.neuro,
        given,
        systemic,
        events=records.events,
        last_seen=seen,
        carry_days=asked.carry_days,
        last_day=LAST_DAY,
    )
