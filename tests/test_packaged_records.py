"""The packaged study as raw records: reproducible, plainly synthetic, and in agreement with what was published."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from statistics import median

import pytest

from icans import protocol
from icans.packaged import folder
from icans.records.schema import TABLES
from icans.results.claims import read_claims

ROOT = Path(__file__).parent.parent
MAKER = ROOT / "tools" / "make_packaged_study.py"
CUTOFF = datetime(2025, 7, 1)  # noqa: DTZ001  # charts carry local times without a zone

PUBLISHED = {
    *("n", "dx-aml", "dx-all", "dx-mm", "dx-bcl", "dx-bpdcn", "women", "products", "dose", "cns"),
    *("age-median", "age-min", "age-max", "lines-median", "lines-min", "lines-max"),
    *("blasts-median", "blasts-min", "blasts-max", "target-cd19", "target-cll1", "target-cd7", "target-cd123"),
    *("target-bcma", "target-cd19-cd22", "crs-all", "crs-max", "crs-1", "crs-2", "icans-severe", "icans-mild"),
    *("icans-1", "icans-2", "onset-median", "onset-min", "onset-max", "first-idm", "idm-n-median", "idm-n-min"),
    *("idm-n-max", "ttr-median", "ttr-min", "ttr-max", "response", "response-n", "csf-cart", "csf-cart-fall"),
    *("csf-protein", "csf-protein-fall", "csf-il6", "csf-il6-fall", "os", "pfs", "icans-max"),
}


def rows(name: str) -> list[dict[str, str]]:
    with folder() as study, (study / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_patient(name: str) -> dict[str, list[dict[str, str]]]:
    return {patient: list(own) for patient, own in groupby(rows(name), key=lambda row: row["patient_id"])}


def at(row: dict[str, str], column: str = "time") -> datetime:
    return datetime.fromisoformat(row[column])


def numbers(name: str, column: str) -> list[float]:
    return [float(row[column]) for row in rows(name) if row[column]]


def median_months(ends: tuple[str, ...]) -> float:
    """Kaplan-Meier median by hand: months at which half of the patients have had the event."""
    times = []
    for infusion in rows("infusions"):
        own = [row for row in rows("events") if row["patient_id"] == infusion["patient_id"]]
        happened = [at(row) for row in own if row["event"] in ends and at(row) < CUTOFF]
        seen = [min(at(row), CUTOFF) for row in own]
        end = min(happened) if happened else max(seen)
        times.append(((end - at(infusion, "infused_at")).total_seconds() / 86400 / 30.4375, bool(happened)))
    surviving = 1.0
    for place, (month, event) in enumerate(sorted(times)):
        if event:
            surviving *= 1 - 1 / (len(times) - place)
        if surviving <= 0.5:
            return month
    raise AssertionError("the median was not reached")


def test_the_maker_gives_the_packaged_files_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(MAKER), str(tmp_path)], check=True)
    with folder() as study:
        for name in TABLES:
            assert (tmp_path / f"{name}.csv").read_bytes() == (study / f"{name}.csv").read_bytes(), name


def test_the_study_says_that_it_is_synthetic_and_when_its_data_end() -> None:
    with folder() as study:
        definitions = protocol.read(study)
        readme = (study / "README.md").read_text(encoding="utf-8")
    assert definitions.study.synthetic
    assert definitions.survival.cutoff == date(2025, 6, 30)
    assert "**These records are synthetic.**" in readme
    assert "evidence of anything" in readme


def test_all_other_definitions_are_the_defaults() -> None:
    with folder() as study:
        definitions = protocol.read(study)
    defaults = protocol.Protocol(study=definitions.study, survival=protocol.Survival(cutoff=date(2025, 6, 30)))
    assert definitions == defaults


def test_the_claims_hold_every_published_figure_and_its_source() -> None:
    with folder() as study:
        claims = read_claims(study)
    assert {claim.id for claim in claims} == PUBLISHED
    assert {claim.source for claim in claims} == {"paper", "meeting abstract"}
    assert [claim.id for claim in claims if claim.disputed] == ["crs-2"]


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_declared_and_every_category_allowed(name: str) -> None:
    table = rows(name)
    assert set(table[0]) <= set(TABLES[name].names)
    for column in table[0]:
        if allowed := TABLES[name].column(column).allowed:
            assert {row[column] for row in table} - {""} <= set(allowed)


def test_characteristics_are_those_published() -> None:
    patients, infusions = rows("patients"), rows("infusions")
    assert len(patients) == 13
    assert Counter(row["diagnosis"] for row in patients) == {
        "AML": 7,
        "ALL": 3,
        "MM": 1,
        "B-cell lymphoma": 1,
        "BPDCN": 1,
    }
    assert sum(row["sex"] == "female" for row in patients) == 7
    assert sum(row["cns_involvement"] == "yes" for row in patients) == 9
    for column, expected in (("age_years", (39, 11, 65)), ("prior_lines", (7, 1, 16))):
        values = numbers("patients", column)
        assert (median(values), min(values), max(values)) == expected
    blasts = numbers("patients", "marrow_blast_pct")
    assert (median(blasts), min(blasts), max(blasts)) == (33.23, 5.34, 78.50)
    assert Counter(row["target"] for row in infusions) == {
        "CD19": 6,
        "CLL1": 3,
        "CD7": 1,
        "CD123": 1,
        "BCMA": 1,
        "CD19-CD22": 1,
    }
    assert len({row["product"] for row in infusions}) == 6
    assert median(numbers("infusions", "dose_cells_per_kg")) == 2.0e6


def test_median_survival_worked_out_by_hand_is_as_published() -> None:
    assert round(median_months(("death", "death_due_to_icans"))) == 6
    assert round(median_months(("death", "progression", "relapse"))) == 5


def test_something_happened_after_the_cutoff_that_must_not_count() -> None:
    late = [row for row in rows("events") if at(row) >= CUTOFF]
    assert {row["event"] for row in late} >= {"death", "last_contact"}


def test_everyone_got_one_to_three_courses_within_hours_of_the_samples() -> None:
    given = [row for row in rows("treatments") if row["route"] == "intrathecal"]
    courses = Counter(row["patient_id"] for row in given if row["drug"] == "dexamethasone")
    assert courses == Counter(row["patient_id"] for row in given if row["drug"] == "methotrexate")
    assert (len(courses), median(courses.values()), min(courses.values()), max(courses.values())) == (13, 1, 1, 3)


def test_the_child_is_assessed_by_capd_and_nobody_else_is() -> None:
    (child,) = [row["patient_id"] for row in rows("patients") if float(row["age_years"]) < 12]
    for row in rows("neuro"):
        ice = [value for column, value in row.items() if column.startswith("ice")]
        capd = [value for column, value in row.items() if column.startswith("capd")]
        assert not any(ice if row["patient_id"] == child else capd)


def test_every_patient_is_well_before_icans_and_all_but_one_at_the_end() -> None:
    def well(row: dict[str, str]) -> bool:
        total = row["ice"] or sum(
            int(row[f"ice_{item}"])
            for item in ("orientation", "naming", "commands", "writing", "attention")
            if row[f"ice_{item}"]
        )
        return int(total) == 10

    ends = {patient: (well(own[0]), well(own[-1])) for patient, own in by_patient("neuro").items() if patient != "P05"}
    assert all(first for first, _ in ends.values())
    assert [patient for patient, (_, last) in ends.items() if not last] == ["P06"]


def test_gaps_are_those_of_real_charts() -> None:
    neuro = rows("neuro")
    assert sum(row["consciousness"] == "not_assessable" for row in neuro) == 1
    assert sum(row["limit"] == "<" for row in rows("labs")) == 1
    assert all(any(not row[sign] for row in neuro) for sign in ("consciousness", "seizure", "motor", "icp_edema"))
    samples = {
        patient: len({row["time"] for row in own if row["specimen"] == "csf"})
        for patient, own in by_patient("labs").items()
    }
    assert [patient for patient, taken in samples.items() if taken < 2] == ["P11"]
