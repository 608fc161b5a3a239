"""What the patient-level figures draw: small tables as plain rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Rows = dict[str, list[Row]]
"""Rows by the name that layers draw them by."""


@dataclass(frozen=True)
class FigureData:
    """Plain rows for the figures; every time is in days from infusion unless said.

    Parameters
    ----------
    total
        Infusions of the study, drawn or not.
    patients
        An infusion of a patient, those with the highest ICANS grade first: ``key`` (names it in the other rows),
        ``patient_id``, ``name`` (as drawn), ``icans`` and ``crs`` (highest grade known to be reached, None where never
        assessed), ``onset``, ``death``, ``death_due_to_icans``, ``progression``, ``last_contact``, ``until`` (death,
        last contact or the next infusion: nothing is observed after it).
    days
        A patient-day with an assessment: ``key``, ``toxicity``, ``day``, ``low`` and ``high`` (bounds of the worst
        grade; they differ where it is open), ``assessments``.
    doses
        A patient-day with another drug against CRS or ICANS: ``key``, ``day``, ``drug``, ``doses``.
    steroids
        A patient-day with a systemic corticosteroid: ``key``, ``day``, ``mg`` (as dexamethasone, None where not known).
    courses
        A course of the intervention: ``key``, ``time``, ``course``, ``drugs``.
    episodes
        An episode of ICANS: ``key``, ``episode``, ``onset``, ``peak``, ``peak_grade``, ``end``, ``resolved``.
    endpoints
        A treated episode: ``key``, ``episode``, ``baseline_grade``, ``first_course``, ``remission``,
        ``remission_time``, ``last_assessed``, ``evaluable`` (the first one with an indication the study asks about).
    around
        An assessment around the first course of an episode: ``key``, ``episode``, ``hours`` (from the first course),
        ``low``, ``high``, ``ice``.
    pairs
        A before-after pair of an evaluable patient: ``key``, ``name``, ``specimen``, ``analyte``, ``unit``, ``before``,
        ``before_limit``, ``after``, ``after_limit``, ``pairs`` (how many there are of its kind, drawn or not).
    by_day
        Where there are more patients than are drawn, all infusions counted: ``toxicity``, ``day``, ``state`` (a grade,
        or open), ``patients``.
    times
        Likewise, first episodes counted: ``panel`` (onset, peak, duration, remission), ``value`` (days), ``grade``,
        ``reached`` (False where observation ended before), ``patients``, ``told``.
    """

    total: int = 0
    patients: list[Row] = field(default_factory=list)
    days: list[Row] = field(default_factory=list)
    doses: list[Row] = field(default_factory=list)
    steroids: list[Row] = field(default_factory=list)
    courses: list[Row] = field(default_factory=list)
    episodes: list[Row] = field(default_factory=list)
    endpoints: list[Row] = field(default_factory=list)
    around: list[Row] = field(default_factory=list)
    pairs: list[Row] = field(default_factory=list)
    by_day: list[Row] = field(default_factory=list)
    times: list[Row] = field(default_factory=list)

    @property
    def left_out(self) -> int:
        """Infusions that are not drawn one by one."""
        return self.total - len(self.patients)

    @property
    def row(self) -> str:
        """What a row is: a patient, or an infusion where a patient had several."""
        return "patient" if len(self.patients) == len({row["patient_id"] for row in self.patients}) else "infusion"

    @property
    def drawn(self) -> str:
        """Which infusions are drawn, as a sentence; empty where all are."""
        if not self.left_out:
            return ""
        drawn = f"{len(self.patients):,} of {self.total:,} infusions"
        return f"Drawn are {drawn}: those of the patients with the highest ICANS grade."
