"""Pairs of biomarkers as rows, from the study as arrays."""

from __future__ import annotations

from collections import Counter

import numpy as np

from icans.figures.data import Row
from icans.results.columns import kept
from icans.results.gathered import Gathered

PAIRS = 100
"""Most pairs of an analyte that are drawn."""


def pair_rows(study: Gathered) -> list[Row]:
    """Give the complete before-after pairs of the evaluable patients, at most `PAIRS` of an analyte."""
    found = study.of_evaluated(study.biomarkers)
    found = kept(found, ~(np.isnan(found["before"]) | np.isnan(found["after"])))
    kinds = list(zip(*(found[name].tolist() for name in ("specimen", "analyte", "unit")), strict=True))
    pairs = Counter(kinds)
    drawn: Counter[tuple[str, str, str]] = Counter()
    rows = []
    for at, kind in enumerate(kinds):
        drawn[kind] += 1
        if drawn[kind] <= PAIRS:
            specimen, analyte, unit = kind
            patient = study.cohort.ids[found["patient"][at]]
            rows.append(
                {
                    "key": f"{found['infusion'][at]:.0f}|{patient}",
                    "name": patient,
                    "specimen": specimen,
                    "analyte": analyte,
                    "unit": unit,
                    "before": float(found["before"][at]),
                    "before_limit": found["before_limit"][at],
                    "after": float(found["after"][at]),
                    "after_limit": found["after_limit"][at],
                    "pairs": pairs[kind],
                }
            )
    return rows
