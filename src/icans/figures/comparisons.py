"""The figures of every comparison: a forest plot of its effects, and the curves of its groups."""

from __future__ import annotations

from collections.abc import Sequence

from icans.figures.figure import Figure, LeftOut
from icans.figures.forest import effects, forest, trial_effects
from icans.figures.group_curves import group_curves
from icans.results.groups.between import BetweenGroups
from icans.results.groups.grouping import Grouping
from icans.results.groups.pairs import pair_name
from icans.results.rows import Result


def forest_id(number: int, pair: int) -> str:
    """Name the forest plot of a group of the comparison of that number, both from 0."""
    return f"comparison_{number + 1}_effects" + (f"_{pair + 1}" if pair else "")


def curves_id(number: int) -> str:
    """Name the curves of the comparison of that number, from 0."""
    return f"comparison_{number + 1}_curves"


def comparison_figures(found: BetweenGroups, results: Sequence[Result]) -> list[Figure | LeftOut]:
    """Make the figures of every comparison.

    Parameters
    ----------
    found
        What comparing the groups gave.
    results
        Every row of results.
    """
    made: list[Figure | LeftOut] = []
    for number, grouping in enumerate(found.groupings):
        made += [_forest(number, place, grouping, results) for place in range(max(1, len(grouping.labels) - 1))]
        title = f"{grouping.comparison.name}: curves"
        drawn = [one for one in found.drawn if one.comparison == grouping.comparison.name]
        made.append(group_curves(curves_id(number), title, drawn))
    return made


def with_comparisons(
    figures: list[Figure], left_out: list[LeftOut], found: BetweenGroups, results: Sequence[Result]
) -> tuple[list[Figure], list[LeftOut]]:
    """Add the figures of the comparisons, or the reasons why there are none."""
    made = comparison_figures(found, results)
    drawn = [one for one in made if isinstance(one, Figure)]
    return [*figures, *drawn], [*left_out, *(one for one in made if isinstance(one, LeftOut))]


def _forest(number: int, place: int, grouping: Grouping, results: Sequence[Result]) -> Figure | LeftOut:
    name = pair_name(grouping, place)
    groups = (grouping.labels[place], grouping.labels[-1]) if grouping.labels else ("", "")
    found = effects(results, name)
    if grouping.comparison.by == "treated":  # the question that a target trial asks too
        found += trial_effects(results)
    return forest(forest_id(number, place), f"{name}: effects", found, groups)
