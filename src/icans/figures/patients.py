"""The figures that show patients one by one: they need no result, and are drawn while the results are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icans.figures.by_day import by_day
from icans.figures.figure import Figure, LeftOut
from icans.figures.first_course import first_course
from icans.figures.heatmap import heatmap
from icans.figures.swimmer import swimmer

if TYPE_CHECKING:
    from icans.figures.data import FigureData
    from icans.protocol import Protocol


def patient_figures(data: FigureData, protocol: Protocol) -> list[Figure | LeftOut]:
    """Make the figures of patients' rows alone: the worst grade of each day, the lanes, the first course.

    Parameters
    ----------
    data
        Patient-level rows, from `icans.figures.collect.figure_data`.
    protocol
        Definitions of the study.
    """
    name = protocol.intervention.short
    return [
        by_day(data) if data.left_out else heatmap(data, intervention=name),
        swimmer(data, intervention=name),
        first_course(data, intervention=name, rules=protocol.remission.rules),
    ]
