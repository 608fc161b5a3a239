"""Agreement: the grade the clinic recorded against the grade its signs give."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from icans.results.columns import kept
from icans.results.gathered import TOXICITIES, Gathered
from icans.results.rows import Result, Subject
from icans.results.summaries import estimated
from icans.stats.agreement import agreement as agreement_of

ANALYSIS = "agreement"


def agreement(study: Gathered) -> list[Result]:
    """Compare recorded with derived grades, assessment by assessment, where both are there.

    Parameters
    ----------
    study
        The study as arrays.

    Returns
    -------
    list of Result
        Variable ``icans_grade`` or ``crs_grade``, absent where no assessment has both: n, agree, disagree, percent with
        ``ci_low`` and ``ci_high``, kappa with ``kappa_low`` and ``kappa_high``, and ``weighted_kappa`` likewise. The
        patients of ``disagree`` are those whose charts to review.
    """
    return [row for toxicity in TOXICITIES for row in _toxicity(study, toxicity)]


def _toxicity(study: Gathered, toxicity: str) -> list[Result]:
    pairs = kept(study.grade_pairs, study.grade_pairs["toxicity"] == toxicity)
    if pairs["assessments"].size == 0:
        return []
    counts = pairs["assessments"].astype(np.int64)
    found = agreement_of(np.repeat(pairs["recorded_grade"], counts), np.repeat(pairs["grade"], counts))
    grades = study.assessments[toxicity]
    subject = Subject(
        ANALYSIS,
        f"{toxicity}_grade",
        method="recorded against derived grade, each assessment taken as independent",
        n=found.n,
        patients=study.cohort.names(grades["both"] > 0),
    )
    discordant = replace(subject, patients=study.cohort.names(grades["both"] > grades["agreeing"]))
    return [
        subject.row("n", found.n, method="assessments with both grades"),
        subject.row("agree", found.agree, method="assessments on which both grades are equal"),
        discordant.row("disagree", found.n - found.agree, method="assessments on which the grades differ"),
        *estimated(replace(subject, unit="%"), found.proportion, ("percent", "ci_low", "ci_high"), 100),
        *estimated(subject, found.kappa, ("kappa", "kappa_low", "kappa_high")),
        *estimated(subject, found.weighted_kappa, ("weighted_kappa", "weighted_kappa_low", "weighted_kappa_high")),
    ]
