"""Treated episodes: docs/decisions/0024-remission.md and 0025-indication.md."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.twin.exposure import systemic
from tests.twin.grades import settled
from tests.twin.icans import ICE_ITEMS
from tests.twin.records import Placed, Row, between, grouped

PAUSE, WEEK = 48, 168


def endpoints(records: Placed, derived: dict[str, list[Row]], protocol: Row) -> list[Row]:
    doses = systemic(records, protocol)
    during = [course for course in derived["courses"] if course["episode"] is not None]
    found = []
    for (patient, infusion, number), courses in grouped(during, "patient_id", "infusion", "episode"):
        key = {"patient_id": patient, "infusion": infusion}
        icans = [row for row in derived["grades"] if row["toxicity"] == "icans" and same(row, key)]
        onset = next(
            row["onset_hour"]
            for row in derived["episodes"]
            if same(row, key | {"toxicity": "icans", "episode": number})
        )
        seen = moments(settled(icans), records.of("neuro", patient, infusion))
        first = min(course["hour"] for course in courses)
        start = steroid_start([row["hour"] for row in doses if same(row, key)], first)
        found.append(
            key
            | {
                "episode": number,
                "first_course_hour": first,
                "hours_from_onset": between(onset, first),
                "courses": len(courses),
            }
            | before(seen, onset, first, start, protocol)
            | {"last_hour": max(hour for hour, (grade, _) in seen.items() if grade is not None)}
        )
        found[-1] |= after(seen, found[-1], protocol["remission"])
    return found


def same(row: Row, key: Row) -> bool:
    return all(row[name] == value for name, value in key.items())


def moments(grades: list[Row], neuro: list[Row]) -> dict[Fraction, tuple[int | None, int | None]]:
    """Give, hour by hour, the worst settled grade and the lowest ICE score."""
    scores: dict[Fraction, int] = {}
    for row in neuro:
        score = ice_score(row)
        if score is not None:
            scores[row["hour"]] = min(score, scores.get(row["hour"], 10))
    worst = {row["hour"]: row["grade"] for row in grades}
    return {hour: (worst.get(hour), scores.get(hour)) for hour in sorted({*worst, *scores})}


def ice_score(row: Row) -> int | None:
    if row["ice"] is not None:
        return int(row["ice"])
    items = [row[item] for item in ICE_ITEMS]
    return None if None in items else sum(items)


def steroid_start(hours: list[Fraction], first: Fraction) -> Fraction | None:
    """Give the first hour of the run of doses that goes on up to the first course."""
    run_end = first
    for hour in sorted((h for h in hours if -WEEK <= h <= first), reverse=True):
        if run_end - hour > PAUSE:
            break
        run_end = hour
    started = [hour for hour in hours if hour == run_end]
    return run_end if started else None


def before(seen: dict[Fraction, Any], onset: Fraction, first: Fraction, start: Fraction | None, protocol: Row) -> Row:
    graded = [(hour, grade) for hour, (grade, _) in seen.items() if onset <= hour <= first and grade is not None]
    scores = [ice for hour, (_, ice) in seen.items() if onset <= hour <= first and ice is not None]
    peak, last = max(grade for _, grade in graded), graded[-1][1]
    indication = None
    if peak >= protocol["population"]["severe_grade"]:
        indication = "severe"
    elif start is not None and first - start >= protocol["population"]["refractory_hours"]:
        on_steroid = [grade for hour, grade in graded if hour >= start]
        if on_steroid and on_steroid[-1] >= 1 and on_steroid[-1] >= on_steroid[0]:
            indication = "steroid_refractory"
    return {
        "indication": indication,
        "baseline_grade": peak if protocol["remission"]["baseline"] == "peak" else last,
        "baseline_ice": scores[-1] if scores else None,
    }


def after(seen: dict[Fraction, Any], row: Row, definition: Row) -> Row:
    """Give remission and recurrence by the rule that names the baseline grade."""
    rule = next((rule for rule in definition["rules"] if row["baseline_grade"] in rule["baseline"]), None)
    answer: Row = {"remission": None, "remission_hour": None, "hours_to_remission": None, "recurrence": None}
    if rule is None:
        return answer
    later = {hour: moment for hour, moment in seen.items() if hour > row["first_course_hour"]}
    judged = {hour: met(rule, row["baseline_grade"], *moment) for hour, moment in later.items()}
    judged = {hour: verdict for hour, verdict in judged.items() if verdict is not None}
    hold = definition["hold_hours"]
    for hour, verdict in judged.items():
        lost = any(not other for at, other in judged.items() if hour < at <= hour + hold)
        if verdict and not lost and max(judged) >= hour + hold:
            line = rule.get("grade", 0)
            back = any(grade is not None and grade > line for at, (grade, _) in later.items() if at > hour)
            taken = between(row["first_course_hour"], hour)
            return {"remission": True, "remission_hour": hour, "hours_to_remission": taken, "recurrence": back}
    return answer | {"remission": False}


def met(rule: Row, baseline: int, grade: int | None, ice: int | None) -> bool | None:
    """Tell whether a moment is at the finish line; None where it cannot be judged."""
    line = rule.get("grade")
    if "ice" in rule:
        if ice is not None:
            return ice >= rule["ice"] and (grade is None or grade < baseline)
        line = rule.get("grade_without_ice")
    return None if line is None or grade is None else grade <= line


def evaluable(endpoints: list[Row], protocol: Row) -> dict[str, Row]:
    """Give each patient's first treated episode with one of the study's indications."""
    found: dict[str, Row] = {}
    for row in sorted(endpoints, key=lambda row: (row["infusion"], row["episode"])):
        if row["indication"] in protocol["population"]["indications"]:
            found.setdefault(row["patient_id"], row)
    return found
