"""A small study that is derived, changed and derived again."""

from dataclasses import dataclass
from pathlib import Path
from shutil import copytree

import pyarrow.parquet as pq
import pytest

from icans.commands.opened import opened
from icans.output import whole_folder
from icans.runs.record import Run
from icans.runs.recorder import recorded
from icans.study_record import content_of, reading_findings, sources

PROTOCOL = '[study]\ntitle = "Two patients"\n\n[records]\ntime = "hours"\n'
TABLES = {
    "patients": "patient_id,age_years\nA,61\nB,40\n",
    "neuro": "patient_id,time,ice\nA,24,8\nA,48,2\nA,96,10\nB,30,7\nB,60,10\n",
    "treatments": "patient_id,time,drug,dose,dose_unit,route\nA,50,dexamethasone,10,mg,intrathecal\n",
    "labs": "patient_id,time,specimen,analyte,value,unit\nA,40,csf,IL-6,100,pg/mL\nA,90,csf,IL-6,10,pg/mL\n",
    "events": "patient_id,time,event\nA,2000,last_contact\nB,900,death\n",
}
DERIVED = ["grades", "episodes", "courses", "steroids", "endpoints", "survival", "biomarkers"]


def write_study(folder: Path) -> Path:
    folder.mkdir()
    (folder / "study.toml").write_text(PROTOCOL)
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def derive(study: Path, out: Path, engine: str = "duckdb", *, fresh: bool = False) -> Run:
    """Derive a study as the command does, and give the record."""
    with (
        whole_folder(out) as unfinished,
        recorded("derive", out, unfinished, lambda _step: None, fresh=fresh) as recorder,
        opened(study, engine, on_record=recorder.engine) as read,
    ):
        recorder.expect(sources(read))
        read.derive(unfinished / "derived", recorder.step)
        return recorder.finish(content_of(read, reading_findings(read)))


def change(file: Path, old: str, new: str) -> None:
    """Change a text that stands once in a file."""
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def reused(run: Run) -> list[str]:
    """Name the tables that were taken over."""
    return [name for name, table in run.derived.items() if table.reused]


@dataclass(frozen=True)
class Story:
    """A study derived into one folder three times, what changed in between, and the output as it was at first."""

    study: Path
    out: Path
    at_first: Path
    first: Run
    after_a_record: Run
    after_a_definition: Run


@pytest.fixture(scope="session")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    place = tmp_path_factory.mktemp("runs")
    study, out = write_study(place / "study"), place / "out"
    first = derive(study, out)
    copytree(out, place / "at first")
    change(study / "labs.csv", "A,90,csf,IL-6,10", "A,90,csf,IL-6,11")
    after_a_record = derive(study, out)
    change(study / "study.toml", PROTOCOL, f"{PROTOCOL}[episodes]\nquiet_hours = 20\n")
    touched = out / "derived" / "steroids.parquet"
    pq.write_table(pq.read_table(touched).slice(0), touched, compression="zstd")
    return Story(study, out, place / "at first", first, after_a_record, derive(study, out))
