"""Cells of tables: what was counted, and what was not reached."""

import re

import pytest

from icans.report.numbers import Numbers
from icans.report.outcomes import survival_rows
from icans.report.tables import counted
from icans.results.rows import Result

OPEN = ">=2 (open)"


def text(cell) -> str:
    return re.sub("<[^>]*>", "", str(cell))


@pytest.mark.parametrize(("left_open", "shown"), [(0.0, "0"), (1.0, "not available"), (None, "not available")])
def test_a_level_of_open_grades_that_a_group_lacks_is_0_only_where_it_has_none(left_open, shown):
    reason = "held back" if left_open is None else None
    row = Result("toxicity", "icans_max_grade", "open", left_open, group="evaluable", reason=reason)
    assert text(counted(Numbers([row]), "toxicity", "icans_max_grade", "evaluable", OPEN)) == shown


def test_a_median_that_was_not_reached_keeps_the_limit_that_was():
    def median(high):
        about = {"unit": "months", "method": "Kaplan-Meier", "n": 5}
        rows = [Result("survival", "os", "median", None, reason="not reached: the curve stays above 0.5", **about)]
        rows.append(Result("survival", "os", "ci_low", high, reason=None if high else "not reached", **about))
        rows.append(Result("survival", "os", "ci_high", None, reason="not reached", **about))
        return text(next(row for row in survival_rows(Numbers(rows), [None]) if "median" in row.label).cells[0])

    assert median(6.5) == "not reached (6.5 months to not reached)"
    assert median(None) == "not reached: the curve stays above 0.5"
