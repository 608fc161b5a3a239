"""Remission, time to it, survival, and change of biomarkers."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from tests.twin.records import Row
from tests.twin.results_curves import (
    Observed,
    Step,
    aalen_johansen,
    at,
    at_risk,
    exact_hours,
    kaplan_meier,
    median_incidence,
    median_survival,
    reversed_status,
)
from tests.twin.results_pairs import (
    bounds,
    change,
    direction,
    hodges_lehmann,
    median_between,
    sign_test,
    wilcoxon,
)
from tests.twin.results_rows import NOT_REACHED, Block, Key, Rows, numeric, rate
from tests.twin.results_study import Made

DAY = Fraction(24)
MONTH = DAY * Fraction("30.4375")


def remission(study: Made) -> Rows:
    answers = {patient: row["remission"] for patient, row in study.evaluated.items()}
    rows = rate(Block("remission", None, "remission"), answers)
    for indication in study.protocol["population"]["indications"]:
        those = {p: answers[p] for p, row in study.evaluated.items() if row["indication"] == indication}
        rows |= rate(Block("remission", indication, "remission"), those)
    again = {p: study.evaluated[p]["recurrence"] for p, answer in answers.items() if answer}
    return rows | rate(Block("recurrence", None, "recurrence"), again)


def time_to_remission(study: Made) -> Rows:
    responders = {p: row for p, row in study.evaluated.items() if row["remission"]}
    block = Block("time_to_remission", None, "days_to_remission")
    numeric(block, {p: row["hours_to_remission"] / 24 for p, row in responders.items()}, "days")
    observed = times(study, "remission", study.evaluated)
    transform = study.protocol["survival"]["interval"]
    steps = aalen_johansen(observed)
    middle, (low, high) = median_incidence(steps, transform)
    for statistic, hours in (("median_all", middle), ("ci_low", low), ("ci_high", high)):
        reason = NOT_REACHED if observed and statistic == "median_all" else ""
        days = None if hours is None else float(hours / DAY)
        block.put(statistic, days, observed, unit="days", reason=reason, named=f"({transform},")
    for day in study.protocol["remission"].get("landmarks_days", [1, 3, 7, 14]):
        landmark(block, observed, "incidence", steps, Fraction(day) * DAY, written(day, "day"), 0, transform)
        those = at_risk(observed, Fraction(day) * DAY)
        block.put("at_risk", len(those), those, n=len(observed), level=written(day, "day"), unit="")
    return block.rows


def landmark(
    block: Block,
    observed: Observed,
    statistic: str,
    steps: list[Step],
    time: Fraction,
    level: str,
    start: int,
    transform: str,
) -> None:
    value, (low, high) = at(steps, time, start, transform)
    for name, number in ((statistic, value), ("ci_low", low), ("ci_high", high)):
        percent = None if number is None else 100 * number
        block.put(name, percent, observed, level=level, unit="%", named=f"({transform},")


def times(study: Made, endpoint: str, patients: Collection[str]) -> Observed:
    return {
        row["patient_id"]: (exact_hours(row["time_days"]), row["event"])
        for row in study.derived["survival"]
        if row["endpoint"] == endpoint and row["patient_id"] in patients
    }


def written(number: float, unit: str) -> str:
    return f"{number:g} {unit}" if number == 1 else f"{number:g} {unit}s"


def survival(study: Made, found: Collection[Key]) -> Rows:
    """Give every row; `found` says at which regular times numbers at risk are given."""
    transform = study.protocol["survival"]["interval"]
    rows: Rows = {}
    for group, patients in study.groups():
        for endpoint in ("os", "pfs"):
            observed = times(study, endpoint, patients)
            block = Block("survival", group, endpoint, rows)
            events = [patient for patient, (_, event) in observed.items() if event]
            missing = set(patients) - observed.keys()
            block.put("n", len(observed), observed, unit="")
            block.put("events", len(events), events, n=len(observed), unit="")
            block.put("missing", len(missing), missing, n=len(patients), unit="")
            steps = kaplan_meier(observed)
            months(block, observed, steps, transform)
            for month in study.protocol["survival"].get("landmarks_months", [3, 6, 12]):
                level = written(month, "month")
                landmark(block, observed, "survival", steps, Fraction(month) * MONTH, level, 1, transform)
            named = {
                written(month, "month") for month in study.protocol["survival"].get("landmarks_months", [3, 6, 12])
            }
            regular = {key[3] for key in found if key[:3] == ("survival", group, endpoint) and key[4] == "at_risk"}
            for point in {*named, *regular}:
                those = at_risk(observed, Fraction(str(point).split()[0]) * MONTH)
                block.put("at_risk", len(those), those, n=len(observed), level=point, unit="")
        followed = reversed_status(times(study, "os", patients))
        block = Block("survival", group, "follow_up", rows)
        block.put("n", len(followed), followed, unit="")
        months(block, followed, kaplan_meier(followed), transform)
    return rows


def months(block: Block, observed: Observed, steps: list[Step], transform: str) -> None:
    middle, (low, high) = median_survival(steps, transform)
    for statistic, hours in (("median", middle), ("ci_low", low), ("ci_high", high)):
        reason = NOT_REACHED if observed and statistic == "median" and block.variable != "follow_up" else ""
        value = None if hours is None else float(hours / MONTH)
        block.put(statistic, value, observed, unit="months", reason=reason, named=f"({transform},")


def biomarkers(study: Made) -> Rows:
    of: dict[tuple[str, str], list[Row]] = {}
    for row in study.derived["biomarkers"]:
        treated = study.evaluated.get(row["patient_id"])
        if treated and treated["infusion"] == row["infusion"]:
            of.setdefault((row["specimen"], row["analyte"]), []).append(row)
    rows: Rows = {}
    for (specimen, analyte), pairs in of.items():
        change_of(Block("biomarkers", specimen, analyte, rows), pairs)
    return rows


def change_of(block: Block, rows: list[Row]) -> None:
    pairs = {row["patient_id"]: row for row in rows if row["before"] is not None and row["after"] is not None}
    unpaired = {row["patient_id"] for row in rows} - pairs.keys()
    block.put("n", len(pairs), pairs, unit="")
    block.put("unpaired", len(unpaired), unpaired, n=len(rows), unit="")
    limited = [p for p, row in pairs.items() if row["before_limit"] or row["after_limit"]]
    block.put("limited", len(limited), limited, n=len(pairs), unit="")
    went = {
        p: direction(row["before"], row["before_limit"], row["after"], row["after_limit"]) for p, row in pairs.items()
    }
    for name in ("rose", "fell", "unchanged", "undetermined"):
        those = [p for p, direction in went.items() if direction == name]
        block.put(name, len(those), those, n=len(pairs), unit="")
    before = [bounds(row["before"], row["before_limit"]) for row in pairs.values()]
    after = [bounds(row["after"], row["after_limit"]) for row in pairs.values()]
    changes = [change(one, other) for one, other in zip(before, after, strict=True)]
    medians = {"before": before, "after": after, "change": changes}
    counted = [direction for direction in went.values() if direction in {"rose", "fell"}]
    if limited:
        estimate, interval = median_between(changes)
        p_value = sign_test(counted.count("rose"), counted.count("fell"))
    else:
        estimate, both = hodges_lehmann([low for low, _ in changes])
        interval, p_value = both or (None, None), wilcoxon([low for low, _ in changes])
    numbers = {f"median_{name}": median_between(values)[0] for name, values in medians.items()}
    numbers |= {"estimate": estimate, "ci_low": interval[0], "ci_high": interval[1]}
    units = {row["unit"] or "" for row in pairs.values()}
    unlike = "the pairs are in different units" if len(units) > 1 else ""
    unit = units.pop() if len(units) == 1 else ""
    for name, value in numbers.items():
        named = "Hodges-Lehmann" if not limited and not name.startswith("median") else "median"
        block.put(name, None if unlike else value, pairs, unit=unit, reason=unlike, named=named)
    test = "sign test" if limited else "signed-rank test"
    block.put("p_value", None if unlike else p_value, pairs, n=len(counted), unit="", reason=unlike, named=test)
