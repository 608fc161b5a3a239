"""Agreement: the grade the clinic recorded against the grade its signs give."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from icans.protocol import Protocol
from icans.results.cohort import Cohort, Mask, Positions
from icans.results.columns import kept
from icans.results.gathered import TOXICITIES, Assessed, Gathered
from icans.results.rows import Result, Subject
from icans.results.summaries import estimated
from icans.stats.agreement import agreement as agreement_of
from icans.stats.agreement import cross_table
from icans.stats.arrays import Floats

ANALYSIS = "agreement"
SEVERITIES = ("none", "mild", "severe")
DEPENDENT = "each assessment taken as independent"


@dataclass(frozen=True)
class Pairs:
    """Two grades of the same assessments or patients.

    Parameters
    ----------
    one, other
        The grades, NaN where one is open or not given.
    times
        How many assessments or patients have this pair.
    patient
        Where the patient of each stands in the cohort; None where there are too many to name.
    """

    one: Floats
    other: Floats
    times: Floats
    patient: Positions | None = None

    def names(self, which: Mask, cohort: Cohort) -> tuple[str, ...]:
        """Give the sorted ids of the patients with some of the pairs."""
        return () if self.patient is None else cohort.names(self.patient[which])


def agreement(study: Gathered | Assessed, protocol: Protocol) -> list[Result]:
    """Compare recorded with derived grades where both are there.

    Parameters
    ----------
    study
        The study as arrays.
    protocol
        Its definitions.

    Returns
    -------
    list of Result
        For ICANS and CRS, absent where no assessment has both grades: ``icans_grade`` (assessments),
        ``icans_max_grade`` (each patient's highest grade after infusion) and ``icans_severity`` (of that highest
        grade), with the statistics of `pair_rows`, a cell's recorded grade first; and ``outside`` for assessments.
    """
    return [row for toxicity in TOXICITIES for row in _toxicity(study, toxicity, protocol.population.severe_grade)]


def pair_rows(
    subject: Subject, cohort: Cohort, pairs: Pairs, *, counted: str, levels: tuple[str, ...] = ()
) -> list[Result]:
    """Give the agreement of two grades and their cross-table.

    Parameters
    ----------
    subject
        What is compared; its method says of which grades and under which assumption.
    cohort
        The patients.
    pairs
        The two grades.
    counted
        What is counted: assessments, patients.
    levels
        Names of the values, from 0; empty: they are grades, and kappa is given.

    Returns
    -------
    list of Result
        ``n`` (both grades settled), ``open`` (one or both not), ``agree``, ``disagree``, ``percent`` with ``ci_low``
        and ``ci_high``; for grades ``kappa``, ``linear_kappa`` and ``weighted_kappa`` (quadratic weights), each with
        ``_low`` and ``_high``; and ``n`` of each cell of the cross-table at a level such as ``2 x 3``.
    """
    table = cross_table(pairs.one, pairs.other, pairs.times)
    found = agreement_of(table)
    settled = ~(np.isnan(pairs.one) | np.isnan(pairs.other))
    same = pairs.one == pairs.other
    whole = replace(subject, n=found.n, patients=pairs.names(settled, cohort))

    def count(statistic: str, which: Mask, words: str, level: str | None = None) -> Result:
        about = replace(
            whole, patients=pairs.names(which, cohort), method=f"{subject.method}; {counted} {words}", level=level
        )
        return about.row(statistic, pairs.times[which].sum())

    rows = [
        count("n", settled, "with both grades"),
        replace(count("open", ~settled, "with one grade or both not settled, left out"), n=int(pairs.times.sum())),
        count("agree", settled & same, "on which both grades are equal"),
        count("disagree", settled & ~same, "on which the grades differ"),
        *estimated(replace(whole, unit="%"), found.proportion, ("percent", "ci_low", "ci_high"), 100),
    ]
    if not levels:
        rows += estimated(whole, found.kappa, ("kappa", "kappa_low", "kappa_high"))
        rows += estimated(whole, found.linear_kappa, ("linear_kappa", "linear_kappa_low", "linear_kappa_high"))
        weighted = ("weighted_kappa", "weighted_kappa_low", "weighted_kappa_high")
        rows += estimated(whole, found.quadratic_kappa, weighted)
    for one in table.grades.tolist():
        for other in table.grades.tolist():
            names = [levels[int(value)] if levels else f"{value:.0f}" for value in (one, other)]
            cell = (pairs.one == one) & (pairs.other == other)
            rows.append(count("n", cell, "in this cell of the cross-table", " x ".join(names)))
    return rows


def severity(grade: Floats, severe: int) -> Floats:
    """Give the group of a highest grade: 0 none, 1 mild, 2 severe; NaN where there is none."""
    return np.where(np.isnan(grade), np.nan, (grade >= 1).astype(np.float64) + (grade >= severe))


def severity_words(severe: int) -> str:
    """Say what the groups are."""
    mild = "grade 1" if severe == 2 else f"grade 1 to {severe - 1}"
    return f"none (grade 0), {'' if severe == 1 else f'mild ({mild}), '}severe (grade {severe} or more)"


def _toxicity(study: Gathered | Assessed, toxicity: str, severe: int) -> list[Result]:
    pairs = kept(study.grade_pairs, study.grade_pairs["toxicity"] == toxicity)
    settled = ~np.isnan(pairs["grade"])
    if not settled.any():
        return []
    cohort, counts = study.cohort, study.assessments[toxicity]
    words = "recorded against derived grade"
    subject = Subject(ANALYSIS, f"{toxicity}_grade", method=f"{words}, {DEPENDENT}")
    assessments = Pairs(
        pairs["recorded_grade"],
        pairs["grade"],
        pairs["assessments"],
        pairs["patient"].astype(np.int64) if "patient" in pairs else None,
    )
    rows = pair_rows(subject, cohort, assessments, counted="assessments")
    outside = replace(
        subject,
        n=int(pairs["assessments"][~settled].sum()),
        patients=cohort.names(counts["outside"] > 0),
        method="assessments whose derived grade is open and can be anything but the recorded one",
    )
    rows.insert(2, outside.row("outside", counts["outside"].sum()))
    highest = f"highest {words} of each patient after infusion, over the assessments with both"
    both = (counts["both_recorded"], counts["both_derived"])
    return [*rows, *_patients(cohort, *both, toxicity=toxicity, severe=severe, method=highest)]


def _patients(
    cohort: Cohort, recorded: Floats, derived: Floats, *, toxicity: str, severe: int, method: str
) -> list[Result]:
    who = np.flatnonzero(~np.isnan(recorded))
    one, other, times = recorded[who], derived[who], np.ones(who.size)
    highest = Subject(ANALYSIS, f"{toxicity}_max_grade", method=method)
    groups = Subject(ANALYSIS, f"{toxicity}_severity", method=f"{method}: {severity_words(severe)}")
    of_severity = Pairs(severity(one, severe), severity(other, severe), times, who)
    return [
        *pair_rows(highest, cohort, Pairs(one, other, times, who), counted="patients"),
        *pair_rows(groups, cohort, of_severity, counted="patients", levels=SEVERITIES),
    ]
