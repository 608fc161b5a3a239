"""The daily panel, worked by hand."""

from typing import Any

import pytest

from icans.derive.panel import panel
from icans.derive.schema import ASKED_FOR
from icans.derive.survival import last_seen
from icans.engines import Engine

Row = dict[str, Any]
NOBODY: tuple[Row, ...] = ()


def daily(course: str) -> list[Row]:
    """Grades, a character a day from day 0; a dot where nobody looked, a question mark where open."""
    return [
        {"patient_id": "P01", "hour": 24.0 * day, "grade": None if grade == "?" else int(grade)}
        for day, grade in enumerate(course)
        if grade != "."
    ]


def of(make: Any, *, carry_days: int = 1, last_day: int = 100, infusions: int = 1, **tables: Any) -> Any:
    given = {name: make(name, tables.get(name, NOBODY)) for name in ("neuro", "courses", "steroids", "events")}
    graded = make("grades", tables["grades"])
    return panel(
        make("infusions", [{"patient_id": "P01", "infusion": number + 1} for number in range(infusions)]),
        graded,
        given["neuro"],
        given["courses"],
        given["steroids"],
        events=given["events"],
        last_seen=last_seen(graded, given["neuro"], given["events"]),
        carry_days=carry_days,
        last_day=last_day,
    )


def written(rows: list[Row], column: str) -> str:
    """Write a column as text, a character a day: a dot for null, + and - for yes and no."""
    signs = {None: ".", True: "+", False: "-"}
    in_order = sorted(rows, key=lambda row: (row["infusion"], row["day"]))
    return "".join(
        signs[row[column]] if row[column] is None or isinstance(row[column], bool) else f"{row[column]:g}"
        for row in in_order
    )


@pytest.mark.parametrize(
    ("course", "carry_days", "carried", "observed"),
    [
        ("01310", 1, "01310", "+++++"),
        # one day without a grade takes that of the day before; the second day of a gap is not observed
        ("02..1", 1, "022.1", "+++-+"),
        ("02..1", 2, "02221", "+++++"),
        ("02..1", 0, "02..1", "++--+"),
        # nothing before the first grade to carry; an open grade settles nothing
        (".?2?.?0", 1, "..22..0", "--++--+"),
        ("3", 5, "3", "+"),
    ],
)
def test_a_gap_is_bridged_for_as_long_as_the_protocol_says(
    make: Any, rows: Any, course: str, carry_days: int, carried: str, observed: str
) -> None:
    found = rows(of(make, grades=daily(course), carry_days=carry_days))
    assert written(found, "grade") == course.replace("?", ".")
    assert written(found, "carried") == carried
    assert written(found, "observed") == observed


def test_the_worst_grade_and_the_lowest_ice_of_a_day_count(make: Any, rows: Any) -> None:
    hours = [(23.9, 1, 9), (24.0, 2, 6), (36.0, 3, 0), (47.9, 0, 10), (96.0, None, 8)]
    grades = [{"patient_id": "P01", "hour": hour, "grade": grade} for hour, grade, _ in hours]
    neuro = [{"patient_id": "P01", "hour": hour, "ice": ice} for hour, _, ice in hours]
    found = rows(of(make, grades=grades, neuro=neuro))
    assert (written(found, "grade"), written(found, "carried")) == ("13...", "133..")
    assert (written(found, "ice"), written(found, "carried_ice")) == ("90..8", "900.8")


def test_a_patient_is_treated_from_the_day_of_the_first_course_on(make: Any, rows: Any) -> None:
    courses = [{"patient_id": "P01", "course": n, "hour": hour} for n, hour in enumerate((47.0, 96.0, 100.0), 1)]
    found = rows(of(make, grades=daily("000000"), courses=courses))
    assert written(found, "courses") == "011133"
    assert written(found, "treated") == "-+++++"
    before = rows(of(make, grades=daily("000"), courses=[{"patient_id": "P01", "course": 1, "hour": -30.0}]))
    assert written(before, "treated") == "+++"


def test_corticosteroid_of_the_day_and_of_the_day_before(make: Any, rows: Any) -> None:
    steroids = [
        {"patient_id": "P01", "day": -1, "dexamethasone_equivalent_mg": 4.0},
        {"patient_id": "P01", "day": 1, "dexamethasone_equivalent_mg": 8.0},
        {"patient_id": "P01", "day": 2, "dexamethasone_equivalent_mg": None},
    ]
    found = rows(of(make, grades=daily("0000"), steroids=steroids))
    assert (written(found, "on_steroid"), written(found, "steroid_mg")) == ("-++-", "08.0")
    assert (written(found, "on_steroid_before"), written(found, "steroid_mg_before")) == ("+-++", "408.")


def test_the_panel_ends_with_death_or_the_last_record(make: Any, rows: Any) -> None:
    died = [{"patient_id": "P01", "hour": 80.0, "event": "death"}]
    found = rows(of(make, grades=daily("01234"), events=died))
    assert (written(found, "day"), written(found, "died")) == ("0123", "---+")
    left = [{"patient_id": "P01", "hour": 130.0, "event": "last_contact"}]
    found = rows(of(make, grades=daily("01"), events=left))
    assert (written(found, "carried"), written(found, "died")) == ("011...", "------")
    assert written(rows(of(make, grades=daily("01"), events=left, last_day=3)), "day") == "0123"


def test_each_infusion_has_days_of_its_own(make: Any, rows: Any) -> None:
    grades = [{"patient_id": "P01", "infusion": n, "hour": 24.0, "grade": n} for n in (1, 2)]
    found = rows(of(make, grades=grades, infusions=3))
    assert [(row["infusion"], row["day"], row["carried"]) for row in found] == [
        (1, 0, None),
        (1, 1, 1),
        (2, 0, None),
        (2, 1, 2),
        (3, 0, None),
    ]


def test_its_columns_are_those_declared(make: Any, engine: Engine) -> None:
    table = engine.collect(of(make, grades=daily("01")))
    kinds = {"bool": "boolean", "double": "float64"}
    assert {f.name: kinds.get(str(f.type), str(f.type)) for f in table.schema} == {
        column: kind for column, (kind, _) in ASKED_FOR["panel"].items()
    }
