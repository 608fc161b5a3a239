"""Which counts a site may state, so that no small one is stated or can be computed from the others."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from icans.results.network.site import Key


@dataclass(frozen=True)
class Cell:
    """A count.

    Parameters
    ----------
    value
        The count; None where it was held back before.
    patients
        How many patients are behind it, where that is known and not the count itself.
    weight
        How much a reader needs it: what is needed least is held back first.
    """

    value: int | None
    patients: int | None = None
    weight: int = 2

    def is_small(self, smallest: int) -> bool:
        """Whether it is of some patients, and of fewer than may be stated."""
        return any(one is not None and 0 < one < smallest for one in (self.value, self.patients))


@dataclass(frozen=True)
class Sum:
    """Counts that add up to another.

    Parameters
    ----------
    parts
        The counts.
    total
        What they add up to: a count, or a number that anyone may know.
    rest
        Whether something that is never stated is missing from the sum: those of the total in none of the parts.
    """

    parts: tuple[Key, ...]
    total: Key | int
    rest: bool = False


def stated(cells: Mapping[Key, Cell], sums: Sequence[Sum], smallest: int) -> set[Key]:
    """Choose the counts that may be stated.

    Parameters
    ----------
    cells
        Every count.
    sums
        How counts depend on each other.
    smallest
        Fewest patients that a count other than 0 may be of.

    Returns
    -------
    set
        Counts of 0 or of at least `smallest`, less those from which one held back could be computed: wherever a total
        is known, what its stated parts leave is 0, or at least `smallest` and more than one count held back.
    """
    shown = {key for key, cell in cells.items() if cell.value is not None and not cell.is_small(smallest)}
    changed = True
    while changed:
        changed = False
        for one in sums:
            if _gives_away(one, cells, shown, smallest):
                dispensable = _least_needed(one, cells, shown)
                shown -= dispensable
                changed |= bool(dispensable)
    return shown


def _gives_away(one: Sum, cells: Mapping[Key, Cell], shown: Collection[Key], smallest: int) -> bool:
    hidden = [part for part in one.parts if part not in shown]
    if not isinstance(one.total, int) and one.total not in shown:
        return not hidden and not one.rest and bool(one.parts)
    total = one.total if isinstance(one.total, int) else cells[one.total].value or 0
    left = total - sum(cells[part].value or 0 for part in one.parts if part in shown)
    if left == 0 or not (hidden or one.rest):
        return False
    return left < smallest or (len(hidden) == 1 and not one.rest)


def _least_needed(one: Sum, cells: Mapping[Key, Cell], shown: Collection[Key]) -> set[Key]:
    every = [*one.parts, *([] if isinstance(one.total, int) else [one.total])]
    choice = [key for key in every if key in shown and cells[key].value]
    if not choice:
        return set()
    return {min(choice, key=lambda key: (cells[key].weight, cells[key].value or 0, repr(key)))}
