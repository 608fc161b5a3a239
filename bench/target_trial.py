"""The cost of emulating a target trial: from derived tables to its rows of results, every bootstrap sample included."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.processes import icans, run

SAMPLES = 500
TRIAL = f"""
[target_trial]
grade = 2
baseline = ["age_years", "sex", "prior_lines"]
samples = {SAMPLES}
"""


@dataclass(frozen=True)
class Emulating:
    """Emulating a trial on a simulated cohort.

    Parameters
    ----------
    patients, eligible
        Patients of the cohort, and those of them who were eligible.
    derive
        Seconds for the derived tables that only a trial needs: the daily panel and who was eligible.
    emulate
        Seconds from derived tables to rows of results, `SAMPLES` samples included.
    megabytes
        Peak memory of the process.
    """

    patients: int
    eligible: int
    derive: float
    emulate: float
    megabytes: float


def emulating(patients: int, scratch: Path) -> Emulating:
    """Simulate a cohort and emulate a trial on it, in a process of its own."""
    cohort, report = scratch / f"trial{patients}", scratch / "trial.json"
    run(icans("simulate", "--patients", str(patients), "--seed", "1", "--out", str(cohort)))
    with (cohort / "study.toml").open("a", encoding="utf-8") as protocol:
        protocol.write(TRIAL)
    whole = run(["-m", "bench.target_trial", str(cohort), str(scratch / f"trial_out{patients}"), str(report)])
    told = json.loads(report.read_text())
    return Emulating(patients, told["eligible"], told["derive"], told["emulate"], whole.megabytes)


def emulated(cohort: Path, out: Path) -> dict[str, float]:
    """Emulate in this process and give the seconds of each part."""
    from icans.analyses.target_trial import emulated_trial
    from icans.engines import connect
    from icans.results.gathered import gather
    from icans.study import Study

    began: dict[str, float] = {}
    engine = connect()
    study = Study.read(cohort, engine)
    asked = study.protocol.target_trial
    if asked is None:
        raise ValueError(f"{cohort} states no trial")
    derived = study.derive(out, lambda name: began.setdefault(name, time.perf_counter()))
    ended = time.perf_counter()
    gathered = gather(study.records, derived, study.protocol, engine)
    start = time.perf_counter()
    trial = emulated_trial(study, gathered, derived, asked, lambda _step: None)
    seconds = time.perf_counter() - start
    engine.close()
    (eligible,) = (row.value for row in trial.rows if (row.variable, row.statistic) == ("eligible", "n"))
    return {"eligible": eligible or 0, "derive": ended - began["panel"], "emulate": seconds}


def emulating_table(measured: list[Emulating]) -> str:
    """Give a line for each cohort."""
    lines = [
        f"| {one.patients:,} | {one.eligible:,.0f} | {one.derive:.1f} s | **{one.emulate:.1f} s** "
        f"| {one.megabytes:.0f} MB |"
        for one in measured
    ]
    return (
        f"## A target trial with {SAMPLES} bootstrap samples\n\n"
        "| patients | eligible | panel and eligibility | emulation | peak memory |\n"
        "|----------|----------|-----------------------|-----------|-------------|\n" + "\n".join(lines) + "\n\n"
        "Every sample fits the weight model, weighs, truncates and draws both curves anew; two processes share the "
        "samples where there are enough of them.\n"
    )


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(emulated(Path(sys.argv[1]), Path(sys.argv[2]))))
