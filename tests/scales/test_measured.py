"""Scales that take measurements: published cases, series worked by hand, and a twin that goes day by day."""

import tomllib
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icans.scales import catalogue
from icans.scales.engine import evaluated
from icans.scales.measured import measured
from icans.scales.reading.file import parse

CONTENT = tomllib.loads(Path(__file__).with_name("measured.toml").read_text(encoding="utf-8"))
CASES, SERIES = CONTENT["case"], CONTENT["series"]
EARLY, LATE = "icaht-2023-early", "icaht-2023-late"


@pytest.fixture(scope="module")
def evaluate(engine):
    """Grade or score rows as `icans grade` does; give the rows and the findings."""
    places = iter(range(1_000_000))

    def evaluate(scale_id, rows, *, unrecorded="unknown", scale=None):
        scale = scale or catalogue.load(scale_id)
        names = dict.fromkeys(name for row in rows for name in row)
        columns = {name: pa.array([row.get(name) for row in rows]) for name in names}
        given = pa.table({**columns, "row": pa.array(range(2, len(rows) + 2), pa.int64())})
        table = engine.backend.create_table(f"measured_{next(places)}", given, temp=True)
        wide, findings = measured(table, scale, engine, file="labs.csv")
        result = engine.rows(evaluated(wide, scale, unrecorded=unrecorded))
        return sorted(
            result, key=lambda row: [str(row.get(key)) for key in ("row", "patient_id", "infusion")]
        ), findings

    return evaluate


def labs(counts, *, patient="p", analyte="ANC", unit="/µL", **more):
    """Make a row for each day and count; a list of counts is several of one day."""
    pairs = [(day, one) for day, some in counts.items() for one in (some if isinstance(some, list) else [some])]
    return [
        {"patient_id": patient, "day": float(day), "analyte": analyte, "value": float(count), "unit": unit, **more}
        for day, count in pairs
    ]


@pytest.mark.parametrize("scale_id", sorted({case["scale"] for case in CASES}))
def test_every_case_has_its_grade_or_score(scale_id, evaluate):
    cases = [case for case in CASES if case["scale"] == scale_id]
    rows, _ = evaluate(scale_id, [case["columns"] for case in cases])
    for case, row in zip(cases, sorted(rows, key=lambda row: row["row"]), strict=True):
        if "grade" in case:
            found = row["grade"], row["grade_low"], row["grade_high"]
            assert found == (case["grade"],) * 3, case["reason"]
        else:
            undefined = case["score"] == "undefined"
            assert row["score"] == (None if undefined else case["score"]), case["reason"]
            assert row["category"] == case.get("category"), case["reason"]
            assert row["missing"] == "", case["reason"]


