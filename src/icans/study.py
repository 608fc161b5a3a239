"""A study from folder to report: the whole pipeline on one page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from icans import protocol as protocols
from icans.derive.before_infusion import early_findings
from icans.derive.biomarkers import biomarkers
from icans.derive.contradictions import contradiction_findings
from icans.derive.endpoints import endpoints, evaluable
from icans.derive.episodes import episodes
from icans.derive.exposure import courses, steroids
from icans.derive.grades import grades
from icans.derive.survival import last_seen, survival
from icans.protocols.compare import refuse_unknown
from icans.records.checks import check
from icans.records.reading import read_records
from icans.records.schema import TABLES
from icans.scales.declared import declared_columns, lacking
from icans.study_scales import alternative_scales, compared_scales, grading_scale

if TYPE_CHECKING:
    import ibis

    from icans.analyses.every import Analysed
    from icans.engines import Engine
    from icans.figures.data import FigureData
    from icans.figures.figure import Figure, LeftOut
    from icans.figures.render import Renderer
    from icans.numbered import Numbered
    from icans.protocol import Protocol
    from icans.records.findings import Finding
    from icans.records.tables import Records
    from icans.results.cohort import Cohort
    from icans.results.comparison import Comparison
    from icans.results.gathered import Gathered
    from icans.results.rows import Result
    from icans.results.specified import Specified
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
    compared: tuple[Scale, ...] = field(default=(), repr=False)
    varied: tuple[Scale, ...] = field(default=(), repr=False)

    @classmethod
    def read(cls, folder: Path, engine: Engine, *, compared: Sequence[str] = ()) -> Study:
        """Read the protocol and the records of a study folder.

        Parameters
        ----------
        folder
            The study folder.
        engine
            Where its tables will live.
        compared
            Ids of scales to compare with each other; none: those of the protocol.

        Raises
        ------
        CallError
            There is no study in the folder.
        ProtocolError, RecordsError
            The protocol names a scale nobody knows, or a table cannot be read at all.
        """
        protocol = protocols.read(folder)
        scales = {toxicity: grading_scale(protocol, toxicity, folder) for toxicity in ("icans", "crs")}
        others = compared_scales(protocol, compared, folder)
        varied = alternative_scales(protocol, folder)
        records = read_records(folder, protocol, engine, declared_columns([*scales.values(), *others, *varied]))
        graders = [scale.id for scale in others if scale.toxicity == "icans" and scale.result == "grade"]
        refuse_unknown(protocol.compare, records.columns, graders)
        return cls(folder, protocol, _kept(records, engine), engine, scales, others, varied)

    def derive(self, folder: Path, step: Step) -> dict[str, ibis.Table]:
        """Write every derived table into a folder, each made from those before it, and give them as read from there."""
        folder.mkdir()
        records, protocol = self.records, self.protocol
        quiet = timedelta(hours=protocol.episodes.quiet_hours)
        derived: dict[str, ibis.Table] = {}

        def keep(name: str, table: ibis.Table | Numbered) -> ibis.Table:
            step(name)
            derived[name] = self.engine.write(table, folder / f"{name}.parquet")
            return derived[name]

        graded = keep("grades", self.graded())
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
                last_seen(*records.timed),
                toxic,
                studied,
                origin=protocol.survival.origin,
                cutoff_epoch_hour=_epoch_hour(protocol.survival.cutoff),
                progression=protocol.survival.progression,
            ),
        )
        keep("biomarkers", biomarkers(records.labs, studied, markers=protocol.biomarkers))
        if protocol.target_trial:
            from icans.analyses.target_trial import trial_tables

            for name, table in trial_tables(records, derived, protocol, protocol.target_trial):
                keep(name, table)
        return derived

    def findings(self, derived: Mapping[str, ibis.Table] | None = None) -> list[Finding]:
        """Give everything wrong or doubtful: while reading, in the records, and in their grades."""
        if derived is None:
            with tempfile.TemporaryDirectory(prefix="icans-") as folder:
                graded = self.engine.write(self.graded(), Path(folder) / "grades.parquet")
                return self.findings({"grades": graded})
        doubts = [*lacking(self.scales.values(), self.records), *check(self.records, self.protocol, self.engine)]
        graded, files = derived["grades"], self.records.files
        onset_grade = self.protocol.episodes.onset_grade
        doubts += contradiction_findings(graded, self.engine, files)
        doubts += early_findings(graded, self.engine, files, onset_grade=onset_grade)
        return [*self.records.findings, *doubts]

    def graded(self) -> Numbered:
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
        from icans.analyses.every import analysed
        from icans.results.gathered import gather

        with tempfile.TemporaryDirectory(prefix="icans-") as folder:
            derived = self.derive(Path(folder) / "derived", step)
            findings = self.findings(derived)
            gathered = gather(self.records, derived, self.protocol, self.engine)
            return analysed(self, gathered, derived, findings, step, alternatives=False).results

    @property
    def every_scale(self) -> tuple[Scale, ...]:
        """The scales that grade the study, then those that are only compared."""
        return tuple({scale.id: scale for scale in (*self.scales.values(), *self.compared)}.values())

    def comparisons(self, cohort: Cohort) -> list[Comparison]:
        """Grade every assessment by each of the scales to compare."""
        if not self.compared:
            return []
        from icans.results.comparison import compare

        return compare(self.records, self.compared, self.protocol, self.engine, cohort)

    def specified(self, step: Step) -> Specified:
        """Give the study under every combination of its alternatives; of the standard ones where it has none."""
        from icans.results.specified import specify

        assessed = _found(self.records, "neuro", "icans_grade")
        return specify(
            self.records,
            assessed,
            self.protocol,
            lambda other: grading_scale(other, "icans", self.folder),
            self.engine,
            step=step,
        )

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
        from icans.figures.figure import Figure
        from icans.figures.patients import patient_figures

        derived = self.derive(folder / "derived", step)
        step("patients")
        gathered, data = self._patients(derived)
        of_patients = patient_figures(data, self.protocol)
        (folder / "figures").mkdir()
        early = renderer.draw([one for one in of_patients if isinstance(one, Figure)], folder / "figures")
        step("checks")  # what follows is done, and its libraries are imported, while figures are drawn
        from icans.analyses.every import analysed, write
        from icans.records.findings import write_csv

        findings = self.findings(derived)
        write_csv(findings, folder / "findings.csv")
        found = analysed(self, gathered, derived, findings, step, alternatives=True)
        step("figures")
        figures, left_out = self._figures(found, data, of_patients)
        late = renderer.draw([one for one in figures if one.id not in early], folder / "figures")
        step("report")
        from icans.report.document import Content, write_report

        write(found, self, derived, folder)
        content = Content(
            self.protocol,
            self.every_scale,
            found.results,
            figures,
            left_out,
            early | late,
            findings,
            found.specified,
            found.claims,
            found.between,
        )
        write_report(folder / "report.html", content)
        return found.results

    def _patients(self, derived: Mapping[str, ibis.Table]) -> tuple[Gathered, FigureData]:
        """Bring to Python what results and figures are made of."""
        from icans.figures.collect import figure_data
        from icans.results.gathered import gather

        gathered = gather(self.records, derived, self.protocol, self.engine)
        return gathered, figure_data(gathered, self.records, derived, self.protocol, self.engine, scales=self.scales)

    def _figures(
        self, found: Analysed, data: FigureData, of_patients: Sequence[Figure | LeftOut]
    ) -> tuple[list[Figure], list[LeftOut]]:
        from icans.figures.gallery import all_figures, asked_figures
        from icans.results.curves import curves

        usual = all_figures(data, curves(found.gathered, self.protocol), found.results, self.protocol, of_patients)
        return asked_figures(
            usual,
            found.results,
            self.protocol,
            specified=found.specified,
            between=found.between,
            trial=found.trial,
            natural=found.natural,
        )


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
