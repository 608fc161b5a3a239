"""Doubts about the study as a whole: what the protocol says of times, and what the records show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from icans.records.findings import Finding

if TYPE_CHECKING:
    import ibis

    from icans.engines import Engine
    from icans.protocol import Protocol
    from icans.records.tables import Records


def study_findings(records: Records, protocol: Protocol, engine: Engine) -> list[Finding]:
    """Find what the protocol says of times that the records do not bear out."""
    return [
        *_cutoff_without_dates(protocol),
        *_hours_for_days(records, protocol, engine),
    ]


def _cutoff_without_dates(protocol: Protocol) -> list[Finding]:
    if protocol.survival.cutoff is None or protocol.records.time == "dates":
        return []
    return [
        Finding(
            severity="warning",
            file="study.toml",
            column="[survival] cutoff",
            value=f"{protocol.survival.cutoff}",
            problem=f"cannot be applied, because times are in {protocol.records.time} from infusion",
            advice="Give times as dates, or take the cutoff out and cut the records themselves.",
        )
    ]


def _hours_for_days(records: Records, protocol: Protocol, engine: Engine) -> list[Finding]:
    declared = protocol.records.time
    name = next((table for table in ("neuro", "crs") if table in records.present), "")
    if declared == "dates" or not name:
        return []
    found = engine.rows(_rhythm(getattr(records, name), 24.0 if declared == "days" else 1.0))[0]
    other = _rather(found, declared)
    if not other:
        return []
    return [
        Finding(
            severity="note",
            file=name,
            column="time",
            problem=f"assessments of a patient are about {found['gap']:.0f} {declared} apart: times may be in {other}",
            advice=f'If they are, set [records] time = "{other}" in study.toml.',
        )
    ]


def _rhythm(table: ibis.Table, hours: float) -> ibis.Table:
    """Measure, in the unit declared, how times are spaced.

    One row: ``gap`` (float64, median over patients of the mean time between assessments), ``rows`` (float64, median
    number of assessments), ``latest`` (float64), ``whole`` and ``even`` (boolean, every time is).
    """
    time = (table.hour / hours).round(6)
    each = table.group_by("patient_id").agg(
        rows=time.count(), first=time.min(), last=time.max(), whole=(time % 1 == 0).all(), even=(time % 2 == 0).all()
    )
    first, last = each["first"], each["last"]
    return each.agg(
        gap=((last - first) / (each.rows - 1).nullif(0)).median(),
        rows=each.rows.median(),
        latest=last.max(),
        whole=each.whole.all(),
        even=each.even.all(),
    )


def _rather(found: dict[str, Any], declared: str) -> str:
    """Say which unit fits better, empty where the declared one may be right.

    Nobody assesses patients every hour or two for days, and only at full hours; assessments four to 24 "days" apart,
    all on even ones, look like rounds every four to 24 hours.
    """
    if found["gap"] is None or found["rows"] < 5 or not found["whole"]:
        return ""
    if declared == "hours" and found["gap"] <= 2 and found["latest"] <= 60:
        return "days"
    if declared == "days" and 4 <= found["gap"] <= 24 and found["even"] and found["latest"] >= 48:
        return "hours"
    return ""
