"""What PostgreSQL's SQL would answer differently: the same questions as for Spark, value by value."""

from typing import Any

import ibis
import pyarrow.compute as pc
import pytest
from tests.parity.engines import Engines
from tests.parity.test_spark_sql import ASKED, TOTALS, WINDOWS, _shown, duckdb, nasty  # noqa: F401  # fixtures


@pytest.fixture(scope="module")
def postgres(engines: Engines) -> Any:
    with engines.opened("postgres") as opened:
        yield opened


@pytest.fixture(scope="module")
def table(nasty: Any) -> Any:  # noqa: F811  # as above
    """Leave out the text that PostgreSQL cannot hold."""
    rows = nasty.op().data.to_pyarrow(nasty.schema())
    return ibis.memtable(rows.filter(pc.not_equal(rows["text"], "\0").fill_null(True)))


@pytest.mark.parametrize("question", [*ASKED, *WINDOWS])
def test_a_value_is_the_same(question, postgres, table, duckdb):  # noqa: F811  # fixtures
    asked = table.select("row", answer=(ASKED | WINDOWS)[question](table)).order_by("row")
    assert _shown(postgres.rows(asked)) == _shown(duckdb.rows(asked))


@pytest.mark.parametrize("question", TOTALS)
def test_an_aggregate_is_the_same(question, postgres, table, duckdb):  # noqa: F811  # fixtures
    asked = table.aggregate(answer=TOTALS[question](table))
    assert _shown(postgres.rows(asked)) == _shown(duckdb.rows(asked))
