"""What holds of the results of any study."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icans.results.rows import Result

STEPS = ("screened", "infused", "with_icans", "treated", "evaluable")
LEFT_OUT = ("not_infused", "without_icans", "not_treated", "not_evaluable")
SITES = st.one_of(st.none(), st.sampled_from(["north", "south", "Öst", '<b>"x"</b>']))


def bounds():
    settled = st.integers(0, 5).map(lambda grade: (grade, grade, grade))
    left_open = st.tuples(st.integers(0, 5), st.integers(0, 5)).map(lambda pair: (None, min(pair), max(pair)))
    return st.one_of(settled, left_open)


@st.composite
def patients(draw):
    return {
        "infused": draw(st.booleans()),
        "site": draw(SITES),
        "grades": draw(st.lists(bounds(), max_size=3)),
        "indication": draw(st.sampled_from([None, "severe", "steroid_refractory"])),
        "treated": draw(st.booleans()),
        "course": draw(st.booleans()),
        "remission": draw(st.sampled_from([None, True, False])),
    }


def fill(study, drawn):
    study.patients = [{"patient_id": f"P{i}", "site": one["site"]} for i, one in enumerate(drawn)]
    infused = [(f"P{i}", one) for i, one in enumerate(drawn) if one["infused"]]
    study.infusions = [{"patient_id": who, "infusion": 1} for who, _ in infused]
    study.derived = {name: [] for name in study.derived}
    study.findings = []
    for who, one in infused:
        base = {"patient_id": who, "infusion": 1}
        study.derived["grades"] += [
            base
            | {"hour": 5.0 * place, "toxicity": "icans", "scale": "made"}
            | dict(zip(("grade", "grade_low", "grade_high"), grade, strict=True))
            for place, grade in enumerate(one["grades"])
        ]
        if not any(grade[0] for grade in one["grades"]):
            continue
        study.derived["episodes"].append(
            base | {"toxicity": "icans", "episode": 1, "onset_hour": 0.0, "peak_hour": 0.0, "duration_hours": 1.0}
        )
        if one["course"]:
            study.derived["courses"].append(base | {"course": 1, "doses": 1})
        if one["treated"]:
            study.derived["endpoints"].append(
                base | {"episode": 1, "indication": one["indication"], "remission": one["remission"], "courses": 1}
            )


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(patients(), min_size=1, max_size=6))
def test_whatever_the_study(worked, drawn):
    fill(worked, drawn)
    results = worked.results()
    _patients_are_sorted_and_known(results, len(drawn))
    _steps_never_grow_and_add_up(results)
    _levels_add_up_to_all(results, "baseline", "site")
    _levels_add_up_to_all(results, "toxicity", "icans_max_grade")


def _patients_are_sorted_and_known(results, size):
    known = {f"P{i}" for i in range(size)}
    for row in results:
        assert list(row.patients) == sorted(set(row.patients)), row.name
        assert set(row.patients) <= known, row.name


def _steps_never_grow_and_add_up(results: list[Result]):
    flow = [row for row in results if row.analysis == "population"]
    who = {row.variable: set(row.patients) for row in flow if row.level is None}
    for (before, after), left in zip(pairwise(STEPS), LEFT_OUT, strict=True):
        out = [set(row.patients) for row in flow if row.variable == left]
        assert who[after] <= who[before]
        assert sum(map(len, out)) + len(who[after]) == len(who[before])
        assert set().union(*out) | who[after] == who[before]
    assert who["severe"] <= who["with_icans"]
    assert who["steroid_refractory"] <= who["treated"]


def _levels_add_up_to_all(results, analysis, variable):
    for group in (None, "evaluable"):
        rows = [
            row
            for row in results
            if (row.analysis, row.variable, row.group) == (analysis, variable, group)
            and row.level is not None
            and (not row.level.startswith(">=") or "open" in row.level)
        ]
        counts = [row for row in rows if row.statistic == "n"]
        if counts and counts[0].n:
            assert sum(row.value for row in counts) == counts[0].n
            assert sum(row.value for row in rows if row.statistic == "percent") == pytest.approx(100)
