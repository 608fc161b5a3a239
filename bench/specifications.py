"""The cost of many specifications in multiples of one: `icans sensitivity` inside one process."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.processes import icans, run

if TYPE_CHECKING:
    from icans.results.specified import Specified
    from icans.study import Study

MANY = """
[alternatives.episodes]
quiet_hours = [24, 72, 168]
onset_grade = [1, 2]

[alternatives.remission]
baseline = ["first_course", "peak"]
hold_hours = [0, 24, 48]

[alternatives.remission.rules]
"grade 0" = [{ baseline = [1, 2, 3, 4], grade = 0 }]
"from grade 2 to grade 1" = [{ baseline = [2, 3, 4], grade = 1 }]
"""
"""108 specifications: every stage varies, from episodes to remission."""

GRADED = """
[alternatives.grading]
unrecorded = ["unknown"]
"""
"""Twice as many: the grades vary too."""


@dataclass(frozen=True)
class Multiplied:
    """Specifications of one study, and the seconds they take.

    Parameters
    ----------
    patients
        Patients of the study.
    seconds
        Seconds to derive and count the specifications, by how many there are; the records are read beforehand.
    plain
        Seconds of the ordinary derivation of one specification as far as its endpoints.
    """

    patients: int
    seconds: dict[int, float]
    plain: float


def multiplied(study: Path, scratch: Path, repeats: int, patients: int = 0) -> Multiplied:
    """Measure one specification, 108 and 216 of a study, in turn; and of as many simulated patients where asked."""
    if patients:
        study = scratch / "some"
        run(icans("simulate", "--patients", str(patients), "--seed", "1", "--out", str(study)))
    folders = []
    for number, text in enumerate(("", MANY, MANY + GRADED)):
        folder = Path(shutil.copytree(study, scratch / f"varied{patients}_{number}"))
        with (folder / "study.toml").open("a", encoding="utf-8") as file:
            file.write(text)
        folders.append(folder)
    seconds_of(folders[0])  # what is imported and compiled once counts for none of them
    rounds = []
    for _ in range(repeats):
        for folder in folders:
            shutil.rmtree(folder / "derived", ignore_errors=True)
        rounds.append([seconds_of(folder) for folder in folders])
    seconds = {column[0][0]: median(one[1] for one in column) for column in zip(*rounds, strict=True)}
    return Multiplied(rounds[0][0][2], seconds, median(row[0][3] for row in rounds))


def seconds_of(folder: Path) -> tuple[int, float, int, float]:
    """Give how many specifications a study has, the seconds they take, its patients, and the seconds of a plain run."""
    from icans.engines import connect
    from icans.results.sensitivity import sensitivity
    from icans.study import Study

    engine = connect()
    study = Study.read(folder, engine)
    patients = engine.rows(study.records.patients.agg(n=study.records.patients.count()))[0]["n"]
    plain = seconds_to_endpoints(study, folder / "derived")
    start = time.perf_counter()
    found = study.specified(lambda _step: None) if study.protocol.alternatives else alone(study)
    sensitivity(found)
    seconds = time.perf_counter() - start
    engine.close()
    return len(found.outcomes), seconds, int(patients), plain


def alone(study: Study) -> Specified:
    """Derive and count the study's own specification by the way that the others take."""
    from icans.results.specified import specified
    from icans.specifications.combining import combined
    from icans.specifications.outcomes import grading, outcomes

    protocol, records = study.protocol, study.records
    key = grading(protocol)
    found = outcomes(
        records, records.neuro, {0: protocol}, {key: study.scales["icans"]}, study.engine, step=lambda _step: None
    )
    return specified((), combined(protocol, ()), found, study.engine, lacking={key: ""}, standard=False)


def seconds_to_endpoints(study: Study, folder: Path) -> float:
    """Give the seconds in which a study is derived as far as its endpoints, as `icans derive` does."""
    times: dict[str, float] = {}
    study.derive(folder, lambda name: times.setdefault(name, time.perf_counter()))
    return times["survival"] - times["grades"]
