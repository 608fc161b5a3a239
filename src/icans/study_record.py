"""What the record of a run says of its study: its definitions, scales, sources, rows and findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from icans import protocol as protocols
from icans.errors import IcansError
from icans.output import MARK
from icans.records.files import WORKBOOKS, source_path
from icans.records.findings import SEVERITIES
from icans.records.places import TABLE_FILES
from icans.runs.recorder import Content, Source
from icans.scales.catalogue import own_files

if TYPE_CHECKING:
    from icans.results.rows import Result
    from icans.study import Study

REFERENCE = (*TABLE_FILES, *WORKBOOKS, ".toml")
"""Files of a reference cohort's folder that can be read."""


def content_of(study: Study, findings: Mapping[str, int]) -> Content:
    """Give what a run on a study rests on.

    Parameters
    ----------
    study
        The study.
    findings
        Findings by severity.
    """
    scales = {scale.id: scale for scale in (*study.every_scale, *study.varied)}
    return Content(
        study.protocol,
        [(scale.id, scale.digest, scale.own) for scale in scales.values()],
        sources(study),
        {name: (count.read, count.used) for name, count in study.records.rows.items()},
        findings,
    )


def sources(study: Study) -> list[Source]:
    """Give what a study is read from: study.toml, scales of its own, its tables, and its reference cohort."""
    own = own_files(study.folder)
    used = {scale.id for scale in (*study.every_scale, *study.varied) if scale.own}
    files = [study.folder / "study.toml", *(file for name, file in own.items() if name in used)]
    claims = study.folder / "claims.toml"  # held against every specification
    files += [claims] if study.protocol.alternatives and claims.is_file() else []
    return [*(Source(_name(file, study), (file,)) for file in files), *_tables(study), *_reference(study)]


def reading_findings(study: Study) -> dict[str, int]:
    """Count the findings of reading by severity."""
    found = Counter[str](finding.severity for finding in study.records.findings)
    return {severity: found[severity] for severity in SEVERITIES}


def all_findings(results: list[Result]) -> dict[str, int]:
    """Give the count of all findings by severity, as the results have it."""
    return {
        row.statistic: int(row.value or 0) for row in results if (row.analysis, row.variable) == ("data", "findings")
    }


def _tables(study: Study) -> list[Source]:
    tables: dict[tuple[Path, ...], list[str]] = {}
    for table in dict.fromkeys([*study.records.rows, *study.records.paths]):
        paths = study.records.paths.get(table, ())
        if paths or table in study.records.rows:
            tables.setdefault(paths, []).append(table)
    found = []
    for paths, held in tables.items():
        several = study.records.files.get(held[0], held[0])
        name = study.protocol.records.source if not paths else _name(paths[0], study) if len(paths) == 1 else several
        found.append(Source(name, paths, tuple(held)))
    return found


def _reference(study: Study) -> list[Source]:
    asked = study.protocol.natural_history
    if not asked:
        return []
    place = study.folder / asked.reference
    if place.is_file():
        return [Source(asked.reference, (place,))]
    records: Path | None = place
    with suppress(IcansError):  # the analysis says what is wrong with it
        records = source_path(place, protocols.read(place).records.source)
    if records is None:
        return [Source(asked.reference, ())]
    outputs = {mark.parent for root in {place, records} for mark in root.rglob(MARK)}
    files = {path for root in {place, records} for path in root.rglob("*") if path.suffix.lower() in REFERENCE}
    files = {path for path in files if not outputs.intersection(path.parents)}
    return [Source(asked.reference, tuple(sorted(files | {records} if records.is_file() else files)))]


def _name(path: Path, study: Study) -> str:
    return path.relative_to(study.folder).as_posix() if path.is_relative_to(study.folder) else path.name
