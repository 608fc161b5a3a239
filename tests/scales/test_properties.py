"""What must hold of any row: against a twin that knows only the published rules and tries every way of filling in."""

from itertools import product

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.twin.crs import HYPOTENSION, OXYGEN
from tests.twin.icans import CONSCIOUSNESS, ICE_ITEMS, ICP, MOTOR, SEIZURE

ICANS_DOMAINS = ("ice", "capd", "consciousness", "seizure", "motor", "icp_edema")
ANSWERS = {
    "ice": tuple(range(11)),
    "capd": tuple(range(33)),
    "consciousness": tuple(CONSCIOUSNESS),
    "seizure": tuple(SEIZURE),
    "motor": tuple(MOTOR),
    "icp_edema": tuple(ICP),
    "temperature_c": (36.6, 37.9, 38.0, 40.2),
    "hypotension": tuple(HYPOTENSION),
    "vasopressors": (0, 1, 2, 3),
    "vasopressin": (False, True),
    "oxygen": tuple(OXYGEN),
    "oxygen_flow_l_min": (0.0, 2.0, 6.0, 6.5, 40.0),
    "antipyretic_or_anticytokine": (False, True),
}
IMPOSSIBLE = {
    "ice": (11, -1),
    "capd": (33,),
    "consciousness": ("drowsy", "not_assessable", ""),
    "seizure": ("yes",),
    "motor": ("None",),
    "icp_edema": ("edema",),
    "temperature_c": (101.3, 4.0),
    "vasopressors": (99,),
    "oxygen_flow_l_min": (-2.0,),
}
# A row that fails is shown as it is: shrinking a table of rows would grade it a thousand times.
FEW = settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])


def maybe(column):
    """Give a value that can be, none at all, or now and then one that cannot be."""
    usual = st.sampled_from(ANSWERS[column])
    return st.one_of(usual, usual, st.none(), st.sampled_from(IMPOSSIBLE.get(column, (None,))))


def some(names):
    return st.sets(st.sampled_from(names), max_size=2).map(lambda chosen: ";".join(sorted(chosen)) or None)


icans_rows = st.fixed_dictionaries(
    {column: maybe(column) for column in ICANS_DOMAINS}
    | {item: st.one_of(st.none(), st.integers(0, most)) for item, most in ICE_ITEMS.items()}
    | {
        "age_years": st.sampled_from([None, 3.0, 11.99, 12.0, 60.0]),
        "developmental_delay": st.sampled_from([None, False, False, True]),
        "other_cause": st.one_of(st.none(), some(ICANS_DOMAINS)),
        "event": st.sampled_from([None, None, None, None, "death", "death_due_to_icans"]),
    }
)
crs_rows = st.fixed_dictionaries(
    {
        column: maybe(column)
        for column in (
            "temperature_c",
            "antipyretic_or_anticytokine",
            "hypotension",
            "vasopressors",
            "vasopressin",
            "oxygen",
            "oxygen_flow_l_min",
        )
    }
    | {"fever_other_cause": st.sampled_from([None, False, True])}
)


def tables(rows):
    return st.lists(rows, min_size=40, max_size=40)


def possible(row, column):
    """Give the values a column may have had: the recorded one, or all where it is missing or cannot be."""
    value = row.get(column)
    recorded = value is not None and (value in ANSWERS[column] or (column == "oxygen_flow_l_min" and 0 <= value <= 100))
    return [value] if recorded else list(ANSWERS[column])


def ice_totals(row):
    if row["ice"] is not None or all(row[item] is None for item in ICE_ITEMS):
        return possible(row, "ice")
    answered = sum(row[item] or 0 for item in ICE_ITEMS)
    return list(range(answered, answered + sum(most for item, most in ICE_ITEMS.items() if row[item] is None) + 1))


def ice_grade(total):
    return 0 if total == 10 else 1 if total >= 7 else 2 if total >= 3 else 3


def capd_grade(total):
    return 0 if total == 0 else 1 if total < 9 else 3


def icans_domains(row):
    """Give the grades each domain may earn; a domain that does not apply is not among them, an excluded one earns 0."""
    young = (row["age_years"] is not None and row["age_years"] < 12) or row["developmental_delay"] is True
    grades = {
        "ice": None if young else {ice_grade(total) for total in ice_totals(row)},
        "capd": {capd_grade(total) for total in possible(row, "capd")} if young else None,
        "consciousness": {CONSCIOUSNESS[answer] for answer in possible(row, "consciousness")},
        "seizure": {SEIZURE[answer] for answer in possible(row, "seizure")},
        "motor": {MOTOR[answer] for answer in possible(row, "motor")},
        "icp_edema": {ICP[answer] for answer in possible(row, "icp_edema")},
    }
    excluded = set((row["other_cause"] or "").split(";"))
    applying = {name: earned for name, earned in grades.items() if earned is not None}
    return {name: {0} if name in excluded else earned for name, earned in applying.items()}, excluded & set(applying)


