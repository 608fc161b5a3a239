from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icans.derive.endpoints import endpoints, evaluable, first
from icans.derive.episodes import episodes
from icans.derive.exposure import courses
from icans.derive.schema import DERIVED
from icans.protocols.remission import RemissionRule, idm_2025_rules

QUIET = timedelta(hours=72)
DEFINITIONS: dict[str, Any] = {
    "rules": idm_2025_rules(),
    "severe_grade": 3,
    "refractory": timedelta(hours=24),
    "steroid_routes": ["intravenous", "oral"],
    "baseline": "first_course",
    "hold": timedelta(0),
}
IDM: dict[str, Any] = {"drugs": ["methotrexate"], "routes": ["intrathecal"]}


@pytest.fixture
def of(make: Any) -> Any:
    """Endpoints of assessments (hour, grade, ICE; null where there is none) and doses (hour, drug), from P01 on."""

    def derived(assessments: str, doses: str, **named: Any) -> ibis.Table:
        frame = "patient_id infusion hour grade ice\n"
        lines = [line.split() for line in assessments.strip().splitlines()]
        short = [line if len(line) == 5 else ["P01", "1", *line] for line in lines]
        rows = frame + "\n".join(" ".join(line) for line in short)
        given = [line.split() for line in doses.strip().splitlines()]
        routed = [
            {
                "patient_id": line[2] if len(line) > 2 else "P01",
                "infusion": int(line[3]) if len(line) > 3 else 1,
                "hour": float(line[0]),
                "drug": line[1],
                "route": "intrathecal" if line[1] == "methotrexate" else "intravenous",
            }
            for line in given
        ]
        return derive(make, assessments_of(rows), routed, **named)

    return derived


def assessments_of(text: str) -> list[dict[str, Any]]:
    header, *lines = [line.split() for line in text.splitlines()]
    kinds = {"patient_id": str, "infusion": int, "hour": float, "grade": int, "ice": int}
    return [
        {name: None if word == "-" else kinds[name](word) for name, word in zip(header, line, strict=True)}
        for line in lines
    ]


def derive(make: Any, assessments: list[dict[str, Any]], doses: list[dict[str, Any]], **named: Any) -> ibis.Table:
    grades, neuro = make("grades", assessments), make("neuro", assessments)
    treatments = make("treatments", doses)
    toxic = episodes(grades, quiet=QUIET, onset_grade=1)
    given = courses(treatments, toxic, together=timedelta(hours=12), quiet=QUIET, **IDM)
    return endpoints(toxic, grades, given, treatments, neuro, **(DEFINITIONS | named))


REMISSION = ("baseline_grade", "remission", "remission_hour", "hours_to_remission", "recurrence")


def test_a_severe_patient_is_in_remission_at_grade_1(of: Any, rows: Any) -> None:
    found = of(
        """
        0  0 10
        24 2 5
        30 4 0
        42 3 1
        54 1 8
        66 0 10
        """,
        "36 methotrexate",
    )
    (row,) = rows(found)
    assert row == {
        "patient_id": "P01",
        "infusion": 1,
        "episode": 1,
        "indication": "severe",
        "baseline_grade": 4,
        "baseline_ice": 0,
        "first_course_hour": 36,
        "hours_from_onset": 12,
        "courses": 1,
        "remission": True,
        "remission_hour": 54,
        "hours_to_remission": 18,
        "last_hour": 66,
        "recurrence": False,
    }


def test_a_patient_at_grade_2_is_in_remission_only_at_an_ice_score_of_10(of: Any, rows: Any) -> None:
    assessments = """
        24 2 5
        48 1 8
        60 0 9
        72 0 10
        """
    found = of(assessments, "24 methotrexate")
    assert rows(found, *REMISSION) == [(2, True, 72, 48, False)]


def test_without_an_ice_score_grade_0_is_the_finish_line(of: Any, rows: Any) -> None:
    assessments = """
        24 2 -
        48 1 -
        60 0 -
        """
    doses = "24 methotrexate"
    assert rows(of(assessments, doses), *REMISSION) == [(2, True, 60, 36, False)]
    strict = [RemissionRule(baseline=[1, 2, 3, 4], ice=10)]
    assert rows(of(assessments, doses, rules=strict), *REMISSION) == [(2, False, None, None, None)]


def test_an_ice_score_of_10_during_a_seizure_is_no_remission(of: Any, rows: Any) -> None:
    assessments = """
        24 2 5
        30 3 10
        36 2 10
        48 - 10
        """
    assert rows(of(assessments, "24 methotrexate"), *REMISSION) == [(2, True, 48, 24, False)]


