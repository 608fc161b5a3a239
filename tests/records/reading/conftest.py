"""A study folder to write faults into, and what reading says of it."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from icans.engines import connect
from icans.protocol import Protocol
from icans.records.reading import read_records


@pytest.fixture(scope="session")
def engine():
    engine = connect()
    yield engine
    engine.close()


@dataclass
class Folder:
    path: Path
    engine: object
    settings: dict = field(default_factory=lambda: {"time": "hours"})

    def write(self, name, content, encoding="utf-8"):
        """Write a file: text as it stands, or bytes."""
        data = content if isinstance(content, bytes) else content.encode(encoding)
        (self.path / name).write_bytes(data)
        return self

    def read(self, **settings):
        protocol = Protocol.model_validate({"study": {"title": "T"}, "records": {**self.settings, **settings}})
        return Outcome(read_records(self.path, protocol, self.engine), self.engine)


@dataclass
class Outcome:
    records: object
    engine: object

    def rows(self, table, *columns):
        """Give some columns of a canonical table as tuples, in order."""
        found = getattr(self.records, table).select(*columns)
        return sorted((tuple(row.values()) for row in self.engine.rows(found)), key=repr)

    def said(self, *severities):
        """Give the findings in words, advice included."""
        return [str(finding) for finding in self.records.findings if not severities or finding.severity in severities]

    @property
    def errors(self):
        return self.said("error")

    @property
    def warnings(self):
        return self.said("warning")

    @property
    def notes(self):
        return self.said("note")


@pytest.fixture
def folder(tmp_path, engine):
    """A folder with two patients and one grade, times in hours; a test overwrites what it is about."""
    return (
        Folder(tmp_path, engine)
        .write("patients.csv", "patient_id\nP01\nP02\n")
        .write("neuro.csv", "patient_id,time,icans_grade\nP01,24,1\n")
    )
