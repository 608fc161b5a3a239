"""Courses of the intervention (docs/decisions/0021-courses.md) and corticosteroids (0022-steroids.md)."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from tests.twin.records import Placed, Row, grouped

LABEL_MG = {
    "dexamethasone": Fraction("0.75"),
    "betamethasone": Fraction("0.75"),
    "methylprednisolone": Fraction(4),
    "triamcinolone": Fraction(4),
    "prednisolone": Fraction(5),
    "prednisone": Fraction(5),
    "hydrocortisone": Fraction(20),
    "cortisone": Fraction(25),
}
"""The label's equivalent doses in mg."""
SALTS = ["sodium phosphate", "phosphate", "acetate", "sodium succinate", "succinate"]
MASS_IN_MG = {"mg": Fraction(1), "g": Fraction(1000), "mcg": Fraction(1, 1000)}


def plain(text: str | None) -> str | None:
    return None if text is None else text.strip().lower()


def given(treatments: list[Row]) -> list[Row]:
    return [row for row in treatments if row["dose"] is None or row["dose"] > 0]


def courses(records: Placed, episodes: list[Row], protocol: Row) -> list[Row]:
    intervention, quiet = protocol["intervention"], protocol["episodes"]["quiet_hours"]
    drugs, routes = ({plain(name): name.strip() for name in intervention[those]} for those in ("drugs", "routes"))
    doses = [row for row in given(records.tables["treatments"]) if plain(row["drug"]) in drugs]
    if routes:
        doses = [row for row in doses if plain(row["route"]) in routes]
    found = []
    for (patient, infusion), rows in grouped(doses, "patient_id", "infusion"):
        rows.sort(key=lambda row: row["hour"])
        together: list[list[Row]] = []
        for row in rows:
            if together and row["hour"] - together[-1][-1]["hour"] <= intervention["together_hours"]:
                together[-1].append(row)
            else:
                together.append([row])
        own = [e for e in episodes if (e["patient_id"], e["infusion"], e["toxicity"]) == (patient, infusion, "icans")]
        for number, course in enumerate(together, 1):
            hour = course[0]["hour"]
            during = [e["episode"] for e in own if e["onset_hour"] <= hour <= last_hour(e, quiet)]
            found.append(
                {
                    "patient_id": patient,
                    "infusion": infusion,
                    "episode": during[0] if during else None,
                    "course": number,
                    "hour": hour,
                    "drugs": ";".join(sorted({drugs[plain(row["drug"])] for row in course})),
                    "doses": len(course),
                }
            )
    return found


def last_hour(episode: Row, quiet: Fraction) -> Fraction:
    end: Fraction = episode["end_hour"]
    return end if episode["resolved"] else end + quiet


def systemic(records: Placed, protocol: Row) -> list[Row]:
    """Give the doses of systemic corticosteroid, each with ``mg`` of dexamethasone, None where not known."""
    found, routes = [], [None, *map(plain, protocol["steroids"]["routes"])]
    for row in given(records.tables["treatments"]):
        drug, route = plain(row["drug"]) or "", plain(row["route"])
        base = next((drug.removesuffix(salt).strip() for salt in SALTS if drug.endswith(f" {salt}")), drug)
        if (base in LABEL_MG or base == "steroids") and route in routes:
            unit = MASS_IN_MG.get(plain(row["dose_unit"]) or "")
            known = base in LABEL_MG and row["dose"] is not None and unit is not None
            found.append(
                row | {"mg": row["dose"] * unit * LABEL_MG["dexamethasone"] / LABEL_MG[base] if known else None}
            )
    return found


def steroids(records: Placed, protocol: Row) -> list[Row]:
    doses = [row | {"day": floor(row["hour"] / 24)} for row in systemic(records, protocol)]
    found = []
    for (patient, infusion, day), rows in grouped(doses, "patient_id", "infusion", "day"):
        amounts = [row["mg"] for row in rows]
        total = None if None in amounts else sum(amounts)
        key = {"patient_id": patient, "infusion": infusion, "day": day}
        found.append(key | {"dexamethasone_equivalent_mg": total})
    return found
