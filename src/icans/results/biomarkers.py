"""Biomarkers: each analyte before the first course against after it, within patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from icans.results.cohort import Cohort
from icans.results.columns import Columns, kept
from icans.results.gathered import Gathered
from icans.results.rows import Result, Subject
from icans.results.summaries import estimated
from icans.stats.paired import PairedChange, paired_change

ANALYSIS = "biomarkers"
COUNTS = {
    "limited": "pairs in which a value is a detection limit",
    "rose": "pairs that rose",
    "fell": "pairs that fell",
    "unchanged": "pairs that did not change",
    "undetermined": "pairs whose direction a detection limit leaves open",
}


def biomarkers(study: Gathered) -> list[Result]:
    """Compare every analyte of each specimen before and after the first course, in the evaluable patients.

    Parameters
    ----------
    study
        The study as arrays.

    Returns
    -------
    list of Result
        Variable an analyte, group its specimen: n (pairs), ``unpaired``, the counts of `COUNTS`; ``median_before``,
        ``median_after``, ``median_change``; ``estimate`` with ``ci_low`` and ``ci_high`` on the scale of the
        measurement (a fall is negative), and ``p_value``, their method named.
    """
    cohort = study.cohort
    rows = study.of_evaluated(study.biomarkers)
    measured = list(dict.fromkeys(zip(*(rows[name].tolist() for name in ("specimen", "analyte")), strict=True)))
    return [
        row
        for specimen, analyte in measured
        for row in _analyte(
            cohort, kept(rows, (rows["specimen"] == specimen) & (rows["analyte"] == analyte)), specimen, analyte
        )
    ]


def _analyte(cohort: Cohort, rows: Columns, specimen: str, analyte: str) -> list[Result]:
    change = paired_change(rows["before"], rows["after"], rows["before_limit"], rows["after_limit"])
    paired = ~(np.isnan(rows["before"]) | np.isnan(rows["after"]))
    who = rows["patient"]
    units = sorted({unit or "" for unit in rows["unit"][paired].tolist()})
    subject = Subject(
        ANALYSIS,
        analyte,
        specimen,
        unit=units[0] if len(units) == 1 else "",
        method="before and after the first course",
        n=change.n,
        patients=cohort.names(who[paired]),
    )
    unpaired = replace(subject, n=paired.size, patients=cohort.names(who[~paired]))
    counted = replace(subject, unit="")
    return [
        counted.row("n", change.n, method="pairs with both values"),
        unpaired.row(
            "unpaired",
            change.missing,
            unit="",
            method="patients without one of the values, or with values in two units",
        ),
        *(
            replace(counted, patients=cohort.names(who[change.which[name]]), method=method).row(
                name, getattr(change, name)
            )
            for name, method in COUNTS.items()
        ),
        *(_estimates(subject, change) if len(units) <= 1 else _refused(subject, change, units)),
    ]


def _refused(subject: Subject, change: PairedChange, units: Sequence[str]) -> list[Result]:
    """Give no number of pairs whose values cannot be put in one order."""
    named = ", ".join(unit or "none" for unit in units)
    reason = f"the pairs are in different units: {named}"
    return [replace(row, value=None, reason=reason) for row in _estimates(subject, change)]


def _estimates(subject: Subject, change: PairedChange) -> list[Result]:
    return [
        *estimated(subject, change.before, ("median_before", "", ""))[:1],
        *estimated(subject, change.after, ("median_after", "", ""))[:1],
        *estimated(subject, change.change, ("median_change", "", ""))[:1],
        *estimated(subject, change.estimate, ("estimate", "ci_low", "ci_high")),
        replace(subject, n=change.test.n).row(
            "p_value",
            change.test.p_value,
            change.test.reason,
            unit="",
            method=f"{subject.method}; {change.test.method}",
        ),
    ]
