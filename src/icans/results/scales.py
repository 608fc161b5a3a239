"""Which version of which scale stands behind the grades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from icans.results.rows import Result, Subject

if TYPE_CHECKING:
    from icans.results.columns import Columns
    from icans.results.comparison import Comparison
    from icans.scales.model import Convention, Scale

ANALYSIS = "scales"


def scales_used(
    assessments: Mapping[str, Columns],
    scales: Mapping[str, Scale],
    compared: Sequence[Comparison],
    unrecorded: Convention,
) -> list[Result]:
    """Name the scales that graded the study, each with its version and what tells its file from any other.

    Parameters
    ----------
    assessments
        For each toxicity, counts of assessments (`icans.results.gathered.Gathered`).
    scales
        The scale that grades each toxicity.
    compared
        The scales compared with each other.
    unrecorded
        What a sign that nobody recorded means.

    Returns
    -------
    list of Result
        Variable the toxicity, level the id of a scale, statistic ``n``: assessments with a sign of the scale. The
        method gives name, version, status, digest, and whether the file is the study's own. For a scale that is
        compared and finds fewer columns than it grades, ``columns_lacking``; the method names them.
    """
    used = {
        toxicity: {scale.id: (scale, int((counts["assessments"] - counts["recorded_only"]).sum()))}
        for toxicity, scale in scales.items()
        if (counts := assessments.get(toxicity)) is not None
    }
    for one in compared:
        for number, scale in enumerate(one.scales):
            state = one.assessments[f"state_{number}"]
            seen = int(one.assessments["times"][~np.isnan(state)].sum())
            used.setdefault(one.toxicity, {}).setdefault(scale.id, (scale, seen))
    rows = [
        Subject(ANALYSIS, toxicity, level=scale.id, method=stated(scale), n=seen).row("n", seen)
        for toxicity, own in used.items()
        for scale, seen in own.values()
    ]
    means = "read as absent, so that its grades can be too low" if unrecorded == "absent" else "unknown"
    for one in compared:
        for scale, lacks in zip(one.scales, one.lacks, strict=True):
            if lacks:
                method = f"columns of its signs that the study lacks, {means}: {', '.join(lacks)}"
                subject = Subject(ANALYSIS, one.toxicity, level=scale.id, method=method)
                rows.append(subject.row("columns_lacking", len(lacks)))
    return rows


def stated(scale: Scale) -> str:
    """Say which scale it is: its version, its status and the digest of its file."""
    file = "the study's own file" if scale.own else "published scale"
    return f"{scale.name}, version {scale.version}, {file}, {scale.status}, SHA-256 {scale.digest or 'unknown'}"
