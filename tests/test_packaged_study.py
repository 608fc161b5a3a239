"""The packaged study from raw records to results: every published figure is derived again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from icans.engines import connect
from icans.packaged import folder
from icans.records.findings import Finding
from icans.results.claims import Verdict, failed, read_claims, verify
from icans.results.rows import Result
from icans.study import Study


def verdicts_of(study: Path) -> dict[str, Verdict]:
    engine = connect()
    try:
        results = Study.read(study, engine).results(lambda _: None)
    finally:
        engine.close()
    return {verdict.claim.id: verdict for verdict in verify(results, read_claims(study))}


@pytest.fixture(scope="module")
def packaged() -> Iterator[tuple[list[Finding], list[Result]]]:
    engine = connect()
    with folder() as place:
        study = Study.read(place, engine)
        yield study.findings(), study.results(lambda _: None)
    engine.close()


@pytest.fixture(scope="module")
def verdicts(packaged: tuple[list[Finding], list[Result]]) -> dict[str, Verdict]:
    with folder() as place:
        return {verdict.claim.id: verdict for verdict in verify(packaged[1], read_claims(place))}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    with folder() as place:
        return Path(shutil.copytree(place, tmp_path / "study"))


def test_every_published_figure_is_derived_from_the_records(verdicts: dict[str, Verdict]) -> None:
    differing = {
        name: (verdict.claim.stated.text, verdict.ours, verdict.explanation)
        for name, verdict in verdicts.items()
        if verdict.verdict != "agrees" and not verdict.claim.disputed
    }
    assert differing == {}


def test_the_claim_that_the_publications_themselves_dispute_contradicts_and_does_not_fail(
    verdicts: dict[str, Verdict],
) -> None:
    assert verdicts["crs-2"].verdict == "contradicts"
    assert verdicts["crs-2"].ours == "11"
    assert not failed(list(verdicts.values()))


def test_no_row_of_the_records_is_unusable_and_the_one_warning_is_the_one_described(
    packaged: tuple[list[Finding], list[Result]],
) -> None:
    findings, _ = packaged
    assert [finding for finding in findings if finding.severity == "error"] == []
    assert {finding.patient_id for finding in findings if finding.severity == "warning"} == {"P08"}


def test_five_are_severe_and_eight_steroid_refractory(packaged: tuple[list[Finding], list[Result]]) -> None:
    counted = {row.variable: (row.value, row.patients) for row in packaged[1] if row.analysis == "population"}
    assert counted["severe"] == (5, ("P01", "P02", "P06", "P08", "P12"))
    assert counted["steroid_refractory"][0] == 8
    assert counted["evaluable"][0] == 13


CHANGES = {
    "age-median": ("patients", "P04,39,", "P04,49,"),
    "os": ("events", "P01,2023-08-16,death", "P01,2023-08-16,last_contact"),
    "crs-max": ("crs", "P12,2024-12-24T", "P11,2024-12-06T20:00,39.0,no,no,vasopressor,1,no,none,,\nP12,2024-12-24T"),
    "target-cll1": ("infusions", ",CLL1,", ",CD19,"),
}
"""A record changed so that the figure resting on it is no longer as published."""


def test_changed_records_contradict_the_figures_that_rest_on_them_and_no_others(copy: Path) -> None:
    for table, old, new in CHANGES.values():
        file = copy / f"{table}.csv"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
    failing = {name for name, verdict in verdicts_of(copy).items() if verdict.fails}
    assert failing == {*CHANGES, "crs-1", "target-cd19"}
