from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from icans.stats.competing_risks import aalen_johansen
from icans.stats.incidence_difference import incidence_difference

CASES = json.loads((Path(__file__).parents[1] / "oracles" / "incidence_difference.json").read_text())["cases"]

CLOSED = 1e-9  # sums of some hundred terms in another order than survfit's


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_difference_and_its_limits_agree_with_survfit(case):
    time, event, group = (np.array(case[column]) for column in ("time", "event", "group"))
    curves = [aalen_johansen(time[group == number], event[group == number]) for number in (1, 2)]
    found = incidence_difference(*curves, case["at"])
    for column, expected in (("value", "difference"), ("low", "low"), ("high", "high")):
        assert [getattr(one, column) for one in found] == pytest.approx(case[expected], rel=CLOSED, abs=1e-12)
    assert {one.n for one in found} == {len(time)}
