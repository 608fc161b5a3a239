"""The door of the estimators: what comes in becomes a one-dimensional array, or is refused in a sentence."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from icans.errors import StudyError

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def floats(values: ArrayLike, name: str, *, infinite: bool = False) -> Floats:
    """Give the values as a one-dimensional array of floats; what is missing is NaN.

    Raises
    ------
    StudyError
        The values have more than one dimension, or one of them is infinite and `infinite` does not allow it.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise StudyError(f"{name}: {array.ndim} dimensions were given; one is expected.")
    if not infinite and np.isinf(array).any():
        raise StudyError(
            f"{name}: a value is infinite.", "Leave out what is not known; mark a detection limit as such."
        )
    return array


def times(values: ArrayLike, name: str = "time") -> Floats:
    """Give times from time zero as a one-dimensional array.

    Raises
    ------
    StudyError
        A time is missing, infinite or before time zero.
    """
    array = floats(values, name)
    for wrong, what in ((np.isnan(array), "is missing"), (array < 0, "is before time zero")):
        if wrong.any():
            first = int(np.flatnonzero(wrong)[0])
            raise StudyError(
                f"{name}: {int(wrong.sum())} of {array.size} {what}, the first in row {first + 1} ({array[first]:g}).",
                "Every observed time is known and not negative.",
            )
    return array


def codes(values: ArrayLike, name: str, size: int) -> Counts:
    """Give event codes (0 censored, 1 event, 2 and above competing events) as a one-dimensional array.

    Raises
    ------
    StudyError
        A code is missing, negative or no whole number, or there are not as many codes as times.
    """
    array = floats(values, name)
    if array.size != size:
        raise StudyError(f"{name}: {array.size} values were given for {size} times.")
    if (np.isnan(array) | (array < 0) | (array != np.floor(array))).any():
        raise StudyError(f"{name}: codes are 0 for censored, 1 for the event, 2 and above for competing events.")
    return array.astype(np.int64)


def both(one: ArrayLike, other: ArrayLike, names: tuple[str, str], *, infinite: bool = False) -> tuple[Floats, Floats]:
    """Give two paired arrays.

    Raises
    ------
    StudyError
        They are not of the same length.
    """
    first, second = floats(one, names[0], infinite=infinite), floats(other, names[1], infinite=infinite)
    if first.size != second.size:
        raise StudyError(f"{names[0]} and {names[1]}: {first.size} and {second.size} values cannot be pairs.")
    return first, second
