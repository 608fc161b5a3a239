"""What the engine does with tables as they come."""

import re

import ibis
import pyarrow as pa
import pytest

from icans.errors import ScaleError
from icans.scales import catalogue
from icans.scales.engine import RESULT, graded, require_columns
from icans.scales.model import columns, signs
from icans.scales.reading.file import parse

ICANS = catalogue.load("astct-2019-icans")
CRS = catalogue.load("astct-2019-crs")


def table(engine, **data):
    return engine.backend.create_table("as_it_came", pa.table(data), overwrite=True)


def rows(engine, given, scale=ICANS, unrecorded="absent"):
    return engine.rows(graded(given, scale, unrecorded=unrecorded))


def test_the_table_keeps_its_columns_and_gets_those_of_the_grade(engine):
    given = table(engine, patient_id=["A"], ice=[7], hour=[12.5])
    result = graded(given, ICANS, unrecorded="absent")
    assert tuple(result.columns) == ("patient_id", "ice", "hour", *RESULT)
    assert engine.rows(result) == [
        {
            "patient_id": "A",
            "ice": 7,
            "hour": 12.5,
            "scale": "astct-2019-icans",
            "grade": 1,
            "grade_low": 1,
            "grade_high": 4,
            "driver": "ice",
            "missing": "consciousness;seizure;motor;icp_edema",
            "excluded": "",
        }
    ]


@pytest.mark.parametrize("unrecorded", ["absent", "unknown"])
def test_the_engine_and_ibis_agree_on_the_types(engine, unrecorded):
    result = graded(table(engine, ice=[7]), ICANS, unrecorded=unrecorded)
    schema = engine.collect(result.select(RESULT)).schema
    assert {field.name: str(field.type) for field in schema} == {
        name: "int8" if name.startswith("grade") else "string" for name in RESULT
    }
    described = engine.backend.con.execute(f"DESCRIBE {engine.backend.compile(result)}").fetchall()
    assert {name: kind for name, kind, *_ in described if name in RESULT} == {
        name: "TINYINT" if name.startswith("grade") else "VARCHAR" for name in RESULT
    }


def test_a_column_of_the_grade_that_was_there_before_is_replaced(engine):
    (row,) = rows(engine, table(engine, ice=[7], grade=[4], driver=["a guess"]))
    assert (row["grade"], row["driver"]) == (1, "ice")


def test_columns_named_like_those_the_engine_keeps_are_left_alone(engine):
    (row,) = rows(engine, table(engine, ice=[7], kept_low=[99], kept_state_ice=["mine"]))
    assert (row["grade"], row["kept_low"], row["kept_state_ice"]) == (1, 99, "mine")


def test_a_condition_may_ask_for_a_total_that_only_its_items_hold(engine):
    text = (catalogue.FOLDER / "astct-2019-icans.toml").read_text(encoding="utf-8")
    of_items = parse(text.replace('total = "capd"\n', "").encode(), "astct-2019-icans.toml")
    given = table(engine, age_years=[6.0, 6.0], capd_1=["often", None])
    tested, not_tested = sorted(rows(engine, given, of_items), key=lambda row: row["capd_1"] is None)
    assert (tested["grade_low"], tested["missing"]) == (1, "capd;consciousness;seizure;motor;icp_edema")
    assert (not_tested["grade"], not_tested["grade_low"], not_tested["grade_high"]) == (None, 0, 4)


def test_an_empty_table_stays_empty(engine):
    empty = table(engine, ice=pa.array([], pa.int64()))
    assert rows(engine, empty) == []


def test_a_table_without_any_sign_is_refused_with_the_columns_it_needs(engine):
    given = table(engine, patient_id=["A"], age_years=[50.0])
    with pytest.raises(ScaleError, match="none of the columns of astct-2019-crs") as refused:
        graded(given, CRS, unrecorded="unknown")
    assert refused.value.do == (
        "It needs some of: temperature_c, hypotension, vasopressors, vasopressin, oxygen, oxygen_flow_l_min."
    )
    require_columns(table(engine, oxygen=["none"]), CRS)


def test_a_column_that_cannot_be_read_is_refused_by_name(engine):
    given = table(engine, ice=[[1, 2]], seizure=["none"])
    with pytest.raises(
        ScaleError, match="Column ice holds array<int64>, which astct-2019-icans cannot read"
    ) as refused:
        graded(given, ICANS, unrecorded="unknown")
    assert refused.value.do == "It takes numbers from 0 to 10."


def test_numbers_and_answers_written_as_text_are_read(engine):
    given = table(
        engine,
        temperature_c=["38.5", "37", "high"],
        vasopressors=["2", "0", "0"],
        antipyretic_or_anticytokine=["Yes", "no", "0"],
        vasopressin=[0, 1, 7],
        hypotension=["vasopressor", "none", "none"],
        oxygen=["none", "none", "none"],
    )
    found = [(row["grade_low"], row["grade_high"]) for row in rows(engine, given, CRS, "unknown")]
    assert found == [(4, 4), (0, 0), (0, 3)]