def icans_twin(row):
    """Give the bounds and the three lists by trying every combination of what the domains may earn."""
    domains, excluded = icans_domains(row)
    worst = {max(combination) for combination in product(*domains.values())}
    low, high = min(worst), max(worst)
    died = row["event"] == "death_due_to_icans"
    drivers = [name for name, earned in domains.items() if min(earned) == low >= 1]
    return {
        "grade_low": 5 if died else low,
        "grade_high": 5 if died else high,
        "driver": "death" if died else ";".join(drivers),
        "missing": ";".join(name for name, earned in domains.items() if len(earned) > 1),
        "excluded": ";".join(name for name in domains if name in excluded),
    }


def icans_read_as_absent(row):
    if row["ice"] is None:
        tested = sum(row[item] or 0 for item in ICE_ITEMS) > 0
    else:
        tested = row["ice"] in ANSWERS["ice"] and row["ice"] > 0
    tested = tested or row["capd"] in ANSWERS["capd"]
    read = {name: "none" for name in ("seizure", "motor", "icp_edema") if row[name] is None}
    if row["consciousness"] is None and tested:
        read["consciousness"] = "awake"
    return row | read


def crs_grade(row):
    """Grade an observation in which everything is known."""
    other = row["fever_other_cause"] is True
    fever = row["temperature_c"] >= 38 and not other
    if not fever and (other or not row["antipyretic_or_anticytokine"]):
        return 0
    vasopressors = {0: 0, 1: 3}.get(row["vasopressors"], 4)
    flow = (3 if row["oxygen_flow_l_min"] > 6 else 2) if row["oxygen"] == "nasal_cannula" else 0
    return max(
        fever, HYPOTENSION[row["hypotension"]], vasopressors, 3 * row["vasopressin"], OXYGEN[row["oxygen"]], flow
    )


def crs_fillings(row, recorded):
    """Give every row that fills in what is missing and does not contradict what was recorded."""
    choices = {name: possible(row, name) for name in row if name != "fever_other_cause"}
    if recorded["hypotension"] in ("none", "fluids_only"):
        choices |= {name: [0] for name in ("vasopressors", "vasopressin") if row[name] is None}
    for combination in product(*choices.values()):
        yield row | dict(zip(choices, combination, strict=True))


def crs_twin(row, recorded=None):
    grades = {crs_grade(filled) for filled in crs_fillings(row, recorded or row)}
    return {"grade_low": min(grades), "grade_high": max(grades)}


def crs_read_as_absent(row):
    read = {}
    if row["hypotension"] is None:
        read["hypotension"] = "none"
    if row["vasopressors"] is None and row["hypotension"] is None and row["vasopressin"] is not True:
        read["vasopressors"] = 0
    if row["vasopressin"] is None:
        read["vasopressin"] = False
    if row["oxygen"] is None and not (row["oxygen_flow_l_min"] or 0) > 0:
        read["oxygen"] = "none"
    return row | read


@FEW
@given(rows=tables(icans_rows))
def test_icans_is_what_every_way_of_filling_in_gives(grade, rows):
    for row, graded in zip(rows, grade("astct-2019-icans", rows), strict=True):
        expected = icans_twin(row)
        assert {name: graded[name] for name in expected} == expected, row
        low, high = expected["grade_low"], expected["grade_high"]
        assert graded["grade"] == (low if low == high else None), row


@FEW
@given(rows=tables(icans_rows))
def test_icans_under_the_convention_is_what_reading_signs_as_absent_gives(grade, rows):
    for row, graded in zip(rows, grade("astct-2019-icans", rows, unrecorded="absent"), strict=True):
        read = icans_twin(icans_read_as_absent(row))
        assert graded["grade"] == (read["grade_low"] if read["grade_low"] == read["grade_high"] else None), row
        face_value = icans_twin(row)
        assert {name: graded[name] for name in face_value} == face_value, row


@FEW
@given(rows=tables(crs_rows))
def test_crs_is_what_every_way_of_filling_in_gives(grade, rows):
    for row, graded in zip(rows, grade("astct-2019-crs", rows), strict=True):
        expected = crs_twin(row)
        assert {name: graded[name] for name in expected} == expected, row
        low, high = expected["grade_low"], expected["grade_high"]
        assert graded["grade"] == (low if low == high else None), row
        assert bool(graded["missing"]) or low == high


