"""Every specification of one pass gives what a plain run with its protocol gives."""

import random
import shutil
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from icans.derive.endpoints import evaluable
from icans.engines import connect
from icans.results.specified import specify
from icans.specifications import combining
from icans.specifications.outcomes import grading
from icans.study import Study, _found
from icans.study_scales import grading_scale

PACKAGED = Path(str(files("icans.packaged") / "idm13"))

ALTERNATIVES = """
[alternatives.grading]
unrecorded = ["unknown"]
instrument = ["ice"]

[alternatives.episodes]
quiet_hours = [6, 24]
onset_grade = [2]

[alternatives.intervention]
drugs = [["methotrexate"]]
together_hours = [200]

[alternatives.population]
indications = [["severe"], ["steroid_refractory"]]
severe_grade = [2, 4]
refractory_hours = [0, 48]

[alternatives.steroids]
routes = [["oral"]]

[alternatives.remission]
baseline = ["peak"]
hold_hours = [24, 60]

[alternatives.remission.rules]
"grade 0" = [{ baseline = [1, 2, 3, 4], grade = 0 }]
"""
TRIED = 16


class EndpointsThere(Exception):  # noqa: N818  # no error
    """The endpoints are there; what follows is not needed."""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """The packaged study with alternatives; it grades by each scale and convention once, since that takes longest."""
    whole, kept = Study.graded, {}

    def graded(study):
        key = grading(study.protocol)
        if key not in kept:
            kept[key] = study.engine.keep(whole(study).worded())
        return kept[key]

    folder = Path(shutil.copytree(PACKAGED, tmp_path_factory.mktemp("study") / "study"))
    with (folder / "study.toml").open("a") as file:
        file.write(ALTERNATIVES)
    engine = connect()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Study, "graded", graded)
        yield Study.read(folder, engine)
    engine.close()


def plain(study: Study, protocol, folder: Path):
    """Derive a study in the ordinary way as far as its endpoints."""

    def step(name):
        if name == "survival":
            raise EndpointsThere

    scales = {**study.scales, "icans": grading_scale(protocol, "icans", study.folder)}
    alone = replace(study, protocol=protocol, scales=scales)
    with pytest.raises(EndpointsThere):
        alone.derive(folder, step)
    tables = study.engine.read_parquet(folder / "endpoints.parquet")
    rows = study.engine.rows(evaluable(tables, indications=protocol.population.indications))
    return {
        (row["patient_id"], row["indication"], row["remission"], row["hours_to_remission"], row["recurrence"])
        for row in rows
    }


@pytest.fixture(scope="module")
def specified(study):
    chance = random.Random(7)

    def some(protocol, among):
        """Take the study's own combination and some of the tens of thousands of others."""
        own = tuple(one.own for one in among)
        picked = [own, *(tuple(chance.randrange(len(one.choices)) for one in among) for _ in range(TRIED - 1))]
        return [combining._specification(f"S{n}", one, one == own, protocol, among) for n, one in enumerate(picked)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("icans.results.specified.combined", some)
        return specify(
            study.records,
            _found(study.records, "neuro", "icans_grade"),
            study.protocol,
            lambda protocol: grading_scale(protocol, "icans", study.folder),
            study.engine,
            step=lambda _step: None,
        )


@pytest.mark.parametrize("place", range(TRIED))
def test_a_specification_gives_what_a_plain_run_gives(study, specified, place, tmp_path):
    outcome = specified.outcomes[place]
    expected = plain(study, outcome.specification.protocol, tmp_path / "derived")
    rows = outcome.rows
    found = {
        (
            specified.cohort.ids[rows["patient"][row]],
            rows["indication"][row],
            None if rows["remission"][row] != rows["remission"][row] else bool(rows["remission"][row]),
            None
            if rows["hours_to_remission"][row] != rows["hours_to_remission"][row]
            else rows["hours_to_remission"][row],
            None if rows["recurrence"][row] != rows["recurrence"][row] else bool(rows["recurrence"][row]),
        )
        for row in range(len(rows["patient"]) if rows else 0)
    }
    assert found == expected
    assert bool(outcome.reason) == (not any(row[2] is not None for row in expected))