def test_a_number_that_is_none_leaves_its_domain_open(engine):
    given = table(
        engine,
        ice=[float("nan"), 6.5, float("inf"), 6.0],
        consciousness=["awake"] * 4,
        age_years=[float("nan")] * 4,
    )
    found = [(row["grade"], row["grade_low"], row["missing"].split(";")[0]) for row in rows(engine, given)]
    assert found == [(None, 0, "ice"), (None, 0, "ice"), (None, 0, "ice"), (2, 2, "seizure")]


def test_a_temperature_that_is_no_number_is_neither_fever_nor_none(engine):
    given = table(engine, temperature_c=[float("nan")], antipyretic_or_anticytokine=[False], hypotension=["none"])
    (row,) = rows(engine, given, CRS)
    assert (row["grade"], row["grade_low"], row["missing"]) == (None, 0, "fever;oxygen")


def test_an_impossible_age_is_no_age(engine):
    given = table(engine, age_years=[-1.0, 400.0, 11.0], ice=[8, 8, 8], consciousness=["awake"] * 3)
    found = [(row["driver"], row["missing"].split(";")[0]) for row in rows(engine, given)]
    assert found == [("ice", "seizure"), ("ice", "seizure"), ("", "capd")]


def test_a_column_of_nothing_is_a_missing_column(engine):
    given = table(engine, ice=[8]).mutate(consciousness=ibis.null(), event=ibis.null(), other_cause=ibis.null())
    (row,) = rows(engine, given)
    assert (row["grade"], row["missing"]) == (1, "consciousness;seizure;motor;icp_edema")


def test_domains_with_another_cause_may_be_written_with_spaces(engine):
    given = table(engine, ice=[2], seizure=["prolonged"], other_cause=["seizure; ice"])
    (row,) = rows(engine, given)
    assert (row["grade_low"], row["excluded"]) == (0, "ice;seizure")


def test_each_sign_is_compared_in_one_place_of_the_query(engine):
    given = table(engine, ice=[7], seizure=["none"], motor=["none"], capd=[1], age_years=[7.0], ice_naming=[3])
    query = engine.backend.compile(graded(given, ICANS, unrecorded="absent"))
    for answer in ("prolonged", "deep_focal_weakness"):
        assert len(re.findall(f"'{answer}'", query)) == 1


def test_a_scale_says_which_columns_it_reads_and_which_hold_its_signs():
    assert signs(CRS) == (
        "temperature_c",
        "hypotension",
        "vasopressors",
        "vasopressin",
        "oxygen",
        "oxygen_flow_l_min",
    )
    assert set(columns(CRS)) - set(signs(CRS)) == {"antipyretic_or_anticytokine", "fever_other_cause"}
    assert signs(ICANS)[-1] == "event"
    assert set(columns(ICANS)) - set(signs(ICANS)) == {"age_years", "developmental_delay", "other_cause"}


MANY = (
    """
id = "many"
name = "Many domains"
version = "1"
toxicity = "icans"
status = "unconfirmed"
population = "Made for a test"
citation = "None"
doi = "none"
"""
    + "".join(
        f"""
[[domain]]
name = "sign_{number}"
label = "Sign {number}"
reads = "vasopressors"
excluded_by = {{ column = "other_cause", names = "motor" }}
cells = [
  {{ grade = 0, range = [0, {number}] }},
  {{ grade = {number % 4 + 1}, above = {number} }},
]
"""
        for number in range(10)
    )
    + """
[[domain]]
name = "other"
label = "Other"
reads = "vasopressin"
cells = [{ grade = 0, values = [false] }, { grade = 1, values = [true] }]
"""
)


def test_a_scale_of_many_domains_lists_each_of_them(engine):
    scale = parse(MANY.encode(), "many.toml")
    given = table(
        engine,
        vasopressors=[10, 9, 0, None, 10],
        vasopressin=[False, None, True, None, True],
        other_cause=[None, None, None, None, "motor"],
    )
    every = ";".join(f"sign_{number}" for number in range(10))
    found = [(row["grade_low"], row["driver"], row["missing"], row["excluded"]) for row in rows(engine, given, scale)]
    assert found == [
        (4, "sign_3;sign_7", "", ""),
        (4, "sign_3;sign_7", "other", ""),
        (1, "other", "", ""),
        (0, "", f"{every};other", ""),
        (1, "other", "", every),
    ]


def test_grading_is_an_expression_until_someone_collects_it():
    unbound = ibis.table({"ice": "int64", "patient_id": "string"}, name="neuro")
    result = graded(unbound, ICANS, unrecorded="unknown")
    assert isinstance(result, ibis.Table)
    assert "neuro" in ibis.to_sql(result, dialect="pyspark")
