from __future__ import annotations

from typing import Any

import ibis
import pytest

from icans.derive.schema import DERIVED
from icans.derive.survival import last_seen, survival

DAY = 24.0


@pytest.fixture
def tables(make: Any) -> Any:
    """The tables survival is made from, given as text; an infusion at 0 for each patient where none is given."""

    def made(**texts: str) -> list[ibis.Table]:
        return [
            make("infusions", texts.get("infusions", "patient_id\nP01")),
            make("events", texts.get("events", "")),
            last_seen(make("events", texts.get("events", "")), make("neuro", texts.get("neuro", ""))),
            make("episodes", texts.get("episodes", "")),
            make("endpoints", texts.get("endpoints", "")),
        ]

    return made


def of(tables: list[ibis.Table], **named: Any) -> ibis.Table:
    definitions = {"origin": "infusion", "cutoff_epoch_hour": None, "progression": ["progression", "relapse"]}
    return survival(*tables, **(definitions | named))


COLUMNS = ("endpoint", "time_days", "event", "cause")


ONE_PATIENT = [
    ("240 death", (10, 1, "death"), (10, 1, "death")),
    ("240 death_due_to_icans", (10, 1, "death_due_to_icans"), (10, 1, "death_due_to_icans")),
    ("120 relapse\n240 death", (10, 1, "death"), (5, 1, "relapse")),
    ("120 progression\n96 relapse\n240 last_contact", (10, 0, "last_contact"), (4, 1, "relapse")),
    ("240 last_contact", (10, 0, "last_contact"), (10, 0, "last_contact")),
    # at once: an event of progression-free survival either way; death gives its name
    ("240 relapse\n240 death", (10, 1, "death"), (10, 1, "death")),
    ("240 relapse\n240 progression", (10, 0, "last_record"), (10, 1, "progression")),
    # progression after death is a mistake in the records and is not counted
    ("240 death\n264 relapse", (10, 1, "death"), (10, 1, "death")),
    # the disease that was treated
    ("-240 relapse\n240 last_contact", (10, 0, "last_contact"), (10, 0, "last_contact")),
    # next therapy counts only where the protocol says so
    ("120 next_therapy\n240 last_contact", (10, 0, "last_contact"), (10, 0, "last_contact")),
    # alive at a record after the last contact
    ("240 last_contact\n288 relapse", (12, 0, "last_record"), (12, 1, "relapse")),
    # two entries of the same death
    ("240 death\n240 death_due_to_icans", (10, 1, "death_due_to_icans"), (10, 1, "death_due_to_icans")),
    ("", (0, 0, "last_record"), (0, 0, "last_record")),
]
"""Events of a patient (hour and event), overall and progression-free survival (days, event, cause)."""


def test_survival_of_one_patient_at_a_time(tables: Any, rows: Any) -> None:
    lines = [
        f"P{number:02} {line}" for number, (events, _, _) in enumerate(ONE_PATIENT) for line in events.splitlines()
    ]
    patients = "\n".join(f"P{number:02}" for number in range(len(ONE_PATIENT)))
    given = tables(infusions=f"patient_id\n{patients}", events="patient_id hour event\n" + "\n".join(lines))
    expected = [
        (f"P{number:02}", endpoint, *ending)
        for number, (_, *endings) in enumerate(ONE_PATIENT)
        for endpoint, ending in zip(("os", "pfs"), endings, strict=True)
    ]
    assert rows(of(given), "patient_id", *COLUMNS) == expected


def test_without_last_contact_the_last_record_of_any_table_ends_observation(tables: Any, rows: Any) -> None:
    given = tables(events="patient_id hour event\nP01 48 relapse", neuro="patient_id hour\nP01 480\nP01 24")
    assert rows(of(given), *COLUMNS) == [("os", 20, 0, "last_record"), ("pfs", 2, 1, "relapse")]


