"""The same numbers on every engine: what a report writes is compared file by file with what DuckDB wrote."""

import pytest
from tests.parity import outcome
from tests.parity.cohorts import COHORTS
from tests.parity.engines import OTHERS, REFERENCE
from tests.parity.gaps import cases


@pytest.mark.parametrize(("engine", "name"), cases(OTHERS, COHORTS, "derived"))
def test_every_derived_table_is_the_same_row_for_row(engine, name, run):
    found, expected = outcome.derived(run(name, engine)), outcome.derived(run(name, REFERENCE))
    assert found.keys() == expected.keys()
    for table in expected:
        outcome.assert_same_table(table, found[table], expected[table])


@pytest.mark.parametrize(("engine", "name"), cases(OTHERS, COHORTS, "results"))
def test_every_result_is_the_same(engine, name, run):
    found, expected = outcome.results(run(name, engine)), outcome.results(run(name, REFERENCE))
    assert found
    outcome.assert_same_rows("results", map(_row, found), map(_row, expected))


@pytest.mark.parametrize(("engine", "name"), cases(OTHERS, COHORTS, "findings"))
def test_every_finding_and_work_list_is_the_same(engine, name, run):
    found, expected = outcome.lists(run(name, engine)), outcome.lists(run(name, REFERENCE))
    assert found.keys() == expected.keys()
    for file in expected:
        outcome.assert_same_rows(file, found[file], expected[file])


@pytest.mark.parametrize(("engine", "name"), cases(OTHERS, COHORTS, "figures"))
def test_every_figure_draws_the_same(engine, name, run):
    found, expected = outcome.figures(run(name, engine)), outcome.figures(run(name, REFERENCE))
    assert found.keys() == expected.keys()
    assert found
    different = [figure for figure in expected if not outcome.close(found[figure], expected[figure])]
    assert not different


def _row(result):
    return tuple(tuple(value) if isinstance(value, list) else value for value in result.values())
