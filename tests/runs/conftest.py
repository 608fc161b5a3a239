"""Small studies to run twice."""

from collections.abc import Callable
from pathlib import Path

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

Derive = Callable[..., Run]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "study.toml").write_text(PROTOCOL)
    for name, text in TABLES.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


@pytest.fixture
def derive(study: Path, tmp_path: Path) -> Derive:
    """Derive the study as the command does, and give the record."""

    def run(engine: str = "duckdb", *, fresh: bool = False, out: str = "out") -> Run:
        place = tmp_path / out
        with (
            whole_folder(place) as unfinished,
            recorded("derive", place, unfinished, lambda _step: None, fresh=fresh) as recorder,
            opened(study, engine, on_record=recorder.engine) as read,
        ):
            recorder.expect(sources(read))
            read.derive(unfinished / "derived", recorder.step)
            return recorder.finish(content_of(read, reading_findings(read)))

    return run


def change(file: Path, old: str, new: str) -> None:
    """Change a text that stands once in a file."""
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def reused(run: Run) -> list[str]:
    """Name the tables that were taken over."""
    return [name for name, table in run.derived.items() if table.reused]
