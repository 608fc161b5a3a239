"""A study from folder to report: the whole pipeline on one page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from icans import protocol as protocols
from icans.derive.biomarkers import biomarkers
from icans.derive.contradictions import contradiction_findings
from icans.derive.endpoints import endpoints, evaluable
from icans.derive.episodes import episodes
from icans.derive.exposure import courses, steroids
from icans.derive.grades import grades
from icans.derive.survival import last_seen, survival
from icans.errors import ProtocolError, nearest
from icans.records.checks import check
from icans.records.reading import read_records
from icans.records.schema import TABLES
from icans.scales import catalogue
from icans.scales.declared import declared_columns

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine
    from icans.figures.render import Renderer
    from icans.protocol import Protocol
    from icans.records.findings import Finding
    from icans.records.tables import Records
    from icans.results.rows import Result
    from icans.scales.model import Scale

Step = Callable[[str], None]
"""Told the name of each step as it begins."""


@dataclass(frozen=True)
class Study:
    """A study whose records are read; nothing is derived until asked for."""

    folder: Path
    protocol: Protocol
    records: Records
    engine: Engine
    scales: Mapping[str, Scale] = field(repr=False)

    @classmethod
    def read(cls, folder: Path, engine: Engine) -> Study:
        """Read the protocol and the records of a study folder.

        Raises
        ------
        CallError
            There is no study in the folder.
        ProtocolError, RecordsError
            The protocol names a scale nobody knows, or a table cannot be read at all.
        """
        protocol = protocols.read(folder)
        scales = {toxicity: _scale(protocol, toxicity) for toxicity in ("icans", "crs")}
        records = read_records(folder, protocol, engine, declared_columns(scales.values()))
        return cls(folder, protocol, _kept(records, engine), engine, scales)

    def derive(self, folder: Path, step: Step) -> dict[str, ibis.Table]:
        """Write every derived table into a folder, each made from those before it, and give them as read from there."""
        folder.mkdir()
        records, protocol = self.records, self.protocol
        quiet = timedelta(hours=protocol.episodes.quiet_hours)
        derived: dict[str, ibis.Table] = {}

        def keep(name: str, table: ibis.Table) -> ibis.Table:
            step(name)
            derived[name] = self.engine.write(table, folder / f"{name}.parquet")
            return derived[name]

        graded = keep("grades", self._graded())
        toxic = keep("episodes", episodes(graded, quiet=quiet, onset_grade=protocol.episodes.onset_grade))
        given = keep(
            "courses",
            courses(
                records.treatments,
                toxic,
                drugs=protocol.intervention.drugs,
                routes=protocol.intervention.routes,
                together=timedelta(hours=protocol.intervention.together_hours),
                quiet=quiet,
            ),
        )
        keep("steroids", steroids(records.treatments, routes=protocol.steroids.routes))
        reached = keep(
            "endpoints",
            endpoints(
                toxic,
                graded,
                given,
                records.treatments,
                records.neuro,
                rules=protocol.remission.rules,
                severe_grade=protocol.population.severe_grade,
                refractory=timedelta(hours=protocol.population.refractory_hours),
                steroid_routes=protocol.steroids.routes,
                baseline=protocol.remission.baseline,
                hold=timedelta(hours=protocol.remission.hold_hours),
            ),
        )
        studied = evaluable(reached, indications=protocol.population.indications)
        keep(
            "survival",
            survival(
                records.infusions,
                records.events,
                last_seen(records.neuro, records.crs, records.treatments, records.labs, records.events),
                toxic,
                studied,
                origin=protocol.survival.origin,
                cutoff_epoch_hour=_epoch_hour(protocol.survival.cutoff),
                progression=protocol.survival.progression,
            ),
        )
        keep("biomarkers", biomarkers(records.labs, studied, markers=protocol.biomarkers))
        return derived

    def findings(self, derived: Mapping[str, ibis.Table] | None = None) -> list[Finding]:
        """Give everything wrong or doubtful: while reading, in the records, and in grades against their signs."""
        if derived is None:
            with tempfile.TemporaryDirectory(prefix="icans-") as folder:
                graded = self.engine.write(self._graded(), Path(folder) / "grades.parquet")
                return self.findings({"grades": graded})
        doubts = check(self.records, self.protocol, self.engine)
        return [*self.records.findings, *doubts, *contradiction_findings(derived["grades"], self.engine)]

    def _graded(self) -> ibis.Table:
        """Grade every assessment of both toxicities."""
        return grades(
            _found(self.records, "neuro", "icans_grade"),
            _found(self.records, "crs", "crs_grade"),
            self.records.patients,
            self.records.events,
            scales=self.scales,
            unrecorded=self.protocol.grading.unrecorded,
        )

    def results(self, step: Step) -> list[Result]:
        """Give the table of results without writing anything."""
        from icans.results.study import study_results

        with tempfile.TemporaryDirectory(prefix="icans-") as folder:
            derived = self.derive(Path(folder) / "derived", step)
            step("results")
            return study_results(self.records, derived, self.protocol, self.engine, self.findings(derived))

    def report(self, folder: Path, renderer: Renderer, step: Step) -> list[Result]:
        """Write derived tables, results, findings, figures and the report into a folder, and give the results.

        Parameters
        ----------
        folder
            An existing folder.
        renderer
            Draws the figures; every file is written once it has finished.
        step
            Told the name of each step as it begins.
        """
        from icans.figures.collect import figure_data
        from icans.figures.gallery import all_figures
        from icans.records.findings import write_csv
        from icans.report.document import Content, write_report
        from icans.results import store
        from icans.results.curves import curves
        from icans.results.gathered import gather
        from icans.results.study import results_of

        derived = self.derive(folder / "derived", step)
        step("checks")
        findings = self.findings(derived)
        write_csv(findings, folder / "findings.csv")
        step("results")
        gathered = gather(self.records, derived, self.protocol, self.engine)
        results = results_of(gathered, self.records, self.protocol, findings)
        store.write(results, folder)
        step("figures")
        data = figure_data(gathered, self.records, derived, self.protocol, self.engine)
        figures, left_out = all_figures(data, curves(gathered, self.protocol), results, self.protocol)
        (folder / "figures").mkdir()
        drawn = renderer.draw(figures, folder / "figures")
        step("report")
        scales = tuple(self.scales.values())
        content = Content(self.protocol, scales, results, figures, left_out, drawn, findings)
        write_report(folder / "report.html", content)
        return results


def _scale(protocol: Protocol, toxicity: str) -> Scale:
    scale_id = getattr(protocol.scales, toxicity)
    if scale_id not in catalogue.ids():
        raise ProtocolError(
            f'study.toml: [scales] {toxicity}: there is no scale "{scale_id}".', nearest(scale_id, catalogue.ids())
        )
    return catalogue.load(scale_id)


def _kept(records: Records, engine: Engine) -> Records:
    """Compute tables that came from text once; what is stored in columns stays where it is."""
    tables = {name: getattr(records, name) for name in TABLES}
    return replace(records, **{name: engine.keep(table) for name, table in tables.items() if "row" in table.columns})


def _found(records: Records, name: str, always: str) -> ibis.Table:
    """Give a table of assessments without the columns that the study lacks; a scale takes those for missing."""
    table = getattr(records, name)
    found = {"patient_id", "infusion", "hour", always, *records.columns.get(name, ())}
    return table.select([column for column in table.columns if column in found])


def _epoch_hour(cutoff: date | None) -> float | None:
    """Give the end of the day of cutoff in hours from 1970-01-01T00:00."""
    if cutoff is None:
        return None
    return datetime.combine(cutoff + timedelta(days=1), time(), UTC).timestamp() / 3600
