"""Highest grades, first episodes, and exposure to the intervention and to corticosteroids."""

from __future__ import annotations

from tests.twin.records import Row
from tests.twin.results_curves import Observed, exact_hours, kaplan_meier, median_survival
from tests.twin.results_rows import NOT_REACHED, Block, Rows, numeric
from tests.twin.results_study import Made, by_patient, highest, known


def toxicity(study: Made) -> Rows:
    rows: Rows = {}
    for name in ("icans", "crs"):
        assessed = study.after_infusion(name)
        of_name = [row for row in study.derived["episodes"] if row["toxicity"] == name and row["onset_hour"] >= 0]
        episodes = by_patient(sorted(of_name, key=lambda row: (row["infusion"], row["episode"])))
        for group, patients in study.groups():
            graded = {patient: assessed.get(patient, []) for patient in patients}
            rows |= highest_grades(Block("toxicity", group, f"{name}_max_grade"), graded)
            mine = {patient: episodes[patient] for patient in patients if patient in episodes}
            rows |= first_episodes(study, group, name, mine)
    return rows


def highest_grades(block: Block, graded: dict[str, list[Row]]) -> Rows:
    assessed = {patient: rows for patient, rows in graded.items() if rows}
    settled, is_open = {}, {}
    for patient, rows in assessed.items():
        top, at_least = highest(rows)
        if top is None or (at_least is not None and at_least > top):
            is_open[patient] = at_least
        else:
            settled[patient] = top
    numeric(block, settled, "grade")
    unassessed = graded.keys() - assessed.keys()
    block.put("missing", len(unassessed), unassessed, n=len(settled) + len(unassessed), unit="")
    block.put("open", len(is_open), is_open, n=len(assessed), unit="")
    at = {str(grade): [p for p, top in settled.items() if top == grade] for grade in range(6)}
    at |= {f">={low} (open)": [p for p, least in is_open.items() if least == low] for low in is_open.values()}
    at |= {f">={grade}": [p for p, rows in assessed.items() if known(rows) >= grade] for grade in range(1, 6)}
    for level, patients in at.items() if assessed else ():
        block.put("n", len(patients), patients, n=len(assessed), level=level, unit="")
        share = 100 * len(patients) / len(assessed) if assessed else None
        block.put("percent", share, patients, n=len(assessed), level=level, unit="%")
    return block.rows


def first_episodes(study: Made, group: str | None, name: str, episodes: dict[str, list[Row]]) -> Rows:
    first = {patient: rows[0] for patient, rows in episodes.items()}
    rows: Rows = {}
    for variable, column in (("onset", "onset_hour"), ("peak", "peak_hour")):
        block = Block("toxicity", group, f"{name}_{variable}_days", rows)
        numeric(block, {patient: row[column] / 24 for patient, row in first.items()}, "days")
    numeric(Block("toxicity", group, f"{name}_episodes", rows), {p: len(own) for p, own in episodes.items()})
    block = Block("toxicity", group, f"{name}_duration_days", rows)
    numeric(block, {p: row["duration_hours"] / 24 for p, row in first.items() if row["resolved"]}, "days")
    unresolved = [patient for patient, row in first.items() if not row["resolved"]]
    block.put("unresolved", len(unresolved), unresolved, n=len(first), unit="")
    observed: Observed = {
        patient: (exact_hours(row["duration_hours"] / 24), int(row["resolved"])) for patient, row in first.items()
    }
    transform = study.protocol["survival"]["interval"]
    median, (low, high) = median_survival(kaplan_meier(observed), transform)
    for statistic, hours in (("median_all", median), ("ci_low", low), ("ci_high", high)):
        reason = NOT_REACHED if observed and statistic == "median_all" else ""
        days = None if hours is None else float(hours / 24)
        block.put(statistic, days, observed, unit="days", reason=reason, named=f"({transform},")
    return rows


def exposure(study: Made) -> Rows:
    doses: dict[str, int] = {}
    amounts: dict[str, float | None] = {}
    days: dict[str, int] = {}
    for patient, treated in study.evaluated.items():
        given = [row for row in study.derived["courses"] if same(row, treated, "episode")]
        doses[patient] = sum(row["doses"] for row in given)
        steroid = [row for row in study.derived["steroids"] if same(row, treated) and row["day"] >= 0]
        mg = [row["dexamethasone_equivalent_mg"] for row in steroid]
        amounts[patient] = None if None in mg else sum(mg)
        days[patient] = len(steroid)
    taken = {p: row["hours_from_onset"] for p, row in study.evaluated.items()}
    rows: Rows = {}
    numeric(Block("exposure", None, "hours_onset_to_first_course", rows), taken, "hours")
    numeric(Block("exposure", None, "courses", rows), {p: row["courses"] for p, row in study.evaluated.items()})
    numeric(Block("exposure", None, "doses", rows), doses)
    numeric(Block("exposure", None, "dexamethasone_equivalent_mg", rows), amounts, "mg")
    numeric(Block("exposure", None, "steroid_days", rows), days)
    return rows


def same(row: Row, treated: Row, *more: str) -> bool:
    return all(row[column] == treated[column] for column in ("patient_id", "infusion", *more))
