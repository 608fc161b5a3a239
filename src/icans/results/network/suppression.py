"""Which counts a site may state, so that no small one is stated or can be computed from the others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from icans.results.network.bounds import told
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
        is known, what its stated parts leave is 0, or at least `smallest` and more than one count held back; and by
        all sums together every count held back, and every rest, may be `smallest` or more. Counts of the same
        patients are stated or held back together.
    """
    true = list(_that_hold(cells, sums))
    alike = _alike(cells, true)
    groups = _together(cells, alike)
    between = list(dict.fromkeys(_between(true, alike)))
    shown = {key for key, cell in groups.items() if cell.value is not None and not cell.is_small(smallest)}
    changed = True
    while changed:
        changed = False
        for one in between:
            if _gives_away(one, groups, shown, smallest):
                changed |= _hold_back((*one.parts, one.total), groups, shown)
        while not changed and (behind := told(groups, between, shown, smallest)):
            changed = _hold_back(behind, groups, shown)
    return {key for key, group in alike.items() if group in shown}


def _that_hold(cells: Mapping[Key, Cell], sums: Sequence[Sum]) -> Iterator[Sum]:
    """Give the sums without counts of nobody; where parts are fewer than the total, something is missing from them."""
    for one in sums:
        parts = tuple(part for part in one.parts if cells[part].value != 0)
        values = [cells[part].value for part in parts]
        total = one.total if isinstance(one.total, int) else cells[one.total].value
        if total is None or None in values:
            yield Sum(parts, one.total, one.rest)
        elif parts and (left := total - sum(value or 0 for value in values)) >= 0:
            yield Sum(parts, one.total, one.rest or left > 0)


def _alike(cells: Mapping[Key, Cell], sums: Sequence[Sum]) -> dict[Key, Key]:
    """Name for every count one of those that are the same by a sum of a single part."""
    first = {key: key for key in cells}

    def of(key: Key) -> Key:
        while first[key] != key:
            key = first[key]
        return key

    for one in sums:
        if len(one.parts) == 1 and not one.rest and not isinstance(one.total, int):
            first[of(one.parts[0])] = of(one.total)
    return {key: of(key) for key in cells}


def _together(cells: Mapping[Key, Cell], alike: Mapping[Key, Key]) -> dict[Key, Cell]:
    """Give the counts that are one as one, as much needed as all of them."""
    members: dict[Key, list[Cell]] = {}
    for key, cell in cells.items():
        members.setdefault(alike[key], []).append(cell)
    return {
        key: Cell(
            None if any(one.value is None for one in group) else group[0].value,
            min((one.patients for one in group if one.patients is not None), default=None),
            sum(one.weight for one in group),
        )
        for key, group in members.items()
    }


def _between(sums: Sequence[Sum], alike: Mapping[Key, Key]) -> Iterator[Sum]:
    for one in sums:
        parts = tuple(alike[part] for part in one.parts)
        total = one.total if isinstance(one.total, int) else alike[one.total]
        if parts != (total,):
            yield Sum(parts, total, one.rest)


def _gives_away(one: Sum, cells: Mapping[Key, Cell], shown: Collection[Key], smallest: int) -> bool:
    hidden = [part for part in one.parts if part not in shown]
    if not isinstance(one.total, int) and one.total not in shown:
        return not hidden and not one.rest and bool(one.parts)
    total = one.total if isinstance(one.total, int) else cells[one.total].value or 0
    left = total - sum(cells[part].value or 0 for part in one.parts if part in shown)
    if left == 0 or not (hidden or one.rest):
        return False
    return left < smallest or (len(hidden) == 1 and not one.rest)


def _hold_back(keys: Collection[Key | int], cells: Mapping[Key, Cell], shown: set[Key]) -> bool:
    """Hold back the least needed of some counts; tell whether there was one."""
    choice = [key for key in keys if not isinstance(key, int) and key in shown and cells[key].value]
    if choice:
        shown.remove(min(choice, key=lambda key: (cells[key].weight, cells[key].value or 0, repr(key))))
    return bool(choice)
