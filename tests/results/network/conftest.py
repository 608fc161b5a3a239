"""Two simulated sites with a comparison, and recognisable ids, dates and texts planted in the records of one."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icans.engines import connect
from icans.results import store
from icans.simulate import simulate
from icans.study import Study

PLANTED = ("XQIDZ", "Zanzibar", "Pemberton", "Quillfeather", "1987-06-05", "Holloway", "Wexcombe")
"""What must leave no site: ids, a diagnosis of one patient, a surname, a title, a date, a ward, a file."""

STUDY = """\
[study]
title = "Quillfeather study"
question = "Does Holloway matter?"
synthetic = true
[records]
time = "hours"
[[compare]]
name = "CNS disease"
by = "cns_involvement"
population = "infused"
draws = 100
endpoints = ["severe_icans", "os", "peak_grade"]
[[compare]]
name = "Ward"
by = "ward"
population = "infused"
draws = 100
endpoints = ["icans", "os"]
"""


def quiet(_step: str) -> None:
    pass


def planted(folder: Path) -> None:
    """Give the patients of a study recognisable ids, and columns of the study's own."""
    for file in folder.glob("*.parquet"):
        table = pq.read_table(file)
        ids = pa.array([f"XQIDZ-{one}" for one in table["patient_id"].to_pylist()])
        table = table.set_column(table.schema.get_field_index("patient_id"), "patient_id", ids)
        if file.stem == "patients":
            n = table.num_rows
            names = table["diagnosis"].to_pylist()
            names[0], names[1:8] = "Zanzibar fever", ["1987-06-05 trial disease"] * 7
            table = table.set_column(table.schema.get_field_index("diagnosis"), "diagnosis", pa.array(names))
            table = table.append_column("surname", pa.array([f"Pemberton{i % 3}" for i in range(n)]))
            table = table.append_column("enrolled_on", pa.array(["1987-06-05"] * n))
            table = table.append_column("ward", pa.array(["Holloway" if i < 3 else "main" for i in range(n)]))
        pq.write_table(table, file)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")


def reported(folder: Path, out: Path) -> Path:
    """Write the results of a study as `icans report` does, without figures and page."""
    engine = connect()
    try:
        results = Study.read(folder, engine).results(quiet)
    finally:
        engine.close()
    out.mkdir()
    store.write(results, out)
    return out


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Outputs of two sites: south, and Wexcombe with what must not leave it."""
    folder = tmp_path_factory.mktemp("sites")
    made = {}
    for name, patients, seed in (("south", 130, 5), ("Wexcombe", 100, 6)):
        simulate(folder / f"{name}-study", patients=patients, seed=seed)
        if name == "Wexcombe":
            planted(folder / f"{name}-study")
        else:
            text = STUDY.split('[[compare]]\nname = "Ward"', maxsplit=1)[0]
            (folder / f"{name}-study" / "study.toml").write_text(text, encoding="utf-8")
        made[name] = reported(folder / f"{name}-study", folder / name)
    return made


@pytest.fixture(scope="session")
def rows_of():
    return lambda folder: json.loads((folder / "results.json").read_text(encoding="utf-8"))
