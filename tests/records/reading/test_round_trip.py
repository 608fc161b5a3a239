"""The same records give the same canonical tables wherever they lie."""

import csv
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from types import SimpleNamespace

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from icans.protocol import Protocol
from icans.records.reading import read_records
from icans.records.schema import TABLES

FIRST = datetime(2024, 3, 1)  # noqa: DTZ001  # times without an offset are what is read here
PATIENTS = ("P01", "Ü 2", "3", "x;y,z")
KINDS = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}


def values(column):
    """Values of a column, as a careful data manager would store them."""
    match column.kind:
        case "category":
            return st.sampled_from(column.allowed)
        case "categories":
            return st.sampled_from(column.allowed) | st.just(";".join(column.allowed[:2]))
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(int(column.least), int(column.most))
        case "number":
            least, most = (-1e6, 1e6) if column.least is None else (column.least, min(column.most, 1e6))
            return st.integers(int(least * 8), int(most * 8)).map(lambda eighths: eighths / 8)
        case _:
            return st.sampled_from(
                ["dexamethasone", "IL-6", 'say "ah"', "a, b; c", "Müller", "=1+1", "line\nbreak", "007"]
            )


def moments(*, relative):
    quarters = st.integers(-400, 4000)
    return quarters.map(lambda some: some / 4 if relative else FIRST + timedelta(hours=some / 4))


@st.composite
def studies(draw):
    """A study of a few patients: tables of typed values, missing ones included."""
    relative = draw(st.booleans())
    patients = draw(st.lists(st.sampled_from(PATIENTS), min_size=1, unique=True))
    study = {"patients": [{"patient_id": patient} for patient in patients], "infusions": []}
    for patient in patients:
        times = sorted(draw(st.lists(moments(relative=relative), min_size=1, max_size=3, unique=True)))
        study["infusions"] += [{"patient_id": patient, "infused_at": time} for time in times]
    for name in ("neuro", "labs", "crs", "treatments", "events"):
        count = draw(st.integers(1 if name == "neuro" else 0, 4))
        keys = {"patient_id": st.sampled_from(patients), "time": moments(relative=relative)}
        study[name] = [{key: draw(value) for key, value in keys.items()} for _ in range(count)]
    for name, rows in study.items():
        for column in TABLES[name].columns:
            for row in rows:
                if column.name not in row:
                    value = values(column)
                    row[column.name] = draw(value if column.required else st.none() | value)
    return SimpleNamespace(relative=relative, tables={name: rows for name, rows in study.items() if rows})


def arrow(name, rows, *, relative):
    time = pa.float64() if relative else pa.timestamp("us")
    kinds = {
        column.name: time if column.kind == "time" else KINDS.get(column.kind, pa.string())
        for column in TABLES[name].columns
    }
    return pa.table({column: pa.array([row[column] for row in rows], kind) for column, kind in kinds.items()})


def text(value):
    return "" if value is None else value.isoformat() if isinstance(value, datetime) else str(value)


def as_csv(folder, study):
    for name, rows in study.tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerows([list(rows[0]), *([text(value) for value in row.values()] for row in rows)])
    return ""


def as_parquet(folder, study):
    for name, rows in study.tables.items():
        pq.write_table(arrow(name, rows, relative=study.relative), folder / f"{name}.parquet")
    return ""


def as_workbook(folder, study):
    book = openpyxl.Workbook()
    for name, rows in study.tables.items():
        sheet = book.create_sheet(name)
        sheet.append(list(rows[0]))
        for number, row in enumerate(rows, start=2):
            for place, value in enumerate(row.values(), start=1):
                cell = sheet.cell(number, place, value)
                cell.data_type = "s" if isinstance(value, str) else cell.data_type
    book.save(folder / "records.xlsx")
    return ""


def as_sqlite(folder, study):
    with closing(sqlite3.connect(folder / "records.db")) as connection:
        for name, rows in study.tables.items():
            columns = ", ".join(f'"{column}"' for column in rows[0])
            connection.execute(f"CREATE TABLE {name} ({columns})")
            places = ", ".join("?" for _ in rows[0])
            stored = [[text(v) if isinstance(v, datetime) else v for v in row.values()] for row in rows]
            connection.executemany(f"INSERT INTO {name} VALUES ({places})", stored)
        connection.commit()
    return "sqlite:///records.db"


def as_duckdb(folder, study):
    with closing(duckdb.connect(folder / "records.duckdb")) as connection:
        for name, rows in study.tables.items():
            connection.register("given", arrow(name, rows, relative=study.relative))
            connection.execute(f"CREATE TABLE {name} AS FROM given")
    return "records.duckdb"


def canonical(folder, source, study, engine):
    unit = "hours" if study.relative else "dates"
    protocol = Protocol.model_validate({"study": {"title": "T"}, "records": {"time": unit, "source": source}})
    records = read_records(folder, protocol, engine)
    assert [str(finding) for finding in records.findings if finding.severity != "note"] == []
    found = {}
    for name in study.tables:
        table = getattr(records, name)
        columns = [column for column in table.columns if column != "row"]
        rows = engine.rows(table.select(columns))
        found[name] = sorted((tuple(row.items()) for row in rows), key=repr)
    return found


@settings(max_examples=4, deadline=None, phases=[Phase.reuse, Phase.generate], suppress_health_check=list(HealthCheck))
@given(study=studies())
def test_every_kind_of_source_gives_the_same_tables(study, tmp_path_factory, engine):
    found = []
    for write in (as_csv, as_parquet, as_workbook, as_sqlite, as_duckdb):
        folder = tmp_path_factory.mktemp("study")
        found.append(canonical(folder, write(folder, study), study, engine))
    for other in found[1:]:
        assert other == found[0]
    for name, rows in study.tables.items():
        assert len(found[0][name]) == len(rows)
