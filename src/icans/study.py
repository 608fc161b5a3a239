"""A study from folder to report: the whole pipeline on one page."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
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
from icans.derive.grades import grades, texts
from icans.derive.survival import last_seen, survival
from icans.errors import CallError, ProtocolError
from icans.protocol import Grading
from icans.protocols.compare import refuse_unknown
from icans.records.checks import check
from icans.records.reading import read_records
from icans.records.schema import TABLES
from icans.scales import catalogue
from icans.scales.declared import declared_columns, lacking
from icans.scales.instrument import graded_by
from icans.specifications.reading import scales_named

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine
    from icans.figures.render import Renderer
    from icans.protocol import Protocol
    from icans.records.findings import Finding
    from icans.records.tables import Records
    from icans.results.claims import Claim
    from icans.results.cohort import Cohort
    from icans.results.comparison import Comparison
    from icans.results.gathered import Gathered
    from icans.results.groups.between import BetweenGroups
    from icans.results.natural_history import NaturalHistory
    from icans.results.rows import Result
    from icans.results.specified import Specified
    from icans.results.target_trial import TrialResults
    from icans.scales.model import Scale

SCALES = "[alternatives.scales]"
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
        scales = {toxicity: _scale(protocol, toxicity, folder) for toxicity in ("icans", "crs")}
        others = _compared(protocol, compared, folder)
        varied = _alternative(protocol, folder)
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

        def keep(name: str, table: ibis.Table, levels: Mapping[str, Sequence[str]] | None = None) -> ibis.Table:
            step(name)
            derived[name] = self.engine.write(table, folder / f"{name}.parquet", levels=levels)
            return derived[name]

        graded = keep("grades", self.graded(), texts(self.scales))
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
        if protocol.target_trial:
            from icans.target_trial import trial_tables

            for name, table in trial_tables(records, derived, protocol, protocol.target_trial):
                keep(name, table)
        return derived

    def findings(self, derived: Mapping[str, ibis.Table] | None = None) -> list[Finding]:
        """Give everything wrong or doubtful: while reading, in the records, and in grades against their signs."""
        if derived is None:
            with tempfile.TemporaryDirectory(prefix="icans-") as folder:
                graded = self.engine.write(self.graded(), Path(folder) / "grades.parquet")
                return self.findings({"grades": graded})
        doubts = [*lacking(self.scales.values(), self.records), *check(self.records, self.protocol, self.engine)]
        return [*self.records.findings, *doubts, *contradiction_findings(derived["grades"], self.engine)]

    def graded(self) -> ibis.Table:
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
        from icans.results.gathered import gather
        from icans.results.study import results_of

        with tempfile.TemporaryDirectory(prefix="icans-") as folder:
            derived = self.derive(Path(folder) / "derived", step)
            step("results")
            gathered = gather(self.records, derived, self.protocol, self.engine)
            compared = self.comparisons(gathered.cohort)
            findings = self.findings(derived)
            rows = results_of(gathered, self.records, self.protocol, findings, scales=self.scales, compared=compared)
            between = self.between_groups(gathered, derived)
            rows += between.results if between else ()
            trial = self.target_trial(gathered, derived, step)
            natural = self.natural_history(gathered, derived)
            return [*rows, *(trial.rows if trial else ()), *(natural.rows if natural else ())]

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

    def between_groups(self, gathered: Gathered, derived: Mapping[str, ibis.Table]) -> BetweenGroups | None:
        """Compare the groups that the protocol names; None where it names none."""
        if not self.protocol.compare:
            return None
        from icans.results.groups.between import between_groups
        from icans.results.groups.source import Source

        return between_groups(Source(gathered, self.records, derived, self.protocol, self.engine, self.compared))

    def target_trial(self, gathered: Gathered, derived: Mapping[str, ibis.Table], step: Step) -> TrialResults | None:
        """Emulate the trial that the protocol states; None where it states none."""
        if self.protocol.target_trial is None:
            return None
        from icans.target_trial import emulated_trial

        step("target trial")
        return emulated_trial(self, gathered, derived, self.protocol.target_trial, step)

    def natural_history(self, gathered: Gathered, derived: Mapping[str, ibis.Table]) -> NaturalHistory | None:
        """Set the treated against the reference cohort that the protocol names; None where it names none."""
        if self.protocol.natural_history is None:
            return None
        from icans.natural_history import against_reference

        return against_reference(self, gathered, derived, self.protocol.natural_history)

    def specified(self, step: Step) -> Specified:
        """Give the study under every combination of its alternatives; of the standard ones where it has none."""
        from icans.results.specified import specify

        assessed = _found(self.records, "neuro", "icans_grade")
        return specify(
            self.records,
            assessed,
            self.protocol,
            lambda other: _scale(other, "icans", self.folder),
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
        from icans.figures.collect import figure_data
        from icans.figures.gallery import all_figures, with_curve, with_natural_course
        from icans.records.findings import write_csv
        from icans.report.document import Content, write_report
        from icans.results import store
        from icans.results.curves import curves
        from icans.results.gathered import gather
        from icans.results.study import results_of
        from icans.results.worklists import write_changes, write_discordant, write_immortal

        derived = self.derive(folder / "derived", step)
        step("checks")
        findings = self.findings(derived)
        write_csv(findings, folder / "findings.csv")
        step("results")
        gathered = gather(self.records, derived, self.protocol, self.engine)
        compared = self.comparisons(gathered.cohort)
        results = results_of(gathered, self.records, self.protocol, findings, scales=self.scales, compared=compared)
        specified, claims = self._specified_beside(results, folder, step)
        between = self.between_groups(gathered, derived)
        results += between.results if between else ()
        trial = self.target_trial(gathered, derived, step)
        results += trial.rows if trial else ()
        natural = self._natural_history_beside(results, gathered, derived, folder=folder, step=step)
        store.write(results, folder)
        write_discordant(results, derived["grades"], self.records, self.engine, folder)
        write_changes(compared, self.protocol, gathered.cohort, folder)
        write_immortal(between.immortal if between else (), folder)
        step("figures")
        data = figure_data(gathered, self.records, derived, self.protocol, self.engine, scales=self.scales)
        figures, left_out = all_figures(data, curves(gathered, self.protocol), results, self.protocol)
        if specified:
            figures, left_out = with_curve(figures, left_out, specified)
        if between:
            from icans.figures.comparisons import with_comparisons

            figures, left_out = with_comparisons(figures, left_out, between, results)
        if trial:
            from icans.figures.target_trial import with_target_trial

            figures, left_out = with_target_trial(figures, left_out, trial, self.protocol)
        if natural:
            figures, left_out = with_natural_course(figures, left_out, natural, self.protocol)
        (folder / "figures").mkdir()
        drawn = renderer.draw(figures, folder / "figures")
        step("report")
        content = Content(
            self.protocol, self.every_scale, results, figures, left_out, drawn, findings, specified, claims, between
        )
        write_report(folder / "report.html", content)
        return results

    def _specified_beside(
        self, results: list[Result], folder: Path, step: Step
    ) -> tuple[Specified | None, Sequence[Claim]]:
        """Add to a report what its alternatives give, where the protocol has any: rows of results and a table."""
        if not self.protocol.alternatives:
            return None, ()
        from icans.results import specification_table
        from icans.results.claims import claims_of
        from icans.results.sensitivity import sensitivity

        specified, claims = self.specified(step), claims_of(self.folder)
        results += sensitivity(specified, claims)
        specification_table.write(specified, folder)
        return specified, claims

    def _natural_history_beside(
        self,
        results: list[Result],
        gathered: Gathered,
        derived: Mapping[str, ibis.Table],
        *,
        folder: Path,
        step: Step,
    ) -> NaturalHistory | None:
        """Add to a report what the reference cohort gives, where there is one: rows of results and a saved model."""
        if self.protocol.natural_history is None:
            return None
        from icans.results.reference import save

        step("natural history")
        natural = self.natural_history(gathered, derived)
        if natural:
            results += natural.rows
            save(natural.reference, self.protocol.natural_history, folder / "natural_history.json")
        return natural


def _scale(protocol: Protocol, toxicity: str, folder: Path, where: str = "[scales]") -> Scale:
    scale = _named(f"{where} {toxicity}", getattr(protocol.scales, toxicity), folder)
    if scale.result != "grade":
        raise ProtocolError(f"study.toml: {where} {toxicity}: {scale.id} gives a score and no grade.")
    if scale.toxicity != toxicity:
        raise ProtocolError(
            f"study.toml: {where} {toxicity}: {scale.id} grades {scale.toxicity}, not {toxicity}.",
            "icans scales lists what each grades.",
        )
    return graded_by(scale, protocol.grading.instrument) if toxicity == "icans" else scale


def _alternative(protocol: Protocol, folder: Path) -> tuple[Scale, ...]:
    """Give the scales that the protocol's alternatives would have ICANS graded by."""
    return tuple(
        _scale(protocol.model_copy(update={"scales": scales, "grading": Grading()}), "icans", folder, SCALES)
        for scales in scales_named(protocol)
    )


def _compared(protocol: Protocol, asked: Sequence[str], folder: Path) -> tuple[Scale, ...]:
    """Give the scales to compare, each once."""
    if asked:
        return tuple(catalogue.find(scale_id, folder) for scale_id in dict.fromkeys(asked))
    return tuple(
        _named("[agreement] scales", scale_id, folder) for scale_id in dict.fromkeys(protocol.agreement.scales)
    )


def _named(where: str, scale_id: str, folder: Path) -> Scale:
    """Give the scale that the protocol names somewhere."""
    try:
        return catalogue.find(scale_id, folder)
    except CallError as error:
        raise ProtocolError(f"study.toml: {where}: {error.what}", error.do) from None


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
