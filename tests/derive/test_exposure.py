from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icans.derive.exposure import courses, steroids
from icans.derive.schema import DERIVED

IDM = {"drugs": ["dexamethasone", "methotrexate"], "routes": ["intrathecal"]}
SYSTEMIC = ["intravenous", "oral", "intramuscular", "subcutaneous"]
FEW = settings(max_examples=15, deadline=None)


def of(treatments: ibis.Table, episodes: ibis.Table, **named: Any) -> ibis.Table:
    given = IDM | {"together": timedelta(hours=12), "quiet": timedelta(hours=72)} | named
    return courses(treatments, episodes, **given)


def test_doses_at_most_twelve_hours_apart_are_one_course(make: Any, rows: Any) -> None:
    treatments = make(
        "treatments",
        """
        patient_id hour drug          route
        P01        10   methotrexate  intrathecal
        P01        10   dexamethasone intrathecal
        P01        22   dexamethasone intrathecal
        P01        34.5 dexamethasone intrathecal
        P02        10   methotrexate  intrathecal
        """,
    )
    columns = ("patient_id", "course", "hour", "drugs", "doses", "episode")
    assert rows(of(treatments, make("episodes")), *columns) == [
        ("P01", 1, 10, "dexamethasone;methotrexate", 3, None),
        ("P01", 2, 34.5, "dexamethasone", 1, None),
        ("P02", 1, 10, "methotrexate", 1, None),
    ]


def test_only_the_drugs_and_routes_of_the_protocol_count(make: Any, rows: Any) -> None:
    doses = [
        {"patient_id": "P01", "hour": 1.0, "drug": " Dexamethasone ", "route": "INTRATHECAL"},
        {"patient_id": "P02", "hour": 1.0, "drug": "dexamethasone", "route": "intravenous"},
        {"patient_id": "P03", "hour": 1.0, "drug": "dexamethasone"},
        {"patient_id": "P04", "hour": 1.0, "drug": "cytarabine", "route": "intrathecal"},
        {"patient_id": "P05", "hour": 1.0, "drug": "dexamethasone", "route": "intrathecal", "dose": 0.0},
        {"patient_id": "P06", "hour": 1.0, "drug": "dexamethasone", "route": "intrathecal", "dose": 10.0},
    ]
    treatments, episodes = make("treatments", doses), make("episodes")
    assert rows(of(treatments, episodes), "patient_id", "drugs") == [("P01", "dexamethasone"), ("P06", "dexamethasone")]
    spelled = rows(of(treatments, episodes, drugs=["DEXAmethasone"]), "patient_id", "drugs")
    assert spelled == [("P01", "DEXAmethasone"), ("P06", "DEXAmethasone")]
    anywhere = rows(of(treatments, episodes, routes=[]), "patient_id")
    assert anywhere == [("P01",), ("P02",), ("P03",), ("P06",)]


def test_courses_are_numbered_by_infusion(make: Any, rows: Any) -> None:
    treatments = make(
        "treatments",
        """
        patient_id infusion hour drug         route
        P01        1        400  methotrexate intrathecal
        P01        2        5    methotrexate intrathecal
        P01        2        30   methotrexate intrathecal
        """,
    )
    found = rows(of(treatments, make("episodes")), "infusion", "course", "hour")
    assert found == [(1, 1, 400), (2, 1, 5), (2, 2, 30)]


def test_a_course_belongs_to_the_episode_during_which_it_began(make: Any, rows: Any) -> None:
    expected = [
        (23.9, None),
        (24, 1),  # at onset
        (60, 1),
        (96, 1),  # at the assessment that found no toxicity
        (96.1, None),
        (200, 2),
        (240, 2),  # at the last toxic assessment of an episode nobody saw end
        (312, 2),  # 72 hours later
        (312.1, None),
    ]
    episodes = make(
        "episodes",
        """
        patient_id infusion toxicity episode onset_hour end_hour resolved
        P01        1        icans    1       24         96       yes
        P01        1        icans    2       200        240      no
        P01        1        crs      1       0          999      yes
        P01        2        icans    1       0          999      yes
        """,
    )
    doses = [
        {"patient_id": "P01", "hour": hour, "drug": "methotrexate", "route": "intrathecal"} for hour, _ in expected
    ]
    found = of(make("treatments", doses), episodes, together=timedelta(0))
    assert rows(found, "hour", "episode") == expected


def test_no_dose_gives_no_course_but_every_column(make: Any, engine: Any) -> None:
    for table, name in (
        (of(make("treatments"), make("episodes")), "courses"),
        (steroids(make("treatments"), routes=SYSTEMIC), "steroids"),
    ):
        found = engine.collect(table)
        assert found.num_rows == 0
        assert found.column_names == list(DERIVED[name])


