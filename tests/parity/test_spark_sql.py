"""What Spark's SQL would answer differently: asked of both engines, value by value."""

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pytest
from tests.parity.engines import Engines

from icans.engines.duckdb import DuckDBEngine
from icans.records.engine_columns import UNTIDY

FLOATS = [
    0.0,
    -0.0,
    0.1,
    1.5,
    2.5,
    -2.5,
    1.0000005,
    12345678.5,
    9999999.5,
    1e15,
    1e16,
    1e20,
    -1e20,
    1.25e17,
    1e-4,
    1.5e-5,
]
FLOATS += [0.00012345678901234567, 2 / 3, 1e7, math.nan, math.inf, -math.inf]
TEXTS = [
    "",
    " a\t",
    "it's",
    "back\\slash",
    "\v \f csf",
    "csf",
    "%_",
    "a;b;;c",
    "\x00",
    "Ä ß 🧠",
    '"`$1',
    "line\n",
    "\x85x",
    "NA",
    "İL-6 ΟΔΟΣ",
]
SIZE = max(len(FLOATS), len(TEXTS)) + 1

ASKED: dict[str, Callable[[Any], Any]] = {
    "null is null": lambda t: t.float.isnull(),
    "not null": lambda t: t.float.notnull(),
    "nan": lambda t: t.float.isnan(),
    "infinite": lambda t: t.float.isinf(),
    "float as text": lambda t: t.float.cast("string"),
    "float as whole number": lambda t: t.small.cast("int64"),
    "float as whole number if it can be": lambda t: t.float.try_cast("int64"),
    "decimal as whole number": lambda t: (t.n.cast("decimal(5, 1)") + 0.5).cast("int64"),
    "rounded": lambda t: t.small.round(6),
    "by zero": lambda t: t.small / t.n,
    "literal by zero": lambda t: t.small / (t.n * 0),
    "remainder by zero": lambda t: t.n % t.n,
    "remainder of a float": lambda t: t.small % 1,
    "greatest": lambda t: ibis.greatest(t.small, t.n),
    "larger than a number": lambda t: t.float > 1.0,
    "equal to a nan": lambda t: t.float == t.float,
    "stripped": lambda t: t.text.strip(),
    "lower": lambda t: t.text.lower(),
    "length": lambda t: t.text.length(),
    "untidy": lambda t: t.text.re_search(UNTIDY),
    "without .0": lambda t: t.small.cast("string").re_replace(r"\.0$", ""),
    "contains a sign": lambda t: t.text.contains("\\"),
    "starts with": lambda t: t.text.startswith(" "),
    "replaced": lambda t: t.text.replace(";", ", "),
    "joined": lambda t: t.text + "'\\;\n\v" + t.text,
    "one of": lambda t: t.text.isin(["\v \f csf", "back\\slash", "it's"]),
    "part": lambda t: t.text.split(";")[t.n],
    "substring": lambda t: t.text.substr(1),
    "first digits": lambda t: t.text.re_extract(r"([a-z]+)", 1).nullif(""),
    "shifted": lambda t: t.row >> 1 << 34,
    "place": lambda t: t.text.find_in_set(["csf", "", "it's"]),
    "date": lambda t: t.day.epoch_days(),
    "date of a text": lambda t: ibis.ifelse(t.n == 1, "2024-02-29", t.text).try_cast("date").epoch_days(),
    "number of a text": lambda t: ibis.ifelse(t.n == 1, " 1e3", "1,5").try_cast("float64"),
    "seconds": lambda t: t.moment.epoch_seconds().cast("float64"),
    "moment as text": lambda t: t.moment.cast("string"),
    "identical": lambda t: t.float.identical_to(t.small),
    "literal": lambda t: t.small + 0.1,
}

WINDOWS: dict[str, Callable[[Any], Any]] = {
    "lag": lambda t: t.small.lag().over(ibis.window(order_by="row")),
    "from now": lambda t: t.small.min().over(ibis.window(order_by="row", preceding=0, following=None)),
    "number": lambda t: ibis.row_number().over(ibis.window(group_by="n", order_by=[t.float.desc(), "row"])),
    "nulls last": lambda t: ibis.row_number().over(ibis.window(order_by=["small", t.text.desc(), "row"])),
}

TOTALS: dict[str, Callable[[Any], Any]] = {
    "sum of yes": lambda t: (t.n == 1).sum(),
    "sum where": lambda t: t.small.sum(where=t.n == 1),
    "count where": lambda t: t.row.count(where=t.n == 1),
    "any": lambda t: (t.n == 1).any(),
    "all": lambda t: (t.n == 1).all(),
    "highest": lambda t: t.float.max(),
    "lowest": lambda t: t.float.min(where=t.n == 1),
    "last text": lambda t: t.text.max(),
    "at most": lambda t: t.text.argmax(t.row, where=t.n.notnull()),
    "at least": lambda t: t.text.argmin(t.small, where=t.row > 3),
    "median": lambda t: t.small.median(),
    "quartile": lambda t: t.small.quantile(0.25),
    "different": lambda t: ibis.struct({"a": t.n, "b": t.text}).nunique(),
    "of none": lambda t: t.small.sum(where=t.n == 99),
}


@pytest.fixture(scope="module")
def nasty() -> Any:
    def column(values: list[Any], kind: pa.DataType) -> pa.Array:
        return pa.array([*values, *[None] * (SIZE - len(values))], kind)

    small = [None if not math.isfinite(value) or abs(value) > 1e16 else value for value in FLOATS]
    moments = [1709625601250000, -500000, 1711852200000000]
    return ibis.memtable(
        pa.table(
            {
                "row": pa.array(range(SIZE), pa.int64()),
                "n": pa.array([place % 3 if place % 4 else None for place in range(SIZE)], pa.int8()),
                "float": column(FLOATS, pa.float64()),
                "small": column(small, pa.float64()),
                "text": column(TEXTS, pa.string()),
                "day": column([date(2024, 2, 29), date(1900, 1, 1)], pa.date32()),
                "moment": column(moments, pa.timestamp("us")),
            }
        )
    )


@pytest.mark.parametrize("question", [*ASKED, *WINDOWS])
def test_a_value_is_the_same(question: str, nasty: Any, spark: Any, duckdb: DuckDBEngine) -> None:
    asked = nasty.select("row", answer=(ASKED | WINDOWS)[question](nasty)).order_by("row")
    assert _shown(spark.rows(asked)) == _shown(duckdb.rows(asked))


@pytest.mark.parametrize("question", TOTALS)
def test_an_aggregate_is_the_same(question: str, nasty: Any, spark: Any, duckdb: DuckDBEngine) -> None:
    asked = nasty.aggregate(answer=TOTALS[question](nasty))
    assert _shown(spark.rows(asked)) == _shown(duckdb.rows(asked))


def _shown(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [
        tuple("nan" if isinstance(value, float) and math.isnan(value) else value for value in row.values())
        for row in rows
    ]


@pytest.fixture(scope="module")
def spark(engines: Engines) -> Any:
    with engines.opened("spark") as opened:
        yield opened


@pytest.fixture(scope="module")
def duckdb(tmp_path_factory: pytest.TempPathFactory) -> Any:
    engine = DuckDBEngine(Path(tmp_path_factory.mktemp("duckdb")))
    yield engine
    engine.close()
