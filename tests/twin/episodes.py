"""Runs of toxicity: docs/decisions/0020-episodes.md."""

from __future__ import annotations

from tests.twin.grades import settled
from tests.twin.records import Row, grouped


def episodes(graded: list[Row], protocol: Row) -> list[Row]:
    quiet, onset = protocol["episodes"]["quiet_hours"], protocol["episodes"]["onset_grade"]
    found = []
    for (patient, infusion, toxicity), rows in grouped(graded, "patient_id", "infusion", "toxicity"):
        course = settled(rows)
        toxic = [row for row in course if row["grade"] >= onset]
        runs: list[list[Row]] = []
        for row in toxic:
            if runs and row["hour"] - runs[-1][-1]["hour"] <= quiet:
                runs[-1].append(row)
            else:
                runs.append([row])
        for number, run in enumerate(runs, 1):
            next_onset = runs[number][0]["hour"] if number < len(runs) else None
            key = {"patient_id": patient, "infusion": infusion, "toxicity": toxicity, "episode": number}
            found.append(key | episode(run, course, next_onset))
    return found


def episode(run: list[Row], course: list[Row], next_onset: object) -> Row:
    first, last = run[0]["hour"], run[-1]["hour"]
    peak = max(row["grade"] for row in run)
    after = [row["hour"] for row in course if row["hour"] > last and (next_onset is None or row["hour"] < next_onset)]
    resolved = bool(after) and peak < 5
    end = after[0] if resolved else last
    inside = [row for row in course if first <= row["hour"] <= last]
    until = [row["hour"] for row in inside[1:]] + [end]
    area = sum(row["grade"] * (stop - row["hour"]) for row, stop in zip(inside, until, strict=True)) / 24
    return {
        "onset_hour": first,
        "peak_grade": peak,
        "peak_hour": next(row["hour"] for row in run if row["grade"] == peak),
        "end_hour": end,
        "resolved": resolved,
        "duration_hours": end - first,
        "grade_days": area,
        "assessments": len(inside),
    }