def test_next_therapy_ends_progression_free_survival_where_the_protocol_says_so(tables: Any, rows: Any) -> None:
    given = tables(events="patient_id hour event\nP01 120 next_therapy\nP01 240 death")
    assert rows(of(given, progression=["next_therapy"]), *COLUMNS)[1] == ("pfs", 5, 1, "next_therapy")


@pytest.mark.parametrize(
    ("last_day", "expected"),
    [
        (3, [("os", 4, 0, "cutoff"), ("pfs", 4, 0, "cutoff")]),
        # dates are midnights: an event of the day after the cutoff is at the hour at which its day ends
        (4, [("os", 5, 0, "cutoff"), ("pfs", 5, 0, "cutoff")]),
        # an event on the cutoff counts
        (5, [("os", 6, 0, "cutoff"), ("pfs", 5, 1, "relapse")]),
        (10, [("os", 10, 1, "death"), ("pfs", 5, 1, "relapse")]),
        (None, [("os", 10, 1, "death"), ("pfs", 5, 1, "relapse")]),
    ],
)
def test_what_came_after_the_cutoff_is_not_counted(
    tables: Any, rows: Any, last_day: float | None, expected: list[tuple[Any, ...]]
) -> None:
    infused = 19_000 * DAY
    given = tables(
        infusions=f"patient_id infused_epoch_hour\nP01 {infused}",
        events="patient_id hour event\nP01 120 relapse\nP01 240 death",
    )
    cutoff = None if last_day is None else infused + (last_day + 1) * DAY
    assert rows(of(given, cutoff_epoch_hour=cutoff), *COLUMNS) == expected


def test_a_cutoff_needs_dates(tables: Any, rows: Any) -> None:
    given = tables(events="patient_id hour event\nP01 240 death")
    assert rows(of(given, cutoff_epoch_hour=1.0), *COLUMNS)[0] == ("os", 10, 1, "death")


TWO_INFUSIONS = """
    patient_id infusion start_hour infused_epoch_hour
    P01        1        0          1000
    P01        2        2400       3400
    """
EPISODES = """
    patient_id infusion toxicity episode onset_hour
    P01        1        icans    1       72
    P01        1        crs      1       24
    P01        2        crs      1       12
    P01        2        icans    1       48
    P01        2        icans    2       240
    """
BEFORE = "\n    P01        1        icans    0       -48"
TREATED_LATER = """
    patient_id infusion episode first_course_hour remission remission_hour last_hour
    P01        2        2       252               yes       300            312
    """
LATER = """
    patient_id infusion hour event
    P01        1        960  relapse
    P01        2        1200 death
    """


@pytest.mark.parametrize(
    ("origin", "endpoints", "infusion", "os", "pfs"),
    [
        # nobody was treated: the first infusion
        ("infusion", "", 1, 150, 40),
        ("onset", "", 1, 147, 37),
        # treated after the second infusion: that one; the relapse before it is history
        ("infusion", TREATED_LATER, 2, 50, 50),
        ("onset", TREATED_LATER, 2, 40, 40),
        ("first_course", TREATED_LATER, 2, 39.5, 39.5),
    ],
)
def test_time_runs_from_the_origin_at_the_index_infusion(
    tables: Any, rows: Any, origin: str, endpoints: str, infusion: int, os: float, pfs: float
) -> None:
    given = tables(infusions=TWO_INFUSIONS, events=LATER, episodes=EPISODES, endpoints=endpoints)
    found = rows(of(given, origin=origin), "infusion", "endpoint", "time_days", "event")
    assert found[:2] == [(infusion, "os", os, 1), (infusion, "pfs", pfs, 1)]


def test_an_onset_before_the_infusion_is_no_origin_but_of_the_treated_episode(tables: Any, rows: Any) -> None:
    given = tables(infusions=TWO_INFUSIONS, events=LATER, episodes=EPISODES.rstrip() + BEFORE)
    assert ("os", 147) in rows(of(given, origin="onset"), "endpoint", "time_days")
    treated = TREATED_LATER.replace("P01        2        2  ", "P01        1        0  ")
    given = tables(infusions=TWO_INFUSIONS, events=LATER, episodes=EPISODES.rstrip() + BEFORE, endpoints=treated)
    assert ("os", 152) in rows(of(given, origin="onset"), "endpoint", "time_days")


