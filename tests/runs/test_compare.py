"""Two runs side by side: what moved, by how much, because of what, and in which words."""

import csv
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.runs.conftest import Story

from icans.cli import main
from icans.errors import CallError
from icans.protocol import EpisodesSection
from icans.results import store
from icans.results.moved import moved
from icans.results.moved_table import lines, summary
from icans.results.rows import Result
from icans.run_comparison import RunComparison, compare_runs, print_comparison
from icans.runs.causes import Cause, causes
from icans.runs.record import Input, Run, ScaleUsed
from icans.runs.tables import TableDifference

REMISSION = [
    Result("remission", "remission", "n", 13.0, n=13, patients=("A", "B")),
    Result("remission", "remission", "percent", 92.3, unit="%", n=13, patients=("A", "B")),
    Result("remission", "remission", "ci_low", 64.0, unit="%", n=13, patients=("A", "B")),
    Result("remission", "remission", "ci_high", 99.8, unit="%", n=13, patients=("A", "B")),
    Result("baseline", "age_years", "median", 39.0, unit="years", n=13, patients=("A", "B")),
]


PERCENT = "remission / remission / percent"


def after(**changes: dict[str, object]) -> list[Result]:
    """Give the results with some of them changed, by statistic."""
    return [replace(row, **changes.get(row.statistic, {})) for row in REMISSION]


def test_what_is_the_same_did_not_move() -> None:
    assert moved(REMISSION, after(percent={"value": 92.3 * (1 + 1e-14)})) == []
    assert summary([], 5) == "All 5 results are the same."


@pytest.mark.parametrize(
    ("change", "difference", "gained", "lost"),
    [
        ({"value": 84.6}, pytest.approx(-7.7), 0, 0),
        ({"n": 14}, 0.0, 0, 0),
        ({"patients": ("A", "C", "D")}, 0.0, 2, 1),
        ({"value": None, "reason": "nobody"}, None, 0, 0),
        ({"unit": "share"}, None, 0, 0),
        ({"method": "Wilson"}, 0.0, 0, 0),
        ({"patients": (), "n": 10_001}, 0.0, None, None),
    ],
)
def test_a_result_moves_with_its_value_and_with_what_it_rests_on(
    change: dict[str, object], difference: object, gained: int | None, lost: int | None
) -> None:
    (one,) = moved(REMISSION, after(percent=change))
    assert (one.change, one.difference, one.gained, one.lost) == ("moved", difference, gained, lost)


