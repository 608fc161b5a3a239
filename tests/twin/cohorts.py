"""Small cohorts as wards chart them, made from seeds: ties, gaps, contradictions, records out of order."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from random import Random
from typing import Any

from tests.twin.crs import HYPOTENSION, OXYGEN
from tests.twin.icans import ANSWERS, CAPD_ITEMS, CONSCIOUSNESS, ICE_ITEMS, ICP, MOTOR, SEIZURE
from tests.twin.records import Day, Row, Tables

YES_NO = (True, False, None)
NEURO = dict.fromkeys(
    ["ice", *ICE_ITEMS, "capd", *CAPD_ITEMS, "consciousness", "seizure", "motor", "icp_edema", "other_cause"]
)
ICE_BY_SEVERITY = [(10, 10), (7, 9), (3, 6), (0, 2), (0, 0)]
DRUGS = (
    *("dexamethasone", "Methotrexate", " dexamethasone ", "methylprednisolone", "Prednisone", "hydrocortisone"),
    *("steroids", "dexamethasone sodium phosphate", "cortisone", "betamethasone", "tocilizumab"),
)
ROUTES = ("intrathecal", "intrathecal", "Intrathecal ", "intravenous", "oral", "inhaled", None)
EVENTS = ("death", "death_due_to_icans", "progression", "relapse", "last_contact", "next_therapy")


def cohort(random: Random, patients: int, step: Fraction) -> Tables:
    """Make records whose times are multiples of `step` hours from the first infusion."""
    found: Tables = {n: [] for n in ("patients", "infusions", "neuro", "crs", "treatments", "labs", "events")}
    for number in range(patients):
        name = f"P{number:03d}"
        found["patients"].append(
            {
                "patient_id": name,
                "age_years": random.choice([0.5, 11.99, 12.0, 12.01, 54.0, 54.0, 54.0, None]),
                "developmental_delay": random.choice([True, False, False, False, None]),
            }
        )
        starts = sorted(
            {Fraction(0), *(Fraction(random.choice([48, 240, 336])) for _ in range(random.choice([0, 0, 2])))}
        )
        for start in starts:
            found["infusions"].append({"patient_id": name, "infused_at": start})
            bedside(random, found, name, start, step)
            doses(random, found, name, start, step)
        ending(random, found, name, starts[-1], step)
    for rows in found.values():
        random.shuffle(rows)
    return found


def gap(random: Random, step: Fraction, hours: Sequence[float] = (0, 0.5, 1, 6, 6, 12, 24, 24, 48, 72, 73)) -> Fraction:
    return round(Fraction(random.choice(hours)) / step) * step


def bedside(random: Random, found: Tables, name: str, start: Fraction, step: Fraction) -> None:
    time, severity = start + gap(random, step) - gap(random, step), random.choice([0, 0, 1, 3])
    charting = random.choice(["signs", "signs", "recorded", "both", "mixed"])
    changes = random.choice([(-2, -1, -1, 0, 0, 0, 1, 1, 2), (-1, 0, 0, 0, 0, 1), (-3, -1, 0, 0, 0, 0, 0)])
    for _ in range(random.choice([0, 3, 12, 25])):
        severity = min(4, max(0, severity + random.choice(changes)))
        how = random.choice(["signs", "recorded", "both", "nothing"]) if charting == "mixed" else charting
        row = {"patient_id": name, "time": time, **NEURO, "icans_grade": None}
        if how in {"signs", "both"}:
            row |= signs(random, severity)
        if how in {"recorded", "both"}:
            row["icans_grade"] = severity if random.random() < 0.8 else random.randrange(6)
        found["neuro"].append(row)
        if random.random() < 0.05:
            found["neuro"].append(dict(row))
        if random.random() < 0.6:
            found["crs"].append({"patient_id": name, "time": time, **crs_signs(random, how)})
        time += gap(random, step)


def signs(random: Random, severity: int) -> Row:
    low, high = ICE_BY_SEVERITY[severity]
    row: Row = {}
    kind = random.choice(["ice", "ice", "ice", "items", "capd", "capd items", "none"])
    if kind == "ice" or random.random() < 0.1:
        row["ice"] = random.randint(low, high)
    if kind == "items":
        full = severity == 0 and random.random() < 0.8
        row |= {i: most if full else random.randint(0, most) for i, most in ICE_ITEMS.items() if random.random() < 0.93}
    if kind == "capd":
        row["capd"] = random.choice([0, 1, 8, 9, 32])
    if kind == "capd items":
        answers = ANSWERS if severity > 1 else ["never", "rarely"]
        row |= dict(zip(CAPD_ITEMS[4:], random.choices(answers, k=4), strict=True))
        row |= dict(zip(CAPD_ITEMS[:4], random.choices(ANSWERS[::-1][: len(answers)], k=4), strict=True))
        if random.random() < 0.3:
            row[random.choice(CAPD_ITEMS)] = None
    row["consciousness"] = random.choice(["awake"] * 8 + [None] * 4 + [*CONSCIOUSNESS, "not_assessable"])
    for column, values in (("seizure", SEIZURE), ("motor", MOTOR), ("icp_edema", ICP)):
        row[column] = random.choice(["none"] * 12 + [None] * 12 + [*values][severity > 2 :][:3] + ["none"] * 12)
    if random.random() < 0.15:
        domains = ["ice", "capd", "consciousness", "seizure", "motor", "icp_edema"]
        row["other_cause"] = ";".join(d for d in domains if random.random() < 0.4) or None
    return row


def crs_signs(random: Random, how: str) -> Row:
    signs = {
        "temperature_c": random.choice([36.5, 37.9, 38.0, 39.2, 39.2, None]),
        "hypotension": random.choice([*HYPOTENSION, "none", "none", None]),
        "vasopressors": random.choice([0, 0, 0, 1, 2, 3, None, None]),
        "vasopressin": random.choice([True, False, False, None, None]),
        "oxygen": random.choice([*OXYGEN, "none", "none", "none", "nasal_cannula", "nasal_cannula", None, None]),
        "oxygen_flow_l_min": random.choice([0.0, 2.0, 6.0, 6.5, None, None, None]),
    }
    if how == "recorded" or random.random() < 0.05:
        signs = dict.fromkeys(signs)
    return signs | {
        "fever_other_cause": random.choice([True, False, False, None, None, None, None]),
        "antipyretic_or_anticytokine": random.choice(YES_NO),
        "crs_grade": random.choice([0, 1, 2, 3, 4, 5]) if how in {"recorded", "both"} else None,
    }


def doses(random: Random, found: Tables, name: str, start: Fraction, step: Fraction) -> None:
    own = [row["time"] for row in found["neuro"] if row["patient_id"] == name and row["time"] >= start]
    for drug in random.sample(DRUGS, random.choice([0, 1, 3])) + ["dexamethasone"] * random.choice([0, 1, 2]):
        near = random.choice(own) if own and random.random() < 0.8 else start + gap(random, step)
        time = near + random.choice([0, 0, 1, -1]) * gap(random, step)
        route = random.choice(ROUTES)
        for _ in range(random.choice([1, 1, 2, 5])):
            found["treatments"].append(
                {
                    "patient_id": name,
                    "time": time,
                    "drug": drug,
                    "dose": random.choice([0.0, 5.0, 10.0, 40.0, 40.0, 0.1, None]),
                    "dose_unit": random.choice(["mg", "mg", "mg", "mg", "MG ", "g", "mcg", "mg/kg", None]),
                    "route": route,
                }
            )
            time += gap(random, step, (0, 6, 12, 12.5, 24, 48, 48.5))
    if own and random.random() < 0.4:
        found["treatments"] += steroid_course(random, name, random.choice(own), step)
    for _ in range(random.choice([0, 0, 8, 16])):
        near = random.choice(own) if own else start
        found["labs"].append(
            {
                "patient_id": name,
                "time": near + random.choice([0, 0, -1, 1]) * gap(random, step),
                "specimen": random.choice(["csf", "csf", "serum"]),
                "analyte": random.choice(["IL-6", "IL-6", " il-6", "protein"]),
                "value": random.choice([1.0, 2.5, 2.5, 100.0]),
                "unit": random.choice(["pg/mL"] * 9 + ["mg/L", None]),
                "limit": random.choice([None, None, None, "<", ">"]),
            }
        )


def steroid_course(random: Random, name: str, time: Fraction, step: Fraction) -> list[Row]:
    """Chart a corticosteroid day by day, with the intervention in the end."""
    course = {"patient_id": name, "drug": "dexamethasone", "dose": 10.0, "dose_unit": "mg", "route": "intravenous"}
    rows = []
    for _ in range(random.choice([1, 2, 4])):
        rows.append(course | {"time": time})
        time += gap(random, step, (6, 24, 24, 48))
    return [*rows, course | {"time": time, "drug": "methotrexate", "route": "intrathecal"}]


def ending(random: Random, found: Tables, name: str, start: Fraction, step: Fraction) -> None:
    own = [row["time"] for row in found["neuro"] if row["patient_id"] == name] or [Fraction(0)]
    for event in random.sample(EVENTS, random.choice([0, 1, 2, 3])):
        late = round(Fraction(random.choice([100, 1000, 5000])) / step) * step
        time = random.choice([max(own), max(own) + gap(random, step), start + late, random.choice(own), start])
        if event.startswith("death") and random.random() < 0.8:
            time = max(own) + random.choice([0, 1]) * gap(random, step)
        found["events"].append({"patient_id": name, "time": time, "event": event})


def on_calendars(random: Random, found: Tables) -> None:
    """Move each patient's times to a time of day, and write some of them, or all, as dates."""
    for patient in found["patients"]:
        infused, dates = random.choice([Fraction(0), Fraction(28, 3), Fraction(70, 3)]), random.choice([0, 0, 0.1, 1])
        for name, rows in found.items():
            column = "infused_at" if name == "infusions" else "time"
            for row in (row for row in rows if name != "patients" and row["patient_id"] == patient["patient_id"]):
                row[column] += infused
                if random.random() < dates:
                    row[column] = Day(floor(row[column] / 24))