def test_the_hour_of_the_course_itself_is_baseline_and_never_remission(of: Any, rows: Any) -> None:
    # the worst of two at that hour
    assessments = """
        12 3 1
        24 1 8
        24 3 1
        48 1 8
        """
    assert rows(of(assessments, "24 methotrexate"), *REMISSION) == [(3, True, 48, 24, False)]


def test_the_items_of_the_ice_make_a_score_where_all_were_asked(make: Any, rows: Any) -> None:
    items = dict.fromkeys(("ice_orientation", "ice_naming", "ice_commands", "ice_writing", "ice_attention"), 1)
    assessments = [
        {"patient_id": "P01", "hour": 24.0, "grade": 2, **items},
        {"patient_id": "P01", "hour": 30.0, "grade": None, **items, "ice_naming": None},
        {"patient_id": "P01", "hour": 48.0, "grade": 0, **items, "ice": 10},
    ]
    dose = {"patient_id": "P01", "hour": 36.0, "drug": "methotrexate", "route": "intrathecal"}
    assert rows(derive(make, assessments, [dose]), "baseline_ice", "remission_hour") == [(5, 48)]


def test_the_baseline_score_is_the_last_of_the_episode_and_not_from_before_it(of: Any, rows: Any) -> None:
    doses = "36 methotrexate"
    assert rows(of("0 0 10\n24 2 -\n30 2 -", doses), "baseline_ice") == [(None,)]
    assert rows(of("0 0 10\n24 2 4\n30 2 -\n40 2 9", doses), "baseline_ice") == [(4,)]


def test_baseline_at_the_peak_is_the_highest_grade_up_to_the_course(of: Any, rows: Any) -> None:
    assessments = """
        24 3 1
        30 2 4
        42 4 0
        54 1 7
        66 0 10
        """
    doses = "36 methotrexate"
    assert rows(of(assessments, doses), *REMISSION) == [(2, True, 66, 30, False)]
    assert rows(of(assessments, doses, baseline="peak"), *REMISSION) == [(3, True, 54, 18, False)]


def test_no_rule_for_the_baseline_grade_leaves_remission_unanswered(of: Any, rows: Any) -> None:
    assessments = "24 1 8\n48 0 10"
    severe_only = [RemissionRule(baseline=[3, 4], grade=1)]
    assert rows(of(assessments, "30 methotrexate", rules=severe_only), *REMISSION) == [(1, None, None, None, None)]
    # the course came with the assessment that found no toxicity
    assert rows(of(assessments, "48 methotrexate"), *REMISSION) == [(0, None, None, None, None)]


def test_nobody_looked_again_is_no_remission(of: Any, rows: Any) -> None:
    assert rows(of("24 3 1", "30 methotrexate"), *REMISSION, "last_hour") == [(3, False, None, None, None, 24)]


def test_a_grade_above_the_finish_line_after_remission_is_a_recurrence(of: Any, rows: Any) -> None:
    doses = "24 methotrexate"
    severe = "24 3 1\n48 1 8\n{}"
    assert rows(of(severe.format("72 1 8"), doses), *REMISSION) == [(3, True, 48, 24, False)]
    assert rows(of(severe.format("72 2 5"), doses), *REMISSION) == [(3, True, 48, 24, True)]
    # weeks later, in a new episode of the same infusion
    assert rows(of(severe.format("60 0 10\n600 2 5"), doses), *REMISSION) == [(3, True, 48, 24, True)]
    mild = "24 2 5\n48 0 10\n{}"
    assert rows(of(mild.format("72 0 9"), doses), *REMISSION) == [(2, True, 48, 24, False)]
    assert rows(of(mild.format("72 1 9"), doses), *REMISSION) == [(2, True, 48, 24, True)]


HELD = """
    24 3 1
    48 1 8
    60 2 5
    72 1 8
    84 1 8
    96 0 10
    """


@pytest.mark.parametrize(
    ("hold", "remission_hour"),
    [
        (0, 48),
        (11, 48),  # grade 2 came 12 hours later
        (12, 72),  # exactly 12 hours later is within 12 hours
        (24, 72),  # assessments go on for exactly 24 hours
        (25, None),  # nobody looked for that long
    ],
)
def test_remission_holds_for_as_long_as_the_protocol_says(
    of: Any, rows: Any, hold: int, remission_hour: float | None
) -> None:
    found = of(HELD, "24 methotrexate", hold=timedelta(hours=hold))
    assert rows(found, "remission", "remission_hour") == [(remission_hour is not None, remission_hour)]


INDICATION = "24 2 5\n36 2 5\n48 {} 5"


