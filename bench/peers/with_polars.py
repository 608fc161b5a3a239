"""From records to remission with Polars: `python with_polars.py COHORT OUT`.

Takes from a simulated cohort what a user would know of it: everyone has one infusion, at hour 0; every patient has an
age; scores are totals; no sign has another cause; signs of CRS are always recorded; vasopressin is not charted. Records
are taken as they are, without checks.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import polars as pl
from polars import col

QUIET, TOGETHER, REFRACTORY, PAUSE = 72, 12, 24, 48
CONSCIOUSNESS = {"awake": 0, "voice": 2, "touch": 3, "unarousable": 4}
SEIZURE = {"none": 0, "resolves_rapidly": 3, "nonconvulsive_resolves": 3, "prolonged": 4, "repetitive": 4}
MOTOR = {"none": 0, "mild_weakness": 0, "deep_focal_weakness": 4}
ICP_EDEMA = {"none": 0, "focal_edema": 3} | dict.fromkeys(
    ("diffuse_edema", "posturing", "sixth_nerve_palsy", "papilledema", "cushing_triad"), 4
)
HYPOTENSION = {"none": 0, "fluids_only": 2, "vasopressor": 3}
OXYGEN = (
    {"none": 0, "comfort_only": 0, "nasal_cannula": 2, "blow_by": 2}
    | dict.fromkeys(("high_flow", "face_mask", "venturi", "nonrebreather"), 3)
    | dict.fromkeys(("cpap", "bipap", "invasive_ventilation"), 4)
)
SIGNS = ["ice", "capd", "consciousness", "seizure", "motor", "icp_edema"]
CASE = ["patient_id", "episode"]


def points(column: str, grades: dict[str, int]) -> pl.Expr:
    return col(column).replace_strict(grades, default=None, return_dtype=pl.Int8)


def joined(flags: dict[str, pl.Expr]) -> pl.Expr:
    """List the names whose flag is set, ; between."""
    return pl.concat_str(
        [pl.when(flag).then(pl.lit(name)) for name, flag in flags.items()], separator=";", ignore_nulls=True
    )


def icans_grades(neuro: pl.LazyFrame, patients: pl.LazyFrame, events: pl.LazyFrame) -> pl.LazyFrame:
    child = col("age_years") < 12
    ice, capd = col("ice"), col("capd")
    by_ice = pl.when(ice <= 2).then(3).when(ice <= 6).then(2).when(ice <= 9).then(1).when(ice == 10).then(0)
    by_capd = pl.when(capd >= 9).then(3).when(capd >= 1).then(1).when(capd == 0).then(0)
    testable = (ice > 0).fill_null(value=False) | capd.is_not_null()
    awake = pl.when(col("consciousness").is_null() & testable).then(0).otherwise(col("d_consciousness"))
    rest = [col("d_seizure").fill_null(0), col("d_motor").fill_null(0), col("d_icp_edema").fill_null(0)]
    domains = [f"d_{sign}" for sign in SIGNS]
    applies = {sign: child if sign == "capd" else ~child if sign == "ice" else pl.lit(value=True) for sign in SIGNS}
    most = {"ice": 3, "capd": 3} | dict.fromkeys(SIGNS[2:], 4)
    score = pl.when(child).then(col("d_capd")).otherwise(col("d_ice"))
    rows = neuro.join(patients, on="patient_id", how="left").with_columns(
        d_ice=pl.when(~child).then(by_ice).cast(pl.Int8),
        d_capd=pl.when(child).then(by_capd).cast(pl.Int8),
        d_consciousness=points("consciousness", CONSCIOUSNESS),
        d_seizure=points("seizure", SEIZURE),
        d_motor=points("motor", MOTOR),
        d_icp_edema=points("icp_edema", ICP_EDEMA),
        signed=pl.any_horizontal(col(SIGNS).is_not_null()),
        recorded_grade=col("icans_grade").cast(pl.Int8),
    )
    highs = [
        pl.when(applies[sign]).then(col(domain).fill_null(most[sign]))
        for sign, domain in zip(SIGNS, domains, strict=True)
    ]
    rows = rows.with_columns(
        low=pl.max_horizontal(*(col(domain) for domain in domains), pl.lit(0, pl.Int8)),
        settled=pl.max_horizontal(score.fill_null(3), awake.fill_null(4), *rest),
        high=pl.max_horizontal(highs),
    )
    signed, recorded = col("signed"), col("recorded_grade")
    drivers = {
        sign: (col("low") > 0) & (col(domain) == col("low")) for sign, domain in zip(SIGNS, domains, strict=True)
    }
    lacking = {sign: applies[sign] & col(domain).is_null() for sign, domain in zip(SIGNS, domains, strict=True)}
    graded = rows.filter(signed | recorded.is_not_null()).select(
        "patient_id",
        "hour",
        scale=pl.when(signed).then(pl.lit("astct-2019-icans")).otherwise(pl.lit("recorded")),
        grade=pl.when(~signed).then(recorded).when(col("low") == col("settled")).then(col("low")),
        grade_low=pl.when(signed).then(col("low")).otherwise(recorded),
        grade_high=pl.when(signed).then(col("high")).otherwise(recorded).cast(pl.Int8),
        driver=pl.when(signed).then(joined(drivers)).otherwise(pl.lit("")),
        missing=pl.when(signed).then(joined(lacking)).otherwise(pl.lit("")),
        recorded_grade=recorded,
    )
    five = pl.lit(5, pl.Int8)
    deaths = events.filter(col("event") == "death_due_to_icans").select("patient_id", "hour").unique()
    deaths = deaths.with_columns(
        scale=pl.lit("astct-2019-icans"),
        grade=five,
        grade_low=five,
        grade_high=five,
        driver=pl.lit("death"),
        missing=pl.lit(""),
        recorded_grade=pl.lit(None, pl.Int8),
    )
    return pl.concat([graded, deaths])


def crs_grades(crs: pl.LazyFrame) -> pl.LazyFrame:
    fever = col("temperature_c") >= 38
    cannula, flow, pressor = col("oxygen") == "nasal_cannula", col("oxygen_flow_l_min"), col("vasopressors")
    present = fever | col("antipyretic_or_anticytokine")
    rows = crs.with_columns(
        fever=fever.cast(pl.Int8),
        hypotension=pl.when(present).then(points("hypotension", HYPOTENSION)),
        vasopressors=pl.when(present).then(pl.when(pressor == 0).then(0).when(pressor == 1).then(3).otherwise(4)),
        vasopressin=present & (col("hypotension") == "vasopressor"),
        oxygen=pl.when(present).then(points("oxygen", OXYGEN)),
        oxygen_flow=pl.when(present & cannula).then(pl.when(flow <= 6).then(2).when(flow > 6).then(3)),
        no_flow=present & cannula & flow.is_null(),
    )
    domains = ["fever", "hypotension", "vasopressors", "oxygen", "oxygen_flow"]
    rows = rows.with_columns(low=pl.max_horizontal(domains).cast(pl.Int8)).with_columns(
        if_absent=pl.max_horizontal("low", pl.when("no_flow").then(3)).cast(pl.Int8),
    )
    high = pl.max_horizontal("if_absent", pl.when("vasopressin").then(3)).cast(pl.Int8)
    return rows.select(
        "patient_id",
        "hour",
        scale=pl.lit("astct-2019-crs"),
        grade=pl.when(col("low") == col("if_absent")).then(col("low")),
        grade_low=col("low"),
        grade_high=high,
        driver=joined({domain: (col("low") > 0) & (col(domain) == col("low")) for domain in domains}),
        missing=joined({"vasopressin": col("vasopressin"), "oxygen_flow": col("no_flow")}),
        recorded_grade=col("crs_grade").cast(pl.Int8),
    )


def episodes(grades: pl.LazyFrame) -> pl.LazyFrame:
    settled = grades.drop_nulls("grade").select("patient_id", "hour", "grade")
    rows = settled.group_by("patient_id", "hour").agg(col("grade").max())  # the worst of an hour
    rows = rows.sort("patient_id", "hour").with_columns(toxic=pl.when(col("grade") >= 1).then(col("hour")))
    before = col("toxic").forward_fill().shift().over("patient_id")
    starts = col("toxic").is_not_null() & (before.is_null() | ((col("hour") - before).round(6) > QUIET))
    rows = rows.with_columns(start=starts.fill_null(value=False))
    rows = rows.with_columns(episode=col("start").cast(pl.Int64).cum_sum().over("patient_id")).filter(
        col("episode") > 0
    )
    rows = rows.with_columns(until=col("hour").shift(-1).over(CASE), last_toxic=col("toxic").max().over(CASE))
    last = col("hour") == col("last_toxic")
    found = (
        rows.filter(col("hour") <= col("last_toxic"))
        .group_by(CASE)
        .agg(
            onset_hour=col("hour").min(),
            peak_grade=col("grade").max(),
            peak_hour=col("hour").filter(col("grade") == col("grade").max()).min(),
            last_toxic=col("last_toxic").first(),
            last_grade=col("grade").filter(last).first(),
            clear_hour=col("until").filter(last).first(),
            grade_hours=(col("grade") * (col("until") - col("hour"))).filter(~last).sum(),
            assessments=pl.len().cast(pl.Int64),
        )
        .with_columns(resolved=col("clear_hour").is_not_null() & (col("peak_grade") < 5))
        .with_columns(end_hour=pl.when("resolved").then("clear_hour").otherwise("last_toxic"))
    )
    last_held = col("last_grade") * (col("end_hour") - col("last_toxic"))
    return found.select(
        *(*CASE, "onset_hour", "peak_grade", "peak_hour", "end_hour", "resolved"),
        duration_hours=col("end_hour") - col("onset_hour"),
        grade_days=(col("grade_hours") + last_held) / 24,
        assessments="assessments",
    )


def given(treatments: pl.LazyFrame) -> pl.LazyFrame:
    return treatments.filter(col("dose").is_null() | (col("dose") > 0))


def courses(treatments: pl.LazyFrame, icans: pl.LazyFrame) -> pl.LazyFrame:
    counted = col("drug").is_in(["dexamethasone", "methotrexate"]) & (col("route") == "intrathecal")
    doses = given(treatments).filter(counted).sort("patient_id", "hour")
    before = col("hour").shift().over("patient_id")
    doses = doses.with_columns(first=before.is_null() | ((col("hour") - before).round(6) > TOGETHER))
    doses = doses.with_columns(course=col("first").cast(pl.Int64).cum_sum().over("patient_id"))
    found = doses.group_by("patient_id", "course").agg(
        hour=col("hour").min(), drugs=col("drug").unique().sort().str.join(";"), doses=pl.len().cast(pl.Int64)
    )
    goes_on = ~col("resolved") & ((col("hour") - col("end_hour")).round(6) <= QUIET)
    during = found.join(icans, on="patient_id").filter(
        col("hour") >= col("onset_hour"), (col("hour") <= col("end_hour")) | goes_on
    )
    return found.join(during.select("patient_id", "course", "episode"), on=["patient_id", "course"], how="left")


def steroid_hours(treatments: pl.LazyFrame, treated: pl.LazyFrame) -> pl.LazyFrame:
    """Give the hour since which a patient had been on corticosteroid at the first course, where that is long enough."""
    systemic = (col("drug") == "dexamethasone") & (col("route") == "intravenous") & (col("hour") >= -7 * 24)
    hour, course = col("hour"), col("first_course_hour")
    before = given(treatments).filter(systemic).join(treated, on="patient_id").filter(hour <= course)
    previous = hour.shift().over(CASE)
    runs = (
        before.sort(*CASE, "hour")
        .with_columns(start=previous.is_null() | ((hour - previous).round(6) > PAUSE))
        .group_by(*CASE, "first_course_hour")
        .agg(steroid_hour=hour.filter("start").max(), last_dose=hour.max())
    )
    recent = (course - col("last_dose")).round(6) <= PAUSE
    long = (course - col("steroid_hour")).round(6) >= REFRACTORY
    return runs.filter(recent, long).select(*CASE, "steroid_hour")


def endpoints(
    grades: pl.LazyFrame, icans: pl.LazyFrame, begun: pl.LazyFrame, treatments: pl.LazyFrame, neuro: pl.LazyFrame
) -> pl.LazyFrame:
    first = begun.drop_nulls("episode").group_by(CASE).agg(first_course_hour=col("hour").min(), courses=pl.len())
    treated = icans.select(*CASE, "onset_hour").join(first, on=CASE)
    treated = treated.join(steroid_hours(treatments, treated), on=CASE, how="left")
    hour, grade, course = col("hour"), col("grade"), col("first_course_hour")

    graded = grades.drop_nulls("grade").select("patient_id", "hour", "grade", ice=pl.lit(None, pl.Int64))
    scored = neuro.drop_nulls("ice").select("patient_id", "hour", grade=pl.lit(None, pl.Int8), ice="ice")
    seen = (
        pl.concat([graded, scored])
        .join(treated, on="patient_id")
        .filter(hour >= col("onset_hour"))
        .group_by(*CASE, "hour", "first_course_hour", "steroid_hour")
        .agg(grade.max(), col("ice").min())
        .sort(*CASE, "hour")
    )
    before = hour <= course
    baselines = seen.group_by(CASE).agg(
        peak=grade.filter(before).max(),
        baseline_grade=grade.filter(before).drop_nulls().last(),
        on_steroid=grade.filter(before & (hour >= col("steroid_hour"))).drop_nulls().first(),
        baseline_ice=col("ice").filter(before).drop_nulls().last(),
        last_hour=hour.filter(grade.is_not_null()).max(),
    )
    baseline, ice = col("baseline_grade"), col("ice")
    better = (grade < baseline).fill_null(value=True)
    to_ten = pl.when(ice.is_not_null()).then((ice >= 10) & better).otherwise(grade <= 0)
    reached = (
        seen.join(baselines, on=CASE)
        .filter(hour > course, baseline.is_between(1, 4))
        .group_by(CASE)
        .agg(
            remission_hour=hour.filter(pl.when(baseline >= 3).then(grade <= 1).otherwise(to_ten)).min(),
            last_above=hour.filter(grade > pl.when(baseline >= 3).then(1).otherwise(0)).max(),
        )
    )
    refractory = (baseline >= 1) & (baseline >= col("on_steroid"))
    remission = col("remission_hour").is_not_null()
    back = (col("last_above") > col("remission_hour")).fill_null(value=False)
    return (
        treated.join(baselines, on=CASE)
        .join(reached, on=CASE, how="left")
        .select(
            *(*CASE, "baseline_grade", "baseline_ice", "first_course_hour", "courses", "last_hour", "remission_hour"),
            indication=pl.when(col("peak") >= 3)
            .then(pl.lit("severe"))
            .when(refractory)
            .then(pl.lit("steroid_refractory")),
            hours_from_onset=(course - col("onset_hour")).round(6),
            remission=pl.when(baseline.is_between(1, 4)).then(remission),
            hours_to_remission=(col("remission_hour") - course).round(6),
            recurrence=pl.when(remission).then(back),
        )
    )


def main(cohort: Path, out: Path) -> None:
    start = time.perf_counter()
    tables = {
        name: pl.scan_parquet(cohort / f"{name}.parquet").rename({"time": "hour"}, strict=False)
        for name in ("patients", "neuro", "crs", "treatments", "events")
    }
    patients, neuro, treatments = (
        tables["patients"].select("patient_id", "age_years"),
        tables["neuro"],
        tables["treatments"],
    )

    def keep(name: str, table: pl.LazyFrame) -> pl.LazyFrame:
        table.sink_parquet(out / f"{name}.parquet", engine="streaming")
        return pl.scan_parquet(out / f"{name}.parquet")

    icans = icans_grades(neuro, patients, tables["events"])
    graded = keep("grades", both(icans, crs_grades(tables["crs"])))
    of_icans = col("toxicity") == "icans"
    found = keep("episodes", both(episodes(graded.filter(of_icans)), episodes(graded.filter(~of_icans))))
    begun = keep("courses", courses(treatments, found.filter(of_icans)))
    keep("endpoints", endpoints(graded.filter(of_icans), found.filter(of_icans), begun, treatments, neuro))
    (out / "seconds.json").write_text(json.dumps({"deriving": time.perf_counter() - start}))


def both(icans: pl.LazyFrame, crs: pl.LazyFrame) -> pl.LazyFrame:
    return pl.concat([icans.with_columns(toxicity=pl.lit("icans")), crs.with_columns(toxicity=pl.lit("crs"))])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