def test_a_cutoff_counts_from_the_index_infusion_too(tables: Any, rows: Any) -> None:
    given = tables(infusions=TWO_INFUSIONS, events=LATER, episodes=EPISODES, endpoints=TREATED_LATER)
    found = rows(of(given, cutoff_epoch_hour=3400 + 240.0), *COLUMNS)
    assert found == [("os", 10, 0, "cutoff"), ("pfs", 10, 0, "cutoff")]


def test_who_has_no_origin_or_ended_before_it_is_left_out(tables: Any, rows: Any) -> None:
    given = tables(
        infusions="patient_id\nP01\nP02\nP03",
        episodes="patient_id toxicity episode onset_hour\nP01 icans 1 72\nP02 icans 1 72\nP03 crs 1 24",
        events="patient_id hour event\nP01 240 death\nP02 48 relapse\nP02 240 death\nP03 240 death",
    )
    columns = ("patient_id", "endpoint")
    assert rows(of(given, origin="onset"), *columns) == [("P01", "os"), ("P01", "pfs"), ("P02", "os")]
    assert rows(of(given, origin="first_course")) == []


@pytest.mark.parametrize(
    ("endpoint", "events", "expected"),
    [
        ("yes 72 500", "240 death", (2, 1, "remission")),
        ("no - 500", "", (pytest.approx(19.8333333333), 0, "last_assessment")),
        ("no - 120", "240 death", (9, 2, "death")),
        ("no - 240", "240 death_due_to_icans", (9, 2, "death_due_to_icans")),
        # at the hour of death
        ("yes 240 240", "240 death", (9, 1, "remission")),
        # nobody looked after the course
        ("no - 12", "", (0, 0, "last_assessment")),
    ],
)
def test_time_to_remission_with_death_competing(
    tables: Any, rows: Any, endpoint: str, events: str, expected: tuple[Any, ...]
) -> None:
    given = tables(
        events=f"patient_id hour event\n{'P01 ' + events if events else ''}",
        endpoints=f"patient_id episode first_course_hour remission remission_hour last_hour\nP01 1 24 {endpoint}",
    )
    assert rows(of(given), *COLUMNS)[2] == ("remission", *expected)


def test_remission_is_timed_once_an_infusion_and_only_with_a_finish_line(tables: Any, rows: Any) -> None:
    given = tables(
        infusions=TWO_INFUSIONS,
        endpoints="""
        patient_id infusion episode first_course_hour remission remission_hour last_hour
        P01        1        1       24                -         -              48
        P01        1        2       200               yes       224            300
        P01        1        3       400               no        -              600
        P01        2        1       24                no        -              72
        """,
    )
    found = rows(of(given), "infusion", "endpoint", "time_days", "event")
    assert [row for row in found if row[1] == "remission"] == [(1, "remission", 1, 1), (2, "remission", 2, 0)]


def test_the_last_record_of_several_tables(make: Any, rows: Any) -> None:
    neuro = make("neuro", "patient_id infusion hour\nP01 1 5\nP01 1 9\nP01 2 1")
    labs = make("labs", "patient_id infusion hour\nP01 1 7\nP02 1 -3")
    assert rows(last_seen(neuro, labs, make("events"))) == [
        {"patient_id": "P01", "infusion": 1, "hour": 9},
        {"patient_id": "P01", "infusion": 2, "hour": 1},
        {"patient_id": "P02", "infusion": 1, "hour": -3},
    ]


def test_an_empty_study_gives_no_time_but_every_column(tables: Any, engine: Any) -> None:
    table = engine.collect(of(tables(infusions="patient_id")))
    assert table.num_rows == 0
    assert table.column_names == list(DERIVED["survival"])
