"""Cohorts on which engines are likely to disagree, made from seeds; real records read where they lie."""

import csv
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.conftest import CART80, write_cart80

from icans.packaged import folder as packaged_folder
from icans.simulate import simulate as simulated_study

Rows = list[dict[str, Any]]
Tables = dict[str, Rows]

NASTY = (
    "it's",
    'a "quoted" word',
    "Müller-Lüdenscheidt, ß",
    "  blanks  ",
    "日本 🧠",
    "comma, semicolon; tab\tend",
    "x" * 3000,
)
"""Texts that a statement or a file of text can break on."""
DEVICES = ("none", "nasal_cannula", "high_flow", "cpap", None)
ANSWERS = ("yes", "no", None)


def bedside(random: Random, patients: int, *, infusions: int = 2, child: float = 0.2, hours: float = 1.0) -> Tables:
    """Make records in hours from the first infusion, with ties, repeats, gaps and the signs of every domain.

    Parameters
    ----------
    random
        Where chance comes from.
    patients
        How many.
    infusions
        Most infusions of a patient.
    child
        Share of patients under 12.
    hours
        Times are multiples of it, so that many coincide.
    """
    found: Tables = {n: [] for n in ("patients", "infusions", "neuro", "crs", "treatments", "labs", "events")}
    for number in range(patients):
        name = f"P{number:03d}"
        young = random.random() < child
        patient = {
            "patient_id": name,
            "age_years": random.choice([0.5, 3, 11.99]) if young else random.choice([12, 18, 64.5, None]),
            "sex": random.choice(["female", "male", None]),
            "diagnosis": random.choice([*NASTY, None]),
            "prior_lines": random.choice([0, 1, 2, 50, None]),
            "marrow_blast_pct": random.choice([0.0, 0.1, 33.3, 100.0, None]),
            "developmental_delay": random.choice([True, False, False, None]),
            "site, or 'ward'": random.choice(NASTY[:4]),
        }
        found["patients"].append(patient)
        starts = [0.0, *(random.choice([240.0, 336.0, 700.25]) for _ in range(random.randrange(infusions)))]
        for start in sorted(set(starts)):
            dose = random.choice([1e6, 2.5e6, 1e12, None])
            found["infusions"].append(
                {
                    "patient_id": name,
                    "infused_at": start,
                    "product": random.choice(["A", "b", "Ä"]),
                    "dose_cells_per_kg": dose,
                }
            )
            _course(random, found, name, start, young=young, step=hours)
    return found


