"""The patients of a study as positions in one sorted array, so that a group is a mask and a count is a sum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from icans.results.rows import NAMED_AT_MOST

Mask = NDArray[np.bool_]
"""One truth a patient of `Cohort.ids`."""
Positions = NDArray[np.int64]
"""Where patients stand in `Cohort.ids`."""
EVALUABLE = "evaluable"


@dataclass(frozen=True)
class Cohort:
    """The patients of a study.

    Parameters
    ----------
    ids
        Every patient with a row of records, sorted.
    infused
        Who was infused: "everyone" of the study.
    evaluable
        Who is evaluable: treated during an ICANS episode for an indication the protocol asks for.
    """

    ids: NDArray[Any]
    infused: Mask
    evaluable: Mask

    def groups(self) -> Iterator[tuple[str | None, Mask]]:
        """Give the groups that baseline, toxicity and survival are described for, everyone (None) first."""
        yield None, self.infused
        yield EVALUABLE, self.evaluable

    def mask(self, who: Mask | Positions) -> Mask:
        """Give who is among these patients."""
        among = np.zeros(self.ids.size, dtype=np.bool_)
        among[who] = True
        return among

    def spread(self, who: Positions, values: NDArray[Any], absent: float = np.nan) -> NDArray[np.float64]:
        """Give one number per patient of the study from one number for each of some patients."""
        whole = np.full(self.ids.size, absent)
        whole[who] = values
        return whole

    def names(self, who: Mask | Positions) -> tuple[str, ...]:
        """Give the sorted ids of patients, each once; none where there are more than a row of results names."""
        mask = self.mask(who)
        return () if np.count_nonzero(mask) > NAMED_AT_MOST else tuple(self.ids[mask].tolist())
