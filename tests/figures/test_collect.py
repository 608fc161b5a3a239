"""What the figures draw, collected from a study of a few patients on DuckDB."""

import ibis
import pyarrow as pa
import pytest

from icans.derive.schema import DERIVED
from icans.engines import connect
from icans.figures.collect import figure_data
from icans.protocol import Protocol
from icans.records.schema import TABLES
from icans.records.tables import Records
from icans.results.gathered import gather

KINDS = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
ARROW = {"string": pa.string(), "int64": pa.int64(), "int8": pa.int8(), "float64": pa.float64(), "boolean": pa.bool_()}
PLACE = {"infusion": pa.int64(), "hour": pa.float64()}


@pytest.fixture(scope="module")
def engine():
    engine = connect()
    yield engine
    engine.close()


def table(rows, columns):
    defaults = {"infusion": 1, "toxicity": "icans", "episode": 1, "start_hour": 0.0}
    arrays = {
        name: pa.array([row.get(name, defaults.get(name)) for row in rows], kind) for name, kind in columns.items()
    }
    return ibis.memtable(pa.table(arrays))


def records(**rows):
    made = {}
    for name, declared in TABLES.items():
        columns = {
            column.name: KINDS.get(column.kind, pa.string()) for column in declared.columns if column.kind != "time"
        }
        if name == "infusions":
            columns |= {"infusion": pa.int64(), "start_hour": pa.float64()}
        elif name != "patients":
            columns |= PLACE
        made[name] = table(rows.get(name, []), columns)
    found = {name: frozenset(key for row in own for key in row) for name, own in rows.items()}
    return Records(**made, present=frozenset(rows), columns=found, rows={}, findings=())


def derived(**rows):
    return {
        name: table(rows.get(name, []), {column: ARROW[kind] for column, (kind, _) in columns.items()})
        for name, columns in DERIVED.items()
    }


def collected(engine, *, shown=120, protocol=None, **rows):
    ids = sorted({row["patient_id"] for own in rows.values() for row in own})
    rows.setdefault("patients", [{"patient_id": name} for name in ids])
    rows.setdefault("infusions", [{"patient_id": name} for name in ids])
    read = records(**{name: own for name, own in rows.items() if name in TABLES})
    tables = derived(**{name: own for name, own in rows.items() if name in DERIVED})
    definitions = protocol or Protocol.model_validate({"study": {"title": "Collected"}})
    study = gather(read, tables, definitions, engine)
    return figure_data(study, read, tables, definitions, engine, shown=shown)


def grade(patient, hour, value, low=None, high=None, **about):
    bounds = {"grade_low": value if low is None else low, "grade_high": value if high is None else high}
    return {"patient_id": patient, "hour": float(hour), "grade": value, "scale": "made", **bounds, **about}


def worst(data):
    return {(row["key"], row["toxicity"], row["day"]): (row["low"], row["high"]) for row in data.days}


def test_the_worst_grade_of_a_day_counts(engine):
    data = collected(engine, grades=[grade("A", 1, 1), grade("A", 23.9, 3), grade("A", 24, 0), grade("A", -2, 4)])
    assert worst(data) == {("1|A", "icans", 0): (3, 3), ("1|A", "icans", 1): (0, 0)}
    assert data.days[0]["assessments"] == 2


def test_an_open_grade_opens_its_day_only_where_it_could_be_the_worst(engine):
    data = collected(
        engine,
        grades=[
            *(grade("A", 1, 1), grade("A", 5, None, 0, 1)),
            *(grade("A", 25, 1), grade("A", 30, None, 3, 4)),
            *(grade("A", 49, 2), grade("A", 50, None, 0, 3)),
        ],
    )
    assert list(worst(data).values()) == [(1, 1), (3, 4), (2, 3)]


def test_a_grade_settled_by_convention_is_settled(engine):
    assert list(worst(collected(engine, grades=[grade("A", 1, 0, 0, 4)])).values()) == [(0, 0)]


def test_an_assessment_that_allows_every_grade_is_not_observed(engine):
    data = collected(engine, grades=[grade("A", 1, None, 0, 4), grade("A", 30, None), grade("A", 60, 0)])
    assert list(worst(data)) == [("1|A", "icans", 2)]


