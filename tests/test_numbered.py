from pathlib import Path

import ibis
import pytest

from icans.engines.duckdb import DuckDBEngine
from icans.numbered import NUMBER, Numbered, stacked


@pytest.fixture
def engine(tmp_path: Path) -> DuckDBEngine:
    return DuckDBEngine(tmp_path)


def numbered(texts: dict[str, list[str]], **columns: list[int]) -> Numbered:
    table = ibis.memtable(columns)
    return Numbered(table.mutate(**{name: table[name].cast(NUMBER) for name in texts}), texts)


def test_texts_are_those_that_the_numbers_stand_for(engine: DuckDBEngine) -> None:
    found = numbered({"of": ["", "ice", "motor"], "one": ["same"]}, of=[2, 0, 1], one=[0, 0, 0])
    assert [tuple(row.values()) for row in engine.rows(found.worded())] == [
        ("motor", "same"),
        ("", "same"),
        ("ice", "same"),
    ]


def test_stacked_tables_keep_their_own_texts(engine: DuckDBEngine) -> None:
    parts = [numbered({"of": ["", "ice"]}, of=[1, 0]), numbered({"of": ["", "fever", "ice"]}, of=[0, 1, 2])]
    found = stacked(parts)
    assert str(found.table.of.type()) == NUMBER
    assert sorted(row["of"] for row in engine.rows(found.worded())) == ["", "", "fever", "ice", "ice"]


def test_what_is_text_in_one_of_the_stacked_tables_is_text_in_all(engine: DuckDBEngine) -> None:
    many = Numbered(ibis.memtable({"of": ["one of many"], "scale": [0]}), {"scale": ["own"]})
    found = stacked([numbered({"of": ["", "ice"], "scale": ["astct"]}, of=[1], scale=[0]), many])
    assert set(found.texts) == {"scale"}
    assert sorted(tuple(row.values()) for row in engine.rows(found.worded())) == [
        ("ice", "astct"),
        ("one of many", "own"),
    ]