def _course(random: Random, found: Tables, name: str, start: float, *, young: bool, step: float) -> None:
    severity = random.choice([0, 1, 2, 3, 4])
    moment = start - random.choice([0.0, 5.0, 24.0])
    for _ in range(random.randrange(4, 16)):
        moment += step * random.choice([0, 1, 3, 6, 12, 24, 73])
        sick = random.random() * severity
        row: dict[str, Any] = {"patient_id": name, "time": moment}
        if young:
            row["capd"] = None if random.random() < 0.2 else min(32, round(sick * 8))
        elif random.random() < 0.8:
            row["ice"] = max(0, 10 - round(sick * 3.4))
        row["consciousness"] = random.choice(["awake", "awake", "voice", "unarousable" if sick > 3 else "awake", None])
        row["seizure"] = random.choice(["none", "none", None, "resolves_rapidly" if sick > 2 else "none"])
        row["motor"] = random.choice(["none", None, "deep_focal_weakness" if sick > 3 else "none"])
        row["icp_edema"] = random.choice(["none", None])
        row["other_cause"] = random.choice([None, None, None, "motor", "seizure;ice"])
        row["icans_grade"] = random.choice([None, min(4, round(sick))])
        found["neuro"].append(row)
        if random.random() < 0.1:
            found["neuro"].append(dict(row))
        cool = random.random() < 0.5
        crs = {"patient_id": name, "time": moment, "temperature_c": random.choice([36.5, 37.95, 38.0, 41.2, None])}
        crs["hypotension"] = random.choice(["none", None, "none" if cool else "vasopressor"])
        crs["vasopressors"] = random.choice([None, 0, 1, 2]) if crs["hypotension"] == "vasopressor" else None
        crs["oxygen"] = random.choice(DEVICES)
        crs["oxygen_flow_l_min"] = random.choice([None, 2.0, 6.0, 6.01])
        crs["fever_other_cause"] = random.choice([True, False, None])
        crs["crs_grade"] = random.choice([None, 0, 1, 2, 3])
        found["crs"].append(crs)
        if sick > 1.2:
            _doses(random, found["treatments"], name, moment)
    for analyte, unit in (("IL-6", "pg/mL"), ("il-6 ", "pg/mL"), ("ferritin", "ng/mL"), ("CRP", None)):
        for away in (-30.0, -1.0, 0.0, 20.0, 20.0, 70.0):
            value = random.choice([0.0, 1e-9, 12.5, 1e9, 3.0000000000001])
            limit = random.choice([None, None, "<", ">"])
            row = {
                "patient_id": name,
                "time": moment + away,
                "specimen": random.choice(["csf", "serum"]),
                "analyte": analyte,
            }
            found["labs"].append({**row, "value": value, "unit": unit, "limit": limit})
    last = moment + random.choice([0.0, 24.0, 2000.0])
    for event in random.sample(["death", "relapse", "progression", "last_contact", "death_due_to_icans"], 2):
        found["events"].append({"patient_id": name, "time": last, "event": event})


def _doses(random: Random, treatments: Rows, name: str, moment: float) -> None:
    for _ in range(random.randrange(1, 4)):
        drug, route = random.choice(
            [
                ("dexamethasone", "intravenous"),
                (" Dexamethasone ", "Intrathecal"),
                ("methotrexate", "intrathecal"),
                ("METHYLPREDNISOLONE", "oral"),
                ("prednisone acetate", None),
                ("steroids", ""),
                ("tocilizumab", "intravenous"),
            ]
        )
        away = random.choice([0.0, 0.0, 1.0, 25.0])
        dose, unit = random.choice([(10.0, "mg"), (0.1, "g"), (1e9, "mg"), (None, None), (0.0, "mg"), (40.0, "IU")])
        treatments.append(
            {"patient_id": name, "time": moment + away, "drug": drug, "dose": dose, "dose_unit": unit, "route": route}
        )


SPRING = datetime(2024, 3, 30, 22, 30, tzinfo=UTC)
"""Hours before clocks in Europe go forward."""


def written(tables: Tables, form: Callable[[float], Any]) -> Tables:
    """Give the same records with every time written in a form."""
    times = ("time", "infused_at")
    return {
        name: [{key: form(value) if key in times else value for key, value in row.items()} for row in rows]
        for name, rows in tables.items()
    }


def on_the_wall(hour: float) -> str:
    """Write a time as a clock in Berlin shows it, without offset; on the hour of midnight only the date."""
    moment = SPRING + timedelta(hours=hour)
    local = moment + timedelta(hours=2 if moment >= datetime(2024, 3, 31, 1, tzinfo=UTC) else 1)
    return f"{local:%Y-%m-%d}" if (local.hour, local.minute) == (0, 0) else f"{local:%Y-%m-%dT%H:%M}"


def with_offset(hour: float) -> str:
    """Write a time with the offset of Berlin's clocks, or in UTC, or in that of New York."""
    moment = SPRING + timedelta(hours=hour)
    zone = (timezone(timedelta(hours=2)), UTC, timezone(timedelta(hours=-4)))[int(hour) % 3]
    return moment.astimezone(zone).isoformat()


def write_csv(folder: Path, tables: Tables) -> None:
    for name, rows in tables.items():
        header = list(dict.fromkeys(key for row in rows for key in row)) or ["patient_id"]
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(header)
            writer.writerows([[_cell(row.get(key)) for key in header] for row in rows])