def test_patients_stand_by_highest_grade_then_onset_and_those_never_assessed_last(engine):
    data = collected(
        engine,
        patients=[{"patient_id": name} for name in "ABCDE"],
        infusions=[{"patient_id": name} for name in "ABCD"],
        grades=[grade("A", 5, 0), grade("B", 48, 3), grade("C", 24, 3), grade("D", 9, 1, toxicity="crs")],
        episodes=[
            {"patient_id": "B", "onset_hour": 48.0, "peak_grade": 3},
            {"patient_id": "C", "onset_hour": 24.0, "peak_grade": 3},
            {"patient_id": "A", "onset_hour": 12.0, "peak_grade": 1, "toxicity": "crs"},
        ],
    )
    assert [(row["name"], row["icans"], row["crs"], row["onset"]) for row in data.patients] == [
        ("C", 3, None, 1.0),
        ("B", 3, None, 2.0),
        ("A", 0, None, None),
        ("D", None, 1, None),
    ]
    assert (data.total, data.left_out, data.drawn) == (4, 0, "")


def test_a_later_infusion_is_a_row_of_its_own_and_ends_the_earlier_one(engine):
    data = collected(
        engine,
        infusions=[{"patient_id": "A"}, {"patient_id": "A", "infusion": 2, "start_hour": 480.0}],
        grades=[grade("A", 24, 2), grade("A", 24, 1, infusion=2)],
    )
    assert [(row["name"], row["icans"], row["until"]) for row in data.patients] == [("A", 2, 20.0), ("A (2)", 1, None)]
    assert (data.total, data.left_out, data.drawn, data.row) == (2, 0, "", "infusion")


def test_of_many_patients_every_infusion_is_counted(engine):
    data = collected(
        engine,
        shown=1,
        infusions=[{"patient_id": "A"}, {"patient_id": "A", "infusion": 2, "start_hour": 480.0}, {"patient_id": "B"}],
        grades=[grade("A", 24, 2), grade("B", 24, 1)],
    )
    assert (data.total, data.left_out, [row["name"] for row in data.patients]) == (3, 1, ["A", "A (2)"])


def test_what_ends_a_line_is_death_before_last_contact(engine):
    data = collected(
        engine,
        events=[
            {"patient_id": "A", "hour": 240.0, "event": "last_contact"},
            {"patient_id": "A", "hour": 480.0, "event": "last_contact"},
            {"patient_id": "A", "hour": 72.0, "event": "relapse"},
            {"patient_id": "B", "hour": 48.0, "event": "last_contact"},
            {"patient_id": "B", "hour": 96.0, "event": "death_due_to_icans"},
            {"patient_id": "B", "hour": 24.0, "event": "next_therapy"},
        ],
    )
    rows = {row["name"]: row for row in data.patients}
    assert [rows["A"][name] for name in ("death", "last_contact", "progression", "until")] == [None, 20.0, 3.0, 20.0]
    assert [rows["B"][name] for name in ("death", "death_due_to_icans", "progression", "until")] == [
        4.0,
        True,
        None,
        4.0,
    ]


def test_treatments_are_told_apart(engine):
    data = collected(
        engine,
        treatments=[
            {"patient_id": "A", "hour": 30.0, "drug": " Tocilizumab ", "dose": 8.0},
            {"patient_id": "A", "hour": 40.0, "drug": "tocilizumab"},
            {"patient_id": "A", "hour": 30.0, "drug": "anakinra", "dose": 0.0},
            {"patient_id": "A", "hour": -90.0, "drug": "cyclophosphamide", "dose": 500.0},
            {"patient_id": "A", "hour": 30.0, "drug": "levetiracetam", "dose": 500.0},
            {"patient_id": "A", "hour": 30.0, "drug": "dexamethasone", "dose": 10.0},
        ],
        steroids=[{"patient_id": "A", "day": 1, "dexamethasone_equivalent_mg": 10.0}],
        courses=[{"patient_id": "A", "hour": 36.0, "course": 1, "drugs": "dexamethasone"}],
    )
    assert data.doses == [{"key": "1|A", "day": 1, "drug": "tocilizumab", "doses": 2}]
    assert [(row["key"], row["day"], row["mg"]) for row in data.steroids] == [("1|A", 1, 10.0)]
    assert [(row["key"], row["time"], row["course"]) for row in data.courses] == [("1|A", 1.5, 1)]


def test_a_drug_of_the_intervention_is_not_another_drug(engine):
    protocol = Protocol.model_validate(
        {"study": {"title": "T"}, "intervention": {"drugs": ["Siltuximab"], "routes": []}}
    )
    doses = [{"patient_id": "A", "hour": 30.0, "drug": drug} for drug in ("siltuximab", "anakinra")]
    assert [row["drug"] for row in collected(engine, protocol=protocol, treatments=doses).doses] == ["anakinra"]


