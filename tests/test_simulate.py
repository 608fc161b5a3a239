"""Simulated cohorts: reproducible, true to their parameters, and written piece by piece."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icans import protocol
from icans.errors import CallError
from icans.records.schema import TABLES
from icans.simulate import BLOCK, Parameters, simulate
from icans.simulate.columns import ROWS, GrowingFile, numbers, words
from icans.simulate.parameters_file import read_parameters

LONG_PEAK = Parameters(rise_hours=6, plateau_hours=2000, treatment_effect=0, recorded_grade=1, os_median_months=1000)


def fingerprints(folder: Path) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


def made(folder: Path, patients: int, seed: int = 9, parameters: Parameters | None = None) -> Path:
    simulate(folder, patients=patients, seed=seed, parameters=parameters)
    return folder


def one(query: str, folder: Path) -> tuple[float, ...]:
    with duckdb.connect() as connection:
        for name in TABLES:
            connection.execute(f"create view {name} as from '{folder / name}.parquet'")
        row = connection.execute(query).fetchone()
    assert row is not None
    return row


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("cohort"), 4000)


@pytest.fixture(scope="module")
def long_peak(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("long_peak"), 4000, parameters=LONG_PEAK)


def test_the_same_seed_gives_the_same_files_with_any_number_of_threads(tmp_path: Path) -> None:
    threads = pa.cpu_count()
    try:
        pa.set_cpu_count(1)
        alone = fingerprints(made(tmp_path / "one", 200))
        pa.set_cpu_count(4)
        assert fingerprints(made(tmp_path / "four", 200)) == alone
    finally:
        pa.set_cpu_count(threads)


def test_a_text_that_stands_twice_is_once_in_the_dictionary() -> None:
    found = words(np.array([3, 0, 1, 2]), ("CD19", "CD19", "BCMA", "CLL1"))
    assert found.to_pylist() == ["CLL1", "CD19", "CD19", "BCMA"]
    assert found.dictionary.to_pylist() == ["CD19", "BCMA", "CLL1"]


def test_each_block_is_announced(tmp_path: Path) -> None:
    steps: list[str] = []
    simulate(tmp_path, patients=BLOCK + 1, seed=1, step=steps.append)
    assert steps == ["0 of 4,097 patients", "4,096 of 4,097 patients"]


def test_another_seed_gives_other_records(tmp_path: Path) -> None:
    one_seed, other = fingerprints(made(tmp_path / "a", 50)), fingerprints(made(tmp_path / "b", 50, seed=8))
    assert all(one_seed[f"{name}.parquet"] != other[f"{name}.parquet"] for name in TABLES)


@pytest.mark.parametrize("name", TABLES)
def test_a_smaller_cohort_is_the_beginning_of_a_larger_one(name: str, tmp_path: Path) -> None:
    small = pq.read_table(made(tmp_path / "small", 100) / f"{name}.parquet")
    large = pq.read_table(made(tmp_path / "large", BLOCK + 10) / f"{name}.parquet")
    assert small.num_rows > 0
    assert large.slice(0, small.num_rows).equals(small)
    assert large["patient_id"][-1].as_py() >= f"S{BLOCK + 1:07d}"


def test_the_folder_is_a_synthetic_study_in_hours_that_names_its_parameters(cohort: Path) -> None:
    definitions = protocol.read(cohort)
    made_from = json.loads((cohort / "simulation.json").read_text())
    assert definitions.study.synthetic
    assert definitions.records.time == "hours"
    assert made_from["patients"] == 4000
    assert made_from["parameters"]["icans_probability"] == Parameters().icans_probability


@pytest.mark.parametrize("name", TABLES)
def test_every_column_is_declared_and_every_category_allowed(name: str, cohort: Path) -> None:
    table = pq.read_table(cohort / f"{name}.parquet")
    for column in table.column_names:
        declared = TABLES[name].column(column)
        if declared.allowed:
            assert set(table[column].drop_null().unique().to_pylist()) <= set(declared.allowed)


def test_rows_stand_by_patient_and_hour(cohort: Path) -> None:
    for name in ("neuro", "crs", "treatments", "labs", "events"):
        table = pq.read_table(cohort / f"{name}.parquet", columns=["patient_id", "time"])
        rows = list(zip(table["patient_id"].to_pylist(), table["time"].to_pylist(), strict=True))
        assert rows == sorted(rows), name


def test_there_are_about_55_assessments_a_patient(cohort: Path) -> None:
    (rows,) = one("select (select count(*) from neuro) + (select count(*) from crs)", cohort)
    assert rows / 4000 == pytest.approx(55, abs=1.5)


def test_onset_of_icans_is_as_often_and_as_late_as_stated(cohort: Path) -> None:
    share, median = one(
        """with firsts as (select patient_id, min(time) filter (ice < 10 or capd > 0) / 24 as onset
                           from neuro group by all)
           select avg((onset is not null)::int), median(onset) from firsts""",
        cohort,
    )
    assert share == pytest.approx(Parameters().icans_probability, abs=0.04)
    assert median == pytest.approx(Parameters().icans_onset_days, abs=0.5)


def test_peak_grades_are_spread_as_stated(long_peak: Path) -> None:
    for table, stated in (("neuro.icans", LONG_PEAK.icans_peak_grades), ("crs.crs", LONG_PEAK.crs_peak_grades)):
        name, column = table.split(".")
        shares = one(
            f"""with peaks as (select max({column}_grade) as peak from {name} group by patient_id having peak > 0)
                select {", ".join(f"avg((peak = {grade})::int)" for grade in (1, 2, 3, 4))} from peaks""",
            long_peak,
        )
        assert shares == pytest.approx(stated, abs=0.04)


def test_unrecorded_signs_are_as_many_as_stated(cohort: Path) -> None:
    seizure, consciousness, recorded = one(
        """select avg((seizure is null)::int), avg((consciousness is null)::int), avg((icans_grade is not null)::int)
           from neuro where icans_grade is distinct from 4""",
        cohort,
    )
    assert seizure == pytest.approx(Parameters().unrecorded_sign, abs=0.02)
    assert consciousness == pytest.approx(Parameters().unrecorded_consciousness, abs=0.02)
    assert recorded == pytest.approx(Parameters().recorded_grade, abs=0.02)


def test_treatment_follows_the_stated_probability_for_each_grade(long_peak: Path) -> None:
    shares = one(
        """with peaks as (select patient_id, max(icans_grade) as peak from neuro group by all),
                given as (select distinct patient_id, 1 as given from treatments where route = 'intrathecal')
           select avg(coalesce(given, 0)) filter (peak = 3), avg(coalesce(given, 0)) filter (peak = 4),
                  avg(coalesce(given, 0)) filter (peak = 0)
           from peaks left join given using (patient_id)""",
        long_peak,
    )
    assert shares == pytest.approx((*LONG_PEAK.treated[2:], 0.0), abs=0.05)


def test_treatment_without_effect_changes_no_assessment(tmp_path: Path) -> None:
    treated = made(tmp_path / "treated", 500, parameters=Parameters(treatment_effect=0))
    untreated = made(tmp_path / "untreated", 500, parameters=Parameters(treatment_effect=0, treated=(0, 0, 0, 0)))
    assert fingerprints(treated)["neuro.parquet"] == fingerprints(untreated)["neuro.parquet"]
    assert fingerprints(treated)["treatments.parquet"] != fingerprints(untreated)["treatments.parquet"]


def test_a_stronger_effect_shortens_icans(tmp_path: Path) -> None:
    def toxic_assessments(effect: float) -> float:
        truth = Parameters(treatment_effect=effect, treated=(1, 1, 1, 1), recorded_grade=1)
        folder = made(tmp_path / str(effect), 1000, parameters=truth)
        return one("select count(*) filter (icans_grade > 0) from neuro", folder)[0]

    none, some, much = (toxic_assessments(effect) for effect in (0.0, 1.0, 8.0))
    assert none > some > much


def test_nothing_is_written_of_a_patient_after_death(cohort: Path) -> None:
    deaths, late = one(
        """with ends as (select patient_id, min(time) as ended from events where event like 'death%' group by all),
                charted as (select patient_id, time from neuro union all select patient_id, time from crs
                            union all select patient_id, time from treatments
                            union all select patient_id, time from labs)
           select (select count(*) from ends), count(*) from charted join ends using (patient_id) where time > ended""",
        cohort,
    )
    assert deaths > 0
    assert late == 0


def test_survival_is_near_its_stated_median(tmp_path: Path) -> None:
    truth = Parameters(os_median_months=6, icans_death=0, follow_up_months=(12, 24))
    folder = made(tmp_path / "study", 4000, parameters=truth)
    (share,) = one(
        "select avg((time <= 6 * 30.4375 * 24 and event = 'death')::int) from events"
        " where event in ('death', 'last_contact')",
        folder,
    )
    assert share == pytest.approx(0.5, abs=0.03)


def test_cerebrospinal_fluid_changes_by_the_stated_factor(cohort: Path) -> None:
    (ratio,) = one(
        """with pairs as (select patient_id, arg_max(value, time) / arg_min(value, time) as ratio, count(*) as samples
                          from labs where analyte = 'protein' group by all)
           select median(ratio) from pairs where samples = 2""",
        cohort,
    )
    assert ratio == pytest.approx(Parameters().csf_change[1], rel=0.1)


def test_a_file_grows_by_whole_row_groups_in_the_order_given(tmp_path: Path) -> None:
    file = tmp_path / "grown.parquet"
    with GrowingFile(file) as growing:
        for start in range(0, ROWS + 90_000, 30_000):
            values = pa.array(range(start, start + 30_000)).to_numpy()
            growing.add(pa.table({"number": numbers(values), "word": words(values % 2, ("a", "b"))}))
    metadata = pq.read_metadata(file)
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    assert sizes[0] == ROWS
    assert len(sizes) == 2
    assert pq.read_table(file)["number"].to_pylist() == list(range(sum(sizes)))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"icans_probability": 1.2}, "icans_probability is a probability and should lie between 0 and 1 (it is 1.2)."),
        ({"icans_peak_grades": (0.5, 0.1, 0.1, 0.1)}, "icans_peak_grades should add up to 1"),
        ({"recovery_hours": 0.0}, "recovery_hours should be above 0 (it is 0.0)."),
        ({"treatment_effect": -1.0}, "treatment_effect should not be negative (it is -1.0)."),
        ({"treatment_effect": float("inf")}, "treatment_effect should be finite (it is inf)."),
        ({"icans_onset_days": 40.0}, "icans_onset_days should be at most 25 (it is 40.0)."),
        ({"observed_days": 60.0}, "observed_days should be at most 30 (it is 60.0)."),
        ({"follow_up_months": (24.0, 6.0)}, "follow_up_months should be the shortest and the longest"),
    ],
)
def test_parameters_that_cannot_be_meant_are_refused(wrong: dict[str, float], sentence: str) -> None:
    with pytest.raises(CallError) as refusal:
        Parameters(**wrong)  # type: ignore[arg-type]
    assert str(refusal.value).startswith(sentence)


@pytest.mark.parametrize(("patients", "seed"), [(0, 1), (5, -1)])
def test_a_cohort_of_nobody_or_a_negative_seed_is_refused(patients: int, seed: int, tmp_path: Path) -> None:
    with pytest.raises(CallError):
        simulate(tmp_path / "study", patients=patients, seed=seed)


def test_the_default_cohort_stays_what_a_seed_has_always_given(tmp_path: Path) -> None:
    folder = made(tmp_path / "study", 120)
    digest = hashlib.sha256()
    for name in sorted(TABLES):
        digest.update(repr(pq.read_table(folder / f"{name}.parquet").to_pydict()).encode())
    assert digest.hexdigest() == "7204c5f34522b2b50f3ed43f14a3ed1f177d1bd348ac6bebfa87768fe5e60443"


LATE = Parameters(
    icans_probability=1,
    treatment_effect=0,
    treatment_hazard=(0.05, 0.2, 0.6, 1.2),
    treatment_hazard_growth=0.2,
    recorded_grade=1,
    os_median_months=1000,
)


def test_treatment_by_hazard_is_given_as_often_as_stated_at_each_grade(tmp_path: Path) -> None:
    folder = made(tmp_path / "study", 4000, parameters=replace(LATE, treatment_hazard_growth=0.0))
    rates = one(
        """with firsts as (select patient_id, min(time) as given from treatments
                           where route = 'intrathecal' group by all),
                spans as (select patient_id, icans_grade as grade, time,
                          lead(time) over (partition by patient_id order by time) as until from neuro),
                waiting as (select *, coalesce(given, 1e9) as course from spans left join firsts using (patient_id))
           select """
        + ", ".join(
            f"""count(*) filter (grade = {grade} and course >= time and course < until)
                / (sum(least(until, course) - time) filter (grade = {grade} and course > time and until < 1e9) / 24)"""
            for grade in (1, 2, 3, 4)
        )
        + " from waiting",
        folder,
    )
    assert rates == pytest.approx(LATE.treatment_hazard, rel=0.25)  # the grade between two rounds is not seen


def test_treatment_that_starts_seldom_and_grows_likelier_comes_later(tmp_path: Path) -> None:
    def mean_delay(name: str, **changed: object) -> float:
        folder = made(tmp_path / name, 2000, parameters=replace(LATE, **changed))
        query = """with starts as (select patient_id, min(time) filter (icans_grade > 0) as onset
                                   from neuro group by all),
                        given as (select patient_id, min(time) as hour from treatments
                                  where route = 'intrathecal' group by all)
                   select avg(hour - onset) from starts join given using (patient_id)"""
        return one(query, folder)[0]

    steady = mean_delay("steady", treatment_hazard_growth=0.0)
    growing = mean_delay("growing", treatment_hazard=(0.005, 0.02, 0.06, 0.12), treatment_hazard_growth=0.8)
    assert growing > steady + 12


def test_how_treatment_is_decided_changes_no_untreated_course(tmp_path: Path) -> None:
    usual = made(tmp_path / "usual", 300, parameters=Parameters(treatment_effect=0))
    by_hazard = made(
        tmp_path / "hazard", 300, parameters=Parameters(treatment_effect=0, treatment_hazard=(0.1, 0.2, 0.3, 0.4))
    )
    assert fingerprints(usual)["neuro.parquet"] == fingerprints(by_hazard)["neuro.parquet"]


def test_everyone_still_ill_is_treated_by_the_deadline(tmp_path: Path) -> None:
    truth = replace(LATE, treatment_hazard=(0.0,) * 4, treatment_by_hours=24.0, icans_peak_grades=(0, 0, 0, 1))
    folder = made(tmp_path / "study", 1000, parameters=replace(truth, persistent_probability=1.0))
    (share,) = one("select count(distinct patient_id) filter (route = 'intrathecal') / 1000 from treatments", folder)
    assert share > 0.98


def test_an_untreated_arm_is_as_large_as_stated_and_never_treated(tmp_path: Path) -> None:
    folder = made(tmp_path / "study", 2000, parameters=Parameters(untreated_arm=0.5))
    share, treated = one(
        """select avg((arm = 'control')::int), count(*) filter (arm = 'control' and patient_id in
           (select patient_id from treatments where route = 'intrathecal')) from patients""",
        folder,
    )
    assert share == pytest.approx(0.5, abs=0.04)
    assert treated == 0


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("icans_probabilty = 0.4", "parameters.toml: icans_probabilty is no parameter of a simulated cohort."),
        ("icans_probability = 4", "icans_probability is a probability and should lie between 0 and 1 (it is 4.0)."),
        ("treated = 0.4", "treated is 4 numbers in brackets (it is 0.4)."),
        ("treated = [0.4]", "treated takes 4 numbers (it has 1)."),
        ("children = 'many'", "children is a number (it is 'many')."),
        ("children = ", "not readable as toml"),
        ("treatment_by_grade = 2.7", "treatment_by_grade is a grade from 1 to 4 (it is 2.7)."),
        (f"recovery_hours = 1{'0' * 400}", "recovery_hours is larger than any number that can be reckoned with."),
    ],
)
def test_a_file_of_parameters_that_cannot_be_meant_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "parameters.toml"
    file.write_text(text)
    with pytest.raises(CallError) as refusal:
        read_parameters(file)
    assert sentence in str(refusal.value)


def test_a_record_of_a_simulation_without_parameters_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "simulation.json"
    file.write_text('{"parameters": 5}')
    with pytest.raises(CallError, match="holds no parameters"):
        read_parameters(file)


def test_the_parameters_of_a_simulated_study_can_be_read_back(tmp_path: Path) -> None:
    folder = made(tmp_path / "study", 5, parameters=LATE)
    assert read_parameters(folder) == LATE


def test_a_row_group_holds_the_words_of_its_own_rows_and_not_of_all_before(tmp_path: Path) -> None:
    many = ROWS - 1
    with GrowingFile(tmp_path / "t.parquet") as file:
        for block in range(6):
            ids = [f"{block}-{number}" for number in range(5000)]
            file.add(pa.table({"id": words(np.arange(many) % len(ids), ids)}))
    groups = pq.read_metadata(tmp_path / "t.parquet")
    sizes = [groups.row_group(group).column(0).total_uncompressed_size for group in range(5)]
    assert max(sizes) < 1.5 * min(sizes)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "extreme",
    [
        Parameters(rise_hours=0),
        Parameters(treatment_hazard=(0.0, 0.0, 1.0, 2.0), treatment_hazard_growth=100),
    ],
    ids=("rise_hours", "treatment_hazard_growth"),
)
def test_extremes_that_can_be_meant_are_drawn_without_a_warning(extreme: Parameters, tmp_path: Path) -> None:
    folder = made(tmp_path / "study", 300, parameters=extreme)
    (treated,) = one("select count(distinct patient_id) from treatments where route = 'intrathecal'", folder)
    assert treated > 0