DOSES = [
    ("dexamethasone", 10, "mg", 10),
    ("dexamethasone sodium phosphate", 10, "mg", 10),
    ("methylprednisolone", 1, "g", 187.5),
    (" Methylprednisolone ", 40, " MG ", 7.5),
    ("prednisone", 50, "mg", 7.5),
    ("prednisolone", 50, "mg", 7.5),
    ("hydrocortisone", 100, "mg", 3.75),
    ("hydrocortisone sodium succinate", 100, "mg", 3.75),
    ("cortisone acetate", 25, "mg", 0.75),
    ("triamcinolone acetonide", 40, "mg", 7.5),
    ("betamethasone", 3000, "ug", 3),
    ("dexamethasone", 4000, "mcg", 4),
    # the amount is not known
    ("dexamethasone", None, "mg", None),
    ("dexamethasone", 10, None, None),
    ("methylprednisolone", 2, "mg/kg", None),
    ("prednisone", 40, "mg/m2", None),
    ("steroids", 10, "mg", None),
    ("Corticosteroids", None, None, None),
]
"""Drug, dose, unit, and mg of dexamethasone."""


def test_a_dose_as_dexamethasone(make: Any, rows: Any) -> None:
    doses = [
        {"patient_id": f"{number:02}", "hour": 5.0, "drug": drug, "dose": dose, "dose_unit": unit}
        for number, (drug, dose, unit, _) in enumerate(DOSES)
    ]
    found = rows(
        steroids(make("treatments", doses), routes=SYSTEMIC), "patient_id", "day", "dexamethasone_equivalent_mg"
    )
    assert found == [
        (f"{number:02}", 0, None if mg is None else pytest.approx(mg)) for number, (*_, mg) in enumerate(DOSES)
    ]


def test_what_is_no_systemic_corticosteroid_makes_no_day(make: Any, rows: Any) -> None:
    table = make(
        "treatments",
        """
        patient_id hour drug               dose dose_unit route
        P01        1    dexamethasone      10   mg        intrathecal
        P01        1    tocilizumab        480  mg        intravenous
        P01        1    fludrocortisone    0.1  mg        oral
        P01        1    dexamethasone      0    mg        intravenous
        """,
    )
    assert rows(steroids(table, routes=SYSTEMIC)) == []


def test_a_day_is_summed_up_and_one_unknown_dose_leaves_it_unknown(make: Any, rows: Any) -> None:
    table = make(
        "treatments",
        """
        patient_id infusion hour drug               dose dose_unit route
        P01        1        -1   dexamethasone      8    mg        -
        P01        1        0    dexamethasone      10   mg        Intravenous
        P01        1        23.9 methylprednisolone 40   mg        oral
        P01        1        24   dexamethasone      4    mg        intravenous
        P01        1        30   steroids           -    -         intravenous
        P01        2        0    prednisone         20   mg        oral
        """,
    )
    assert rows(steroids(table, routes=SYSTEMIC), "infusion", "day", "dexamethasone_equivalent_mg") == [
        (1, -1, 8.0),
        (1, 0, 17.5),
        (1, 1, None),
        (2, 0, 3.0),
    ]


# A brute-force twin of courses: one patient's doses, one after the other.

DOSE = st.tuples(st.integers(0, 60).map(lambda step: step * 3.0), st.sampled_from(["dexamethasone", "methotrexate"]))
PATIENT = st.lists(DOSE, max_size=12)


def twin(doses: list[tuple[float, str]], together: float) -> list[tuple[Any, ...]]:
    runs: list[list[tuple[float, str]]] = []
    for hour, drug in sorted(doses):
        if runs and hour - runs[-1][-1][0] <= together:
            runs[-1].append((hour, drug))
        else:
            runs.append([(hour, drug)])
    return [
        (number, run[0][0], ";".join(sorted({drug for _, drug in run})), len(run))
        for number, run in enumerate(runs, start=1)
    ]


@FEW
@given(
    patients=st.lists(PATIENT, min_size=1, max_size=30),
    together=st.sampled_from([0, 3, 12, 24]),
    random=st.randoms(use_true_random=False),
)
def test_courses_agree_with_the_definition_as_a_loop(
    make: Any, rows: Any, patients: list[Any], together: int, random: Any
) -> None:
    doses = [
        {"patient_id": f"P{number}", "hour": hour, "drug": drug, "route": "intrathecal"}
        for number, own in enumerate(patients)
        for hour, drug in own
    ]
    random.shuffle(doses)
    table = of(make("treatments", doses), make("episodes"), together=timedelta(hours=together))
    found = defaultdict(list)
    for patient, *course in rows(table, "patient_id", "course", "hour", "drugs", "doses"):
        found[patient].append(tuple(course))
    for number, own in enumerate(patients):
        assert found[f"P{number}"] == twin(own, together)
