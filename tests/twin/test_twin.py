"""`icans derive` against a second derivation written from the documentation; `python -m tests.twin` runs more of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.twin.against import compared


@pytest.mark.parametrize(("time", "seed"), [("dates", 1), ("dates", 7), ("hours", 0), ("days", 5)])
def test_every_derived_table_is_that_of_a_second_derivation(tmp_path: Path, time: str, seed: int) -> None:
    rows = compared(tmp_path, seed, time=time, patients=80)
    assert min(rows.values()) > 0
    assert sum(rows.values()) > 1000