def test_every_case_has_a_known_source_and_an_id_of_its_own():
    assert {case["source"] for case in CASES} == CONTENT["source"].keys()
    assert len({case["id"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("series", SERIES, ids=lambda series: f"patient {series['patient']}")
def test_a_published_series_has_the_durations_and_the_grade_of_the_publication(series, evaluate):
    counts = {int(day): count for day, count in series["counts"].items()}
    rows = labs(counts, ended_at=series.get("ended_at", 200.0) * 1.0)
    (row,), findings = evaluate(EARLY, rows, unrecorded="absent")
    assert findings == []
    assert row["anc_le_500_days_low"] == series["anc_le_500_days"]
    assert row["anc_le_100_days_low"] == series["anc_le_100_days"]
    assert row["grade"] == row["grade_low"] == series["grade"]


def test_days_unknown_after_a_gap_of_eight_leave_the_grade_open(evaluate):
    tenth = {int(day): count for day, count in SERIES[9]["counts"].items()}
    (row,), _ = evaluate(EARLY, labs(tenth))
    assert (row["unknown_days"], row["anc_le_500_days_low"], row["anc_le_500_days_high"]) == (8, 7, 8)
    assert (row["grade"], row["grade_low"], row["grade_high"]) == (None, 2, 3)
    assert row["missing"] == "anc_100"


FULL = dict.fromkeys((0, 7, 14, 21, 28), 3000)
WORKED = {
    "a gap of seven days is filled": ({0: 3000, 7: 3000, 11: 3000, 12: 400, 20: 400, 21: 3000, 28: 3000}, 9, 9),
    "a gap of eight days is not": ({0: 3000, 7: 3000, 11: 3000, 12: 400, 21: 400, 22: 3000, 29: 3000}, 1, 10),
    "two days above do not end a run": ({**FULL, 3: 100, 4: 600, 5: 600, 6: 100}, 4, 4),
    "three days above do": ({**FULL, 2: 100, 3: 600, 4: 600, 5: 600, 6: 100}, 1, 1),
    "a day of the window's edge counts, one before and one after do not": (
        {-1: 100, 0: 100, 1: 3000, 8: 3000, 15: 3000, 22: 3000, 29: 3000, 30: 100, 31: 100},
        1,
        1,
    ),
    "the lowest of a day counts": ({**FULL, 3: [3000, 500, 2000], 4: 3000}, 1, 1),
    "500 is below and 500.5 is not": ({**FULL, 3: 3000, 4: 500.5, 5: 3000, 10: 3000, 11: 500, 12: 3000}, 1, 1),
    "the straight line counts where it touches the threshold": ({**FULL, 2: 1000, 4: 0, 5: 3000}, 2, 2),
    "the first and last count stand for up to seven days": ({7: 300, 8: 3000, 15: 3000, 22: 3000, 23: 300}, 8, 8),
}


@pytest.mark.parametrize("name", WORKED)
def test_a_series_worked_by_hand(name, evaluate):
    counts, low, high = WORKED[name]
    (row,), _ = evaluate(EARLY, labs(counts))
    assert (row["anc_le_500_days_low"], row["anc_le_500_days_high"]) == (low, high)
    assert row["anc_le_500_days"] == (low if low == high else None)


def test_order_of_rows_patients_infusions_and_units_do_not_matter(evaluate):
    low = {0: 3000, 3: 400, 4: 400, 5: 3000, 12: 3000, 19: 3000, 26: 3000}
    thousand = {day: count / 1000 for day, count in low.items()}
    rows = [
        *labs(low, infusion=1),
        *labs(thousand, infusion=2, unit="10^9/L"),
        *labs(dict.fromkeys(low, 0.3), infusion=3, unit="G/L"),
        *labs({0: 50}, analyte="platelets", unit="10^9/L", infusion=1),
    ]
    found, findings = evaluate(EARLY, rows[::-1])
    assert findings == []
    assert [(row["infusion"], row["grade"], row["driver"]) for row in found] == [
        (1, 1, "anc_500"),
        (2, 1, "anc_500"),
        (3, 4, "anc_500;never_recovered"),
    ]


def test_dates_are_counted_from_the_day_of_infusion_and_infusions_by_their_dates(evaluate):
    days = [("2024-03-01T23:30", 3000), ("2024-03-05", 400), ("2024-03-06T00:10", 3000), ("2024-03-13", 3000)]
    rows = [
        {"patient_id": "p", "time": f"{time}", "infused_at": infused, "analyte": "Neutrophils", "value": 1.0 * count}
        for infused in ("2024-03-01T10:00", "2024-02-28")
        for time, count in days
    ]
    found, _ = evaluate(EARLY, [{**row, "unit": "/uL", "ended_at": "2024-03-15"} for row in rows])
    assert [(row["infusion"], row["measured_days"], row["anc_le_500_days"], row["unknown_days"]) for row in found] == [
        (1, 4, 1, 0),
        (2, 4, 1, 0),
    ]


def test_a_detection_limit_leaves_open_only_what_it_cannot_settle(evaluate):
    normal = {0: 3000, 2: 3000, 4: 3000, 11: 3000, 18: 3000, 25: 3000}
    rows = [{**row, "limit": None} for row in labs(normal)]
    (below,), _ = evaluate(EARLY, [*rows, {**labs({3: 200})[0], "limit": "<"}])
    assert (below["anc_le_500_days"], below["anc_le_100_days_low"], below["anc_le_100_days_high"]) == (1, 0, 1)
    assert below["grade"] == 1
    platelets = [{**row, "analyte": "PLT", "unit": "10^9/L"} for row in rows]
    limit = {**labs({3: 20}, analyte="PLT", unit="10^9/L")[0], "limit": "<"}
    (strict,), _ = evaluate("t-icaht-early", [*platelets, limit])
    assert (strict["plt_lt_20_days"], strict["grade"]) == (1, 3)


def test_a_run_from_the_start_to_the_last_count_is_grade_4_after_two_counts_and_open_after_one(evaluate):
    (two,), _ = evaluate(EARLY, labs({2: 300, 5: 300}, ended_at=5.0))
    assert (two["never_recovered"], two["grade"]) == (True, 4)
    (one,), _ = evaluate(EARLY, labs({2: 300}, ended_at=5.0))
    assert (one["never_recovered"], one["grade_low"], one["grade_high"]) == (None, 1, 4)
    (late_start,), _ = evaluate(EARLY, labs({0: 3000, 3: 501, 4: 300, 9: 300}, ended_at=9.0))
    assert (late_start["never_recovered"], late_start["grade"]) == (False, 1)


def test_late_counts_end_with_the_observation(evaluate):
    counts = {30: 50, 31: 1400, 40: [5000, 900], 60: 100, 100: 400, 101: 10}
    (whole,), _ = evaluate(LATE, labs(counts))
    assert (whole["lowest_anc"], whole["second_lowest_anc"], whole["grade"]) == (100, 400, 4)
    (ended,), _ = evaluate(LATE, labs(counts, ended_at=40.0))
    assert (ended["lowest_anc"], ended["second_lowest_anc"], ended["grade"]) == (900, 1400, 2)
    (alone,), _ = evaluate(LATE, labs({40: [900, 5000]}))
    assert (alone["second_lowest_anc"], alone["grade"]) == (None, 2)
    (nothing,), _ = evaluate(LATE, labs({3: 900}))
    assert (nothing["measured_days"], nothing["grade"], nothing["grade_low"], nothing["grade_high"]) == (0, None, 0, 4)


SECOND = {
    ("1500", ">"): (0, 0, 0, ""),
    ("1000", ">"): (None, 0, 3, "second_lowest_anc"),
    ("1500", "<"): (None, 3, 4, "lowest_anc"),
    ("2000", "<"): (None, 0, 4, "lowest_anc;second_lowest_anc"),
}


@pytest.mark.parametrize(("value", "limit"), SECOND)
def test_a_second_count_known_by_its_limit_tells_whether_the_lowest_was_transient(value, limit, evaluate):
    rows = [{**row, "limit": None} for row in labs({40: 400})]
    (row,), _ = evaluate(LATE, [*rows, {**labs({50: value})[0], "limit": limit}])
    assert (row["grade"], row["grade_low"], row["grade_high"], row["missing"]) == SECOND[value, limit]


def test_late_platelets_need_two_tests_below_100(evaluate):
    normal = dict.fromkeys(range(31, 101, 7), 200)
    platelets = {"analyte": "PLT", "unit": "K/uL"}
    (once,), _ = evaluate("t-icaht-late", labs({**normal, 48: 15}, **platelets))
    assert (once["plt_lt_100_tests"], once["grade"]) == (1, 0)
    (twice,), _ = evaluate("t-icaht-late", labs({**normal, 48: 15, 55: 99}, **platelets))
    assert (twice["plt_lt_100_tests"], twice["grade"], twice["driver"]) == (2, 3, "plt_20")
    limit = [{**row, "limit": None} for row in labs({**normal, 48: 15}, **platelets)]
    (perhaps,), _ = evaluate("t-icaht-late", [*limit, {**labs({55: 150}, **platelets)[0], "limit": "<"}])
    assert (perhaps["grade"], perhaps["grade_low"], perhaps["grade_high"]) == (None, 0, 3)
    (never,), _ = evaluate("t-icaht-late", labs({31: 200, 60: 15}, **platelets))
    assert (never["grade"], never["grade_low"], never["grade_high"]) == (0, 0, 0)


def twin(counts, *, threshold, recovery=3, filled=7, last=30):
    """Go through the days one by one: the longest certain run, and the longest possible one."""
    tests = {day: min(some) for day, some in counts.items() if 0 <= day <= last}
    if not tests:
        return None, None
    longest = []
    for unknown in (float("inf"), 0.0):
        below = []
        for day in range(last + 1):
            before = max((one for one in tests if one <= day), default=None)
            after = min((one for one in tests if one >= day), default=None)
            missing = (after if after is not None else last + 1) - (before if before is not None else -1) - 1
            if day in tests:
                value = tests[day]
            elif missing > filled:
                value = unknown
            elif before is None or after is None:
                value = tests[after if before is None else before]
            else:
                value = tests[before] + (tests[after] - tests[before]) * (day - before) / (after - before)
            below.append(round(value, 9) <= threshold if value != float("inf") else False)
        best, start, end = 0, None, None
        for day, holds in enumerate(below):
            if holds:
                start = day if end is None or day - end - 1 >= recovery else start
                end = day
                best = max(best, end - start + 1)
        longest.append(best)
    return tuple(longest)


COUNT = st.sampled_from([0, 50, 100, 100.5, 250, 499.5, 500, 500.5, 501, 800, 1500, 4000])
COUNTS = st.dictionaries(st.integers(-3, 34), st.lists(COUNT, min_size=1, max_size=2), min_size=1, max_size=20)


@settings(max_examples=12, deadline=None)
@given(patients=st.lists(COUNTS, min_size=1, max_size=20))
def test_the_runs_are_those_of_a_twin_that_goes_day_by_day(patients, evaluate):
    rows = [row for place, counts in enumerate(patients) for row in labs(counts, patient=f"{place:03}")]
    found, _ = evaluate(EARLY, rows)
    for row, counts in zip(found, patients, strict=True):
        for threshold in (500, 100):
            low, high = twin(counts, threshold=threshold)
            assert (row[f"anc_le_{threshold}_days_low"], row[f"anc_le_{threshold}_days_high"]) == (low, high), counts


@settings(max_examples=6, deadline=None)
@given(counts=COUNTS, place=st.integers(0, 100), lower=st.sampled_from([0.0, 0.5, 0.9]))
@pytest.mark.parametrize("scale_id", [EARLY, LATE])
def test_a_lower_count_never_gives_a_lower_grade(scale_id, counts, place, lower, evaluate):
    shift = 31 if scale_id == LATE else 0
    days = sorted(counts)
    moved = {day + shift: counts[day] for day in days}
    day = days[place % len(days)] + shift
    less = {**moved, day: [count * lower for count in moved[day]]}
    (before, after), _ = evaluate(scale_id, [*labs(moved, patient="a"), *labs(less, patient="b")])
    assert before["grade_low"] <= after["grade_low"]
    assert before["grade_high"] <= after["grade_high"]


@settings(max_examples=6, deadline=None)
@given(counts=COUNTS, filled=st.sampled_from([0, 3, 7, 40]), recovery=st.integers(1, 5))
def test_the_options_of_a_file_are_those_of_the_twin(counts, filled, recovery, evaluate):
    text = (catalogue.FOLDER / f"{EARLY}.toml").read_text(encoding="utf-8")
    own = text.replace("filled_days = 7", f"filled_days = {filled}").replace(
        "recovery_days = 3", f"recovery_days = {recovery}"
    )
    (row,), _ = evaluate(EARLY, labs(counts), scale=parse(own.encode(), "own.toml"))
    expected = twin(counts, threshold=500, recovery=recovery, filled=filled)
    assert (row["anc_le_500_days_low"], row["anc_le_500_days_high"]) == expected