@pytest.mark.parametrize(
    ("last", "doses", "expected"),
    [
        (2, "", None),
        (2, "24 dexamethasone\n36 dexamethasone", "steroid_refractory"),
        # 24 hours exactly
        (2, "25 dexamethasone", None),
        # for CRS, before ICANS began
        (2, "0 dexamethasone\n12 dexamethasone\n47 dexamethasone", "steroid_refractory"),
        # a week before infusion at most
        (2, "-168 dexamethasone\n-130 dexamethasone", None),
        # a single dose two days and more before says nothing about steroids now
        (2, "-10 dexamethasone", None),
        (2, "0 dexamethasone", "steroid_refractory"),
        (2, "-1 dexamethasone", None),
        # interrupted for more than 48 hours: a new start
        (2, "-26 dexamethasone\n25 dexamethasone", None),
        # dose unknown, drug not named
        (2, "24 steroids", "steroid_refractory"),
        # improved on it
        (1, "24 dexamethasone\n36 dexamethasone", None),
        # severe comes first
        (3, "24 dexamethasone", "severe"),
    ],
)
def test_why_an_episode_was_treated(of: Any, rows: Any, last: int, doses: str, expected: str | None) -> None:
    found = of(INDICATION.format(last), f"48 methotrexate\n{doses}")
    assert rows(found, "indication") == [(expected,)]


@pytest.mark.parametrize(("earliest", "expected"), [(-168, "steroid_refractory"), (-168.5, None)])
def test_doses_from_a_week_before_the_infusion_on_count(of: Any, rows: Any, earliest: float, expected: str) -> None:
    doses = "\n".join(f"{hour} dexamethasone" for hour in (earliest, -121, -73, -25, 23))
    found = of(INDICATION.format(2), f"48 methotrexate\n{doses}", refractory=timedelta(hours=200))
    assert rows(found, "indication") == [(expected,)]


def test_severe_counts_up_to_the_first_course_only(of: Any, rows: Any) -> None:
    assert rows(of("24 3 1\n36 2 5", "36 methotrexate"), "indication") == [("severe",)]
    assert rows(of("24 2 5\n37 3 1", "36 methotrexate"), "indication") == [(None,)]


def test_worse_after_a_passing_improvement_is_refractory(of: Any, rows: Any) -> None:
    found = of("24 2 5\n30 2 5\n36 1 8\n48 2 5", "24 dexamethasone\n48 methotrexate")
    assert rows(found, "indication") == [("steroid_refractory",)]


def test_without_an_assessment_on_the_corticosteroid_nothing_is_refractory(of: Any, rows: Any) -> None:
    assert rows(of("24 2 5", "25 dexamethasone\n60 methotrexate"), "indication") == [(None,)]


def test_only_treated_episodes_have_endpoints_each_with_its_own_courses(of: Any, rows: Any) -> None:
    found = of(
        """
        24  3 1
        48  0 10
        200 2 5
        224 0 10
        400 3 1
        424 0 10
        P01 2 10 3 0
        """,
        """
        30  methotrexate
        44  methotrexate
        410 methotrexate
        300 methotrexate
        10  methotrexate P01 2
        10  methotrexate P02 1
        """,
    )
    assert rows(found, "infusion", "episode", "courses", "first_course_hour", "remission_hour", "recurrence") == [
        (1, 1, 2, 30, 48, True),
        (1, 3, 1, 410, 424, False),
        (2, 1, 1, 10, None, None),
    ]


def test_the_first_evaluable_episode_of_a_patient_is_kept(make: Any, rows: Any) -> None:
    table = make(
        "endpoints",
        """
        patient_id infusion episode indication
        P01        1        1       -
        P01        1        2       severe
        P01        1        3       severe
        P01        2        1       steroid_refractory
        P02        1        1       -
        """,
    )
    both = ["severe", "steroid_refractory"]
    columns = ("patient_id", "infusion", "episode")
    assert rows(evaluable(table, indications=both), *columns) == [("P01", 1, 2)]
    assert rows(evaluable(table, indications=["steroid_refractory"]), *columns) == [("P01", 2, 1)]
    assert rows(evaluable(table, indications=["severe"]), *columns) == [("P01", 1, 2)]
    assert rows(first(table, ("patient_id",)), *columns) == [("P01", 1, 1), ("P02", 1, 1)]


def test_nobody_treated_gives_no_endpoint_but_every_column(of: Any, engine: Any) -> None:
    table = engine.collect(of("24 3 1", ""))
    assert table.num_rows == 0
    assert table.column_names == list(DERIVED["endpoints"])


# A brute-force twin: the definitions as loops over one patient's assessments and doses.


