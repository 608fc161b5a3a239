"""What the rows of a comparison share: its groups by name, and rows of estimates and tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from icans.results.cohort import Cohort, Mask
from icans.results.groups.grouping import Grouping
from icans.results.groups.outcomes import Outcome
from icans.results.groups.refusals import ANALYSIS
from icans.results.rows import Result, Subject
from icans.results.summaries import estimated
from icans.stats.estimate import Estimate, SignificanceTest

NAMES = ("estimate", "ci_low", "ci_high")


@dataclass(frozen=True)
class Pair:
    """A group and the reference, by one endpoint.

    Parameters
    ----------
    subject
        What the rows are about.
    outcome
        The endpoint.
    label, reference_label
        Names of the two.
    group, reference
        Who is in each and has the endpoint.
    """

    subject: Subject
    outcome: Outcome
    label: str
    reference_label: str
    group: Mask
    reference: Mask

    @property
    def both(self) -> Mask:
        """Who is in either."""
        both: Mask = self.group | self.reference
        return both


def group_name(grouping: Grouping, number: int) -> str:
    """Name one group of a comparison, as the column ``group`` of its rows does."""
    return f"{grouping.comparison.name}: {grouping.labels[number]}"


def pair_name(grouping: Grouping, number: int) -> str:
    """Name a group against the reference: by the comparison alone where there are two groups."""
    if len(grouping.labels) <= 2:
        return grouping.comparison.name
    return f"{grouping.comparison.name}: {grouping.labels[number]} against {grouping.labels[-1]}"


def about(cohort: Cohort, outcome: Outcome, group: str, who: Mask) -> Subject:
    """Give what rows about some patients share."""
    return Subject(
        ANALYSIS, outcome.name, group, unit=outcome.unit, n=int(np.count_nonzero(who)), patients=cohort.names(who)
    )


def pairs(cohort: Cohort, grouping: Grouping, outcome: Outcome, analysed: Mask) -> Iterator[Pair]:
    """Give every group against the reference, which is the last."""
    last = len(grouping.labels) - 1
    reference = analysed & grouping.members(last)
    for number in range(last):
        group = analysed & grouping.members(number)
        subject = about(cohort, outcome, pair_name(grouping, number), group | reference)
        yield Pair(subject, outcome, grouping.labels[number], grouping.labels[last], group, reference)


def effect(subject: Subject, level: str, estimate: Estimate, *, unit: str = "", scale: float = 1.0) -> list[Result]:
    """Give an effect with its interval at a level of its own: ``estimate``, ``ci_low``, ``ci_high``."""
    return estimated(replace(subject, level=level, unit=unit), estimate, NAMES, scale)


def tested(subject: Subject, level: str, test: SignificanceTest) -> Result:
    """Give a test at a level of its own: ``p_value``."""
    method = f"{subject.method}; {test.method}" if subject.method else test.method
    about = replace(subject, level=level, unit="", method=method, n=test.n)
    return about.row("p_value", test.p_value, test.reason)