TREATED = {
    "patient_id": "A",
    "indication": "severe",
    "baseline_grade": 3,
    "first_course_hour": 48.0,
    "remission": True,
    "remission_hour": 72.0,
    "hours_to_remission": 24.0,
    "last_hour": 96.0,
}


def test_assessments_around_the_first_course_carry_the_complete_ice_score(engine):
    items = dict.fromkeys(("ice_orientation", "ice_naming", "ice_commands", "ice_writing"), 1)
    data = collected(
        engine,
        grades=[grade("A", hour, 1) for hour in (0, 24, 48, 60, 72)] + [grade("A", 60, 2, toxicity="crs")],
        neuro=[
            {"patient_id": "A", "hour": 24.0, "ice": 9},
            {"patient_id": "A", "hour": 48.0, **items, "ice_attention": 0},
            {"patient_id": "A", "hour": 60.0, **items},
        ],
        endpoints=[TREATED],
    )
    assert [(row["hours"], row["low"], row["ice"]) for row in data.around] == [
        (-48.0, 1, None),
        (-24.0, 1, 9),
        (0.0, 1, 4),
        (12.0, 1, None),
        (24.0, 1, None),
    ]


def test_the_episode_a_patient_is_evaluated_by_is_marked(engine):
    data = collected(
        engine,
        endpoints=[
            TREATED | {"episode": 1, "indication": None, "remission": None, "remission_hour": None},
            TREATED | {"episode": 2},
            TREATED | {"episode": 3},
        ],
    )
    assert [(row["episode"], row["evaluable"]) for row in data.endpoints] == [(1, False), (2, True), (3, False)]
    assert (data.endpoints[1]["first_course"], data.endpoints[1]["remission_time"]) == (2.0, 3.0)


def test_pairs_are_complete_and_of_evaluable_patients(engine):
    def pair(patient, before, after, **about):
        named = {"patient_id": patient, "specimen": "csf", "analyte": "IL-6", "unit": "pg/mL"}
        return named | {"before": before, "after": after} | about

    data = collected(
        engine,
        endpoints=[TREATED, TREATED | {"patient_id": "B", "indication": None}],
        biomarkers=[
            pair("A", 900.0, 1.5, after_limit="<"),
            pair("A", 3.0, None, analyte="protein"),
            pair("B", 5.0, 4.0),
        ],
    )
    assert [(row["name"], row["analyte"], row["before"], row["after"], row["after_limit"]) for row in data.pairs] == [
        ("A", "IL-6", 900.0, 1.5, "<")
    ]


def test_of_many_patients_those_with_the_highest_grades_are_drawn_and_all_are_counted(engine):
    ids = [f"P{number:02d}" for number in range(30)]
    grades = [grade(name, 24, number % 5) for number, name in enumerate(ids)]
    data = collected(
        engine,
        shown=6,
        grades=[*grades, grade("P00", 30, None, 1, 2)],
        episodes=[
            {"patient_id": name, "onset_hour": 24.0, "peak_hour": 30.0, "peak_grade": number % 5, "resolved": True}
            | {"duration_hours": 50.0}
            for number, name in enumerate(ids)
            if number % 5
        ],
        endpoints=[
            TREATED | {"patient_id": "P04"},
            TREATED | {"patient_id": "P09", "remission": False, "hours_to_remission": None},
        ],
    )
    assert [row["icans"] for row in data.patients] == [4] * 6
    assert {row["key"] for row in data.days} == {row["key"] for row in data.patients}
    assert (data.total, data.left_out) == (30, 24)
    assert {(row["state"], row["patients"]) for row in data.by_day} == {
        *(("0", 5), ("1", 6), ("2", 6), ("3", 6), ("4", 6)),
        ("open", 1),
    }
    times = {(row["panel"], row["value"], row["grade"], row["reached"]): row["patients"] for row in data.times}
    assert times["onset", 1, 4, True] == 6
    assert times["duration", 2, 3, True] == 6
    assert (times["remission", 1, 3, True], times["remission", 2, 3, False]) == (1, 1)


def test_a_study_of_nobody_draws_nothing(engine):
    protocol = Protocol.model_validate({"study": {"title": "Nobody"}})
    read, tables = records(), derived()
    data = figure_data(gather(read, tables, protocol, engine), read, tables, protocol, engine)
    assert (data.total, data.patients, data.days, data.pairs) == (0, [], [], [])