def write_parquet(folder: Path, tables: Tables, types: dict[str, pa.DataType] | None = None) -> None:
    for name, rows in tables.items():
        header = list(dict.fromkeys(key for row in rows for key in row))
        columns = {key: pa.array([row.get(key) for row in rows], (types or {}).get(key)) for key in header}
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")


def write_workbook(folder: Path, tables: Tables) -> None:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in tables.items():
        sheet = workbook.create_sheet(name)
        header = list(dict.fromkeys(key for row in rows for key in row))
        sheet.append(header)
        for row in rows:
            sheet.append([row.get(key) for key in header])
    workbook.save(folder / "records.xlsx")


def _cell(value: Any) -> str:
    return "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)


def packaged(folder: Path) -> None:
    """The packaged study: CSV, dates and times without offset."""
    with packaged_folder() as study:
        shutil.copytree(study, folder, dirs_exist_ok=True)


def cart80(folder: Path) -> None:
    """Eighty real patients: days, recorded grades only, with the faults of their file."""
    if not CART80.is_file():
        pytest.skip("the file of the 80 patients (daily_grades.xlsx) is not beside this checkout")
    write_cart80(folder)


def wards(folder: Path) -> None:
    """Text: clocks that change, dates among times, several infusions, repeats, and rows that cannot be used."""
    tables = written(bedside(Random(11), 40, hours=0.5), on_the_wall)
    neuro, patients = tables["neuro"], tables["patients"]
    neuro += [
        {"patient_id": "P0O1", "time": "2024-04-01", "ice": 9},
        {"patient_id": " P001 ", "time": "2024-04-01T24:00", "ice": "7"},
        {"patient_id": "P002", "time": "31.3.2024", "ice": 9},
        {"patient_id": "P003", "time": "2024-04-02", "ice": 11},
        {"patient_id": "P004", "time": "2124-04-02", "ice": 9},
        {"patient_id": "P005", "time": "2024-04-02", "consciousness": "drowsy"},
        {"patient_id": "", "time": "2024-04-02", "ice": 9},
    ]
    patients += [dict(patients[0]), {**patients[1], "age_years": 77}, {"patient_id": "never infused"}]
    tables["infusions"].append(dict(tables["infusions"][0]))
    write_csv(folder, tables)
    (folder / "study.toml").write_text(
        """
[study]
title = "Wards that write dates and times as their clocks show them"
[survival]
cutoff = 2024-06-30
origin = "onset"
[remission]
hold_hours = 12
[[compare]]
name = "Early against late"
by = "hours_onset_to_first_course"
at_most = 24
[[biomarkers]]
analyte = "IL-6"
specimen = "serum"
"""
    )


def registry(folder: Path) -> None:
    """Parquet with types: instants, narrow and wide numbers, decimals, no rows at all, numbers at their limits."""
    tables = bedside(Random(12), 60, infusions=3)
    stamps = written(tables, lambda hour: SPRING + timedelta(hours=hour))
    stamps["crs"] = []
    narrow = {
        "time": pa.timestamp("ms", "Europe/Berlin"),
        "infused_at": pa.timestamp("us", "UTC"),
        "ice": pa.int8(),
        "capd": pa.float32(),
        "age_years": pa.decimal128(5, 2),
        "prior_lines": pa.uint16(),
        "marrow_blast_pct": pa.float32(),
        "sex": pa.dictionary(pa.int8(), pa.string()),
        "value": pa.float64(),
    }
    patients = [
        {
            **row,
            "age_years": row["age_years"] and round(row["age_years"], 2),
            "cns_involvement": None,
            "x" * 150: number % 3,
            "x" * 149 + "y": -number,
        }
        for number, row in enumerate(stamps["patients"])
    ]
    labs = stamps["labs"]
    extreme = [1e300, -1e300, 5e-324, 2.0**53 + 1, float("nan"), float("inf"), -0.0]
    labs += [{**labs[number], "analyte": "extreme", "value": value} for number, value in enumerate(extreme)]
    from decimal import Decimal

    for row in patients:
        row["age_years"] = None if row["age_years"] is None else Decimal(str(row["age_years"]))
    write_parquet(
        folder, {**{k: v for k, v in stamps.items() if k != "crs"}, "patients": patients, "labs": labs}, narrow
    )
    empty = pa.schema([("patient_id", pa.string()), ("time", pa.timestamp("us")), ("crs_grade", pa.int64())])
    pq.write_table(empty.empty_table(), folder / "crs.parquet")
    (folder / "study.toml").write_text('[study]\ntitle = "A registry that keeps instants"\n')


