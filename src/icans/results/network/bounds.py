"""What a reader could work out of counts held back, from all that is stated at once, by linear programming."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from icans.results.network.site import Key

if TYPE_CHECKING:
    from icans.results.network.suppression import Cell, Sum

TOLERANCE = 1e-6
"""What a count found by linear programming may be off by."""


def told(cells: Mapping[Key, Cell], sums: Sequence[Sum], shown: Collection[Key], smallest: int) -> set[Key]:
    """Find a small count, held back or a rest that no row states, of which a reader can tell that it is small.

    Parameters
    ----------
    cells
        Every count.
    sums
        How they depend on each other; all hold.
    shown
        The counts that are stated.
    smallest
        Fewest patients that a count other than 0 may be of.

    Returns
    -------
    set
        The stated counts, other than of nobody, by which it is told; empty where nothing is.
    """
    import numpy as np  # noqa: PLC0415
    from scipy.optimize import linprog  # noqa: PLC0415

    system, values = _system(cells, sums)
    keys = list(cells)
    small = {number for number, value in enumerate(values) if 0 < value < smallest} - {
        number for number, key in enumerate(keys) if key in shown
    }
    most = max(values, default=0) + smallest
    limits = [(value, value) if key in shown else (0, most) for key, value in zip(keys, values, strict=False)]
    limits += [(0, most)] * (len(values) - len(keys))

    def largest(numbers: Collection[int]) -> Any:  # noqa: ANN401  # SciPy has no types
        aim = np.zeros(len(values))
        aim[list(numbers)] = -1
        return linprog(aim, **system, bounds=limits, method="highs")

    while small:
        found = largest(small)
        if found.status:
            return set()
        free = {number for number in small if found.x[number] >= smallest - TOLERANCE}
        if not free:
            free = {min(small)}
            found = largest(free)
            if found.x[min(small)] < smallest - TOLERANCE:
                weights = abs(found.lower.marginals) + abs(found.upper.marginals)
                by = {key for key, weight in zip(keys, weights, strict=False) if weight > TOLERANCE and key in shown}
                if any(cells[key].value for key in by):
                    return by
        small -= free
    return set()


def _system(cells: Mapping[Key, Cell], sums: Sequence[Sum]) -> tuple[dict[str, Any], list[int]]:
    """Write sums as equations of the counts and of a rest each, with the true values of all of them."""
    from scipy.sparse import csr_array  # noqa: PLC0415

    place = {key: number for number, key in enumerate(cells)}
    values = [cell.value or 0 for cell in cells.values()]
    entries: list[tuple[int, int, int]] = []
    known = []
    for line, one in enumerate(sums):
        parts = [place[part] for part in one.parts]
        entries += [(1, line, part) for part in parts]
        if isinstance(one.total, int):
            known.append(total := one.total)
        else:
            known.append(0)
            total = values[place[one.total]]
            entries.append((-1, line, place[one.total]))
        if one.rest:
            entries.append((1, line, len(values)))
            values.append(total - sum(values[part] for part in parts))
    if not sums:
        return {}, values
    signs, lines, columns = zip(*entries, strict=True)
    return {"A_eq": csr_array((signs, (lines, columns)), shape=(len(sums), len(values))), "b_eq": known}, values
