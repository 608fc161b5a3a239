"""A domain's result in one integer, so that the worst of all domains is a bitwise OR.

Six bits say the lowest grade the domain can have (bit g for grade g), six the highest, six the highest once unrecorded
signs are read as absent; then a bit for each domain that may be missing a value, one for each column whose lack leaves
open whether domains count, and one for each domain with another cause. The OR of all domains says the same of the
assessment as a whole: the highest of its first six bits is the lowest grade it can have, and so on.
"""

from __future__ import annotations

from icans.scales.conditions import ColumnTest, column_tests
from icans.scales.model import Scale

GRADES = 6
EVERY_GRADE = (1 << GRADES) - 1


class Layout:
    """Where each bit stands for one scale.

    Parameters
    ----------
    scale
        The scale.
    """

    def __init__(self, scale: Scale) -> None:
        used = [scale.condition(name) for domain in scale.domains for name in domain.applies]
        tests = [test for one in used for test in column_tests(one.test)]
        self.deciding = tuple(dict.fromkeys(test.column for test in tests if may_be_open(test, scale)))
        self.lacking = (*(domain.name for domain in scale.domains), *self.deciding)
        self.excludable = tuple(domain.name for domain in scale.domains if domain.excluded_by)
        self.low_at, self.high_at, self.high_if_absent_at, self.lacking_at = 0, GRADES, 2 * GRADES, 3 * GRADES
        self.excluded_at = self.lacking_at + len(self.lacking)
        bits = self.excluded_at + len(self.excludable)
        self.kind = "int32" if bits < 32 else "int64"

    def state(self, low: int, high: int, high_if_absent: int | None = None, *, flags: int = 0) -> int:
        """Give the integer of one result."""
        absent = high if high_if_absent is None else high_if_absent
        return 1 << low | 1 << self.high_at + high | 1 << self.high_if_absent_at + absent | flags

    def missing(self, name: str) -> int:
        """Give the flag of a domain without a value, or of a deciding column without one."""
        return 1 << self.lacking_at + self.lacking.index(name)

    def excluded(self, domain: str) -> int:
        """Give the flag of a domain with another cause."""
        return 1 << self.excluded_at + self.excludable.index(domain)


def may_be_open(test: ColumnTest, scale: Scale) -> bool:
    """Tell whether a column can leave a test open: where it is not recorded, or a measure known only by its bounds."""
    measure = scale.measure(test.column)
    return test.missing == "open" or (measure is not None and measure.gives != "unrecovered")
