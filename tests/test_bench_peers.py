"""The tools that ours is measured beside give what ours gives; and the written measurements agree with the measured."""

from __future__ import annotations

import importlib
from pathlib import Path

import duckdb
import pytest
from bench import cohorts, scale, scale_tables
from bench.markdown import with_parts
from bench.peers.same import differences

from icans.engines import connect
from icans.simulate import simulate
from icans.study import Study

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 patients whose rows are in no order."""
    folder = tmp_path_factory.mktemp("cohorts")
    simulate(folder / "ordered", patients=300, seed=6)
    return cohorts.shuffled(folder / "ordered", folder / "shuffled")


@pytest.fixture(scope="module")
def ours(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    engine = connect()
    out = tmp_path_factory.mktemp("ours") / "derived"
    Study.read(cohort, engine).derive(out, lambda _step: None)
    engine.close()
    return out


@pytest.mark.parametrize("tool", ["pandas", "polars"])
def test_another_tool_gives_the_same_grades_episodes_courses_and_endpoints(
    tool: str, cohort: Path, ours: Path, tmp_path: Path
) -> None:
    pytest.importorskip(tool)
    importlib.import_module(f"bench.peers.with_{tool}").main(cohort, tmp_path)
    assert differences(ours, tmp_path) == []


@pytest.mark.parametrize(
    ("table", "changed", "said"),
    [
        ("grades", "grade_low = 4 where hour = (select min(hour) from t)", "grades: "),
        ("endpoints", "remission = not remission", "endpoints: remission differs in "),
        ("episodes", "grade_days = grade_days * (1 + 1e-8)", "episodes: grade_days differs in "),
    ],
)
def test_a_tool_that_gives_something_else_is_found_out(
    table: str, changed: str, said: str, ours: Path, tmp_path: Path
) -> None:
    for file in ours.glob("*.parquet"):
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / f"{table}.parquet").unlink()
    with duckdb.connect() as connection:
        connection.execute(f"create table t as from '{ours / table}.parquet'")
        connection.execute(f"update t set {changed}")
        connection.execute(f"copy t to '{tmp_path / table}.parquet'")
    (found,) = differences(ours, tmp_path)
    assert found.startswith(said)


def test_docs_say_what_was_measured() -> None:
    measured = scale.kept()
    parts = {
        "measured": scale_tables.measured_tables(measured),
        "arithmetic": scale_tables.arithmetic(list(measured.values())[-1][-1]),
    }
    text = (DOCS / "scale.md").read_text(encoding="utf-8")
    assert with_parts(text, parts) == text


def test_a_part_that_is_not_there_cannot_be_replaced() -> None:
    with pytest.raises(ValueError, match="there is no <!-- measured -->"):
        with_parts("nothing", {"measured": "table"})
