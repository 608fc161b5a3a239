"""Synthetic cohorts from stated parameters, written as a study folder of any size in little memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa

from icans.counts import counted
from icans.errors import CallError
from icans.simulate import charts
from icans.simulate.charts import Block
from icans.simulate.columns import GrowingFile
from icans.simulate.courses import draw
from icans.simulate.parameters import Parameters

__all__ = ["Parameters", "simulate"]

BLOCK = 4096
"""Patients drawn at a time; part of what a seed means."""

TABLES: dict[str, Callable[[Block], pa.Table]] = {
    "patients": charts.patients,
    "infusions": charts.infusions,
    "neuro": charts.neuro,
    "crs": charts.crs,
    "treatments": charts.treatments,
    "labs": charts.labs,
    "events": charts.events,
}

STUDY = """\
[study]
title = "Simulated cohort of {patients}, seed {seed}"
question = "None: these records are made from the parameters in simulation.json."
synthetic = true

[records]
time = "hours"
"""


def simulate(
    out: Path,
    *,
    patients: int,
    seed: int,
    parameters: Parameters | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> None:
    """Write a simulated study into a folder: study.toml, a Parquet file a table, and the parameters it was made from.

    Each block of 4096 patients is drawn from the seed and the number of the block alone, so that the same seed gives
    the same files, and a smaller cohort is the beginning of a larger one.

    Parameters
    ----------
    out
        An empty folder.
    patients
        Number of patients.
    seed
        Seed of the random numbers.
    parameters
        The truth behind the cohort; None: the defaults.
    step
        Told how far it is as each block begins.

    Raises
    ------
    CallError
        Fewer than one patient, or a negative seed.
    """
    if patients < 1:
        raise CallError(f"A cohort needs at least one patient (it was asked for {patients}).")
    if seed < 0:
        raise CallError(f"A seed is 0 or more (it is {seed}).")
    truth = parameters or Parameters()
    out.mkdir(parents=True, exist_ok=True)
    (out / "study.toml").write_text(STUDY.format(patients=counted(patients, "patient"), seed=seed), encoding="utf-8")
    made_from = {"patients": patients, "seed": seed, "parameters": asdict(truth)}
    (out / "simulation.json").write_text(json.dumps(made_from, indent=2) + "\n", encoding="utf-8")
    with ExitStack() as stack:
        files = {name: stack.enter_context(GrowingFile(out / f"{name}.parquet")) for name in TABLES}
        for number in range(-(-patients // BLOCK)):
            step(f"{number * BLOCK:,} of {patients:,} patients")
            block = _block(number, patients, seed, truth)
            for name, file in files.items():
                file.add(TABLES[name](block))


def _block(number: int, patients: int, seed: int, parameters: Parameters) -> Block:
    chance = np.random.default_rng([seed, number])
    first = number * BLOCK
    return Block(
        ids=tuple(f"S{first + place:07d}" for place in range(1, BLOCK + 1)),
        course=draw(BLOCK, parameters, chance),
        parameters=parameters,
        chance=chance,
        kept=min(BLOCK, patients - first),
    )