def twin(
    assessments: list[tuple[float, int | None, int | None]],
    idm: list[float],
    steroid: list[float],
    *,
    baseline: str,
    hold: float,
) -> list[tuple[Any, ...]]:
    grade: dict[float, int] = {}
    ice: dict[float, int] = {}
    for hour, found, score in assessments:
        if found is not None:
            grade[hour] = max(found, grade.get(hour, 0))
        if score is not None:
            ice[hour] = min(score, ice.get(hour, 10))
    toxic = sorted(hour for hour, found in grade.items() if found)
    runs: list[list[float]] = []
    for hour in toxic:
        if runs and hour - runs[-1][-1] <= 72:
            runs[-1].append(hour)
        else:
            runs.append([hour])
    starts = [hour for hour in sorted(set(idm)) if not any(0 < hour - other <= 12 for other in idm)]
    found = []
    for number, run in enumerate(runs):
        later = runs[number + 1][0] if number + 1 < len(runs) else float("inf")
        clear = min((hour for hour in grade if run[-1] < hour < later), default=None)
        resolved = clear is not None and all(grade[hour] < 5 for hour in run)
        until = clear if resolved else run[-1] + 72
        given = [hour for hour in starts if run[0] <= hour <= until]
        if given:
            found.append((number + 1, len(given), *outcome(grade, ice, steroid, run[0], given[0], baseline, hold)))
    return found


def outcome(
    grade: dict[float, int],
    ice: dict[float, int],
    steroid: list[float],
    onset: float,
    course: float,
    baseline: str,
    hold: float,
) -> tuple[Any, ...]:
    before = sorted(hour for hour in grade if onset <= hour <= course)
    last, peak = grade[before[-1]], max(grade[hour] for hour in before)
    start = grade[before[-1]] if baseline == "first_course" else peak
    scores = sorted(hour for hour in ice if onset <= hour <= course)
    doses = sorted(hour for hour in steroid if -168 <= hour <= course)
    since = None
    if doses and course - doses[-1] <= 48:
        since = doses[-1]
        for dose in reversed(doses):
            since = dose if since - dose <= 48 else since
    on_steroid = [grade[hour] for hour in before if since is not None and course - since >= 24 and hour >= since]
    indication = "severe" if peak >= 3 else "steroid_refractory" if on_steroid and 1 <= last >= on_steroid[0] else None
    line = {1: 0, 2: 0, 3: 1, 4: 1}.get(start)
    reached, back = None, None
    if line is not None:
        met: dict[float, bool] = {}
        for hour in sorted({*grade, *ice}):
            if hour > course and line == 0 and hour in ice:
                met[hour] = ice[hour] >= 10 and grade.get(hour, -1) < start
            elif hour > course and hour in grade:
                met[hour] = grade[hour] <= line
        for hour, good in met.items():
            held = all(met[other] for other in met if hour <= other <= hour + hold)
            if good and held and max(met) >= hour + hold:
                reached, back = hour, any(grade[other] > line for other in grade if other > hour)
                break
    remission = None if line is None else reached is not None
    score = ice[scores[-1]] if scores else None
    return indication, start, score, course, remission, reached, back, max(grade)


STEP = st.integers(-2, 40).map(lambda step: step * 6.0)
ASSESSED = st.tuples(
    STEP, st.none() | st.sampled_from([0, 0, 1, 1, 2, 2, 3, 4, 5]), st.none() | st.sampled_from([0, 5, 8, 9, 10, 10])
)
TREATED = st.tuples(
    st.lists(ASSESSED, max_size=20),
    st.lists(STEP, max_size=4),
    st.lists(st.integers(-30, 40).map(lambda step: step * 6.0), max_size=5),
)
TWIN = ("patient_id", "episode", "courses", "indication", "baseline_grade", "baseline_ice", "first_course_hour")


@settings(max_examples=15, deadline=None)
@given(
    patients=st.lists(TREATED, min_size=1, max_size=40),
    baseline=st.sampled_from(["first_course", "peak"]),
    hold=st.sampled_from([0, 0, 6, 24]),
)
def test_endpoints_agree_with_the_definitions_as_loops(
    make: Any, rows: Any, patients: list[Any], baseline: str, hold: int
) -> None:
    assessments, doses = [], []
    for number, (own, idm, steroid) in enumerate(patients):
        place = {"patient_id": f"P{number}"}
        assessments += [{**place, "hour": hour, "grade": grade, "ice": ice} for hour, grade, ice in own]
        doses += [{**place, "hour": hour, "drug": "methotrexate", "route": "intrathecal"} for hour in idm]
        doses += [{**place, "hour": hour, "drug": "dexamethasone"} for hour in steroid]
    table = derive(make, assessments, doses, baseline=baseline, hold=timedelta(hours=hold))
    found = defaultdict(list)
    for patient, *row in rows(table, *TWIN, "remission", "remission_hour", "recurrence", "last_hour"):
        found[patient].append(tuple(row))
    for number, (own, idm, steroid) in enumerate(patients):
        assert found[f"P{number}"] == twin(own, idm, steroid, baseline=baseline, hold=hold)
