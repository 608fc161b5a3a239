"""Summary of a numeric variable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from icans.stats.arrays import floats

QUARTILES = "quartiles averaged where the distribution function is flat (SAS PROC MEANS, R type 2)"
"""Convention of the quartiles. Each is an observed value or the mean of two, so a reader can find it by hand; it is the
default of SAS and of pharmaverse's cards, behind most printed baseline tables. R's own default, type 7, interpolates.
The median is the same in both. Hyndman and Fan 1996, doi:10.1080/00031305.1996.10473566."""


@dataclass(frozen=True)
class Description:
    """Summary of a numeric variable.

    Parameters
    ----------
    n
        Values recorded.
    missing
        Values not recorded.
    median, q1, q3, mean, minimum, maximum
        None where no value was recorded: `reason` says so.
    sd
        Standard deviation with divisor n - 1; None below two values: `sd_reason` says so.
    reason, sd_reason
        Why a number is None.
    """

    n: int
    missing: int
    median: float | None = None
    q1: float | None = None
    q3: float | None = None
    mean: float | None = None
    sd: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    reason: str | None = None
    sd_reason: str | None = None


def describe(values: ArrayLike) -> Description:
    """Summarise a numeric variable.

    Median, quartiles (see `QUARTILES`), mean, standard deviation with divisor n - 1, and range of the recorded values.

    Parameters
    ----------
    values
        One value per patient, NaN where not recorded.

    Returns
    -------
    Description
        The same to the last bit whatever the order of the values.

    Raises
    ------
    StudyError
        A value is infinite.

    Examples
    --------
    >>> summary = describe([1, 2, 3, 4])
    >>> summary.q1, summary.median, summary.q3
    (1.5, 2.5, 3.5)
    """
    array = floats(values, "values")
    recorded = np.sort(array[~np.isnan(array)])
    n, missing = recorded.size, array.size - recorded.size
    if n == 0:
        reason = "no value was recorded"
        return Description(0, missing, reason=reason, sd_reason=reason)
    q1, median, q3 = np.quantile(recorded, [0.25, 0.5, 0.75], method="averaged_inverted_cdf").tolist()
    return Description(
        n=n,
        missing=missing,
        median=median,
        q1=q1,
        q3=q3,
        mean=float(recorded.mean()),
        sd=float(recorded.std(ddof=1)) if n > 1 else None,
        minimum=float(recorded[0]),
        maximum=float(recorded[-1]),
        sd_reason=None if n > 1 else "one value has no standard deviation",
    )