@FEW
@given(rows=tables(crs_rows))
def test_crs_under_the_convention_is_what_reading_signs_as_absent_gives(grade, rows):
    for row, graded in zip(rows, grade("astct-2019-crs", rows, unrecorded="absent"), strict=True):
        read = crs_twin(crs_read_as_absent(row), recorded=row)
        assert graded["grade"] == (read["grade_low"] if read["grade_low"] == read["grade_high"] else None), row
        assert graded["grade"] is None or graded["grade_low"] == graded["grade"] <= graded["grade_high"]


WORSE = {
    "astct-2019-icans": {
        "ice": lambda value: 10 - value,
        "consciousness": CONSCIOUSNESS.get,
        "seizure": SEIZURE.get,
        "motor": MOTOR.get,
        "icp_edema": ICP.get,
    },
    "astct-2019-crs": {
        "temperature_c": lambda value: value >= 38,
        "hypotension": HYPOTENSION.get,
        "vasopressors": lambda value: value,
        "vasopressin": lambda value: value,
        "oxygen": OXYGEN.get,
        "oxygen_flow_l_min": lambda value: value > 6,
    },
}
ROWS = {"astct-2019-icans": icans_rows, "astct-2019-crs": crs_rows}


def worsened(row, scale):
    """Give each row in which one sign of this row is worse."""
    for column, severity in WORSE[scale].items():
        if row[column] in ANSWERS[column]:
            yield from (
                row | {column: answer} for answer in ANSWERS[column] if severity(answer) > severity(row[column])
            )


@pytest.mark.parametrize("unrecorded", ["absent", "unknown"])
@pytest.mark.parametrize("scale", WORSE)
@settings(FEW, max_examples=4)
@given(data=st.data())
def test_the_grade_never_falls_when_a_sign_worsens(grade, scale, unrecorded, data):
    rows = data.draw(tables(ROWS[scale]))
    pairs = [(place, worse) for place, row in enumerate(rows) for worse in worsened(row, scale)]
    graded = grade(scale, [*rows, *(worse for _, worse in pairs)], unrecorded=unrecorded)
    assert len(pairs) > 100
    for (place, worse), after in zip(pairs, graded[len(rows) :], strict=True):
        before = graded[place]
        assert before["grade_low"] <= after["grade_low"], (rows[place], worse)
        assert before["grade_high"] <= after["grade_high"], (rows[place], worse)
        if before["grade"] is not None and after["grade"] is not None:
            assert before["grade"] <= after["grade"], (rows[place], worse)


@FEW
@given(rows=tables(icans_rows), domain=st.sampled_from(ICANS_DOMAINS))
def test_another_cause_never_raises_the_grade(grade, rows, domain):
    also = [row | {"other_cause": ";".join(filter(None, [row["other_cause"], domain]))} for row in rows]
    graded = grade("astct-2019-icans", [*rows, *also])
    for before, after in zip(graded[: len(rows)], graded[len(rows) :], strict=True):
        assert after["grade_low"] <= before["grade_low"]
        assert after["grade_high"] <= before["grade_high"]
        assert domain not in after["missing"].split(";")


@FEW
@given(rows=tables(crs_rows))
def test_another_cause_of_the_fever_never_raises_the_grade_of_crs(grade, rows):
    also = [row | {"fever_other_cause": True} for row in rows]
    for before, after in zip(grade("astct-2019-crs", rows), grade("astct-2019-crs", also), strict=True):
        assert after["grade_low"] <= before["grade_low"]
        assert after["grade_high"] <= before["grade_high"]
        assert after["excluded"] == "fever"


@pytest.mark.parametrize("scale", ROWS)
@settings(FEW, max_examples=4)
@given(data=st.data())
def test_filling_everything_in_makes_the_bounds_meet_inside_the_open_ones(grade, scale, data):
    rows = data.draw(tables(ROWS[scale]))
    filled = [
        row | {name: data.draw(st.sampled_from(possible(row, name))) for name in row if name in ANSWERS} for row in rows
    ]
    if scale == "astct-2019-icans":
        filled = [
            whole | {"ice": data.draw(st.sampled_from(ice_totals(row)))}
            for row, whole in zip(rows, filled, strict=True)
        ]
    else:
        filled = [
            whole | {name: none for name, none in (("vasopressors", 0), ("vasopressin", False)) if row[name] is None}
            if row["hypotension"] in ("none", "fluids_only")
            else whole
            for row, whole in zip(rows, filled, strict=True)
        ]
    for open_row, closed in zip(grade(scale, rows), grade(scale, filled), strict=True):
        assert closed["grade_low"] == closed["grade"] == closed["grade_high"]
        assert open_row["grade_low"] <= closed["grade"] <= open_row["grade_high"]
        assert closed["missing"] == ""
