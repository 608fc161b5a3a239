"""From records to remission with pandas: `python with_pandas.py COHORT OUT`.

Takes from a simulated cohort what a user would know of it: everyone has one infusion, at hour 0; every patient has an
age; scores are totals; no sign has another cause; signs of CRS are always recorded; vasopressin is not charted. Records
are taken as they are, without checks.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

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


def read(cohort: Path) -> dict[str, pd.DataFrame]:
    columns = {
        "patients": ["patient_id", "age_years"],
        "neuro": ["patient_id", "time", *SIGNS, "icans_grade"],
        "crs": [
            *("patient_id", "time", "temperature_c", "antipyretic_or_anticytokine"),
            *("hypotension", "vasopressors", "oxygen", "oxygen_flow_l_min", "crs_grade"),
        ],
        "treatments": ["patient_id", "time", "drug", "dose", "route"],
        "events": ["patient_id", "time", "event"],
    }
    tables = {name: pd.read_parquet(cohort / f"{name}.parquet", columns=those) for name, those in columns.items()}
    known = pd.CategoricalDtype(tables["patients"].patient_id.sort_values())
    for table in tables.values():
        table["patient_id"] = table.patient_id.astype(known)
    return {name: table.rename(columns={"time": "hour"}) for name, table in tables.items()}


def joined(flags: dict[str, pd.Series]) -> pd.Categorical:
    """List the names whose flag is set, ; between."""
    names = list(flags)
    texts = [";".join(name for bit, name in enumerate(names) if code >> bit & 1) for code in range(1 << len(names))]
    return pd.Categorical.from_codes(
        sum(flag.to_numpy() * (1 << bit) for bit, flag in enumerate(flags.values())), texts
    )


def icans_grades(neuro: pd.DataFrame, patients: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    rows = neuro.merge(patients, on="patient_id", how="left")
    child = rows.age_years < 12
    by_ice = np.select([rows.ice <= 2, rows.ice <= 6, rows.ice <= 9, rows.ice <= 10], [3.0, 2.0, 1.0, 0.0], np.nan)
    by_capd = np.select([rows.capd == 0, rows.capd <= 8, rows.capd >= 9], [0.0, 1.0, 3.0], np.nan)
    found = {
        "ice": pd.Series(by_ice).mask(child, 0),
        "capd": pd.Series(by_capd).where(child, 0),
        "consciousness": rows.consciousness.map(CONSCIOUSNESS),
        "seizure": rows.seizure.map(SEIZURE),
        "motor": rows.motor.map(MOTOR),
        "icp_edema": rows.icp_edema.map(ICP_EDEMA),
    }
    most = dict.fromkeys(found, 4) | {"ice": 3, "capd": 3}
    low = np.maximum.reduce([grade.fillna(0) for grade in found.values()])
    high = np.maximum.reduce([grade.fillna(most[sign]) for sign, grade in found.items()])
    testable = (rows.ice > 0) | rows.capd.notna()
    awake = found["consciousness"].mask(rows.consciousness.isna() & testable, 0)
    settled = np.maximum.reduce([low, found["ice"].fillna(3), found["capd"].fillna(3), awake.fillna(4)]) == low
    signed, recorded = rows[SIGNS].notna().any(axis=1), rows.icans_grade
    drivers = {sign: signed & (low > 0) & (grade == low) for sign, grade in found.items()}
    graded = rows[["patient_id", "hour"]].assign(
        scale=pd.Categorical.from_codes(signed.astype("int8"), ["recorded", "astct-2019-icans"]),
        grade=np.where(signed, np.where(settled, low, np.nan), recorded),
        grade_low=np.where(signed, low, recorded),
        grade_high=np.where(signed, high, recorded),
        driver=joined(drivers),
        missing=joined({sign: signed & grade.isna() for sign, grade in found.items()}),
        recorded_grade=recorded,
    )
    graded = graded[signed | recorded.notna()]
    deaths = events.loc[events.event == "death_due_to_icans", ["patient_id", "hour"]].drop_duplicates()
    deaths = deaths.assign(scale="astct-2019-icans", grade=5, grade_low=5, grade_high=5, driver="death", missing="")
    graded["driver"] = graded.driver.cat.add_categories("death")
    texts = {name: graded[name].dtype for name in ("scale", "driver", "missing")}
    return pd.concat([graded, deaths.astype(texts)], ignore_index=True).assign(toxicity="icans")


def crs_grades(crs: pd.DataFrame) -> pd.DataFrame:
    fever, cannula = crs.temperature_c >= 38, crs.oxygen == "nasal_cannula"
    present = fever | crs.antipyretic_or_anticytokine
    by_pressor = np.select([crs.vasopressors == 0, crs.vasopressors == 1], [0, 3], 4)
    by_flow = np.select([~cannula, crs.oxygen_flow_l_min > 6], [0, 3], 2)
    found = {
        "fever": fever.astype("int8"),
        "hypotension": crs.hypotension.map(HYPOTENSION).where(present, 0),
        "vasopressors": pd.Series(by_pressor).where(present, 0),
        "oxygen": crs.oxygen.map(OXYGEN).where(present, 0),
        "oxygen_flow": pd.Series(by_flow).where(present & crs.oxygen_flow_l_min.notna(), 0),
    }
    low = np.maximum.reduce([grade.to_numpy("int8") for grade in found.values()])
    no_flow = present & cannula & crs.oxygen_flow_l_min.isna()
    high = np.where(no_flow, np.maximum(low, 3), low)
    vasopressin = present & (crs.hypotension == "vasopressor")
    return crs[["patient_id", "hour"]].assign(
        scale="astct-2019-crs",
        grade=np.where(low == high, low, np.nan),
        grade_low=low,
        grade_high=high,
        driver=joined({sign: (low > 0) & (grade == low) for sign, grade in found.items()}),
        missing=joined({"vasopressin": vasopressin, "oxygen_flow": no_flow}),
        recorded_grade=crs.crs_grade,
        toxicity="crs",
    )


def episodes(grades: pd.DataFrame) -> pd.DataFrame:
    rows = grades.loc[grades.grade.notna(), ["patient_id", "hour", "grade"]]
    rows = rows.sort_values(["patient_id", "hour", "grade"])
    rows = rows.drop_duplicates(["patient_id", "hour"], keep="last")  # the worst of an hour
    toxic = rows.hour.where(rows.grade >= 1)
    before = toxic.groupby(rows.patient_id, observed=True).ffill().groupby(rows.patient_id, observed=True).shift()
    starts = toxic.notna() & (before.isna() | ((rows.hour - before).round(6) > QUIET))
    rows["episode"] = starts.groupby(rows.patient_id, observed=True).cumsum()
    rows = rows.assign(toxic=toxic)[rows.episode > 0]
    each = rows.groupby(["patient_id", "episode"], observed=True)
    rows = rows.assign(until=each.hour.shift(-1), last_toxic=each.toxic.transform("max"))
    inside = rows[rows.hour <= rows.last_toxic]
    held = inside.assign(area=(inside.grade * (inside.until - inside.hour)).where(inside.hour < inside.last_toxic))
    each = held.groupby(["patient_id", "episode"], observed=True)
    last = held[held.hour == held.last_toxic].set_index(["patient_id", "episode"])
    found = each.agg(
        onset_hour=("hour", "first"),
        peak_grade=("grade", "max"),
        grade_hours=("area", "sum"),
        assessments=("hour", "size"),
    )
    found["peak_hour"] = held.loc[each.grade.idxmax(), "hour"].to_numpy()
    found["resolved"] = last.until.notna() & (found.peak_grade < 5)
    found["end_hour"] = last.until.where(found.resolved, last.hour)
    found["duration_hours"] = found.end_hour - found.onset_hour
    found["grade_days"] = (found.grade_hours + last.grade * (found.end_hour - last.hour)) / 24
    return found.drop(columns="grade_hours").reset_index()


def courses(treatments: pd.DataFrame, icans: pd.DataFrame) -> pd.DataFrame:
    counted = treatments[treatments.drug.isin(["dexamethasone", "methotrexate"]) & (treatments.route == "intrathecal")]
    doses = counted[counted.dose.isna() | (counted.dose > 0)].sort_values(["patient_id", "hour"])
    before = doses.groupby("patient_id", observed=True).hour.shift()
    first = before.isna() | ((doses.hour - before).round(6) > TOGETHER)
    doses["course"] = first.groupby(doses.patient_id, observed=True).cumsum()
    found = doses.groupby(["patient_id", "course"], observed=True).agg(
        hour=("hour", "first"), drugs=("drug", lambda drugs: ";".join(sorted(set(drugs)))), doses=("hour", "size")
    )
    found = found.reset_index()
    during = found.merge(icans, on="patient_id")
    goes_on = ~during.resolved & ((during.hour - during.end_hour).round(6) <= QUIET)
    during = during[(during.hour >= during.onset_hour) & ((during.hour <= during.end_hour) | goes_on)]
    return found.merge(during[["patient_id", "course", "episode"]], on=["patient_id", "course"], how="left")


def steroid_hours(treatments: pd.DataFrame, treated: pd.DataFrame) -> pd.DataFrame:
    """Give the hour since which a patient had been on corticosteroid at the first course, where that is long enough."""
    doses = treatments[(treatments.drug == "dexamethasone") & (treatments.route == "intravenous")]
    doses = doses[(doses.dose.isna() | (doses.dose > 0)) & (doses.hour >= -7 * 24)]
    each = ["patient_id", "episode"]
    before = doses.merge(treated[[*each, "first_course_hour"]], on="patient_id")
    before = before[before.hour <= before.first_course_hour].sort_values([*each, "hour"])
    previous = before.groupby(each, observed=True).hour.shift()
    starts = previous.isna() | ((before.hour - previous).round(6) > PAUSE)
    runs = before.assign(start=before.hour.where(starts)).groupby([*each, "first_course_hour"], observed=True)
    runs = runs.agg(steroid_hour=("start", "max"), last_dose=("hour", "max")).reset_index()
    recent = (runs.first_course_hour - runs.last_dose).round(6) <= PAUSE
    long = (runs.first_course_hour - runs.steroid_hour).round(6) >= REFRACTORY
    return runs.loc[recent & long, [*each, "steroid_hour"]]


def endpoints(
    grades: pd.DataFrame,
    icans: pd.DataFrame,
    given: pd.DataFrame,
    treatments: pd.DataFrame,
    neuro: pd.DataFrame,
) -> pd.DataFrame:
    each = ["patient_id", "episode"]
    first = given.dropna(subset="episode").groupby(each, observed=True)
    first = first.agg(first_course_hour=("hour", "min"), courses=("hour", "size")).reset_index()
    treated = icans[[*each, "onset_hour"]].merge(first, on=each)
    treated = treated.merge(steroid_hours(treatments, treated), on=each, how="left")

    graded = grades.loc[grades.grade.notna(), ["patient_id", "hour", "grade"]]
    found = pd.concat([graded, neuro.loc[neuro.ice.notna(), ["patient_id", "hour", "ice"]]])
    seen = found[found.patient_id.isin(treated.patient_id)].merge(treated, on="patient_id")
    seen = seen[seen.hour >= seen.onset_hour].groupby([*each, "hour"], observed=True)
    seen = seen.agg(grade=("grade", "max"), ice=("ice", "min")).reset_index()  # sorted by hour
    seen = seen.merge(treated, on=each)

    before = seen[seen.hour <= seen.first_course_hour]
    on_steroid = before[before.hour >= before.steroid_hour]
    graded = before.groupby(each, observed=True).agg(
        peak=("grade", "max"), baseline_grade=("grade", "last"), baseline_ice=("ice", "last")
    )
    graded["on_steroid"] = on_steroid.groupby(each, observed=True).grade.first()
    graded["last_hour"] = seen.dropna(subset="grade").groupby(each, observed=True).hour.max()
    refractory = (graded.baseline_grade >= 1) & (graded.baseline_grade >= graded.on_steroid)
    graded["indication"] = np.select([graded.peak >= 3, refractory], ["severe", "steroid_refractory"], None)
    treated = treated.merge(graded.reset_index(), on=each)

    after = seen.merge(treated[[*each, "baseline_grade"]], on=each)
    after = after[after.hour > after.first_course_hour]
    better = after.grade.isna() | (after.grade < after.baseline_grade)
    to_ten = np.where(after.ice.notna(), (after.ice >= 10) & better, after.grade <= 0)
    severe = after.baseline_grade >= 3
    met, above = np.where(severe, after.grade <= 1, to_ten), after.grade > np.where(severe, 1, 0)
    after = after.assign(met=after.hour.where(met), above=after.hour.where(above))
    reached = after.groupby(each, observed=True).agg(remission_hour=("met", "min"), last_above=("above", "max"))
    found = treated.merge(reached.reset_index(), on=each, how="left")
    lined = found.baseline_grade.between(1, 4)
    found["remission_hour"] = found.remission_hour.where(lined)
    found["remission"] = found.remission_hour.notna().astype("boolean").where(lined)
    back = (found.last_above > found.remission_hour).astype("boolean")
    found["recurrence"] = back.where(found.remission_hour.notna())
    found["hours_from_onset"] = (found.first_course_hour - found.onset_hour).round(6)
    found["hours_to_remission"] = (found.remission_hour - found.first_course_hour).round(6)
    return found.drop(columns=["onset_hour", "steroid_hour", "peak", "on_steroid", "last_above"])


def keep(table: pd.DataFrame, file: Path) -> None:
    grades = {name: "Int8" for name in table.columns if "grade" in name and name != "grade_days"}
    table.astype(grades).to_parquet(file, index=False)


def main(cohort: Path, out: Path) -> None:
    start = time.perf_counter()
    tables = read(cohort)
    icans = icans_grades(tables["neuro"], tables["patients"], tables["events"])
    crs = crs_grades(tables["crs"])
    found = episodes(icans)
    given = courses(tables["treatments"], found)
    reached = endpoints(icans, found, given, tables["treatments"], tables["neuro"])
    keep(pd.concat([icans, crs], ignore_index=True), out / "grades.parquet")
    both = [found.assign(toxicity="icans"), episodes(crs).assign(toxicity="crs")]
    keep(pd.concat(both, ignore_index=True), out / "episodes.parquet")
    keep(given, out / "courses.parquet")
    keep(reached, out / "endpoints.parquet")
    (out / "seconds.json").write_text(json.dumps({"deriving": time.perf_counter() - start}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
