"""Exposure: when the intervention began, how much of it was given, and how much corticosteroid beside it."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from icans.protocol import Protocol
from icans.results.columns import Columns
from icans.results.gathered import Gathered
from icans.results.rows import Result, Subject
from icans.results.summaries import described

ANALYSIS = "exposure"


def exposure(study: Gathered, protocol: Protocol) -> list[Result]:
    """Describe the treatment of the evaluable patients.

    Parameters
    ----------
    study
        The study as arrays.
    protocol
        Its definitions.

    Returns
    -------
    list of Result
        Numeric summaries of ``hours_onset_to_first_course``, ``courses`` and ``doses`` of the evaluated episode, and of
        ``dexamethasone_equivalent_mg`` and ``steroid_days`` from that infusion on.
    """
    rows = study.evaluated
    who = rows["patient"]
    short = protocol.intervention.short
    mg, days = _steroids(rows, study.steroids)
    variables = (
        (
            "hours_onset_to_first_course",
            "hours",
            f"from onset of the episode to the first course of {short}",
            rows["hours_from_onset"],
        ),
        ("courses", "courses", f"courses of {short} during the episode", rows["courses"]),
        ("doses", "doses", f"doses of {short} during the episode", _doses(rows, study.courses)),
        (
            "dexamethasone_equivalent_mg",
            "mg",
            "systemic corticosteroid from infusion on, as dexamethasone; missing where the dose of a day is not known",
            mg,
        ),
        ("steroid_days", "days", "days from infusion on with a systemic corticosteroid", days),
    )
    return [
        row
        for variable, unit, method, values in variables
        for row in described(Subject(ANALYSIS, variable, unit=unit, method=method), study.cohort, who, values)
    ]


def _doses(evaluated: Columns, courses: Columns) -> NDArray[np.float64]:
    key = ("patient", "infusion", "episode")
    doses: defaultdict[tuple[object, ...], float] = defaultdict(float)
    for *where, given in zip(*(courses[name].tolist() for name in (*key, "doses")), strict=True):
        doses[tuple(where)] += given
    return np.array([doses[where] for where in _keys(evaluated, *key)], dtype=np.float64)


def _steroids(evaluated: Columns, steroids: Columns) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give milligrams (NaN where a day's dose is not known) and days; 0 where no corticosteroid was given."""
    key = ("patient", "infusion")
    known = np.where(steroids["days_unknown"] > 0, np.nan, steroids["mg"]).tolist()
    given = dict(zip(_keys(steroids, *key), zip(known, steroids["days"].tolist(), strict=True), strict=True))
    found = [given.get(where, (0.0, 0.0)) for where in _keys(evaluated, *key)]
    pairs = np.array(found, dtype=np.float64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def _keys(columns: Columns, *key: str) -> list[tuple[object, ...]]:
    return list(zip(*(columns[name].tolist() for name in key), strict=True))
