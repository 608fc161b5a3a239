"""The table of results on disk."""

import json

import pytest

from icans.errors import CallError, StudyError
from icans.results import store
from icans.results.rows import Result

ROWS = [
    Result(
        "remission",
        "remission",
        "percent",
        1200 / 13,
        None,
        None,
        "%",
        "exact, 95% interval",
        13,
        ("P01", "Pé;2"),
        None,
    ),
    Result(
        "survival", "os", "median", None, "evaluable", unit="months", n=2, patients=("P01",), reason="not reached: so"
    ),
    Result("baseline", "site", "n", 3.0, level='"north"\n', n=5),
]


def test_what_is_written_is_read_back_from_either_file(tmp_path):
    store.write(ROWS, tmp_path)
    assert store.read(tmp_path) == ROWS
    assert store.read(tmp_path / "results.parquet") == ROWS


def test_results_json_is_a_list_of_objects_with_the_declared_keys_in_order(tmp_path):
    store.write(ROWS, tmp_path)
    rows = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert [list(row) for row in rows] == [list(store.COLUMNS)] * 3
    assert rows[0]["patients"] == ["P01", "Pé;2"]
    assert rows[1]["value"] is None


def test_an_empty_table_can_be_written_and_read(tmp_path):
    store.write([], tmp_path)
    assert store.read(tmp_path) == store.read(tmp_path / "results.parquet") == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_row_refuses_a_number_that_is_none(value):
    with pytest.raises(ValueError, match="baseline / age / mean"):
        Result("baseline", "age", "mean", value)


def test_a_row_has_a_value_or_a_reason():
    with pytest.raises(ValueError, match="either a value or a reason"):
        Result("baseline", "age", "mean", None)
    with pytest.raises(ValueError, match="either a value or a reason"):
        Result("baseline", "age", "mean", 1.0, reason="none")


ROW = json.dumps([store.to_row(Result("baseline", "age", "mean", 1.0, n=3, patients=("A",)))])


@pytest.mark.parametrize(
    "text",
    [
        *("{", "{}", '[{"analysis": "x"}]', "[1]"),
        *(ROW.replace(*change) for change in (("3", '"3"'), ('["A"]', "[1]"), ('"mean"', "7"), ("1.0", '"1"'))),
    ],
)
def test_a_file_that_is_no_table_of_results_is_refused_in_a_sentence(tmp_path, text):
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(StudyError, match=r"is not a table of results"):
        store.read(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CallError, match=r"there are no results here"):
        store.read(tmp_path)