def test_a_file_that_may_not_be_read_is_named(
    story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(file: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "read_bytes", refused)
    monkeypatch.setattr(sys, "argv", ["icans", "compare", str(story.out), str(story.out)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert f"{story.out / 'run.json'}: no right to read or write there" in capsys.readouterr().err


def test_a_table_that_is_not_there_is_not_said_to_have_other_columns(capsys: pytest.CaptureFixture[str]) -> None:
    for before, said in ((None, False), (4, True)):
        print_comparison(RunComparison((), [TableDifference("panel", before, 5, 0, 5, None)], None, (), ()))
        assert ("other columns" in capsys.readouterr().out) is said


def test_results_of_one_name_are_told_apart() -> None:
    twice = [REMISSION[0], replace(REMISSION[0], value=5.0)]
    assert [one.after for one in moved(twice, [twice[0], replace(twice[1], value=6.0)])] == [
        replace(twice[1], value=6.0)
    ]


def test_an_estimate_stands_with_its_interval_and_outcomes_first() -> None:
    now = after(median={"value": 40.0}, ci_low={"value": 61.5}, n={"patients": ("A",)})
    now.append(Result("survival", "os", "median", None, reason="not reached", n=13))
    found = moved([*REMISSION, replace(REMISSION[4], group="evaluable")], now)
    assert lines(found, REMISSION, now) == [
        (PERCENT, "92.3% (64.0% to 99.8%)", "92.3% (61.5% to 99.8%)", "none", "13", "the same"),
        ("survival / os / median", "-", "not reached", "-", "- → 13", "the same"),
        ("baseline / age_years / median", "39 years", "40 years", "+1 year", "13", "the same"),
        ("baseline / age_years / median (evaluable)", "39 years", "-", "-", "13 → -", "-2"),
        ("remission / remission / n", "13", "13", "none", "13", "-1"),
    ]
    assert summary(found, 6) == "3 of 6 results moved, 1 appeared, 1 vanished: remission 2, baseline 2, survival 1."


def test_causes_are_named_as_the_user_knows_them(story: Story) -> None:
    run = story.first
    held = [one for one in run.inputs if one.name not in {"neuro.csv", "events.csv"}]
    later = run.model_copy(
        update={
            "inputs": [
                *held,
                Input(name="neuro.csv", tables=["neuro"], bytes=9, sha256="other"),
                Input(name="crs.csv", tables=["crs"], bytes=9, sha256="new"),
            ],
            "software": {**run.software, "duckdb": "1.9"},
            "engine": run.engine.model_copy(update={"settings": {"TimeZone": "Asia/Tokyo", "threads": "64"}}),
            "scales": [ScaleUsed(id=scale.id, sha256="other", own=scale.own) for scale in run.scales[:1]],
            "protocol": run.protocol.model_copy(
                update={
                    "definitions": {
                        **run.protocol.definitions,
                        "biomarkers": [{"analyte": "IL-6", "specimen": "csf"}],
                        "survival": {**run.protocol.definitions["survival"], "cutoff": "2025-01-01"},
                    }
                }
            ),
        }
    )
    zone = run.engine.settings["TimeZone"]
    assert causes(run, later) == [
        Cause("records", "neuro.csv", "5 rows", "5 rows, other values"),
        Cause("records", "events.csv", "2 rows", "-"),
        Cause("records", "crs.csv", "-", "9 bytes"),
        Cause("protocol", "[survival] cutoff", "-", '"2025-01-01"'),
        Cause("protocol", "[[biomarkers]] #1 analyte", "-", '"IL-6"'),
        Cause("protocol", "[[biomarkers]] #1 specimen", "-", '"csf"'),
        Cause("software", "duckdb", run.software["duckdb"], "1.9"),
        Cause("software", "engine, TimeZone", zone, "Asia/Tokyo"),
        Cause("software", "file of the scale astct-2019-icans", run.scales[0].sha256, "other"),
    ]
    assert causes(run, run) == []
    live = Input(name="postgresql://db/cart", tables=["neuro"], bytes=None, sha256=None)
    unsure = run.model_copy(update={"inputs": [live]})
    assert causes(unsure, unsure) == [
        Cause("records", "postgresql://db/cart", "5 rows", "5 rows, content not on record")
    ]


def test_files_of_one_name_and_what_a_manuscript_states_are_causes_too(story: Story) -> None:
    def run(labs: str, neuro: str, claims: str) -> Run:
        read = [("export.csv", ["labs"], labs), ("export.csv", ["neuro"], neuro), ("claims.toml", [], claims)]
        inputs = [Input(name=name, tables=tables, bytes=9, sha256=held) for name, tables, held in read if held]
        return story.first.model_copy(update={"inputs": inputs})

    assert causes(run("1", "2", ""), run("3", "2", "0123456789abcdef")) == [
        Cause("records", "export.csv (labs)", "2 rows", "2 rows, other values"),
        Cause("protocol", "claims.toml", "-", "0123456789ab"),
    ]


def test_different_studies_are_refused(story: Story) -> None:
    other = story.first.model_copy(update={"title": "Others", "inputs": []})
    with pytest.raises(CallError) as refused:
        causes(story.first, other)
    assert str(refused.value) == (
        'These are outputs of different studies: "Two patients" and "Others".\n'
        "  Name two outputs of one study; icans results merge combines those of several sites."
    )
    causes(story.first, story.first.model_copy(update={"title": "Renamed"}))


def test_runs_without_results_are_compared_by_their_tables(story: Story) -> None:
    found = compare_runs(story.at_first, story.out)
    assert [cause.what for cause in found.causes] == ["labs.csv", "[episodes] quiet_hours"]
    assert found.tables == [
        TableDifference("episodes", 2, 3, 1, 2, 1),
        TableDifference("courses", 1, 1, 1, 1, 1),
        TableDifference("endpoints", 1, 1, 1, 1, 1),
        TableDifference("biomarkers", 1, 1, 1, 1, 1),
    ]
    assert found.results is None
    assert found.differ
    assert not compare_runs(story.at_first, story.at_first).differ


def test_the_command_prints_and_writes_what_moved(story: Story, tmp_path: Path) -> None:
    for name, folder, results in (
        ("one", story.at_first, REMISSION),
        ("two", story.out, after(percent={"value": 84.6})),
    ):
        place = Path(shutil.copytree(folder, tmp_path / name))
        store.write(results, place)
        Run.model_validate_json((place / "run.json").read_text()).model_copy(update={"command": "report"}).write(place)
    meaning = EpisodesSection.model_fields["quiet_hours"].description
    code = "from icans.cli import main; main()"
    env = {**os.environ, "COLUMNS": "200"}
    words = ["compare", tmp_path / "one", tmp_path / "two", "--out", tmp_path / "moved.csv"]
    ran = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=False, env=env
    )
    assert (ran.returncode, ran.stderr) == (1, "")
    assert [" ".join(line.split()) for line in ran.stdout.splitlines() if line.strip() and "─" not in line] == [
        "because of what before after",
        "records labs.csv 2 rows 2 rows, other values",
        f"protocol [episodes] quiet_hours: {meaning} 72.0 20.0",
        "derived table before after rows gone rows new patients",
        "episodes 2 rows 3 rows 1 2 1",
        "courses 1 row 1 row 1 1 1",
        "endpoints 1 row 1 row 1 1 1",
        "biomarkers 1 row 1 row 1 1 1",
        "result before after difference n patients",
        "remission / remission / percent 92.3% (64.0% to 99.8%) 84.6% (64.0% to 99.8%) -7.7 points 13 the same",
        "1 of 5 results moved: remission 1.",
        f"Written to {tmp_path / 'moved.csv'}",
    ]
    with (tmp_path / "moved.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["kind"] for row in rows] == ["records", "protocol", *["derived table"] * 4, "result"]
    last = {name: text for name, text in rows[-1].items() if text}
    assert last == {
        "kind": "result",
        "what": "remission / remission / percent",
        "change": "moved",
        "analysis": "remission",
        "variable": "remission",
        "statistic": "percent",
        "before": "92.3",
        "after": "84.6",
        "difference": str(84.6 - 92.3),
        "unit": "%",
        "n_before": "13",
        "n_after": "13",
        "patients_gained": "0",
        "patients_lost": "0",
    }