def mixed(folder: Path) -> None:
    """Parquet with texts for times, some with an offset; identifiers that are numbers; booleans; dates as dates."""
    tables = bedside(Random(13), 30, infusions=2)
    number = {row["patient_id"]: 7_000_000_000 + place for place, row in enumerate(tables["patients"])}
    for rows in tables.values():
        for row in rows:
            row["patient_id"] = number[row["patient_id"]]
    found = written(tables, with_offset)
    found["events"] = written({"e": tables["events"]}, lambda hour: (SPRING + timedelta(hours=hour)).date())["e"]
    found["treatments"] = written({"t": tables["treatments"]}, on_the_wall)["t"]
    write_parquet(folder, found)
    (folder / "study.toml").write_text('[study]\ntitle = "Some times with an offset, some without"\n')


def children(folder: Path) -> None:
    """A workbook in days: CAPD under 12, ties, alternatives and a target trial."""
    tables = bedside(Random(14), 50, infusions=1, child=0.7, hours=6)
    del tables["infusions"]
    write_workbook(folder, written(tables, lambda hour: hour / 24))
    (folder / "study.toml").write_text(
        """
[study]
title = "Children, from one workbook"
[records]
time = "days"
[grading]
unrecorded = "unknown"
[population]
severe_grade = 2
refractory_hours = 12
[alternatives.episodes]
quiet_hours = [24, 72]
[alternatives.remission]
hold_hours = [0, 24]
[target_trial]
samples = 50
"""
    )


def sparse(folder: Path) -> None:
    """The least a study can have: recorded grades, hours, one patient without any row."""
    grades = [("A", 1.0, 0), ("A", 1.0, 2), ("B", 0.0, 5), ("B", -3.5, 1), ("A", 9000.0, 0), ("A", 2.0, None)]
    neuro = [{"patient_id": name, "time": hour, "icans_grade": grade} for name, hour, grade in grades]
    write_csv(folder, {"patients": [{"patient_id": name} for name in "ABC"], "neuro": neuro, "events": []})
    (folder / "study.toml").write_text('[study]\ntitle = "Recorded grades only"\n[records]\ntime = "hours"\n')


def damaged(folder: Path) -> None:
    """A Parquet file with a NUL character in a text, which makes its row unusable."""
    signs = ["awake", "voice\0", None]
    neuro = [{"patient_id": "A", "time": 24.0 * day, "ice": 9, "consciousness": sign} for day, sign in enumerate(signs)]
    write_parquet(folder, {"patients": [{"patient_id": "A"}], "neuro": neuro})
    (folder / "study.toml").write_text('[study]\ntitle = "Damaged"\n[records]\ntime = "hours"\n')


def simulated(folder: Path) -> None:
    """A simulated cohort."""
    shutil.rmtree(folder)
    simulated_study(folder_made(folder), patients=120, seed=3, step=lambda _step: None)


def folder_made(folder: Path) -> Path:
    folder.mkdir()
    return folder


COHORTS: dict[str, Callable[[Path], None]] = {
    made.__name__: made for made in (packaged, cart80, wards, registry, mixed, children, sparse, damaged, simulated)
}
