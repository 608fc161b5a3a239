"""Eligibility for a target trial, worked by hand: a character a day, grades at hour 0 of each."""

from datetime import timedelta
from typing import Any

import pytest

from icans.derive.eligible import eligible, reaching
from icans.derive.episodes import episodes
from icans.protocols.remission import RemissionRule

GONE = [RemissionRule(baseline=[1, 2, 3, 4], grade=0)]
NONE = timedelta(0)


def of(
    make: Any,
    course: str,
    *,
    given: tuple[float, ...] = (),
    steroid: tuple[float, ...] = (),
    more: tuple[tuple[float, int], ...] = (),
    **named: Any,
) -> Any:
    daily = [(24.0 * day, None if grade == "?" else int(grade)) for day, grade in enumerate(course) if grade != "."]
    grades = make("grades", [{"patient_id": "P01", "hour": hour, "grade": grade} for hour, grade in (*daily, *more)])
    courses = make("courses", [{"patient_id": "P01", "course": n, "hour": hour} for n, hour in enumerate(given, 1)])
    doses = [{"patient_id": "P01", "hour": hour, "drug": "dexamethasone", "route": "oral"} for hour in steroid]
    asked = {
        "grade": 2,
        "refractory": None,
        "steroid_routes": ["oral"],
        "earlier_courses": 0,
        "until_day": 28,
        "rules": GONE,
        "hold": NONE,
    } | named
    return eligible(
        episodes(grades, quiet=timedelta(hours=72), onset_grade=1),
        grades,
        courses,
        make("treatments", doses),
        make("neuro"),
        events=make("events", named.pop("events", ())),
        **{key: value for key, value in asked.items() if key != "events"},
    )


COLUMNS = ("episode", "onset_hour", "eligible_hour", "eligible_grade", "course_hour", "outcome_hour")


@pytest.mark.parametrize(
    ("course", "given", "named", "expected"),
    [
        # onset at grade 1, eligible at the first grade 2, gone on day 5
        ("0123100", (), {}, [(1, 24, 48, 2, None, 144 - 24)]),
        ("0111100", (), {}, []),
        # an open grade makes nobody eligible
        ("0?30", (), {}, [(1, 48, 48, 3, None, 72)]),
        # each episode by itself: five days apart are two
        ("020000030", (), {}, [(1, 24, 24, 2, None, 48), (2, 168, 168, 3, None, 192)]),
        # a course of the very hour comes after the assessment; one before it is an earlier course
        ("0230", (24.0,), {}, [(1, 24, 24, 2, 24, 72)]),
        ("0230", (20.0,), {}, []),
        ("0230", (20.0, 60.0), {"earlier_courses": 1}, [(1, 24, 24, 2, 60, 72)]),
        # a course before the infusion is none since it
        ("0230", (-200.0, 60.0), {}, [(1, 24, 24, 2, 60, 72)]),
        # too late after infusion
        ("000020", (), {"until_day": 3}, []),
        ("000020", (), {"until_day": 4}, [(1, 96, 96, 2, None, 120)]),
        # the outcome must hold for as long as the protocol says
        ("02030", (), {"hold": timedelta(hours=24)}, [(1, 24, 24, 2, None, None)]),
        # grade 5 is death and makes nobody eligible
        ("05", (), {}, []),
    ],
)
def test_eligibility_treatment_and_outcome_of_a_course(
    make: Any, rows: Any, course: str, given: tuple[float, ...], named: dict[str, Any], expected: list[Any]
) -> None:
    assert rows(of(make, course, given=given, **named), *COLUMNS) == expected


def test_refractory_icans_makes_eligible_where_it_has_not_improved_on_corticosteroid(make: Any, rows: Any) -> None:
    named = {"refractory": timedelta(hours=24), "grade": 1}
    every_day = tuple(12.0 + 24 * day for day in range(1, 6))
    # on steroid from hour 36: at hour 48 for 12 hours only, at hour 72 for 36 and not below the grade of hour 48
    assert rows(of(make, "0222", steroid=every_day, **named), "eligible_hour") == [(72.0,)]
    # grade 1 at hour 72 is an improvement, grade 2 at hour 96 is none
    assert rows(of(make, "02212", steroid=every_day, **named), "eligible_hour") == [(96.0,)]
    assert rows(of(make, "0222", **named), "eligible_hour") == []


@pytest.mark.parametrize("more", [((24.0, 1), (24.0, 3)), ((24.0, 3), (24.0, 1))])
def test_of_several_grades_when_corticosteroid_began_the_worst_counts(make: Any, rows: Any, more: Any) -> None:
    named = {"refractory": timedelta(hours=24), "grade": 1}
    assert rows(of(make, "0.2.", steroid=(24.0, 36.0), more=more, **named), *COLUMNS) == []
    assert len(rows(of(make, "0.2.", steroid=(24.0, 36.0), more=((24.0, 2),), **named), *COLUMNS)) == 1


def test_what_no_rule_covers_is_marked_and_death_is_kept(make: Any, rows: Any) -> None:
    died = [{"patient_id": "P01", "hour": 60.0, "event": "death"}]
    rules = [RemissionRule(baseline=[3, 4], grade=1)]
    found = rows(of(make, "022", events=died, rules=rules), "has_line", "outcome_hour", "death_hour")
    assert found == [(False, None, 60.0)]
    assert rows(of(make, "022", events=died, rules=[]), "has_line", "outcome_hour") == [(True, None)]


def test_episodes_and_those_that_reach_the_grade_are_counted(make: Any, rows: Any) -> None:
    found = make(
        "episodes",
        [{"patient_id": "P01", "episode": n, "peak_grade": grade} for n, grade in enumerate((1, 2, 4), 1)]
        + [{"patient_id": "P02", "episode": 1, "peak_grade": 4, "toxicity": "crs"}],
    )
    assert rows(reaching(found, grade=2)) == [{"patient_id": "P01", "episodes": 3, "reaching": 2}]
