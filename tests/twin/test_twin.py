"""`icans derive` and `icans report` against a second derivation written from the documentation.

`python -m tests.twin` runs more of it.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.twin.against import compared
from tests.twin.against_results import compared_results


@pytest.mark.parametrize(("time", "seed"), [("dates", 12), ("hours", 13), ("days", 14), ("days", 20)])
def test_every_derived_table_is_that_of_a_second_derivation(tmp_path: Path, time: str, seed: int) -> None:
    rows = compared(tmp_path, seed, time=time, patients=80)
    assert rows["grades"] > 1000
    assert rows["endpoints"] > 0


def test_every_row_of_results_is_that_of_a_second_computation(tmp_path: Path) -> None:
    assert compared_results(tmp_path, 77, time="days", patients=60, parts=4) > 3000
