"""One instrument for everyone: the ICE score or CAPD whatever the age."""

import ibis
import pytest

from icans.engines import connect
from icans.errors import ScaleError
from icans.scales import catalogue
from icans.scales.engine import graded
from icans.scales.instrument import graded_by

SCALE = catalogue.load("astct-2019-icans")
CHILD = {"age_years": 8.0, "ice": 5, "capd": 3, "consciousness": "awake", "seizure": "none"}
ADULT = {"age_years": 40.0, "ice": 5, "capd": None, "consciousness": "awake", "seizure": "none"}
SCHEMA = {"age_years": "float64", "ice": "int64", "capd": "int64", "consciousness": "string", "seizure": "string"}


def grade(row, instrument):
    engine = connect()
    table = ibis.memtable([row], schema=SCHEMA)
    (found,) = engine.rows(graded(table, graded_by(SCALE, instrument), unrecorded="absent"))
    engine.close()
    return found["grade"], found["grade_low"], found["grade_high"], found["scale"]


@pytest.mark.parametrize(
    ("row", "instrument", "expected"),
    [
        (
            CHILD,
            "by_age",
            (1, 1, 4, "astct-2019-icans"),
        ),  # CAPD 3 is grade 1, and weakness and oedema were not recorded
        (CHILD, "ice", (2, 2, 4, "astct-2019-icans-by-ice")),  # ICE 5 is grade 2
        (CHILD, "capd", (1, 1, 4, "astct-2019-icans-by-capd")),
        (ADULT, "by_age", (2, 2, 4, "astct-2019-icans")),
        (ADULT, "ice", (2, 2, 4, "astct-2019-icans-by-ice")),
        (ADULT, "capd", (None, 0, 4, "astct-2019-icans-by-capd")),  # no CAPD was taken: nothing stands in for it
    ],
)
def test_the_chosen_instrument_grades_everyone(row, instrument, expected):
    assert grade(row, instrument) == expected


def test_by_age_is_the_scale_as_published():
    assert graded_by(SCALE, "by_age") is SCALE


def test_a_scale_with_one_instrument_has_nothing_to_choose():
    with pytest.raises(ScaleError, match="mskcc-2018-neurotoxicity does not choose between the ICE score and CAPD"):
        graded_by(catalogue.load("mskcc-2018-neurotoxicity"), "ice")