def faults(random: Random, found: Tables) -> None:
    """Add rows that cannot be used: an impossible score, a patient who was never infused, an infusion charted twice."""
    found["neuro"].append(random.choice(found["neuro"]) | {"ice": 11})
    found["patients"].append({"patient_id": "P999", "age_years": 54.0, "developmental_delay": None})
    found["events"].append({"patient_id": "P999", "time": Fraction(24), "event": "death"})
    found["infusions"].append(dict(found["infusions"][0]))


def never_charted(random: Random, found: Tables) -> None:
    """Empty some columns in every row: a study that never charts a sign, or only grades."""
    signs = list(NEURO) if random.random() < 0.2 else random.sample(list(NEURO), 6)
    for row in found["neuro"]:
        row.update(dict.fromkeys(signs))
    observed = [column for column in found["crs"][0] if column not in {"patient_id", "time", "crs_grade"}]
    empty = observed if random.random() < 0.2 else random.sample(observed, 2)
    for row in found["crs"]:
        row.update(dict.fromkeys(empty))


def protocol(random: Random, *, cutoff: bool) -> dict[str, Any]:
    """Draw the definitions of a study."""
    rules = random.choice(
        [
            [{"baseline": [3, 4], "grade": 1}, {"baseline": [1, 2], "ice": 10, "grade_without_ice": 0}],
            [{"baseline": [2, 3, 4], "grade": 0}],
            [{"baseline": [4], "grade": 2}, {"baseline": [1, 2, 3], "ice": 8}],
        ]
    )
    windows = {"before_hours": random.choice([[-168.0, 0.0], [-48.0, 12.0]])}
    windows["after_hours"] = [windows["before_hours"][1] + random.choice([0, 0, 6]), 336.0]
    marker = {"analyte": "il-6", "specimen": "CSF"} | windows
    return {
        "grading": {
            "unrecorded": random.choice(["absent", "absent", "unknown"]),
            "instrument": random.choice(["by_age", "by_age", "ice", "capd"]),
        },
        "episodes": {"quiet_hours": random.choice([0, 24, 72]), "onset_grade": random.choice([1, 1, 1, 2, 3])},
        "population": {
            "indications": random.choice([["severe", "steroid_refractory"]] * 3 + [["severe"], ["steroid_refractory"]]),
            "severe_grade": random.choice([2, 3, 3, 4]),
            "refractory_hours": random.choice([0, 24, 72]),
        },
        "intervention": {
            "drugs": random.choice([["dexamethasone", "methotrexate"], ["Methotrexate ", " tocilizumab"]]),
            "routes": random.choice([["intrathecal"], ["Intrathecal ", "oral"], []]),
            "together_hours": random.choice([0, 12, 24]),
        },
        "remission": {
            "baseline": random.choice(["first_course", "peak"]),
            "hold_hours": random.choice([0, 24, 48]),
            "rules": rules,
        },
        "survival": {
            "origin": random.choice(["infusion", "onset", "first_course"]),
            "progression": random.choice(
                [["progression", "relapse"], ["relapse", "next_therapy", "progression"], ["next_therapy"]]
            ),
        }
        | ({"cutoff": "2024-04-20"} if cutoff else {}),
        "steroids": {"routes": random.choice([["intravenous", "oral"], [" Oral", "intrathecal"]])},
        "biomarkers": random.choice([[], [marker, {"analyte": "protein", "specimen": "serum"}]]),
    }
