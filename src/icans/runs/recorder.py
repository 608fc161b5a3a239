"""A run as it goes: its engine, its steps, and in the end its record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from icans.errors import IcansError, StudyError
from icans.runs.definitions import definitions, meaning, shown_place
from icans.runs.engine import Earlier, RecordedEngine, Written
from icans.runs.files import Digests, FileDigest, of_several
from icans.runs.record import (
    DerivedTable,
    EngineUsed,
    Input,
    ProtocolUsed,
    RowsUsed,
    Run,
    ScaleUsed,
    Step,
    read,
)
from icans.runs.software import software
from icans.runs.steps import Steps

if TYPE_CHECKING:
    from icans.engines import Engine
    from icans.protocol import Protocol

Command = Literal["derive", "report"]
DERIVED = "derived"
"""Folder of the derived tables in an output."""


def derived_file(folder: Path, name: str) -> Path:
    """Give where an output has a derived table."""
    return folder / DERIVED / f"{name}.parquet"


@dataclass(frozen=True)
class Source:
    """Something a run read.

    Parameters
    ----------
    name
        As the user knows it.
    paths
        Its files; none for a database.
    tables
        Tables of records it holds.
    """

    name: str
    paths: tuple[Path, ...]
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Content:
    """What a run rests on and found.

    Parameters
    ----------
    protocol
        The study's definitions.
    scales
        Id, digest and whether it is the study's own, of each scale.
    sources
        What was read.
    rows
        For each table of records, rows read and used.
    findings
        Findings by severity.
    """

    protocol: Protocol
    scales: Sequence[tuple[str, str, bool]]
    sources: Sequence[Source]
    rows: Mapping[str, tuple[int, int]]
    findings: Mapping[str, int]


class Recorder:
    """A run that is going on.

    Parameters
    ----------
    command
        What was called.
    out
        Where its output will be; what an earlier run left there may be used again.
    folder
        Where the output is made.
    show
        Shows the name of a step.
    fresh
        Use nothing again.
    """

    def __init__(
        self, command: Command, out: Path, folder: Path, show: Callable[[str], None], *, fresh: bool = False
    ) -> None:
        self.step = Steps(show)
        self._command = command
        self._folder = folder
        self._started = datetime.now(UTC)
        self._digests = Digests()
        self._before = None if fresh else _earlier_run(out)
        self._tables = {
            table.key: Earlier(derived_file(out, name), table.sha256)
            for name, table in (self._before.derived if self._before else {}).items()
            if table.key
        }
        self._engine: RecordedEngine | None = None

    def engine(self, engine: Engine) -> RecordedEngine:
        """Put an engine on record."""
        self._engine = RecordedEngine(engine, self._digests, self._tables, self._folder / DERIVED)
        return self._engine

    def notice(self, study: Path) -> None:
        """Keep in mind what the files of a study folder are like, before the study is read."""
        self._digests.notice(study)

    def expect(self, sources: Sequence[Source]) -> None:
        """Begin to read what a run reads beside the tables of its engine."""
        for source in sources:
            for path in source.paths:
                self._digests.ask(path)

    def finish(self, content: Content) -> Run:
        """Write the record of the run into its output.

        Raises
        ------
        StudyError
            A file was changed while the run read it.
        """
        assert self._engine  # noqa: S101  # a run has one
        facts = self._engine.facts
        inputs = [_input(source, self._digests) for source in content.sources]
        if changed := self._digests.changed():
            raise StudyError(self._said(changed[0]), "Run the command again.")
        defined = definitions(content.protocol)
        scales = [ScaleUsed(id=name, sha256=digest, own=own) for name, digest, own in content.scales]
        derived = {one.path.stem: _derived(one) for one in self._engine.written}
        steps = self.step.taken()
        run = Run(
            command=self._command,
            title=content.protocol.study.title,
            started=self._started,
            software=software(facts.name),
            engine=EngineUsed(name=facts.name, version=facts.version, settings=facts.settings),
            protocol=ProtocolUsed(
                sha256=meaning(defined, [(one.id, one.sha256) for one in scales if one.own]), definitions=defined
            ),
            scales=scales,
            inputs=inputs,
            tables={name: RowsUsed(read=read_, used=used) for name, (read_, used) in content.rows.items()},
            findings=dict(content.findings),
            derived=derived,
            steps=[
                Step(name=one.name, seconds=round(one.seconds, 3), peak_memory_bytes=one.peak_memory_bytes)
                for one in steps
            ],
            seconds=round((datetime.now(UTC) - self._started).total_seconds(), 3),
            peak_memory_bytes=max((one.peak_memory_bytes for one in steps), default=0),
        )
        run.write(self._folder)
        return run

    def _said(self, changed: Path) -> str:
        if changed in {earlier.path.absolute() for earlier in self._tables.values()}:
            return (
                f"{changed.name} of the earlier output was replaced meanwhile: another run writes to the same folder."
            )
        return f"{changed.name} was changed while the study was read."

    def reuse(self, run: Run) -> str:
        """Say in a line what was taken over from an earlier output; empty where there was none."""
        if not self._before:
            return ""
        reused = [name for name, table in run.derived.items() if table.reused]
        computed = [name for name, table in run.derived.items() if not table.reused]
        unknown = [name for name in computed if run.derived[name].key is None]
        line = f"Reused: {', '.join(reused) or 'nothing'}; computed: {', '.join(computed) or 'nothing'}."
        if unknown:
            line += " What a database holds has no digest, so that no table made of it is reused."
        return line

    def close(self) -> None:
        """Stop what still runs beside."""
        self._digests.close()


@contextmanager
def recorded(
    command: Command, out: Path, folder: Path, show: Callable[[str], None], *, fresh: bool = False
) -> Iterator[Recorder]:
    """Give the recorder of a run; parameters as for `Recorder`."""
    recorder = Recorder(command, out, folder, show, fresh=fresh)
    try:
        yield recorder
    finally:
        recorder.close()


def _earlier_run(out: Path) -> Run | None:
    try:
        return read(out)
    except (IcansError, OSError):
        return None


def _input(source: Source, digests: Digests) -> Input:
    held = [(path.name, digests.ask(path).result()) for path in source.paths]
    whole = held[0][1] if len(held) == 1 else of_several(held) if held else None
    return Input(
        name=shown_place(source.name),
        tables=sorted(source.tables),
        bytes=whole.size if whole else None,
        sha256=whole.sha256 if whole else None,
    )


def _derived(written: Written) -> DerivedTable:
    held: FileDigest = written.content.result()
    return DerivedTable(
        rows=_rows(written.path), bytes=held.size, sha256=held.sha256, key=written.key, reused=written.reused
    )


def _rows(path: Path) -> int:
    import pyarrow.parquet as pq  # noqa: PLC0415  # start-up counts

    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    return sum(int(pq.read_metadata(file).num_rows) for file in files)
