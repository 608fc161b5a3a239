"""Study folders that several tests run on."""

import csv
from pathlib import Path

import pytest
from hypothesis import settings

# the same examples on every run, however busy the machine
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

CART80 = Path(__file__).parents[2] / "shared" / "data" / "cart80" / "daily_grades.xlsx"

CART80_PROTOCOL = """
[study]
title = "Systemic steroids for severe ICANS in 80 patients after CD19 CAR-T"

[records]
time = "days"

[population]
indications = ["severe"]

[intervention]
name = "systemic corticosteroids"
short = "steroids"
drugs = ["steroids"]
routes = []
together_hours = 24
"""


@pytest.fixture(scope="session")
def cart80(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study folder of 80 real patients, made from their file where it lies, its faults left as they are."""
    if not CART80.is_file():
        pytest.skip("the file of the 80 patients (daily_grades.xlsx) is not beside this checkout")
    folder = tmp_path_factory.mktemp("cart80")
    write_cart80(folder)
    return folder


def write_cart80(folder: Path) -> None:
    import openpyxl

    workbook = openpyxl.load_workbook(CART80)
    header, *rows = workbook.active.iter_rows(max_col=8, values_only=True)
    workbook.close()
    days = [dict(zip(header, row, strict=True)) for row in rows]
    drugs = {"toci": "tocilizumab", "siltux": "siltuximab", "steroids": "steroids", "anakinra": "anakinra"}
    write(folder / "patients.csv", ["patient_id"], [[name] for name in dict.fromkeys(day["ID"] for day in days)])
    for table, grade in (("neuro", "icans_grade"), ("crs", "crs_grade")):
        columns = ["patient_id", "time", grade]
        write(folder / f"{table}.csv", columns, [[day["ID"], day["therapy_day"], day[grade]] for day in days])
    doses = [[day["ID"], day["therapy_day"], name] for day in days for flag, name in drugs.items() if day[flag] == 1]
    write(folder / "treatments.csv", ["patient_id", "time", "drug"], doses)
    (folder / "study.toml").write_text(CART80_PROTOCOL)


def write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
