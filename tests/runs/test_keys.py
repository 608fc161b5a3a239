"""The key of a table: the same for the same content, another one for any other, none where nobody can know."""

import ibis
import pyarrow as pa
import pytest

from icans.runs.keys import key, memory_digest

NONE = lambda _node: None  # noqa: E731


def table(values: list[int | None], name: str = "n") -> ibis.Table:
    return ibis.memtable(pa.table({name: pa.array(values, pa.int64())}))


def test_the_same_expression_over_the_same_content_has_the_same_key() -> None:
    def made(values: list[int | None], least: int) -> ibis.Table:
        rows = table(values)
        return rows.filter(rows.n > least).join(rows.view(), "n").mutate(twice=ibis._.n * 2)

    first = key(made([1, 2, None], 1), NONE)
    assert first
    assert key(made([1, 2, None], 1), NONE) == first
    assert key(made([1, 2, 3], 1), NONE) != first
    assert key(made([1, 2, None], 2), NONE) != first


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda rows: rows.mutate(a=ibis.literal(1)), lambda rows: rows.mutate(a=ibis.literal(1.0))),
        (lambda rows: rows.mutate(a=ibis.literal("1")), lambda rows: rows.mutate(a=ibis.literal(1))),
        (lambda rows: rows.mutate(a=ibis.null("int8")), lambda rows: rows.mutate(a=ibis.null("int64"))),
        (lambda rows: rows.order_by("n"), lambda rows: rows.order_by(rows.n.desc())),
        (lambda rows: rows.mutate(a=rows.n - 1), lambda rows: rows.mutate(a=1 - rows.n)),
        (lambda rows: rows.filter(rows.n.isin([1, 2])), lambda rows: rows.filter(rows.n.isin([1, 3]))),
        (lambda rows: rows.left_join(rows.view(), "n"), lambda rows: rows.inner_join(rows.view(), "n")),
    ],
)
def test_expressions_that_differ_have_keys_that_differ(one, other) -> None:
    rows = table([1, 2])
    assert key(one(rows), NONE) != key(other(rows), NONE)


def test_memory_is_known_by_its_values_types_and_names() -> None:
    tables = [
        pa.table({"a": [1, 2]}),
        pa.table({"a": [2, 1]}),
        pa.table({"a": [1.0, 2.0]}),
        pa.table({"a": ["1", "2"]}),
        pa.table({"b": [1, 2]}),
        pa.table({"a": [1, None]}),
        pa.table({"a": pa.array([], pa.int64())}),
    ]
    digests = [memory_digest(one) for one in tables]
    assert len(set(digests)) == len(tables)
    assert digests == [memory_digest(one) for one in tables]


@pytest.mark.parametrize(
    "made",
    [
        lambda rows: rows.mutate(now=ibis.now()),
        lambda rows: rows.mutate(random=ibis.random()),
        lambda rows: ibis.table({"n": "int64"}, name="somewhere"),
        lambda rows: ibis.duckdb.connect().create_table("held", schema={"n": "int64"}),
        lambda rows: rows.sample(0.5),
    ],
)
def test_what_nobody_can_know_has_no_key(made) -> None:
    assert key(made(table([1])), NONE) is None


def test_a_table_of_the_engine_is_known_by_what_is_said_of_it() -> None:
    held = ibis.duckdb.connect().create_table("held", schema={"n": "int64"})
    keys = [key(held.filter(held.n > 1), {held.op(): content}.get) for content in ("one", "one", "two")]
    assert keys[0] == keys[1] != keys[2]
    assert key(held.filter(held.n > 1), {held.op(): None}.get) is None
