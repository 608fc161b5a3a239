"""The workbook of 80 real patients, read where it lies."""

from pathlib import Path

import pytest

from icans.records.reading import read_table
from icans.records.schema import CRS, NEURO

WORKBOOK = Path(__file__).parents[4] / "shared" / "data" / "cart80" / "daily_grades.xlsx"


def test_its_blanks_stay_unobserved_and_its_cells_are_whole_numbers(engine):
    if not WORKBOOK.is_file():
        pytest.skip("the file of the 80 patients (daily_grades.xlsx) is not beside this checkout")
    table, findings = read_table(WORKBOOK, [*NEURO.columns, *CRS.columns], engine)
    rows = engine.rows(table.order_by("row"))
    assert [str(finding) for finding in findings] == []
    assert len(rows) == 1200
    assert [row["row"] for row in rows] == list(range(2, 1202))
    assert {row["icans_grade"] for row in rows} == {None, 0, 1, 2, 3, 4}
    assert rows[8]["crs_grade"] is None
    assert rows[8]["ID"] == "Yes P02"


def test_its_faults_are_noted_and_its_patients_are_80(cart80, engine):
    from icans.protocol import read
    from icans.records.reading import read_records

    records = read_records(cart80, read(cart80), engine)
    assert records.rows["patients"].used == 80
    assert records.rows["neuro"].read == records.rows["neuro"].used == 1200
    assert {finding.severity for finding in records.findings} == {"note"}
    assert (
        'neuro.csv, row 32, column patient_id: "Yes P05 " has blanks around it in rows 32-46, and is read as Yes P05.'
        in [str(finding) for finding in records.findings]
    )
    days = engine.rows(records.neuro.filter(records.neuro.patient_id == "Yes P05").select("hour", "infusion"))
    assert sorted(day["hour"] for day in days) == [24.0 * day for day in range(15)]
    assert {day["infusion"] for day in days} == {1}
